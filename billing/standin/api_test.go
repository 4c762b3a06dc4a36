package standin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing/standin"
	"broadsheet/internal/clock"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	paper, err := clock.OpenPaper(t.TempDir() + "/clock.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]standin.Config{
		"a live key":       {Key: "sk_live_1", PublicURL: "http://127.0.0.1:1", Clock: paper},
		"a live rk key":    {Key: "rk_live_1", PublicURL: "http://127.0.0.1:1", Clock: paper},
		"a foreign key":    {Key: "secret", PublicURL: "http://127.0.0.1:1", Clock: paper},
		"no clock":         {Key: testKey, PublicURL: "http://127.0.0.1:1"},
		"no address":       {Key: testKey, PublicURL: "8081", Clock: paper},
		"a hook unsecured": {Key: testKey, PublicURL: "http://127.0.0.1:1", Clock: paper, WebhookURL: "http://127.0.0.1:2"},
	} {
		cfg.Books = ":memory:"
		if s, err := standin.New(t.Context(), cfg); err == nil {
			t.Errorf("%s was accepted", name)
			_ = s.Close()
		}
	}
}

func TestAdmission(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.client("sk_test_other").Customers.New(&stripe.CustomerParams{})
	if bad := b.stripeError(err); bad.HTTPStatusCode != 401 || bad.RequestID == "" {
		t.Errorf("a wrong key: %d", bad.HTTPStatusCode)
	}
	for version, want := range map[string]int{"": 200, "2023-10-16": 200, "2022-11-15": 400} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/v1/account", nil)
		b.must(err)
		req.SetBasicAuth(testKey, "")
		if version != "" {
			req.Header.Set("Stripe-Version", version)
		}
		if got := b.do(req); got.status != want {
			t.Errorf("version %q answered %d, want %d", version, got.status, want)
		}
	}
	acct, err := b.stripe.Accounts.Get()
	b.must(err)
	if acct.DefaultCurrency != "usd" || !acct.ChargesEnabled {
		t.Errorf("account: %+v", acct)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.stripe.Customers.Get("cus_none", &stripe.CustomerParams{})
	if bad := b.stripeError(err); bad.HTTPStatusCode != 404 || bad.Code != "resource_missing" || bad.Msg != "No such customer: 'cus_none'" {
		t.Errorf("missing customer: %v", bad)
	}
	extra := &stripe.CustomerParams{}
	extra.AddExtra("shoe_size", "44")
	_, err = b.stripe.Customers.New(extra)
	if bad := b.stripeError(err); bad.Code != "parameter_unknown" || bad.Param != "shoe_size" {
		t.Errorf("unknown parameter: %v", bad)
	}
	_, err = b.stripe.Prices.New(&stripe.PriceParams{Currency: stripe.String("usd"), UnitAmount: stripe.Int64(1)})
	if bad := b.stripeError(err); bad.Code != "parameter_missing" || bad.Param != "product" {
		t.Errorf("missing parameter: %v", bad)
	}
	_, err = b.stripe.Subscriptions.New(&stripe.SubscriptionParams{Customer: stripe.String("cus_none")})
	if bad := b.stripeError(err); bad.HTTPStatusCode != 400 || bad.Param != "customer" {
		t.Errorf("missing object in a parameter: %v", bad)
	}
	deep := &stripe.CustomerParams{}
	deep.AddExpand("a.b.c.d.e")
	if _, err = b.stripe.Customers.Get(b.customer().ID, deep); b.stripeError(err).Param != "expand" {
		t.Error("five levels were expanded")
	}
	it := b.stripe.Topups.List(&stripe.TopupListParams{})
	if it.Next() || b.stripeError(it.Err()).HTTPStatusCode != 404 {
		t.Errorf("an unknown route: %v", it.Err())
	}
	if n := len(collect(b.stripe.Customers.List(&stripe.CustomerListParams{}).Iter)); n != 1 {
		t.Errorf("%d customers: a refused request left one", n)
	}
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	create := func(key, name string) (*stripe.Customer, error) {
		p := &stripe.CustomerParams{Name: &name}
		p.SetIdempotencyKey(key)
		return b.stripe.Customers.New(p)
	}
	one, err := create("k1", "Ada")
	b.must(err)
	two, err := create("k1", "Ada")
	b.must(err)
	if one.ID != two.ID || two.LastResponse.Header.Get("Idempotent-Replayed") != "true" {
		t.Error("the same key made two customers")
	}
	if _, err = create("k1", "Eve"); b.stripeError(err).Type != "idempotency_error" || b.stripeError(err).HTTPStatusCode != 400 {
		t.Errorf("same key, other parameters: %v", err)
	}
	for _, when := range []string{"fail_before", "fail_after"} {
		before := len(collect(b.stripe.Customers.List(&stripe.CustomerListParams{}).Iter))
		b.post("/_faults", when, "1", "fail_path", "POST /v1/customers")
		for range 2 {
			if _, err = create(when, "Bob"); b.stripeError(err).HTTPStatusCode != 500 {
				t.Errorf("%s: a stored 500 is not replayed: %v", when, err)
			}
		}
		after := len(collect(b.stripe.Customers.List(&stripe.CustomerListParams{}).Iter))
		if want := map[string]int{"fail_before": 0, "fail_after": 1}[when]; after-before != want {
			t.Errorf("%s left %d customers, want %d", when, after-before, want)
		}
	}
	if _, err = create("", "Zoe"); err != nil {
		t.Errorf("after the faults: %v", err)
	}
	bad := &stripe.CustomerParams{Email: stripe.String("nobody")}
	bad.SetIdempotencyKey("k2")
	if _, err := b.stripe.Customers.New(bad); b.stripeError(err).Code != "email_invalid" {
		t.Errorf("bad mail: %v", err)
	}
	if _, err := create("k2", "Kim"); err != nil {
		t.Errorf("a refused request burned its key: %v", err)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var made []string
	for i := range 7 {
		c, err := b.stripe.Customers.New(&stripe.CustomerParams{Name: stripe.String(fmt.Sprint(i))})
		b.must(err)
		made = append(made, c.ID)
	}
	names := func(p *stripe.CustomerListParams) string {
		var out []string
		it := b.stripe.Customers.List(p)
		for it.Next() {
			out = append(out, it.Customer().Name)
		}
		b.must(it.Err())
		return strings.Join(out, "")
	}
	page := func(limit int64, after, before string) *stripe.CustomerListParams {
		p := &stripe.CustomerListParams{}
		p.Limit = stripe.Int64(limit)
		if after != "" {
			p.StartingAfter = &after
		}
		if before != "" {
			p.EndingBefore = &before
		}
		return p
	}
	for want, p := range map[string]*stripe.CustomerListParams{
		"6543210": page(2, "", ""), "3210": page(3, made[4], ""), "456": page(2, "", made[3]),
		"": {CreatedRange: &stripe.RangeQueryParams{LesserThan: b.clock.Now().Unix() - 1000}},
	} {
		if got := names(p); got != want {
			t.Errorf("listed %q, want %q", got, want)
		}
	}
	single := page(2, "", "")
	single.Single = true
	it := b.stripe.Customers.List(single)
	if !it.CustomerList().HasMore || len(it.CustomerList().Data) != 2 {
		t.Error("the first page is wrong")
	}
}

func TestPricesByLookupKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	prod, err := b.stripe.Products.New(&stripe.ProductParams{Name: stripe.String("Digital"), Metadata: map[string]string{"plan": "digital"}})
	b.must(err)
	params := func(amount int64) *stripe.PriceParams {
		return &stripe.PriceParams{Product: &prod.ID, Currency: stripe.String("usd"), UnitAmount: &amount, LookupKey: stripe.String("digital_monthly"),
			Recurring: &stripe.PriceRecurringParams{Interval: stripe.String("month")}}
	}
	_, err = b.stripe.Prices.New(params(900))
	b.must(err)
	if _, err = b.stripe.Prices.New(params(1000)); b.stripeError(err).Param != "lookup_key" {
		t.Errorf("a key taken: %v", err)
	}
	moved := params(1000)
	moved.TransferLookupKey = stripe.Bool(true)
	two, err := b.stripe.Prices.New(moved)
	b.must(err)
	list := &stripe.PriceListParams{LookupKeys: stripe.StringSlice([]string{"digital_monthly", "other"}), Active: stripe.Bool(true)}
	list.AddExpand("data.product")
	found := collect(b.stripe.Prices.List(list).Iter)
	if len(found) != 1 || found[0].(*stripe.Price).ID != two.ID || found[0].(*stripe.Price).Product.Name != "Digital" {
		t.Errorf("found %d prices by key", len(found))
	}
}

