package standin_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

func TestCheckoutPaid(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.session(b.price(1200, "month").ID)
	if s.Status != "open" || s.PaymentStatus != "unpaid" || s.AmountTotal != 1200 || s.URL != b.url+"/c/pay/"+s.ID {
		t.Fatalf("new session: %s %s %d %s", s.Status, s.PaymentStatus, s.AmountTotal, s.URL)
	}
	b.heard()
	page := b.open(s.URL)
	if text := page.page.Find("table").Text(); !strings.Contains(text, "$12.00") || !strings.Contains(text, "Digital") {
		t.Errorf("the page does not say what is bought: %s", text)
	}
	if href, _ := page.page.Find(`a[href="http://app.test/subscribe"]`).Attr("href"); href == "" {
		t.Error("no way back")
	}
	if got := b.pay(s, "4242 4242 4242 4242"); got.status != http.StatusSeeOther || got.location != "http://app.test/done?session="+s.ID {
		t.Fatalf("paying answered %d to %q", got.status, got.location)
	}
	b.in(b.heard(), "customer.created", "customer.subscription.created", "invoice.created", "payment_intent.created",
		"invoice.finalized", "payment_method.attached", "charge.succeeded", "payment_intent.succeeded",
		"customer.subscription.updated", "invoice.paid", "invoice.payment_succeeded", "checkout.session.completed")
	done := b.getSession(s.ID)
	sub := done.Subscription
	if done.Status != "complete" || done.PaymentStatus != "paid" || done.ClientReferenceID != "r1" || done.CustomerDetails.Email != "ada@example.org" {
		t.Errorf("session after payment: %s %s %q", done.Status, done.PaymentStatus, done.ClientReferenceID)
	}
	if sub.Status != "active" || sub.Metadata["reader"] != "r1" || sub.LatestInvoice.Status != "paid" || sub.LatestInvoice.AmountPaid != 1200 {
		t.Errorf("subscription %s, invoice %s", sub.Status, sub.LatestInvoice.Status)
	}
	if pi := sub.LatestInvoice.PaymentIntent; pi.Status != "succeeded" || pi.AmountReceived != 1200 {
		t.Errorf("intent %s", pi.Status)
	}
	full := b.getSub(sub.ID)
	if full.DefaultPaymentMethod == nil || full.Customer.Name != "Ada Byron" {
		t.Error("the card or the name was not kept")
	}
	txn := full.LatestInvoice.PaymentIntent.LatestCharge.BalanceTransaction
	if txn.Amount != 1200 || txn.Fee != 65 || txn.Net != 1135 {
		t.Errorf("balance transaction %d − %d = %d", txn.Amount, txn.Fee, txn.Net)
	}
	if len(done.LineItems.Data) != 1 || done.LineItems.Data[0].AmountTotal != 1200 {
		t.Error("line items are not expanded")
	}
}

func TestCheckoutDeclinedThenPaid(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cus := b.customer()
	s := b.session(b.price(1200, "month").ID, func(p *stripe.CheckoutSessionParams) { p.CustomerEmail, p.Customer = nil, &cus.ID })
	b.heard()
	for range 2 {
		got := b.pay(s, "4000000000000002")
		if got.status != http.StatusPaymentRequired || got.page.Find(`[role=alert]`).Text() != "Your card was declined." {
			t.Fatalf("a declined card answered %d %q", got.status, got.page.Find(`[role=alert]`).Text())
		}
		if name, _ := got.page.Find("#name").Attr("value"); name != "Ada Byron" {
			t.Error("the page forgot what was typed")
		}
		if number, _ := got.page.Find("#number").Attr("value"); number != "" {
			t.Error("the page shows a card's number")
		}
	}
	b.in(b.heard(), "customer.subscription.created", "invoice.finalized", "charge.failed", "payment_intent.payment_failed", "invoice.payment_failed")
	subs := collect(b.stripe.Subscriptions.List(&stripe.SubscriptionListParams{Customer: &cus.ID, Status: stripe.String("all")}).Iter)
	if len(subs) != 1 {
		t.Fatalf("a session retried left %d subscriptions", len(subs))
	}
	sub := b.getSub(subs[0].(*stripe.Subscription).ID)
	pi := sub.LatestInvoice.PaymentIntent
	if sub.Status != "incomplete" || sub.LatestInvoice.Status != "open" || pi.Status != "requires_payment_method" ||
		pi.LastPaymentError.DeclineCode != "generic_decline" {
		t.Errorf("after a decline: %s, %s, %s", sub.Status, sub.LatestInvoice.Status, pi.Status)
	}
	if still := b.getSession(s.ID); still.Status != "open" || still.Subscription != nil {
		t.Errorf("session after a decline: %s", still.Status)
	}
	if got := b.pay(s, "4000000000009995"); got.page.Find(`[role=alert]`).Text() != "Your card has insufficient funds." {
		t.Error("insufficient funds are not said")
	}
	if got := b.pay(s, "4242424242424242"); got.status != http.StatusSeeOther {
		t.Fatalf("the second card answered %d", got.status)
	}
	if done := b.getSession(s.ID); done.Status != "complete" || done.Subscription.ID != sub.ID || done.Subscription.Status != "active" {
		t.Errorf("after the retry: %s with %s", done.Status, done.Subscription.ID)
	}
	if again := b.pay(s, "4242424242424242"); again.status != http.StatusOK || again.page.Find("h1").Text() != "This is paid already" {
		t.Errorf("paying twice answered %d", again.status)
	}
}

