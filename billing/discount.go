package billing

import (
	"strconv"
	"strings"
	"time"
)

// The durations of a discount, in Stripe's words.
// https://docs.stripe.com/api/coupons/object#coupon_object-duration
const (
	DiscountOnce      = "once"
	DiscountRepeating = "repeating"
	DiscountForever   = "forever"
)

// DiscountLine is what the line of an invoice is called that takes something
// off.
const DiscountLine = "Discount"

// Hundred is all of it: percentages are kept in hundredths of one.
const Hundred = 100_00

// Of is what the discount takes off a sum, as Stripe rounds: half a minor unit
// up, and never more than the sum. An amount in another currency takes nothing.
func (d Discount) Of(m Money) Money {
	off := int64(0)
	switch {
	case d.Percent > 0:
		off = (m.Amount*d.Percent + Hundred/2) / Hundred
	case d.Off.Currency == m.Currency:
		off = d.Off.Amount
	}
	return Money{min(off, m.Amount), m.Currency}
}

// Share is the discount in figures: "50 %", "12.5 %"; "" for an amount.
func (d Discount) Share() string {
	if d.Percent == 0 {
		return ""
	}
	text := strconv.FormatInt(d.Percent/100, 10)
	if rest := d.Percent % 100; rest != 0 {
		text += "." + strings.TrimRight(strconv.FormatInt(100+rest, 10)[1:], "0")
	}
	return text + " %"
}

// RunsAt reports whether the discount is taken off an invoice of that time. One
// for a single invoice is gone from the subscription once that was made, so the
// one that is still there belongs to the next.
func (d Discount) RunsAt(at time.Time) bool {
	return !d.IsZero() && (d.Until.IsZero() || at.Before(d.Until))
}

// SumAt is what the subscription costs at a renewal of that time: at the price
// of the plan that waits for it, if one does.
func (s Subscription) SumAt(at time.Time) Money {
	sum, plan := s.Money, s.Plan
	if c := s.Coming; !c.IsZero() && !c.Held() {
		sum, plan = c.Money, c.Plan
	}
	if s.Discount.RunsAt(at) && s.Discount.For(plan) {
		sum.Amount -= s.Discount.Of(sum).Amount
	}
	return sum
}

// NextSum is what the next payment will really be.
func (s Subscription) NextSum() Money { return s.SumAt(firstTime(s.NextPayment(), s.PeriodEnd)) }
