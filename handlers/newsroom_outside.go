package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/internal/fault"
)

// outside does what cannot be in a transaction of ours, such as a refund at
// Stripe. The record has the intention first, or nothing is done; then how it
// went, under the kind itself or as failed. Whoever dies between the two leaves
// the intention. done is what the record says of the outcome.
func (s *Site) outside(c echo.Context, m desk.Member, what desk.Change, do func(ctx context.Context) (done any, err error)) error {
	begun := what
	begun.Kind += ".begun"
	if err := s.noted(c, m, begun); err != nil {
		return err
	}
	after, failed := do(c.Request().Context())
	end := what
	if end.After = after; failed != nil {
		end.Kind += ".failed"
		outcome := map[string]any{"why": fault.SentenceOf(asFault(failed))}
		if after != nil {
			outcome["done"] = after
		}
		end.After = outcome
	}
	// It happened, whether its browser still waits or not.
	err := s.Newsroom.Journal.Note(context.WithoutCancel(c.Request().Context()), m, s.deskNow(), end)
	if failed != nil {
		return failed
	}
	if err != nil {
		return fault.New(fault.Internal, "It was done, and the record holds that it was begun; that it ended well could not be written down. Do not do it again: look at what it was done to.", err)
	}
	return nil
}
