// Package stripepay speaks to Stripe for package billing, and is the only
// importer of stripe-go. It turns Stripe's objects into the paper's words and
// Stripe's errors into faults; it decides nothing about readers or access, and
// keeps nothing but the client.
package stripepay

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// stripeAPI is where Stripe itself answers.
const stripeAPI = "https://api.stripe.com"

// Config says how to reach Stripe.
type Config struct {
	Key            string        // sk_… or rk_…
	APIBase        string        // "" is Stripe itself; anything else is a stand-in
	WebhookSecrets []string      // whsec_…; several while one is being rolled
	Timeout        time.Duration // for one request; 0 is 20 seconds
}

// Stripe implements billing.Gateway, billing.Verifier and billing.Shelf.
type Stripe struct {
	api     *client.API
	live    bool
	desk    string // where a stand-in answers; "" for Stripe itself
	secrets []string

	mu     sync.Mutex
	portal string // our portal configuration, once found
}

var (
	_ billing.Gateway  = (*Stripe)(nil)
	_ billing.Verifier = (*Stripe)(nil)
	_ billing.Shelf    = (*Stripe)(nil)
)

// New checks the configuration and makes a client of its own; the library's
// global key is never set. It does not call Stripe. Webhooks that nobody could
// verify are refused here rather than at the first payment.
func New(c Config) (*Stripe, error) {
	live := strings.HasPrefix(c.Key, "sk_live_") || strings.HasPrefix(c.Key, "rk_live_")
	test := strings.HasPrefix(c.Key, "sk_test_") || strings.HasPrefix(c.Key, "rk_test_")
	base := strings.TrimSuffix(c.APIBase, "/")
	if base == "" {
		base = stripeAPI
	}
	switch {
	case c.Key == "":
		return nil, errors.New("STRIPE_SECRET_KEY is empty")
	case !live && !test:
		return nil, errors.New("STRIPE_SECRET_KEY must begin with sk_live_, rk_live_, sk_test_ or rk_test_")
	case live && base != stripeAPI:
		return nil, errors.New("STRIPE_SECRET_KEY is a live key and STRIPE_API_BASE is not Stripe: it would be handed to somebody else")
	}
	if len(c.WebhookSecrets) == 0 {
		return nil, errors.New("STRIPE_WEBHOOK_SECRET is empty: anybody could then send webhooks")
	}
	for _, secret := range c.WebhookSecrets {
		if strings.TrimSpace(secret) == "" {
			return nil, errors.New("STRIPE_WEBHOOK_SECRET holds an empty secret: anybody could then send webhooks")
		}
	}
	if c.Timeout == 0 {
		c.Timeout = 20 * time.Second
	}
	s := &Stripe{api: newClient(c.Key, base, c.Timeout), live: live, secrets: c.WebhookSecrets}
	if base != stripeAPI {
		s.desk = base
	}
	return s, nil
}

func newClient(key, base string, timeout time.Duration) *client.API {
	conf := func() *stripe.BackendConfig {
		return &stripe.BackendConfig{
			EnableTelemetry:   stripe.Bool(false),
			HTTPClient:        &http.Client{Timeout: timeout},
			LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull}, // ours logs, without addresses
			MaxNetworkRetries: stripe.Int64(2),
			URL:               stripe.String(base),
		}
	}
	return client.New(key, &stripe.Backends{
		API:     stripe.GetBackendWithConfig(stripe.APIBackend, conf()),
		Connect: stripe.GetBackendWithConfig(stripe.ConnectBackend, conf()),
		Uploads: stripe.GetBackendWithConfig(stripe.UploadsBackend, conf()),
	})
}

// Livemode reports whether the key moves real money.
func (s *Stripe) Livemode() bool { return s.live }

// sentence for a failure that the reader cannot mend. None of our requests
// charges a card: that happens on Stripe's own page.
const unreachable = "The payment service does not answer just now. Nothing was charged. Please try again in a minute."

// faulty turns Stripe's errors into faults.
func faulty(err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*stripe.Error](err)
	if !ok {
		return fault.New(fault.Unavailable, unreachable, err)
	}
	switch {
	case e.HTTPStatusCode == http.StatusNotFound, e.Code == stripe.ErrorCodeResourceMissing:
		return fault.New(fault.Missing, "The payment service does not know of that.", err)
	case e.Type == stripe.ErrorTypeCard, e.HTTPStatusCode == http.StatusPaymentRequired:
		code := declineCode(e)
		return fault.New(fault.Invalid, billing.DeclineWords(code), errors.Join(&billing.Declined{Code: code}, err))
	case e.HTTPStatusCode == http.StatusConflict:
		return fault.New(fault.Conflict, "That was being changed at the same moment. Please try again.", err)
	case e.HTTPStatusCode == http.StatusTooManyRequests, e.HTTPStatusCode >= http.StatusInternalServerError:
		return fault.New(fault.Unavailable, unreachable, err)
	}
	return fault.New(fault.Internal, "", errors.Join(rebuff(e), err))
}

// declineCode is the most telling of a failure's codes.
func declineCode(e *stripe.Error) string {
	if e == nil {
		return ""
	}
	if e.DeclineCode != "" && (e.Code == stripe.ErrorCodeCardDeclined || e.Code == "") {
		return string(e.DeclineCode)
	}
	return string(e.Code)
}

// post makes one change. Stripe keeps the answer to an idempotency key, and a
// stored failure would be repeated for ever: after a 500, which may or may not
// have taken effect, find looks for the effect, and only then do runs again
// under another key. (The library itself retries lost connections with the same
// key, which is safe.)
func post[T any](ctx context.Context, key string, do func(key string) (T, error), find func() (T, bool, error)) (T, error) {
	v, err := do(key)
	if err == nil || !perhapsDone(err) || ctx.Err() != nil {
		return v, faulty(err)
	}
	v, found, findErr := find()
	if findErr != nil || found {
		return v, findErr
	}
	v, err = do(key + ":again")
	return v, faulty(err)
}

func perhapsDone(err error) bool {
	e, ok := errors.AsType[*stripe.Error](err)
	return ok && e.HTTPStatusCode >= http.StatusInternalServerError
}

// metadata keys of ours.
const (
	metaReader   = "reader_id"
	metaCheckout = "checkout_id"
	metaPlan     = "plan"
	metaLookup   = "lookup_key"
	metaPortal   = "broadsheet"
	metaEnding   = "ending" // the subscription whose ending a refund belongs to
	metaOrder    = "refund_order"
	metaReason   = "reason" // of a refund, in words
)

// unix reads a time of Stripe's; 0 is the zero time.
func unix(sec int64) time.Time {
	if sec == 0 {
		return time.Time{}
	}
	return time.Unix(sec, 0).UTC()
}
