package standin_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"github.com/stripe/stripe-go/v76/webhook"

	"broadsheet/billing/standin"
	"broadsheet/internal/clock"
)

const (
	testKey = "sk_test_1234567890"
	secret  = "whsec_bench"
)

// bench is a stand-in on the loopback, an app's webhook endpoint beside it,
// and Stripe's own client to drive it. Whatever the stand-in serves is walked
// against the client's structs when the test ends.
type bench struct {
	t      *testing.T
	srv    *standin.Server
	stripe *client.API
	web    *http.Client
	clock  *clock.Paper
	url    string

	mu     sync.Mutex
	events []stripe.Event
	answer int // the endpoint's status
	served [][]byte
}

func newBench(t *testing.T, adjust ...func(*standin.Config)) *bench {
	t.Helper()
	b := &bench{t: t, answer: http.StatusOK}
	hook := httptest.NewServer(http.HandlerFunc(b.hook))
	t.Cleanup(hook.Close)
	// It answers once there is something to answer with: its port may be one that
	// somebody still knows from another test.
	api := httptest.NewUnstartedServer(http.HandlerFunc(b.serve))
	t.Cleanup(api.Close)
	b.url = "http://" + api.Listener.Addr().String()
	paper, err := clock.OpenPaper(filepath.Join(t.TempDir(), "clock.json"))
	if err != nil {
		t.Fatal(err)
	}
	b.clock = paper
	cfg := standin.Config{Books: filepath.Join(t.TempDir(), "books.db"), PublicURL: b.url, Key: testKey,
		WebhookURL: hook.URL, WebhookSecret: secret, Clock: paper}
	for _, fn := range adjust {
		fn(&cfg)
	}
	if b.srv, err = standin.New(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	api.Start()
	t.Cleanup(func() {
		b.settle()
		if err := b.srv.Close(); err != nil {
			t.Error(err)
		}
		b.web.CloseIdleConnections()
		b.checkShapes()
		b.keepServed()
	})
	b.web = &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	b.stripe = b.client(testKey)
	return b
}

// keepServed writes all that was served, a line each, to the folder that
// STANDIN_SERVED names: the oracle beside this package reads it.
func (b *bench) keepServed() {
	dir := os.Getenv("STANDIN_SERVED")
	if dir == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	name := strings.ReplaceAll(b.t.Name(), "/", "_") + ".jsonl"
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) // a test may have several benches
	if err == nil {
		_, err = f.Write(append(bytes.Join(b.served, []byte("\n")), '\n'))
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		b.t.Error(err)
	}
}

func (b *bench) client(key string) *client.API {
	return client.New(key, &stripe.Backends{API: stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: stripe.String(b.url), HTTPClient: b.web, MaxNetworkRetries: stripe.Int64(0),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})})
}

func (b *bench) serve(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/v1/") {
		b.srv.ServeHTTP(w, r)
		return
	}
	rec := httptest.NewRecorder()
	b.srv.ServeHTTP(rec, r)
	if rec.Code == http.StatusOK {
		b.mu.Lock()
		b.served = append(b.served, bytes.Clone(rec.Body.Bytes()))
		b.mu.Unlock()
	}
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

func (b *bench) hook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	event, err := webhook.ConstructEvent(body, r.Header.Get("Stripe-Signature"), secret)
	if err != nil {
		b.t.Errorf("Stripe's client refuses a webhook: %v", err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, event)
	b.served = append(b.served, body)
	w.WriteHeader(b.answer)
}

func (b *bench) settle() {
	b.t.Helper()
	if err := b.srv.Settle(context.WithoutCancel(b.t.Context())); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) advance(d time.Duration) {
	b.t.Helper()
	b.advanceTo(b.clock.Now().Add(d))
}

func (b *bench) advanceTo(at time.Time) {
	b.t.Helper()
	if err := b.srv.Advance(b.t.Context(), at); err != nil {
		b.t.Fatal(err)
	}
}

// delivered are the events delivered since the last call.
func (b *bench) delivered() []stripe.Event {
	b.t.Helper()
	b.settle()
	b.mu.Lock()
	defer b.mu.Unlock()
	events := b.events
	b.events = nil
	return events
}

// heard are the types of the events delivered since the last call.
func (b *bench) heard() []string {
	b.t.Helper()
	var types []string
	for _, e := range b.delivered() {
		types = append(types, string(e.Type))
	}
	return types
}

func (b *bench) answers(status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = status
}