func TestSubscriptionsByAPI(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	price, cus := b.price(1200, "month"), b.customer()
	params := func(behavior string) *stripe.SubscriptionParams {
		p := &stripe.SubscriptionParams{Customer: &cus.ID, Items: []*stripe.SubscriptionItemsParams{{Price: &price.ID}}, PaymentBehavior: &behavior}
		p.AddExpand("latest_invoice.payment_intent")
		return p
	}
	if _, err := b.stripe.Subscriptions.New(params("allow_incomplete")); b.stripeError(err).Code != "resource_missing" {
		t.Errorf("without a card: %v", err)
	}
	open, err := b.stripe.Subscriptions.New(params("default_incomplete"))
	b.must(err)
	pi := open.LatestInvoice.PaymentIntent
	if open.Status != "incomplete" || pi.Status != "requires_payment_method" {
		t.Fatalf("default_incomplete: %s, %s", open.Status, pi.Status)
	}
	if _, err = b.stripe.PaymentIntents.Confirm(pi.ID, &stripe.PaymentIntentConfirmParams{PaymentMethod: stripe.String("pm_card_visa_chargeDeclined")}); b.stripeError(err).DeclineCode != "generic_decline" || b.stripeError(err).PaymentIntent.ID != pi.ID {
		t.Errorf("a decline: %v", err)
	}
	_, err = b.stripe.PaymentIntents.Confirm(pi.ID, &stripe.PaymentIntentConfirmParams{PaymentMethod: stripe.String("pm_card_visa")})
	b.must(err)
	if got := b.getSub(open.ID).Status; got != "active" {
		t.Errorf("after payment: %s", got)
	}
	pm, err := b.stripe.PaymentMethods.Attach("pm_card_chargeCustomerFail", &stripe.PaymentMethodAttachParams{Customer: &cus.ID})
	b.must(err)
	_, err = b.stripe.Customers.Update(cus.ID, &stripe.CustomerParams{InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: &pm.ID}})
	b.must(err)
	left, err := b.stripe.Subscriptions.New(params("allow_incomplete"))
	b.must(err)
	if left.Status != "incomplete" {
		t.Errorf("allow_incomplete: %s", left.Status)
	}
	if _, err = b.stripe.Invoices.Pay(left.LatestInvoice.ID, &stripe.InvoicePayParams{}); b.stripeError(err).Type != "card_error" || b.stripeError(err).HTTPStatusCode != 402 {
		t.Errorf("paying with a bad card: %v", err)
	}
	count := func() int {
		return len(collect(b.stripe.Subscriptions.List(&stripe.SubscriptionListParams{Customer: &cus.ID, Status: stripe.String("all")}).Iter))
	}
	before := count()
	if _, err = b.stripe.Subscriptions.New(params("error_if_incomplete")); b.stripeError(err).HTTPStatusCode != 402 || count() != before {
		t.Errorf("error_if_incomplete: %v, %d subscriptions more", err, count()-before)
	}
	gone, err := b.stripe.Subscriptions.Cancel(left.ID, &stripe.SubscriptionCancelParams{})
	b.must(err)
	if gone.Status != "incomplete_expired" {
		t.Errorf("an incomplete one, cancelled, is %s", gone.Status)
	}
	next, err := b.stripe.Invoices.Upcoming(&stripe.InvoiceUpcomingParams{Subscription: &open.ID})
	b.must(err)
	if next.AmountDue != 1200 || next.Lines.Data[0].Period.Start != open.CurrentPeriodEnd {
		t.Errorf("upcoming: %d", next.AmountDue)
	}
	_, err = b.stripe.Customers.Del(cus.ID, &stripe.CustomerParams{})
	b.must(err)
	stump, err := b.stripe.Customers.Get(cus.ID, &stripe.CustomerParams{})
	b.must(err)
	if !stump.Deleted || b.getSub(open.ID).Status != "canceled" {
		t.Error("a deleted customer's subscription lives on")
	}
}

