package billing

import (
	"context"
	"fmt"
	"time"
)

// pushAtOnce is how far the next payment moves at one time: Stripe takes a day
// that is at most two years ahead. What is left of a gift moves it again later.
const pushAtOnce = 700 * 24 * time.Hour

// PushGift moves the next payment of what the gift's reader pays for back by the
// gift's length. It can be called at any time and as often as one likes: the day
// is decided once, under the leases of the reader and of the customer, and written
// before Stripe is asked, so that a lost answer moves nothing twice. The reader's
// lease is held because a gift may pass from one of a reader's plans to another,
// which another customer pays for. Where nothing can be moved now (a payment is
// behind, a change waits, the plan is paused or ends), the sync that sees that
// change asks again.
func (s *Service) PushGift(ctx context.Context, gift string) error {
	r, ok, err := s.Store.RedemptionOf(ctx, gift)
	if err != nil || !ok || r.Push.Subscription == "" || r.Push.Done {
		return err
	}
	return s.leased(ctx, "reader:"+r.ReaderID, func(ctx context.Context, fence int64) error {
		return s.pushFor(ctx, r.ReaderID, gift, fence)
	})
}

// pushFor pushes for a reader whose lease is held.
func (s *Service) pushFor(ctx context.Context, reader, gift string, readers int64) error {
	r, ok, err := s.Store.RedemptionOf(ctx, gift)
	if err != nil || !ok || r.Push.Subscription == "" || r.Push.Done || r.ReaderID != reader {
		return err // done meanwhile; or the accounts were joined, and the sync that follows asks again
	}
	known, ok, err := s.Store.SubscriptionByID(ctx, r.Push.Subscription)
	if err != nil || !ok {
		return err
	}
	name := "customer:" + known.Customer
	err = s.leased(ctx, name, func(ctx context.Context, customers int64) error {
		return s.pushHeld(ctx, gift, known.ID, func(ctx context.Context) error {
			if err := s.Store.HoldLease(ctx, "reader:"+reader, readers); err != nil {
				return err
			}
			return s.Store.HoldLease(ctx, name, customers)
		})
	})
	if _, syncErr := s.Sync(ctx, known.Customer); err == nil {
		err = syncErr
	}
	return err
}

func (s *Service) pushHeld(ctx context.Context, gift, subscription string, hold func(context.Context) error) error {
	save := func(p GiftPush, follow ...Effect) error {
		return s.Store.InTx(ctx, func(ctx context.Context) error {
			if err := hold(ctx); err != nil {
				return err
			}
			for _, e := range follow {
				if err := s.once(ctx, e, s.Paper.Now()); err != nil {
					return err
				}
			}
			return s.Store.SavePush(ctx, gift, p)
		})
	}
	r, ok, err := s.Store.RedemptionOf(ctx, gift)
	if err != nil || !ok || r.Push.Done || r.Push.Subscription != subscription {
		return err
	}
	p := r.Push
	sub, err := s.Gateway.Subscription(ctx, p.Subscription)
	if err != nil {
		return err
	}
	now := s.Paper.Now()
	switch asked := !p.Set.IsZero() && sub.TrialEnd.Equal(p.Set); {
	case sub.Status.over():
		p = GiftPush{} // there is no next payment; the grant is the reader's all the same
		return save(p)
	case asked && p.Set.Equal(p.Until):
		p.Done = true
		return save(p)
	case !sub.pushable(now) || !sub.CancelAt.IsZero() && !r.From.Before(sub.CancelAt):
		return nil
	case !asked && !p.Base.Equal(sub.PeriodEnd):
		p.Base, p.Until = sub.PeriodEnd, sub.PeriodEnd.Add(p.Span).Truncate(time.Second)
	}
	p.Set = p.Until
	if most := now.Add(pushAtOnce).Truncate(time.Second); p.Set.After(most) {
		p.Set = most
	}
	if !p.Set.After(sub.PeriodEnd) {
		return nil // two years are full: the job that was asked for then goes on
	}
	if err := save(p); err != nil {
		return err
	}
	if err := s.Gateway.PushRenewal(ctx, sub.ID, p.Set, fmt.Sprintf("gift.push:%s:%d", gift, p.Set.Unix())); err != nil {
		return err
	}
	if p.Done = p.Set.Equal(p.Until); p.Done {
		return save(p)
	}
	return save(p, Effect{
		Kind: EffectGiftPush, Key: fmt.Sprintf("gift.push:%s:%d", gift, p.Set.Unix()), ReaderID: r.ReaderID, Gift: gift,
		RunAt: p.Set.AddDate(0, -2, 0),
	})
}

// pushable reports whether the next payment can move: it is paid up to a day,
// and would be charged then. While a change waits it cannot: its schedule would
// begin the other price on the old day all the same.
func (s Subscription) pushable(now time.Time) bool {
	return (s.Status == Active || s.Status == Trialing) && !s.pausedAt(now) && s.Coming == Coming{}
}

// giftEffects asks for the move of the next payment where a sync shows that one
// became possible: a payment that was behind was made, a pause or a cancellation
// was taken back, or a plan was bought while a gift ran.
func (s *Service) giftEffects(ctx context.Context, readerID string, at time.Time) error {
	gifts, err := s.Store.RedemptionsOf(ctx, readerID)
	if err != nil || len(gifts) == 0 {
		return err
	}
	subs, err := s.Store.SubscriptionsOf(ctx, readerID)
	if err != nil {
		return err
	}
	grants, err := s.Store.GrantsOf(ctx, readerID)
	if err != nil {
		return err
	}
	c, err := s.Store.Catalogue(ctx)
	if err != nil {
		return err
	}
	sub := Current(subs, at)
	if sub == nil || !sub.pushable(at) || !sub.CancelAt.IsZero() {
		return nil
	}
	for _, r := range gifts {
		if r.Push.Done || !r.adopt(*sub, grants, c, at) {
			continue
		}
		if err := s.Store.SavePush(ctx, r.Gift, r.Push); err != nil {
			return err
		}
		key := fmt.Sprintf("gift.push:%s:%s:%d", r.Gift, sub.ID, sub.PeriodEnd.Unix())
		if err := s.once(ctx, Effect{Kind: EffectGiftPush, Key: key, ReaderID: readerID, Gift: r.Gift}, at); err != nil {
			return err
		}
	}
	return nil
}

// adopt names the subscription whose next payment the gift moves; false if it
// moves none. One that was bought while the gift ran moves by what was left.
func (r *Redemption) adopt(sub Subscription, grants []Grant, c Catalogue, at time.Time) bool {
	if r.Push.Subscription != "" {
		return r.Push.Subscription == sub.ID
	}
	for _, g := range grants {
		if g.ID != r.Gift || !g.To.After(at) {
			continue
		}
		held, _ := c.Plan(g.Plan)
		plan, _ := c.Plan(sub.Plan)
		if !covers(held, plan) {
			return false // the reader went on to something better: the gift runs beside it
		}
		left := g.To.Sub(later(g.From, sub.Started))
		r.Push = GiftPush{Subscription: sub.ID, Span: min(left, r.To.Sub(r.From))}
		return true
	}
	return false
}
