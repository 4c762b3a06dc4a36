package standin

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	deliveryTimeout = 10 * time.Second // an endpoint that takes longer has failed
	maxBackoff      = time.Minute      // between attempts, wall time
	noteLength      = 200              // bytes of an endpoint's answer that are kept
)

// A redirect is a failure at Stripe: it is not followed.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Signature is the Stripe-Signature header for a payload at that wall time.
// https://docs.stripe.com/webhooks#verify-manually
func Signature(at time.Time, payload []byte, secret string) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(payload)
	return "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// backoff is the wall time between attempt n (counted from 1) and the next.
func backoff(n int) time.Duration {
	if n > 6 {
		return maxBackoff
	}
	return min(time.Second<<(n-1), maxBackoff)
}

// addDeliveries queues an event for an endpoint, as the desk's faults have it:
// once, twice, later or never.
func (w *work) addDeliveries(event obj, endpoint string) error {
	f := w.s.faults.get()
	chance := w.s.chance
	status, copies, notBefore := "waiting", 1, w.now
	if chance(f.Drop) {
		status = "dropped"
	}
	if chance(f.Double) {
		copies = 2
	}
	if f.Delay > 0 && chance(f.DelayShare) {
		notBefore += 1 + int64(w.s.dice.below(int(f.Delay/time.Second)+1))
	}
	for range copies {
		_, err := w.tx.ExecContext(w.ctx,
			`INSERT INTO deliveries (event, endpoint, type, status, next_wall, not_before) VALUES ($1, $2, $3, $4, $5, $6)`,
			event.str("id"), endpoint, event.str("type"), status, time.Now().UnixMilli(), notBefore)
		if err != nil {
			return fmt.Errorf("queue %s: %w", event.str("id"), err)
		}
	}
	return nil
}

// chance is a throw that a share of a hundred wins.
func (s *Server) chance(share int) bool { return share > 0 && s.dice.below(100) < share }

// delivery is one event on its way to one endpoint.
type delivery struct {
	id       int64
	event    string
	endpoint string
	object   string // what the event is about
	attempts int
	payload  []byte
	url      string
	secret   string
}

const deliverable = `status = 'waiting' AND next_wall <= $1 AND not_before <= $2`

// batchSize is how many deliveries are taken in hand at a time.
const batchSize = 256

// deliverDue makes every delivery that can be made now; a failed one waits for
// its backoff.
func (s *Server) deliverDue(ctx context.Context) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch, err := s.nextDeliveries(ctx)
		if err != nil || len(batch) == 0 {
			return err
		}
		if err := s.deliver(ctx, batch); err != nil {
			return err
		}
	}
}

