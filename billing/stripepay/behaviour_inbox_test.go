package stripepay_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
	"broadsheet/internal/clock"
)

func TestBehaviour10FailureKeepsInboxRowAndError(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		raw := b.paidUnheard()
		b.faults(url.Values{"fail_before": {"3"}, "fail_path": {"GET /v1/customers/"}}) // a try and the library's two more
		if got := b.send(raw, signed(raw, secret, time.Now())); got != http.StatusOK {
			t.Fatalf("answered %d", got)
		}
		b.must(b.Settle(t.Context())) // a mark that failed waits and does not hold this up
		failed, err := b.db.FailedEvents(t.Context(), 9)
		b.must(err)
		if len(failed) != 1 || failed[0].ID != b.eventID(raw) || failed[0].Attempts != 1 || !strings.Contains(failed[0].Error, "An unknown error occurred") {
			t.Fatalf("failed events: %+v", failed)
		}
		b.has()
		b.faults(url.Values{"clear": {"1"}})
		b.quiet() // the next news makes it due at once
		b.has(billing.Unlimited)
		if got := b.failed(); len(got) > 0 {
			t.Errorf("still failed: %v", got)
		}
	})
}

// The rows, the letters and the mark are one piece of work.
func TestBehaviour11PartialWorkRollsBack(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.jammed.Store(true) // the last step of a sync fails
		address := b.buy("digital_monthly")
		b.pay(address, visa)
		b.quiet()
		if got := b.failed(); len(got) == 0 || !strings.Contains(got[0], "jammed") {
			t.Errorf("failed events: %v", got)
		}
		subs, err := b.db.SubscriptionsOf(t.Context(), b.reader)
		b.must(err)
		if len(subs)+len(b.invoices()) > 0 {
			t.Errorf("half of the work stayed: %d subscriptions, %d invoices", len(subs), len(b.invoices()))
		}
		if out := b.finish(address); out.State != billing.OutcomeWaiting && out.State != billing.OutcomeDeclined {
			t.Errorf("the reader was told %s", out.State)
		}
		b.has()
		b.jammed.Store(false)
		raw := b.news("invoice.paid")
		b.send(raw, signed(raw, secret, time.Now()))
		b.must(b.Settle(t.Context()))
		b.has(billing.Unlimited)
		if diff := cmp.Diff([]string{"receipt", "welcome"}, b.kinds()); diff != "" {
			t.Error(diff)
		}
		b.noDrift()
	})
}

func TestBehaviour12ObjectGoneBeforeProcessing(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.faults(muted)
		gone, err := b.desk().Customers.New(&stripe.CustomerParams{Email: stripe.String("gone@example.org")})
		b.must(err)
		item, err := b.desk().InvoiceItems.New(&stripe.InvoiceItemParams{Customer: &gone.ID, Amount: stripe.Int64(5), Currency: stripe.String("eur")})
		b.must(err)
		_, err = b.desk().InvoiceItems.Del(item.ID, nil)
		b.must(err)
		_, err = b.desk().Customers.Del(gone.ID, nil)
		b.must(err)
		b.faults(url.Values{"clear": {"1"}})
		dispute := []byte(`{"id":"evt_gone","object":"event","type":"charge.dispute.created","api_version":"2023-10-16","created":1,"livemode":false,
			"data":{"object":{"id":"dp_gone","object":"dispute","charge":"ch_gone"}}}`)
		if got := b.send(dispute, signed(dispute, secret, time.Now())); got != http.StatusOK {
			t.Errorf("answered %d", got)
		}
		b.quiet()
		if got := b.failed(); len(got) > 0 {
			t.Errorf("failed: %v", got)
		}
		if left, err := b.db.Unsettled(t.Context(), clock.Wall{}.Now()); err != nil || left != 0 || !b.kept(dispute) {
			t.Errorf("%d marks are left, the event kept %t: %v", left, b.kept(dispute), err)
		}
	})
}

// The same address is not the same person.
func TestBehaviour13UnknownCustomer(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		pm := "pm_card_visa"
		stranger, err := b.desk().Customers.New(&stripe.CustomerParams{Email: stripe.String("ada@example.org"), PaymentMethod: &pm,
			InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: &pm}})
		b.must(err)
		sub, err := b.desk().Subscriptions.New(&stripe.SubscriptionParams{Customer: &stranger.ID,
			Items: []*stripe.SubscriptionItemsParams{{Price: stripe.String(b.priceID("digital_monthly"))}}})
		b.must(err)
		b.quiet()
		b.has()
		if _, known, _ := b.db.SubscriptionByID(t.Context(), sub.ID); known || sub.Status != "active" {
			t.Errorf("a stranger's subscription (%s) is counted: %t", sub.Status, known)
		}
		odd, err := b.db.Oddities(t.Context())
		b.must(err)
		if len(odd) != 1 || odd[0].Object != (billing.Ref{Kind: "customer", ID: stranger.ID}) || odd[0].Why != billing.ForeignCustomer {
			t.Errorf("set aside: %+v", odd)
		}
		if got := b.failed(); len(got) > 0 || len(b.kinds()) > 0 {
			t.Errorf("failed %v, effects %v", got, b.kinds())
		}
	})
}

func TestBehaviour14UpdatedBeforeCreated(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.paidUnheard()
		updated, created := b.news("customer.subscription.updated"), b.news("customer.subscription.created")
		if !strings.Contains(string(created), `"status":"incomplete"`) {
			t.Fatal("it was born active: the test shows nothing")
		}
		for _, raw := range [][]byte{updated, created, updated} {
			if got := b.send(raw, signed(raw, secret, time.Now())); got != http.StatusOK {
				t.Errorf("answered %d", got)
			}
			b.must(b.Settle(t.Context()))
			b.has(billing.Unlimited)
			if got := b.sub(); got.Status != billing.Active {
				t.Errorf("the row says %s", got.Status)
			}
		}
	})
}

func TestBehaviour15WebhookRacesSuccessPage(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		address := b.buy("digital_monthly")
		b.pay(address, visa)
		var all sync.WaitGroup
		all.Go(func() { b.quiet() })
		for range 3 { // and the page is loaded again
			all.Go(func() {
				if out := b.finish(address); out.State != billing.OutcomeActive {
					t.Errorf("the page said %+v", out)
				}
			})
		}
		all.Wait()
		b.quiet()
		b.has(billing.Unlimited)
		if diff := cmp.Diff([]string{"receipt", "welcome"}, b.kinds()); diff != "" {
			t.Error(diff)
		}
		b.noDrift()
	})
}
