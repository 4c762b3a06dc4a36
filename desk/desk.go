// Package desk holds who works at the paper: what each role may do, the second
// factor that a member shows, how long that holds, and the record of every
// change. It knows staff, permissions and what was changed by whom. It refuses
// to know what a story, a plan or a reader is: a change names its subject by
// kind and id, and the record keeps no personal data of readers.
package desk

import (
	"time"

	"broadsheet/reader"
)

// Member is somebody of the desk behind a request, as the database says at this
// moment and not as a session remembers.
type Member struct {
	ID      string // the reader's id
	Email   string
	Name    string // "" until given
	Role    reader.Role
	Session string // the session's public id
	Network string // "" if it isn't known
	Mark    Mark   // the second factor that was shown in this session; zero for none
}

// May reports whether the member's role has the permission.
func (m Member) May(p Permission) bool { return Can(m.Role, p) }

// Called is how the desk calls the member.
func (m Member) Called() string {
	if m.Name != "" {
		return m.Name
	}
	return m.Email
}

// How long a shown second factor holds, in wall time. They are short, because
// whoever sits down at a desk's browser can publish.
const (
	StrongLife = 12 * time.Hour // from the moment it was shown
	IdleLife   = time.Hour      // from the last request
	// SeenEvery is how coarse the last request is kept, so that reading pages
	// writes nothing: an idle hour may be this much shorter.
	SeenEvery = 5 * time.Minute
)

// Mark is the step up of a session from a reader's to the desk's.
type Mark struct {
	Method Method
	Shown  time.Time // when the second factor was shown
	Seen   time.Time // the last request, within SeenEvery
}

// Method is how a second factor was shown.
type Method string

// The methods.
const (
	ByTOTP     Method = "totp"
	ByPasskey  Method = "passkey"
	ByRecovery Method = "recovery"
)

// Holds reports whether the step up still counts.
func (m Mark) Holds(now time.Time) bool {
	return !m.Shown.IsZero() && now.Before(m.Shown.Add(StrongLife)) && now.Before(m.Seen.Add(IdleLife))
}

// Stale reports whether the last request must be noted again.
func (m Mark) Stale(now time.Time) bool { return now.Sub(m.Seen) >= SeenEvery }

// Now is a moment in both times.
type Now struct{ Wall, Paper time.Time }
