package stripepay_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// desk is a client of its own, for what a person does at Stripe.
func (b *bench) desk() *client.API {
	conf := &stripe.BackendConfig{URL: stripe.String(b.api), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}}
	return client.New(testKey, &stripe.Backends{API: stripe.GetBackendWithConfig(stripe.APIBackend, conf)})
}

// subscribed is a bench whose reader has just paid.
func (b *bench) subscribed(price string) billing.Subscription {
	b.t.Helper()
	address := b.buy(price)
	b.pay(address, "4242424242424242")
	b.finish(address)
	return b.sub()
}

// charged sums up what the reader has paid, by invoices.
func (b *bench) charged() (sum int64, statuses []string) {
	b.t.Helper()
	list, err := b.db.InvoicesOf(b.t.Context(), b.reader, "", 50)
	b.must(err)
	for _, inv := range list {
		sum += inv.Paid
		statuses = append([]string{inv.Status}, statuses...)
	}
	return sum, statuses
}

func TestPauseOfTwoMonths(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		sub := b.subscribed("digital_monthly")
		end := sub.PeriodEnd
		b.advance(5 * 24 * time.Hour)
		b.must(b.Pause(t.Context(), b.reader, 2))
		paused := b.sub()
		if !paused.IsPaused || paused.PauseBehavior != billing.PauseVoid || !paused.PausedFrom.Equal(end) || !paused.PausedUntil.Equal(end.AddDate(0, 2, 0).Add(-time.Hour)) {
			t.Fatalf("%+v", paused)
		}
		b.has(billing.Unlimited)
		to := func(at time.Time) { t.Helper(); b.must(b.standin.Advance(t.Context(), at)) }
		to(end.Add(-time.Second))
		b.has(billing.Unlimited)
		to(end.Add(3 * time.Hour))
		b.has()
		to(end.AddDate(0, 1, 0).Add(3 * time.Hour))
		b.has()
		if sum, got := b.charged(); sum != 700 || len(got) != 3 || got[1] != "void" || got[2] != "void" {
			t.Errorf("in the pause: %d, %v", sum, got)
		}
		to(end.AddDate(0, 2, 0).Add(-time.Hour))
		b.has(billing.Unlimited)
		to(end.AddDate(0, 2, 0).Add(3 * time.Hour))
		b.has(billing.Unlimited)
		if sum, got := b.charged(); sum != 1400 || len(got) != 4 || b.sub().IsPaused {
			t.Errorf("after it: %d, %v", sum, got)
		}
		if b.told("paused") != 1 || b.told("receipt") != 2 || b.told("attempt") != 0 {
			t.Errorf("told %v", b.kinds())
		}
		b.noDrift()
	})
}

func TestPauseEndedEarly(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		sub := b.subscribed("digital_monthly")
		b.must(b.Pause(ctx, b.reader, 1))
		b.must(b.Unpause(ctx, b.reader))
		if now := b.sub(); now.IsPaused || !now.PeriodEnd.Equal(sub.PeriodEnd) {
			t.Errorf("one that had not begun: %+v", now)
		}
		b.must(b.Pause(ctx, b.reader, 3))
		b.must(b.standin.Advance(ctx, sub.PeriodEnd.AddDate(0, 0, 9)))
		b.has()
		portal, err := b.Portal(ctx, b.reader)
		b.must(err)
		b.card(portal, failsLater)
		err = b.Unpause(ctx, b.reader)
		if _, declined := errors.AsType[*billing.Declined](err); !declined || !b.sub().IsPaused {
			t.Errorf("with a card that fails: %v, %+v", err, b.sub())
		}
		b.has()
		b.card(portal, works)
		b.faults(map[string][]string{"fail_after": {"1"}, "fail_path": {"POST /v1/subscriptions"}}) // it took effect, and nobody heard
		b.must(b.Unpause(ctx, b.reader))
		now := b.sub()
		if now.IsPaused || now.PeriodStart.Sub(b.paper.Now()).Abs() > time.Minute || !now.PeriodEnd.Equal(now.PeriodStart.AddDate(0, 1, 0)) {
			t.Errorf("%+v", now)
		}
		if sum, got := b.charged(); sum != 1400 {
			t.Errorf("%d, %v", sum, got)
		}
		b.has(billing.Unlimited)
		b.quiet()
		b.noDrift()
	})
}

func TestPauseWhereNoneIsTaken(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.buy("digital_monthly")
		if err := b.Pause(ctx, b.reader, 1); !fault.Is(err, fault.Conflict) {
			t.Errorf("with nothing but an open checkout: %v", err)
		}
		sub := b.subscribed("digital_monthly")
		b.must(b.Cancel(ctx, b.reader, billing.Parting{}))
		if err := b.Pause(ctx, b.reader, 1); !fault.Is(err, fault.Conflict) {
			t.Errorf("cancelled: %v", err)
		}
		b.must(b.Resume(ctx, b.reader))
		portal, err := b.Portal(ctx, b.reader)
		b.must(err)
		b.card(portal, failsLater)
		b.must(b.standin.Advance(ctx, sub.PeriodEnd.Add(2*time.Hour)))
		if err := b.Pause(ctx, b.reader, 1); !fault.Is(err, fault.Conflict) || b.sub().IsPaused {
			t.Errorf("past due: %v", err)
		}
	})
}
