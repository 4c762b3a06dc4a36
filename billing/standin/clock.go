package standin

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// look is how often Run looks at the clock when nothing wakes it: another
// process may have moved paper time.
const look = time.Second

// Run delivers webhooks and does what falls due as time passes, until ctx
// ends.
func (s *Server) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-timer.C:
		}
		if err := s.tick(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "stand-in: a due thing failed", "err", err)
		}
		wait, err := s.untilNext(ctx)
		if err != nil {
			wait = look
		}
		timer.Reset(wait)
	}
}

// tick does what is due now, if nobody is advancing time at this moment, and
// delivers.
func (s *Server) tick(ctx context.Context) error {
	if s.advancing.TryLock() {
		err := s.doAllDue(ctx)
		s.advancing.Unlock()
		if err != nil {
			return err
		}
	}
	return s.deliverDue(ctx)
}

// untilNext is how long Run may sleep: until a retry is due, at most a second.
func (s *Server) untilNext(ctx context.Context) (time.Duration, error) {
	if s.faults.get().Mute {
		return look, nil
	}
	var next *int64
	err := s.do(ctx, func(w *work) error {
		return w.tx.QueryRowContext(ctx,
			`SELECT min(next_wall) FROM deliveries WHERE status = 'waiting' AND not_before <= $1`, w.now).Scan(&next)
	})
	if err != nil || next == nil {
		return look, err
	}
	return max(time.Millisecond, min(look, time.Until(time.UnixMilli(*next)))), nil
}

// Settle makes every delivery that can be made now. One that failed waits for
// its backoff, which runs on wall time, and is not waited for.
func (s *Server) Settle(ctx context.Context) error { return s.deliverDue(ctx) }

// ErrBackwards means that paper time was asked to go back.
var ErrBackwards = errors.New("paper time only moves forward")

// Advance moves paper time to the given instant, stopping at every due thing
// in the books and in the Follower on the way: it does all that is due at the
// earliest, delivers the webhooks, lets the Follower settle, and takes the next.
// It returns when all is quiet.
func (s *Server) Advance(ctx context.Context, to time.Time) error { return s.AdvanceBy(ctx, to, 0) }

// AdvanceBy is Advance with a stride: what falls due within one is done
// together, at its end, as a firm does that looks at its diary so often only. A
// large account's months pass faster so, and less evenly. 0 stops at each thing.
func (s *Server) AdvanceBy(ctx context.Context, to time.Time, stride time.Duration) error {
	s.advancing.Lock()
	defer s.advancing.Unlock()
	if to.Before(s.now()) {
		return ErrBackwards
	}
	for {
		if err := s.quiet(ctx); err != nil {
			return err
		}
		next, found, err := s.nextDue(ctx)
		if err != nil {
			return err
		}
		if !found || next.After(to) {
			break
		}
		if stride > 0 {
			next = next.Truncate(stride).Add(stride)
		}
		if next.After(to) {
			next = to
		}
		if err := s.moveTo(next); err != nil {
			return err
		}
		for did := true; did; {
			if did, err = s.doNextDue(ctx); err != nil {
				return err
			}
		}
	}
	if err := s.moveTo(to); err != nil {
		return err
	}
	return s.quiet(ctx)
}

// moveTo moves the clock unless wall time has carried it past t already.
func (s *Server) moveTo(t time.Time) error {
	if !t.After(s.now()) {
		return nil
	}
	err := s.cfg.Clock.MoveTo(t)
	if err != nil && !t.After(s.now()) {
		return nil // a tick of wall time came between the look and the move
	}
	return err
}

// quiet delivers and lets the app work until neither has anything to do.
func (s *Server) quiet(ctx context.Context) error {
	for {
		if err := s.deliverDue(ctx); err != nil {
			return err
		}
		if s.cfg.Follower != nil {
			if err := s.cfg.Follower.Settle(ctx); err != nil {
				return fmt.Errorf("settle the app's work: %w", err)
			}
		}
		waiting, err := s.deliverable(ctx)
		if err != nil || waiting == 0 {
			return err
		}
	}
}

// deliverable counts what can go out now.
func (s *Server) deliverable(ctx context.Context) (n int, err error) {
	if s.faults.get().Mute {
		return 0, nil
	}
	err = s.do(ctx, func(w *work) error {
		return w.tx.QueryRowContext(ctx, `SELECT count(*) FROM deliveries WHERE `+deliverable,
			time.Now().UnixMilli(), w.now).Scan(&n)
	})
	return n, err
}

// nextDue is the earliest due thing: in the books, among late deliveries, or
// in the app. What the app has due already and did not do when it settled is
// stuck there, and time goes on without it.
func (s *Server) nextDue(ctx context.Context) (next time.Time, found bool, err error) {
	var books *int64
	err = s.do(ctx, func(w *work) error {
		return w.tx.QueryRowContext(ctx, `SELECT min(at) FROM (
			SELECT min(due) AS at FROM objects WHERE due IS NOT NULL
			UNION ALL
			SELECT min(not_before) FROM deliveries WHERE status = 'waiting' AND not_before > $1)`, w.now).Scan(&books)
	})
	if err != nil {
		return next, false, fmt.Errorf("next due: %w", err)
	}
	if books != nil {
		next, found = time.Unix(*books, 0).UTC(), true
	}
	if s.cfg.Follower == nil {
		return next, found, nil
	}
	at, has, err := s.cfg.Follower.NextDue(ctx)
	if err != nil {
		return next, false, fmt.Errorf("the app's next due: %w", err)
	}
	if has && at.After(s.now()) && (!found || at.Before(next)) {
		next, found = at, true
	}
	return next, found, nil
}

// doAllDue does what is due at the present paper time, earliest first.
func (s *Server) doAllDue(ctx context.Context) error {
	for {
		did, err := s.doNextDue(ctx)
		if err != nil || !did {
			return err
		}
		if err := s.deliverDue(ctx); err != nil {
			return err
		}
	}
}

// doNextDue does the earliest due thing in the books, if its time has come.
func (s *Server) doNextDue(ctx context.Context) (did bool, err error) {
	err = s.do(ctx, func(w *work) error {
		found, err := w.rows(`SELECT body FROM objects WHERE due <= $1 ORDER BY due, seq LIMIT 1`, w.now)
		if err != nil || len(found) == 0 {
			return err
		}
		did = true
		o := found[0]
		switch o.str("object") {
		case "checkout.session":
			return w.expire(o)
		case "subscription":
			return w.turn(o)
		case "invoice":
			return w.turnInvoice(o)
		case "charge":
			return w.takeBack(o)
		case "dispute":
			return w.turnDispute(o)
		case "refund":
			return w.turnRefund(o)
		case "coupon":
			return w.ageCodes(o.str("id"))
		case "promotion_code":
			return w.ageCodes(o.str("coupon", "id"))
		}
		o.due(0) // nothing else is ever due; forget it rather than loop
		return w.put(o)
	})
	return did, err
}
