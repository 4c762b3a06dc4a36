package standin_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stripe/stripe-go/v76"
)

// Discounts, in figures of Stripe's own. Its prorations are in change_test.go,
// its rounding in rules_test.go.
func TestDiscountsAsStripeReckons(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cus := b.customer()
	pm, err := b.stripe.PaymentMethods.Attach("pm_card_visa", &stripe.PaymentMethodAttachParams{Customer: &cus.ID})
	b.must(err)
	_, err = b.stripe.Customers.Update(cus.ID, &stripe.CustomerParams{InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: &pm.ID}})
	b.must(err)
	amount := func(off int64) *stripe.CouponParams {
		return &stripe.CouponParams{AmountOff: &off, Currency: stripe.String("usd"), Duration: stripe.String("forever")}
	}
	percent := func(off float64, months int64) *stripe.CouponParams {
		p := &stripe.CouponParams{PercentOff: &off, Duration: stripe.String("forever")}
		if months > 0 {
			p.Duration, p.DurationInMonths = stripe.String("repeating"), &months
		}
		return p
	}
	const object, guide = "https://docs.stripe.com/api/coupons", "https://docs.stripe.com/billing/subscriptions/coupons"
	for _, tt := range []struct {
		source string
		price  int64
		every  string
		coupon *stripe.CouponParams
		bills  []int64 // the first and those that follow
	}{
		{object, 100_00, "month", amount(200_00), []int64{0, 0}},
		{object, 300_00, "month", amount(200_00), []int64{100_00, 100_00}},
		{object, 100_00, "month", percent(50, 0), []int64{50_00, 50_00}},
		{guide, 100_00, "year", percent(50, 4), []int64{50_00, 100_00}},
		{guide, 100_00, "month", percent(50, 4), []int64{50_00, 50_00, 50_00, 50_00, 100_00}},
	} {
		coupon, err := b.stripe.Coupons.New(tt.coupon)
		b.must(err)
		price := b.price(tt.price, tt.every).ID
		sub, err := b.stripe.Subscriptions.New(&stripe.SubscriptionParams{Customer: &cus.ID, Coupon: &coupon.ID, Items: []*stripe.SubscriptionItemsParams{{Price: &price}}})
		b.must(err)
		for range tt.bills[1:] {
			b.advanceTo(time.Unix(b.getSub(sub.ID).CurrentPeriodEnd, 0).Add(time.Hour))
		}
		var got []int64
		for _, inv := range collect(b.stripe.Invoices.List(&stripe.InvoiceListParams{Subscription: &sub.ID}).Iter) {
			got = append([]int64{inv.(*stripe.Invoice).Total}, got...)
		}
		if diff := cmp.Diff(tt.bills, got); diff != "" {
			t.Errorf("%s: %d a %s: %s", tt.source, tt.price, tt.every, diff)
		}
		_, err = b.stripe.Subscriptions.Cancel(sub.ID, nil)
		b.must(err)
	}
}
