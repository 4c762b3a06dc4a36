package standin_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stripe/stripe-go/v76"
	"pgregory.net/rapid"
)

// Whatever a subscription goes through, what was previewed is what is billed,
// to the line; and what its invoices come to is what was charged, less what
// the customer still has in credit.
func TestPreviewsHoldInAnyLife(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var prices []string
	for _, p := range []struct {
		amount int64
		every  string
	}{{700, "month"}, {1299, "month"}, {2150, "month"}, {7777, "year"}, {19900, "year"}} {
		prices = append(prices, b.price(p.amount, p.every).ID)
	}
	rapid.Check(t, func(rt *rapid.T) {
		cus, first := b.withMethod("pm_card_visa"), rapid.SampledFrom(prices).Draw(rt, "first")
		sub, err := b.stripe.Subscriptions.New(&stripe.SubscriptionParams{Customer: &cus.ID, Items: []*stripe.SubscriptionItemsParams{{Price: &first}}})
		b.must(err)
		for range rapid.IntRange(1, 2).Draw(rt, "changes") {
			b.advance(time.Duration(rapid.IntRange(1, 40*86400).Draw(rt, "seconds later")) * time.Second)
			sub = b.getSub(sub.ID)
			to := rapid.SampledFrom(prices).Draw(rt, "price")
			how := rapid.SampledFrom([]string{"create_prorations", "always_invoice", "none"}).Draw(rt, "prorations")
			at := b.clock.Now().Unix()
			seen := b.preview(sub, to, how, at)
			p := swap(sub, to, how, "")
			p.ProrationDate = &at
			_, err := b.stripe.Subscriptions.Update(sub.ID, p)
			b.must(err)
			now := b.getSub(sub.ID)
			if now.LatestInvoice.ID == sub.LatestInvoice.ID { // it waits for the renewal
				b.advanceTo(time.Unix(now.CurrentPeriodEnd, 0).Add(time.Hour))
				now = b.getSub(sub.ID)
			}
			// A cycle that begins now may begin some seconds later than its preview.
			near := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Start" || p.Last().String() == ".End" },
				cmp.Comparer(func(x, y int64) bool { return x-y <= 60 && y-x <= 60 }))
			if diff := cmp.Diff(linesOf(seen), linesOf(now.LatestInvoice), near); diff != "" || seen.AmountDue != now.LatestInvoice.AmountPaid {
				rt.Fatalf("%s: previewed %d, paid %d: %s", how, seen.AmountDue, now.LatestInvoice.AmountPaid, diff)
			}
			sub = now
		}
		var billed, charged int64
		for _, inv := range collect(b.stripe.Invoices.List(&stripe.InvoiceListParams{Customer: &sub.Customer.ID, Status: stripe.String("paid")}).Iter) {
			billed += inv.(*stripe.Invoice).Total
		}
		for _, ch := range collect(b.stripe.Charges.List(&stripe.ChargeListParams{Customer: &sub.Customer.ID}).Iter) {
			charged += ch.(*stripe.Charge).Amount
		}
		if billed != charged+sub.Customer.Balance {
			rt.Fatalf("billed %d, charged %d, credit %d", billed, charged, sub.Customer.Balance)
		}
		_, err = b.stripe.Subscriptions.Cancel(sub.ID, &stripe.SubscriptionCancelParams{})
		b.must(err)
	})
}
