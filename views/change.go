package views

import (
	"time"

	"broadsheet/billing"
)

// The addresses of changing a plan.
const (
	ChangePath     = "/account/change"         // GET chooses, POST carries out: token, price, keep, and the address
	PreviewPath    = "/account/change/preview" // GET: price, keep
	ChangeDonePath = "/account/change/done"    // GET: change, its id
	TakeBackPath   = "/account/change/undo"    // POST: takes back a change that waits
)

// ChangePage offers the prices that a reader may take instead of theirs.
type ChangePage struct {
	Frame
	Plan         billing.Plan
	Subscription billing.Subscription
	Choices      []ChangeChoice
	Cancelled    bool            // the plan ends: a box asks whether it is to go on
	Keep         bool            // the box is ticked
	Why          string          // nothing can be changed, or what was chosen cannot be had; "" without
	Refused      billing.Refusal // what stands in the way; "" when the choices can be had
	PayURL       string          // where what is open is paid, or confirmed; "" when there is no such page
}

// ChangeChoice is a price that can be had instead.
type ChangeChoice struct {
	billing.Change
	Begins time.Time // zero is at once
}

// have says what the reader has.
func (p ChangePage) have() string {
	return "You have " + p.Plan.Name + ", at " + Money(p.Subscription.Money) + " " + each(p.Subscription.Interval) + "."
}

// what is the choice as a heading names it.
func (c ChangeChoice) what() string {
	return c.ToPlan.Name + ", " + Money(c.To.Money) + " " + each(c.To.Interval)
}

// begins says when the choice takes effect.
func (p ChangePage) begins(c ChangeChoice) string {
	switch {
	case c.Trial:
		return "At once. Nothing is due before your trial ends."
	case c.Begins.IsZero():
		return "At once. What you have paid for and not used is taken off."
	}
	return "On " + p.date(c.Begins) + ", when what you have paid for ends."
}

// PreviewPage shows what a change comes to, and asks for it.
type PreviewPage struct {
	Frame
	billing.Preview
	To      billing.Shipping  // as it was typed, or as Stripe has it
	Wrong   map[string]string // of the address, by field
	Told    string            // why this page is shown again; "" at first
	Choice  billing.Choice    // for a page that has run out
	Country func(code string) string
}

func (p PreviewPage) headline() string {
	if p.FromPlan.Key == p.ToPlan.Key {
		return "Pay for " + p.ToPlan.Name + " by the " + string(p.Change.To.Interval)
	}
	return p.FromPlan.Name + " to " + p.ToPlan.Name
}

// when says when it begins, and what that means.
func (p PreviewPage) when() string {
	switch {
	case p.Trial:
		return "It begins at once. Your trial goes on to " + p.date(p.Subscription.TrialEnd) + " as before, and nothing is due until then."
	case p.Timing == billing.AtOnce:
		return "It begins at once. What you have paid for and not used is taken off what is due today, to the second."
	}
	return "Nothing is due today. You keep " + p.FromPlan.Name + " until " + p.date(p.Subscription.PeriodEnd) + "; then it begins. Until then you can take it back."
}

// also says what goes with it.
func (p PreviewPage) also() []string {
	var out []string
	if p.Drops(billing.Print) {
		last := p.Subscription.PeriodEnd
		if p.Timing == billing.AtOnce {
			out = append(out, "The magazine stops at once. Your address is kept.")
		} else {
			out = append(out, "The magazine comes until "+p.date(last)+"; the last issue sent before that day is the last one. Your address is kept.")
		}
	}
	switch {
	case p.Uncancel:
		out = append(out, "Your cancellation is taken back with it: the plan goes on.")
	case !p.Subscription.CancelAt.IsZero():
		out = append(out, "Your cancellation stands: the plan ends with its period all the same.")
	}
	return out
}

// next is the next regular payment, in words.
func (p PreviewPage) next() string {
	if p.Next.At.IsZero() {
		return "None"
	}
	return Money(p.Next.Total) + " on " + p.date(p.Next.At)
}

// button says what pressing it does.
func (p PreviewPage) button() string {
	switch {
	case p.Today.Due.Amount > 0:
		return "Change, and pay " + Money(p.Today.Due)
	case p.Timing == billing.AtOnce:
		return "Change at once"
	}
	return "Change on " + p.date(p.Subscription.PeriodEnd)
}

// ChangeDonePage says how a change went.
type ChangeDonePage struct {
	Frame
	Change   billing.PlanChange
	From, To string // what the plans are called
	Begins   time.Time
	Next     time.Time
	Why      string // of a decline
	PayURL   string
	Again    string // address of a new preview
	Until    time.Time
}

func (p ChangeDonePage) headline() string {
	switch p.Change.State {
	case billing.ChangeDone:
		if p.From == p.To {
			return "You pay for " + p.To + " " + "by the " + string(p.Change.Interval) + " now"
		}
		return "You have " + p.To + " now"
	case billing.ChangeWaits:
		return p.To + " begins on " + p.date(p.Begins)
	case billing.ChangeHeld:
		return "Your bank wants you to confirm the payment"
	case billing.ChangeDeclined:
		return "Your bank declined the payment"
	}
	return "We do not know yet how it went"
}

func (p ChangeDonePage) told() string {
	due := "Nothing was charged."
	if p.Change.Due.Amount > 0 {
		due = Money(p.Change.Due) + " was charged; the receipt is on its way."
	}
	switch p.Change.State {
	case billing.ChangeDone:
		if !p.Next.IsZero() {
			due += " The next payment is on " + p.date(p.Next) + "."
		}
		return due
	case billing.ChangeWaits:
		return "You keep " + p.From + " until then, and nothing is due before. Your account shows the change; there you can take it back."
	case billing.ChangeHeld:
		text := "You keep " + p.From + " until you have told your bank that " + Money(p.Change.Due) + " is wanted."
		if p.Change.Uncancel {
			text += " Your cancellation stands until then; you can take it back in your account."
		}
		return text + " If you do nothing, nothing is charged and nothing changes."
	case billing.ChangeDeclined:
		return firstOf(p.Why, "It gave no reason.") + " Nothing was charged, and you keep " + p.From + " as before."
	}
	return "The payment service did not answer in time. Your account shows what you have; look again in a minute."
}

// coming says in a sentence what waits for the plan; "" for nothing.
func (p AccountPage) coming() string {
	c := p.Subscription.Coming
	if c.IsZero() {
		return ""
	}
	plan, _ := p.Catalogue.Plan(c.Plan)
	what := firstOf(plan.Name, "Another plan") + ", " + Money(c.Money) + " " + each(c.Interval)
	if c.Held() {
		return what + ", waits for you to tell your bank that the payment is wanted. Nothing changes before; after " + p.date(c.At) + " it is given up."
	}
	return "Changes to " + what + ", on " + p.date(c.At) + "."
}

// changes reports whether the plan can be changed, as far as its state goes.
func (p AccountPage) changes() bool {
	return p.Subscription != nil && p.Subscription.Coming.IsZero() && !p.over() && p.Plan.Key != ""
}
