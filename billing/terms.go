package billing

import (
	"slices"
	"strings"
	"time"
)

// Terms are what was agreed for a subscription beside its price.
type Terms struct {
	Anchor        time.Time // the months are counted from here
	PauseBehavior string    // what becomes of invoices in a pause, in Stripe's words; "" without one
	PausedFrom    time.Time // benefits stop here while a pause lasts: what is paid for is kept
	TrialThen     string    // what a trial without a card ends in, in Stripe's words
	Discount      Discount  // that runs; zero for none
}

// Discount is what a coupon takes off the payments of a subscription.
type Discount struct {
	Coupon   string    `json:"coupon"`         // Stripe's id
	Code     string    `json:"code,omitempty"` // that brought it; "" if none did
	Percent  int64     `json:"percent,omitempty"`
	Off      Money     `json:"off,omitzero"` // when it is no percentage
	Duration string    `json:"duration"`     // once, repeating, forever
	Until    time.Time `json:"until,omitzero"`
	// Plans are the keys of the only plans that it is taken off, sorted, with
	// blanks between; "" is all. A product at Stripe that is no plan's stands there
	// by its id.
	Plans string `json:"plans,omitempty"`
}

// IsZero reports whether there is no discount.
func (d Discount) IsZero() bool { return d.Coupon == "" }

// For reports whether the discount is taken off that plan.
func (d Discount) For(plan string) bool {
	return d.Plans == "" || slices.Contains(strings.Fields(d.Plans), plan)
}

// NextPayment is when the subscription is charged next; zero when it is not,
// or nobody knows.
func (s Subscription) NextPayment() time.Time {
	switch {
	case !s.CancelAt.IsZero() || s.Status != Active && s.Status != Trialing && s.Status != PastDue:
		return time.Time{}
	case !s.IsPaused:
		return s.PeriodEnd
	case s.PausedUntil.IsZero():
		return time.Time{}
	}
	at := s.PeriodEnd
	for n := 1; at.Before(s.PausedUntil); n++ {
		if s.Interval == Yearly {
			at = s.PeriodEnd.AddDate(n, 0, 0)
		} else {
			at = s.Renewal(n)
		}
	}
	return at
}
