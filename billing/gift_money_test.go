package billing_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/store"
)

// hear delivers an event and waits until it was worked on.
func (b *bench) hear(t *testing.T, events ...billing.Event) {
	t.Helper()
	b.deliver(t, b.Service, events...)
	b.settle(t)
}

func (b *bench) giftNow(t *testing.T, id string) billing.Gift {
	t.Helper()
	g, err := b.Gift(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// refunds are what went back of a gift's payment, failed or not.
func (b *bench) refunds(g billing.Gift) []billing.Refund {
	b.stripe.mu.Lock()
	defer b.stripe.mu.Unlock()
	return slices.Clone(b.stripe.refunds["ch_"+g.SessionID])
}

// A bank has the payment of a gift that its buyer takes back: nothing is given
// back beside, the gift is not called refunded, and what follows is the bank's
// to say.
func TestAGiftIsTakenBackWhileABankHasItsPayment(t *testing.T) {
	for end, want := range map[string]struct {
		state billing.GiftState
		back  int
	}{"won": {billing.GiftReturned, 1}, "lost": {billing.GiftVoid, 0}} {
		t.Run(end, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				ctx := t.Context()
				g, code := b.given(t, "gift_digital_6")
				b.effects.take()
				late := b.stripe.trouble(g.SessionID, taken("needs_response"))
				for range 2 {
					got, err := b.ReturnGift(ctx, g.ID)
					if err != nil || got.State != billing.GiftReturning || !got.Dispute.Took() || got.Refund != "" {
						t.Fatalf("%s, dispute %+v, refund %q, %v", got.State, got.Dispute, got.Refund, err)
					}
				}
				b.hear(t, late)
				if err := b.RefundGift(ctx, g.ID); err != nil || len(b.refunds(g)) != 0 {
					t.Fatalf("given back while the bank has it: %v %v", b.refunds(g), err)
				}
				b.effects.left(t, "gift.dispute:dp_"+g.SessionID+":open", "gift.return:"+g.ID+":1")
				over := b.stripe.trouble(g.SessionID, taken(end))
				for range 2 {
					b.hear(t, over)
				}
				if err := b.RefundGift(ctx, g.ID); err != nil { // the job that the look asked for
					t.Fatal(err)
				}
				b.hear(t, over)
				got := b.giftNow(t, g.ID)
				if got.State != want.state || len(b.refunds(g)) != want.back || got.Dispute.Status != end {
					t.Errorf("%s, %v went back, dispute %s", got.State, b.refunds(g), got.Dispute.Status)
				}
				left := []string{"gift.dispute:dp_" + g.SessionID + ":" + end}
				if want.back == 1 {
					left = append(left, "gift.back:"+g.ID+":1", "gift.return:"+g.ID+":1:dp_"+g.SessionID+":won")
				}
				slices.Sort(left)
				b.effects.left(t, left...)
				_, err := b.Redeem(ctx, code, b.taker(b.reader))
				kind(t, err, fault.Conflict)
				b.has(t)
			})
		})
	}
}

// A bank that only asks has no money: the code stays good, and the gift can be
// taken back.
func TestAnInquiryAboutAGiftChangesNothing(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		g, _ := b.given(t, "gift_digital_6")
		b.effects.take()
		b.hear(t, b.stripe.trouble(g.SessionID, taken("warning_needs_response")))
		b.effects.left(t, "gift.dispute:dp_"+g.SessionID+":inquiry")
		if got := b.giftNow(t, g.ID); got.State != billing.GiftPaid || got.Dispute.Took() {
			t.Fatal(got.State, got.Dispute)
		}
		if got, err := b.ReturnGift(t.Context(), g.ID); err != nil || got.State != billing.GiftReturned || len(b.refunds(g)) != 1 {
			t.Error(got.State, err)
		}
	})
}

// A refund that did not arrive makes the gift its buyer's again, by a code that
// nobody else has; the buyer and the publisher are told once, and it can be
// taken back once more.
func TestAGiftsRefundDoesNotArrive(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		g, code := b.given(t, "gift_digital_6", "bo@example.org")
		if _, err := b.ReturnGift(ctx, g.ID); err != nil {
			t.Fatal(err)
		}
		first := b.giftNow(t, g.ID)
		b.effects.take()
		event := b.stripe.bounce(g.SessionID, "lost_or_stolen_card")
		for range 2 {
			b.hear(t, event)
		}
		b.effects.left(t, "gift.bounced:"+first.Refund)
		if e := b.effects.all["gift.bounced:"+first.Refund]; e.Bounced.Money.Amount != 3900 || e.Bounced.Failure != "lost_or_stolen_card" {
			t.Errorf("told: %+v", e)
		}
		got := b.giftNow(t, g.ID)
		if got.State != billing.GiftPaid || got.Failure != "lost_or_stolen_card" || got.Refund != "" || !got.Handed() || !got.Closed.IsZero() {
			t.Fatalf("%+v", got)
		}
		_, err := b.Redeem(ctx, code, b.taker(b.reader))
		kind(t, err, fault.Missing) // whoever was sent the first has nothing
		again := b.code(t, got)
		if got, err = b.ReturnGift(ctx, g.ID); err != nil || got.State != billing.GiftReturned || got.Failure != "" || len(b.refunds(g)) != 2 || got.Refund == first.Refund {
			t.Fatalf("once more: %+v %v", got, err)
		}
		b.effects.left(t, "gift.back:"+g.ID+":2", "gift.return:"+g.ID+":2")
		b.hear(t, event)
		b.effects.left(t)
		_, err = b.Redeem(ctx, again, b.taker(b.reader))
		kind(t, err, fault.Conflict)
	})
}

