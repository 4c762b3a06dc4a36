package jobs

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Every has h done once in every period of paper time, in one process of all
// that share the database: the key names the period. The next one is asked for
// before this one runs, so that a failure does not end the series. Periods that
// nobody was there for are not made up for.
//
// What recurs more than once a day does not hold paper time up when it is moved
// (see NextDue): moving a month would otherwise take hundreds of steps.
func (r *Runner) Every(kind string, period time.Duration, h Handler) {
	r.mu.Lock()
	r.periods[kind] = period
	r.mu.Unlock()
	r.Handle(kind, func(ctx context.Context, j Job) error {
		if err := r.ask(ctx, kind, period); err != nil {
			return err
		}
		return h(ctx, j)
	})
}

// ask enqueues the next period's job.
func (r *Runner) ask(ctx context.Context, kind string, period time.Duration) error {
	next := r.clocks.Paper.Now().Truncate(period).Add(period)
	return r.Enqueue(ctx, New{Kind: kind, RunAt: next, Key: fmt.Sprintf("%s/%s", kind, next.UTC().Format(time.RFC3339))})
}

// seed starts every series that is not yet under way.
func (r *Runner) seed(ctx context.Context) {
	r.mu.RLock()
	periods := make(map[string]time.Duration, len(r.periods))
	for kind, period := range r.periods {
		periods[kind] = period
	}
	r.mu.RUnlock()
	for kind, period := range periods {
		if err := r.ask(ctx, kind, period); err != nil && ctx.Err() == nil {
			r.log.Error("a recurring job could not be asked for", "kind", kind, "err", err)
		}
	}
}

// NextDue is the next paper time, after now, at which a job becomes due; false
// if none waits. What recurs more often than daily is left out.
func (r *Runner) NextDue(ctx context.Context) (time.Time, bool, error) {
	var except []string
	r.mu.RLock()
	for kind, period := range r.periods {
		if period < 24*time.Hour {
			except = append(except, kind)
		}
	}
	r.mu.RUnlock()
	return r.store.NextJob(ctx, r.clocks.Paper.Now(), except)
}

// settleLook is how often Settle looks whether other runners are done.
const settleLook = 10 * time.Millisecond

// Settle runs everything that is due by now in paper time, and what that asks
// for in turn, and returns when all of it has ended, also what other runners
// took. A job that failed and waits for its next attempt counts as ended. It
// needs no Run beside it.
func (r *Runner) Settle(ctx context.Context) error {
	hard := context.WithoutCancel(ctx)
	tick := time.NewTicker(settleLook)
	defer tick.Stop()
	for {
		got, holder, err := r.claim(ctx, r.Workers)
		if err != nil {
			return err
		}
		var running sync.WaitGroup
		for _, j := range got {
			running.Go(func() { r.work(hard, j, holder) })
		}
		running.Wait()
		if len(got) > 0 {
			continue
		}
		left, err := r.store.JobsUnsettled(ctx, r.due())
		if err != nil || left == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