func collect(it *stripe.Iter) (out []any) {
	for it.Next() {
		out = append(out, it.Current())
	}
	return out
}

func TestCheckout3DS(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.session(b.price(1200, "month").ID)
	ask := b.pay(s, "4000002500003155")
	if ask.status != http.StatusSeeOther || !strings.HasPrefix(ask.location, "/3ds/pi_") {
		t.Fatalf("3D Secure answered %d %q", ask.status, ask.location)
	}
	pi, err := b.stripe.PaymentIntents.Get(strings.TrimPrefix(ask.location, "/3ds/"), &stripe.PaymentIntentParams{})
	b.must(err)
	if pi.Status != "requires_action" || pi.NextAction.RedirectToURL.URL == "" {
		t.Errorf("intent is %s", pi.Status)
	}
	if n := b.open(b.url + ask.location).page.Find("button").Length(); n != 2 {
		t.Errorf("%d buttons on the bank's page, want 2", n)
	}
	if no := b.post(ask.location, "outcome", "fail"); no.status != http.StatusPaymentRequired ||
		!strings.Contains(no.page.Find("[role=alert]").Text(), "unable to authenticate") {
		t.Fatalf("a failed 3D Secure answered %d", no.status)
	}
	if got := b.getSession(s.ID).Status; got != "open" {
		t.Fatalf("session is %s after a failed 3D Secure", got)
	}
	ask = b.pay(s, "4000002500003155")
	if yes := b.post(ask.location, "outcome", "complete"); yes.location != "http://app.test/done?session="+s.ID {
		t.Fatalf("a completed 3D Secure leads to %q", yes.location)
	}
	sub := b.getSub(b.getSession(s.ID).Subscription.ID)
	if sub.Status != "active" {
		t.Errorf("subscription is %s", sub.Status)
	}
	b.advance(32 * 24 * time.Hour)
	if sub = b.getSub(sub.ID); sub.Status != "active" || sub.LatestInvoice.Status != "paid" {
		t.Errorf("a card that was set up asks again at renewal: %s, %s", sub.Status, sub.LatestInvoice.Status)
	}
}

func TestCheckoutFields(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.session(b.price(1200, "month").ID, func(p *stripe.CheckoutSessionParams) {
		p.CustomerEmail = nil
		p.ShippingAddressCollection = &stripe.CheckoutSessionShippingAddressCollectionParams{AllowedCountries: stripe.StringSlice([]string{"US", "DE"})}
	})
	bad := b.post(b.url+"/c/pay/"+s.ID, "action", "pay", "number", "4242424242424241", "exp", "13/40", "cvc", "1", "country", "FR")
	if bad.status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong form answered %d", bad.status)
	}
	for _, id := range []string{"number", "exp", "cvc", "name", "email", "line1", "city", "postal", "country"} {
		if bad.page.Find("#"+id+"[aria-invalid]").Length() != 1 || bad.page.Find("#"+id+"-wrong").Text() == "" {
			t.Errorf("%s is not marked wrong", id)
		}
	}
	if old := b.pay(s, "4242424242424242", "exp", "01/20"); old.page.Find("#exp-wrong").Text() != "Your card's expiration date is in the past." {
		t.Error("a card of long ago is taken")
	}
	good := b.pay(s, "4242424242424242", "email", "ada@example.org", "line1", "1 Main St", "city", "Springfield",
		"postal", "12345", "state", "IL", "country", "US")
	if good.status != http.StatusSeeOther {
		t.Fatalf("a right form answered %d", good.status)
	}
	done := b.getSession(s.ID)
	if a := done.ShippingDetails; a == nil || a.Name != "Ada Byron" || a.Address.Line1 != "1 Main St" || a.Address.PostalCode != "12345" {
		t.Errorf("shipping details: %+v", a)
	}
	cus, err := b.stripe.Customers.Get(done.Customer.ID, &stripe.CustomerParams{})
	b.must(err)
	if cus.Email != "ada@example.org" || cus.Shipping.Address.City != "Springfield" {
		t.Errorf("customer %q", cus.Email)
	}
}

