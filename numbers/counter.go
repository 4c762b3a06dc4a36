// Package numbers knows what the paper's figures mean: what is counted at its
// stories, by the hour and by where readers came from, and what subscriptions
// bring, cost and lose. It keeps no reader, no address and no cookie.
package numbers

import (
	"slices"
	"sync"
	"time"
)

// What is a thing that is counted at a story.
type What string

// What is counted.
const (
	Read          What = "read"           // the whole story was shown to a person
	RegisterWall  What = "wall.register"  // the gate asked for an address
	SubscribeWall What = "wall.subscribe" // the gate asked for a subscription
	Registered    What = "registered"     // an account was made on the way back to the story
	Begun         What = "begun"          // a payment page was opened from there
	Bought        What = "bought"         // and was paid
)

// Key is a line of the count.
type Key struct {
	Hour   int64 // its first second, by the paper's own clock
	Day    int64 // days since 1 January 1970, in the paper's time zone
	Month  int64 // months since January of the year 0, there
	Story  string
	What   What
	Source string
}

const (
	maxLines = 20_000 // in memory between two flushes
	maxSites = 200    // by name, in an hour
)

var classes = []string{Direct, Own, Search, Social, Mail, Other}

// KeyAt is the line of something that happened then. The zone of the time is
// the paper's: an hour and a day begin when they do there.
func KeyAt(at time.Time, story string, what What, source string) Key {
	y, m, d := at.Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / daySeconds
	_, offset := at.Zone()
	hour := at.Unix() - (at.Unix()+int64(offset))%3600
	return Key{Hour: hour, Day: day, Month: monthOf(y, m), Story: story, What: what, Source: source}
}

const daySeconds = int64(24 * time.Hour / time.Second)

func monthOf(y int, m time.Month) int64 { return int64(y)*12 + int64(m) - 1 }

// Counter adds up in memory what the next flush writes. It is a statistic: a
// killed process loses what it had not yet written. Its size is bounded: past
// the bounds a site counts as Other and a story as none.
type Counter struct {
	mu    sync.Mutex
	lines map[Key]int
	hour  int64
	sites map[string]bool // named this hour
}

// NewCounter makes an empty one.
func NewCounter() *Counter { return &Counter{lines: map[Key]int{}, sites: map[string]bool{}} }

// Add counts one, and gives the source that it was counted for: past the bounds
// that is Other. The zone of the time is the paper's.
func (c *Counter) Add(at time.Time, story string, what What, source string) string {
	key := KeyAt(at, story, what, source)
	c.mu.Lock()
	defer c.mu.Unlock()
	if key.Hour != c.hour {
		c.hour = key.Hour
		clear(c.sites)
	}
	if !slices.Contains(classes, source) && !c.sites[source] {
		if len(c.sites) < maxSites {
			c.sites[source] = true
		} else {
			key.Source = Other
		}
	}
	if _, have := c.lines[key]; !have && len(c.lines) >= maxLines {
		key.Story, key.Source = "", Other
	}
	c.lines[key]++
	return key.Source
}

// Take hands over what was counted since the last time; nil for nothing.
func (c *Counter) Take() map[Key]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.lines) == 0 {
		return nil
	}
	taken := c.lines
	c.lines = map[Key]int{}
	return taken
}
