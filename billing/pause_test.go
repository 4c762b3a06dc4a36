package billing_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// Months as Stripe counts them: on the anchor's day, or the month's last.
func TestRenewalCountsMonthsFromTheAnchor(t *testing.T) {
	t.Parallel()
	at := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 9, 30, 15, 0, time.UTC) }
	for name, tt := range map[string]struct {
		anchor, end time.Time
		n           int
		want        time.Time
	}{
		"the same day":               {at(2024, 1, 10), at(2024, 4, 10), 1, at(2024, 5, 10)},
		"the period's own end":       {at(2024, 1, 31), at(2024, 2, 29), 0, at(2024, 2, 29)},
		"the 31st, out of February":  {at(2024, 1, 31), at(2024, 2, 29), 1, at(2024, 3, 31)},
		"the 31st, two months on":    {at(2024, 1, 31), at(2024, 2, 29), 2, at(2024, 4, 30)},
		"the 30th, into February":    {at(2023, 12, 30), at(2023, 12, 30), 2, at(2024, 2, 29)},
		"over the end of a year":     {at(2023, 11, 15), at(2023, 12, 15), 3, at(2024, 3, 15)},
		"of a year without its 29th": {at(2024, 2, 29), at(2024, 12, 29), 2, at(2025, 2, 28)},
		"without an anchor":          {time.Time{}, at(2024, 4, 10), 3, at(2024, 7, 10)},
	} {
		sub := billing.Subscription{PeriodEnd: tt.end, Terms: billing.Terms{Anchor: tt.anchor}}
		if got := sub.Renewal(tt.n); !got.Equal(tt.want) {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestAPauseKeepsWhatIsPaidFor(t *testing.T) {
	t.Parallel()
	end := noon.Add(10 * day)
	until := end.Add(30 * day)
	paused := func(behavior string) billing.Subscription {
		return billing.Subscription{Plan: "digital", Status: billing.Active, IsPaused: true, PausedUntil: until, PeriodEnd: end,
			Interval: billing.Monthly, Terms: billing.Terms{PauseBehavior: behavior, PausedFrom: end}}
	}
	type st = billing.Standing
	for _, tt := range []struct {
		name, behavior string
		now            time.Time
		want           st
	}{
		{"paid, and a pause ahead", billing.PauseVoid, noon, st{State: billing.StandsPausing, Live: true, Grants: true, EndsAt: end}},
		{"the last instant", billing.PauseVoid, end.Add(-tick), st{State: billing.StandsPausing, Live: true, Grants: true, EndsAt: end}},
		{"begun", billing.PauseVoid, end, st{State: billing.StandsPaused, Live: true}},
		{"its last instant", billing.PauseVoid, until.Add(-tick), st{State: billing.StandsPaused, Live: true}},
		{"over, news late", billing.PauseVoid, until, st{State: billing.StandsActive, Live: true, Grants: true}},
		{"to be paid later", billing.PauseDraft, end, st{State: billing.StandsActive, Live: true, Grants: true}},
		{"on the house", billing.PauseUncollectible, end, st{State: billing.StandsActive, Live: true, Grants: true}},
	} {
		if diff := cmp.Diff(tt.want, billing.Access(paused(tt.behavior), tt.now)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	if got, want := paused(billing.PauseVoid).NextPayment(), end.AddDate(0, 1, 0); !got.Equal(want) {
		t.Errorf("the next payment is on %s, want %s", got, want)
	}
	forGood := paused(billing.PauseVoid)
	forGood.PausedUntil = time.Time{}
	if got := forGood.NextPayment(); !got.IsZero() {
		t.Errorf("paused without an end, and paid on %s", got)
	}
}

// pauses is a bench whose reader pays monthly.
func pauses(t *testing.T, b *bench) string {
	t.Helper()
	id := b.stripe.pay(b.buy(t, "digital_monthly"))
	b.sync(t)
	b.effects.take()
	return id
}

func (b *bench) pause(t *testing.T, months int) {
	t.Helper()
	if err := b.Pause(t.Context(), b.reader, months); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) current(t *testing.T) billing.Subscription {
	t.Helper()
	sub, err := b.SubscriptionOf(t.Context(), b.reader, b.paper.Now())
	if err != nil || sub == nil {
		t.Fatal("no subscription", err)
	}
	return *sub
}

func TestAPauseFromBeginToEnd(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := pauses(t, b)
		end := b.current(t).PeriodEnd
		until := end.AddDate(0, 2, 0).Add(-time.Hour)
		for range 2 { // two clicks are one
			b.pause(t, 2)
		}
		b.sync(t)
		b.effects.left(t, "paused:"+id+":"+strconv.FormatInt(until.Unix(), 10))
		if sub := b.current(t); !sub.IsPaused || !sub.PausedUntil.Equal(until) || !sub.PausedFrom.Equal(end) {
			t.Errorf("%+v", sub)
		}
		b.has(t, billing.Unlimited)
		b.at(end) // nobody has told us of the next period yet
		b.has(t)
		b.stripe.roll(id)
		b.sync(t)
		b.has(t)
		if sub := b.current(t); sub.LatestStatus != "void" || !sub.PausedFrom.Equal(end) {
			t.Errorf("in the pause: %+v", sub)
		}
		if _, err := b.Checkout(t.Context(), b.order("print_monthly")); !errors.Is(err, billing.ErrSubscribed) {
			t.Errorf("a second plan is sold in a pause: %v", err)
		}
		b.at(until.Add(-7*day - tick))
		b.remind(t)
		b.effects.left(t)
		for range 2 {
			b.at(until.Add(-7 * day))
			b.remind(t)
		}
		b.effects.left(t, "returns:"+id+":"+strconv.FormatInt(until.Unix(), 10))
		b.at(until)
		b.has(t, billing.Unlimited)
		b.at(until.Add(time.Hour))
		b.stripe.roll(id)
		b.sync(t)
		if sub := b.current(t); sub.IsPaused || sub.LatestStatus != billing.InvoicePaid || !sub.PausedFrom.IsZero() {
			t.Errorf("after the pause: %+v", sub)
		}
		b.has(t, billing.Unlimited)
		b.effects.left(t)
		if rep, err := b.ReconcileAll(t.Context()); err != nil || len(rep.Drift) > 0 {
			t.Errorf("drift %v %v", rep.Drift, err)
		}
	})
}

func (b *bench) remind(t *testing.T) {
	t.Helper()
	if err := b.Remind(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAPauseThatEndsEarly(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		id := pauses(t, b)
		end := b.current(t).PeriodEnd
		b.pause(t, 1)
		if err := b.Unpause(ctx, b.reader); err != nil {
			t.Fatal(err)
		}
		if sub := b.current(t); sub.IsPaused || !sub.PeriodEnd.Equal(end) {
			t.Errorf("a pause that had not begun: %+v", sub)
		}
		// It does not count: another may follow at once.
		b.pause(t, 3)
		b.at(end.Add(5 * day))
		b.stripe.roll(id)
		b.sync(t)
		customer := b.current(t).Customer
		b.stripe.card(customer, billing.Card{ID: "pm_bad"})
		err := b.Unpause(ctx, b.reader)
		if _, declined := errors.AsType[*billing.Declined](err); !declined || !b.current(t).IsPaused {
			t.Errorf("a card that is refused: %v, %+v", err, b.current(t))
		}
		b.has(t)
		b.stripe.card(customer, billing.Card{ID: "pm_good"})
		for range 2 {
			if err := b.Unpause(ctx, b.reader); err != nil {
				t.Fatal(err)
			}
		}
		sub := b.current(t)
		if sub.IsPaused || !sub.PeriodStart.Equal(b.paper.Now()) || sub.LatestStatus != billing.InvoicePaid {
			t.Errorf("a period that begins now: %+v", sub)
		}
		b.has(t, billing.Unlimited)
		taken, err := b.db.PausesOf(ctx, b.reader)
		if err != nil || len(taken) != 1 || !taken[0].Until.Equal(b.paper.Now()) {
			t.Errorf("what was taken: %+v %v", taken, err)
		}
	})
}

func TestOnePauseInTwelveMonths(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := pauses(t, b)
		b.pause(t, 1)
		until := b.current(t).PausedUntil
		for b.current(t).PeriodEnd.Before(until.AddDate(0, 12, 1)) {
			b.at(b.current(t).PeriodEnd)
			b.stripe.roll(id)
			b.sync(t)
			_, _, err := b.PauseOffer(t.Context(), b.reader)
			if allowed := !b.paper.Now().Before(until.AddDate(0, 12, 0)); allowed != (err == nil) {
				t.Errorf("on %s: %v", b.paper.Now(), err)
			}
		}
	})
}

