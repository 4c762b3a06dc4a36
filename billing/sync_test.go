package billing_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"broadsheet/billing"
	"broadsheet/store"
)

func TestWebhookAloneUnlocks(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		session := b.buy(t, "digital_monthly")
		b.has(t)
		b.stripe.pay(session)
		b.deliver(t, b.Service, b.stripe.events...)
		b.settle(t)
		b.has(t, billing.Unlimited)
		b.deliver(t, b.Service, b.stripe.events...) // all of it twice
		b.settle(t)
		sub, _ := b.SubscriptionOf(t.Context(), b.reader, noon)
		want := []string{"receipt:" + sub.Latest, "welcome:" + sub.ID}
		if diff := cmp.Diff(want, b.effects.sorted()); diff != "" {
			t.Error("effects", diff)
		}
	})
}

func TestUnknownPriceAndForeignCustomerAreQuarantined(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.stripe.customers["cus_x"] = billing.Customer{ID: "cus_x", Email: "ada@example.org"} // same address, none of ours
		foreign := b.stripe.newSub("cus_x", "digital_monthly", billing.Active)
		b.stripe.customers["cus_y"] = billing.Customer{ID: "cus_y", ReaderID: b.reader}
		odd := b.stripe.newSub("cus_y", "fish_monthly", billing.Active)
		for _, c := range []string{"cus_x", "cus_y"} {
			if _, err := b.Sync(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		b.has(t)
		got, err := b.db.Oddities(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want := []billing.Oddity{
			{Object: billing.Ref{Kind: "customer", ID: "cus_x"}, Why: billing.ForeignCustomer, At: noon},
			{Object: billing.Ref{Kind: "subscription", ID: odd.ID}, Why: billing.UnknownPrice, At: noon},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if _, known, _ := b.db.SubscriptionByID(ctx, foreign.ID); known {
			t.Error("a foreign customer's subscription is counted")
		}
		if _, err := b.Checkout(ctx, b.order("digital_monthly")); !errors.Is(err, billing.ErrSubscribed) {
			t.Errorf("a subscription of an unknown price charges a card all the same; a second one: %v", err)
		}
		// The price joins a plan, the customer becomes a reader's: both come home.
		odd.LookupKey = "print_monthly"
		b.stripe.subs[odd.ID] = odd
		if _, err := b.Sync(ctx, "cus_y"); err != nil {
			t.Fatal(err)
		}
		b.has(t, billing.Print, billing.Unlimited)
		if left, _ := b.db.Oddities(ctx); len(left) != 1 {
			t.Errorf("still set aside: %+v", left)
		}
	})
}

func TestPriceThatLostItsKeyKeepsItsPlan(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		session := b.buy(t, "digital_monthly")
		id := b.stripe.pay(session)
		if _, err := b.Finish(t.Context(), b.reader, session); err != nil {
			t.Fatal(err)
		}
		sub := b.stripe.subs[id]
		sub.LookupKey = "" // a new price took it over
		b.stripe.subs[id] = sub
		if _, err := b.Sync(t.Context(), sub.Customer); err != nil {
			t.Fatal(err)
		}
		b.has(t, billing.Unlimited)
	})
}

func TestGraceRunsFromTheOldestUnpaidInvoice(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		session := b.buy(t, "digital_monthly")
		id := b.stripe.pay(session)
		b.paper.add(31 * day)
		due := b.paper.Now()
		_ = b.stripe.change(id, "customer.subscription.updated", func(s *billing.Subscription) {
			inv := b.stripe.bill(*s, billing.InvoiceOpen)
			s.Status, s.Latest, s.LatestStatus, s.Decline = billing.PastDue, inv.ID, inv.Status, "insufficient_funds"
			s.PeriodStart, s.PeriodEnd = due, due.AddDate(0, 1, 0) // rolled, and not paid
		})
		b.paper.add(3 * day)
		b.deliver(t, b.Service, b.stripe.events...)
		b.settle(t)
		sub, _ := b.SubscriptionOf(t.Context(), b.reader, b.paper.Now())
		if !sub.PastDueSince.Equal(due) {
			t.Fatalf("past due since %s, want %s", sub.PastDueSince, due)
		}
		b.has(t, billing.Unlimited)
		b.paper.add(11*day - tick)
		b.has(t, billing.Unlimited)
		b.paper.add(tick)
		b.has(t)
		if then, _ := b.HoldingsAt(t.Context(), b.reader, b.paper.Now().Add(-day)); len(then) != 1 {
			t.Error("yesterday's answer changed")
		}
	})
}

func TestDisputeFindsItsCustomerByTheCharge(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		session := b.buy(t, "digital_monthly")
		customer := b.stripe.customers[b.stripe.sessions[session].Customer]
		b.stripe.pay(session)
		b.deliver(t, b.Service, billing.Event{
			ID: "evt_d", Type: "charge.dispute.created", Object: billing.Ref{Kind: "dispute", ID: "dp_1"},
			Via: billing.Ref{Kind: "charge", ID: "ch_" + customer.ID[len("cus_"):]},
		})
		b.settle(t)
		b.has(t, billing.Unlimited)
	})
}

