// Package drill lives the money of a paper through bad weather. A paper and a
// Stripe stand-in, both child processes, are given some hundred readers who buy,
// cancel, change their minds, lose their cards and come back over years of paper
// time, while webhooks are lost, doubled, late and shuffled, the database
// refuses what is written, calls to Stripe fail before and after their effect,
// and the paper is killed in the middle of things. In the end a checker compares
// what the paper believes with what the stand-in's books say.
//
// The room knows the surfaces that readers and operators know: addresses, forms,
// commands, the tables and the folder of mails. It imports none of the paper's
// rooms, so that nothing here can be wrong in the way in which they are wrong:
// the rules of access and of the ledger are stated a second time, in
// check_*.go, from the design and from Stripe's documentation.
package drill
