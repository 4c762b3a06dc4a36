package standin_test

import (
	"net/http"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// gift opens a session for something that is paid once.
func (b *bench) gift(amount int64, adjust ...func(*stripe.CheckoutSessionParams)) *stripe.CheckoutSession {
	b.t.Helper()
	return b.session("", append([]func(*stripe.CheckoutSessionParams){func(p *stripe.CheckoutSessionParams) {
		p.Mode, p.SubscriptionData = stripe.String("payment"), nil
		p.LineItems = []*stripe.CheckoutSessionLineItemParams{{Quantity: stripe.Int64(1), PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
			Currency: stripe.String("usd"), UnitAmount: &amount,
			ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String("Six months of Digital")}}}}
		p.PaymentIntentData = &stripe.CheckoutSessionPaymentIntentDataParams{Metadata: map[string]string{"gift": "g1"}, Description: stripe.String("A gift"),
			Shipping: &stripe.ShippingDetailsParams{Name: stripe.String("Ada Byron"), Address: &stripe.AddressParams{City: stripe.String("London")}}}
	}}, adjust...)...)
}

func TestCheckoutPaidOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.gift(5400)
	if s.Mode != "payment" || s.AmountTotal != 5400 || s.PaymentIntent != nil {
		t.Fatalf("opened: %s over %d", s.Mode, s.AmountTotal)
	}
	if page := b.open(s.URL).page; page.Find("h1").Text() != "Pay" {
		t.Errorf("the page is headed %q", page.Find("h1").Text())
	}
	b.heard()
	if got := b.pay(s, "4000000000000002"); got.status != http.StatusPaymentRequired {
		t.Errorf("a declined card answered %d", got.status)
	}
	ask := b.pay(s, "4000002760003184")
	if got := b.post(ask.location, "outcome", "fail"); got.status != http.StatusPaymentRequired {
		t.Errorf("a failed authentication answered %d", got.status)
	}
	ask = b.pay(s, "4000002760003184")
	if got := b.post(ask.location, "outcome", "complete"); got.status != http.StatusSeeOther || got.location != "http://app.test/done?session="+s.ID {
		t.Errorf("paying answered %d %s", got.status, got.location)
	}
	b.in(b.heard(), "payment_intent.created", "charge.failed", "payment_intent.payment_failed", "charge.succeeded",
		"payment_intent.succeeded", "checkout.session.completed")
	p := &stripe.CheckoutSessionParams{}
	p.AddExpand("payment_intent.latest_charge")
	done, err := b.stripe.CheckoutSessions.Get(s.ID, p)
	b.must(err)
	if done.PaymentStatus != "paid" || done.Status != "complete" || done.Subscription != nil || done.Customer != nil || done.Invoice != nil ||
		done.ClientReferenceID != "r1" || done.CustomerDetails.Email != "ada@example.org" {
		t.Errorf("closed: %s, %s", done.Status, done.PaymentStatus)
	}
	if pi := done.PaymentIntent; pi.Metadata["gift"] != "g1" || pi.LatestCharge.Amount != 5400 || pi.Description != "A gift" || pi.Shipping.Address.City != "London" {
		t.Errorf("intent: %+v", pi.Metadata)
	}
	intents := collect(b.stripe.PaymentIntents.List(&stripe.PaymentIntentListParams{}).Iter)
	if len(intents) != 1 {
		t.Errorf("three attempts made %d intents", len(intents))
	}
	if got := b.pay(s, "4242424242424242"); got.status != http.StatusOK {
		t.Errorf("paying twice answered %d", got.status)
	}
	_, err = b.stripe.Refunds.New(&stripe.RefundParams{PaymentIntent: &done.PaymentIntent.ID})
	b.must(err)
}

func TestCheckoutPaidOnceWithInvoice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	coupon, err := b.stripe.Coupons.New(&stripe.CouponParams{PercentOff: stripe.Float64(10), Duration: stripe.String("once")})
	b.must(err)
	s := b.gift(5400, func(p *stripe.CheckoutSessionParams) {
		p.InvoiceCreation = &stripe.CheckoutSessionInvoiceCreationParams{Enabled: stripe.Bool(true)}
		p.Discounts = []*stripe.CheckoutSessionDiscountParams{{Coupon: &coupon.ID}}
	})
	b.heard()
	b.pay(s, "4242424242424242")
	b.in(b.heard(), "payment_intent.succeeded", "invoice.created", "invoice.finalized", "invoice.paid", "checkout.session.completed")
	p := &stripe.CheckoutSessionParams{}
	p.AddExpand("invoice.charge")
	done, err := b.stripe.CheckoutSessions.Get(s.ID, p)
	b.must(err)
	inv := done.Invoice
	if inv.Status != "paid" || inv.AmountPaid != 4860 || inv.Subtotal != 5400 || inv.Charge.Amount != 4860 || inv.Subscription != nil || done.Customer == nil {
		t.Errorf("invoice %s over %d of %d", inv.Status, inv.AmountPaid, inv.Subtotal)
	}
	if got := b.open(inv.HostedInvoiceURL); got.status != http.StatusOK {
		t.Errorf("its page answered %d", got.status)
	}
}

func TestCheckoutModes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	recurring := b.price(1200, "month").ID
	_, err := b.stripe.CheckoutSessions.New(&stripe.CheckoutSessionParams{Mode: stripe.String("payment"), SuccessURL: stripe.String("http://app.test/"),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{Price: &recurring, Quantity: stripe.Int64(1)}}})
	if b.stripeError(err).Param != "line_items[0][price]" {
		t.Errorf("a recurring price paid once: %v", err)
	}
	s := b.session(recurring, func(p *stripe.CheckoutSessionParams) {
		p.PaymentMethodCollection = stripe.String("if_required")
		p.SubscriptionData.TrialPeriodDays = stripe.Int64(7)
	})
	if b.open(s.URL).page.Find("[name=number]").Length() != 0 {
		t.Error("a trial without a card asks for one")
	}
	if got := b.post("/c/pay/"+s.ID, "name", "Ada Byron", "action", "pay"); got.status != http.StatusSeeOther {
		t.Fatalf("starting answered %d: %s", got.status, got.page.Text())
	}
	if sub := b.getSub(b.getSession(s.ID).Subscription.ID); sub.Status != "trialing" || sub.DefaultPaymentMethod != nil {
		t.Errorf("begun: %s", sub.Status)
	}
	s = b.session(recurring, func(p *stripe.CheckoutSessionParams) { p.SubscriptionData.TrialPeriodDays = stripe.Int64(7) })
	ask := b.pay(s, "4000002500003155")
	if b.getSession(s.ID).Subscription != nil {
		t.Error("begun before the bank was asked")
	}
	if got := b.post(ask.location, "outcome", "complete"); got.status != http.StatusSeeOther || b.getSession(s.ID).Status != "complete" {
		t.Errorf("the answer answered %d", got.status)
	}
}
