package journey

import (
	"context"

	"broadsheet/billing"
	"broadsheet/internal/jobs"
	letters "broadsheet/views/mail"
)

// ender ends a subscription that a reader has beside another.
type ender interface {
	EndSecond(ctx context.Context, readerID, subscription string) (billing.Ending, bool, error)
}

// EndSecond is the job of EffectSecond: the subscription is ended and refunded,
// and the publisher hears of it, once.
func (b BillingLetters) EndSecond(e ender) jobs.Handler {
	return func(ctx context.Context, j jobs.Job) error {
		var about billing.Effect
		if err := j.Into(&about); err != nil {
			return err
		}
		end, ok, err := e.EndSecond(ctx, about.ReaderID, about.Subscription)
		if err != nil || !ok {
			return err
		}
		return b.alert(func(ctx context.Context, e billing.Effect, whose string) (letterWriter, error) {
			_, plan, err := b.bought(ctx, e.Subscription)
			return letters.Second{
				Reader: whose, Plan: plan, Subscription: end.Subscription, Refund: end.Refund, Refunds: end.Refunds,
			}, err
		})(ctx, j)
	}
}
