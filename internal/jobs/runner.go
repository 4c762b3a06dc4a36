package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"broadsheet/internal/id"
)

// How often an idle runner looks, and how soon after work was asked for. The
// asker has not committed yet when it wakes the runner, so the first looks come
// quickly and then farther apart.
const (
	firstLook = 5 * time.Millisecond
	lastLook  = 250 * time.Millisecond
)

// claimWait bounds a claim and the record of how a job went.
const claimWait = 10 * time.Second

// keepDone is how long the key of a done job is remembered.
const keepDone = 60 * 24 * time.Hour

// Runner claims jobs and hands them to their handlers. Set its fields before
// Run; the zero value of a field is replaced by New's default.
type Runner struct {
	// Workers is how many jobs run at once in this process.
	Workers int
	// Lease is how long a job is held without a sign of life. It is renewed
	// every third of it, so that only a dead process loses a job.
	Lease time.Duration
	// MaxAttempts is how often a job is tried before it is a dead letter.
	MaxAttempts int
	// Backoff is the pause after the given attempt (from 1).
	Backoff func(attempt int) time.Duration
	// Grace is how long running jobs may take to finish once Run's context has
	// ended; then their own contexts end.
	Grace time.Duration

	store  Store
	clocks Clocks
	log    *slog.Logger
	woken  chan struct{}

	mu       sync.RWMutex
	handlers map[string]Handler
	periods  map[string]time.Duration
}

// NewRunner makes a runner with no handlers. It runs nothing before Run or
// Settle, and takes work at once.
func NewRunner(store Store, clocks Clocks, log *slog.Logger) *Runner {
	r := &Runner{
		Workers: 4, Lease: 30 * time.Second, MaxAttempts: 16, Backoff: doubling, Grace: 20 * time.Second,
		store: store, clocks: clocks, log: log, woken: make(chan struct{}, 1),
		handlers: map[string]Handler{}, periods: map[string]time.Duration{},
	}
	r.Every("jobs.tidy", 24*time.Hour, r.tidy)
	return r
}

// doubling waits 1 s, 2 s, 4 s … up to an hour, give or take a fifth, so that
// what failed together does not come back together. Sixteen attempts take
// about five hours.
func doubling(attempt int) time.Duration {
	pause := min(time.Second<<min(attempt-1, 20), time.Hour)
	return time.Duration(float64(pause) * (0.8 + 0.4*rand.Float64()))
}

// Handle names who does the jobs of a kind. A runner claims only kinds that it
// has handlers for, so an older program leaves newer jobs alone.
func (r *Runner) Handle(kind string, h Handler) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handlers[kind] = h
}

func (r *Runner) handler(kind string) Handler {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.handlers[kind]
}

func (r *Runner) kinds() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.handlers))
}

func (r *Runner) wake() {
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, then claims nothing more, lets what is running
// finish within Grace, and returns.
func (r *Runner) Run(ctx context.Context) {
	hard, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var running sync.WaitGroup
	slots := make(chan struct{}, r.Workers)
	r.seed(ctx)
	look := firstLook
	for ctx.Err() == nil {
		n, err := r.step(ctx, hard, slots, &running)
		switch {
		case err != nil && ctx.Err() == nil:
			r.log.Error("the job queue cannot be read", "err", err)
			look = 4 * lastLook
		case n > 0:
			look = firstLook
			continue
		}
		look = r.pause(ctx, look)
	}
	r.wait(&running, cut)
}

// pause waits for the next look, or less if woken, and says how long the one
// after it may be.
func (r *Runner) pause(ctx context.Context, look time.Duration) time.Duration {
	t := time.NewTimer(look)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-r.woken:
		return firstLook
	case <-t.C:
	}
	return min(2*look, lastLook)
}

// step claims as many jobs as there are free workers and starts them.
func (r *Runner) step(ctx, hard context.Context, slots chan struct{}, running *sync.WaitGroup) (int, error) {
	free := cap(slots) - len(slots)
	if free == 0 {
		return 0, nil
	}
	got, holder, err := r.claim(ctx, free)
	for _, j := range got {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots; r.wake() }()
			r.work(hard, j, holder)
		})
	}
	return len(got), err
}