func TestCheckoutPromotion(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	coupon, err := b.stripe.Coupons.New(&stripe.CouponParams{PercentOff: stripe.Float64(33.33), Duration: stripe.String("repeating"), DurationInMonths: stripe.Int64(2)})
	b.must(err)
	promo, err := b.stripe.PromotionCodes.New(&stripe.PromotionCodeParams{Coupon: &coupon.ID, Code: stripe.String("SPRING"), MaxRedemptions: stripe.Int64(1)})
	b.must(err)
	price := b.price(1200, "month")
	allow := func(p *stripe.CheckoutSessionParams) { p.AllowPromotionCodes = stripe.Bool(true) }
	s := b.session(price.ID, allow)
	if got := b.post(b.url+"/c/pay/"+s.ID, "action", "apply", "promotion_code", "nope"); got.page.Find("#promotion_code-wrong").Text() != "This code is invalid." {
		t.Error("a wrong code is not refused")
	}
	if got := b.post(b.url+"/c/pay/"+s.ID, "action", "apply", "promotion_code", "spring"); got.page.Find(".total td").Text() != "$8.00" {
		t.Fatalf("with the code: %s", got.page.Find("table").Text())
	}
	if got := b.pay(s, "4242424242424242"); got.status != http.StatusSeeOther {
		t.Fatalf("paying answered %d", got.status)
	}
	done := b.getSession(s.ID)
	if done.AmountTotal != 800 || done.TotalDetails.AmountDiscount != 400 || done.Subscription.LatestInvoice.AmountPaid != 800 {
		t.Errorf("paid %d, %d", done.AmountTotal, done.Subscription.LatestInvoice.AmountPaid)
	}
	if d := done.Subscription.Discount; d == nil || d.PromotionCode.ID != promo.ID {
		t.Error("the subscription has no discount")
	}
	other := b.session(price.ID, allow)
	if got := b.post(b.url+"/c/pay/"+other.ID, "action", "apply", "promotion_code", "SPRING"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a code used up answered %d", got.status)
	}
	var paid []int64
	for range 3 {
		b.advance(31 * 24 * time.Hour)
		paid = append(paid, b.getSub(done.Subscription.ID).LatestInvoice.AmountPaid)
	}
	if paid[0] != 800 || paid[2] != 1200 {
		t.Errorf("renewals paid %v, want 800 while the coupon runs and 1200 after", paid)
	}
}

func TestCheckoutFree(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	coupon, err := b.stripe.Coupons.New(&stripe.CouponParams{PercentOff: stripe.Float64(100), Duration: stripe.String("once")})
	b.must(err)
	s := b.session(b.price(1200, "month").ID, func(p *stripe.CheckoutSessionParams) {
		p.Discounts = []*stripe.CheckoutSessionDiscountParams{{Coupon: &coupon.ID}}
	})
	if got := b.pay(s, "4242424242424242"); got.status != http.StatusSeeOther {
		t.Fatalf("paying nothing answered %d", got.status)
	}
	done := b.getSession(s.ID)
	if done.PaymentStatus != "no_payment_required" || done.Subscription.Status != "active" || done.Subscription.LatestInvoice.PaymentIntent != nil {
		t.Errorf("%s %s", done.PaymentStatus, done.Subscription.Status)
	}
	b.advance(32 * 24 * time.Hour)
	if got := b.getSub(done.Subscription.ID).LatestInvoice.AmountPaid; got != 1200 {
		t.Errorf("the first renewal after a coupon for once paid %d", got)
	}
}

