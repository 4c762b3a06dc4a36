// Package numbers counts what happens at the paper's stories, by the hour and by
// where readers came from. It keeps no reader, no address and no cookie.
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
)

// Key is a line of the count.
type Key struct {
	Hour   int64 // its first second
	Story  string
	What   What
	Source string
}

const (
	maxLines = 20_000 // in memory between two flushes
	maxSites = 200    // by name, in an hour
)

var classes = []string{Direct, Own, Search, Social, Mail, Other}

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

// Add counts one.
func (c *Counter) Add(at time.Time, story string, what What, source string) {
	hour := at.Unix() - at.Unix()%3600
	c.mu.Lock()
	defer c.mu.Unlock()
	if hour != c.hour {
		c.hour = hour
		clear(c.sites)
	}
	if !slices.Contains(classes, source) && !c.sites[source] {
		if len(c.sites) < maxSites {
			c.sites[source] = true
		} else {
			source = Other
		}
	}
	key := Key{hour, story, what, source}
	if _, have := c.lines[key]; !have && len(c.lines) >= maxLines {
		key.Story, key.Source = "", Other
	}
	c.lines[key]++
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
