package journey

import (
	"context"

	"broadsheet/billing"
	"broadsheet/reader"
	letters "broadsheet/views/mail"
)

// trialBegan greets a reader whose first days are free.
func (b BillingLetters) trialBegan(ctx context.Context, sub billing.Subscription, plan string, who reader.Reader) (letterWriter, error) {
	c, _, err := b.Store.CustomerByID(ctx, sub.Customer)
	if err != nil {
		return nil, err
	}
	return letters.TrialBegan{
		Name: who.Name, Plan: plan, Money: sub.Money, Interval: sub.Interval, Ends: sub.TrialEnd, Card: cardWords(c.Card),
	}, nil
}

// trialEnds writes of a trial's end unless it was cancelled, or its end moved,
// since.
func (b BillingLetters) trialEnds(ctx context.Context, e billing.Effect, _ reader.Reader) (letterWriter, error) {
	sub, plan, err := b.bought(ctx, e.Subscription)
	if err != nil || sub == nil || sub.Status != billing.Trialing || !sub.CancelAt.IsZero() || !sub.TrialEnd.Equal(e.Until) {
		return nil, err
	}
	c, _, err := b.Store.CustomerByID(ctx, sub.Customer)
	if err != nil {
		return nil, err
	}
	if moved, err := b.Store.GiftMoved(ctx, sub.ID, sub.TrialEnd); err != nil || moved {
		return letters.GiftPays{Plan: plan, Money: sub.NextSum(), Interval: sub.Interval, On: sub.TrialEnd, Card: cardWords(c.Card)}, err
	}
	return letters.TrialEnds{Plan: plan, Money: sub.NextSum(), Interval: sub.Interval, On: sub.TrialEnd, Card: cardWords(c.Card)}, nil
}

// trialOver writes of a trial that ended without a card.
func (b BillingLetters) trialOver(ctx context.Context, e billing.Effect, _ reader.Reader) (letterWriter, error) {
	sub, plan, err := b.bought(ctx, e.Subscription)
	if err != nil || sub == nil {
		return nil, err
	}
	return letters.TrialOver{
		Plan: plan, Money: sub.Money, Interval: sub.Interval, On: sub.TrialEnd, Paused: sub.Status == billing.Paused,
	}, nil
}
