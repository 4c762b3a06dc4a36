package stripepay_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
)

// In each of the ways that Stripe's own desk can pause, nothing is charged, what
// was paid for is given to its end, and both go on after the day. Only invoices
// that are voided stop the benefits: those that are kept will be collected, and
// those that are written off are a gift.
func TestBehaviour33PauseInThreeWays(t *testing.T) {
	for behavior, want := range map[string]struct {
		invoice string
		has     []billing.Benefit
	}{
		billing.PauseVoid:          {"void", nil},
		billing.PauseDraft:         {"draft", []billing.Benefit{billing.Unlimited}},
		billing.PauseUncollectible: {"uncollectible", []billing.Benefit{billing.Unlimited}},
	} {
		t.Run(behavior, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				before := b.buys("digital_monthly", visa)
				until := before.PeriodEnd.Add(10 * day)
				paused := b.edit(&stripe.SubscriptionParams{PauseCollection: &stripe.SubscriptionPauseCollectionParams{
					Behavior: &behavior, ResumesAt: stripe.Int64(until.Unix())}})
				if !paused.IsPaused || !paused.PausedUntil.Equal(until) {
					t.Errorf("paused: %+v", paused)
				}
				to := func(at time.Time) { t.Helper(); b.must(b.standin.Advance(t.Context(), at)) }
				to(before.PeriodEnd.Add(-time.Minute))
				b.has(billing.Unlimited)
				to(before.PeriodEnd.Add(2 * time.Hour))
				b.has(want.has...)
				if b.takings() != 700 || b.told("attempt") != 0 {
					t.Errorf("in the pause %d was taken, effects %v", b.takings(), b.kinds())
				}
				list := b.desk().Invoices.List(&stripe.InvoiceListParams{Subscription: &before.ID})
				if !list.Next() || string(list.Invoice().Status) != want.invoice {
					t.Errorf("the invoice of the pause is %s, want %s", list.Invoice().Status, want.invoice)
				}
				inv := list.Invoice()
				b.faults(muted) // its day comes without a word
				to(until)
				b.has(billing.Unlimited)
				b.faults(url.Values{"clear": {"1"}})
				to(before.PeriodEnd.AddDate(0, 1, 1))
				b.has(billing.Unlimited)
				if got := b.sub(); got.IsPaused || got.Status != billing.Active || b.takings() != 1400 {
					t.Errorf("after the pause: %+v, %d was taken", got, b.takings())
				}
				after, err := b.desk().Invoices.Get(inv.ID, nil)
				b.must(err)
				if after.Status != inv.Status || after.AmountPaid != 0 {
					t.Errorf("the invoice of the pause became %s, %d paid", after.Status, after.AmountPaid)
				}
				b.noDrift()
			})
		})
	}
}
