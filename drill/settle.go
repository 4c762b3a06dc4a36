package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// settle lets the sun shine for some days, so that what was late arrives, has
// the reconciler run twice, and takes the evidence.
func (s *stage) settle(ctx context.Context) (*evidence, error) {
	if err := s.clearUp(ctx); err != nil {
		return nil, err
	}
	before, err := readRows(s.Options, s.now)
	if err != nil {
		return nil, err
	}
	unread, err := checkNews(s.Options, before)
	if err != nil {
		return nil, err
	}
	var runs [2]string
	for i := range runs {
		said, err := s.paper.command(ctx, "billing", "reconcile")
		if err == nil {
			err = s.quiet(ctx)
		}
		if err != nil {
			return nil, err
		}
		lines := strings.Split(strings.TrimSpace(said), "\n")
		runs[i] = lines[len(lines)-1]
	}
	gates, err := s.readGates(ctx)
	if err != nil {
		return nil, err
	}
	e, err := examine(s.Options, s.now)
	if err != nil {
		return nil, err
	}
	e.gates, e.firstRun, e.secondRun, e.odd = gates, runs[0], runs[1], append(s.odd, s.neverDone()...)
	e.unread, e.orders = unread, s.orders.of
	return e, nil
}

// clearUp passes some days in peace, and goes on until nothing falls due while
// we look.
func (s *stage) clearUp(ctx context.Context) error {
	if err := s.desk.order(ctx, "clear", "1"); err != nil {
		return err
	}
	for range 4 {
		if err := s.pass(ctx, day); err != nil {
			return err
		}
	}
	for {
		soon, err := s.fallsDue(time.Hour)
		if err != nil {
			return err
		}
		if !soon {
			return s.quiet(ctx)
		}
		if err := s.pass(ctx, time.Hour); err != nil {
			return err
		}
	}
}

// pass lets time pass in peace.
func (s *stage) pass(ctx context.Context, by time.Duration) (err error) {
	s.now, err = s.desk.advance(ctx, by)
	return err
}

// fallsDue reports whether anything in the books is due within that time.
func (s *stage) fallsDue(within time.Duration) (bool, error) {
	db, err := openReadOnly(s.booksPath())
	if err != nil {
		return false, err
	}
	defer db.Close()
	var n int
	err = db.QueryRow(`SELECT count(*) FROM objects WHERE due <= $1`, s.now.Add(within).Unix()).Scan(&n)
	return n > 0, err
}

// patience is how long the paper may take to finish what it has to do.
const patience = 100 * time.Second

// quiet waits until the paper has nothing left to do: no mark, no job, also none
// that waits out the pause after a failure.
func (s *stage) quiet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		settled, err := s.askToSettle(ctx)
		if err != nil {
			return err
		}
		if settled {
			left, err := unfinished(s.Options, s.now)
			if err != nil || len(left) == 0 {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil // what would not end is judged with all the rest
		case <-tick.C:
		}
	}
}

func (s *stage) askToSettle(ctx context.Context) (bool, error) {
	form := url.Values{"within": {"5s"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.paper.url+"/_clock/settle", strings.NewReader(form.Encode()))
	if err != nil {
		return false, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := s.desk.client.Do(req)
	if errors.Is(err, context.DeadlineExceeded) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("the paper does not answer: %w", err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return false, err
	}
	var said struct{ Settled bool }
	if err := json.Unmarshal(raw, &said); err != nil {
		return false, fmt.Errorf("the paper's answer to settling (%d): %w", res.StatusCode, err)
	}
	return said.Settled, nil
}

// readGates has each reader, signed in, open the story for subscribers.
func (s *stage) readGates(ctx context.Context) (map[string]string, error) {
	var (
		mu    sync.Mutex
		gates = map[string]string{}
		wrong error
		queue = make(chan *reader, len(s.readers))
		all   sync.WaitGroup
	)
	for _, r := range s.readers {
		if r.bought {
			queue <- r
		}
	}
	close(queue)
	for range hands {
		all.Go(func() {
			for r := range queue {
				gate, err := s.gateOf(ctx, r)
				mu.Lock()
				if err != nil {
					wrong = errors.Join(wrong, fmt.Errorf("reader %d: %w", r.n, err))
				} else {
					gates[r.email] = gate
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return gates, wrong
}

func (s *stage) gateOf(ctx context.Context, r *reader) (string, error) {
	p, err := r.web.get(ctx, "/account")
	if err != nil {
		return "", err
	}
	if !p.at("/account") {
		if err := signIn(ctx, &visit{reader: r, on: s}); err != nil {
			return "", err
		}
	}
	return r.web.gate(ctx, s.story)
}
