package billing_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

const (
	digital = "digital_monthly"
	print   = "print_monthly"
)

func (b *bench) month(n int) time.Time { return noon.AddDate(0, n, 0) }

// paying makes the bench's reader pay for a price, and gives the subscription.
func (b *bench) paying(t testing.TB, price string) billing.Subscription {
	t.Helper()
	url, err := b.Checkout(t.Context(), b.order(price))
	if err != nil {
		t.Fatal(err)
	}
	id := b.stripe.pay(url[len("https://pay.example/"):])
	b.resync(t)
	return b.known(t, id)
}

func (b *bench) resync(t testing.TB) {
	t.Helper()
	if err := b.SyncReader(t.Context(), b.reader); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) known(t testing.TB, id string) billing.Subscription {
	t.Helper()
	sub, ok, err := b.db.SubscriptionByID(t.Context(), id)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return sub
}

func (b *bench) spans(t testing.TB, gift string, from, to time.Time) {
	t.Helper()
	if g := b.grant(t, gift); !g.From.Equal(from) || !g.To.Equal(to) {
		t.Errorf("the gift runs from %s to %s, want %s to %s", g.From, g.To, from, to)
	}
}

func TestWhereAGiftGoes(t *testing.T) {
	cases := map[string]func(t *testing.T, b *bench){
		"nothing held: it begins now": func(t *testing.T, b *bench) {
			g, code := b.given(t, "gift_digital_6")
			b.redeem(t, code)
			b.spans(t, g.ID, noon, b.month(6))
			b.has(t, billing.Unlimited)
			if held, err := b.HoldingsOf(t.Context(), b.reader, noon); err != nil || held[0].Why != "A gift from Ada" || !held[0].Until.Equal(b.month(6)) {
				t.Error(held, err)
			}
		},
		"the same gift runs: it follows": func(t *testing.T, b *bench) {
			_, first := b.given(t, "gift_digital_6")
			g, second := b.given(t, "gift_digital_3")
			b.redeem(t, first)
			b.redeem(t, second)
			b.spans(t, g.ID, b.month(6), b.month(9))
		},
		"a better gift runs: it follows": func(t *testing.T, b *bench) {
			_, first := b.given(t, "gift_print_6")
			g, second := b.given(t, "gift_digital_3")
			b.redeem(t, first)
			b.redeem(t, second)
			b.spans(t, g.ID, b.month(6), b.month(9))
		},
		"a lesser gift runs: it begins now and the other is prolonged": func(t *testing.T, b *bench) {
			small, first := b.given(t, "gift_digital_6")
			large, second := b.given(t, "gift_print_6")
			b.redeem(t, first)
			b.redeem(t, second)
			b.spans(t, large.ID, noon, b.month(6))
			b.spans(t, small.ID, noon, b.month(6).Add(b.month(6).Sub(noon)))
		},
		"the same plan is paid: the next payment moves": func(t *testing.T, b *bench) {
			sub := b.paying(t, digital)
			g, code := b.given(t, "gift_digital_3")
			offer, err := b.LookAtGift(t.Context(), code, b.taker(b.reader))
			if err != nil || offer.Moves == nil || !offer.Next.Equal(b.month(4)) {
				t.Error("the offer does not tell of it", offer.Next, err)
			}
			b.redeem(t, code)
			b.spans(t, g.ID, b.month(1), b.month(4))
			now := b.known(t, sub.ID)
			if now.Status != billing.Trialing || !now.PeriodEnd.Equal(b.month(4)) || len(b.stripe.gifts.pushes) != 1 {
				t.Errorf("%s until %s, moved %v", now.Status, now.PeriodEnd, b.stripe.gifts.pushes)
			}
			if n := len(b.stripe.invoices); n != 1 {
				t.Errorf("%d invoices: something was charged or credited", n)
			}
		},
		"a lesser plan is paid: it begins now and the payment moves": func(t *testing.T, b *bench) {
			sub := b.paying(t, digital)
			b.paper.add(10 * 24 * time.Hour)
			g, code := b.given(t, "gift_print_6")
			b.redeem(t, code)
			from := noon.AddDate(0, 0, 10)
			b.spans(t, g.ID, from, from.AddDate(0, 6, 0))
			if now := b.known(t, sub.ID); !now.PeriodEnd.Equal(b.month(1).Add(from.AddDate(0, 6, 0).Sub(from))) {
				t.Error("the next payment is on", now.PeriodEnd)
			}
		},
		"a better plan is paid and goes on: the code stays good": func(t *testing.T, b *bench) {
			sub := b.paying(t, print)
			g, code := b.given(t, "gift_digital_3")
			_, err := b.Redeem(t.Context(), code, b.taker(b.reader))
			if !errors.Is(err, billing.ErrHoldsMore) || !fault.Is(err, fault.Conflict) {
				t.Fatal(err)
			}
			if err := b.Cancel(t.Context(), b.reader, billing.Parting{}); err != nil {
				t.Fatal(err)
			}
			b.redeem(t, code)
			b.spans(t, g.ID, b.month(1), b.month(4))
			if now := b.known(t, sub.ID); !now.PeriodEnd.Equal(b.month(1)) {
				t.Error("a plan that ends was moved")
			}
		},
		"the same plan ends: it follows, and moves the payment if the reader stays": func(t *testing.T, b *bench) {
			sub := b.paying(t, digital)
			if err := b.Cancel(t.Context(), b.reader, billing.Parting{}); err != nil {
				t.Fatal(err)
			}
			g, code := b.given(t, "gift_digital_3")
			b.redeem(t, code)
			b.spans(t, g.ID, b.month(1), b.month(4))
			if len(b.stripe.gifts.pushes) != 0 {
				t.Error("a plan that ends was moved")
			}
			if err := b.Resume(t.Context(), b.reader); err != nil {
				t.Fatal(err)
			}
			b.push(t, g.ID)
			if now := b.known(t, sub.ID); !now.PeriodEnd.Equal(b.month(4)) {
				t.Error("the next payment is on", now.PeriodEnd)
			}
		},
		"a payment is behind: it begins now, and the payment moves when that is paid": func(t *testing.T, b *bench) {
			sub := b.paying(t, digital)
			b.paper.add(b.month(1).Sub(noon))
			invoice := b.stripe.renew(sub.ID)
			b.resync(t)
			g, code := b.given(t, "gift_digital_3")
			b.redeem(t, code)
			b.spans(t, g.ID, b.month(1), b.month(4))
			if len(b.stripe.gifts.pushes) != 0 {
				t.Fatal("what is owed was moved")
			}
			customer := b.known(t, sub.ID).Customer
			b.stripe.card(customer, billing.Card{ID: "pm_new", Last4: "4242"})
			if err := b.PayOpen(t.Context(), customer, invoice); err != nil {
				t.Fatal(err)
			}
			b.push(t, g.ID)
			if now := b.known(t, sub.ID); !now.PeriodEnd.Equal(b.month(2).Add(b.month(4).Sub(b.month(1)))) {
				t.Error("the next payment is on", now.PeriodEnd)
			}
		},
		"a plan is bought while a gift runs: its first renewal moves by what is left": func(t *testing.T, b *bench) {
			g, code := b.given(t, "gift_digital_6")
			b.redeem(t, code)
			b.paper.add(b.month(2).Sub(noon))
			sub := b.paying(t, digital)
			b.push(t, g.ID)
			if now := b.known(t, sub.ID); !now.PeriodEnd.Equal(b.month(3).Add(b.month(6).Sub(b.month(2)))) {
				t.Error("the next payment is on", now.PeriodEnd)
			}
		},
		"somebody holds the plan without an end: the code stays good": func(t *testing.T, b *bench) {
			if err := b.db.AddGrant(t.Context(), billing.Grant{ID: "desk", ReaderID: b.reader, Plan: "digital", Why: "Desk", From: noon}); err != nil {
				t.Fatal(err)
			}
			_, code := b.given(t, "gift_digital_3")
			_, err := b.Redeem(t.Context(), code, b.taker(b.reader))
			kind(t, err, fault.Conflict)
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) { engines(t, test) })
	}
}

