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

	Preview    bool   // the asker is of the desk
	Unlimited  bool   // the reader has the benefit now
	Gift       bool   // a valid gift link for this story came with the request
	Crawler    bool   // confirmed by forward-confirmed reverse DNS
	Engine     string // whose crawler it says it is, by the name in its user agent; "" for none
	Bot        bool   // calls itself a machine and is not confirmed
	Registered bool   // the pool belongs to a reader with an account
	NetworkMet bool   // the network's ceiling is met
}

const (
	free    = news.Free
	metered = news.Metered
)

// StoryFacts is what the gate must know of a story.
type StoryFacts struct {
	ID      string
	Access  news.Access
	Section string // slug
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