// price makes a product with a price.
func (b *bench) price(amount int64, interval string) *stripe.Price {
	b.t.Helper()
	p, err := b.stripe.Prices.New(&stripe.PriceParams{
		Currency: stripe.String("usd"), UnitAmount: stripe.Int64(amount),
		ProductData: &stripe.PriceProductDataParams{Name: stripe.String("Digital")},
		Recurring:   &stripe.PriceRecurringParams{Interval: stripe.String(interval)},
	})
	b.must(err)
	return p
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) customer() *stripe.Customer {
	b.t.Helper()
	c, err := b.stripe.Customers.New(&stripe.CustomerParams{Email: stripe.String("ada@example.org"),
		Metadata: map[string]string{"reader": "r1"}})
	b.must(err)
	return c
}

// session opens a Checkout Session for a price.
func (b *bench) session(price string, adjust ...func(*stripe.CheckoutSessionParams)) *stripe.CheckoutSession {
	b.t.Helper()
	p := &stripe.CheckoutSessionParams{
		Mode: stripe.String("subscription"), ClientReferenceID: stripe.String("r1"),
		CustomerEmail:    stripe.String("ada@example.org"),
		LineItems:        []*stripe.CheckoutSessionLineItemParams{{Price: stripe.String(price), Quantity: stripe.Int64(1)}},
		SuccessURL:       stripe.String("http://app.test/done?session={CHECKOUT_SESSION_ID}"),
		CancelURL:        stripe.String("http://app.test/subscribe"),
		SubscriptionData: &stripe.CheckoutSessionSubscriptionDataParams{Metadata: map[string]string{"reader": "r1"}},
	}
	for _, fn := range adjust {
		fn(p)
	}
	s, err := b.stripe.CheckoutSessions.New(p)
	b.must(err)
	return s
}

func (b *bench) getSession(id string) *stripe.CheckoutSession {
	b.t.Helper()
	p := &stripe.CheckoutSessionParams{}
	p.AddExpand("subscription.latest_invoice.payment_intent")
	p.AddExpand("line_items")
	s, err := b.stripe.CheckoutSessions.Get(id, p)
	b.must(err)
	return s
}

func (b *bench) getSub(id string) *stripe.Subscription {
	b.t.Helper()
	p := &stripe.SubscriptionParams{}
	p.AddExpand("latest_invoice.payment_intent.latest_charge.balance_transaction")
	p.AddExpand("customer")
	s, err := b.stripe.Subscriptions.Get(id, p)
	b.must(err)
	return s
}

// reply is what a hosted page answered.
type reply struct {
	status   int
	location string
	page     *goquery.Document
}

func (b *bench) do(req *http.Request) reply {
	b.t.Helper()
	res, err := b.web.Do(req)
	b.must(err)
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	b.must(err)
	return reply{res.StatusCode, res.Header.Get("Location"), doc}
}

func (b *bench) open(address string) reply {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	b.must(err)
	return b.do(req)
}

func (b *bench) post(address string, fields ...string) reply {
	b.t.Helper()
	form := url.Values{}
	for pair := range slices.Chunk(fields, 2) {
		form.Set(pair[0], pair[1])
	}
	if strings.HasPrefix(address, "/") {
		address = b.url + address
	}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	b.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

// pay fills in the checkout page with a card.
func (b *bench) pay(s *stripe.CheckoutSession, number string, more ...string) reply {
	b.t.Helper()
	return b.post(b.url+"/c/pay/"+s.ID, append([]string{"number", number, "exp", "12/40", "cvc", "123",
		"name", "Ada Byron", "action", "pay"}, more...)...)
}

// subscribed is a subscription bought at Checkout with that card.
func (b *bench) subscribed(price, number string) *stripe.Subscription {
	b.t.Helper()
	s := b.session(price)
	if got := b.pay(s, number); got.status != http.StatusSeeOther {
		b.t.Fatalf("paying answered %d: %s", got.status, got.page.Find("main").Text())
	}
	return b.getSub(b.getSession(s.ID).Subscription.ID)
}

// stripeError asserts an error of Stripe's and returns it.
func (b *bench) stripeError(err error) *stripe.Error {
	b.t.Helper()
	bad, ok := err.(*stripe.Error)
	if !ok {
		b.t.Fatalf("got error %v, want one of Stripe's", err)
	}
	return bad
}

// in asserts that the wanted events came in that order, others between them
// notwithstanding.
func (b *bench) in(got []string, want ...string) {
	b.t.Helper()
	at := 0
	for _, typ := range got {
		if at < len(want) && typ == want[at] {
			at++
		}
	}
	if at < len(want) {
		b.t.Errorf("event %q did not come in its turn; heard\n%s", want[at], strings.Join(got, "\n"))
	}
}
