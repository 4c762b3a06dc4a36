package views

import (
	"broadsheet/desk"
	"broadsheet/reader"
)

// StaffPage lists who is of the desk.
type StaffPage struct {
	DeskFrame
	Staff []desk.Listed
	Add   StaffForm
}

// StaffForm is what was typed to add somebody.
type StaffForm struct {
	Email, Name string
	Role        reader.Role
	Error       string // what is wrong with the address
	RoleError   string
}

// MemberPage is one member, with what an owner can do.
type MemberPage struct {
	DeskFrame
	Who   desk.Listed
	Rules []desk.Rule // the whole table: what each role may do
	Error string
}

// factors says what a member can show.
func factors(l desk.Listed) string {
	var s string
	switch {
	case l.TOTP && l.Passkeys > 0:
		s = "App and " + count(l.Passkeys, "passkey")
	case l.TOTP:
		s = "App"
	case l.Passkeys > 0:
		s = sentence(count(l.Passkeys, "passkey"))
	default:
		return "None yet"
	}
	return s
}

// called is a member's name, or the address.
func called(l desk.Listed) string { return firstOf(l.Name, l.Email) }

// roleOptions are all roles, to choose from.
func roleOptions() []Option {
	all := make([]Option, len(reader.Roles))
	for i, r := range reader.Roles {
		all[i] = Option{Value: string(r), Label: RoleName(r)}
	}
	return all
}

// may lists what a role may do, as the table says it.
func (p MemberPage) may() []string {
	var list []string
	for _, r := range p.Rules {
		if r.May(p.Who.Role) {
			list = append(list, sentence(r.Doing))
		}
	}
	return list
}

// DeskFrontPage is what waits for the desk.
type DeskFrontPage struct {
	DeskFrame
	Waits []Waiting
}

// Waiting is one thing that somebody should look at.
type Waiting struct {
	Title string // "Two jobs have failed"
	Text  string
	Link  string // where to do something about it; "" for nowhere yet
	Label string
	Bad   bool
}
