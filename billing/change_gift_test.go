package billing_test

import (
	"errors"
	"strings"
	"testing"

	"broadsheet/billing"
)

// In a trial a change begins at once and is free. A gift makes a trial of what
// is paid for, and must not make a present of the dearer plan.
func TestAGiftIsNoTrialToChangePlansIn(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		reads(t, b, "digital_monthly")
		before := b.preview(t, "print_monthly", false)
		_, code := b.given(t, "gift_digital_12")
		b.redeem(t, code)
		if sub := b.mine(t); sub.Status != billing.Trialing {
			t.Fatalf("the gift moved nothing: %+v", sub)
		}
		_, err := b.PreviewChange(t.Context(), previews, b.reader, billing.Choice{LookupKey: "print_monthly"})
		_, late := b.CarryOut(t.Context(), previews, b.reader, before.Token, door)
		for what, err := range map[string]error{"a preview": err, "one from before the gift": late} {
			if refused, ok := errors.AsType[*billing.Refused](err); !ok || refused.Why != billing.RefusedGift {
				t.Errorf("%s: %v", what, err)
			}
		}
		if sub := b.mine(t); sub.Plan != "digital" {
			t.Errorf("a year of %s for a gift of digital", sub.Plan)
		}
	})
}

// A schedule changes the price on its own day, wherever the next payment is
// moved meanwhile. So the payment moves when the change has been made.
func TestAGiftWaitsForAChangeThatWaits(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := reads(t, b, "print_monthly")
		b.carry(t, b.preview(t, "digital_monthly", false).Token)
		g, code := b.given(t, "gift_print_6")
		b.redeem(t, code)
		if n := len(b.stripe.gifts.pushes); n != 0 {
			t.Fatalf("the payment moved %d times under a schedule", n)
		}
		b.edit(id, func(s *billing.Subscription) {
			s.Coming, s.PeriodStart, s.PeriodEnd = billing.Coming{}, s.PeriodEnd, s.PeriodEnd.AddDate(0, 1, 0)
		})
		b.sync(t)
		for _, e := range b.effects.take() {
			if strings.HasPrefix(e, "gift.push:"+g.ID) {
				if err := b.PushGift(t.Context(), g.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := len(b.stripe.gifts.pushes); n != 1 {
			t.Errorf("after the change the payment moved %d times", n)
		}
	})
}
