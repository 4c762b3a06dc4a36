package billing_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

func TestReconcilerFindsWhatWebhooksLost(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		id := b.stripe.pay(b.buy(t, "digital_monthly"))
		b.paper.add(10 * time.Minute)
		rep, err := b.Reconcile(ctx, noon.Add(-time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		// Nobody asks to be told of a new customer, so that event was not missed.
		want := billing.Report{Events: len(b.stripe.events), Missed: len(b.stripe.events) - 1, Customers: 1, Drift: []string{id}}
		if diff := cmp.Diff(want, rep); diff != "" {
			t.Error(diff)
		}
		b.has(t, billing.Unlimited)
		// What left no event is found by the full list.
		s := b.stripe.subs[id]
		s.Status = billing.Unpaid
		b.stripe.subs[id] = s
		if rep, err := b.Reconcile(ctx, noon.Add(-time.Hour)); err != nil || rep.Missed != 0 || len(rep.Drift) != 0 {
			t.Errorf("%+v %v", rep, err)
		}
		for _, want := range [][]string{{id}, nil} {
			rep, err := b.ReconcileAll(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, rep.Drift); diff != "" {
				t.Error(diff)
			}
		}
		b.has(t)
	})
}

// late takes the newest events from Stripe's list and gives them back when
// called: they became visible late, at the age that they have.
func (f *stripe) late(n int) (show func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	hidden := slices.Clone(f.events[len(f.events)-n:])
	f.events = f.events[:len(f.events)-n]
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.events = append(f.events, hidden...)
		slices.SortStableFunc(f.events, func(a, b billing.Event) int { return a.Created.Compare(b.Created) })
	}
}

// unpaid changes a subscription without a webhook.
func (f *stripe) unpaid(t *testing.T, id string) {
	t.Helper()
	if err := f.change(id, "customer.subscription.updated", func(s *billing.Subscription) { s.Status = billing.Unpaid }); err != nil {
		t.Fatal(err)
	}
}

func caughtUp(t *testing.T, s *billing.Service) billing.Report {
	t.Helper()
	rep, err := billing.CatchUp(s, t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// Each run reads back over the last one's beginning by the overlap: what
// happened there and became visible since is found, to its very edge. What is
// older is left to the night.
func TestAnEventThatBecomesVisibleLateIsFound(t *testing.T) {
	for name, tt := range map[string]struct {
		age   time.Duration // of the event at the beginning of the last run
		found bool
	}{"in the overlap": {time.Hour, true}, "at its edge": {billing.Overlap, true}, "beyond it": {billing.Overlap + time.Second, false}} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				id := b.stripe.pay(b.buy(t, "digital_monthly"))
				caughtUp(t, b.Service)
				b.stripe.unpaid(t, id)
				show := b.stripe.late(1)
				b.paper.add(tt.age)
				if rep := caughtUp(t, b.Service); rep.Missed != 0 {
					t.Fatalf("what nobody sees was found: %+v", rep)
				}
				show()
				b.paper.add(time.Hour)
				rep := caughtUp(t, b.Service)
				if got := slices.Contains(rep.Drift, id); got != tt.found {
					t.Errorf("found %t, want %t: %+v", got, tt.found, rep)
				}
				rep, err := b.ReconcileAll(t.Context())
				if err != nil || slices.Contains(rep.Drift, id) == tt.found {
					t.Errorf("the night found %+v, %v", rep, err)
				}
				b.has(t)
				if rep := caughtUp(t, b.Service); rep.Missed != 0 || len(rep.Drift) != 0 {
					t.Errorf("found twice: %+v", rep)
				}
			})
		})
	}
}

// A run that is killed, or that Stripe fails, has not moved on: the next begins
// where it began, and what it had taken in already is synced by the workers.
func TestARunThatIsKilledIsDoneAgain(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		caughtUp(t, b.Service)
		id := b.stripe.pay(b.buy(t, "digital_monthly"))
		b.paper.add(5 * time.Hour)
		ctx, kill := context.WithCancel(t.Context())
		b.stripe.during = func(method string) {
			if method == "Snapshot" {
				kill()
			}
		}
		if rep, err := billing.CatchUp(b.Service, ctx); err == nil || rep.Missed == 0 {
			t.Fatalf("it was not killed at work: %+v %v", rep, err)
		}
		b.stripe.during = nil
		b.has(t)
		b.paper.add(5 * time.Hour)
		rep := caughtUp(t, b.another())
		if rep.Events == 0 || rep.Missed != 0 {
			t.Errorf("the next run began elsewhere: %+v", rep)
		}
		b.settle(t)
		b.has(t, billing.Unlimited)
		if rep, err := b.ReconcileAll(t.Context()); err != nil || len(rep.Drift) > 0 {
			t.Errorf("drift %+v %v", rep, err)
		}
		if got := b.effects.sorted(); len(got) != 2 || b.stripe.subs[id].Status != billing.Active {
			t.Errorf("effects %v", got)
		}
	})
}

