package stripepay_test

import (
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
)

// Whatever Stripe is to do with the invoices of a pause, nothing is charged and
// nothing is given until its day, and then both begin again.
func TestBehaviour33PauseInThreeWays(t *testing.T) {
	for behavior, left := range map[string]string{"void": "void", "keep_as_draft": "draft", "mark_uncollectible": "uncollectible"} {
		t.Run(behavior, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				ctx := t.Context()
				before := b.subscribed("digital_monthly", visa)
				until := before.PeriodEnd.Add(10 * day)
				paused := b.edit(&stripe.SubscriptionParams{PauseCollection: &stripe.SubscriptionPauseCollectionParams{
					Behavior: &behavior, ResumesAt: stripe.Int64(until.Unix())}})
				if !paused.IsPaused || !paused.PausedUntil.Equal(until) || b.stands().State != billing.StandsPaused {
					t.Errorf("paused: %+v", paused)
				}
				b.has()
				b.must(b.standin.Advance(ctx, before.PeriodEnd.Add(2*time.Hour)))
				b.has()
				if b.takings() != 700 || b.told("attempt") != 0 {
					t.Errorf("in the pause %d was taken, effects %v", b.takings(), b.kinds())
				}
				list := b.desk().Invoices.List(&stripe.InvoiceListParams{Subscription: &before.ID})
				if !list.Next() || string(list.Invoice().Status) != left {
					t.Errorf("the invoice of the pause is %s, want %s", list.Invoice().Status, left)
				}
				inv := list.Invoice()
				b.faults(muted) // its day comes without a word
				b.must(b.standin.Advance(ctx, until))
				b.has(billing.Unlimited)
				b.faults(map[string][]string{"clear": {"1"}})
				b.must(b.standin.Advance(ctx, before.PeriodEnd.AddDate(0, 1, 1)))
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
