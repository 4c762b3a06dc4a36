package billing_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

func TestReturnUnlocksBeforeAnyWebhook(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		session := b.buy(t, "print_yearly")
		if got := b.stripe.asked[session]; !slices.Equal(got.ShipsTo, []string{"PT", "ES"}) || got.ReaderID != b.reader {
			t.Errorf("asked for %+v", got)
		}
		sub := b.stripe.pay(session)
		out, err := b.Finish(t.Context(), b.reader, session)
		if err != nil {
			t.Fatal(err)
		}
		if out.State != billing.OutcomeActive || out.Subscription.ID != sub || out.Checkout.Return != "/stories/tides" || out.Checkout.State != billing.CheckoutComplete {
			t.Errorf("outcome %+v", out)
		}
		b.has(t, billing.Print, billing.Unlimited)
		b.deliver(t, b.Service, b.stripe.events...) // the webhooks come after it
		b.settle(t)
		b.has(t, billing.Print, billing.Unlimited)
		if got := b.effects.sorted(); len(got) != 2 {
			t.Errorf("effects %v", got)
		}
	})
}

func TestReturnOfAnotherReaderIsRefused(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		session := b.buy(t, "digital_monthly")
		b.stripe.pay(session)
		thief := b.addReader(t, "eve@example.org")
		if _, err := b.Finish(t.Context(), thief, session); !fault.Is(err, fault.Missing) {
			t.Errorf("another reader's session: %v", err)
		}
		if got, _ := b.BenefitsOf(t.Context(), thief, noon); len(got) != 0 {
			t.Error("a guessed session brought benefits")
		}
		for _, session := range []string{"", "cs_made_up"} {
			if _, err := b.Finish(t.Context(), b.reader, session); !fault.Is(err, fault.Missing) {
				t.Errorf("session %q: %v", session, err)
			}
		}
	})
}

func TestTwoTabsGetOnePage(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		var tabs sync.WaitGroup
		urls := make([]string, 6)
		machines := []*billing.Service{b.Service, b.another()}
		for i := range urls {
			tabs.Go(func() {
				var err error
				if urls[i], err = machines[i%2].Checkout(t.Context(), b.order("digital_monthly")); err != nil {
					t.Error(err)
				}
			})
		}
		tabs.Wait()
		if got := slices.Compact(urls); len(got) != 1 || b.stripe.opened != 1 || len(b.stripe.customers) != 1 {
			t.Errorf("%d sessions for %d customers at %v", b.stripe.opened, len(b.stripe.customers), got)
		}
	})
}

func TestDeclineResumesOrReplaces(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		session := b.buy(t, "digital_monthly")
		left := b.stripe.decline(session, "insufficient_funds")
		out, err := b.Finish(ctx, b.reader, session)
		if err != nil {
			t.Fatal(err)
		}
		if out.State != billing.OutcomeDeclined || out.Why != billing.DeclineWords("insufficient_funds") {
			t.Errorf("outcome %+v", out)
		}
		b.has(t)
		if again := b.buy(t, "digital_monthly"); again != session {
			t.Error("the same price did not resume the open session")
		}
		other := b.buy(t, "print_monthly")
		if other == session || b.stripe.sessions[session].Status != billing.SessionExpired || b.stripe.subs[left].Status != billing.Canceled {
			t.Errorf("another price left %+v and %s", b.stripe.sessions[session], b.stripe.subs[left].Status)
		}
		b.stripe.pay(other)
		if _, err := b.Finish(ctx, b.reader, other); err != nil {
			t.Fatal(err)
		}
		b.has(t, billing.Print, billing.Unlimited)
	})
}

func TestSubscriberBuysNothingTwice(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := b.stripe.pay(b.buy(t, "digital_monthly"))
		for _, status := range []billing.Status{billing.Active, billing.Trialing, billing.PastDue, billing.Unpaid, billing.Paused} {
			_ = b.stripe.change(id, "customer.subscription.updated", func(s *billing.Subscription) { s.Status = status })
			// No webhook came: Stripe is asked.
			for _, price := range []string{"digital_monthly", "print_yearly"} {
				if _, err := b.Checkout(t.Context(), b.order(price)); !errors.Is(err, billing.ErrSubscribed) {
					t.Errorf("%s while %s: %v", price, status, err)
				}
			}
		}
		if b.stripe.opened != 1 {
			t.Errorf("%d sessions", b.stripe.opened)
		}
	})
}