func TestARunThatFailsForOneCustomerRepairsTheOthers(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := b.stripe.pay(b.buy(t, "digital_monthly"))
		b.stripe.mu.Lock()
		b.stripe.customers["cus_ill"] = billing.Customer{ID: "cus_ill", ReaderID: b.addReader(t, "ill@example.org")}
		ill := b.stripe.newSub("cus_ill", "digital_monthly", billing.Active)
		b.stripe.mu.Unlock()
		sick := &refusing{Gateway: b.stripe, customer: "cus_ill"}
		parts := b.Parts
		parts.Gateway = sick
		rep, err := billing.New(parts).ReconcileAll(t.Context())
		if err == nil || !slices.Contains(rep.Drift, id) || slices.Contains(rep.Drift, ill.ID) {
			t.Errorf("%+v %v", rep, err)
		}
		if rep, err := b.ReconcileAll(t.Context()); err != nil || !slices.Equal(rep.Drift, []string{ill.ID}) {
			t.Errorf("the next night: %+v %v", rep, err)
		}
	})
}

// refusing is a Stripe that does not answer about one customer.
type refusing struct {
	billing.Gateway
	customer string
}

func (r *refusing) Snapshot(ctx context.Context, customer string) (billing.Snapshot, error) {
	if customer == r.customer {
		return billing.Snapshot{}, fault.New(fault.Unavailable, "no answer", nil)
	}
	return r.Gateway.Snapshot(ctx, customer)
}

// nightly makes a machine with its own count of full lists, and a clock of the
// test's.
func nightly(b *bench, wall *hands, log *slog.Logger) (*billing.Service, *counting) {
	c := &counting{Gateway: b.stripe}
	parts := b.Parts
	parts.Gateway, parts.Wall, parts.Log = c, wall, log
	return billing.New(parts), c
}

type counting struct {
	billing.Gateway
	mu    sync.Mutex
	lists int
	fail  error
}

func (c *counting) Subscriptions(ctx context.Context) iter.Seq2[billing.Subscription, error] {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists++
	if fail := c.fail; fail != nil {
		return func(yield func(billing.Subscription, error) bool) { yield(billing.Subscription{}, fail) }
	}
	return c.Gateway.Subscriptions(ctx)
}

// Of several machines one does the night, whichever asks first; each asks every
// hour. One that failed leaves it to the next, and one that died as well.
func TestOneNightForSeveralMachines(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		var book bytes.Buffer
		wall := &hands{t: noon}
		log := slog.New(slog.NewTextHandler(&book, nil))
		one, first := nightly(b, wall, log)
		two, second := nightly(b, wall, log)
		id := b.stripe.pay(b.buy(t, "digital_monthly"))
		lists := func(want ...int) {
			t.Helper()
			if got := []int{first.lists, second.lists}; !slices.Equal(got, want) {
				t.Errorf("the machines listed all of it %v times, want %v", got, want)
			}
		}
		billing.NightlyTurn(one, t.Context())
		lists(1, 0)
		if got := book.String(); !strings.Contains(got, "drift repaired") || !strings.Contains(got, id) {
			t.Errorf("the log says %s", got)
		}
		b.has(t, billing.Unlimited)
		for range 22 {
			wall.add(time.Hour)
			billing.NightlyTurn(two, t.Context())
			billing.NightlyTurn(one, t.Context())
		}
		lists(1, 0)
		wall.add(time.Hour)
		second.fail = errors.New("Stripe is down")
		billing.NightlyTurn(two, t.Context())
		lists(1, 1)
		billing.NightlyTurn(one, t.Context())
		lists(2, 1)
		// A machine that died in its run has said nothing; its lease runs out.
		wall.add(24 * time.Hour)
		if _, ok, err := b.db.TakeLease(t.Context(), "reconcile:nightly", wall.Now(), wall.Now().Add(billing.HeldFor)); !ok || err != nil {
			t.Fatal(ok, err)
		}
		billing.NightlyTurn(one, t.Context())
		lists(2, 1)
		wall.add(time.Hour)
		billing.NightlyTurn(one, t.Context())
		lists(3, 1)
	})
}

// Two machines that run at the same time, as after a restart, do no harm.
func TestTwoMachinesReconcileAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		caughtUp(t, b.Service)
		id := b.stripe.pay(b.buy(t, "digital_monthly"))
		b.stripe.travel = 10 * time.Millisecond
		var all sync.WaitGroup
		for range 2 {
			for _, machine := range []*billing.Service{b.Service, b.another()} {
				all.Go(func() {
					if _, err := machine.ReconcileNow(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		b.settle(t)
		b.has(t, billing.Unlimited)
		if diff := cmp.Diff([]string{"receipt:" + b.stripe.subs[id].Latest, "welcome:" + id}, b.effects.sorted()); diff != "" {
			t.Error(diff)
		}
		if rep, err := b.ReconcileAll(t.Context()); err != nil || len(rep.Drift) > 0 {
			t.Errorf("drift %+v %v", rep, err)
		}
	})
}
