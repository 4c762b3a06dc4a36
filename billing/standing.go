package billing

import (
	"context"
	"time"
)

// SubscriptionOf is the subscription that the reader would call theirs; nil for
// none.
func (s *Service) SubscriptionOf(ctx context.Context, readerID string, now time.Time) (*Subscription, error) {
	subs, err := s.Store.SubscriptionsOf(ctx, readerID)
	if err != nil {
		return nil, err
	}
	return Current(subs, now), nil
}

// HoldingsOf is what the reader has now, and by what.
func (s *Service) HoldingsOf(ctx context.Context, readerID string, now time.Time) ([]Holding, error) {
	subs, err := s.Store.SubscriptionsOf(ctx, readerID)
	if err != nil {
		return nil, err
	}
	return s.holdings(ctx, readerID, subs, now)
}

// HoldingsAt is what the reader had at a past instant, as far as the paper knew
// then: the answer to "why could I not read this?".
func (s *Service) HoldingsAt(ctx context.Context, readerID string, at time.Time) ([]Holding, error) {
	subs, err := s.Store.SubscriptionsAt(ctx, readerID, at)
	if err != nil {
		return nil, err
	}
	return s.holdings(ctx, readerID, subs, at)
}

func (s *Service) holdings(ctx context.Context, readerID string, subs []Subscription, now time.Time) ([]Holding, error) {
	grants, err := s.Store.GrantsOf(ctx, readerID)
	if err != nil || len(subs)+len(grants) == 0 {
		return nil, err
	}
	all, err := s.Store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	return BenefitsAt(subs, grants, all, now), nil
}

// BenefitsOf is what the reader has now, without the reasons.
func (s *Service) BenefitsOf(ctx context.Context, readerID string, now time.Time) ([]Benefit, error) {
	held, err := s.HoldingsOf(ctx, readerID, now)
	if err != nil {
		return nil, err
	}
	out := make([]Benefit, len(held))
	for i, h := range held {
		out[i] = h.Benefit
	}
	return out, nil
}
