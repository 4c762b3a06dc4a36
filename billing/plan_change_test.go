package billing_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

var (
	previews = must(billing.NewPreviews("the secret of this bench"))
	door     = billing.Shipping{Name: "Ada Byron", Line1: "18 Rua das Flores", City: "Porto", PostalCode: "4050-265", Country: "PT"}
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// reads is a subscriber with a card, ten days into their month.
func reads(t *testing.T, b *bench, lookup string) string {
	t.Helper()
	id := b.stripe.pay(b.buy(t, lookup))
	b.stripe.mu.Lock()
	sub := b.stripe.subs[id]
	sub.Interval, sub.Money = fakePrices[lookup].Interval, fakePrices[lookup].Money
	b.stripe.subs[id] = sub
	b.stripe.mu.Unlock()
	b.stripe.card(sub.Customer, billing.Card{ID: "pm_1", Last4: "4242"})
	b.paper.add(10 * day)
	b.sync(t)
	b.effects.take()
	return id
}

func (b *bench) edit(id string, how func(*billing.Subscription)) {
	if err := b.stripe.change(id, "customer.subscription.updated", how); err != nil {
		panic(err)
	}
}

func (b *bench) preview(t *testing.T, lookup string, keep bool) billing.Preview {
	t.Helper()
	p, err := b.PreviewChange(t.Context(), previews, b.reader, billing.Choice{LookupKey: lookup, Keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (b *bench) carry(t *testing.T, token string) billing.PlanChange {
	t.Helper()
	c, err := b.CarryOut(t.Context(), previews, b.reader, token, door)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (b *bench) mine(t *testing.T) billing.Subscription {
	t.Helper()
	sub, err := b.SubscriptionOf(t.Context(), b.reader, b.paper.Now())
	if err != nil || sub == nil {
		t.Fatal(sub, err)
	}
	return *sub
}

func TestAnUpgradeIsWhatWasShownAndHappensOnce(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := reads(t, b, "digital_monthly")
		p := b.preview(t, "print_monthly", false)
		if p.Timing != billing.AtOnce || p.Today.Due.Amount <= 0 || p.Today.Due != p.Today.Total || p.Next.Total.Amount != 1400 || !p.Ships || !p.To.IsZero() {
			t.Fatalf("%+v", p)
		}
		if b.mine(t).Plan != "digital" || b.stripe.changes.swaps != 0 {
			t.Fatal("a preview changed something")
		}
		b.paper.add(14 * time.Minute)
		var all sync.WaitGroup
		for range 3 { // clicks
			all.Go(func() {
				if c, err := b.another().CarryOut(t.Context(), previews, b.reader, p.Token, door); err != nil || c.State != billing.ChangeDone || c.Due != p.Today.Due {
					t.Errorf("%+v %v", c, err)
				}
			})
		}
		all.Wait()
		if b.stripe.changes.swaps != 1 {
			t.Errorf("%d changes", b.stripe.changes.swaps)
		}
		b.has(t, billing.Print, billing.Unlimited)
		if got := b.stripe.changes.shipped[b.stripe.subs[id].Customer]; got != door {
			t.Errorf("the magazine goes to %+v", got)
		}
		b.sync(t)
		told := b.effects.take()
		if len(told) != 1 || !strings.HasPrefix(told[0], "changed:"+id+":") {
			t.Fatalf("letters: %v", told)
		}
		want := billing.Switched{FromPlan: "digital", ToPlan: "print", Interval: billing.Monthly, Money: billing.Money{Amount: 1400, Currency: "eur"}, Next: b.mine(t).PeriodEnd}
		if diff := cmp.Diff(want, b.effects.all[told[0]].Switched); diff != "" {
			t.Error(diff)
		}
		rows, err := b.db.PlanChangesOf(t.Context(), b.reader)
		if err != nil || len(rows) != 1 || rows[0].FromPlan != "digital" || rows[0].ToPlan != "print" {
			t.Errorf("%+v %v", rows, err)
		}
	})
}

// What is not as it was shown is not done: the sum, the price, the plan, the
// time, the hand.
func TestWhatIsNotAsShownIsNotDone(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, b *bench, id string, token *string){
		"a cent less": func(_ *testing.T, b *bench, _ string, _ *string) { b.stripe.changes.off = 1 },
		"it renewed":  func(_ *testing.T, b *bench, id string, _ *string) { b.stripe.turn(id); b.paper.add(21 * day) },
		"another plan": func(_ *testing.T, b *bench, id string, _ *string) {
			b.edit(id, func(s *billing.Subscription) { s.PriceID = "price_old" })
		},
		"it went on trial": func(_ *testing.T, b *bench, id string, _ *string) {
			b.edit(id, func(s *billing.Subscription) { s.Status = billing.Trialing })
		},
		"a changed token": func(_ *testing.T, _ *bench, _ string, token *string) { *token = "A" + (*token)[1:] },
		"no token":        func(_ *testing.T, _ *bench, _ string, token *string) { *token = "" },
		"somebody else's": func(t *testing.T, b *bench, _ string, _ *string) { b.reader = b.addReader(t, "eve@example.org") },
		"another seal": func(t *testing.T, b *bench, _ string, token *string) {
			*token = strings.Split(*token, ".")[0] + "." + strings.Split(must(billing.NewCardLinks("x")).Seal(billing.CardLink{}), ".")[1]
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "sqlite://"+t.TempDir()+"/paper.db")
			id := reads(t, b, "digital_monthly")
			token, price := b.preview(t, "print_monthly", false).Token, b.stripe.subs[id].PriceID
			whose := b.reader
			spoil(t, b, id, &token)
			_, err := b.CarryOut(t.Context(), previews, b.reader, token, door)
			outdated, ok := errors.AsType[*billing.Outdated](err)
			if !ok && !errors.Is(err, billing.ErrPreviewOver) || !fault.Is(err, fault.Conflict) {
				t.Fatalf("%v", err)
			}
			if b.stripe.changes.swaps != 0 || name != "another plan" && b.stripe.subs[id].PriceID != price {
				t.Error("it was changed")
			}
			if rows, _ := b.db.PlanChangesOf(t.Context(), whose); len(rows) != 0 {
				t.Errorf("%+v", rows)
			}
			if ok && outdated.Preview.Token != "" { // the new one can be carried out
				if c := b.carry(t, outdated.Preview.Token); c.State != billing.ChangeDone {
					t.Errorf("%+v", c)
				}
			}
		})
	}
}

