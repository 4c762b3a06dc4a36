package paywall

import (
	"slices"
	"time"
)

// Decide answers whether the asker may read the story to its end, and why. The
// order of the rules is the paper's policy: whoever has a right is let in
// before anything is counted, a re-read is free before any ceiling, and the
// network's ceiling comes before the allowance because throwing cookies away
// must not buy more than registering does.
func Decide(a Ask) Decision {
	isFree := a.Story.Access == free || a.Story.Access == metered && a.Rules.FreeSection(a.Story.Section)
	d := standing(a)
	switch {
	case a.Preview:
		return d.open(Preview)
	case isFree:
		return d.open(Free)
	case a.Unlimited:
		return d.open(Benefit)
	case a.Gift:
		return d.open(Gift)
	case a.Crawler && !slices.Contains(a.Rules.ShutOut, a.Engine):
		return d.open(Crawler)
	case a.Story.Access != metered:
		return d.closed(Subscribe, Subscribers)
	case a.counted():
		return d.open(Counted)
	case a.Bot:
		// A machine that cannot be confirmed is given nothing that is counted.
		return d.closed(Register, Spent)
	case a.NetworkMet && !a.Registered:
		return d.closed(Register, Network)
	case d.Left > 0:
		d.MustCount = true
		d.Left--
		return d.open(Allowance)
	case !a.Registered && a.Rules.Asking != AskNever && a.Rules.For(a.Story.Section).Registered > a.within():
		return d.closed(Register, Spent)
	}
	return d.closed(Subscribe, Spent)
}

// standing is the meter as the asker would see it on any page.
func standing(a Ask) Decision {
	d := Decision{Allowance: a.Rules.For(a.Story.Section).allowance(a.Registered)}
	d.Left = max(0, d.Allowance-a.within())
	for _, c := range a.Counts {
		if leaves := c.At.Add(a.Rules.Window); leaves.After(a.Now) && (d.Resets.IsZero() || leaves.Before(d.Resets)) {
			d.Resets = leaves
		}
	}
	return d
}

// Standing is what is left of an allowance, asked for no story in particular.
func Standing(rules Rules, counts []Count, registered bool, now time.Time) Decision {
	return standing(Ask{Rules: rules, Counts: counts, Registered: registered, Now: now})
}

func (d Decision) open(why Reason) Decision {
	d.Wall, d.Reason = Open, why
	return d
}

func (d Decision) closed(wall Wall, why Reason) Decision {
	d.Wall, d.Reason = wall, why
	return d
}

// within is how many distinct stories count in the window that ends now. A
// count leaves the window exactly one window after it was made.
func (a Ask) within() int {
	n := 0
	for i, c := range a.Counts {
		if !a.live(c) {
			continue
		}
		n++
		for _, earlier := range a.Counts[:i] {
			if earlier.Story == c.Story && a.live(earlier) {
				n--
				break
			}
		}
	}
	return n
}

func (a Ask) counted() bool {
	for _, c := range a.Counts {
		if c.Story == a.Story.ID && a.live(c) {
			return true
		}
	}
	return false
}

func (a Ask) live(c Count) bool { return c.At.Add(a.Rules.Window).After(a.Now) }
