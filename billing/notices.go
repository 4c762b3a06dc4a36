package billing

import (
	"context"
	"fmt"
	"time"
)

// noticeStore finds whom to warn. Both walk in pages after an id.
type noticeStore interface {
	// CardsRunningOut lists the customers whose card is good to the end of that
	// month or of one from it to the other, both included, and who have a live
	// subscription that goes on.
	CardsRunningOut(ctx context.Context, from, to time.Time, after string, n int) ([]Customer, error)
	// YearlyRenewals lists the yearly subscriptions that renew within that time.
	YearlyRenewals(ctx context.Context, from, to time.Time, after string, n int) ([]Subscription, error)
}

// Ahead is how long before a card runs out, or a yearly plan renews, its reader
// hears of it. Who pays monthly hears by the receipt.
const Ahead = 30 * 24 * time.Hour

const noticePage = 200

// Remind asks for the letters that only a day brings: each once for a card, or
// for a year. It may run at any time and as often as it likes.
func (s *Service) Remind(ctx context.Context) error {
	if err := s.remindOfCards(ctx); err != nil {
		return fmt.Errorf("cards that run out: %w", err)
	}
	if err := s.remindOfYears(ctx); err != nil {
		return fmt.Errorf("yearly renewals: %w", err)
	}
	if err := s.remindOfTrials(ctx); err != nil {
		return fmt.Errorf("trials that end: %w", err)
	}
	if err := s.remindOfReturns(ctx); err != nil {
		return fmt.Errorf("pauses that end: %w", err)
	}
	return nil
}

func (s *Service) remindOfCards(ctx context.Context) error {
	now := s.Paper.Now()
	from, to := now.UTC(), now.UTC().Add(Ahead)
	for after := ""; ; {
		page, err := s.Store.CardsRunningOut(ctx, from, to, after, noticePage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, c := range page {
			after = c.ID
			if out := c.Card.RunsOut(); !out.After(now) || out.Sub(now) > Ahead {
				continue
			}
			subs, err := s.Store.SubscriptionsOfCustomer(ctx, c.ID)
			if err != nil {
				return err
			}
			sub := Current(subs, now)
			if sub == nil {
				continue
			}
			key := fmt.Sprintf("card:%s:%s:%d-%02d", c.ID, c.Card.ID, c.Card.ExpYear, c.Card.ExpMonth)
			if err := s.onceAlone(ctx, Effect{Kind: EffectCardOld, Key: key, ReaderID: c.ReaderID, Customer: c.ID, Card: c.Card, Subscription: sub.ID}, now); err != nil {
				return err
			}
		}
	}
}

func (s *Service) remindOfYears(ctx context.Context) error {
	now := s.Paper.Now()
	for after := ""; ; {
		page, err := s.Store.YearlyRenewals(ctx, now, now.Add(Ahead), after, noticePage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, sub := range page {
			after = sub.ID
			if sub.Started.Add(Ahead).After(now) {
				continue // it has only just begun
			}
			key := fmt.Sprintf("renews:%s:%d", sub.ID, sub.PeriodEnd.Unix())
			e := Effect{Kind: EffectRenews, Key: key, ReaderID: sub.ReaderID, Customer: sub.Customer, Subscription: sub.ID, Until: sub.PeriodEnd}
			if err := s.onceAlone(ctx, e, now); err != nil {
				return err
			}
		}
	}
}

// onceAlone is once in a transaction of its own.
func (s *Service) onceAlone(ctx context.Context, e Effect, at time.Time) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error { return s.once(ctx, e, at) })
}
