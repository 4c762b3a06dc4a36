package paywall

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
)

// Pool is whose reads are counted together: one device's, or all the devices'
// of one reader.
type Pool struct {
	ID     string  // the visitor's or the reader's id
	Reader bool    // it belongs to an account, and so has the larger allowance
	Counts []Count // recent counts, oldest first
	Rev    int64   // grows with every write; 0 is a pool that was never written
}

// Who asks for a story.
type Who struct {
	Visitor string // the device's id; "" if it has none yet
	Reader  string // the id of a signed-in, verified reader; "" otherwise
	Fresh   bool   // Visitor was made for this very request, so nothing is stored of it
	Network string // the network's address; "" if unknown, and then without a ceiling
}

func (w Who) key() string {
	if w.Reader != "" {
		return w.Reader
	}
	return w.Visitor
}

// Increment asks the store to put Pool's counts in place of those at
// Pool.Rev-1, if nobody was faster and the network's ceiling allows it.
type Increment struct {
	Pool    Pool   // as it shall be; Rev is one more than what was read
	Network string // hashed key; "" is not limited
	Limit   int    // counts a day for this network
	Day     int64  // paper day, days since 1970
}

// Outcome is what became of an increment.
type Outcome int

// The outcomes. Only Written opens a story.
const (
	Written Outcome = iota
	Stale           // another request was faster: read again
	Ceiling         // the network's ceiling is met
)

// Store keeps the pools. WriteGroup makes its increments durable before it
// answers; no two of a group have the same pool.
type Store interface {
	VisitorPool(ctx context.Context, visitor string) (Pool, error) // follows a device into its reader's pool
	ReaderPool(ctx context.Context, reader string) (Pool, error)
	WriteGroup(ctx context.Context, group []Increment) ([]Outcome, error)
	JoinPool(ctx context.Context, visitor, reader string) error
	NetworkSalt(ctx context.Context, day int64) ([]byte, error)
}

// Meter counts. Its memory may say "already counted" or "spent"; "one more"
// only the store says, and the answer waits until it is durable.
type Meter struct {
	store Store
	pools *otter.Cache[string, Pool]
	full  *otter.Cache[string, struct{}] // networks that met their ceiling
	queue chan *ticket
	stop  chan struct{}
	done  sync.WaitGroup

	saltMu  sync.Mutex
	saltDay int64
	salt    []byte
}

// Limits of the meter's work.
const (
	remember   = 3 * time.Second // how long memory speaks for a pool that another instance may change
	maxPools   = 100_000
	maxGroup   = 64
	gather     = 4 // times the writer yields, so that a group can form
	writeLimit = 10 * time.Second
	// Every stale increment means that another request counted one more story of
	// the same allowance, or that a device joined: this many cannot be.
	maxTries = MaxAllowance + 20
)

type ticket struct {
	inc  Increment
	done chan result
}

type result struct {
	outcome Outcome
	err     error
}

// NewMeter starts a meter with that many writers: one for SQLite, a few for
// PostgreSQL. Close it when no request can come any more.
func NewMeter(store Store, writers int) *Meter {
	m := &Meter{
		store: store,
		pools: otter.Must(&otter.Options[string, Pool]{MaximumSize: maxPools, ExpiryCalculator: otter.ExpiryWriting[string, Pool](remember)}),
		full:  otter.Must(&otter.Options[string, struct{}]{MaximumSize: maxPools, ExpiryCalculator: otter.ExpiryWriting[string, struct{}](remember)}),
		queue: make(chan *ticket, 4*maxGroup),
		stop:  make(chan struct{}),
	}
	for range max(1, writers) {
		m.done.Go(m.write)
	}
	return m
}

var errClosed = errors.New("the meter is closed")

// Close waits for the counts under way. What still queues, because a shutdown
// ran out of time, is answered with an error: it was not counted.
func (m *Meter) Close() {
	close(m.stop)
	m.done.Wait()
	for {
		select {
		case t := <-m.queue:
			t.done <- result{err: errClosed}
			continue
		default:
		}
		break
	}
	m.pools.StopAllGoroutines()
	m.full.StopAllGoroutines()
}

// Pool reads whose counts apply to who. A visitor without an id has none.
func (m *Meter) Pool(ctx context.Context, who Who) (Pool, error) {
	key := who.key()
	if key == "" {
		return Pool{}, nil
	}
	if who.Fresh && who.Reader == "" {
		return Pool{ID: key}, nil
	}
	if p, ok := m.pools.GetIfPresent(key); ok {
		return p, nil
	}
	return m.load(ctx, who)
}

func (m *Meter) load(ctx context.Context, who Who) (Pool, error) {
	var p Pool
	var err error
	if who.Reader != "" {
		p, err = m.store.ReaderPool(ctx, who.Reader)
	} else {
		p, err = m.store.VisitorPool(ctx, who.Visitor)
	}
	if err != nil {
		return Pool{}, fmt.Errorf("meter: %w", err)
	}
	m.pools.Set(who.key(), p)
	return p, nil
}

