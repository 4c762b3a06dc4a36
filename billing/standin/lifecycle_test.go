package standin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// https://docs.stripe.com/billing/subscriptions/pause-payment: the
// subscription stays active, invoices are made and not collected.
func TestPauseCollection(t *testing.T) {
	t.Parallel()
	for behavior, want := range map[string]string{"void": "void", "keep_as_draft": "draft", "mark_uncollectible": "uncollectible"} {
		b := newBench(t)
		sub := b.subscribed(b.price(1200, "month").ID, "4242424242424242")
		resume := time.Unix(sub.CurrentPeriodEnd, 0).UTC().AddDate(0, 1, 3)
		paused, err := b.stripe.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{
			PauseCollection: &stripe.SubscriptionPauseCollectionParams{Behavior: &behavior, ResumesAt: stripe.Int64(resume.Unix())}})
		b.must(err)
		if paused.Status != "active" || string(paused.PauseCollection.Behavior) != behavior || paused.PauseCollection.ResumesAt != resume.Unix() {
			t.Fatalf("%s: %s %+v", behavior, paused.Status, paused.PauseCollection)
		}
		b.heard()
		b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0).Add(2 * day))
		now := b.getSub(sub.ID)
		if string(now.LatestInvoice.Status) != want || now.Status != "active" || now.CurrentPeriodStart != sub.CurrentPeriodEnd || now.LatestInvoice.AmountPaid != 0 {
			t.Errorf("%s: invoice is %s, subscription %s", behavior, now.LatestInvoice.Status, now.Status)
		}
		b.heard()
		b.advanceTo(resume)
		events := b.delivered()
		last := events[len(events)-1]
		if last.Type != "customer.subscription.updated" || last.Data.PreviousAttributes["pause_collection"] == nil {
			t.Errorf("%s: the resumption was told as %s", behavior, last.Type)
		}
		b.advanceTo(time.Unix(b.getSub(sub.ID).CurrentPeriodEnd, 0).Add(2 * time.Hour))
		if now := b.getSub(sub.ID); now.PauseCollection != nil || now.LatestInvoice.AmountPaid != 1200 {
			t.Errorf("%s: after the pause %d was paid", behavior, now.LatestInvoice.AmountPaid)
		}
		charges := collect(b.stripe.Charges.List(&stripe.ChargeListParams{Customer: &sub.Customer.ID}).Iter)
		if len(charges) != 2 {
			t.Errorf("%s: %d charges, want the first and the one after the pause", behavior, len(charges))
		}
	}
}

func TestResumeCollectionEarly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1200, "month").ID, "4242424242424242")
	_, err := b.stripe.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{
		PauseCollection: &stripe.SubscriptionPauseCollectionParams{Behavior: stripe.String("void")}})
	b.must(err)
	now, err := b.stripe.Subscriptions.Update(sub.ID, swap(sub, b.price(1500, "month").ID, "always_invoice", ""))
	b.must(err)
	if inv := b.getSub(sub.ID).LatestInvoice; inv.Status != "void" || now.Status != "active" {
		t.Errorf("an upgrade in a pause: invoice %s, subscription %s", inv.Status, now.Status)
	}
	clear := &stripe.SubscriptionParams{}
	clear.AddExtra("pause_collection", "")
	_, err = b.stripe.Subscriptions.Update(sub.ID, clear)
	b.must(err)
	b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0).Add(2 * time.Hour))
	if now := b.getSub(sub.ID); now.LatestInvoice.AmountPaid != 1500 {
		t.Errorf("the renewal took %d", now.LatestInvoice.AmountPaid)
	}
}

// withMethod is a customer whose future invoices are paid with that card.
func (b *bench) withMethod(card string) *stripe.Customer {
	b.t.Helper()
	cus := b.customer()
	pm, err := b.stripe.PaymentMethods.Attach(card, &stripe.PaymentMethodAttachParams{Customer: &cus.ID})
	b.must(err)
	_, err = b.stripe.Customers.Update(cus.ID, &stripe.CustomerParams{InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: &pm.ID}})
	b.must(err)
	return cus
}

// trial subscribes a customer with fourteen free days.
func (b *bench) trial(cus, price string, adjust ...func(*stripe.SubscriptionParams)) *stripe.Subscription {
	b.t.Helper()
	p := &stripe.SubscriptionParams{Customer: &cus, Items: []*stripe.SubscriptionItemsParams{{Price: &price}}, TrialPeriodDays: stripe.Int64(14)}
	for _, fn := range adjust {
		fn(p)
	}
	sub, err := b.stripe.Subscriptions.New(p)
	b.must(err)
	return sub
}

