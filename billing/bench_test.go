package billing_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/clock"
	"broadsheet/internal/pgtest"
	"broadsheet/reader"
	"broadsheet/store"
	"broadsheet/store/storetest"
)

func TestMain(m *testing.M) {
	// A tenth of rapid's default for make test; -rapid.checks says otherwise.
	if err := errors.Join(flag.Set("rapid.checks", "10"), flag.Set("rapid.nofailfile", "true")); err != nil {
		panic(err)
	}
	pgtest.Prepare(storetest.Migrate)
	pgtest.Main(m)
}

// hands is a clock that tests move.
type hands struct {
	mu sync.Mutex
	t  time.Time
}

func (h *hands) Now() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.t }

func (h *hands) add(d time.Duration) { h.mu.Lock(); defer h.mu.Unlock(); h.t = h.t.Add(d) }

// bench is a paper with a reader, plans and a Stripe.
type bench struct {
	*billing.Service
	db      *store.DB
	stripe  *stripe
	paper   *hands
	effects *effects
	reader  string
}

// effects are what left by the job queue.
type effects struct {
	mu   sync.Mutex
	keys []string
	all  map[string]billing.Effect
}

func (e *effects) enqueue(_ context.Context, f billing.Effect) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.keys = append(e.keys, f.Key)
	if e.all == nil {
		e.all = map[string]billing.Effect{}
	}
	e.all[f.Key] = f
	return nil
}

// take gives what left since the last take, by key and without what every
// purchase causes.
func (e *effects) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	keys := slices.DeleteFunc(e.keys, func(k string) bool {
		return strings.HasPrefix(k, "welcome:") || strings.HasPrefix(k, "receipt:")
	})
	e.keys = nil
	slices.Sort(keys)
	return keys
}

func (e *effects) sorted() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(slices.Values(e.keys))
}

// engines runs a test on SQLite and on PostgreSQL.
func engines(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, newBench(t, storetest.Lite(t)))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, newBench(t, pgtest.Copy(t)))
	})
}

func newBench(t *testing.T, url string) *bench {
	t.Helper()
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := billing.ParseSheet([]byte(paperSheet))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SaveCatalogue(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	b := &bench{db: db, paper: &hands{t: noon}, effects: &effects{}}
	b.stripe = newStripe(b.paper.Now)
	b.Service = b.another()
	b.reader = b.addReader(t, "ada@example.org")
	return b
}

// another is a second machine of the same paper.
func (b *bench) another() *billing.Service {
	return billing.New(billing.Parts{
		Store: b.db, Gateway: b.stripe, Verifier: b.stripe, Paper: b.paper, Wall: clock.Wall{}, Enqueue: b.effects.enqueue,
		Log: slog.New(slog.DiscardHandler), BaseURL: "https://paper.example", Gifts: giftCodes,
	})
}

func (b *bench) addReader(t *testing.T, email string) string {
	t.Helper()
	id := "reader-" + email
	if _, err := b.db.AddReader(t.Context(), reader.Reader{ID: id, Email: email, Created: noon}, email); err != nil {
		t.Fatal(err)
	}
	return id
}

func (b *bench) order(price string) billing.Order {
	return billing.Order{ReaderID: b.reader, Email: "ada@example.org", LookupKey: price, Return: "/stories/tides", Visitor: "v1"}
}

// buy opens a checkout and gives the session's id.
func (b *bench) buy(t *testing.T, price string) string {
	t.Helper()
	url, err := b.Checkout(t.Context(), b.order(price))
	if err != nil {
		t.Fatal(err)
	}
	return url[len("https://pay.example/"):]
}

// deliver sends events as webhooks.
func (b *bench) deliver(t *testing.T, to *billing.Service, events ...billing.Event) {
	t.Helper()
	for _, e := range events {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := to.Receive(t.Context(), raw, "signed", time.Now()); err != nil {
			t.Error(err)
		}
	}
}

func (b *bench) settle(t *testing.T) {
	t.Helper()
	if err := b.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) has(t *testing.T, want ...billing.Benefit) {
	t.Helper()
	got, err := b.BenefitsOf(t.Context(), b.reader, b.paper.Now())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the reader has %v, want %v", got, want)
	}
}
