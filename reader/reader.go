// Package reader holds who reads: accounts, the codes and links that sign them
// in, their sessions and the roles of the desk. An account is an e-mail address
// that somebody proved to be theirs. The room knows nothing of stories, meters
// or money, nor how a mail looks or leaves, nor of cookies.
package reader

import "time"

// Reader is an account.
type Reader struct {
	ID       string // time-ordered, never reused
	Email    string // as the reader typed it
	Name     string // "" until given
	Created  time.Time
	Verified time.Time // zero until the address was proven by a code or a link
	// Bought says that a purchase made this account before the address was proven,
	// and that its owner has not yet been shown what was bought.
	Bought bool
}

// IsVerified reports whether the address was proven.
func (r Reader) IsVerified() bool { return !r.Verified.IsZero() }

// Role is what a member of the desk may do. "" is an ordinary reader.
type Role string

// The roles of the desk.
const (
	Owner       Role = "owner"
	Editor      Role = "editor"
	Writer      Role = "author"
	Moderator   Role = "moderator"
	Circulation Role = "circulation"
	Support     Role = "support"
)

// Roles are all roles of the desk, the widest first.
var Roles = []Role{Owner, Editor, Writer, Moderator, Circulation, Support}

// ParseRole reads a role's name.
func ParseRole(name string) (Role, bool) {
	for _, r := range Roles {
		if string(r) == name {
			return r, true
		}
	}
	return "", false
}

// Principal is who stands behind a request that carries a session. It is what
// the session cache keeps: small, and the same for every page.
type Principal struct {
	SessionID string // the row's public id (never the token), to list and revoke
	Reader    Reader
	Role      Role // "" for a session or an account that is unverified
	// Unverified sessions were opened by a purchase with a new address: they may
	// read and pay, and they end when the owner first proves the address.
	Unverified bool
}