func TestRefunds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1200, "month").ID, "4242424242424242")
	charge := sub.LatestInvoice.PaymentIntent.LatestCharge.ID
	refund := func(amount int64) error {
		_, err := b.stripe.Refunds.New(&stripe.RefundParams{PaymentIntent: &sub.LatestInvoice.PaymentIntent.ID, Amount: &amount})
		return err
	}
	b.must(refund(500))
	if bad := b.stripeError(refund(701)); bad.Param != "amount" {
		t.Errorf("more than was left: %v", bad)
	}
	b.must(refund(700))
	if bad := b.stripeError(refund(1)); bad.Code != "charge_already_refunded" {
		t.Errorf("after all was refunded: %v", bad)
	}
	b.in(b.heard(), "charge.refunded", "charge.refunded")
	p := &stripe.ChargeParams{}
	p.AddExpand("refunds")
	p.AddExpand("balance_transaction")
	ch, err := b.stripe.Charges.Get(charge, p)
	b.must(err)
	if !ch.Refunded || ch.AmountRefunded != 1200 || len(ch.Refunds.Data) != 2 {
		t.Errorf("charge: %v %d", ch.Refunded, ch.AmountRefunded)
	}
	var sum int64
	it := b.stripe.BalanceTransactions.List(&stripe.BalanceTransactionListParams{})
	for it.Next() {
		sum += it.BalanceTransaction().Amount
	}
	if sum != 0 {
		t.Errorf("the ledger sums to %d", sum)
	}
}