// walls is a wall clock that a test moves.
type walls struct{ hands }

func TestAPreviewRunsOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, "sqlite://"+t.TempDir()+"/paper.db")
	reads(t, b, "digital_monthly")
	wall := &walls{hands{t: time.Now()}}
	b.Service.Wall = wall
	first, second := b.preview(t, "print_monthly", false), b.preview(t, "print_monthly", false)
	wall.add(billing.PreviewLife)
	if _, err := b.CarryOut(t.Context(), previews, b.reader, first.Token, door); !errors.Is(err, billing.ErrPreviewOver) || b.stripe.changes.swaps != 0 {
		t.Errorf("after fifteen minutes: %v", err)
	}
	wall.add(-time.Second)
	b.carry(t, second.Token)
	if _, err := b.CarryOut(t.Context(), previews, b.reader, first.Token, door); err == nil {
		t.Error("a preview of what was before was carried out")
	}
}

func TestDeclineOnUpgradeKeepsTheOldPlan(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := reads(t, b, "digital_monthly")
		b.stripe.changes.bank = "declined"
		p := b.preview(t, "print_monthly", false)
		for range 2 {
			if c := b.carry(t, p.Token); c.State != billing.ChangeDeclined || c.Decline != "insufficient_funds" {
				t.Errorf("%+v", c)
			}
		}
		sub := b.mine(t)
		if sub.Plan != "digital" || sub.Status != billing.Active || !sub.Coming.IsZero() || b.stripe.invoices[sub.Latest].Status != "void" {
			t.Errorf("after a decline: %+v", sub)
		}
		b.sync(t)
		b.effects.left(t)
		b.stripe.changes.bank = ""
		if c := b.carry(t, b.preview(t, "print_monthly", false).Token); c.State != billing.ChangeDone || b.mine(t).Plan != "print" || b.stripe.subs[id].PriceID != "price_print_monthly" {
			t.Errorf("with a card that works: %+v", c)
		}
	})
}

// A webhook that comes while the declined invoice is still open asks nobody for
// its money.
func TestAnOpenChangeIsNoDunning(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := reads(t, b, "digital_monthly")
		b.stripe.mu.Lock()
		b.stripe.changes.bank = "declined"
		b.stripe.swap(billing.Swap{Subscription: id, PriceID: "price_print_monthly"})
		b.stripe.mu.Unlock()
		b.sync(t)
		b.effects.left(t)
		if c := b.mine(t).Coming; !c.Held() || c.Plan != "print" {
			t.Errorf("%+v", c)
		}
	})
}

