package paywall

import (
	"slices"
	"time"
)

// Rules are the gate's settings. They are kept with from and to, so that a
// past decision can be explained by the rules of its day.
type Rules struct {
	Anonymous  int           `json:"anonymous"`          // stories a visitor may read in a window
	Registered int           `json:"registered"`         // stories a registered reader may read in a window, in all
	Window     time.Duration `json:"window"`             // a rolling window
	Network    int           `json:"network"`            // counts a day for one network; 0 is no ceiling
	Asking     Asking        `json:"asking,omitempty"`   // when a visitor is asked to register
	Sections   []SectionRule `json:"sections,omitempty"` // where other rules hold, by slug
	ShutOut    []string      `json:"shut_out,omitempty"` // confirmed crawlers that are let in no further than any machine
}

// Asking is the registration rule: when a visitor is asked for an account.
type Asking string

// The registration rules.
const (
	AskSpent Asking = ""      // once the visitor's allowance is used up
	AskFirst Asking = "first" // before the first story that counts: there is no allowance without an account
	AskNever Asking = "never" // never: whoever has used it up is asked to subscribe
)

// SectionRule is what holds in one section instead. The pool stays one: its
// counts are held against the section's own numbers.
type SectionRule struct {
	Section    string `json:"section"`        // slug
	Free       bool   `json:"free,omitempty"` // its metered stories are free, and none counts
	Anonymous  int    `json:"anonymous"`      // both 0 where it is free
	Registered int    `json:"registered"`
}

// DefaultRules: 2 anonymous, 5 in all when registered, rolling 30 days, 40
// counts a day for a network.
func DefaultRules() Rules {
	return Rules{Anonymous: 2, Registered: 5, Window: 30 * 24 * time.Hour, Network: 40}
}

// Equal reports whether two sets of rules say the same, word for word.
func (r Rules) Equal(o Rules) bool {
	return r.Anonymous == o.Anonymous && r.Registered == o.Registered && r.Window == o.Window && r.Network == o.Network &&
		r.Asking == o.Asking && slices.Equal(r.Sections, o.Sections) && slices.Equal(r.ShutOut, o.ShutOut)
}

// For are the rules of a story in that section.
func (r Rules) For(section string) Rules {
	if own, ok := r.section(section); ok && !own.Free {
		r.Anonymous, r.Registered = own.Anonymous, own.Registered
	}
	return r
}

// FreeSection reports whether the metered stories of that section are free.
func (r Rules) FreeSection(section string) bool {
	own, _ := r.section(section)
	return own.Free
}

func (r Rules) section(slug string) (SectionRule, bool) {
	for _, s := range r.Sections {
		if s.Section == slug {
			return s, true
		}
	}
	return SectionRule{}, false
}

// allowance is how many stories in a window an asker may read.
func (r Rules) allowance(isRegistered bool) int {
	switch {
	case isRegistered:
		return r.Registered
	case r.Asking == AskFirst:
		return 0
	}
	return r.Anonymous
}

// Validate reports every setting that cannot hold, as one sentence each.
func (r Rules) Validate() []string {
	var wrong []string
	bad := func(ok bool, sentence string) {
		if !ok {
			wrong = append(wrong, sentence)
		}
	}
	bad(allowed(r.Anonymous), "anonymous must be between 0 and 100 stories.")
	bad(allowed(r.Registered), "registered must be between 0 and 100 stories.")
	bad(r.Window >= time.Hour && r.Window <= 366*24*time.Hour, "window must be between 1h and 8784h (366 days).")
	bad(r.Network >= 0 && r.Network <= 1_000_000, "network must be between 0 (no ceiling) and 1000000 counts a day.")
	bad(r.Asking == AskSpent || r.Asking == AskFirst || r.Asking == AskNever, "Visitors are asked to register when their stories are read, first, or never.")
	seen := map[string]bool{}
	for _, s := range r.Sections {
		bad(s.Section != "" && !seen[s.Section], "Each section has one rule of its own at most.")
		bad(allowed(s.Anonymous) && allowed(s.Registered), "The stories of a section, "+s.Section+", must be between 0 and 100.")
		seen[s.Section] = true
	}
	for _, agent := range r.ShutOut {
		bad(slices.Contains(Engines(), agent), "There is no crawler "+agent+" that could be confirmed.")
	}
	return wrong
}

func allowed(stories int) bool { return stories >= 0 && stories <= MaxAllowance }

// MaxAllowance bounds the stories of an allowance, and with it the size of a
// meter's row.
const MaxAllowance = 100

// Era is a time in which rules held.
type Era struct {
	Rules Rules
	From  time.Time // paper time
	To    time.Time // zero: they still hold
}
