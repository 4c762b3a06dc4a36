package standin_test

import (
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// held is a subscription whose update waits for a payment that was declined.
func (b *bench) held(dear string) (sub, held *stripe.Subscription) {
	b.t.Helper()
	sub = b.subscribed(b.price(1000, "month").ID, "4242424242424242")
	b.withCard(sub, "4000000000000341")
	b.advance(time.Hour)
	held, err := b.stripe.Subscriptions.Update(sub.ID, swap(sub, dear, "always_invoice", "pending_if_incomplete"))
	b.must(err)
	b.heard()
	return sub, held
}

// Voiding its invoice, or ending the subscription, gives a pending update up.
// https://docs.stripe.com/billing/subscriptions/pending-updates
func TestPendingUpdateGivenUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dear := b.price(2000, "month").ID
	sub, held := b.held(dear)
	_, err := b.stripe.Invoices.VoidInvoice(held.LatestInvoice.ID, &stripe.InvoiceVoidInvoiceParams{})
	b.must(err)
	b.in(b.heard(), "invoice.voided", "customer.subscription.updated", "customer.subscription.pending_update_expired")
	if now := b.getSub(sub.ID); now.PendingUpdate != nil || now.Items.Data[0].Price.UnitAmount != 1000 || now.Status != "active" {
		t.Errorf("after the invoice was voided: %+v", now.PendingUpdate)
	}
	sub, held = b.held(dear)
	_, err = b.stripe.Subscriptions.Cancel(sub.ID, &stripe.SubscriptionCancelParams{})
	b.must(err)
	inv, err := b.stripe.Invoices.Get(held.LatestInvoice.ID, &stripe.InvoiceParams{})
	b.must(err)
	if now := b.getSub(sub.ID); now.PendingUpdate != nil || inv.Status != "void" {
		t.Errorf("an ended subscription's update waits for an invoice that is %s", inv.Status)
	}
}

// A cancellation at the period's end moves with the period.
func TestCancelAtPeriodEndMovesWithTheCycle(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	yearly := b.price(10000, "year").ID
	sub := b.subscribed(b.price(1000, "month").ID, "4242424242424242")
	_, err := b.stripe.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{CancelAtPeriodEnd: stripe.Bool(true)})
	b.must(err)
	b.advance(day)
	_, err = b.stripe.Subscriptions.Update(sub.ID, swap(sub, yearly, "always_invoice", "pending_if_incomplete"))
	b.must(err)
	if now := b.getSub(sub.ID); now.CancelAt != now.CurrentPeriodEnd || now.CurrentPeriodEnd <= sub.CurrentPeriodEnd {
		t.Errorf("it ends at %d, its period at %d", now.CancelAt, now.CurrentPeriodEnd)
	}
}

// A schedule's phases say the discount: the coupon that runs already runs on,
// and a phase without one ends it.
// https://docs.stripe.com/api/subscription_schedules/object#subscription_schedule_object-phases-coupon
func TestDiscountsOfPhases(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	coupon, err := b.stripe.Coupons.New(&stripe.CouponParams{PercentOff: stripe.Float64(50), Duration: stripe.String("repeating"), DurationInMonths: stripe.Int64(12)})
	b.must(err)
	for keeps, want := range map[bool]int64{true: 500, false: 1000} {
		s := b.session(b.price(2000, "month").ID, func(p *stripe.CheckoutSessionParams) {
			p.Discounts = []*stripe.CheckoutSessionDiscountParams{{Coupon: &coupon.ID}}
		})
		b.pay(s, "4242424242424242")
		sub := b.getSub(b.getSession(s.ID).Subscription.ID)
		made, err := b.stripe.SubscriptionSchedules.New(&stripe.SubscriptionScheduleParams{FromSubscription: &sub.ID})
		b.must(err)
		first := made.Phases[0]
		if first.Coupon == nil || first.Coupon.ID != coupon.ID {
			t.Fatalf("the present phase has the coupon %+v", first.Coupon)
		}
		then := &stripe.SubscriptionSchedulePhaseParams{Iterations: stripe.Int64(1),
			Items: []*stripe.SubscriptionSchedulePhaseItemParams{{Price: stripe.String(b.price(1000, "month").ID)}}}
		if keeps {
			then.Coupon = &coupon.ID
		}
		_, err = b.stripe.SubscriptionSchedules.Update(made.ID, &stripe.SubscriptionScheduleParams{Phases: []*stripe.SubscriptionSchedulePhaseParams{
			{StartDate: &first.StartDate, EndDate: &first.EndDate, Coupon: &coupon.ID, Items: []*stripe.SubscriptionSchedulePhaseItemParams{{Price: &first.Items[0].Price.ID}}}, then,
		}})
		b.must(err)
		b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0).Add(time.Hour))
		now := b.getSub(sub.ID)
		if now.LatestInvoice.AmountPaid != want {
			t.Errorf("keeps %t: %d was paid, want %d", keeps, now.LatestInvoice.AmountPaid, want)
		}
		if keeps && (now.Discount == nil || now.Discount.Start != sub.Discount.Start || now.Discount.End != sub.Discount.End) {
			t.Error("the discount began anew")
		}
	}
}
