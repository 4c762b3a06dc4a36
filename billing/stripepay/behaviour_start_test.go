package stripepay_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
)

const confirms = "4000002500003155" // wants its holder to confirm

func TestBehaviour16ReactivationAfterCancel(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		first := b.buys("digital_monthly", visa)
		b.must(b.Cancel(ctx, b.reader, billing.Parting{}))
		b.advance(32 * day)
		b.has()
		if got := b.sub(); got.Status != billing.Canceled {
			t.Fatalf("after the period: %+v", got)
		}
		again := b.buys("digital_yearly", visa)
		b.has(billing.Unlimited)
		if again.ID == first.ID || again.Customer != first.Customer || again.Interval != billing.Yearly {
			t.Errorf("back again: %+v", again)
		}
		if got := b.stands(); got.State != billing.StandsActive || !got.EndsAt.IsZero() {
			t.Errorf("it stands %+v", got)
		}
		if then, err := b.HoldingsAt(ctx, b.reader, again.Started.Add(-time.Minute)); err != nil || len(then) != 0 {
			t.Errorf("the time between was given too: %v %v", then, err)
		}
		b.noDrift()
	})
}

func TestBehaviour17IncompleteIsNotActive(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		address := b.buy("digital_monthly")
		b.pay(address, failsLater) // attaches, and then every charge fails
		if out := b.finish(address); out.State == billing.OutcomeActive {
			t.Fatalf("%+v", out)
		}
		b.quiet()
		if got := b.sub(); got.Status != billing.Incomplete || !got.PeriodEnd.After(b.paper.Now()) {
			t.Fatalf("not incomplete with a period ahead: %+v", got)
		}
		b.has()
		if got := b.stands(); got.State != billing.StandsWaiting || !got.Live {
			t.Errorf("it stands %+v", got)
		}
		if len(b.kinds()) > 0 {
			t.Errorf("effects %v", b.kinds())
		}
	})
}

// Benefits stay for the grace, which runs from the day on which the unpaid
// invoice was due, and not for the period, which has rolled.
func TestBehaviour18PastDuePolicy(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		first := b.buys("digital_monthly", visa)
		portal, err := b.Portal(ctx, b.reader)
		b.must(err)
		b.card(portal, failsLater)
		b.must(b.standin.Advance(ctx, first.PeriodEnd.Add(2*time.Hour)))
		sub := b.sub()
		if sub.Status != billing.PastDue || sub.PastDueSince.Before(first.PeriodEnd) || sub.PastDueSince.After(b.paper.Now()) || sub.Decline == "" {
			t.Fatalf("after a failed renewal: %+v", sub)
		}
		if !sub.PeriodEnd.After(first.PeriodEnd) {
			t.Error("the period did not roll: the test shows nothing")
		}
		b.has(billing.Unlimited)
		if got := b.stands(); got.State != billing.StandsGrace || !got.GraceUntil.Equal(sub.PastDueSince.Add(billing.Grace)) {
			t.Errorf("it stands %+v", got)
		}
		b.must(b.standin.Advance(ctx, sub.PastDueSince.Add(billing.Grace-time.Minute)))
		if got := b.sub().Status; got != billing.PastDue {
			t.Fatalf("shortly before the end of the grace it is %s", got)
		}
		b.has(billing.Unlimited)
		b.must(b.standin.Advance(ctx, sub.PastDueSince.Add(billing.Grace+time.Minute)))
		b.has()
		b.noDrift()
		if then, err := b.HoldingsAt(ctx, b.reader, first.PeriodEnd.Add(-time.Hour)); err != nil || len(then) != 1 {
			t.Errorf("what the reader had is no longer known: %v %v", then, err)
		}
	})
}

func TestBehaviour19IncompleteExpiredIsCleanedUp(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		first := b.buy("digital_monthly")
		b.pay(first, failsLater)
		b.quiet()
		left := b.sub()
		b.advance(25 * time.Hour) // Stripe gives a first payment 23 hours, and the page a day
		gone, _, err := b.db.SubscriptionByID(t.Context(), left.ID)
		b.must(err)
		if gone.Status != billing.IncompleteExpired || billing.Access(gone, b.paper.Now()).Live {
			t.Errorf("a day later: %+v", gone)
		}
		for _, inv := range b.invoices() {
			if inv.Status != "void" {
				t.Errorf("its invoice is %s: it could still be charged", inv.Status)
			}
		}
		b.noDrift()
		if again := b.buy("digital_monthly"); again == first {
			t.Error("the page that has run out was given again")
		}
		b.buys("digital_monthly", visa)
		b.has(billing.Unlimited)
		if b.takings() != 700 {
			t.Errorf("%d was taken", b.takings())
		}
	})
}

func TestBehaviour20DeclineAtSubscribe(t *testing.T) {
	for card, code := range map[string]string{
		"4000000000000002": "generic_decline", "4000000000009995": "insufficient_funds", "4000000000000069": "expired_card",
	} {
		t.Run(code, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				address := b.buy("digital_monthly")
				if to := b.pay(address, card); to != "" {
					t.Fatalf("a declined card was sent to %s", to)
				}
				out := b.finish(address)
				if out.State != billing.OutcomeDeclined || out.Subscription == nil || out.Why != billing.DeclineWords(code) {
					t.Errorf("%+v, want the words of %s", out, code)
				}
				b.has()
				if again := b.buy("digital_monthly"); again != address {
					t.Error("the same price did not resume the open page")
				}
				b.pay(address, visa)
				if out := b.finish(address); out.State != billing.OutcomeActive {
					t.Errorf("after a card that works: %+v", out)
				}
				b.quiet()
				b.has(billing.Unlimited)
				if b.takings() != 700 {
					t.Errorf("%d was taken", b.takings())
				}
				b.noDrift()
			})
		})
	}
}

func TestBehaviour21ThreeDSecureAtSubscribe(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		address := b.buy("digital_monthly")
		answer := func(outcome string) string {
			t.Helper()
			ask := b.pay(address, confirms)
			if !strings.HasPrefix(ask, "/3ds/") {
				t.Fatalf("sent to %q, and not to the bank", ask)
			}
			b.quiet()
			b.has() // asked is not paid
			if out := b.finish(address); out.State == billing.OutcomeActive {
				t.Errorf("unanswered: %+v", out)
			}
			res, err := b.web.PostForm(b.api+ask, url.Values{"outcome": {outcome}})
			b.must(err)
			res.Body.Close()
			b.quiet()
			return res.Header.Get("Location")
		}
		answer("fail")
		b.has()
		if out := b.finish(address); out.State != billing.OutcomeDeclined || out.Why != billing.DeclineWords("payment_intent_authentication_failure") {
			t.Errorf("refused at the bank: %+v", out)
		}
		if to := answer("complete"); !strings.HasPrefix(to, "https://paper.example/checkout/done") {
			t.Errorf("confirmed, and sent to %q", to)
		}
		b.has(billing.Unlimited)
		if out := b.finish(address); out.State != billing.OutcomeActive || b.takings() != 700 {
			t.Errorf("%+v, %d was taken", out, b.takings())
		}
		subs, err := b.db.SubscriptionsOf(t.Context(), b.reader)
		b.must(err)
		if live := slices.DeleteFunc(subs, func(s billing.Subscription) bool { return !billing.Access(s, b.paper.Now()).Live }); len(live) != 1 {
			t.Errorf("%d live subscriptions", len(live))
		}
		b.noDrift()
	})
}
