package desk

import (
	"slices"

	"broadsheet/reader"
)

// Permission is one thing that may be done at the desk.
type Permission string

// The permissions.
const (
	Enter         Permission = "desk.enter"
	StoryWrite    Permission = "story.write"     // one's own drafts
	StoryWriteAny Permission = "story.write.any" // everybody's
	StoryPublish  Permission = "story.publish"
	FrontCurate   Permission = "front.curate"

	CommentModerate Permission = "comment.moderate"
	CommentRules    Permission = "comment.rules"

	ReaderSee     Permission = "reader.see"
	ReaderAddress Permission = "reader.address"
	ReaderHelp    Permission = "reader.help"
	ReaderView    Permission = "reader.view"
	ReaderExport  Permission = "reader.export"
	ReaderErase   Permission = "reader.erase"

	MoneySee    Permission = "money.see"
	MoneyRefund Permission = "money.refund"
	PlanEdit    Permission = "plan.edit"
	GateEdit    Permission = "gate.edit"
	NumbersSee  Permission = "numbers.see"

	PrintRun   Permission = "print.run"
	VoicesEdit Permission = "voices.edit"
	AdsEdit    Permission = "ads.edit"
	AlertSend  Permission = "alert.send"

	HouseSee    Permission = "house.see"
	HouseReplay Permission = "house.replay"
	StaffManage Permission = "staff.manage"
	RecordSee   Permission = "record.see"
)

// Rule is one row of the table: who may do a thing, and what it is called in
// "Only an owner may …".
type Rule struct {
	Permission Permission
	Doing      string
	Roles      []reader.Role
}

// May reports whether the rule names the role.
func (r Rule) May(role reader.Role) bool { return slices.Contains(r.Roles, role) }

const (
	own = reader.Owner
	edi = reader.Editor
	aut = reader.Writer
	mod = reader.Moderator
	cir = reader.Circulation
	sup = reader.Support
)

// rules is the one table of who may do what. What it rests on:
//
//   - An owner may do everything: somebody must be able to, on the day on which
//     everybody else is away. That is also why the last owner cannot be removed.
//   - What readers see is the editors': they publish, arrange the front page,
//     send alerts, and say how much is free. An author writes and hands over.
//   - Whoever writes about people does not look into their accounts: editors,
//     authors and moderators see no reader's address, payments or reading. A
//     moderator knows commenters by what they wrote.
//   - Money and accounts are support's; addresses and the print run are
//     circulation's, which may see accounts, since a label is one. Neither
//     writes.
//   - Whoever sells space does not fill the page beside it: advertising is
//     circulation's, not the editors'.
//   - What cannot be taken back by the desk itself (prices, who is of the desk,
//     what is on record, events replayed against the books) is the owner's.
var rules = []Rule{
	{Enter, "enter the newsroom", []reader.Role{own, edi, aut, mod, cir, sup}},
	{StoryWrite, "write stories", []reader.Role{own, edi, aut}},
	{StoryWriteAny, "change what others wrote", []reader.Role{own, edi}},
	{StoryPublish, "publish, correct or withdraw stories", []reader.Role{own, edi}},
	{FrontCurate, "arrange the front page", []reader.Role{own, edi}},

	{CommentModerate, "moderate comments", []reader.Role{own, edi, mod}},
	{CommentRules, "change the rules for comments", []reader.Role{own, edi}},

	{ReaderSee, "look into readers’ accounts", []reader.Role{own, cir, sup}},
	{ReaderAddress, "correct readers’ postal addresses", []reader.Role{own, cir, sup}},
	{ReaderHelp, "help readers with their accounts", []reader.Role{own, sup}},
	{ReaderView, "see the paper as a reader sees it", []reader.Role{own, sup}},
	{ReaderExport, "export what is kept of a reader", []reader.Role{own, sup}},
	{ReaderErase, "erase or merge accounts", []reader.Role{own, sup}},

	{MoneySee, "look into payments", []reader.Role{own, cir, sup}},
	{MoneyRefund, "give money back", []reader.Role{own, sup}},
	{PlanEdit, "change plans and prices", []reader.Role{own}},
	{GateEdit, "change what is free", []reader.Role{own, edi}},
	{NumbersSee, "see the numbers", []reader.Role{own, edi, cir}},

	{PrintRun, "prepare print runs", []reader.Role{own, cir}},
	{VoicesEdit, "publish recordings", []reader.Role{own, edi}},
	{AdsEdit, "book advertising", []reader.Role{own, cir}},
	{AlertSend, "send alerts", []reader.Role{own, edi}},

	{HouseSee, "look into the machine room", []reader.Role{own, sup}},
	{HouseReplay, "replay events and jobs", []reader.Role{own}},
	{StaffManage, "say who is of the desk", []reader.Role{own}},
	{RecordSee, "read the record", []reader.Role{own}},
}

// Rules gives the whole table.
func Rules() []Rule { return slices.Clone(rules) }

// Can reports whether a role has a permission. A role or a permission that the
// table doesn't know has none.
func Can(role reader.Role, p Permission) bool {
	r, ok := RuleOf(p)
	return ok && r.May(role)
}

// RuleOf is the table's row for a permission; false if it has none.
func RuleOf(p Permission) (Rule, bool) {
	for _, r := range rules {
		if r.Permission == p {
			return r, true
		}
	}
	return Rule{}, false
}
