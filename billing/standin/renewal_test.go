package standin_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing/standin"
)

const day = 24 * time.Hour

func TestRenewal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1200, "month").ID, "4242424242424242")
	b.heard()
	b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0))
	b.in(b.heard(), "customer.subscription.updated", "invoice.created")
	rolled := b.getSub(sub.ID)
	if rolled.CurrentPeriodStart != sub.CurrentPeriodEnd || rolled.LatestInvoice.Status != "draft" || rolled.Status != "active" {
		t.Errorf("at the period's end: %d, invoice %s", rolled.CurrentPeriodStart, rolled.LatestInvoice.Status)
	}
	line := rolled.LatestInvoice.Lines.Data[0]
	if line.Period.Start != rolled.CurrentPeriodStart || line.Period.End != rolled.CurrentPeriodEnd {
		t.Error("the invoice's line is for another period")
	}
	b.advance(time.Hour)
	b.in(b.heard(), "payment_intent.created", "invoice.finalized", "charge.succeeded", "payment_intent.succeeded",
		"invoice.paid", "invoice.payment_succeeded")
	if paid := b.getSub(sub.ID); paid.LatestInvoice.Status != "paid" || paid.LatestInvoice.BillingReason != "subscription_cycle" {
		t.Errorf("an hour later the invoice is %s", paid.LatestInvoice.Status)
	}
	b.advance(365 * day)
	invoices := collect(b.stripe.Invoices.List(&stripe.InvoiceListParams{Subscription: &sub.ID}).Iter)
	if len(invoices) != 14 && len(invoices) != 13 {
		t.Errorf("%d invoices after a year and a month", len(invoices))
	}
	numbers := map[string]bool{}
	for _, inv := range invoices {
		numbers[inv.(*stripe.Invoice).Number] = true
	}
	if len(numbers) != len(invoices) {
		t.Error("two invoices share a number")
	}
}

func TestRenewalOnTheLastOfTheMonth(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	year := b.clock.Now().Year() + 1
	for year%4 == 0 { // a common year
		year++
	}
	b.advanceTo(time.Date(year, 1, 31, 10, 0, 0, 0, time.UTC))
	sub := b.subscribed(b.price(1200, "month").ID, "4242424242424242")
	for _, want := range []string{"02-28", "03-31", "04-30", "05-31"} {
		if got := time.Unix(sub.CurrentPeriodEnd, 0).UTC().Format("01-02"); got != want {
			t.Fatalf("renews on %s, want %s", got, want)
		}
		b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0))
		sub = b.getSub(sub.ID)
	}
}

// withCard gives a subscription a card of that behaviour through the portal.
func (b *bench) withCard(sub *stripe.Subscription, number string) {
	b.t.Helper()
	got := b.post(b.portal(sub.Customer.ID), "action", "card", "number", number, "exp", "12/40", "cvc", "123")
	if got.status != http.StatusSeeOther {
		b.t.Fatalf("the portal answered %d: %s", got.status, got.page.Find("main").Text())
	}
}

// portal opens the customer portal and gives its address.
func (b *bench) portal(customer string) string {
	b.t.Helper()
	_, err := b.stripe.BillingPortalConfigurations.New(&stripe.BillingPortalConfigurationParams{
		BusinessProfile: &stripe.BillingPortalConfigurationBusinessProfileParams{},
		Features: &stripe.BillingPortalConfigurationFeaturesParams{
			PaymentMethodUpdate: &stripe.BillingPortalConfigurationFeaturesPaymentMethodUpdateParams{Enabled: stripe.Bool(true)},
			InvoiceHistory:      &stripe.BillingPortalConfigurationFeaturesInvoiceHistoryParams{Enabled: stripe.Bool(true)},
			SubscriptionCancel: &stripe.BillingPortalConfigurationFeaturesSubscriptionCancelParams{
				Enabled: stripe.Bool(true), Mode: stripe.String("at_period_end")},
		},
	})
	b.must(err)
	s, err := b.stripe.BillingPortalSessions.New(&stripe.BillingPortalSessionParams{Customer: &customer,
		ReturnURL: stripe.String("http://app.test/account")})
	b.must(err)
	return s.URL
}

