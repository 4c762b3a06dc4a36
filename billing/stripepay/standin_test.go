package stripepay_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

const day = 24 * time.Hour

var muted = url.Values{"mute": {"1"}}

func TestReturnUnlocksWithWebhooksMuted(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.faults(muted)
		address := b.buy("digital_monthly")
		b.has()
		to := b.pay(address, "4242424242424242")
		if want := "https://paper.example/checkout/done?session=" + sessionOf(address); to != want {
			t.Fatalf("paid, and sent to %q, want %q", to, want)
		}
		out := b.finish(address)
		if out.State != billing.OutcomeActive || out.Checkout.Return != "/stories/tides" {
			t.Errorf("%+v", out)
		}
		b.has(billing.Unlimited)
		sub := b.sub()
		if sub.Money != (billing.Money{Amount: 700, Currency: "eur"}) || sub.Interval != billing.Monthly || sub.LatestStatus != "paid" || sub.PeriodEnd.Before(b.paper.Now()) {
			t.Errorf("subscription %+v", sub)
		}
		b.faults(url.Values{"clear": {"1"}})
		b.quiet()
		b.has(billing.Unlimited)
		if diff := cmp.Diff([]string{"receipt", "welcome"}, b.kinds()); diff != "" {
			t.Error(diff)
		}
		invoices, err := b.db.InvoicesOf(t.Context(), b.reader, "", 9)
		b.must(err)
		if len(invoices) != 1 || invoices[0].Number == "" || invoices[0].HostedURL == "" || invoices[0].Paid != 700 || invoices[0].PaidAt.IsZero() {
			t.Errorf("invoices %+v", invoices)
		}
		b.noDrift()
	})
}

func TestClosedBrowserIsUnlockedByTheWebhook(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.pay(b.buy("print_monthly"), "4242424242424242")
		b.quiet()
		b.has(billing.Print, billing.Unlimited)
	})
}

func TestShuffledAndDoubledDeliveriesEndRight(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.faults(url.Values{"reorder": {"1"}, "double": {"60"}})
		b.pay(b.buy("digital_monthly"), "4242424242424242")
		b.quiet()
		b.advance(95 * day) // three renewals
		b.quiet()
		b.has(billing.Unlimited)
		if diff := cmp.Diff([]string{"receipt", "receipt", "receipt", "receipt", "welcome"}, b.kinds()); diff != "" {
			t.Error(diff)
		}
		b.noDrift()
	})
}

func TestLostDeliveriesAreReconciled(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		since := b.paper.Now()
		b.faults(url.Values{"drop": {"100"}})
		b.pay(b.buy("digital_monthly"), "4242424242424242")
		b.quiet()
		b.has()
		rep, err := b.Reconcile(t.Context(), since.Add(-billing.Overlap))
		b.must(err)
		if rep.Missed == 0 || len(rep.Drift) != 1 {
			t.Errorf("%+v", rep)
		}
		b.has(billing.Unlimited)
		again, err := b.Reconcile(t.Context(), since.Add(-billing.Overlap))
		b.must(err)
		if again.Missed != 0 || len(again.Drift) != 0 {
			t.Errorf("a second run: %+v", again)
		}
		b.noDrift()
	})
}

func TestAnotherPriceAfterADecline(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		first := b.buy("digital_monthly")
		b.pay(first, "4000000000000002")
		other := b.buy("print_monthly")
		if other == first {
			t.Fatal("another price got the same page")
		}
		if to := b.pay(first, "4242424242424242"); strings.Contains(to, "/checkout/done") {
			t.Error("the closed page took a payment")
		}
		b.pay(other, "4242424242424242")
		b.finish(other)
		b.quiet()
		b.has(billing.Print, billing.Unlimited)
		subs, err := b.db.SubscriptionsOf(t.Context(), b.reader)
		b.must(err)
		live := slices.DeleteFunc(subs, func(s billing.Subscription) bool { return !billing.Access(s, b.paper.Now()).Live })
		if len(live) != 1 {
			t.Errorf("%d live subscriptions", len(live))
		}
		if _, err := b.Checkout(t.Context(), b.order("digital_monthly")); !errors.Is(err, billing.ErrSubscribed) {
			t.Errorf("a subscriber buys again: %v", err)
		}
	})
}

