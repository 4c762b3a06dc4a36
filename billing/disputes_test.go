package billing_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// suspending makes the publisher's policy that of suspending.
func suspending(t *testing.T, b *bench) {
	t.Helper()
	c, err := billing.ParseSheet([]byte(paperSheet + "\nbilling: {dispute: suspend}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.db.SaveCatalogue(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func TestThePolicyIsReadAndKept(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		if c, err := b.db.Catalogue(t.Context()); err != nil || c.Disputes != "" {
			t.Errorf("by itself: %q %v", c.Disputes, err)
		}
		suspending(t, b)
		if c, err := b.db.Catalogue(t.Context()); err != nil || c.Disputes != billing.DisputeSuspends {
			t.Errorf("kept: %q %v", c.Disputes, err)
		}
		if _, err := billing.ParseSheet([]byte(paperSheet + "\nbilling: {dispute: punish}\n")); !fault.Is(err, fault.Invalid) {
			t.Errorf("a policy that nobody knows: %v", err)
		}
	})
}

func TestDisputesFromBeginningToEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		suspend  bool
		statuses []string
		has      []bool // benefits, after each
		kinds    []string
		ended    bool
	}{
		"kept and won":       {false, []string{"needs_response", "under_review", "won"}, []bool{true, true, true}, []string{"dispute-won", "disputed"}, false},
		"suspended and won":  {true, []string{"needs_response", "under_review", "won"}, []bool{false, false, true}, []string{"dispute-won", "disputed"}, false},
		"kept and lost":      {false, []string{"needs_response", "lost"}, []bool{true, false}, []string{"dispute-lost", "disputed"}, true},
		"suspended and lost": {true, []string{"needs_response", "lost"}, []bool{false, false}, []string{"dispute-lost", "disputed"}, true},
		"asked and closed":   {true, []string{"warning_needs_response", "warning_under_review", "warning_closed"}, []bool{true, true, true}, []string{"inquiry"}, false},
		"asked, then taken":  {true, []string{"warning_needs_response", "needs_response"}, []bool{true, false}, []string{"disputed", "inquiry"}, false},
		"lost unseen":        {false, []string{"lost"}, []bool{false}, []string{"dispute-lost"}, true},
		"new to this paper":  {true, []string{"decided_by_dice"}, []bool{false}, []string{"disputed"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				ctx := t.Context()
				if tt.suspend {
					suspending(t, b)
				}
				sub, invoice := bought(t, b)
				b.effects.take()
				due := noon.AddDate(0, 0, 9)
				for i, status := range tt.statuses {
					b.stripe.dispute(billing.Dispute{ID: "dp_1", Invoice: invoice, Status: status, Reason: "fraudulent", Due: due, URL: "https://desk.example"})
					b.sync(t)
					if tt.has[i] {
						b.has(t, billing.Unlimited)
					} else {
						b.has(t)
					}
				}
				var want []string
				for _, k := range tt.kinds {
					want = append(want, k+":dp_1")
				}
				b.effects.left(t, want...)
				d, _, err := b.db.DisputeByID(ctx, "dp_1")
				if err != nil || d.Subscription != sub || d.Invoice != invoice || !d.Due.Equal(due) || d.Money.Amount != 700 {
					t.Errorf("kept: %+v %v", d, err)
				}
				if past, err := b.db.DisputeStatuses(ctx, "dp_1"); err != nil || cmp.Diff(tt.statuses, past) != "" {
					t.Errorf("its past: %v %v", past, err)
				}
				for range 2 { // the job may run twice, and does nothing for what was not lost
					if err := b.EndDisputed(ctx, sub); err != nil {
						t.Error(err)
					}
				}
				if got := b.stripe.subs[sub].Status == billing.Canceled; got != tt.ended {
					t.Errorf("ended: %t", got)
				}
				if back := b.stripe.givenBack(invoice); back != 0 {
					t.Errorf("%d went back on top", back)
				}
				rep, err := b.ReconcileAll(ctx)
				if err != nil || len(rep.Drift) > 0 {
					t.Errorf("drift %v %v", rep.Drift, err)
				}
			})
		})
	}
}

func TestADisputedPaymentIsNotRefundedAsWell(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		_, invoice := bought(t, b)
		for status, refused := range map[string]bool{"needs_response": true, "under_review": true, "lost": true, "warning_needs_response": false, "won": false} {
			b.stripe.dispute(billing.Dispute{ID: "dp_1", Invoice: invoice, Status: status})
			_, err := b.GiveBack(t.Context(), invoice, billing.RefundAsk{Amount: 10, Again: true})
			if fault.Is(err, fault.Conflict) != refused || !refused && err != nil {
				t.Errorf("%s: %v", status, err)
			}
		}
	})
}

