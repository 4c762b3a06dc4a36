package journey

import (
	"context"

	"broadsheet/billing"
	"broadsheet/reader"
	letters "broadsheet/views/mail"
)

// resting is the subscription that a letter about a pause speaks of; nil when
// that pause ended, or the plan did, before the letter was written.
func (b BillingLetters) resting(ctx context.Context, e billing.Effect) (*billing.Subscription, string, error) {
	sub, plan, err := b.bought(ctx, e.Subscription)
	if err != nil || sub == nil || !sub.IsPaused || !sub.PausedUntil.Equal(e.Until) || !sub.CancelAt.IsZero() || sub.Status != billing.Active {
		return nil, "", err
	}
	return sub, plan, nil
}

func (b BillingLetters) paused(ctx context.Context, e billing.Effect, _ reader.Reader) (letterWriter, error) {
	sub, plan, err := b.resting(ctx, e)
	if err != nil || sub == nil {
		return nil, err
	}
	return letters.Paused{
		Plan: plan, Money: sub.NextSum(), From: sub.PausedFrom, Until: sub.NextPayment(),
		Free: !sub.Stops(), Later: sub.PauseBehavior == billing.PauseDraft,
	}, nil
}

func (b BillingLetters) returns(ctx context.Context, e billing.Effect, _ reader.Reader) (letterWriter, error) {
	sub, plan, err := b.resting(ctx, e)
	if err != nil || sub == nil {
		return nil, err
	}
	c, _, err := b.Store.CustomerByID(ctx, e.Customer)
	if err != nil {
		return nil, err
	}
	return letters.Returns{Plan: plan, Money: sub.NextSum(), On: sub.NextPayment(), Card: cardWords(c.Card), Free: !sub.Stops()}, nil
}