// What a pause cannot be taken in, and that nothing changes then.
func TestWhenNoPauseIsTaken(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		refused := func(why string) {
			t.Helper()
			if err := b.Pause(t.Context(), b.reader, 1); !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: %v", why, err)
			}
			if subs, err := b.db.SubscriptionsOf(t.Context(), b.reader); err != nil || slices.ContainsFunc(subs, func(s billing.Subscription) bool { return s.IsPaused }) {
				t.Errorf("%s: paused all the same", why)
			}
		}
		refused("nothing bought")
		session := b.buy(t, "digital_monthly")
		refused("an open checkout")
		b.stripe.decline(session, "generic_decline")
		b.sync(t)
		refused("a first payment that failed")
		id := b.stripe.pay(session)
		b.stripe.mu.Lock()
		for old, s := range b.stripe.subs {
			if s.Status == billing.Incomplete {
				s.Status = billing.IncompleteExpired
				b.stripe.subs[old] = s
			}
		}
		b.stripe.mu.Unlock()
		set := func(how func(*billing.Subscription)) billing.Subscription {
			t.Helper()
			was := b.stripe.subs[id]
			if err := b.stripe.change(id, "customer.subscription.updated", how); err != nil {
				t.Fatal(err)
			}
			b.sync(t)
			return was
		}
		for why, how := range map[string]func(*billing.Subscription){
			"cancelled":              func(s *billing.Subscription) { s.CancelAt = s.PeriodEnd },
			"a trial":                func(s *billing.Subscription) { s.Status, s.TrialEnd = billing.Trialing, s.PeriodEnd },
			"past due":               func(s *billing.Subscription) { s.Status = billing.PastDue },
			"unpaid":                 func(s *billing.Subscription) { s.Status = billing.Unpaid },
			"a payment on its way":   func(s *billing.Subscription) { s.LatestStatus = "draft" },
			"a yearly price":         func(s *billing.Subscription) { s.Interval = billing.Yearly },
			"a trial without a card": func(s *billing.Subscription) { s.Status = billing.Paused },
		} {
			was := set(how)
			refused(why)
			set(func(s *billing.Subscription) { *s = was })
		}
		if err := b.Pause(t.Context(), b.reader, 4); !fault.Is(err, fault.Invalid) {
			t.Errorf("four months: %v", err)
		}
		b.pause(t, 1)
	})
}