// fenced is a store whose lease somebody takes over between fetch and write.
type fenced struct {
	*store.DB
	steal func(name string)
}

func (f *fenced) HoldLease(ctx context.Context, name string, fence int64) error {
	if f.steal != nil {
		f.steal(name)
		f.steal = nil
		return f.DB.HoldLease(ctx, name, fence-1) // as if somebody had taken the next number
	}
	return f.DB.HoldLease(ctx, name, fence)
}

func TestLateWriterIsFencedAndLooksAgain(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		session := b.buy(t, "digital_monthly")
		id := b.stripe.pay(session)
		slow := &fenced{DB: b.db, steal: func(string) {
			// While this process slept, Stripe moved on.
			_ = b.stripe.change(id, "customer.subscription.updated", func(s *billing.Subscription) { s.Status = billing.Unpaid })
		}}
		parts := b.Parts
		parts.Store = slow
		if _, err := billing.New(parts).Sync(t.Context(), b.stripe.subs[id].Customer); err != nil {
			t.Fatal(err)
		}
		sub, _ := b.SubscriptionOf(t.Context(), b.reader, noon)
		if sub == nil || sub.Status != billing.Unpaid {
			t.Errorf("the late fetch was written: %+v", sub)
		}
	})
}

// TestAnyOrderEndsRight lives random lives with two machines: webhooks come
// shuffled, doubled, or never, to workers that run at the same time, while
// success pages sync too, over a Stripe whose answers are old when they arrive.
// In the end every row is as Stripe says, where webhooks were lost after one
// reconciliation. Without the lease it fails within a few lives.
func TestAnyOrderEndsRight(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.stripe.travel = 40 * time.Millisecond
		rapid.Check(t, func(rt *rapid.T) { oneLife(t, rt, b) })
	})
}

func oneLife(t *testing.T, rt *rapid.T, b *bench) {
	f := b.stripe
	f.mu.Lock()
	who := b.addReader(t, f.id("life")+"@example.org")
	customer := billing.Customer{ID: f.id("cus"), ReaderID: who}
	f.customers[customer.ID] = customer
	sub := f.newSub(customer.ID, "digital_monthly", billing.Incomplete)
	from := len(f.events)
	f.happened("customer.subscription.created", "subscription", sub.ID, customer.ID)
	f.mu.Unlock()

	seed := rapid.Uint64().Draw(rt, "seed")
	steps := rapid.SliceOfN(rapid.SampledFrom([]billing.Status{
		billing.Active, billing.PastDue, billing.Unpaid, billing.Trialing, billing.Paused,
	}), 1, 6).Draw(rt, "life")
	lossy := rapid.Bool().Draw(rt, "lossy")
	two := b.another()

	ctx, stop := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	for _, machine := range []*billing.Service{b.Service, two} {
		workers.Go(func() { machine.Work(ctx) })
	}
	var senders sync.WaitGroup
	for i, status := range steps {
		senders.Go(func() { // a success page that looks just before
			if _, err := []*billing.Service{b.Service, two}[i%2].Sync(t.Context(), customer.ID); err != nil {
				t.Error(err)
			}
		})
		<-time.After(time.Duration(rapid.IntRange(0, 4).Draw(rt, "pause")) * time.Millisecond) // life goes on while answers travel
		_ = f.change(sub.ID, "customer.subscription.updated", func(s *billing.Subscription) {
			s.Status = status
			s.CancelAt = noon.Add(time.Duration(i) * time.Hour)
		})
		f.mu.Lock()
		events := slices.Clone(f.events[from:])
		f.mu.Unlock()
		senders.Go(func() {
			dice := rand.New(rand.NewPCG(seed, uint64(i)))
			dice.Shuffle(len(events), func(a, c int) { events[a], events[c] = events[c], events[a] })
			for _, e := range events {
				if lossy && dice.IntN(2) == 0 {
					continue
				}
				b.deliver(t, []*billing.Service{b.Service, two}[dice.IntN(2)], e)
			}
		})
	}
	senders.Wait()
	if err := b.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	workers.Wait()
	if !lossy {
		sameAsStripe(t, rt, b, sub.ID)
	}
	if _, err := b.Reconcile(t.Context(), noon.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := b.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	sameAsStripe(t, rt, b, sub.ID)
	rep, err := b.ReconcileAll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Drift) > 0 {
		rt.Fatalf("drift: %v", rep.Drift)
	}
}

func sameAsStripe(t *testing.T, rt *rapid.T, b *bench, id string) {
	b.stripe.mu.Lock()
	truth := b.stripe.subs[id]
	b.stripe.mu.Unlock()
	have, ok, err := b.db.SubscriptionByID(t.Context(), id)
	if err != nil || !ok {
		rt.Fatalf("the subscription is not there: %v", err)
	}
	if have.Status != truth.Status || !have.CancelAt.Equal(truth.CancelAt) {
		rt.Fatalf("the row says %s (%s), Stripe %s (%s)", have.Status, have.CancelAt, truth.Status, truth.CancelAt)
	}
}