// The night finds what no webhook told, and a policy that changed meanwhile.
func TestALostDisputeWebhookIsFound(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		sub, invoice := bought(t, b)
		b.stripe.dispute(billing.Dispute{ID: "dp_1", Invoice: invoice, Status: "needs_response"})
		rep, err := b.ReconcileAll(ctx)
		if err != nil || !slices.Equal(rep.Drift, []string{"dp_1", sub}) {
			t.Errorf("found %v %v", rep.Drift, err)
		}
		b.has(t, billing.Unlimited)
		suspending(t, b)
		if _, err := b.ReconcileAll(ctx); err != nil {
			t.Error(err)
		}
		b.has(t)
		b.stripe.dispute(billing.Dispute{ID: "dp_1", Invoice: invoice, Status: "won"})
		if _, err := b.ReconcileAll(ctx); err != nil {
			t.Error(err)
		}
		b.has(t, billing.Unlimited)
	})
}

// What was lost before this account was connected ends nothing today.
func TestAnOldDisputeEndsNothing(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		_, invoice := bought(t, b)
		b.effects.take()
		b.stripe.dispute(billing.Dispute{ID: "dp_1", Invoice: invoice, Status: "lost", Created: noon.AddDate(-1, 0, 0)})
		b.sync(t)
		b.has(t, billing.Unlimited)
		b.effects.left(t)
	})
}

// Webhooks about a dispute that come late, twice and in any order end in what
// Stripe says last.
func TestDisputeWebhooksInAnyOrder(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		suspending(t, b)
		_, invoice := bought(t, b)
		for id, end := range map[string]string{"dp_a": "won", "dp_b": "warning_closed", "dp_c": "won"} {
			for _, status := range []string{"needs_response", "under_review", end} {
				b.stripe.dispute(billing.Dispute{ID: id, Invoice: invoice, Status: status})
			}
			events := slices.Concat(b.stripe.events, b.stripe.events)
			rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			b.deliver(t, b.Service, events...)
			b.settle(t)
			b.has(t, billing.Unlimited)
			if d, _, _ := b.db.DisputeByID(t.Context(), id); d.Status != end {
				t.Errorf("%s is %s", id, d.Status)
			}
		}
	})
}

func TestAccessWhileDisputed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status  billing.Status
		dispute billing.Disputed
		want    billing.State
		grants  bool
	}{
		"open":                 {billing.Active, billing.DisputedOpen, billing.StandsActive, true},
		"held":                 {billing.Active, billing.DisputedHeld, billing.StandsHeld, false},
		"held on trial":        {billing.Trialing, billing.DisputedHeld, billing.StandsHeld, false},
		"held and behind":      {billing.PastDue, billing.DisputedHeld, billing.StandsHeld, false},
		"open and behind":      {billing.PastDue, billing.DisputedOpen, billing.StandsGrace, true},
		"lost, not yet ended":  {billing.Active, billing.DisputedLost, billing.StandsHeld, false},
		"lost and ended":       {billing.Canceled, billing.DisputedLost, billing.StandsEnded, false},
		"held, and never paid": {billing.Incomplete, billing.DisputedHeld, billing.StandsWaiting, false},
	} {
		s := billing.Subscription{Plan: "digital", Status: tt.status, Dispute: tt.dispute, PeriodStart: noon, PeriodEnd: noon.AddDate(0, 1, 0)}
		st := billing.Access(s, noon.Add(time.Hour))
		if st.State != tt.want || st.Grants != tt.grants || st.Live != (tt.status != billing.Canceled) {
			t.Errorf("%s: %+v", name, st)
		}
	}
}

// Of a payment that a bank took in part, the rest can go back if Stripe says so,
// and what the bank has never goes back a second time. The desk reads why.
func TestAPaymentThatABankTookInPart(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		_, invoice := bought(t, b)
		part := billing.Dispute{ID: "dp_1", Invoice: invoice, Status: "needs_response", Money: billing.Money{Amount: 300, Currency: "eur"}}
		b.stripe.dispute(part)
		refused := func(amount int64, says string) {
			t.Helper()
			_, err := b.GiveBack(ctx, invoice, billing.RefundAsk{Amount: amount, Again: true})
			if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), says) {
				t.Errorf("%d: %v", amount, err)
			}
		}
		refused(10, "3.00 EUR of the 7.00 EUR of invoice N-1 back (dp_1). Until that is decided Stripe refunds nothing")
		b.stripe.moves.open = true
		refused(401, "4.00 EUR is left of the 7.00 EUR that was paid (the cardholder's bank has 3.00 EUR of it)")
		if o, err := b.GiveBack(ctx, invoice, billing.RefundAsk{}); err != nil || o.Money.Amount != 400 {
			t.Errorf("the rest: %+v %v", o, err)
		}
		refused(1, "Nothing is left")
		part.Status = "lost"
		b.stripe.dispute(part)
		b.stripe.moves.open = false
		refused(10, "It keeps them, and Stripe refunds nothing")
		part.Status = "won"
		b.stripe.dispute(part)
		if o, err := b.GiveBack(ctx, invoice, billing.RefundAsk{Again: true}); err != nil || o.Money.Amount != 300 {
			t.Errorf("what was won: %+v %v", o, err)
		}
	})
}
