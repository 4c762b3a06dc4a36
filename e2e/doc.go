// Package e2e proves the whole program from outside: it builds the binary, runs
// it as a child process with its Stripe stand-in and mailbox, and reads, signs
// in, pays and cancels as people do, over HTTP without JavaScript and in a
// browser. It also kills it.
//
// It knows the program's surface: addresses, marks on pages, the command line.
// It refuses to know what is inside, with two exceptions: the list of routes is
// asked of the router, and what must stay behind a wall is computed by the same
// function that cuts, so that neither can be forgotten here.
package e2e