// Every object that has a list and a page of its own is served once, so that
// the walk at the end sees all shapes.
func TestEveryObjectIsServed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1200, "year").ID, "4242424242424242")
	cus := sub.Customer.ID
	portal := b.portal(cus)
	b.withCard(sub, "5555555555554444")
	_, err := b.stripe.Refunds.New(&stripe.RefundParams{Charge: &sub.LatestInvoice.PaymentIntent.LatestCharge.ID})
	b.must(err)
	coupon, err := b.stripe.Coupons.New(&stripe.CouponParams{AmountOff: stripe.Int64(100), Currency: stripe.String("usd"), Duration: stripe.String("forever")})
	b.must(err)
	_, err = b.stripe.PromotionCodes.New(&stripe.PromotionCodeParams{Coupon: &coupon.ID})
	b.must(err)
	_, err = b.stripe.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{Coupon: &coupon.ID})
	b.must(err)
	si, err := b.stripe.SetupIntents.New(&stripe.SetupIntentParams{Customer: &cus, PaymentMethod: stripe.String("pm_card_threeDSecure2Required"), Confirm: stripe.Bool(true)})
	b.must(err)
	b.post("/3ds/"+si.ID, "outcome", "complete")
	if si, err = b.stripe.SetupIntents.Get(si.ID, &stripe.SetupIntentParams{}); err != nil || si.Status != "succeeded" {
		t.Errorf("setup intent: %v %v", si.Status, err)
	}
	pi, err := b.stripe.PaymentIntents.New(&stripe.PaymentIntentParams{Amount: stripe.Int64(500), Currency: stripe.String("usd"), PaymentMethod: stripe.String("pm_card_visa"), Confirm: stripe.Bool(true)})
	b.must(err)
	if pi.Status != "succeeded" {
		t.Errorf("payment intent: %s", pi.Status)
	}
	_, err = b.stripe.WebhookEndpoints.New(&stripe.WebhookEndpointParams{URL: stripe.String("http://127.0.0.1:1/hook"), EnabledEvents: stripe.StringSlice([]string{"never.happens"}), APIVersion: stripe.String(stripe.APIVersion)})
	b.must(err)
	for _, path := range []string{"products", "prices", "coupons", "promotion_codes", "customers", "payment_methods?customer=" + cus,
		"setup_intents", "payment_intents", "charges", "refunds", "balance_transactions", "checkout/sessions",
		"subscriptions?status=all&expand[]=data.customer", "subscription_items?subscription=" + sub.ID, "invoices?expand[]=data.charge",
		"billing_portal/configurations", "webhook_endpoints", "events?limit=100", "invoices/" + sub.LatestInvoice.ID + "/lines",
		"customers/" + cus + "/subscriptions", "customers/" + cus + "?expand[]=subscriptions", "customers/" + cus + "/payment_methods"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/v1/"+path, nil)
		b.must(err)
		req.Header.Set("Authorization", "Bearer "+testKey)
		got := b.do(req)
		if got.status != http.StatusOK || strings.Contains(got.page.Text(), `"data":[]`) {
			t.Errorf("%s answered %d: %s", path, got.status, got.page.Text())
		}
		if strings.Contains(got.page.Text(), `"_":`) {
			t.Errorf("%s shows what is hidden", path)
		}
	}
	for _, page := range []string{portal, b.url + "/", sub.LatestInvoice.HostedInvoiceURL, sub.LatestInvoice.PaymentIntent.LatestCharge.ReceiptURL} {
		if got := b.open(page); got.status != http.StatusOK || got.page.Find("h1").Length() != 1 {
			t.Errorf("%s answered %d", page, got.status)
		}
	}
	if got := b.open(sub.LatestInvoice.InvoicePDF); got.status != http.StatusOK || !strings.HasPrefix(got.page.Text(), "%PDF-1.4") {
		t.Errorf("the PDF answered %d", got.status)
	}
	if got := b.open(b.url + "/_books.json"); !strings.Contains(got.page.Text(), sub.ID) || !strings.Contains(got.page.Text(), cus) {
		t.Error("the dump of the books is not whole")
	}
}

