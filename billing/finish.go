package billing

import (
	"context"
	"time"

	"broadsheet/internal/fault"
)

// Outcome is how a checkout ended, for the page after it.
type Outcome struct {
	State        OutcomeState
	Checkout     Checkout
	Subscription *Subscription // nil before there is one
	Why          string        // of a decline, in words; "" if there is none
}

// OutcomeState is what the page after a checkout says.
type OutcomeState string

// The outcomes.
const (
	OutcomeActive   OutcomeState = "active"
	OutcomeWaiting  OutcomeState = "waiting"  // paid, and the news is not here yet
	OutcomeDeclined OutcomeState = "declined" // not paid; it can be tried again
)

// finishWait is how long a reader waits on the page after paying before it is
// shown without Stripe's word.
const finishWait = 15 * time.Second

// Finish is the return from Stripe's page. The session's id is a hint: it must
// be of a checkout of this reader, and what it led to Stripe is asked. So a
// reader is never ahead of the webhook. Missing if it is not this reader's.
func (s *Service) Finish(ctx context.Context, readerID, session string) (Outcome, error) {
	c, ok, err := s.Store.CheckoutBySession(ctx, session)
	if err != nil {
		return Outcome{}, err
	}
	if !ok || c.ReaderID != readerID {
		return Outcome{}, fault.New(fault.Missing, "There is no purchase of yours at this address. Your account shows what you have.", nil)
	}
	out := Outcome{State: OutcomeWaiting, Checkout: c}
	soon, cancel := context.WithTimeout(ctx, finishWait)
	defer cancel()
	if _, err := s.Sync(soon, c.Customer); err != nil {
		// What was paid is paid: the webhook will bring it.
		s.Log.Error("the return from checkout could not be synced", "checkout", c.ID, "err", err)
	}
	if out.Checkout, _, err = s.Store.CheckoutByID(ctx, c.ID); err != nil {
		return Outcome{}, err
	}
	now := s.Paper.Now()
	if out.Subscription, err = s.SubscriptionOf(ctx, readerID, now); err != nil {
		return Outcome{}, err
	}
	if sub := out.Subscription; sub != nil && Access(*sub, now).Grants {
		out.State = OutcomeActive
		return out, nil
	}
	if out.Checkout.State != CheckoutComplete {
		out.State, out.Why = OutcomeDeclined, "The payment was not completed."
		if sub := out.Subscription; sub != nil && sub.Decline != "" {
			out.Why = DeclineWords(sub.Decline)
		}
	} else if sub := out.Subscription; sub != nil && sub.Decline != "" {
		out.State, out.Why = OutcomeDeclined, DeclineWords(sub.Decline)
	}
	return out, nil
}

// ReturnOf is where a checkout that was left goes back to; "/" unless it is
// this reader's.
func (s *Service) ReturnOf(ctx context.Context, readerID, checkout string) (string, error) {
	c, ok, err := s.Store.CheckoutByID(ctx, checkout)
	if err != nil || !ok || c.ReaderID != readerID || c.Return == "" {
		return "/", err
	}
	return c.Return, nil
}
