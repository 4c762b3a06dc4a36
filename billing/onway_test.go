package billing_test

import (
	"slices"
	"testing"
	"time"

	"broadsheet/billing"
)

// A run that is quicker than a webhook repairs, and calls nothing lost: neither
// what happened minutes ago nor what lies in the inbox. What nobody told in time
// was lost, and is counted for the alarm.
func TestWhatIsOnItsWayIsNotLost(t *testing.T) {
	for name, tt := range map[string]struct {
		after time.Duration
		came  bool // the webhook, and nobody looked at it yet
		lost  int
	}{
		"a moment ago": {time.Minute, false, 0}, "in the inbox": {time.Hour, true, 0}, "lost": {time.Hour, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				ctx := t.Context()
				first := b.stripe.pay(b.buy(t, "digital_monthly"))
				b.sync(t)
				b.paper.add(24 * time.Hour)
				if _, err := billing.CatchUp(b.Service, ctx); err != nil {
					t.Fatal(err)
				}
				for _, run := range []func() (billing.Report, error){
					func() (billing.Report, error) { return b.ReconcileNow(ctx) },
					func() (billing.Report, error) { // by the full list alone
						rep, err := b.ReconcileAll(ctx)
						billing.NoteRun(b.Service, ctx, rep)
						return rep, err
					},
				} {
					b.stripe.unpaid(t, first)
					event := b.stripe.events[len(b.stripe.events)-1]
					b.paper.add(tt.after)
					if tt.came {
						b.deliver(t, b.Service, event)
					}
					rep, err := run()
					if err != nil || !slices.Contains(rep.Drift, first) {
						t.Fatalf("not repaired: %+v %v", rep, err)
					}
					b.has(t)
					runs, err := b.db.Reconciliations(ctx, 1)
					if err != nil || len(runs) != 1 || runs[0].Drift != tt.lost || len(runs[0].IDs) != tt.lost {
						t.Errorf("the alarm counts %+v %v", runs, err)
					}
					b.settle(t)
					b.stripe.paidUp(first)
					b.sync(t)
					b.paper.add(24 * time.Hour)
				}
			})
		})
	}
}

// paidUp makes a subscription active again, with no event.
func (f *stripe) paidUp(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.subs[id]
	s.Status = billing.Active
	f.subs[id] = s
}