func TestInvoicePageTakesACard(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	price, cus := b.price(1200, "month"), b.customer()
	p := &stripe.SubscriptionParams{Customer: &cus.ID, Items: []*stripe.SubscriptionItemsParams{{Price: &price.ID}}, PaymentBehavior: stripe.String("default_incomplete")}
	p.AddExpand("latest_invoice")
	sub, err := b.stripe.Subscriptions.New(p)
	b.must(err)
	page := strings.TrimPrefix(sub.LatestInvoice.HostedInvoiceURL, b.url)
	if got := b.post(page, "number", "4000000000000002", "exp", "12/40", "cvc", "123"); got.status != http.StatusPaymentRequired {
		t.Errorf("a declined card answered %d", got.status)
	}
	if got := b.post(page, "number", "4242424242424242", "exp", "12/40", "cvc", "123"); got.status != http.StatusSeeOther {
		t.Errorf("a good card answered %d", got.status)
	}
	if got := b.getSub(sub.ID).Status; got != "active" {
		t.Errorf("subscription is %s", got)
	}
}

func TestDeskRefusesOtherSites(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, path := range []string{"/_faults", "/_clock/advance", "/_deliveries/1/replay", "/_dunning", "/c/pay/x", "/p/session/x"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+path, strings.NewReader(url.Values{"by": {"1h"}}.Encode()))
		b.must(err)
		req.Header.Set("Origin", "http://evil.test")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		if got := b.do(req); got.status != http.StatusForbidden {
			t.Errorf("%s answered another site %d", path, got.status)
		}
	}
	for _, fields := range [][]string{{}, {"by", "soon"}, {"by", "-1h"}, {"to", "2001-01-01T00:00:00Z"}, {"by", "1h", "to", "2030-01-01T00:00:00Z"}} {
		if got := b.post("/_clock/advance", fields...); got.status != http.StatusBadRequest {
			t.Errorf("advance %v answered %d", fields, got.status)
		}
	}
	if got := b.post("/_clock/advance", "by", "720h"); got.status != http.StatusOK || b.clock.Offset() < 719*time.Hour {
		t.Errorf("advance answered %d", got.status)
	}
}
