package stripepay

import (
	"context"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
)

// Pause voids what the subscription would bill until then; the zero time ends
// that.
func (s *Stripe) Pause(ctx context.Context, subscription string, until time.Time, key string) error {
	do := func(key string) (bool, error) {
		params := &stripe.SubscriptionParams{Params: keyed(ctx, key)}
		if until.IsZero() {
			params.AddExtra("pause_collection", "") // the library has no word for clearing it
		} else {
			params.PauseCollection = &stripe.SubscriptionPauseCollectionParams{
				Behavior: stripe.String(billing.PauseVoid), ResumesAt: stripe.Int64(until.Unix()),
			}
		}
		_, err := s.api.Subscriptions.Update(subscription, params)
		return true, err
	}
	_, err := post(ctx, key, do, func() (bool, bool, error) {
		now, err := s.Subscription(ctx, subscription)
		return true, err == nil && now.PausedUntil.Equal(until) && now.IsPaused != until.IsZero(), err
	})
	return err
}

// StartPeriod ends the pause and begins a period now, paid at once: one request,
// which Stripe takes as a whole or not at all. The time of the voided period is
// worth nothing, so nothing is prorated.
func (s *Stripe) StartPeriod(ctx context.Context, subscription, key string) error {
	before, err := s.Subscription(ctx, subscription)
	if err != nil {
		return err
	}
	do := func(key string) (bool, error) {
		params := &stripe.SubscriptionParams{
			Params:                keyed(ctx, key),
			BillingCycleAnchorNow: stripe.Bool(true),
			ProrationBehavior:     stripe.String("none"),
			PaymentBehavior:       stripe.String("error_if_incomplete"),
		}
		params.AddExtra("pause_collection", "")
		_, err := s.api.Subscriptions.Update(subscription, params)
		return true, err
	}
	_, err = post(ctx, key, do, func() (bool, bool, error) {
		now, err := s.Subscription(ctx, subscription)
		return true, err == nil && !now.IsPaused && now.Latest != before.Latest, err
	})
	return err
}