// Decide fills the ask with who's pool, decides, and counts the story if the
// decision needs it. A decision that counts comes back only when the count is
// durable; if it cannot be made durable, there is an error and no story.
func (m *Meter) Decide(ctx context.Context, who Who, ask Ask) (Decision, error) {
	pool, err := m.Pool(ctx, who)
	if err != nil {
		return Decision{}, err
	}
	for range maxTries {
		ask.Counts, ask.Registered = pool.Counts, pool.Reader
		d := Decide(ask)
		if !d.MustCount {
			return d, nil
		}
		inc, met, err := m.increment(ctx, pool, who, ask)
		if err != nil {
			return Decision{}, err
		}
		if met {
			ask.NetworkMet = true
			continue
		}
		switch r := m.submit(ctx, inc); {
		case r.err != nil:
			return Decision{}, fmt.Errorf("meter: %w", r.err)
		case r.outcome == Written:
			m.pools.Set(who.key(), inc.Pool)
			// Left and Resets as they stand now that this story counts.
			ask.Counts = inc.Pool.Counts
			after := standing(ask)
			d.Left, d.Resets = after.Left, after.Resets
			return d, nil
		case r.outcome == Ceiling:
			m.full.Set(inc.Network, struct{}{})
			ask.NetworkMet = true
		default:
			if pool, err = m.load(ctx, who); err != nil {
				return Decision{}, err
			}
		}
	}
	return Decision{}, fmt.Errorf("meter: pool %s would not hold still", who.key())
}

// Peek decides without counting: what the gate would say. A decision that must
// be counted gives nothing yet.
func (m *Meter) Peek(ctx context.Context, who Who, ask Ask) (Decision, error) {
	pool, err := m.Pool(ctx, who)
	if err != nil {
		return Decision{}, err
	}
	ask.Counts, ask.Registered = pool.Counts, pool.Reader
	return Decide(ask), nil
}

// increment is the pool with the story counted; met says that memory already
// knows the network's ceiling to be met.
func (m *Meter) increment(ctx context.Context, pool Pool, who Who, ask Ask) (inc Increment, met bool, err error) {
	counts := make([]Count, 0, len(pool.Counts)+1)
	for _, c := range pool.Counts {
		// One window more than the rule needs, so that "why?" can be asked of
		// the recent past.
		if c.At.Add(2 * ask.Rules.Window).After(ask.Now) {
			counts = append(counts, c)
		}
	}
	inc.Pool = Pool{ID: pool.ID, Reader: pool.Reader, Rev: pool.Rev + 1,
		Counts: append(counts, Count{Story: ask.Story.ID, At: ask.Now})}
	if who.Network == "" || pool.Reader || ask.Rules.Network == 0 {
		return inc, false, nil
	}
	inc.Day, inc.Limit = ask.Now.Unix()/int64(24*time.Hour/time.Second), ask.Rules.Network
	salt, err := m.saltOf(ctx, inc.Day)
	if err != nil {
		return inc, false, err
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(who.Network))
	inc.Network = base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:15])
	_, met = m.full.GetIfPresent(inc.Network)
	return inc, met, nil
}

// saltOf is the random salt of a day. It is deleted with the day's counts, so
// that nobody can tell later which networks read.
func (m *Meter) saltOf(ctx context.Context, day int64) ([]byte, error) {
	m.saltMu.Lock()
	defer m.saltMu.Unlock()
	if m.salt != nil && m.saltDay == day {
		return m.salt, nil
	}
	salt, err := m.store.NetworkSalt(ctx, day)
	if err != nil {
		return nil, fmt.Errorf("network salt: %w", err)
	}
	m.salt, m.saltDay = salt, day
	return salt, nil
}

// Join brings a device into a reader's pool, with all that it has counted.
func (m *Meter) Join(ctx context.Context, visitor, reader string) error {
	err := m.store.JoinPool(ctx, visitor, reader)
	m.Forget(visitor, reader)
	return err
}

// Forget makes the meter read these pools again.
func (m *Meter) Forget(ids ...string) {
	for _, id := range ids {
		m.pools.Invalidate(id)
	}
}

func (m *Meter) submit(ctx context.Context, inc Increment) result {
	t := &ticket{inc: inc, done: make(chan result, 1)}
	select {
	case m.queue <- t:
	case <-ctx.Done():
		return result{err: ctx.Err()}
	}
	// Once queued the count may be made, so wait for the truth even if the
	// reader has gone: memory must not miss it.
	return <-t.done
}

// write is the loop of one writer: it takes what waits, yields so that more can
// join, and writes the group in one statement.
func (m *Meter) write() {
	var waiting []*ticket
	for {
		if len(waiting) == 0 {
			select {
			case t := <-m.queue:
				waiting = append(waiting, t)
			case <-m.stop:
				return
			}
		}
		waiting = m.gather(waiting)
		var group []*ticket
		group, waiting = split(waiting)
		m.flush(group)
	}
}

func (m *Meter) gather(waiting []*ticket) []*ticket {
	for range gather {
		for len(waiting) < maxGroup {
			select {
			case t := <-m.queue:
				waiting = append(waiting, t)
				continue
			default:
			}
			break
		}
		runtime.Gosched()
	}
	return waiting
}

// split takes one ticket per pool; the rest waits for the next group, where it
// will be stale and decided anew.
func split(waiting []*ticket) (group, rest []*ticket) {
	seen := make(map[string]bool, len(waiting))
	for _, t := range waiting {
		if seen[t.inc.Pool.ID] {
			rest = append(rest, t)
			continue
		}
		seen[t.inc.Pool.ID] = true
		group = append(group, t)
	}
	return group, rest
}

func (m *Meter) flush(group []*ticket) {
	ctx, cancel := context.WithTimeout(context.Background(), writeLimit)
	defer cancel()
	incs := make([]Increment, len(group))
	for i, t := range group {
		incs[i] = t.inc
	}
	outcomes, err := m.store.WriteGroup(ctx, incs)
	for i, t := range group {
		if err != nil {
			t.done <- result{err: err}
			continue
		}
		t.done <- result{outcome: outcomes[i]}
	}
}