// push runs the gift's job, which a sync must have asked for.
func (b *bench) push(t testing.TB, gift string) {
	t.Helper()
	r, _, err := b.db.RedemptionOf(t.Context(), gift)
	if err != nil {
		t.Fatal(err)
	}
	asked := false
	for key := range b.effects.all {
		asked = asked || len(key) > len("gift.push:"+gift) && key[:len("gift.push:"+gift)+1] == "gift.push:"+gift+":"
	}
	if !asked {
		t.Fatalf("no sync asked for the move: %+v", r.Push)
	}
	if err := b.PushGift(t.Context(), gift); err != nil {
		t.Fatal(err)
	}
}

// The day is decided once: answers that are lost, and jobs that run twice, move
// the payment once.
func TestThePaymentMovesOnce(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		sub := b.paying(t, digital)
		_, first := b.given(t, "gift_digital_3")
		g, second := b.given(t, "gift_digital_6")
		b.redeem(t, first)
		b.stripe.failing["PushRenewal after"] = 1
		b.redeem(t, second)
		for range 3 {
			if err := b.PushGift(ctx, g.ID); err != nil {
				t.Fatal(err)
			}
		}
		if now := b.known(t, sub.ID); !now.PeriodEnd.Equal(b.month(10)) {
			t.Errorf("the next payment is on %s, want %s", now.PeriodEnd, b.month(10))
		}
		b.spans(t, g.ID, b.month(4), b.month(10))
		if n := len(b.stripe.gifts.pushes); n != 2 {
			t.Errorf("moved %d times", n)
		}
	})
}