func TestCheckoutExpires(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	price := b.price(1200, "month")
	s, other := b.session(price.ID), b.session(price.ID)
	cus := b.customer()
	tried := b.session(price.ID, func(p *stripe.CheckoutSessionParams) { p.CustomerEmail, p.Customer = nil, &cus.ID })
	b.pay(tried, "4000000000000002")
	expired, err := b.stripe.CheckoutSessions.Expire(other.ID, &stripe.CheckoutSessionExpireParams{})
	b.must(err)
	if expired.Status != "expired" || expired.URL != "" {
		t.Errorf("expired session: %s %q", expired.Status, expired.URL)
	}
	b.heard()
	b.advance(25 * time.Hour)
	b.in(b.heard(), "payment_intent.canceled", "invoice.voided", "customer.subscription.updated", "checkout.session.expired")
	if got := b.open(b.url + "/c/pay/" + s.ID); got.status != http.StatusGone || got.page.Find("h1").Text() != "This page has expired" {
		t.Errorf("an expired page answered %d", got.status)
	}
	if got := b.pay(s, "4242424242424242"); got.status != http.StatusGone {
		t.Errorf("paying on an expired page answered %d", got.status)
	}
	subs := collect(b.stripe.Subscriptions.List(&stripe.SubscriptionListParams{Customer: &cus.ID, Status: stripe.String("incomplete_expired")}).Iter)
	if len(subs) != 1 {
		t.Errorf("%d subscriptions are incomplete_expired, want 1", len(subs))
	}
	if _, err := b.stripe.CheckoutSessions.Expire(s.ID, &stripe.CheckoutSessionExpireParams{}); b.stripeError(err).HTTPStatusCode != 400 {
		t.Error("an expired session expires again")
	}
}

// Two tabs, or an impatient finger: one session never sells twice. Several
// rounds, because the requests must overlap to tell anything.
func TestCheckoutPaidTwiceAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	price, rounds := b.price(1200, "month"), 10
	for range rounds {
		s := b.session(price.ID)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { b.pay(s, "4242424242424242") })
		}
		all.Wait()
	}
	if n := strings.Count(strings.Join(b.heard(), " "), "checkout.session.completed"); n != rounds {
		t.Errorf("%d sessions were completed %d times", rounds, n)
	}
	if n := len(collect(b.stripe.Charges.List(&stripe.ChargeListParams{}).Iter)); n != rounds {
		t.Errorf("%d charges for %d sessions", n, rounds)
	}
	if n := len(collect(b.stripe.Subscriptions.List(&stripe.SubscriptionListParams{}).Iter)); n != rounds {
		t.Errorf("%d subscriptions for %d sessions", n, rounds)
	}
}

// A bank's question may outlive the page that asked it.
func TestCheckout3DSAfterExpiry(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.session(b.price(1200, "month").ID)
	ask := b.pay(s, "4000002500003155")
	_, err := b.stripe.CheckoutSessions.Expire(s.ID, &stripe.CheckoutSessionExpireParams{})
	b.must(err)
	if got := b.post(ask.location, "outcome", "complete"); got.status != http.StatusGone {
		t.Errorf("an answer for an expired session answered %d", got.status)
	}
	if it := b.stripe.Charges.List(&stripe.ChargeListParams{}); it.Next() {
		t.Error("an expired session was charged")
	}
}

// A first invoice that is paid at its own page completes the session without a
// second subscription.
func TestCheckoutPaidAtTheInvoice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cus := b.customer()
	s := b.session(b.price(1200, "month").ID, func(p *stripe.CheckoutSessionParams) { p.CustomerEmail, p.Customer = nil, &cus.ID })
	b.pay(s, "4000000000000002")
	inv := collect(b.stripe.Invoices.List(&stripe.InvoiceListParams{Customer: &cus.ID}).Iter)[0].(*stripe.Invoice)
	b.post("/i/"+inv.ID, "number", "4242424242424242", "exp", "12/40", "cvc", "123")
	if got := b.pay(s, "4242424242424242"); got.status != http.StatusSeeOther {
		t.Fatalf("the session answered %d", got.status)
	}
	subs := collect(b.stripe.Subscriptions.List(&stripe.SubscriptionListParams{Customer: &cus.ID}).Iter)
	if len(subs) != 1 || b.getSession(s.ID).Subscription.ID != subs[0].(*stripe.Subscription).ID {
		t.Errorf("%d subscriptions", len(subs))
	}
}
