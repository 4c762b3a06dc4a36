package billing

import (
	"context"
	"fmt"

	"broadsheet/internal/fault"
	"broadsheet/internal/id"
)

// Cancel ends the reader's subscription at the end of its period; at once if
// its payment failed for good or was never made, or its pause has begun, since
// nothing of it is left to keep. What the reader said about it is kept, and
// passed on. Resume takes a cancellation back. Both are followed by a sync.
func (s *Service) Cancel(ctx context.Context, readerID string, said Parting) error {
	said = said.tidy()
	return s.change(ctx, readerID, func(ctx context.Context, sub Subscription) error {
		if !sub.CancelAt.IsZero() {
			return nil // two clicks are one
		}
		now := s.Paper.Now()
		err := s.letGo(ctx, sub)
		if err != nil {
			return err
		}
		if st := Access(sub, now).State; st == StandsWaiting || st == StandsLapsed || st == StandsPaused {
			err = s.Gateway.CancelNow(ctx, sub.ID, said)
		} else {
			err = s.Gateway.CancelAtPeriodEnd(ctx, sub.ID, true, said, s.onceKey("cancel", sub))
		}
		if err != nil {
			return err
		}
		return s.Store.AddCancellation(ctx, Cancellation{Subscription: sub.ID, ReaderID: readerID, At: now, Parting: said})
	})
}

// Resume takes a cancellation back. Conflict if there is none to take back.
func (s *Service) Resume(ctx context.Context, readerID string) error {
	return s.change(ctx, readerID, func(ctx context.Context, sub Subscription) error {
		if sub.CancelAt.IsZero() {
			return nil
		}
		if !s.Paper.Now().Before(sub.CancelAt) {
			return fault.New(fault.Conflict, "That plan has ended. You can subscribe again at any time.", nil)
		}
		return s.Gateway.CancelAtPeriodEnd(ctx, sub.ID, false, Parting{}, s.onceKey("resume", sub))
	})
}

// onceKey lets two clicks be one request, and a later change of mind another.
func (s *Service) onceKey(what string, sub Subscription) string {
	return fmt.Sprintf("%s:%s:%d", what, sub.ID, s.Paper.Now().UnixMicro())
}

func (s *Service) change(ctx context.Context, readerID string, fn func(context.Context, Subscription) error) error {
	return s.leased(ctx, "reader:"+readerID, func(ctx context.Context, _ int64) error {
		now := s.Paper.Now()
		sub, err := s.SubscriptionOf(ctx, readerID, now)
		if err != nil {
			return err
		}
		if sub == nil || !Access(*sub, now).Live {
			return fault.New(fault.Conflict, "There is no plan to change.", nil)
		}
		err = fn(ctx, *sub)
		// Whatever Stripe answered, its state is the truth.
		if _, syncErr := s.Sync(ctx, sub.Customer); err == nil {
			err = syncErr
		}
		return err
	})
}

// Portal gives the address of Stripe's own pages for card and invoices.
func (s *Service) Portal(ctx context.Context, readerID string) (string, error) {
	known, err := s.Store.CustomersOf(ctx, readerID)
	if err != nil {
		return "", err
	}
	if len(known) == 0 {
		return "", fault.New(fault.Conflict, "There is nothing to pay yet, so there is no card to change.", nil)
	}
	customer := known[0].ID
	if sub, err := s.SubscriptionOf(ctx, readerID, s.Paper.Now()); err != nil {
		return "", err
	} else if sub != nil {
		customer = sub.Customer
	}
	return s.Gateway.Portal(ctx, customer, s.BaseURL+"/account/back", "portal:"+id.New(s.Wall.Now()))
}

// SyncReader syncs every customer that the reader has: after the portal, where
// anything may have changed.
func (s *Service) SyncReader(ctx context.Context, readerID string) error {
	known, err := s.Store.CustomersOf(ctx, readerID)
	if err != nil {
		return err
	}
	for _, c := range known {
		if _, err := s.Sync(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}
