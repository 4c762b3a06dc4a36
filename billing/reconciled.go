package billing

import (
	"context"
	"time"
)

// Reconciled is a run of the reconciler, as the desk looks back at it.
type Reconciled struct {
	At        time.Time // wall time of its end
	Run       string    // first, hourly, nightly, by hand
	Events    int
	Missed    int
	Customers int
	Drift     int      // rows that were not as Stripe says though no webhook was on its way, and were repaired
	IDs       []string // of these, Stripe's ids, driftShown at most
	Error     string   // "" for a run that ended well
}

// driftShown is how many ids of repaired rows are kept with a run.
const driftShown = 50

// runStore keeps the reconciler's runs.
type runStore interface {
	NoteReconciled(ctx context.Context, r Reconciled) error
}

// noteRun keeps a run. That it cannot be kept is said in the log and mends
// nothing.
func (s *Service) noteRun(ctx context.Context, which string, rep Report, failed error) {
	lost := rep.lost()
	r := Reconciled{
		At: s.Wall.Now(), Run: which, Events: rep.Events, Missed: rep.Missed, Customers: rep.Customers, Drift: len(lost),
		IDs: lost[:min(len(lost), driftShown)],
	}
	if failed != nil {
		r.Error = failed.Error()
	}
	if err := s.Store.NoteReconciled(ctx, r); err != nil {
		s.Log.Error("the reconciler's run could not be noted", "run", which, "err", err)
	}
}
