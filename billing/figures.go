package billing

import "time"

// Runs reports whether the subscription is paid for at that time, or is behind
// with a payment that Stripe still tries: neither a trial nor a pause.
func (s Subscription) Runs(now time.Time) bool {
	return s.Plan != "" && (s.Status == Active || s.Status == PastDue) && !s.stoppedAt(now)
}

// Rests reports whether a pause keeps a subscription from running that would.
func (s Subscription) Rests(now time.Time) bool {
	return s.Plan != "" && (s.Status == Active || s.Status == PastDue) && s.stoppedAt(now)
}

// YearlySum is what a year of it costs at today's price, less a discount that
// goes on. What is taken off a single invoice changes no year.
func (s Subscription) YearlySum(now time.Time) Money {
	sum := s.Money
	if s.Discount.RunsAt(now) && s.Discount.Duration != DiscountOnce {
		sum.Amount -= s.Discount.Of(sum).Amount
	}
	if s.Interval == Monthly {
		sum.Amount *= 12
	}
	return sum
}
