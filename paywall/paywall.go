// Package paywall decides who reads a story to its end. Decide is pure: all it
// rests on is in the Ask, so the desk can put the same question for any past
// instant. Cut is the one function that shortens a story for a closed gate, and
// the meter keeps the counts. The room does not know how a page looks, nor how
// a count is stored.
package paywall

import (
	"time"

	"broadsheet/news"
)

// Reason is why a gate is open or closed. Its words are part of the page
// (data-reason) and do not change.
type Reason string

// The reasons, in the order in which they are tried.
const (
	Preview     Reason = "preview"     // the desk reads everything
	Free        Reason = "free"        // the story is free
	Benefit     Reason = "benefit"     // the reader has the unlimited benefit
	Gift        Reason = "gift"        // a valid gift link
	Crawler     Reason = "crawler"     // a search crawler, confirmed by DNS
	Subscribers Reason = "subscribers" // closed: for subscribers only
	Counted     Reason = "counted"     // already counted in this window
	Network     Reason = "network"     // closed: the network's ceiling is met
	Allowance   Reason = "allowance"   // open, and to be counted
	Spent       Reason = "spent"       // closed: the allowance is used up
)

// Wall is what a closed gate shows.
type Wall string

// The walls. Open is no wall.
const (
	Open      Wall = "open"
	Register  Wall = "register"
	Subscribe Wall = "subscribe"
)

// Rules are the gate's settings. They are kept with from and to, so that a
// past decision can be explained by the rules of its day.
type Rules struct {
	Anonymous  int           `json:"anonymous"`  // stories a visitor may read in a window
	Registered int           `json:"registered"` // stories a registered reader may read in a window, in all
	Window     time.Duration `json:"window"`     // a rolling window
	Network    int           `json:"network"`    // counts a day for one network; 0 is no ceiling
}

// DefaultRules: 2 anonymous, 5 in all when registered, rolling 30 days, 40
// counts a day for a network.
func DefaultRules() Rules {
	return Rules{Anonymous: 2, Registered: 5, Window: 30 * 24 * time.Hour, Network: 40}
}

// Count is one story that was counted.
type Count struct {
	Story string    `json:"s"` // story id
	At    time.Time `json:"t"` // paper time
}

// Ask is everything that a decision rests on.
type Ask struct {
	Story  StoryFacts
	Rules  Rules
	Now    time.Time // paper time
	Counts []Count   // the pool's recent counts, oldest first

	Preview    bool // the asker is of the desk
	Unlimited  bool // the reader has the benefit now
	Gift       bool // a valid gift link for this story came with the request
	Crawler    bool // confirmed by forward-confirmed reverse DNS
	Bot        bool // calls itself a machine and is not confirmed
	Registered bool // the pool belongs to a reader with an account
	NetworkMet bool // the network's ceiling is met
}

const (
	free    = news.Free
	metered = news.Metered
)

// StoryFacts is what the gate must know of a story.
type StoryFacts struct {
	ID     string
	Access news.Access
}

// Decision is the gate's answer.
type Decision struct {
	Wall      Wall
	Reason    Reason
	MustCount bool      // open only once this story is counted
	Allowance int       // stories in a window for this asker
	Left      int       // what is left, this story already taken off
	Resets    time.Time // when the oldest count leaves the window; zero if none counts
}

// Open reports whether the whole story may leave the server.
func (d Decision) Open() bool { return d.Wall == Open }

// Validate reports every setting that cannot hold, as one sentence each.
func (r Rules) Validate() []string {
	var wrong []string
	bad := func(ok bool, sentence string) {
		if !ok {
			wrong = append(wrong, sentence)
		}
	}
	bad(r.Anonymous >= 0 && r.Anonymous <= MaxAllowance, "anonymous must be between 0 and 100 stories.")
	bad(r.Registered >= 0 && r.Registered <= MaxAllowance, "registered must be between 0 and 100 stories.")
	bad(r.Window >= time.Hour && r.Window <= 366*24*time.Hour, "window must be between 1h and 8784h (366 days).")
	bad(r.Network >= 0 && r.Network <= 1_000_000, "network must be between 0 (no ceiling) and 1000000 counts a day.")
	return wrong
}

// MaxAllowance bounds the stories of an allowance, and with it the size of a
// meter's row.
const MaxAllowance = 100