func TestPaidWhileAnotherPriceIsAsked(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		session := b.buy(t, "digital_monthly")
		b.stripe.during = func(method string) {
			if method == "ExpireSession" {
				b.stripe.pay(session) // the other tab was faster by this much
			}
		}
		if _, err := b.Checkout(t.Context(), b.order("print_monthly")); !errors.Is(err, billing.ErrSubscribed) {
			t.Errorf("a second subscription: %v", err)
		}
		if b.stripe.opened != 1 {
			t.Errorf("%d sessions", b.stripe.opened)
		}
	})
}

func TestLostAnswerIsFoundAgain(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.stripe.failing["OpenSession after"] = 1 // made, and the answer was lost
		if _, err := b.Checkout(t.Context(), b.order("digital_monthly")); !fault.Is(err, fault.Unavailable) {
			t.Fatal(err)
		}
		session := b.buy(t, "digital_monthly")
		if b.stripe.opened != 1 {
			t.Errorf("%d sessions", b.stripe.opened)
		}
		b.stripe.pay(session)
		out, err := b.Finish(t.Context(), b.reader, session)
		if err != nil || out.State != billing.OutcomeActive {
			t.Errorf("%+v %v", out, err)
		}
	})
}

func TestNothingMadeCanBeTriedAgain(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.stripe.failing["OpenSession"] = 1
		if _, err := b.Checkout(t.Context(), b.order("digital_monthly")); err == nil {
			t.Fatal("no error")
		}
		first := b.buy(t, "digital_monthly")
		keys := b.stripe.asked[first].Key
		if first == "" || keys[len(keys)-2:] != ":2" {
			t.Errorf("the second try used the key %s", keys)
		}
	})
}

func TestExpiredSessionMakesRoom(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		session := b.buy(t, "digital_monthly")
		s := b.stripe.sessions[session]
		s.Status, s.URL = billing.SessionExpired, ""
		b.stripe.sessions[session] = s
		if again := b.buy(t, "digital_monthly"); again == session {
			t.Error("an expired session was given out")
		}
	})
}

func TestUnknownPriceIsNotSold(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		if _, err := b.Checkout(t.Context(), b.order("free_beer")); !errors.Is(err, billing.ErrNotSold) || !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
}

func TestCancelAndUndo(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		if err := b.Cancel(ctx, b.reader, billing.Parting{}); !fault.Is(err, fault.Conflict) {
			t.Errorf("nothing to cancel: %v", err)
		}
		session := b.buy(t, "digital_monthly")
		b.stripe.pay(session)
		if _, err := b.Finish(ctx, b.reader, session); err != nil {
			t.Fatal(err)
		}
		stands := func() billing.Standing {
			sub, err := b.SubscriptionOf(ctx, b.reader, b.paper.Now())
			if err != nil {
				t.Fatal(err)
			}
			return billing.Access(*sub, b.paper.Now())
		}
		if err := b.Cancel(ctx, b.reader, billing.Parting{}); err != nil {
			t.Fatal(err)
		}
		if got := stands(); got.State != billing.StandsEnding || !got.Grants || got.EndsAt.IsZero() {
			t.Errorf("after cancelling: %+v", got)
		}
		if err := b.Resume(ctx, b.reader); err != nil {
			t.Fatal(err)
		}
		if got := stands(); got.State != billing.StandsActive {
			t.Errorf("after the undo: %+v", got)
		}
		if err := b.Cancel(ctx, b.reader, billing.Parting{}); err != nil {
			t.Fatal(err)
		}
		b.paper.add(31 * day)
		b.has(t)
		if err := b.Resume(ctx, b.reader); !fault.Is(err, fault.Conflict) {
			t.Errorf("an undo after the end: %v", err)
		}
	})
}

func TestSecondClickOfANewReaderFindsTheCheckout(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		if err := b.Begin(ctx, b.order("digital_monthly")); err != nil {
			t.Fatal(err)
		}
		for visitor, want := range map[string]bool{"v1": true, "v2": false, "": false} {
			if got, err := b.BegunBy(ctx, b.reader, visitor); err != nil || got != want {
				t.Errorf("begun by %q: %t, %v", visitor, got, err)
			}
		}
		session := b.buy(t, "digital_monthly")
		c, _, err := b.db.CheckoutBySession(ctx, session)
		if err != nil || c.Customer == "" {
			t.Errorf("the begun checkout was not the one that opened: %+v %v", c, err)
		}
	})
}
