package billing

import (
	"context"
	"slices"
	"time"

	"broadsheet/internal/fault"
)

// spares are the live subscriptions that a reader has beyond the one that they
// may have. The one that opens stories stays, and of several the oldest.
func spares(subs []Subscription, at time.Time) (kept Subscription, spare []Subscription) {
	for _, sub := range subs {
		if Access(sub, at).Live {
			spare = append(spare, sub)
		}
	}
	if len(spare) < 2 {
		return kept, nil
	}
	grants := func(s Subscription) int {
		if Access(s, at).Grants {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(spare, func(a, b Subscription) int {
		if d := grants(a) - grants(b); d != 0 {
			return d
		}
		return a.Started.Compare(b.Started)
	})
	return spare[0], spare[1:]
}

// noteSecond sets a second live subscription aside, and asks for its end. The
// checkout makes none; a person at Stripe's own desk can.
func (s *Service) noteSecond(ctx context.Context, readerID string, at time.Time) error {
	subs, err := s.Store.SubscriptionsOf(ctx, readerID)
	if err != nil {
		return err
	}
	_, spare := spares(subs, at)
	for _, sub := range subs {
		object := Ref{kindSubscription, sub.ID}
		if !slices.ContainsFunc(spare, func(o Subscription) bool { return o.ID == sub.ID }) {
			if err := s.Store.Release(ctx, object, SecondLive, at); err != nil {
				return err
			}
			continue
		}
		if err := s.Store.Quarantine(ctx, Oddity{object, SecondLive, at}); err != nil {
			return err
		}
		e := Effect{Kind: EffectSecond, Key: "second:" + sub.ID, ReaderID: readerID, Customer: sub.Customer, Subscription: sub.ID}
		if err := s.once(ctx, e, at); err != nil {
			return err
		}
	}
	return nil
}

// EndSecond ends a subscription that is the reader's second, and gives back
// what was paid for it: all of it if the first was there before, else what is
// left of its period. ok is false when it is no second any more, by Stripe's
// word. It can be called again after any failure.
func (s *Service) EndSecond(ctx context.Context, readerID, subscription string) (end Ending, ok bool, err error) {
	if err := s.SyncReader(ctx, readerID); err != nil {
		return end, false, err
	}
	subs, err := s.Store.SubscriptionsOf(ctx, readerID)
	if err != nil {
		return end, false, err
	}
	how := RefundProrata
	kept, spare := spares(subs, s.Paper.Now())
	i := slices.IndexFunc(spare, func(o Subscription) bool { return o.ID == subscription })
	if i < 0 {
		// It was ended by an earlier run that got no further, or by somebody else.
		if end, ok, err = s.Store.EndingOf(ctx, subscription); err != nil || !ok || end.Why != SecondLive {
			return end, false, err
		}
	} else if !spare[i].Started.Before(kept.Started) {
		how = RefundAll
	}
	end, err = s.EndNow(ctx, subscription, how, SecondLive)
	if fault.Is(err, fault.Conflict) {
		return end, false, nil
	}
	if err == nil {
		s.Log.Warn("a second live subscription was ended and refunded", "subscription", subscription, "kept", kept.ID, "refunds", end.Refunds)
	}
	return end, err == nil, err
}
