package standin_test

import (
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// https://docs.stripe.com/testing#refunds: two cards whose refunds are settled
// later.
func TestRefundsThatSettleLater(t *testing.T) {
	t.Parallel()
	for card, want := range map[string]struct{ first, then stripe.RefundStatus }{
		"4000000000007726": {stripe.RefundStatusPending, stripe.RefundStatusSucceeded},
		"4000000000005126": {stripe.RefundStatusSucceeded, stripe.RefundStatusFailed},
	} {
		b := newBench(t)
		sub := b.subscribed(b.price(1200, "month").ID, card)
		charge := sub.LatestInvoice.PaymentIntent.LatestCharge.ID
		made, err := b.stripe.Refunds.New(&stripe.RefundParams{Charge: &charge, Amount: stripe.Int64(500)})
		b.must(err)
		b.heard()
		if made.Status != want.first {
			t.Errorf("%s: at first %s", card, made.Status)
		}
		b.advance(25 * time.Hour)
		b.in(b.heard(), "charge.refund.updated")
		now, err := b.stripe.Refunds.Get(made.ID, &stripe.RefundParams{})
		b.must(err)
		paid, err := b.stripe.Charges.Get(charge, &stripe.ChargeParams{})
		b.must(err)
		failed := want.then == stripe.RefundStatusFailed
		if now.Status != want.then || (now.FailureReason != "") != failed || (paid.AmountRefunded == 0) != failed || (b.ledger() == 1200) != failed {
			t.Errorf("%s: then %s (%s), %d refunded, the ledger at %d", card, now.Status, now.FailureReason, paid.AmountRefunded, b.ledger())
		}
	}
}
