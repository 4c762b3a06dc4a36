package billing

import (
	"context"
	"errors"
	"time"
)

// How often the reconciler runs, in wall time.
const (
	everyHour  = time.Hour
	everyNight = 24 * time.Hour
)

// payloadsFor is how long the payloads of events that are done are kept. They
// hold addresses, and nothing but a developer's question needs them.
const payloadsFor = 60 * 24 * time.Hour

// KeepReconciled reconciles hourly by events and nightly in full, until ctx
// ends, beginning with what happened while nobody listened.
func (s *Service) KeepReconciled(ctx context.Context) {
	rep, err := s.catchUp(ctx)
	s.report(ctx, "first", rep, err)
	s.nightlyTurn(ctx)
	hourly := time.NewTicker(everyHour)
	defer hourly.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hourly.C:
			s.turn(ctx, "hourly", everyHour, s.catchUp)
			s.nightlyTurn(ctx)
		}
	}
}

// nightlyTurn is asked for hourly, so that neither a paper that is started anew
// each day nor a run that was killed goes without its night.
func (s *Service) nightlyTurn(ctx context.Context) {
	s.turn(ctx, "nightly", everyNight, func(ctx context.Context) (Report, error) {
		rep, err := s.ReconcileAll(ctx)
		return rep, errors.Join(err, s.forgetPayloads(ctx))
	})
}

// turn does this period's run, unless another machine does it or has done it.
// The lease that keeps the others away lasts while signs of life are given, and
// after a run that ended well until the next is due; one that failed or was
// killed is anybody's.
func (s *Service) turn(ctx context.Context, name string, every time.Duration, run func(context.Context) (Report, error)) {
	lease, start := "reconcile:"+name, s.Wall.Now()
	fence, ok, err := s.Store.TakeLease(ctx, lease, start, start.Add(heldFor))
	if err == nil && !ok {
		return
	}
	var rep Report
	if err == nil {
		err = s.whileAlive(ctx, func(ctx context.Context, until time.Time) error {
			return s.Store.RenewLease(ctx, lease, fence, until)
		}, func(ctx context.Context) error {
			rep, err = run(ctx)
			return err
		})
		err = errors.Join(err, s.endTurn(ctx, lease, fence, start.Add(every-every/20), err))
	}
	s.report(ctx, name, rep, err)
}

// endTurn keeps a lease until the next run, or gives it back.
func (s *Service) endTurn(ctx context.Context, lease string, fence int64, next time.Time, failed error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseWork)
	defer cancel()
	if failed != nil {
		return s.Store.DropLease(ctx, lease, fence)
	}
	return s.Store.RenewLease(ctx, lease, fence, next)
}

// forgetPayloads empties old payloads, a few at a time, so that nobody waits
// for the writer.
func (s *Service) forgetPayloads(ctx context.Context) error {
	const some = 200
	for {
		n, err := s.Store.PrunePayloads(ctx, s.Wall.Now().Add(-payloadsFor), some)
		if err != nil || n < some {
			return err
		}
	}
}

func (s *Service) report(ctx context.Context, which string, rep Report, err error) {
	if ctx.Err() != nil {
		return
	}
	s.noteRun(ctx, which, rep, err)
	if err != nil {
		s.Log.Error("the reconciler could not finish", "run", which, "err", err)
		return
	}
	s.Log.Info("reconciled with Stripe", "run", which, "events", rep.Events, "missed", rep.Missed, "customers", rep.Customers, "drift", len(rep.Drift))
}