// wait lets running jobs finish, and cuts them off when Grace is over.
func (r *Runner) wait(running *sync.WaitGroup, cut func()) {
	done := make(chan struct{})
	go func() { running.Wait(); close(done) }()
	t := time.NewTimer(r.Grace)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
		r.log.Warn("jobs are still running and are cut off; they will run again", "grace", r.Grace)
		cut()
		<-done
	}
}

func (r *Runner) due() Claim {
	wall := r.clocks.Wall.Now()
	return Claim{Kinds: r.kinds(), Paper: r.clocks.Paper.Now(), Wall: wall, Until: wall.Add(r.Lease)}
}

// claim looks first and writes only if there is something: an idle queue must
// not queue for the one writer.
func (r *Runner) claim(ctx context.Context, limit int) ([]Job, string, error) {
	c := r.due()
	some, err := r.store.JobsDue(ctx, c)
	if err != nil || !some {
		return nil, "", err
	}
	c.Holder, c.Limit = id.New(c.Wall), limit
	// A claim that was written must be read: a stop between the two would leave
	// its jobs to the end of their lease.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimWait)
	defer cancel()
	got, err := r.store.ClaimJobs(ctx, c)
	return got, c.Holder, err
}

// work does one job and records how it went. ctx ends only when the program
// must stop at once, so the record is written even then.
func (r *Runner) work(ctx context.Context, j Job, holder string) {
	log := r.log.With("job", j.ID, "kind", j.Kind, "attempt", j.Attempts)
	var err error
	if j.Attempts > r.MaxAttempts {
		err = GiveUp(errors.New("every attempt ended without a word: the program died in it"))
	} else {
		err = r.attempt(ctx, j, holder)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimWait)
	defer cancel()
	var held bool
	var kept error
	now := r.clocks.Wall.Now()
	if err == nil {
		held, kept = r.store.FinishJob(ctx, j.ID, holder, now)
	} else {
		dead := isFinal(err) || j.Attempts >= r.MaxAttempts
		held, kept = r.store.FailJob(ctx, Failure{ID: j.ID, Holder: holder, Error: err.Error(),
			Dead: dead, FreeAt: now.Add(r.Backoff(j.Attempts)), Now: now})
		if dead {
			log.Error("a job failed for good; it is kept as a dead letter", "err", err)
		} else {
			log.Warn("a job failed and is tried again", "err", err)
		}
	}
	switch {
	case kept != nil:
		log.Error("how a job went could not be kept; it will run again", "err", kept)
	case !held:
		log.Warn("a job's lease was lost before it ended")
	}
}

// attempt runs the handler under a lease that is renewed. A panic is a failure.
func (r *Runner) attempt(ctx context.Context, j Job, holder string) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	var beat sync.WaitGroup
	beat.Go(func() { r.heartbeat(ctx, cancel, j, holder) })
	defer beat.Wait()
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	h := r.handler(j.Kind)
	if h == nil {
		return fmt.Errorf("nobody handles %q", j.Kind)
	}
	return h(ctx, j)
}

// heartbeat renews the lease every third of it, and ends the job's context when
// somebody else has it.
func (r *Runner) heartbeat(ctx context.Context, lost func(), j Job, holder string) {
	tick := time.NewTicker(r.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		held, err := r.store.RenewJob(ctx, j.ID, holder, r.clocks.Wall.Now().Add(r.Lease))
		if err != nil && ctx.Err() == nil {
			r.log.Warn("a job's lease could not be renewed", "job", j.ID, "err", err)
		}
		if err == nil && !held {
			lost()
			return
		}
	}
}

// tidy forgets jobs that were done long ago, in batches that leave the writer
// to others in between.
func (r *Runner) tidy(ctx context.Context, _ Job) error {
	const batch = 500
	for {
		n, err := r.store.PurgeJobs(ctx, r.clocks.Wall.Now().Add(-keepDone), batch)
		if err != nil || n < batch {
			return err
		}
	}
}
