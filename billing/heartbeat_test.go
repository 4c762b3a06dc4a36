package billing_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/clock"
)

// Whoever works gives signs of life and keeps what they hold, however long it
// takes; whoever lost it is stopped.
func TestSignsOfLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := billing.New(billing.Parts{Wall: clock.Wall{}})
		var until atomic.Pointer[time.Time]
		signs := 0
		err := billing.WhileAlive(s, t.Context(), func(_ context.Context, to time.Time) error {
			signs++
			if until.Store(&to); signs == 2 {
				return errors.New("the database is busy")
			}
			return nil
		}, func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(10*billing.Beat + time.Second):
			}
			if left := time.Until(*until.Load()); left < billing.HeldFor-billing.Beat {
				t.Errorf("what is worked at is held for %s more only", left)
			}
			return nil
		})
		if err != nil || signs != 10 {
			t.Errorf("%d signs of life in ten beats, %v", signs, err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := billing.New(billing.Parts{Wall: clock.Wall{}})
		err := billing.WhileAlive(s, t.Context(), func(context.Context, time.Time) error { return billing.ErrFenced },
			func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		if !errors.Is(err, billing.ErrFenced) {
			t.Errorf("work that lost its lease ended with %v", err)
		}
	})
}
