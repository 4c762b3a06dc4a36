package stripepay_test

import (
	"bytes"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/billing/stripepay"
	"broadsheet/internal/clock"
	"broadsheet/internal/fault"
)

func TestBehaviour01SignatureValid(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		raw := b.paidUnheard()
		b.has()
		if got := b.send(raw, signed(raw, secret, time.Now())); got != http.StatusOK || !b.kept(raw) {
			t.Fatalf("answered %d, kept %t", got, b.kept(raw))
		}
		b.must(b.Settle(t.Context()))
		b.has(billing.Unlimited)
	})
}

// refusedEvent sends an event that must be refused: nothing of it is kept, and
// nothing follows.
func (b *bench) refusedEvent(raw []byte, signature, event string) {
	b.t.Helper()
	if got := b.send(raw, signature); got != http.StatusBadRequest {
		b.t.Errorf("answered %d", got)
	}
	if known, err := b.db.HasEvent(b.t.Context(), event); err != nil || known {
		b.t.Errorf("a refused event was kept: %t %v", known, err)
	}
	b.must(b.Settle(b.t.Context()))
	b.has()
}

func TestBehaviour02SignatureTampered(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		raw := b.paidUnheard()
		other := bytes.Replace(raw, []byte(`"paid":true`), []byte(`"paid":null`), 1)
		if bytes.Equal(raw, other) {
			t.Fatal("nothing was tampered with")
		}
		b.refusedEvent(other, signed(raw, secret, time.Now()), b.eventID(raw))
		b.refusedEvent(raw, signed(raw, "whsec_guessed", time.Now()), b.eventID(raw))
	})
}

func TestBehaviour03SignatureMissing(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		raw := b.paidUnheard()
		b.refusedEvent(raw, "", b.eventID(raw))
	})
}

func TestBehaviour04SignatureStale(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		raw := b.paidUnheard()
		b.refusedEvent(raw, signed(raw, secret, time.Now().Add(-stripepay.Tolerance-time.Minute)), b.eventID(raw))
		if got := b.send(raw, signed(raw, secret, time.Now().Add(-stripepay.Tolerance+time.Minute))); got != http.StatusOK {
			t.Errorf("late, but not too late, answered %d", got)
		}
	})
}

// While a secret is rolled, Stripe signs with both and we know both.
func TestBehaviour05SecretRolled(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		raw := b.paidUnheard()
		const old = "whsec_old"
		after, err := stripepay.New(stripepay.Config{Key: testKey, APIBase: b.api, WebhookSecrets: []string{secret}})
		b.must(err)
		if _, err := after.Verify(raw, signed(raw, old, time.Now()), time.Now()); !fault.Is(err, fault.Invalid) {
			t.Errorf("after it was rolled, the old secret is still taken: %v", err)
		}
		both := signed(raw, old, time.Now()) + signed(raw, secret, time.Now())[len("t=1234567890"):]
		if _, err := after.Verify(raw, both, time.Now()); err != nil {
			t.Errorf("signed with both: %v", err)
		}
		if got := b.send(raw, signed(raw, old, time.Now())); got != http.StatusOK || !b.kept(raw) {
			t.Errorf("while it is rolled, the old secret answered %d", got)
		}
	})
}

func TestBehaviour06BadJSON(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		whole := b.paidUnheard()
		for _, raw := range [][]byte{[]byte("{"), []byte("{}"), []byte(`"evt_1"`), {}, whole[:len(whole)/2]} {
			b.refusedEvent(raw, signed(raw, secret, time.Now()), b.eventID(whole))
		}
		if got := b.send(whole, signed(whole, secret, time.Now())); got != http.StatusOK {
			t.Errorf("the next good one answered %d", got)
		}
	})
}

func TestBehaviour07TestEventOnLive(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		raw := b.paidUnheard()
		live, err := stripepay.New(stripepay.Config{Key: "rk_live_nobodys", WebhookSecrets: []string{secret}})
		b.must(err)
		parts := b.Parts
		parts.Gateway, parts.Verifier = live, live
		err = billing.New(parts).Receive(t.Context(), raw, signed(raw, secret, time.Now()), time.Now())
		if !fault.Is(err, fault.Invalid) || b.kept(raw) {
			t.Errorf("a test event on a live key: %v, kept %t", err, b.kept(raw))
		}
		mixed := bytes.Replace(raw, []byte(`"livemode":false,"object":"event"`), []byte(`"livemode":true,"object":"event"`), 1)
		if bytes.Equal(mixed, raw) {
			t.Fatalf("nothing was changed in %.200s", raw)
		}
		b.refusedEvent(mixed, signed(mixed, secret, time.Now()), b.eventID(raw))
	})
}

func TestBehaviour08DuplicateID(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		raw := b.paidUnheard()
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				if got := b.send(raw, signed(raw, secret, time.Now())); got != http.StatusOK {
					t.Errorf("answered %d", got)
				}
			})
		}
		all.Wait()
		b.must(b.Settle(t.Context()))
		b.send(raw, signed(raw, secret, time.Now()))
		b.must(b.Settle(t.Context()))
		b.has(billing.Unlimited)
		if diff := cmp.Diff([]string{"receipt", "welcome"}, b.kinds()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestBehaviour09UnknownType(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		raw := []byte(`{"id":"evt_moon","object":"event","type":"moon.landed","api_version":"2031-01-01","created":1,"livemode":false,
			"data":{"object":{"id":"moon_1","object":"moon","phase":{"of":"the moon"}}}}`)
		if got := b.send(raw, signed(raw, secret, time.Now())); got != http.StatusOK || !b.kept(raw) {
			t.Errorf("answered %d, kept %t", got, b.kept(raw))
		}
		b.must(b.Settle(t.Context()))
		if got := b.failed(); len(got) > 0 {
			t.Errorf("it failed: %v", got)
		}
		if left, err := b.db.Unsettled(t.Context(), clock.Wall{}.Now()); err != nil || left != 0 {
			t.Errorf("%d marks are left: %v", left, err)
		}
	})
}
