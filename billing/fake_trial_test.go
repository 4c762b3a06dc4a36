package billing_test

import (
	"time"

	"broadsheet/billing"
)

// try completes a session as a trial of the days that it was opened with, or of
// none: whoever asks for less than was promised finds out.
func (f *stripe) try(session string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, asked := f.sessions[session], f.asked[session]
	sub := f.newSub(s.Customer, asked.LookupKey, billing.Trialing)
	sub.TrialEnd = sub.Started.AddDate(0, 0, asked.Trial.Days)
	sub.PeriodEnd, sub.Anchor = sub.TrialEnd, sub.TrialEnd
	if asked.Trial.NoCard {
		sub.TrialThen = billing.TrialThenCancel
	}
	f.subs[sub.ID] = sub
	s.Status, s.URL, s.Subscription = billing.SessionComplete, "", sub.ID
	f.sessions[session] = s
	f.happened("customer.subscription.created", "subscription", sub.ID, s.Customer)
	return sub.ID
}

// convert ends a trial: into a paid period, a failed payment, or nothing.
func (f *stripe) convert(id, into string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.subs[id]
	switch into {
	case "paid", "open":
		s.Status = map[string]billing.Status{"paid": billing.Active, "open": billing.PastDue}[into]
		s.PeriodStart, s.PeriodEnd = s.PeriodEnd, s.PeriodEnd.AddDate(0, 1, 0)
		inv := f.bill(s, into)
		inv.Reason, inv.PeriodStart, inv.PeriodEnd = "subscription_cycle", s.PeriodStart, s.PeriodEnd
		if into == "open" {
			inv.NextAttempt = inv.Created.Add(72 * time.Hour)
			s.Decline = "generic_decline"
		}
		f.invoices[inv.ID] = inv
		s.Latest, s.LatestStatus = inv.ID, inv.Status
	case "nothing":
		s.Status, s.EndedAt, s.CanceledAt = billing.Canceled, s.TrialEnd, s.TrialEnd
	}
	f.subs[id] = s
	f.happened("customer.subscription.updated", "subscription", id, s.Customer)
}
