package billing

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"broadsheet/internal/fault"
)

// Mark says that an object changed since it was last looked at. Marks are never
// deleted, so that Rev only grows and a late worker cannot clear a newer one.
type Mark struct {
	Ref
	Rev      int64
	Attempts int // that failed since it was last clean
}

// inboxStore keeps events and marks. All its times are wall time.
type inboxStore interface {
	// KeepEvent stores an event once; false if it was there.
	KeepEvent(ctx context.Context, e Event, mark Ref, at time.Time) (bool, error)
	HasEvent(ctx context.Context, id string) (bool, error)
	MarkDirty(ctx context.Context, object Ref, at time.Time) error
	// ClaimMarks takes up to n dirty marks that are due, and keeps others from
	// them until the given time.
	ClaimMarks(ctx context.Context, now, until time.Time, n int) ([]Mark, error)
	// ExtendMark moves the end of a claim, if it is still held.
	ExtendMark(ctx context.Context, m Mark, until time.Time) error
	// SettleMark makes the mark clean, and its events done, unless it moved.
	SettleMark(ctx context.Context, m Mark, at time.Time) error
	// FailMark keeps the error with the mark and its events.
	FailMark(ctx context.Context, m Mark, reason string, next time.Time) error
	// ReleaseMark lets go of a claim without a word on how it went.
	ReleaseMark(ctx context.Context, m Mark) error
	// PrunePayloads empties up to n payloads of events that were done before.
	PrunePayloads(ctx context.Context, before time.Time, n int) (int, error)
	// DirtyMarks lists what is marked and not looked at since.
	DirtyMarks(ctx context.Context) ([]Ref, error)
	// Unsettled counts the marks that are due or claimed.
	Unsettled(ctx context.Context, now time.Time) (int, error)
}

// Receive takes a webhook. When it returns nil the event is stored and what it
// names is marked, durably, and Stripe may forget it. The payload itself is
// believed in nothing else: the worker asks Stripe. Faults: Invalid for what
// Stripe did not sign, or signed for the other mode.
func (s *Service) Receive(ctx context.Context, raw []byte, signature string, wall time.Time) error {
	event, err := s.Verifier.Verify(raw, signature, wall)
	if err != nil {
		return err
	}
	if err := s.admit(event); err != nil {
		return err
	}
	if _, err := s.keep(ctx, event, wall); err != nil {
		return err
	}
	s.poke()
	return nil
}

func (s *Service) admit(e Event) error {
	if e.Livemode != s.Gateway.Livemode() {
		return fault.New(fault.Invalid, "This event is of the other mode (live or test).", fmt.Errorf("event %s: livemode %t", e.ID, e.Livemode))
	}
	return nil
}

// keep stores the event and marks what it names. An event that was there before
// marks again: somebody had a reason to send it twice.
func (s *Service) keep(ctx context.Context, e Event, wall time.Time) (fresh bool, err error) {
	mark := e.dirty()
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		if fresh, err = s.Store.KeepEvent(ctx, e, mark, wall); err != nil || mark.IsZero() {
			return err
		}
		return s.Store.MarkDirty(ctx, mark, wall)
	})
	return fresh, err
}

// poke tells this process's worker that there is something to do.
func (s *Service) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

const (
	workers   = 4           // of one process: a customer that Stripe is slow about holds up no other
	lookAgain = time.Second // for marks that other machines set
	// gathering is how long a worker that was woken lets events gather: what
	// happens at Stripe is told in several, and one look answers them all.
	gathering = 150 * time.Millisecond
)

// Work settles marks until ctx ends, several at a time. Several processes may
// work at once.
func (s *Service) Work(ctx context.Context) {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() { s.workAlone(ctx) })
	}
	all.Wait()
}

func (s *Service) workAlone(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := s.workOnce(ctx, 1)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("the billing inbox cannot be read", "err", err)
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
			s.gather(ctx)
		case <-time.After(lookAgain):
		}
	}
}

// gather waits for what comes together with what woke the worker.
func (s *Service) gather(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(gathering):
	}
}

// Settle works until no mark is due and none is being worked on. Marks that
// failed wait for their time and do not keep it.
func (s *Service) Settle(ctx context.Context) error {
	for {
		n, err := s.workOnce(ctx, workers)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		left, err := s.Store.Unsettled(ctx, s.Wall.Now())
		if err != nil || left == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// workOnce claims up to most of what is due and settles it, and says how many
// there were.
func (s *Service) workOnce(ctx context.Context, most int) (int, error) {
	now := s.Wall.Now()
	marks, err := s.Store.ClaimMarks(ctx, now, now.Add(heldFor), most)
	if err != nil {
		return 0, fmt.Errorf("claim marks: %w", err)
	}
	if len(marks) == most {
		s.poke() // there may be more, and somebody idle
	}
	var all sync.WaitGroup
	errs := make([]error, len(marks))
	for i, m := range marks {
		all.Go(func() { errs[i] = s.work(ctx, m) })
	}
	all.Wait()
	return len(marks), errors.Join(errs...)
}

// work settles one mark. Its error is the inbox's own; why a sync failed is
// kept with the mark.
func (s *Service) work(ctx context.Context, m Mark) error {
	err := s.whileAlive(ctx, func(ctx context.Context, until time.Time) error {
		return s.Store.ExtendMark(ctx, m, until)
	}, func(ctx context.Context) error { return s.bring(ctx, m.Ref) })
	stopping := ctx.Err() != nil
	// Shutting down must not lose what was learned.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseWork)
	defer cancel()
	now := s.Wall.Now()
	switch {
	case err == nil:
		return s.Store.SettleMark(ctx, m, now)
	case stopping:
		return s.Store.ReleaseMark(ctx, m)
	}
	s.Log.Warn("a sync failed and will be tried again", "kind", m.Kind, "id", m.ID, "attempts", m.Attempts+1, "err", err)
	return s.Store.FailMark(ctx, m, err.Error(), now.Add(backoff(m.Attempts)))
}

// bring makes our rows of whoever the object belongs to equal to Stripe's.
func (s *Service) bring(ctx context.Context, object Ref) error {
	customer, err := s.customerOf(ctx, object)
	if err != nil || customer == "" {
		return err
	}
	_, err = s.Sync(ctx, customer)
	return err
}

// customerOf finds whose the object is; "" if nobody's. An object that is gone
// before we looked is nobody's: what it changed has its own event.
func (s *Service) customerOf(ctx context.Context, object Ref) (string, error) {
	if object.Kind == KindCustomer {
		return object.ID, nil
	}
	customer, err := s.Gateway.CustomerOf(ctx, object)
	if fault.Is(err, fault.Missing) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("whose is %s %s: %w", object.Kind, object.ID, err)
	}
	return customer, nil
}

// backoff is the wait after the given number of earlier failures.
func backoff(failures int) time.Duration {
	return min(time.Second<<min(failures, 12), time.Hour)
}
