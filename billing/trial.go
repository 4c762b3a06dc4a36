package billing

import (
	"context"
	"fmt"
	"time"
)

// How a trial works, and why so.
//
// A price may have free days. They are Stripe's trial: the subscription is
// there from the first day, and charged when the days are over. A reader has
// one in a life, whatever the plan; accounts that are joined have what either
// had. With trial_card "required" the card is taken at the beginning. With
// "optional" nobody is asked for one who has proven their address; whoever has
// not could be anybody, again and again, and gives a card.
//
// A trial that ends without a card is cancelled rather than paused: a paused
// subscription would hold the one place that a reader has and bring nothing,
// and the way on is the same in both cases, a card. Nothing is owed, and they
// can subscribe again at any time, without free days.

// TrialCard is whether a trial needs a card.
type TrialCard string

// The ways.
const (
	TrialCardRequired TrialCard = "required"
	TrialCardOptional TrialCard = "optional"
)

// MostTrialDays is Stripe's limit.
const MostTrialDays = 730

// What a trial without a card ends in, in Stripe's words.
// https://docs.stripe.com/api/subscriptions/object#subscription_object-trial_settings-end_behavior-missing_payment_method
const (
	TrialThenCancel = "cancel"
	TrialThenPause  = "pause"
)

// TrialNotice is how long before a trial's end its reader hears of it.
const TrialNotice = 3 * 24 * time.Hour

// Trial is the free days that a checkout gives; zero is none.
type Trial struct {
	Days   int
	NoCard bool // no card is asked for
}

// trialStore knows who had one, and whose ends before long.
type trialStore interface {
	// HadTrial reports whether the reader ever had free days.
	HadTrial(ctx context.Context, readerID string) (bool, error)
	// TrialsEnding lists the trials that end within that time, and are not
	// cancelled, in pages after an id.
	TrialsEnding(ctx context.Context, from, to time.Time, after string, n int) ([]Subscription, error)
}

// trialFor is the trial that a reader gets with a price.
func (s *Service) trialFor(ctx context.Context, readerID string, verified bool, p Price) (Trial, error) {
	if p.TrialDays == 0 {
		return Trial{}, nil
	}
	had, err := s.Store.HadTrial(ctx, readerID)
	if err != nil || had {
		return Trial{}, err
	}
	return Trial{Days: p.TrialDays, NoCard: p.TrialCard == TrialCardOptional && verified}, nil
}

// MayTry reports whether a reader still has their trial before them.
func (s *Service) MayTry(ctx context.Context, readerID string) (bool, error) {
	had, err := s.Store.HadTrial(ctx, readerID)
	return !had, err
}

// trialEffects asks for the letters about a trial: that it ends before long,
// and that it ended because there was no card.
func (s *Service) trialEffects(ctx context.Context, readerID string, sub Subscription, invoices []Invoice, at time.Time) error {
	switch {
	case sub.trialEndsSoon(at):
		return s.once(ctx, trialEnds(readerID, sub), at)
	case sub.ranOut(invoices) && at.Sub(sub.TrialEnd) < effectsFor:
		return s.once(ctx, Effect{
			Kind: EffectTrialOver, Key: "trialover:" + sub.ID, ReaderID: readerID, Customer: sub.Customer, Subscription: sub.ID, Until: sub.TrialEnd,
		}, at)
	}
	return nil
}

func (s Subscription) trialEndsSoon(at time.Time) bool {
	return s.Status == Trialing && s.CancelAt.IsZero() && s.TrialEnd.After(at) && s.TrialEnd.Sub(at) <= TrialNotice
}

// trialEnds is keyed by the day: a trial that is extended is told of again.
func trialEnds(readerID string, sub Subscription) Effect {
	key := fmt.Sprintf("trial:%s:%d", sub.ID, sub.TrialEnd.Unix())
	return Effect{Kind: EffectTrialEnds, Key: key, ReaderID: readerID, Customer: sub.Customer, Subscription: sub.ID, Until: sub.TrialEnd}
}

// ranOut reports whether a trial ended and nobody had given a card: Stripe
// cancelled or paused it on the day, and nobody had asked for that.
func (s Subscription) ranOut(invoices []Invoice) bool {
	if s.TrialEnd.IsZero() || !s.CancelAt.IsZero() || s.EndReason == EndedUnpaid {
		return false
	}
	onTheDay := s.Status == Paused
	if s.Status == Canceled {
		late := s.EndedAt.Sub(s.TrialEnd)
		onTheDay = late >= 0 && late < time.Hour
	}
	if !onTheDay {
		return false
	}
	for _, inv := range invoices {
		if inv.Subscription == s.ID && inv.Money.Amount > 0 {
			return false // it had been charged, or tried
		}
	}
	return true
}

func (s *Service) remindOfTrials(ctx context.Context) error {
	now := s.Paper.Now()
	for after := ""; ; {
		page, err := s.Store.TrialsEnding(ctx, now, now.Add(TrialNotice), after, noticePage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, sub := range page {
			after = sub.ID
			if err := s.onceAlone(ctx, trialEnds(sub.ReaderID, sub), now); err != nil {
				return err
			}
		}
	}
}
