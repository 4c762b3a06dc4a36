package desk

import "time"

// Letter is a mail that left the paper, or never will, as the desk may know it:
// what it was called and when, never what it said.
type Letter struct {
	ID       string // of the job that sent it
	ReaderID string // "" when it went to an address without an account
	Key      string
	Email    string // where it went
	Subject  string
	Kind     string // of the job that can write it anew; "" for none
	Cause    string // that job's payload, JSON
	Failed   bool
	Error    string    // why it failed
	At       time.Time // paper time
}

// Again reports whether the letter can be written anew.
func (l Letter) Again() bool { return l.Kind != "" && l.Cause != "" }