// A 500 may come before or after the effect, and Stripe repeats a stored one.
func TestServerErrorsMakeNothingTwice(t *testing.T) {
	for _, when := range []string{"fail_before", "fail_after"} {
		for _, path := range []string{"POST /v1/customers", "POST /v1/checkout/sessions", "POST /v1/billing_portal/sessions", "POST /v1/subscriptions/"} {
			t.Run(when+" "+path, func(t *testing.T) {
				lite(t, func(t *testing.T, b *bench) {
					ctx := t.Context()
					b.faults(url.Values{when: {"1"}, "fail_path": {path}})
					address := b.buy("digital_monthly")
					b.pay(address, "4242424242424242")
					if out := b.finish(address); out.State != billing.OutcomeActive {
						t.Fatalf("%+v", out)
					}
					b.must(b.Cancel(ctx, b.reader, billing.Parting{}))
					if _, err := b.Portal(ctx, b.reader); err != nil {
						t.Error(err)
					}
					if got := b.sub(); got.CancelAt.IsZero() {
						t.Error("not cancelled")
					}
					customers, err := b.db.CustomersOf(ctx, b.reader)
					b.must(err)
					b.quiet() // what was made twice would come by webhook
					after, err := b.db.CustomersOf(ctx, b.reader)
					b.must(err)
					if len(customers) != 1 || len(after) != 1 {
						t.Errorf("%d customers, %d after the webhooks", len(customers), len(after))
					}
				})
			})
		}
	}
}

func TestPushMakesNothingTwice(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		for _, word := range b.push(sheet) {
			if word != "kept" {
				t.Errorf("a second push %s something", word)
			}
		}
		address := b.buy("digital_monthly")
		b.pay(address, "4242424242424242")
		b.finish(address)
		dearer := strings.Replace(sheet, "amount: 700}", "amount: 800}", 1)
		if got := slices.DeleteFunc(b.push(dearer), func(w string) bool { return w == "kept" }); !slices.Equal(got, []string{"changed"}) {
			t.Errorf("a dearer price: %v", got)
		}
		b.must(b.db.SaveCatalogue(t.Context(), b.catalogue(dearer)))
		_, err := b.Sync(t.Context(), b.sub().Customer)
		b.must(err)
		if got := b.sub(); got.Plan != "digital" || got.Money.Amount != 700 {
			t.Errorf("the old price's subscriber: %+v", got)
		}
		b.has(billing.Unlimited)
	})
}

func TestPushMakesTheEndpoint(t *testing.T) {
	lite(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		const at = "https://paper.example/webhooks/stripe"
		got, done, err := b.stripe.PutWebhook(ctx, at, billing.WebhookTypes)
		b.must(err)
		if done != billing.Made || !strings.HasPrefix(got, "whsec_") {
			t.Errorf("%s, secret %q", done, got)
		}
		if got, done, err := b.stripe.PutWebhook(ctx, at, billing.WebhookTypes); err != nil || done != billing.Kept || got != "" {
			t.Errorf("again: %s %q %v", done, got, err)
		}
		if _, done, err := b.stripe.PutWebhook(ctx, at, billing.WebhookTypes[:3]); err != nil || done != billing.Changed {
			t.Errorf("other events: %s %v", done, err)
		}
	})
}

func TestStandInAnswersInFaults(t *testing.T) {
	lite(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		if _, err := b.stripe.Snapshot(ctx, "cus_nobody"); !fault.Is(err, fault.Missing) {
			t.Errorf("a customer that is not there: %v", err)
		}
		if _, err := b.stripe.CustomerOf(ctx, billing.Ref{Kind: "charge", ID: "ch_nobody"}); !fault.Is(err, fault.Missing) {
			t.Errorf("a charge that is not there: %v", err)
		}
		if c, err := b.stripe.CustomerOf(ctx, billing.Ref{Kind: "price", ID: "price_1"}); err != nil || c != "" {
			t.Errorf("a price is somebody's: %q %v", c, err)
		}
		b.faults(url.Values{"fail_before": {"99"}, "fail_path": {"GET /v1/customers"}})
		short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		if _, err := b.stripe.Snapshot(short, "cus_nobody"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("no answer: %v", err)
		}
	})
}