func TestTrialConverts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.trial(b.withMethod("pm_card_visa").ID, b.price(1200, "month").ID)
	first := b.getSub(sub.ID).LatestInvoice
	if sub.Status != "trialing" || sub.TrialEnd != sub.CurrentPeriodEnd || first.Total != 0 || first.Status != "paid" {
		t.Fatalf("%s until %d, invoice over %d", sub.Status, sub.TrialEnd, first.Total)
	}
	if seen, err := b.stripe.Invoices.Upcoming(&stripe.InvoiceUpcomingParams{Subscription: &sub.ID}); err != nil || seen.AmountDue != 1200 {
		t.Errorf("the preview of the conversion is %v (%v)", seen, err)
	}
	b.heard()
	end := time.Unix(sub.TrialEnd, 0)
	b.advanceTo(end.Add(-3*day - time.Minute))
	if got := b.heard(); len(got) != 0 {
		t.Errorf("too early: %v", got)
	}
	b.advanceTo(end.Add(-3 * day))
	if got := b.heard(); len(got) != 1 || got[0] != "customer.subscription.trial_will_end" {
		t.Errorf("three days before the end: %v", got)
	}
	b.advanceTo(end)
	events := b.delivered()
	if events[0].Type != "customer.subscription.updated" || events[0].Data.PreviousAttributes["status"] != "trialing" {
		t.Errorf("at the end: %s, previously %v", events[0].Type, events[0].Data.PreviousAttributes)
	}
	b.advance(time.Hour)
	b.in(b.heard(), "invoice.finalized", "charge.succeeded", "invoice.paid")
	now := b.getSub(sub.ID)
	if now.Status != "active" || now.LatestInvoice.AmountPaid != 1200 || now.CurrentPeriodStart != sub.TrialEnd || now.BillingCycleAnchor != sub.TrialEnd {
		t.Errorf("converted: %s, %d paid", now.Status, now.LatestInvoice.AmountPaid)
	}
}

// 4000000000000341 can be attached, and then every charge fails.
func TestTrialWhoseConversionFails(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.trial(b.withMethod("pm_card_chargeCustomerFail").ID, b.price(1200, "month").ID)
	b.heard()
	b.advanceTo(time.Unix(sub.TrialEnd, 0).Add(time.Hour))
	b.in(b.heard(), "customer.subscription.trial_will_end", "customer.subscription.updated", "invoice.payment_failed", "customer.subscription.updated")
	if now := b.getSub(sub.ID); now.Status != "past_due" || now.LatestInvoice.Status != "open" {
		t.Errorf("%s, invoice %s", now.Status, now.LatestInvoice.Status)
	}
}

func TestTrialWithoutACard(t *testing.T) {
	t.Parallel()
	for then, want := range map[string]string{"cancel": "canceled", "pause": "paused", "create_invoice": "past_due"} {
		b := newBench(t)
		sub := b.trial(b.customer().ID, b.price(1200, "month").ID, func(p *stripe.SubscriptionParams) {
			p.TrialSettings = &stripe.SubscriptionTrialSettingsParams{EndBehavior: &stripe.SubscriptionTrialSettingsEndBehaviorParams{MissingPaymentMethod: &then}}
		})
		b.advanceTo(time.Unix(sub.TrialEnd, 0).Add(2 * time.Hour))
		if now := b.getSub(sub.ID); string(now.Status) != want {
			t.Errorf("%s: is %s", then, now.Status)
		}
		if then != "pause" {
			continue
		}
		b.in(b.heard(), "customer.subscription.updated", "customer.subscription.paused")
		if _, err := b.stripe.Subscriptions.Resume(sub.ID, &stripe.SubscriptionResumeParams{}); b.stripeError(err).Code != "resource_missing" {
			t.Errorf("resumed without a card: %v", err)
		}
		pm, err := b.stripe.PaymentMethods.Attach("pm_card_visa", &stripe.PaymentMethodAttachParams{Customer: &sub.Customer.ID})
		b.must(err)
		_, err = b.stripe.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{DefaultPaymentMethod: &pm.ID})
		b.must(err)
		back, err := b.stripe.Subscriptions.Resume(sub.ID, &stripe.SubscriptionResumeParams{})
		b.must(err)
		b.in(b.heard(), "customer.subscription.resumed", "invoice.paid")
		if back.Status != "active" || b.getSub(sub.ID).LatestInvoice.AmountPaid != 1200 {
			t.Errorf("resumed: %s", back.Status)
		}
	}
}

func TestTrialEndsNowAndLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cus, monthly := b.withMethod("pm_card_visa").ID, b.price(1200, "month").ID
	sub := b.trial(cus, monthly)
	b.advance(2 * day)
	now, err := b.stripe.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{TrialEndNow: stripe.Bool(true)})
	b.must(err)
	if inv := b.getSub(sub.ID).LatestInvoice; now.Status != "active" || inv.AmountPaid != 1200 || now.BillingCycleAnchor != now.CurrentPeriodStart || len(inv.Lines.Data) != 1 {
		t.Errorf("ended early: %s, %d paid", now.Status, inv.AmountPaid)
	}
	longer := b.trial(cus, monthly)
	later := longer.TrialEnd + 7*86400
	longer, err = b.stripe.Subscriptions.Update(longer.ID, &stripe.SubscriptionParams{TrialEnd: &later})
	b.must(err)
	if longer.Status != "trialing" || longer.TrialEnd != later || longer.CurrentPeriodEnd != later {
		t.Errorf("extended: %s until %d, want %d", longer.Status, longer.TrialEnd, later)
	}
}

// A swap in a trial costs nothing, moves nothing, and the new price is what
// the trial converts to.
func TestTrialSurvivesASwap(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.trial(b.withMethod("pm_card_visa").ID, b.price(1200, "month").ID)
	yearly := b.price(9900, "year").ID
	now, err := b.stripe.Subscriptions.Update(sub.ID, swap(sub, yearly, "always_invoice", ""))
	b.must(err)
	if now.Status != "trialing" || now.TrialEnd != sub.TrialEnd || now.LatestInvoice.ID != sub.LatestInvoice.ID {
		t.Fatalf("after the swap %s until %d", now.Status, now.TrialEnd)
	}
	b.advanceTo(time.Unix(sub.TrialEnd, 0).Add(time.Hour))
	if inv := b.getSub(sub.ID).LatestInvoice; inv.AmountPaid != 9900 || len(inv.Lines.Data) != 1 {
		t.Errorf("converted to %d", inv.AmountPaid)
	}
}

func TestCancelInTrial(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.trial(b.withMethod("pm_card_visa").ID, b.price(1200, "month").ID)
	_, err := b.stripe.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{CancelAtPeriodEnd: stripe.Bool(true)})
	b.must(err)
	b.advanceTo(time.Unix(sub.TrialEnd, 0).Add(2 * time.Hour))
	charges := collect(b.stripe.Charges.List(&stripe.ChargeListParams{Customer: &sub.Customer.ID}).Iter)
	if now := b.getSub(sub.ID); now.Status != "canceled" || len(charges) != 0 {
		t.Errorf("%s after %d charges", now.Status, len(charges))
	}
}

func TestCheckoutWithTrial(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	open := func() *stripe.CheckoutSession {
		return b.session(b.price(1200, "month").ID, func(p *stripe.CheckoutSessionParams) {
			p.SubscriptionData.TrialPeriodDays = stripe.Int64(14)
		})
	}
	s := open()
	if s.AmountTotal != 0 {
		t.Errorf("the page asks for %d", s.AmountTotal)
	}
	if got := b.pay(s, "4000000000000002"); got.status != http.StatusPaymentRequired {
		t.Errorf("a card that cannot be saved answered %d", got.status)
	}
	if got := b.pay(s, "4242424242424242"); got.status != http.StatusSeeOther {
		t.Fatalf("paying answered %d", got.status)
	}
	done := b.getSession(s.ID)
	sub := b.getSub(done.Subscription.ID)
	if done.PaymentStatus != "no_payment_required" || sub.Status != "trialing" || sub.DefaultPaymentMethod == nil {
		t.Errorf("%s, %s", done.PaymentStatus, sub.Status)
	}
	subs := collect(b.stripe.Subscriptions.List(&stripe.SubscriptionListParams{Status: stripe.String("all")}).Iter)
	if len(subs) != 1 {
		t.Errorf("%d subscriptions from one session", len(subs))
	}
	b.advanceTo(time.Unix(sub.TrialEnd, 0).Add(time.Hour))
	if now := b.getSub(sub.ID); now.Status != "active" || now.LatestInvoice.AmountPaid != 1200 {
		t.Errorf("converted: %s, %d", now.Status, now.LatestInvoice.AmountPaid)
	}
}
