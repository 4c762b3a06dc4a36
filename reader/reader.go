// Package reader holds who reads: accounts, the codes and links that sign them
// in, and their sessions. An account is an e-mail address that somebody proved
// to be theirs. The room knows nothing of stories, meters or money.
package reader

import "time"

// Reader is an account.
type Reader struct {
	ID       string // time-ordered, never reused
	Email    string // as the reader typed it
	Name     string // "" until given
	Created  time.Time
	Verified time.Time // zero until the address was proven by a code or a link
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

// Principal is who stands behind a request that carries a session. It is what
// the session cache keeps: small, and the same for every page.
type Principal struct {
	SessionID string // the row's public id (never the token), to list and revoke
	Reader    Reader
	Role      Role
	// Unverified sessions were opened by a purchase with a new address: they may
	// read and pay, and they end when the owner first proves the address.
	Unverified bool
}