func TestTheBankAsksAtAnUpgrade(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := reads(t, b, "digital_monthly")
		b.stripe.changes.bank = "asks"
		p := b.preview(t, "print_monthly", false)
		if c := b.carry(t, p.Token); c.State != billing.ChangeHeld {
			t.Fatalf("%+v", c)
		}
		sub := b.mine(t)
		if sub.Plan != "digital" || sub.Coming.Plan != "print" || sub.Coming.PayURL == "" {
			t.Errorf("%+v", sub)
		}
		b.stripe.confirmed(id)
		b.sync(t)
		if b.mine(t).Plan != "print" || !b.mine(t).Coming.IsZero() {
			t.Errorf("confirmed: %+v", b.mine(t))
		}
		told := b.effects.take()
		if !slices.ContainsFunc(told, func(k string) bool { return strings.HasPrefix(k, "changed:") }) {
			t.Errorf("letters: %v", told)
		}
	})
}

func TestADowngradeWaitsAndCanBeTakenBack(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := reads(t, b, "print_monthly")
		ends := b.mine(t).PeriodEnd
		p := b.preview(t, "digital_monthly", false)
		if p.Timing != billing.AtPeriodEnd || p.Today.Due.Amount != 0 || len(p.Today.Lines) != 0 || p.Next.Total.Amount != 700 || !p.Next.At.Equal(ends) || p.Ships {
			t.Fatalf("%+v", p)
		}
		for range 2 {
			if c := b.carry(t, p.Token); c.State != billing.ChangeWaits {
				t.Errorf("%+v", c)
			}
		}
		if c := b.mine(t).Coming; b.stripe.changes.later != 1 || c.Plan != "digital" || !c.At.Equal(ends) || c.Held() {
			t.Errorf("%d scheduled, %+v", b.stripe.changes.later, c)
		}
		b.has(t, billing.Print, billing.Unlimited)
		for range 2 {
			if err := b.TakeBack(t.Context(), b.reader); err != nil {
				t.Fatal(err)
			}
		}
		if !b.mine(t).Coming.IsZero() {
			t.Error("it waits still")
		}
		b.carry(t, p.Token) // replayed: what was taken back stays so
		if b.stripe.changes.later != 1 || !b.mine(t).Coming.IsZero() {
			t.Error("a replayed preview scheduled again")
		}
		b.carry(t, b.preview(t, "digital_monthly", false).Token)
		b.effects.left(t)
		b.paper.add(21 * day)
		b.stripe.turn(id)
		b.sync(t)
		b.has(t, billing.Unlimited)
		if told := b.effects.take(); len(told) != 1 || !strings.HasPrefix(told[0], "changed:") {
			t.Errorf("letters: %v", told)
		}
		// The schedule has run its course and is still there: cancelling frees the plan of it.
		if err := b.Cancel(t.Context(), b.reader, billing.Parting{}); err != nil || b.mine(t).Coming.Schedule != "" || b.mine(t).CancelAt.IsZero() {
			t.Errorf("%v, %+v", err, b.mine(t))
		}
	})
}

func TestACancellationIsTakenBackOnlyWhenToldSo(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		reads(t, b, "print_monthly")
		if err := b.Cancel(ctx, b.reader, billing.Parting{}); err != nil {
			t.Fatal(err)
		}
		_, err := b.PreviewChange(ctx, previews, b.reader, billing.Choice{LookupKey: "digital_monthly"})
		if refused, ok := errors.AsType[*billing.Refused](err); !ok || refused.Why != billing.RefusedEnding {
			t.Fatalf("%v", err)
		}
		p := b.preview(t, "digital_monthly", true)
		b.stripe.failing["SwapLater"] = 1
		if _, err := b.CarryOut(ctx, previews, b.reader, p.Token, door); err == nil || b.mine(t).CancelAt.IsZero() {
			t.Errorf("the change failed (%v), and the cancellation is gone", err)
		}
		if c := b.carry(t, p.Token); c.State != billing.ChangeWaits || !b.mine(t).CancelAt.IsZero() {
			t.Errorf("%+v, %+v", c, b.mine(t))
		}
		// And the other way round: cancelling takes back what waits.
		if err := b.Cancel(ctx, b.reader, billing.Parting{}); err != nil || !b.mine(t).Coming.IsZero() || b.mine(t).CancelAt.IsZero() {
			t.Errorf("cancel while scheduled: %v %+v", err, b.mine(t))
		}
		// What begins at once leaves the cancellation be, unless told so.
		for _, keep := range []bool{false, true} {
			if keep { // a month again, by support's hand
				b.edit(b.mine(t).ID, func(s *billing.Subscription) {
					s.PriceID, s.LookupKey, s.Interval, s.Money = "price_print_monthly", "print_monthly", billing.Monthly, fakePrices["print_monthly"].Money
				})
			}
			p := b.preview(t, "print_yearly", keep)
			if p.Uncancel != keep || p.Next.At.IsZero() == keep {
				t.Errorf("keep %t: %+v", keep, p)
			}
			b.carry(t, p.Token)
			if sub := b.mine(t); sub.CancelAt.IsZero() != keep || sub.Interval != billing.Yearly {
				t.Errorf("keep %t: %+v", keep, sub)
			}
		}
	})
}

