// Package jobs is the paper's queue: work that must happen because something
// was committed, and only then (a mail, a call to Stripe, the nightly tidying).
// A job is a row written in the transaction that caused it, so it exists exactly
// when its cause does.
//
// A job runs at least once. Its key is unique, so that asking twice for the
// same thing does nothing, but a process that dies between the work and its
// record does the work again: handlers must bear that.
//
// The package knows rows, times and leases. It refuses to know what any job
// does: that lives in the job's subject and is wired where the program starts.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"broadsheet/internal/clock"
	"broadsheet/internal/id"
)

// New is work that is asked for.
type New struct {
	Kind    string    // which handler does it, such as "mail"
	Key     string    // unique for all time that is kept; "" for work that may repeat
	Payload any       // kept as JSON; wiped when the job is done
	RunAt   time.Time // paper time before which it does not run; zero is now
}

// Job is work as a handler gets it.
type Job struct {
	ID       string
	Kind     string
	Key      string
	Payload  []byte    // JSON
	RunAt    time.Time // paper time
	Attempts int       // this one included, from 1
}

// Into reads the payload into v. A payload that cannot be read never will be:
// the error is one that gives up.
func (j Job) Into(v any) error {
	if err := json.Unmarshal(j.Payload, v); err != nil {
		return GiveUp(fmt.Errorf("the payload of job %s (%s) cannot be read: %w", j.ID, j.Kind, err))
	}
	return nil
}

// Queue takes work. Enqueue writes in the transaction that ctx carries; a key
// that is already there makes it do nothing.
type Queue interface {
	Enqueue(ctx context.Context, n New) error
}

// Handler does the work of one kind. An error means: again later, after a pause
// that grows. GiveUp means: never again. Its context ends when the program must
// stop now or when the lease was lost to another runner.
type Handler func(ctx context.Context, j Job) error

// Clocks are the two times: run_at is paper time, leases and pauses are wall
// time.
type Clocks struct{ Paper, Wall clock.Clock }

// Claim asks for jobs that are due and free.
type Claim struct {
	Holder string    // who holds them from now on; unique to this claim
	Kinds  []string  // only these
	Paper  time.Time // due by this paper time
	Wall   time.Time // free at this wall time
	Until  time.Time // wall time at which the lease ends unless it is renewed
	Limit  int
}

// Failure is the end of an attempt that did not do it.
type Failure struct {
	ID, Holder string
	Error      string
	Dead       bool      // kept, and not tried again
	FreeAt     time.Time // wall time of the next try
	Now        time.Time // wall time
}

// Letter is a dead job, kept until somebody looks.
type Letter struct {
	Job
	Error string
	Died  time.Time // wall time
}

// Store keeps the jobs. *store.DB is one.
type Store interface {
	// AddJob keeps a job unless its key is there already.
	AddJob(ctx context.Context, j Job) error
	// JobsDue reports whether a claim could get anything, without writing.
	JobsDue(ctx context.Context, c Claim) (bool, error)
	// ClaimJobs leases what is due and counts the attempt. No other claim gets
	// the same job while the lease holds.
	ClaimJobs(ctx context.Context, c Claim) ([]Job, error)
	// RenewJob moves the end of a lease; false if it was lost.
	RenewJob(ctx context.Context, id, holder string, until time.Time) (bool, error)
	// FinishJob wipes the payload and keeps the key; false if the lease was lost.
	FinishJob(ctx context.Context, id, holder string, now time.Time) (bool, error)
	// FailJob ends an attempt; false if the lease was lost.
	FailJob(ctx context.Context, f Failure) (bool, error)
	// NextJob is the earliest run_at after that paper time, of kinds not excepted.
	NextJob(ctx context.Context, after time.Time, except []string) (time.Time, bool, error)
	// JobsUnsettled counts what is due by c.Paper and either free or being worked
	// at. A job that waits out the pause after a failure does not count.
	JobsUnsettled(ctx context.Context, c Claim) (int, error)
	// PurgeJobs forgets at most limit jobs done before that wall time and says how
	// many.
	PurgeJobs(ctx context.Context, doneBefore time.Time, limit int) (int, error)
}

// gaveUp marks an error that no further attempt can mend.
type gaveUp struct{ error }

func (g gaveUp) Unwrap() error { return g.error }

// GiveUp marks err as final: the job becomes a dead letter at once.
func GiveUp(err error) error { return gaveUp{err} }

func isFinal(err error) bool {
	_, ok := errors.AsType[gaveUp](err)
	return ok
}

// Enqueue keeps work in the caller's transaction. The runner looks at once.
func (r *Runner) Enqueue(ctx context.Context, n New) error {
	if n.Kind == "" {
		return errors.New("jobs: a job needs a kind")
	}
	payload, err := json.Marshal(n.Payload)
	if err != nil {
		return fmt.Errorf("jobs: payload of %s: %w", n.Kind, err)
	}
	j := Job{ID: id.New(r.clocks.Wall.Now()), Kind: n.Kind, Key: n.Key, Payload: payload, RunAt: n.RunAt}
	if j.Key == "" {
		j.Key = j.ID
	}
	if j.RunAt.IsZero() {
		j.RunAt = r.clocks.Paper.Now()
	}
	if err := r.store.AddJob(ctx, j); err != nil {
		return err
	}
	r.wake()
	return nil
}
