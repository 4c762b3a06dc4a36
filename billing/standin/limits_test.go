package standin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// ask posts raw fields to the API, as no client of Stripe's would, and gives
// the status and the parameter that was refused.
func (b *bench) ask(path, key string, fields url.Values) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+path, strings.NewReader(fields.Encode()))
	b.must(err)
	req.Header.Set("Authorization", "Bearer "+testKey)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Idempotency-Key", key)
	res, err := b.web.Do(req)
	b.must(err)
	defer res.Body.Close()
	var answer struct{ Error struct{ Param string } }
	b.must(json.NewDecoder(res.Body).Decode(&answer))
	return res.StatusCode, answer.Error.Param
}

// What Stripe refuses is refused, and names the parameter.
func TestLimits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	price := b.price(1000, "month")
	euro, err := b.stripe.Prices.New(&stripe.PriceParams{Product: &price.Product.ID, Currency: stripe.String("eur"), UnitAmount: stripe.Int64(1000),
		Recurring: &stripe.PriceRecurringParams{Interval: stripe.String("month")}})
	b.must(err)
	coupon, err := b.stripe.Coupons.New(&stripe.CouponParams{PercentOff: stripe.Float64(12.5), Duration: stripe.String("forever")})
	b.must(err)
	if coupon.PercentOff != 12.5 {
		t.Errorf("12.5 %% became %v", coupon.PercentOff)
	}
	customer := b.subscribed(price.ID, "4242424242424242").Customer.ID
	crowd := url.Values{}
	for i := range 51 {
		crowd.Set(fmt.Sprintf("metadata[k%d]", i), "v")
	}
	one := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	with := func(base url.Values, pairs ...string) url.Values {
		for k, v := range one(pairs...) {
			base[k] = v
		}
		return base
	}
	monthly := func(pairs ...string) url.Values {
		return with(one("product", price.Product.ID, "currency", "usd", "unit_amount", "1", "recurring[interval]", "month"), pairs...)
	}
	percent := func(pairs ...string) url.Values { return with(one("percent_off", "5", "duration", "once"), pairs...) }
	for _, tt := range []struct {
		path, param string
		fields      url.Values
	}{
		{"prices", "unit_amount", monthly("unit_amount", "100000000")},
		{"prices", "unit_amount", monthly("unit_amount", "-1")},
		{"prices", "unit_amount", monthly("unit_amount", "10.5")},
		{"prices", "currency", monthly("currency", "euro")},
		{"prices", "currency", monthly("currency", "€")},
		{"coupons", "percent_off", percent("percent_off", "NaN")},
		{"coupons", "percent_off", percent("percent_off", "1e1")},
		{"coupons", "percent_off", percent("percent_off", "100.01")},
		{"coupons", "percent_off", percent("percent_off", "33.333")},
		{"coupons", "redeem_by", percent("redeem_by", "1")},
		{"coupons", "max_redemptions", percent("max_redemptions", "0")},
		{"coupons", "duration_in_months", percent("duration_in_months", "3")},
		{"coupons", "duration_in_months", percent("duration", "repeating", "duration_in_months", "0")},
		{"coupons", "duration_in_months", percent("duration", "repeating")},
		{"promotion_codes", "expires_at", one("coupon", coupon.ID, "expires_at", "1")},
		{"promotion_codes", "code", one("coupon", coupon.ID, "code", "a b!")},
		{"subscriptions", "", one("customer", customer, "items[0][price]", euro.ID)},
		{"subscriptions", "items[1][price]", one("customer", customer, "items[0][price]", price.ID, "items[1][price]", price.ID)},
		{"webhook_endpoints", "url", one("url", "ftp://127.0.0.1/", "enabled_events[]", "*")},
		{"webhook_endpoints", "url", one("url", "paper.example/hook", "enabled_events[]", "*")},
		{"customers", "metadata", crowd},
		{"customers", "metadata", one("metadata[k]", strings.Repeat("v", 501))},
		{"customers", "email", one("email", "a@"+strings.Repeat("b", 600))},
	} {
		if status, param := b.ask("/v1/"+tt.path, "", tt.fields); status != http.StatusBadRequest || param != tt.param {
			t.Errorf("%s with %v answered %d about %q, want %q", tt.path, tt.fields, status, param, tt.param)
		}
	}
	if status, _ := b.ask("/v1/customers", strings.Repeat("k", 256), nil); status != http.StatusBadRequest {
		t.Errorf("a key that is too long answered %d", status)
	}
	for _, path := range []string{"customers", "products"} {
		want := map[string]int{"customers": 200, "products": 400}[path]
		if status, _ := b.ask("/v1/"+path, "one key", one("name", "Ada")); status != want {
			t.Errorf("one key, first for customers and then for products: %s answered %d", path, status)
		}
	}
}