func TestATrialSurvivesASwap(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := reads(t, b, "print_monthly")
		b.edit(id, func(s *billing.Subscription) { s.Status, s.TrialEnd = billing.Trialing, s.PeriodEnd })
		p := b.preview(t, "digital_monthly", false)
		if p.Timing != billing.AtOnce || !p.Trial || p.Today.Due.Amount != 0 || p.Next.Total.Amount != 700 {
			t.Fatalf("%+v", p)
		}
		b.carry(t, p.Token)
		if sub := b.mine(t); sub.Status != billing.Trialing || sub.Plan != "digital" || sub.TrialEnd.IsZero() {
			t.Errorf("%+v", sub)
		}
	})
}

func TestAnAddressIsAskedForAndChecked(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := reads(t, b, "digital_monthly")
		p := b.preview(t, "print_monthly", false)
		for field, to := range map[string]billing.Shipping{
			"name": {Line1: "1", City: "x", PostalCode: "1", Country: "PT"}, "country": {Name: "A", Line1: "1", City: "x", PostalCode: "1", Country: "AQ"},
			"postal": {Name: "A", Line1: "1", City: "x", Country: "ES"}, "line2": {Name: "A", Line1: "1", Line2: strings.Repeat("é", 201), City: "x", PostalCode: "1", Country: "ES"},
		} {
			_, err := b.CarryOut(t.Context(), previews, b.reader, p.Token, to)
			bad, ok := errors.AsType[*billing.BadAddress](err)
			if !ok || len(bad.Wrong) != 1 || bad.Wrong[field] == "" || bad.Preview.Token == "" {
				t.Errorf("%s: %v", field, err)
			}
		}
		if b.stripe.changes.swaps != 0 || len(b.stripe.changes.shipped) != 0 {
			t.Error("an incomplete address was enough")
		}
		untidy := door
		untidy.City, untidy.Country = "  Porto ", "pt"
		if c, err := b.CarryOut(t.Context(), previews, b.reader, p.Token, untidy); err != nil || c.State != billing.ChangeDone {
			t.Errorf("%+v %v", c, err)
		}
		// The address that Stripe has is shown, and stays when print goes.
		b.carry(t, b.preview(t, "digital_monthly", false).Token)
		b.paper.add(21 * day)
		b.stripe.turn(id)
		b.sync(t)
		if p := b.preview(t, "print_monthly", false); p.To != door {
			t.Errorf("on file: %+v", p.To)
		}
	})
}

// An answer that is lost leaves one change, whatever was lost.
func TestALostAnswerLeavesOneChange(t *testing.T) {
	for _, method := range []string{"SwapNow", "SwapNow after", "SaveShipping", "Quote"} {
		for _, bank := range []string{"", "declined", "asks"} {
			t.Run(method+" "+bank, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, "sqlite://"+t.TempDir()+"/paper.db")
				reads(t, b, "digital_monthly")
				p := b.preview(t, "print_monthly", false)
				b.stripe.changes.bank = bank
				b.stripe.failing[method] = 1
				if _, err := b.CarryOut(t.Context(), previews, b.reader, p.Token, door); !fault.Is(err, fault.Unavailable) {
					t.Fatalf("no answer: %v", err)
				}
				want := map[string]billing.PlanChangeState{"": billing.ChangeDone, "declined": billing.ChangeDeclined, "asks": billing.ChangeHeld}[bank]
				for range 2 {
					if c := b.carry(t, p.Token); c.State != want {
						t.Errorf("%+v, want %s", c, want)
					}
				}
				if n := len(b.stripe.changes.answers); n != 1 {
					t.Errorf("%d changes were asked for", n)
				}
			})
		}
	}
}

func TestWithoutACardNothingIsSold(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := reads(t, b, "digital_monthly")
		b.stripe.card(b.stripe.subs[id].Customer, billing.Card{})
		_, err := b.PreviewChange(t.Context(), previews, b.reader, billing.Choice{LookupKey: "print_monthly"})
		if refused, ok := errors.AsType[*billing.Refused](err); !ok || refused.Why != billing.RefusedCard {
			t.Errorf("%v", err)
		}
	})
}

func TestEndedAtOnceWhileAChangeWaits(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := reads(t, b, "print_monthly")
		b.carry(t, b.preview(t, "digital_monthly", false).Token)
		if _, err := b.EndNow(t.Context(), id, billing.RefundNone, "support"); err != nil {
			t.Fatal(err)
		}
		if sub := b.mine(t); sub.Status != billing.Canceled || !sub.Coming.IsZero() {
			t.Errorf("%+v", sub)
		}
	})
}