// Stripe takes no day that is more than two years ahead: what does not fit is
// moved later, by the job that was asked for.
func TestMoreGiftsThanStripeTakesAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		sub := b.paying(t, digital)
		var gifts []string
		for range 3 {
			g, code := b.given(t, "gift_digital_12")
			gifts = append(gifts, g.ID)
			b.redeem(t, code)
		}
		want := b.known(t, sub.ID).PeriodEnd
		if d := want.Sub(b.paper.Now()); d > 731*24*time.Hour {
			t.Errorf("Stripe was asked for a day %s ahead", d)
		}
		for range 40 {
			b.paper.add(20 * 24 * time.Hour)
			for _, g := range gifts {
				if err := b.PushGift(ctx, g); err != nil {
					t.Fatal(err)
				}
			}
		}
		var months time.Duration
		for _, g := range gifts {
			r, _, err := b.db.RedemptionOf(ctx, g)
			if err != nil || !r.Push.Done {
				t.Fatalf("%+v %v", r.Push, err)
			}
			months += r.Push.Span
		}
		if now := b.known(t, sub.ID); !now.PeriodEnd.Equal(b.month(1).Add(months)) {
			t.Errorf("the next payment is on %s, want %s", now.PeriodEnd, b.month(1).Add(months))
		}
	})
}

// The letters at a gift's end follow it when it was prolonged, and are silent
// where something goes on.
func TestTheEndOfAGift(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		g, code := b.given(t, "gift_digital_6")
		b.redeem(t, code)
		over := b.effects.all[fmt.Sprintf("gift.over:%s:%d", g.ID, b.month(6).Unix())]
		month := b.effects.all[fmt.Sprintf("gift.month:%s:%d", g.ID, b.month(6).Unix())]
		if !over.RunAt.Equal(b.month(6)) || !month.RunAt.Equal(b.month(5)) {
			t.Fatal(over.RunAt, month.RunAt)
		}
		if _, ok, err := b.GiftEnd(ctx, over); !ok || err != nil {
			t.Error("nothing is said at the end", err)
		}
		_, other := b.given(t, "gift_digital_3")
		b.redeem(t, other)
		if _, ok, err := b.GiftEnd(ctx, over); ok || err != nil {
			t.Error("an end is told though another gift follows", err)
		}
		large, better := b.given(t, "gift_print_6")
		b.redeem(t, better)
		if _, ok, err := b.GiftEnd(ctx, month); ok || err != nil {
			t.Error("the old end is told", err)
		}
		end := b.grant(t, g.ID).To
		if e := b.effects.all[fmt.Sprintf("gift.month:%s:%d", g.ID, end.Unix())]; !e.Until.Equal(end) {
			t.Errorf("the new end is not asked for: %s %+v", large.ID, e)
		}
	})
}

// Months are counted where the paper is, and end on a day that there is.
func TestMonthsOfAGift(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	at := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, zone) }
	for from, want := range map[time.Time]time.Time{
		at(2024, 1, 15, 9):   at(2024, 4, 15, 9), // one hour less, by the clock of the paper
		at(2023, 11, 30, 9):  at(2024, 2, 29, 9),
		at(2024, 11, 30, 23): at(2025, 2, 28, 23),
	} {
		if got := billing.AddMonths(from, 3, zone); !got.Equal(want) {
			t.Errorf("three months from %s end on %s, want %s", from, got, want)
		}
	}
}

// Whatever comes in whatever order, a session makes one gift, a gift has one
// reader or one refund, and readers have the months that were bought for them.
func TestGiftsInAnyOrder(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		readers := []string{b.reader, b.addReader(t, "bo@example.org")}
		serial := 0
		rapid.Check(t, func(rt *rapid.T) {
			serial++
			l := &giftLives{T: rt, b: b, paid: map[string]bool{}, redeemed: map[string]string{}, back: map[string]bool{}, dead: map[string]bool{}}
			for _, r := range readers {
				id := fmt.Sprintf("%s-%d", r, serial)
				l.readers = append(l.readers, b.addReader(t, id))
			}
			for range rapid.IntRange(5, 25).Draw(rt, "steps") {
				l.step()
			}
			l.check()
		})
	})
}
