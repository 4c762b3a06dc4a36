package billing

import (
	"context"
	"errors"
	"time"
)

// heldFor is how long a lease, or the claim of a mark, holds without a sign of
// life, and beat how often one is given. A process that dies keeps others from
// its customers no longer than this; one that lives keeps them for as long as
// its work takes.
const (
	heldFor = 12 * time.Second
	beat    = 3 * time.Second
)

// whileAlive runs fn and says every beat until when it holds what it works on.
// The work ends when that was lost to somebody else. A sign that could not be
// written is tried again with the next: the fencing number guards what counts.
func (s *Service) whileAlive(ctx context.Context, hold func(ctx context.Context, until time.Time) error, fn func(context.Context) error) error {
	ctx, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(beat)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := hold(ctx, s.Wall.Now().Add(heldFor)); errors.Is(err, ErrFenced) {
				lost(ErrFenced)
				return
			} else if err != nil && ctx.Err() == nil {
				s.Log.Warn("a sign of life could not be given", "err", err)
			}
		}
	}()
	err := fn(ctx)
	close(stop)
	<-done
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, ErrFenced) {
		err = ErrFenced
	}
	return err
}