// deliver sends a batch. Endpoints do not wait for one another. Within one,
// deliveries go out in as many lanes as there are senders; all that is about
// one object is in one lane, so its events keep their order.
func (s *Server) deliver(ctx context.Context, batch []*delivery) error {
	type lane struct {
		endpoint string
		n        uint32
	}
	lanes := map[lane][]*delivery{}
	for _, d := range batch {
		sum := fnv.New32a()
		_, _ = io.WriteString(sum, d.object) // a hash never fails
		at := lane{d.endpoint, sum.Sum32() % uint32(s.cfg.Senders)}
		lanes[at] = append(lanes[at], d)
	}
	failed := make(chan error, len(lanes))
	for _, waiting := range lanes {
		go func() {
			for _, d := range waiting {
				if err := s.attempt(ctx, d); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	var err error
	for range lanes {
		err = errors.Join(err, <-failed)
	}
	return err
}

// nextDeliveries picks what goes out next, in its order or, if the desk says
// so, in any.
func (s *Server) nextDeliveries(ctx context.Context) (batch []*delivery, err error) {
	f := s.faults.get()
	if f.Mute {
		return nil, nil
	}
	err = s.do(ctx, func(w *work) error {
		rows, err := w.tx.QueryContext(ctx, `SELECT d.id, d.event, d.endpoint, d.attempts, coalesce(o.body->>'$.data.object.id', d.event)
			FROM deliveries d JOIN objects o ON o.id = d.event WHERE `+deliverable+` ORDER BY d.id LIMIT $3`,
			time.Now().UnixMilli(), w.now, batchSize)
		if err != nil {
			return fmt.Errorf("next deliveries: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			d := &delivery{}
			if err := rows.Scan(&d.id, &d.event, &d.endpoint, &d.attempts, &d.object); err != nil {
				return fmt.Errorf("next deliveries: %w", err)
			}
			batch = append(batch, d)
		}
		return rows.Err()
	})
	if !f.Reorder {
		return batch, err
	}
	for i := len(batch) - 1; i > 0; i-- {
		j := s.dice.below(i + 1)
		batch[i], batch[j] = batch[j], batch[i]
	}
	for _, d := range batch {
		d.object = d.event // any lane will do
	}
	return batch, err
}

// claim loads a delivery, unless something has stopped it since it was picked.
func (s *Server) claim(ctx context.Context, d *delivery) (still bool, err error) {
	if s.faults.get().Mute {
		return false, nil
	}
	err = s.do(ctx, func(w *work) error {
		var status string
		err := w.tx.QueryRowContext(ctx, `SELECT status FROM deliveries WHERE id = $1`, d.id).Scan(&status)
		if err != nil || status != "waiting" {
			return err
		}
		still = true
		return w.load(d)
	})
	return still, err
}

// load fills in what is sent and where to. The event goes out as the books
// hold it, but for what is still pending.
func (w *work) load(d *delivery) error {
	err := w.tx.QueryRowContext(w.ctx, `SELECT json_set(body, '$.pending_webhooks',
			(SELECT count(DISTINCT endpoint) FROM deliveries WHERE event = objects.id AND status <> 'delivered'))
		FROM objects WHERE id = $1`, d.event).Scan(&d.payload)
	if err != nil {
		return fmt.Errorf("load event %s: %w", d.event, err)
	}
	endpoint, err := w.find(d.endpoint)
	d.url, d.secret = endpoint.str("url"), endpoint.str(hiddenKey, "secret")
	return err
}

// attempt sends one delivery and records what came of it.
func (s *Server) attempt(ctx context.Context, d *delivery) error {
	if still, err := s.claim(ctx, d); err != nil || !still {
		return err
	}
	status, note := s.send(ctx, d)
	if ctx.Err() != nil && status == 0 {
		return ctx.Err() // we were stopped, the endpoint did nothing wrong
	}
	if s.chance(s.faults.get().Fail) {
		status, note = 0, "its answer was lost, as the desk ordered"
	}
	ok := status >= 200 && status < 300
	if !ok {
		s.log.InfoContext(ctx, "stand-in webhook failed", "event", d.event, "url", d.url, "status", status, "note", note)
	}
	return s.do(context.WithoutCancel(ctx), func(w *work) error {
		now := time.Now()
		next, state := now, "waiting"
		if ok {
			state = "delivered"
		} else {
			next = now.Add(backoff(d.attempts + 1))
		}
		_, err := w.tx.ExecContext(w.ctx,
			`UPDATE deliveries SET attempts = attempts + 1, status = $1, last = $2, next_wall = $3 WHERE id = $4`,
			state, fmt.Sprintf("%d %s", status, note), next.UnixMilli(), d.id)
		if err != nil {
			return fmt.Errorf("record delivery: %w", err)
		}
		_, err = w.tx.ExecContext(w.ctx,
			`INSERT INTO attempts (delivery, at_wall, status, note) VALUES ($1, $2, $3, $4)`,
			d.id, now.UnixMilli(), status, note)
		return err
	})
}

// send posts the payload; status 0 means that no answer came.
func (s *Server) send(ctx context.Context, d *delivery) (status int, note string) {
	if d.url == "" {
		return 0, "the endpoint is gone"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(d.payload))
	if err != nil {
		return 0, err.Error()
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
	req.Header.Set("Stripe-Signature", Signature(time.Now(), d.payload, d.secret))
	res, err := s.post.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(res.Body, noteLength))
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxBody))
	return res.StatusCode, strings.ToValidUTF8(strings.TrimSpace(string(body)), "")
}

// replay sends a delivery once more, whatever became of it before.
func (s *Server) replayDelivery(ctx context.Context, id int64) (found bool, err error) {
	err = s.do(ctx, func(w *work) error {
		res, err := w.tx.ExecContext(ctx,
			`UPDATE deliveries SET status = 'waiting', next_wall = $1, not_before = $2 WHERE id = $3`,
			time.Now().UnixMilli(), w.now, id)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		found = n > 0
		return err
	})
	return found, err
}
