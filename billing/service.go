package billing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"broadsheet/internal/clock"
	"broadsheet/internal/fault"
)

// Store keeps what this room knows. Every method takes part in the transaction
// that ctx carries.
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	leaseStore
	inboxStore
	recordStore
	checkoutStore
	shelfStore
	planChangeStore
	watermarkStore
	runStore
	giftStore
	shopStore
}

// leaseStore keeps locks that several machines respect. A lease that ran out
// may be taken by somebody else under the next fencing number.
type leaseStore interface {
	TakeLease(ctx context.Context, name string, now, until time.Time) (fence int64, ok bool, err error)
	// HoldLease fails with ErrFenced unless the lease still has that number, and
	// keeps it so until the transaction ends.
	HoldLease(ctx context.Context, name string, fence int64) error
	// RenewLease moves the end of a lease; ErrFenced if it was lost.
	RenewLease(ctx context.Context, name string, fence int64, until time.Time) error
	DropLease(ctx context.Context, name string, fence int64) error
}

// shelfStore keeps what is and was sold.
type shelfStore interface {
	Catalogue(ctx context.Context) (Catalogue, error)
	// KeepPrice remembers which lookup key a price had: the key moves on to
	// another price when an amount changes, and subscribers stay.
	KeepPrice(ctx context.Context, priceID, lookup string) error
	LookupOfPrice(ctx context.Context, priceID string) (string, error)
}

// Parts is what a Service is made of.
type Parts struct {
	Store    Store
	Gateway  Gateway
	Verifier Verifier
	Paper    clock.Clock
	Wall     clock.Clock
	Enqueue  Enqueue               // nil drops effects
	Changed  func(readerID string) // called after each sync, so that memories forget; nil is fine
	Counting Counting              // nil counts nothing
	Log      *slog.Logger
	Gifts    GiftCodes
	BaseURL  string // the paper's public address, without a slash at its end
}

// Service sells, and keeps what it knows equal to what Stripe says.
type Service struct {
	Parts
	wake chan struct{} // one slot: "there are marks"
}

// New joins the parts.
func New(p Parts) *Service {
	if p.Enqueue == nil {
		p.Enqueue = func(context.Context, Effect) error { return nil }
	}
	if p.Changed == nil {
		p.Changed = func(string) {}
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Parts: p, wake: make(chan struct{}, 1)}
}

// ErrFenced means that a lease ran out and somebody else took it: what was
// fetched under it may be older than what is written by now.
var ErrFenced = errors.New("the lease was taken over")

// How long the work under a lease may take, and how long others wait for it. It
// gives signs of life, so that only a process that hung or died is fenced off.
const (
	leaseWork = 45 * time.Second
	leaseWait = 30 * time.Second
)

// leased runs fn while holding the lease of that name. It waits for whoever has
// it; a request that must not wait brings a deadline.
func (s *Service) leased(ctx context.Context, name string, fn func(ctx context.Context, fence int64) error) error {
	fence, err := s.takeLease(ctx, name)
	if err != nil {
		return err
	}
	defer func() {
		// The work may have ended because ctx did; the lease is given back all the same.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseWork)
		defer cancel()
		if err := s.Store.DropLease(ctx, name, fence); err != nil {
			s.Log.Warn("a lease was not given back; it runs out by itself", "lease", name, "err", err)
		}
	}()
	work, cancel := context.WithTimeout(ctx, leaseWork)
	defer cancel()
	return s.whileAlive(work, func(ctx context.Context, until time.Time) error {
		return s.Store.RenewLease(ctx, name, fence, until)
	}, func(ctx context.Context) error { return fn(ctx, fence) })
}

func (s *Service) takeLease(ctx context.Context, name string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, leaseWait)
	defer cancel()
	pause := 4 * time.Millisecond
	for {
		now := s.Wall.Now()
		fence, ok, err := s.Store.TakeLease(ctx, name, now, now.Add(heldFor))
		if err != nil {
			return 0, fmt.Errorf("lease %s: %w", name, err)
		}
		if ok {
			return fence, nil
		}
		select {
		case <-ctx.Done():
			return 0, fault.New(fault.Unavailable, "Something else is changing this account just now. Please try again in a moment.", fmt.Errorf("lease %s: %w", name, ctx.Err()))
		case <-time.After(pause):
			pause = min(2*pause, 100*time.Millisecond)
		}
	}
}
