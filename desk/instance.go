package desk

import "time"

// Instance is a process that serves the paper. Times are wall time.
type Instance struct {
	ID      string
	Host    string // the machine's name
	Version string
	Started time.Time
	Seen    time.Time // its last sign of life
}

// How often an instance says that it lives, after how long it counts as silent,
// and when it is forgotten.
const (
	SignEvery   = time.Minute
	SilentAfter = 3 * SignEvery
	ForgottenIn = 24 * time.Hour
)

// Silent reports whether the instance no longer gives signs of life.
func (i Instance) Silent(now time.Time) bool { return now.Sub(i.Seen) > SilentAfter }