func TestDunning(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1200, "month").ID, "4242424242424242")
	b.withCard(sub, "4000000000000341")
	b.heard()
	b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0).Add(time.Hour))
	b.in(b.heard(), "customer.subscription.updated", "invoice.created", "invoice.finalized", "charge.failed",
		"payment_intent.payment_failed", "invoice.payment_failed", "customer.subscription.updated")
	for i, days := range []int{3, 5, 7} {
		now := b.getSub(sub.ID)
		inv := now.LatestInvoice
		if now.Status != "past_due" || inv.Status != "open" || inv.AttemptCount != int64(i+1) {
			t.Fatalf("before retry %d: %s, invoice %s after %d attempts", i+1, now.Status, inv.Status, inv.AttemptCount)
		}
		wait := time.Unix(inv.NextPaymentAttempt, 0).Sub(b.clock.Now()).Round(time.Hour)
		if wait != time.Duration(days)*day {
			t.Errorf("retry %d comes after %s, want %d days", i+1, wait, days)
		}
		b.advanceTo(time.Unix(inv.NextPaymentAttempt, 0))
	}
	b.in(b.heard(), "invoice.payment_failed", "invoice.payment_failed", "invoice.payment_failed", "customer.subscription.deleted")
	ended := b.getSub(sub.ID)
	if ended.Status != "canceled" || ended.CancellationDetails.Reason != "payment_failed" || ended.LatestInvoice.NextPaymentAttempt != 0 {
		t.Errorf("after the last retry: %s because of %q", ended.Status, ended.CancellationDetails.Reason)
	}
}

func TestRecoveryByNewCard(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1200, "month").ID, "4242424242424242")
	b.withCard(sub, "4000000000000341")
	b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0).Add(2 * time.Hour))
	if got := b.getSub(sub.ID).Status; got != "past_due" {
		t.Fatalf("subscription is %s", got)
	}
	b.heard()
	b.withCard(sub, "4242424242424242")
	b.in(b.heard(), "setup_intent.created", "setup_intent.succeeded", "payment_method.attached", "customer.updated",
		"charge.succeeded", "customer.subscription.updated", "invoice.paid")
	now := b.getSub(sub.ID)
	if now.Status != "active" || now.LatestInvoice.Status != "paid" {
		t.Errorf("with a new card: %s, invoice %s", now.Status, now.LatestInvoice.Status)
	}
}

func TestUnpaidWhenTheDeskSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if got := b.post("/_dunning", "retries", "1", "then", "unpaid"); got.status != http.StatusOK {
		t.Fatalf("the desk answered %d", got.status)
	}
	sub := b.subscribed(b.price(1200, "month").ID, "4242424242424242")
	b.withCard(sub, "4000000000000341")
	b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0).Add(2 * day))
	if got := b.getSub(sub.ID).Status; got != "unpaid" {
		t.Errorf("subscription is %s", got)
	}
}

func TestAuthenticationAtRenewal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.session(b.price(1200, "month").ID)
	ask := b.pay(s, "4000002760003184")
	b.post(ask.location, "outcome", "complete")
	sub := b.getSub(b.getSession(s.ID).Subscription.ID)
	b.heard()
	b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0).Add(2 * time.Hour))
	b.in(b.heard(), "payment_intent.requires_action", "invoice.payment_action_required", "customer.subscription.updated")
	now := b.getSub(sub.ID)
	if now.Status != "past_due" || now.LatestInvoice.PaymentIntent.Status != "requires_action" {
		t.Fatalf("%s, %s", now.Status, now.LatestInvoice.PaymentIntent.Status)
	}
	b.post("/3ds/"+now.LatestInvoice.PaymentIntent.ID, "outcome", "complete")
	if now = b.getSub(sub.ID); now.Status != "active" {
		t.Errorf("after the answer: %s", now.Status)
	}
}

