package views

import (
	"strings"
	"time"

	"broadsheet/billing"
)

// PausePage pauses a plan, or ends its pause.
type PausePage struct {
	Frame
	Plan      billing.Plan
	Catalogue billing.Catalogue
	Offers    []billing.PausePlan // a pause as it would be; none when it cannot be taken
	Months    int                 // that were chosen; 0 for none yet
	Kept      bool                // they were chosen before the reader signed in again
	WhyNot    string              // why there is no offer
	Error     string
	ErrorHint string

	// Of a pause that is set:
	Paused      bool
	Begun       bool
	From, Until time.Time // Until is zero when it has no end
	Price       billing.Money
	Card        string // "the card ending 4242"; "" when it isn't known
}

func (p PausePage) headline() string {
	name := firstOf(p.Plan.Name, "your plan")
	switch {
	case p.Paused && p.Begun:
		return "Bring " + name + " back?"
	case p.Paused:
		return "Take the pause back?"
	case len(p.Offers) > 0:
		return "Pause " + name
	}
	return "There can be no pause now"
}

// stopping names what stops in a pause.
func (p PausePage) stopping() string {
	var names []string
	for _, b := range p.Plan.Benefits {
		if text := p.Catalogue.Benefit(b); text.Name != "" {
			names = append(names, text.Name)
		}
	}
	if len(names) == 0 {
		return "what the plan brings stops"
	}
	return "what the plan brings stops (" + strings.Join(names, ", ") + ")"
}

func (p PausePage) pausedSince() string {
	text := firstOf(p.Plan.Name, "Your plan") + " has been paused since " + p.date(p.From)
	if p.Until.IsZero() {
		return text + "."
	}
	return text + " and returns by itself on " + p.date(p.Until) + "."
}

func (p PausePage) from() string {
	if p.Card == "" {
		return "is"
	}
	return "from " + p.Card + " is"
}

func (p PausePage) endButton() string {
	if p.Begun {
		return "Bring it back and pay " + Money(p.Price)
	}
	return "Take the pause back"
}

// pausable reports whether the account offers a pause. Whether it can be taken,
// and why not, the page behind says.
func (p AccountPage) pausable() bool {
	s := p.Subscription
	return s != nil && s.Status == billing.Active && s.Interval == billing.Monthly && s.CancelAt.IsZero() && !s.IsPaused
}

// endable reports whether there is a pause that its reader can end.
func (p AccountPage) endable() bool {
	s := p.Subscription
	return s != nil && s.Status == billing.Active && s.IsPaused && s.CancelAt.IsZero() && s.Stops()
}

// paused words a pause of collection, in each of Stripe's three ways.
func (p AccountPage) paused() standing {
	s := p.Subscription
	out := standing{pill: "Paused", next: "Next payment", nextFact: "None while paused"}
	if next := s.NextPayment(); !next.IsZero() {
		out.nextFact = p.nextSum() + " on " + p.day(next)
		out.nextHint = "Nothing is charged before that day, when everything returns"
	}
	switch s.PauseBehavior {
	case billing.PauseDraft:
		out.pill, out.kind, out.nextHint = "Active", Good, "Payments are put off: what falls due meanwhile is asked for later"
	case billing.PauseUncollectible:
		out.pill, out.kind, out.nextHint = "Active", Good, "Until then it is on the house: nothing is asked for"
	default:
		if p.Grants && !s.PausedFrom.IsZero() {
			out.pill = "Pauses " + p.day(s.PausedFrom)
			out.nextHint = "Everything stays open until " + p.date(s.PausedFrom) + ", and nothing is charged for the pause"
		}
	}
	if s.NextPayment().IsZero() && !s.Stops() {
		out.nextFact = "None for now"
	}
	return out
}
