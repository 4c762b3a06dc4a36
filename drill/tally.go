package drill

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// tally counts what happened.
type tally struct {
	began                                   time.Time // wall time
	paperDate                               atomic.Int64
	joined, killed, refused, cuts, failures atomic.Int64
	mu                                      sync.Mutex
	done, away                              map[string]int // turns by action: that did something, that were turned away
	idle                                    int            // turns with nothing to do
	odd                                     []string       // what readers met and should not
}

func (t *tally) record(name string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, away := errors.AsType[turnedAway](err)
	switch {
	case err == nil:
		t.done[name]++
	case errors.Is(err, errIdle):
		t.idle++
	case away:
		t.away[name]++
	}
}

// did reports whether any reader brought that action to its end.
func (t *tally) did(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.done[name] > 0
}

// wonder keeps what no reader should meet.
func (t *tally) wonder(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.odd = append(t.odd, what)
}

// enough is how many days of all readers' lives together must show every action.
const enough = 100_000

// neverDone names the actions that no reader brought to its end, once so much
// was lived that each must have come up: a page that moved would make its action
// idle for ever, and the drill prove less than it says.
func (s *stage) neverDone() (wrong []string) {
	if s.Readers*int(s.Life/day) < enough {
		return nil
	}
	for _, a := range actions {
		if s.done[a.name] == 0 {
			wrong = append(wrong, fmt.Sprintf("no reader managed to %s in all that time", a.name))
		}
	}
	return wrong
}

// showProgress prints a line every few seconds until it is stopped.
func (s *stage) showProgress() (stop func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(3 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				fmt.Fprintln(s.Out, s.line())
			}
		}
	}()
	return func() { close(over); <-ended }
}

// line is how things stand.
func (s *stage) line() string {
	d, err := readDeliveries(s.booksPath())
	if err != nil {
		return "the stand-in's books cannot be read just now: " + err.Error()
	}
	return fmt.Sprintf("%4.0f s  %s  readers %d of %d  webhooks %d delivered, %d dropped, %d waiting  kills %d  refusals %d",
		time.Since(s.began).Seconds(), time.Unix(s.paperDate.Load(), 0).UTC().Format(time.DateOnly),
		s.joined.Load(), len(s.readers), d["delivered"], d["dropped"], d["waiting"], s.killed.Load(), s.refused.Load())
}

// readDeliveries counts the webhooks by what became of them.
func readDeliveries(books string) (map[string]int, error) {
	db, err := openReadOnly(books)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.QueryContext(context.Background(), `SELECT status, count(*) FROM deliveries GROUP BY status
		UNION ALL SELECT 'doubled', count(*) - count(DISTINCT event || endpoint) FROM deliveries`)
	if err != nil {
		return nil, err
	}
	return counted(rows)
}

func counted(rows *sql.Rows) (map[string]int, error) {
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return nil, err
		}
		out[name] = n
	}
	return out, rows.Err()
}

// figures prints what came of it all.
func (s *stage) figures(e *evidence) {
	say := func(format string, args ...any) { fmt.Fprintf(s.Out, format+"\n", args...) }
	say("\n%d readers, %d days of paper time, in %.0f s", len(s.readers), int(s.Life/day), time.Since(s.began).Seconds())
	say("  webhooks   %d delivered, %d dropped, %d doubled, %d never answered", e.deliveries["delivered"], e.deliveries["dropped"], e.deliveries["doubled"], e.deliveries["waiting"])
	say("  weather    %d kills, %d legs with a database that refused, %d cuts, %d calls to Stripe that failed", s.killed.Load(), s.refused.Load(), s.cuts.Load(), s.failures.Load())
	var did []string
	for _, name := range slices.Sorted(maps.Keys(s.done)) {
		did = append(did, fmt.Sprintf("%s %d", name, s.done[name]))
	}
	away := 0
	for _, n := range s.away {
		away += n
	}
	say("  readers    %s; turned away %d, nothing to do %d", strings.Join(did, ", "), away, s.idle)
	say("  books      %d subscriptions (%s), %d invoices, %d charges, %d refunds, %d disputes",
		len(e.books.subs), e.books.statuses(), len(e.books.invoices), len(e.books.charges), len(e.books.refunds), len(e.books.disputes))
	for _, currency := range e.books.currencies() {
		l := e.books.ledger(currency)
		say("  ledger     %s: charges %d − refunds %d − disputes %d = balance %d; invoices paid %d", currency, l.charges, l.refunds, l.disputes, l.balance, l.invoices)
	}
	say("  mails      %d", len(e.mails))
	say("  reconciler %s; then %s", e.firstRun, e.secondRun)
	say("  seed %d; again: %s\n", s.Seed, s.again())
}