func TestCancelAtPeriodEndAndUndo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1200, "month").ID, "4242424242424242")
	portal := b.portal(sub.Customer.ID)
	page := b.open(portal)
	if page.page.Find(`a[href="http://app.test/account"]`).Length() != 1 || !strings.Contains(page.page.Text(), "Visa ending in 4242") {
		t.Error("the portal shows no way back or no card")
	}
	b.post(portal, "action", "cancel", "subscription", sub.ID)
	if now := b.getSub(sub.ID); !now.CancelAtPeriodEnd || now.CancelAt != sub.CurrentPeriodEnd || now.Status != "active" {
		t.Fatalf("cancelled: %v at %d", now.CancelAtPeriodEnd, now.CancelAt)
	}
	b.post(portal, "action", "undo", "subscription", sub.ID)
	if now := b.getSub(sub.ID); now.CancelAtPeriodEnd || now.CancelAt != 0 || now.CanceledAt != 0 {
		t.Fatal("undo left a cancellation")
	}
	_, err := b.stripe.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{CancelAtPeriodEnd: stripe.Bool(true)})
	b.must(err)
	b.heard()
	b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0))
	b.in(b.heard(), "customer.subscription.deleted")
	now := b.getSub(sub.ID)
	if now.Status != "canceled" || now.EndedAt == 0 || now.CurrentPeriodEnd != sub.CurrentPeriodEnd {
		t.Errorf("at the end: %s", now.Status)
	}
	if _, err := b.stripe.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{CancelAtPeriodEnd: stripe.Bool(false)}); b.stripeError(err).HTTPStatusCode != 400 {
		t.Error("a canceled subscription was revived")
	}
}

// follower is an app whose queue holds jobs at paper times.
type follower struct {
	mu   sync.Mutex
	b    *bench
	jobs []time.Time
	did  []time.Time
}

func (f *follower) NextDue(context.Context) (time.Time, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.jobs) == 0 {
		return time.Time{}, false, nil
	}
	return f.jobs[0], true, nil
}

func (f *follower) Settle(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.jobs) > 0 && !f.jobs[0].After(f.b.clock.Now()) {
		f.did, f.jobs = append(f.did, f.b.clock.Now()), f.jobs[1:]
	}
	return nil
}

func TestAdvanceInterleavesTheApp(t *testing.T) {
	t.Parallel()
	f := &follower{}
	b := newBench(t, func(c *standin.Config) { c.Follower = f })
	f.b = b
	start := b.clock.Now()
	for _, d := range []time.Duration{day, 10 * day, 40 * day} {
		f.jobs = append(f.jobs, start.Add(d))
	}
	b.advance(30 * day)
	if len(f.did) != 2 || f.did[0].Sub(start) > day+time.Minute || f.did[1].Sub(start) > 10*day+time.Minute {
		t.Errorf("jobs ran at %v from %v", f.did, start)
	}
	if ahead := b.clock.Now().Sub(start); ahead < 30*day || ahead > 30*day+time.Minute {
		t.Errorf("the clock is %s ahead", ahead)
	}
	if err := b.srv.Advance(t.Context(), start); err == nil {
		t.Error("time went back")
	}
}

func TestRunDoesWhatFallsDue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.session(b.price(1200, "month").ID)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.srv.Run(ctx) }()
	// Another process moves the clock; Run must see it by itself.
	b.must(b.clock.MoveTo(time.Unix(s.ExpiresAt, 0)))
	deadline := time.Now().Add(20 * time.Second)
	for b.getSession(s.ID).Status != "expired" {
		if time.Now().After(deadline) {
			t.Fatal("Run never expired the session")
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