// A redeemed gift stays with its reader whatever becomes of the money, and the
// publisher hears of what concerns them: not of a kindness.
func TestMoneyOfARedeemedGift(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		g, code := b.given(t, "gift_digital_6")
		b.redeem(t, code)
		b.effects.take()
		b.hear(t, b.stripe.trouble(g.SessionID, func(s *billing.GiftSale) { s.Refunded = 100 }))
		b.effects.left(t)
		before := b.grant(t, g.ID)
		b.hear(t, b.stripe.trouble(g.SessionID, taken("needs_response")))
		b.effects.left(t, "gift.trouble:"+g.ID)
		b.hear(t, b.stripe.trouble(g.SessionID, taken("under_review")))
		b.effects.left(t)
		b.hear(t, b.stripe.trouble(g.SessionID, taken("lost")))
		b.effects.left(t, "gift.dispute:dp_"+g.SessionID+":lost")
		got := b.giftNow(t, g.ID)
		if got.State != billing.GiftRedeemed || !got.Dispute.Lost() {
			t.Error(got.State, got.Dispute)
		}
		if after := b.grant(t, g.ID); after != before {
			t.Errorf("the reader's plan changed: %+v", after)
		}
		b.has(t, billing.Unlimited)
	})
}

// watched is a machine's storage that says when a lease was refused to it, and
// stops before it tells of a subscription.
type watched struct {
	*store.DB
	refused chan struct{}
	pause   func()
}

func (w watched) TakeLease(ctx context.Context, name string, now, until time.Time) (int64, bool, error) {
	fence, ok, err := w.DB.TakeLease(ctx, name, now, until)
	if err == nil && !ok && w.refused != nil {
		select {
		case w.refused <- struct{}{}:
		default:
		}
	}
	return fence, ok, err
}

func (w watched) SubscriptionByID(ctx context.Context, id string) (billing.Subscription, bool, error) {
	sub, ok, err := w.DB.SubscriptionByID(ctx, id)
	if w.pause != nil {
		w.pause()
	}
	return sub, ok, err
}

// machine is a Service on that storage.
func (b *bench) machine(w watched) *billing.Service {
	s := b.another()
	s.Store = w
	return s
}

// Two machines push one gift, which passes from a plan that ended to another
// that another customer pays for, while the first of them sleeps: the payment
// moves once.
func TestTwoPushesMoveOnce(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		old := b.paying(t, digital)
		g, code := b.given(t, "gift_digital_3")
		b.stripe.failing["PushRenewal"] = 1
		b.redeem(t, code)
		b.stripe.mu.Lock()
		ended := b.stripe.subs[old.ID]
		ended.Status, ended.EndedAt = billing.Canceled, b.stripe.now()
		b.stripe.subs[old.ID] = ended
		other := billing.Customer{ID: "cus_other", ReaderID: b.reader, Created: b.stripe.now()}
		b.stripe.customers[other.ID] = other
		sub := b.stripe.newSub(other.ID, digital, billing.Active)
		b.stripe.mu.Unlock()
		if _, err := b.Sync(ctx, other.ID); err != nil {
			t.Fatal(err)
		}
		b.stripe.gifts.pushes = nil

		var all sync.WaitGroup
		// another machine's turn lasts until it is done or has to wait
		turn := func() {
			refused := make(chan struct{}, 1)
			done := make(chan struct{})
			all.Go(func() {
				defer close(done)
				if err := b.machine(watched{DB: b.db, refused: refused}).PushGift(ctx, g.ID); err != nil {
					t.Error(err)
				}
			})
			select {
			case <-done:
			case <-refused:
			}
		}
		var once sync.Once
		var asked atomic.Bool
		b.stripe.asking = func(id string) {
			if id == sub.ID && asked.CompareAndSwap(false, true) {
				turn()
			}
		}
		if err := b.machine(watched{DB: b.db, pause: func() { once.Do(turn) }}).PushGift(ctx, g.ID); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		b.resync(t)
		for range 2 {
			if err := b.PushGift(ctx, g.ID); err != nil {
				t.Fatal(err)
			}
		}
		r, _, err := b.db.RedemptionOf(ctx, g.ID)
		if err != nil || !r.Push.Done || r.Push.Subscription != sub.ID {
			t.Fatalf("%+v %v", r.Push, err)
		}
		if now := b.known(t, sub.ID); len(b.stripe.gifts.pushes) != 1 || !now.PeriodEnd.Equal(sub.PeriodEnd.Add(r.Push.Span)) {
			t.Errorf("moved %d times, to %s", len(b.stripe.gifts.pushes), now.PeriodEnd)
		}
		if strings.Count(strings.Join(b.effects.sorted(), " "), "gift.push:"+g.ID+":"+sub.ID) != 1 {
			t.Error("the move was asked for more than once:", b.effects.sorted())
		}
	})
}
