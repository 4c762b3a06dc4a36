package stripepay_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/billing/standin"
	"broadsheet/billing/stripepay"
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

const (
	testKey = "sk_test_bench"
	secret  = "whsec_bench"
)

const sheet = `
currency: eur
ships_to: [PT, ES]
benefits: [{key: unlimited, name: Every story}, {key: print, name: The magazine}]
plans:
  - {key: print, name: Print + Digital, summary: With paper, benefits: [unlimited, print],
     prices: [{lookup_key: print_monthly, interval: month, amount: 1400}]}
  - {key: digital, name: Digital, benefits: [unlimited],
     prices: [{lookup_key: digital_monthly, interval: month, amount: 700}, {lookup_key: digital_yearly, interval: year, amount: 7000}]}
`

// bench is a paper with its webhook endpoint, and the stand-in as its Stripe.
type bench struct {
	*billing.Service
	t       *testing.T
	db      *store.DB
	stripe  *stripepay.Stripe
	standin *standin.Server
	paper   *clock.Paper
	api     string
	hookURL string
	web     *http.Client
	reader  string

	forging atomic.Bool // somebody else writes to the endpoint too: refusals are wanted
	jammed  atomic.Bool // the job queue takes nothing

	mu      sync.Mutex
	effects []string
}

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

// lite runs a test on SQLite alone: for what happens before the database.
func lite(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	t.Parallel()
	test(t, newBench(t, storetest.Lite(t)))
}

func newBench(t *testing.T, database string) *bench {
	t.Helper()
	b := &bench{t: t, reader: "reader-1"}
	// The two servers know each other's address before they answer.
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.standin.ServeHTTP(w, r) }))
	t.Cleanup(api.Close)
	hook := httptest.NewServer(http.HandlerFunc(b.hook))
	t.Cleanup(hook.Close)
	b.api, b.hookURL = api.URL, hook.URL
	var err error
	b.must(failing(func() { b.db, err = store.Open(t.Context(), database) }, &err))
	t.Cleanup(func() { b.db.Close() })
	_, err = b.db.Migrate(t.Context())
	b.must(err)
	b.paper, err = clock.OpenPaper(filepath.Join(t.TempDir(), "clock.json"))
	b.must(err)
	b.stripe, err = stripepay.New(stripepay.Config{Key: testKey, APIBase: api.URL, WebhookSecrets: []string{"whsec_old", secret}})
	b.must(err)
	b.Service = billing.New(billing.Parts{
		Store: b.db, Gateway: b.stripe, Verifier: b.stripe, Paper: b.paper, Wall: clock.Wall{}, Enqueue: b.enqueue, BaseURL: "https://paper.example",
	})
	b.standin, err = standin.New(t.Context(), standin.Config{
		Books: filepath.Join(t.TempDir(), "books.db"), PublicURL: api.URL, Key: testKey, WebhookURL: hook.URL, WebhookSecret: secret,
		Clock: b.paper, Follower: b,
	})
	b.must(err)
	t.Cleanup(func() { b.standin.Close() })
	b.web = &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(b.web.CloseIdleConnections)
	b.must(b.db.SaveCatalogue(t.Context(), b.catalogue(sheet)))
	b.push(sheet)
	_, err = b.db.AddReader(t.Context(), reader.Reader{ID: b.reader, Email: "ada@example.org", Created: b.paper.Now()}, "ada@example.org")
	b.must(err)
	return b
}

func failing(do func(), err *error) error { do(); return *err }

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// hook is the paper's endpoint, as small as it can be.
func (b *bench) hook(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	if err := b.Receive(r.Context(), raw, r.Header.Get("Stripe-Signature"), time.Now()); err != nil {
		if !b.forging.Load() {
			b.t.Errorf("a webhook of the stand-in was refused: %v", err)
		}
		w.WriteHeader(http.StatusBadRequest)
	}
}

