package journey

import (
	"context"
	"time"

	"broadsheet/internal/clock"
	"broadsheet/internal/jobs"
)

// SweepJob is the kind of job that clears away ended sessions, codes and limits.
// It is due every SweepEvery.
const (
	SweepJob   = "accounts.sweep"
	SweepEvery = time.Hour
)

// sweeper deletes what wall time has ended, in batches.
type sweeper interface {
	Sweep(ctx context.Context, now time.Time) (int, error)
}

// Sweep is the job.
func Sweep(s sweeper, wall clock.Clock) jobs.Handler {
	return func(ctx context.Context, _ jobs.Job) error {
		_, err := s.Sweep(ctx, wall.Now())
		return err
	}
}
