package drill

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// hands is how many readers are at it at once.
const hands = 4

// live lets the time pass: leg by leg of about a day, in which readers act, the
// clock moves and the weather does what it likes, all at once.
func (s *stage) live(ctx context.Context) error {
	stop := s.showProgress()
	defer stop()
	storms := s.forecast()
	for end, leg := s.now.Add(s.Life), 0; s.now.Before(end); leg++ {
		by := min(12*time.Hour+time.Duration(s.dice.Int64N(int64(day))), end.Sub(s.now))
		if err := s.leg(ctx, by, storms(s.now.Add(by))); err != nil {
			return err
		}
	}
	return nil
}

// leg passes one stretch of time.
func (s *stage) leg(ctx context.Context, by time.Duration, w weather) error {
	began := time.Now()
	clear, err := s.brew(ctx, w)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	failed := make(chan error, 3)
	due := s.due(s.now.Add(by))
	all.Go(func() { failed <- s.act(ctx, due) })
	all.Go(func() { failed <- s.strike(ctx, w) })
	now, err := s.desk.advance(ctx, by)
	all.Wait()
	err = errors.Join(err, <-failed, <-failed, clear(), s.post.refresh())
	if err != nil {
		return err
	}
	s.now = now
	s.paperDate.Store(now.Unix())
	s.openLetters()
	fmt.Fprintf(s.diary, "%s  %6d ms  %d turns  %+v\n", now.Format(time.RFC3339), time.Since(began).Milliseconds(), len(due), w)
	return nil
}

// due are the readers whose turn comes before that time.
func (s *stage) due(before time.Time) []*reader {
	var out []*reader
	for _, r := range s.readers {
		if r.next.Before(before) {
			out = append(out, r)
		}
	}
	return out
}

// act gives readers their turns, several at once.
func (s *stage) act(ctx context.Context, due []*reader) error {
	queue := make(chan *reader, len(due))
	for _, r := range due {
		queue <- r
	}
	close(queue)
	var all sync.WaitGroup
	for range hands {
		all.Go(func() {
			for r := range queue {
				if ctx.Err() == nil {
					s.note(r, ctx)
				}
			}
		})
	}
	all.Wait()
	return ctx.Err()
}

// note gives a reader a turn, writes down how it went, and says when the next is.
func (s *stage) note(r *reader, ctx context.Context) {
	had := r.bought
	name, err := s.turn(ctx, r)
	s.record(name, err)
	switch _, away := errors.AsType[turnedAway](err); {
	case away:
		r.wait(s.now, 2*day) // and tries again soon
	case err != nil && !errors.Is(err, errIdle):
		s.wonder(fmt.Sprintf("reader %d, %s: %v", r.n, name, err))
		r.wait(s.now, 10*day)
	case err == nil && name == pausing.name:
		r.wait(s.now, 30*day) // a pause is over before most would look again
	default:
		r.wait(s.now, s.pause())
	}
	if !had && r.bought {
		s.joined.Add(1)
	}
}

// openLetters has readers who are asked for another card, or for a
// confirmation, come within days; most of them.
func (s *stage) openLetters() {
	for ; s.letters < len(s.post.all); s.letters++ {
		m := s.post.all[s.letters]
		r := s.byAddress[m.To]
		if r == nil || !cardLink.MatchString(m.Text) && !invoiceLink.MatchString(m.Text) || !r.chance(60) {
			continue
		}
		if soon := s.now.Add(time.Duration(r.dice.Int64N(int64(6 * day)))); soon.Before(r.next) {
			r.next = soon
		}
	}
}
