package billing

import (
	"fmt"
	"slices"
	"time"

	"broadsheet/internal/fault"
)

// Timing says when a change of price takes effect.
type Timing string

// The timings.
const (
	AtOnce      Timing = "at_once"       // from now on; the difference is billed at once
	AtPeriodEnd Timing = "at_period_end" // when what is paid for has been used
)

// Choice is the price that a reader wants instead of the one they have.
type Choice struct {
	LookupKey string
	Keep      bool // their cancellation is taken back with it
}

// Change is what becomes of a subscription that takes another price.
type Change struct {
	From, To         Price // From's lookup key is "" when no price has it any more
	FromPlan, ToPlan Plan
	Timing           Timing
	Trial            bool // nothing is due before the trial's end, which stays
	Uncancel         bool // a cancellation is taken back with it
}

// Brings reports whether the change adds a benefit.
func (c Change) Brings(b Benefit) bool { return c.ToPlan.Has(b) && !c.FromPlan.Has(b) }

// Drops reports whether the change takes a benefit away.
func (c Change) Drops(b Benefit) bool { return c.FromPlan.Has(b) && !c.ToPlan.Has(b) }

// Refusal is why a change cannot be made.
type Refusal string

// The refusals.
const (
	RefusedNone     Refusal = "none"     // there is no plan to change
	RefusedFirst    Refusal = "first"    // the first payment was not made yet
	RefusedUnpaid   Refusal = "unpaid"   // a payment is open
	RefusedPaused   Refusal = "paused"   // the plan is paused, or will be
	RefusedHeld     Refusal = "held"     // the bank has a payment, and has not decided
	RefusedGift     Refusal = "gift"     // a gift has moved the next payment
	RefusedUnknown  Refusal = "unknown"  // what they have is in no plan of ours
	RefusedComing   Refusal = "coming"   // another change waits
	RefusedSame     Refusal = "same"     // they have it
	RefusedCurrency Refusal = "currency" // it is sold in another currency
	RefusedEnding   Refusal = "ending"   // the plan ends before the change would begin
	RefusedCard     Refusal = "card"     // something is due, and there is no card
)

// Refused is the cause of a Conflict: the change cannot be made as things stand.
type Refused struct{ Why Refusal }

func (r *Refused) Error() string { return "the change is refused: " + string(r.Why) }

var refusals = map[Refusal]string{
	RefusedNone:     "There is no plan to change. You can subscribe at any time.",
	RefusedFirst:    "The first payment was not made yet. Once it is, you can change the plan.",
	RefusedUnpaid:   "A payment is open. Once it is paid, you can change the plan.",
	RefusedPaused:   "A pause is set for your plan. End it first; then you can change it.",
	RefusedHeld:     "The bank has taken a payment for your plan back. Once that is settled, you can change the plan.",
	RefusedGift:     "A gift has moved your next payment, and until then nothing could be charged for another plan. From that day on you can change it.",
	RefusedUnknown:  "We cannot tell which of our plans you have, so it cannot be changed here. Please write to us.",
	RefusedComing:   "Another change waits already. Take that one back first.",
	RefusedSame:     "You have that already.",
	RefusedCurrency: "That price is in another currency than the one you pay in, so it cannot be taken instead.",
	RefusedEnding:   "You cancelled, and this change would begin when your plan has ended. Take the cancellation back with it.",
	RefusedCard:     "There is no card that this could be paid with. Add one first.",
}

func refuse(why Refusal) error { return fault.New(fault.Conflict, refusals[why], &Refused{why}) }

// MayChange decides what a choice makes of a subscription, and when; it asks
// nobody. Invalid with ErrNotSold for a price that is not on sale, Conflict with
// a *Refused for what cannot be changed as it stands. An ended or missing
// subscription is sub nil.
func MayChange(sub *Subscription, all Catalogue, choice Choice, now time.Time) (Change, error) {
	if err := changeable(sub, now); err != nil {
		return Change{}, err
	}
	toPlan, to, sold := all.Price(choice.LookupKey)
	if !sold {
		return Change{}, fault.New(fault.Invalid, "That price is not on sale. Choose one of those below.", ErrNotSold)
	}
	fromPlan, _ := all.Plan(sub.Plan)
	c := Change{
		From:     Price{LookupKey: sub.LookupKey, Plan: sub.Plan, Interval: sub.Interval, Money: sub.Money},
		To:       to,
		FromPlan: fromPlan, ToPlan: toPlan, Trial: sub.Status == Trialing,
		Uncancel: choice.Keep && !sub.CancelAt.IsZero(),
	}
	c.Timing = timingOf(c)
	switch {
	case to.Plan == sub.Plan && to.Interval == sub.Interval:
		return Change{}, refuse(RefusedSame)
	case to.Money.Currency != sub.Money.Currency:
		return Change{}, refuse(RefusedCurrency)
	case c.Timing == AtPeriodEnd && !sub.CancelAt.IsZero() && !c.Uncancel:
		return c, refuse(RefusedEnding)
	}
	return c, nil
}

