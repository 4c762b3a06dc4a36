// Package standin plays Stripe for a machine that has none: its HTTP API of
// 2023-10-16 in form-encoded requests and JSON answers, its hosted checkout,
// portal and invoice pages, and its signed webhooks. It is a server that
// stripe-go reaches like the real one; nothing in the app can tell.
//
// It plays a foreign firm, so it keeps its own books: one SQLite file beside
// the app's, holding JSON objects by kind and id, written in transactions. It
// never reads the app's database, knows none of its words, and holds no code
// in common with what it is used to test. It refuses live keys, and it is the
// caller's duty to start it in development only: anyone who reaches its desk
// can move time.
//
// Time here is paper time: objects are stamped with it, periods and retries
// run on it, and Advance steps through it from one due thing to the next.
// Webhook signatures and delivery retries run on wall time.
package standin

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"broadsheet/internal/clock"
)

// APIVersion is the one version of Stripe's API that is spoken here.
const APIVersion = "2023-10-16"

// Config says where the stand-in keeps its books and whom it tells of events.
type Config struct {
	Books         string       // path of its SQLite file; ":memory:" forgets at Close
	PublicURL     string       // where it is reached, http://127.0.0.1:8081; hosted pages' addresses start with it
	Key           string       // the sk_test_ or rk_test_ key that it accepts; any other is answered 401
	WebhookURL    string       // the default endpoint; "" is none, more are made by /v1/webhook_endpoints
	WebhookSecret string       // its signing secret, whsec_…
	Clock         *clock.Paper // paper time; Advance moves it
	Follower      Follower     // may be nil
	Log           *slog.Logger // nil discards
	Seed          uint64       // makes ids and faults repeatable; 0 is random
	Senders       int          // webhooks under way to an endpoint at once; 0 is 1, which keeps the order of all events

	AccountName string // shown on hosted pages; default "Stand-in account"
	Country     string // of the account, ISO 3166; default "US"
	Currency    string // the account's default, ISO 4217 lower case; default "usd"
}

// Follower is the app's own work that waits for paper time (its job queue), so
// that advancing time interleaves what falls due there with what falls due in
// the books.
type Follower interface {
	// NextDue is the earliest paper time at which the app has something due.
	NextDue(ctx context.Context) (due time.Time, found bool, err error)
	// Settle returns when nothing is due any more at the present paper time.
	Settle(ctx context.Context) error
}

// Server is one account at the stand-in: API, hosted pages and desk. It is
// safe for concurrent use.
type Server struct {
	cfg   Config
	db    *sql.DB
	log   *slog.Logger
	dice  *dice
	mux   *http.ServeMux
	pages *pages
	post  *http.Client // delivers webhooks

	wake      chan struct{} // an event was written
	advancing sync.Mutex    // one hand on the clock
	sending   sync.Mutex    // one batch of deliveries at a time
	faults    faults
}

// New opens the books and prepares the account. It fails on a live key, on a
// key that isn't Stripe's form, and on books that do not open.
func New(ctx context.Context, cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	db, err := openBooks(cfg.Books)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, db: db, log: cfg.Log, dice: newDice(cfg.Seed), wake: make(chan struct{}, 1),
		post: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: cfg.Senders}, Timeout: deliveryTimeout, CheckRedirect: noRedirect}}
	if s.pages, err = loadPages(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := s.do(ctx, func(w *work) error { return w.openAccount() }); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s.mux = s.routes()
	return s, nil
}

func (c *Config) check() error {
	if strings.HasPrefix(c.Key, "sk_live_") || strings.HasPrefix(c.Key, "rk_live_") {
		return errors.New("the stand-in refuses a live key: it is for development only")
	}
	if !strings.HasPrefix(c.Key, "sk_test_") && !strings.HasPrefix(c.Key, "rk_test_") {
		return errors.New("the stand-in needs a key that starts with sk_test_ or rk_test_")
	}
	if c.Clock == nil {
		return errors.New("the stand-in needs a paper clock")
	}
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" {
		return fmt.Errorf("the stand-in's public URL %q is not an address", c.PublicURL)
	}
	if c.WebhookURL != "" && c.WebhookSecret == "" {
		return errors.New("the stand-in's webhook endpoint needs a secret")
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	c.AccountName = cmp.Or(c.AccountName, "Stand-in account")
	c.Country = cmp.Or(c.Country, "US")
	c.Currency = cmp.Or(c.Currency, "usd")
	c.Senders = max(c.Senders, 1)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// ServeHTTP serves /v1 (the API), the hosted pages and the desk.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Close closes the books. Run must have returned.
func (s *Server) Close() error {
	s.post.CloseIdleConnections()
	return s.db.Close()
}

func (s *Server) now() time.Time { return s.cfg.Clock.Now() }

// url is an address at the stand-in itself.
func (s *Server) url(path string) string { return s.cfg.PublicURL + path }

// nudge tells Run that something may be due.
func (s *Server) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