func (b *bench) enqueue(_ context.Context, e billing.Effect) error {
	if b.jammed.Load() {
		return errors.New("the job queue is jammed")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.effects = append(b.effects, e.Key)
	return nil
}

func (b *bench) kinds() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var kinds []string
	for _, key := range b.effects {
		kind, _, _ := strings.Cut(key, ":")
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

// NextDue makes the bench a Follower: nothing of the paper's own is due.
func (b *bench) NextDue(context.Context) (time.Time, bool, error) { return time.Time{}, false, nil }

func (b *bench) catalogue(sheet string) billing.Catalogue {
	b.t.Helper()
	c, err := billing.ParseSheet([]byte(sheet))
	b.must(err)
	return c
}

// push pushes the plans and gives what was done, a word for each line.
func (b *bench) push(sheet string) []string {
	b.t.Helper()
	var done []string
	b.must(billing.Push(b.t.Context(), b.stripe, b.db, b.catalogue(sheet), billing.PushOptions{BaseURL: "https://paper.example"}, func(line string) {
		word, _, _ := strings.Cut(line, " ")
		done = append(done, word)
	}))
	return done
}

// faults orders trouble from the stand-in's desk.
func (b *bench) faults(form url.Values) {
	b.t.Helper()
	res, err := b.web.PostForm(b.api+"/_faults", form)
	b.must(err)
	res.Body.Close()
	if res.StatusCode >= 400 {
		b.t.Fatalf("faults %v: %s", form, res.Status)
	}
}

func (b *bench) order(price string) billing.Order {
	return billing.Order{ReaderID: b.reader, Email: "ada@example.org", LookupKey: price, Return: "/stories/tides"}
}

func (b *bench) buy(price string) string {
	b.t.Helper()
	address, err := b.Checkout(b.t.Context(), b.order(price))
	b.must(err)
	return address
}

// pay fills in the hosted page and gives where it leads.
func (b *bench) pay(address, card string) string {
	b.t.Helper()
	res, err := b.web.PostForm(address, url.Values{
		"action": {"pay"}, "number": {card}, "exp": {"12/40"}, "cvc": {"123"}, "name": {"Ada Byron"}, "email": {"ada@example.org"},
		"line1": {"18 Rua das Flores"}, "city": {"Porto"}, "postal": {"4050-265"}, "country": {"PT"},
	})
	b.must(err)
	res.Body.Close()
	return res.Header.Get("Location")
}

func sessionOf(address string) string { return address[strings.LastIndex(address, "/")+1:] }

// finish is the return from the hosted page.
func (b *bench) finish(address string) billing.Outcome {
	b.t.Helper()
	out, err := b.Finish(b.t.Context(), b.reader, sessionOf(address))
	b.must(err)
	return out
}

// quiet delivers what waits, and settles it.
func (b *bench) quiet() {
	b.t.Helper()
	b.must(b.standin.Settle(b.t.Context()))
	b.must(b.Settle(b.t.Context()))
}

func (b *bench) advance(d time.Duration) {
	b.t.Helper()
	b.must(b.standin.Advance(b.t.Context(), b.paper.Now().Add(d)))
}

func (b *bench) sub() billing.Subscription {
	b.t.Helper()
	sub, err := b.SubscriptionOf(b.t.Context(), b.reader, b.paper.Now())
	b.must(err)
	if sub == nil {
		b.t.Fatal("no subscription")
	}
	return *sub
}

func (b *bench) has(want ...billing.Benefit) {
	b.t.Helper()
	got, err := b.BenefitsOf(b.t.Context(), b.reader, b.paper.Now())
	b.must(err)
	if !slices.Equal(got, want) {
		b.t.Errorf("the reader has %v, want %v", got, want)
	}
}

// noDrift asks the nightly reconciler whether anything was left wrong.
func (b *bench) noDrift() {
	b.t.Helper()
	rep, err := b.ReconcileAll(b.t.Context())
	b.must(err)
	if len(rep.Drift) > 0 {
		b.t.Errorf("drift: %v", rep.Drift)
	}
}