// changeable refuses what cannot be changed to anything.
func changeable(sub *Subscription, now time.Time) error {
	if sub == nil {
		return refuse(RefusedNone)
	}
	switch Access(*sub, now).State {
	case StandsEnded:
		return refuse(RefusedNone)
	case StandsWaiting:
		return refuse(RefusedFirst)
	case StandsGrace, StandsLapsed:
		return refuse(RefusedUnpaid)
	case StandsHeld:
		return refuse(RefusedHeld)
	}
	switch {
	case sub.Status == Paused || sub.pausedAt(now): // Stripe would void the difference with everything else
		return refuse(RefusedPaused)
	case sub.Plan == "":
		return refuse(RefusedUnknown)
	case !sub.Coming.IsZero():
		return refuse(RefusedComing)
	}
	return nil
}

// timingOf is the rule of what waits: nothing that is paid for is taken away,
// and no money is given back as credit. So a change waits for the period's end
// when it drops a benefit, when it is paid more often (a year has been paid), or
// when it costs less for the same time. Anything else begins at once. In a trial
// nothing has been paid, and everything begins at once.
func timingOf(c Change) Timing {
	drops := slices.ContainsFunc(c.FromPlan.Benefits, func(b Benefit) bool { return !c.ToPlan.Has(b) })
	switch {
	case c.Trial:
		return AtOnce
	case drops, c.From.Interval == Yearly && c.To.Interval == Monthly,
		c.From.Interval == c.To.Interval && c.To.Money.Amount < c.From.Money.Amount:
		return AtPeriodEnd
	}
	return AtOnce
}

// Cheaper is the price to offer to somebody who thinks of leaving: the dearest
// of those that cost less for the same time. false for none, or when the
// subscription cannot be changed.
func Cheaper(sub *Subscription, all Catalogue, now time.Time) (Plan, Price, bool) {
	var plan Plan
	var price Price
	for _, p := range all.Plans {
		for _, pr := range p.Prices {
			c, err := MayChange(sub, all, Choice{LookupKey: pr.LookupKey}, now)
			if err != nil || pr.Interval != c.From.Interval || pr.Money.Amount >= c.From.Money.Amount {
				continue
			}
			if price.LookupKey == "" || pr.Money.Amount > price.Money.Amount {
				plan, price = p, pr
			}
		}
	}
	return plan, price, price.LookupKey != ""
}

// Coming is a change of a subscription that has not happened yet: it waits for
// the period's end, or for its payment.
type Coming struct {
	Plan      string    `json:"plan"` // "" when the price is unknown
	PriceID   string    `json:"price_id"`
	LookupKey string    `json:"lookup_key"`
	Interval  Interval  `json:"interval"`
	Money     Money     `json:"money"`
	At        time.Time `json:"at,omitzero"`       // when it begins; until when it can be paid
	Invoice   string    `json:"invoice,omitempty"` // that it waits for; "" for a scheduled one
	Schedule  string    `json:"schedule,omitempty"`
	// PayURL is the page where the invoice is paid, or confirmed.
	PayURL string `json:"pay_url,omitempty"`
}

// IsZero reports whether nothing waits. A schedule that has run its course may
// still be there.
func (c Coming) IsZero() bool { return c.PriceID == "" }

// Held reports whether the change waits for its payment.
func (c Coming) Held() bool { return c.Invoice != "" }

// changedEffect tells the reader that they have another plan, or pay in another
// rhythm, from old to now. Rows change under the customer's lease in one
// transaction, so each change is seen once.
func changedEffect(old, now Subscription) (Effect, bool) {
	runs := now.Status == Active || now.Status == Trialing
	if !runs || old.Plan == "" || now.Plan == "" || old.PriceID == now.PriceID || old.Plan == now.Plan && old.Interval == now.Interval {
		return Effect{}, false
	}
	e := Effect{
		Kind: EffectChanged, Key: fmt.Sprintf("changed:%s:%s:%d", now.ID, now.PriceID, now.SyncedAt.UnixMicro()),
		ReaderID: now.ReaderID, Customer: now.Customer, Subscription: now.ID,
		Switched: Switched{FromPlan: old.Plan, ToPlan: now.Plan, Interval: now.Interval, Money: now.Money},
	}
	if now.CancelAt.IsZero() {
		e.Switched.Next = now.PeriodEnd
	}
	return e, true
}

// EffectChanged is the letter about a change of plan or interval.
const EffectChanged = "billing.changed"

// Switched is what a letter about a change says.
type Switched struct {
	FromPlan string    `json:"from_plan"` // plan keys
	ToPlan   string    `json:"to_plan"`
	Interval Interval  `json:"interval"`
	Money    Money     `json:"money"`
	Next     time.Time `json:"next,omitzero"` // payment; zero when there is none
}

// isUpdate reports whether the invoice is of a change that was not paid. Its
// subscription goes on as before, so no letter asks for the money: whoever asked
// for the change has been told.
func (i Invoice) isUpdate(sub Subscription) bool {
	return i.Reason == UpdateInvoice && !i.NeedsAction && (sub.Status == Active || sub.Status == Trialing)
}

// UpdateInvoice is the Reason of an invoice that a change of the subscription
// made.
const UpdateInvoice = "subscription_update"
