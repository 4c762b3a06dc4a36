package views

import (
	"strings"
	"time"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/reader"
)

// The newsroom's addresses about readers.
const DeskReadersPath = "/newsroom/readers" // find, after

// DeskReaderPath returns the address of a reader's page at the desk.
func DeskReaderPath(id string) string { return DeskReadersPath + "/" + id }

// ReadersPage finds readers.
type ReadersPage struct {
	DeskFrame
	Typed     string // what was looked for
	Now       time.Time
	Rows      []desk.Found
	Catalogue billing.Catalogue
	Pager     Pager
	Note      string // what else the desk should know of the search; "" for nothing
}

// ReaderPage is one reader with everything that the paper knows.
type ReaderPage struct {
	DeskFrame
	Who       reader.Reader
	Role      reader.Role
	Now       time.Time
	Catalogue billing.Catalogue
	Subs      []ReaderTimeline // the newest first
	Customers []billing.Customer
	Invoices  []billing.Invoice
	Older     string // address of older invoices; "" for none
	Grants    []billing.Grant
	Gave      []billing.Gift
	Got       []billing.Redemption
	Letters   []desk.Letter
	Sessions  []reader.Session
	Meter     ReaderMeter
	Tools     []Tool
	Trouble   *Notice // what a form could not do
}

// ReaderTimeline is a subscription with what became of it.
type ReaderTimeline struct {
	billing.Subscription // as it is now
	Spans                []billing.Span
}

// ReaderMeter is a reader's allowance as it stands.
type ReaderMeter struct {
	Allowance, Left int
	Unlimited       bool // nothing is counted: a plan or a role opens every story
	Window          time.Duration
	Resets          time.Time
	Counts          []MeterCount
}

// ours reports whether the desk gave it, and so can end it.
func (p ReaderPage) ours(g billing.Grant) bool {
	return p.Member.May(desk.ReaderHelp) && strings.HasPrefix(g.ID, "desk-") && (g.To.IsZero() || g.To.After(p.Now))
}

// refundable reports whether an invoice could go back in part.
func (p ReaderPage) refundable(i billing.Invoice) bool {
	return p.Member.May(desk.MoneyRefund) && i.Paid > 0
}

func (p ReaderPage) called() string { return firstOf(p.Who.Name, p.Who.Email) }

// pill is a word with the colour that belongs to it.
type pill struct{ Word, Kind string }

func (p pill) class() string {
	if p.Kind == "" {
		return "pill"
	}
	return "pill pill-" + p.Kind
}

// planPill is a subscription's plan and how it stands.
func planPill(f Frame, c billing.Catalogue, s *billing.Subscription, now time.Time) (plan string, state pill) {
	if s == nil {
		return "No plan", pill{}
	}
	name := planCalled(c, s.Plan)
	st := billing.Access(*s, now)
	switch st.State {
	case billing.StandsActive:
		return name, pill{"Active", "good"}
	case billing.StandsTrial:
		return name, pill{"Trial until " + f.day(s.TrialEnd), "good"}
	case billing.StandsEnding:
		return name, pill{"Ends " + f.day(st.EndsAt), ""}
	case billing.StandsGrace:
		return name, pill{"Payment failed, open until " + f.day(st.GraceUntil), "bad"}
	case billing.StandsLapsed:
		return name, pill{"Payment failed, stopped", "bad"}
	case billing.StandsPaused:
		return name, pill{"Paused", ""}
	case billing.StandsPausing:
		return name, pill{"Pauses " + f.day(st.EndsAt), ""}
	case billing.StandsWaiting:
		return name, pill{"Not paid yet", ""}
	}
	if st.EndsAt.IsZero() {
		return name, pill{"Ended", ""}
	}
	return name, pill{"Ended " + f.day(st.EndsAt), ""}
}

// planCalled is a plan's name; its key where nobody knows the plan any more.
func planCalled(c billing.Catalogue, key string) string {
	if p, ok := c.Plan(key); ok {
		return p.Name
	}
	return firstOf(key, "A plan that the paper doesn’t know")
}

// rowPlan is what a reader in a list has.
func (p ReadersPage) rowPlan(f desk.Found) (string, pill) {
	return planPill(p.Frame, p.Catalogue, billing.Current(f.Subs, p.Now), p.Now)
}

func (p ReadersPage) rowPlanName(f desk.Found) string { name, _ := p.rowPlan(f); return name }
func (p ReadersPage) rowState(f desk.Found) pill      { _, state := p.rowPlan(f); return state }

// Subscriptions are all that the reader ever had, as they are now.
func (p ReaderPage) Subscriptions() []billing.Subscription {
	all := make([]billing.Subscription, len(p.Subs))
	for i, t := range p.Subs {
		all[i] = t.Subscription
	}
	return all
}

func (p ReaderPage) plan() string {
	name, _ := planPill(p.Frame, p.Catalogue, billing.Current(p.Subscriptions(), p.Now), p.Now)
	return name
}

func (p ReaderPage) state() pill { return p.stateOf(billing.Current(p.Subscriptions(), p.Now)) }

func (p ReaderPage) stateOf(s *billing.Subscription) pill {
	_, state := planPill(p.Frame, p.Catalogue, s, p.Now)
	return state
}

// proven says whether the address was shown to be the reader's.
func (p ReaderPage) proven() string {
	if p.Who.IsVerified() {
		return "Proven " + p.date(p.Who.Verified)
	}
	return "Not proven: nobody has signed in with it"
}

// left says what is left of the allowance.
func (m ReaderMeter) left() string {
	if m.Unlimited {
		return "Not counted"
	}
	return itoa(m.Left) + " of " + itoa(m.Allowance) + " left"
}

// forWhat is what an invoice bills.
func (p ReaderPage) forWhat(i billing.Invoice) string {
	for _, s := range p.Subs {
		if s.ID == i.Subscription {
			what := planCalled(p.Catalogue, s.Plan)
			if !i.PeriodStart.IsZero() && i.PeriodEnd.After(i.PeriodStart) {
				what += ", " + p.day(i.PeriodStart) + " to " + p.day(i.PeriodEnd)
			}
			return what
		}
	}
	if len(i.Lines) > 0 {
		return i.Lines[0].Text
	}
	return i.Subscription
}

// span says from when to when, and "now" for what lasts.
func (f DeskFrame) span(from, to time.Time) string {
	if to.IsZero() {
		return f.clock(from) + " until now"
	}
	return f.clock(from) + " to " + f.clock(to)
}

// grantSpan says how long a plan is given.
func (f DeskFrame) grantSpan(g billing.Grant) string {
	if g.To.IsZero() {
		return "From " + f.date(g.From) + ", without an end"
	}
	return f.date(g.From) + " to " + f.clock(g.To)
}

// letterState says what became of a mail.
func letterState(l desk.Letter) pill {
	if l.Failed {
		return pill{"Never left", "bad"}
	}
	return pill{"Sent", "good"}
}