func TestCancelInAPause(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		id := pauses(t, b)
		end := b.current(t).PeriodEnd
		b.pause(t, 1)
		// Before it begins: at the end of what is paid, and it can be taken back.
		if err := b.Cancel(ctx, b.reader, billing.Parting{}); err != nil {
			t.Fatal(err)
		}
		if st := billing.Access(b.current(t), b.paper.Now()); st.State != billing.StandsEnding || !st.EndsAt.Equal(end) {
			t.Errorf("cancelled before the pause: %+v", st)
		}
		if err := b.Unpause(ctx, b.reader); !fault.Is(err, fault.Conflict) {
			t.Errorf("an end of the pause of a cancelled plan: %v", err)
		}
		if err := b.Resume(ctx, b.reader); err != nil {
			t.Fatal(err)
		}
		if st := billing.Access(b.current(t), b.paper.Now()); st.State != billing.StandsPausing {
			t.Errorf("taken back: %+v", st)
		}
		// In it: nothing is left to keep.
		b.at(end.Add(day))
		b.stripe.roll(id)
		b.sync(t)
		if err := b.Cancel(ctx, b.reader, billing.Parting{}); err != nil {
			t.Fatal(err)
		}
		if sub := b.current(t); sub.Status != billing.Canceled {
			t.Errorf("cancelled in the pause: %+v", sub)
		}
	})
}

// A pause that Stripe's own desk set, in each of its three ways.
func TestPausedAtStripesDesk(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := pauses(t, b)
		end := b.current(t).PeriodEnd
		set := func(behavior string) {
			t.Helper()
			err := b.stripe.change(id, "customer.subscription.updated", func(s *billing.Subscription) {
				s.IsPaused, s.PauseBehavior = true, behavior
			})
			if err != nil {
				t.Fatal(err)
			}
			b.sync(t)
		}
		set(billing.PauseVoid)
		b.effects.left(t, "paused:"+id+":0")
		b.at(end)
		b.has(t)
		b.stripe.roll(id)
		b.sync(t)
		b.has(t)
		for _, free := range []string{billing.PauseDraft, billing.PauseUncollectible} {
			set(free)
			b.has(t, billing.Unlimited)
			b.at(b.current(t).PeriodEnd)
			b.stripe.roll(id)
			b.sync(t)
			b.has(t, billing.Unlimited)
			if st := billing.Access(b.current(t), b.paper.Now()); st.State != billing.StandsActive {
				t.Errorf("%s: %+v", free, st)
			}
		}
	})
}
