package billing

import (
	"slices"
	"time"
)

// Grant is a plan given without a payment: to the desk, to a reviewer, as
// amends.
type Grant struct {
	ID       string
	ReaderID string
	Plan     string
	Why      string // for the account page: "A year on the house"
	From     time.Time
	To       time.Time // zero has no end
}

func (g Grant) at(now time.Time) bool {
	return !now.Before(g.From) && (g.To.IsZero() || now.Before(g.To))
}

// Holding is a benefit that a reader has, and by what.
type Holding struct {
	Benefit Benefit
	Plan    string
	State   State     // of the subscription that brings it; "" for a grant
	Until   time.Time // zero if it goes on
	Why     string    // of the grant; "" for a subscription
}

// BenefitsAt is what subscriptions and grants bring together at that paper
// time, in the order of AllBenefits, each once: from whatever holds longest.
func BenefitsAt(subs []Subscription, grants []Grant, c Catalogue, now time.Time) []Holding {
	best := map[Benefit]Holding{}
	offer := func(plan string, h Holding) {
		p, _ := c.Plan(plan)
		for _, b := range p.Benefits {
			h.Benefit, h.Plan = b, plan
			if have, ok := best[b]; !ok || outlasts(h.Until, have.Until) {
				best[b] = h
			}
		}
	}
	for _, s := range subs {
		if st := Access(s, now); st.Grants {
			offer(s.Plan, Holding{State: st.State, Until: st.EndsAt})
		}
	}
	for _, g := range grants {
		if g.at(now) {
			offer(g.Plan, Holding{Until: g.To, Why: g.Why})
		}
	}
	var out []Holding
	for _, b := range AllBenefits {
		if h, ok := best[b]; ok {
			out = append(out, h)
		}
	}
	return out
}

// outlasts reports whether a lasts longer than b; zero has no end.
func outlasts(a, b time.Time) bool {
	return !b.IsZero() && (a.IsZero() || a.After(b))
}

// Current chooses the subscription that a reader would call theirs: one that
// grants before one that only lives, before one that ended; then the newest.
// nil for none.
func Current(subs []Subscription, now time.Time) *Subscription {
	rank := func(s Subscription) int {
		switch st := Access(s, now); {
		case st.Grants:
			return 2
		case st.Live:
			return 1
		}
		return 0
	}
	if len(subs) == 0 {
		return nil
	}
	best := slices.MaxFunc(subs, func(a, b Subscription) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return a.Started.Compare(b.Started)
	})
	return &best
}
