package billing_test

import (
	"context"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

func (f *stripe) Pause(_ context.Context, id string, until time.Time, _ string) error {
	return f.change(id, "customer.subscription.updated", func(s *billing.Subscription) {
		s.IsPaused, s.PausedUntil, s.PauseBehavior = !until.IsZero(), until, ""
		if s.IsPaused {
			s.PauseBehavior = billing.PauseVoid
		}
	})
}

// StartPeriod charges the customer's card unless it is "pm_bad".
func (f *stripe) StartPeriod(_ context.Context, id, _ string) error {
	f.mu.Lock()
	bad := f.customers[f.subs[id].Customer].Card.ID == "pm_bad"
	f.mu.Unlock()
	if bad {
		return fault.New(fault.Invalid, "declined", &billing.Declined{Code: "generic_decline"})
	}
	return f.change(id, "customer.subscription.updated", func(s *billing.Subscription) {
		s.IsPaused, s.PausedUntil, s.PauseBehavior = false, time.Time{}, ""
		s.PeriodStart, s.Anchor = f.now(), f.now()
		s.PeriodEnd = s.PeriodStart.AddDate(0, 1, 0)
		inv := f.bill(*s, billing.InvoicePaid)
		s.Latest, s.LatestStatus = inv.ID, inv.Status
	})
}

// roll lives on to the subscription's next period. In a pause its invoice is
// voided, else paid; a pause whose day has come is over.
func (f *stripe) roll(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.subs[id]
	s.PeriodStart, s.PeriodEnd = s.PeriodEnd, s.PeriodEnd.AddDate(0, 1, 0)
	if s.IsPaused && !s.PausedUntil.IsZero() && !f.now().Before(s.PausedUntil) {
		s.IsPaused, s.PausedUntil, s.PauseBehavior = false, time.Time{}, ""
	}
	status := billing.InvoicePaid
	if s.IsPaused {
		status = map[string]string{billing.PauseDraft: "draft", billing.PauseUncollectible: billing.InvoiceUncollectible}[s.PauseBehavior]
		if status == "" {
			status = "void"
		}
	}
	inv := f.bill(s, status)
	inv.PeriodStart, inv.PeriodEnd = s.PeriodStart, s.PeriodEnd
	if status == "void" {
		inv.Remaining = 0
	}
	f.invoices[inv.ID] = inv
	s.Latest, s.LatestStatus = inv.ID, status
	f.subs[id] = s
	f.happened("customer.subscription.updated", "subscription", id, s.Customer)
}

// set moves the bench's clock to a time.
func (b *bench) at(t time.Time) { b.paper.add(t.Sub(b.paper.Now())) }
