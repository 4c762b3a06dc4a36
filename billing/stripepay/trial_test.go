package stripepay_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
)

const trialSheet = `
currency: eur
benefits: [{key: unlimited, name: Every story}]
plans:
  - {key: digital, name: Digital, benefits: [unlimited],
     prices: [{lookup_key: digital_monthly, interval: month, amount: 700, trial_days: 14},
              {lookup_key: digital_yearly, interval: year, amount: 7000, trial_days: 30, trial_card: optional}]}
`

// tries is a bench whose reader has just begun a trial with that card, "" for
// none.
func (b *bench) tries(price, card string) billing.Subscription {
	b.t.Helper()
	b.must(b.db.SaveCatalogue(b.t.Context(), b.catalogue(trialSheet)))
	b.push(trialSheet)
	o := b.order(price)
	o.Verified = true
	address, err := b.Checkout(b.t.Context(), o)
	b.must(err)
	form := url.Values{"action": {"pay"}, "name": {"Ada Byron"}, "email": {"ada@example.org"}}
	if card != "" {
		form.Set("number", card)
		form.Set("exp", "12/40")
		form.Set("cvc", "123")
	}
	res, err := b.web.PostForm(address, form)
	b.must(err)
	res.Body.Close()
	if out := b.finish(address); out.State != billing.OutcomeActive {
		b.t.Fatalf("the trial did not begin: %+v", out)
	}
	sub := b.sub()
	if sub.Status != billing.Trialing || !sub.PeriodEnd.Equal(sub.TrialEnd) {
		b.t.Fatalf("%+v", sub)
	}
	return sub
}

func TestTrialWithACard(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		sub := b.tries("digital_monthly", works)
		if days := sub.TrialEnd.Sub(sub.Started); days != 14*24*time.Hour {
			t.Errorf("%s are free", days)
		}
		b.must(b.standin.Advance(t.Context(), sub.TrialEnd.Add(-4*24*time.Hour)))
		if b.told("trial") != 0 {
			t.Errorf("too early: %v", b.kinds())
		}
		b.must(b.standin.Advance(t.Context(), sub.TrialEnd.Add(-3*24*time.Hour)))
		if b.told("trial") != 1 {
			t.Errorf("three days before: %v", b.kinds())
		}
		b.must(b.Remind(t.Context()))
		b.must(b.standin.Advance(t.Context(), sub.TrialEnd.Add(2*time.Hour)))
		if sum, got := b.charged(); sum != 700 || len(got) != 2 {
			t.Errorf("%d, %v", sum, got)
		}
		if b.told("trial") != 1 || b.told("receipt") != 1 || b.told("trialover") != 0 || b.sub().Status != billing.Active {
			t.Errorf("%v", b.kinds())
		}
		b.has(billing.Unlimited)
		b.noDrift()
	})
}

// The card attaches, and then every charge of it fails.
func TestTrialThatCannotBePaid(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		sub := b.tries("digital_monthly", failsLater)
		b.must(b.standin.Advance(ctx, sub.TrialEnd.Add(2*time.Hour)))
		now := b.sub()
		st := billing.Access(now, b.paper.Now())
		if now.Status != billing.PastDue || st.State != billing.StandsGrace || !st.Grants || b.told("attempt") != 1 || b.told("receipt") != 0 {
			t.Fatalf("%+v, %+v, %v", now, st, b.kinds())
		}
		b.has(billing.Unlimited)
		portal, err := b.Portal(ctx, b.reader)
		b.must(err)
		b.card(portal, works)
		b.must(b.PayOpen(ctx, now.Customer, now.Latest))
		b.quiet()
		if sum, _ := b.charged(); sum != 700 || b.sub().Status != billing.Active || b.told("recovered") != 1 {
			t.Errorf("%d, %+v, %v", sum, b.sub(), b.kinds())
		}
		b.noDrift()
	})
}

func TestTrialWithoutACard(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		sub := b.tries("digital_yearly", "")
		if sub.TrialThen != billing.TrialThenCancel {
			t.Errorf("it ends in %q", sub.TrialThen)
		}
		b.must(b.standin.Advance(ctx, sub.TrialEnd.Add(2*time.Hour)))
		b.has()
		if sum, _ := b.charged(); sum != 0 || b.sub().Status != billing.Canceled || b.told("trial") != 1 || b.told("trialover") != 1 || b.told("attempt") != 0 {
			t.Errorf("%d, %+v, %v", sum, b.sub(), b.kinds())
		}
		b.noDrift()
		// Subscribing again is paid at once.
		again := b.buy("digital_yearly")
		b.pay(again, works)
		b.finish(again)
		if now := b.sub(); now.Status != billing.Active {
			t.Errorf("a second trial: %+v", now)
		}
		if sum, _ := b.charged(); sum != 7000 {
			t.Errorf("%d was paid", sum)
		}
	})
}

func TestACardGivenInATrial(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		sub := b.tries("digital_yearly", "")
		portal, err := b.Portal(t.Context(), b.reader)
		b.must(err)
		b.card(portal, works)
		b.must(b.standin.Advance(t.Context(), sub.TrialEnd.Add(2*time.Hour)))
		if sum, _ := b.charged(); sum != 7000 || b.sub().Status != billing.Active || b.told("trialover") != 0 {
			t.Errorf("%d, %+v, %v", sum, b.sub(), b.kinds())
		}
		b.has(billing.Unlimited)
	})
}

func TestTrialCancelled(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		sub := b.tries("digital_monthly", works)
		b.must(b.Cancel(t.Context(), b.reader, billing.Parting{}))
		if now := b.sub(); !now.CancelAt.Equal(sub.TrialEnd) {
			t.Errorf("it ends on %s", now.CancelAt)
		}
		b.must(b.standin.Advance(t.Context(), sub.TrialEnd.Add(-time.Second)))
		b.has(billing.Unlimited)
		b.must(b.standin.Advance(t.Context(), sub.TrialEnd.Add(2*time.Hour)))
		b.has()
		if sum, _ := b.charged(); sum != 0 || b.told("trial")+b.told("trialover")+b.told("receipt") != 0 {
			t.Errorf("%d, %v", sum, b.kinds())
		}
	})
}

// What Stripe's own desk does to a trial is followed.
func TestTrialMovedAtTheDesk(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		sub := b.tries("digital_monthly", works)
		later := sub.TrialEnd.AddDate(0, 0, 10)
		_, err := b.desk().Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{
			TrialEnd: stripe.Int64(later.Unix()), ProrationBehavior: stripe.String("none"),
		})
		b.must(err)
		b.quiet()
		if now := b.sub(); !now.TrialEnd.Equal(later) {
			t.Errorf("extended to %s, want %s", now.TrialEnd, later)
		}
		b.must(b.standin.Advance(t.Context(), later.Add(-24*time.Hour)))
		if sum, _ := b.charged(); sum != 0 || b.told("trial") != 1 {
			t.Errorf("%d, %v", sum, b.kinds())
		}
		_, err = b.desk().Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{TrialEndNow: stripe.Bool(true)})
		b.must(err)
		b.advance(2 * time.Hour)
		if sum, _ := b.charged(); sum != 700 || b.sub().Status != billing.Active || b.told("receipt") != 1 {
			t.Errorf("ended early: %d, %+v, %v", sum, b.sub(), b.kinds())
		}
		b.has(billing.Unlimited)
		b.noDrift()
	})
}
