package standin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// Codes and coupons turn by themselves: with their last use and at their last
// second, and a code with its coupon. Who types one is told which it was.
func TestCodesTurnInactive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	price := b.price(1200, "month")
	allow := func(p *stripe.CheckoutSessionParams) { p.AllowPromotionCodes = stripe.Bool(true) }
	coupon := func(change func(*stripe.CouponParams)) string {
		p := &stripe.CouponParams{PercentOff: stripe.Float64(50), Duration: stripe.String("once")}
		if change != nil {
			change(p)
		}
		c, err := b.stripe.Coupons.New(p)
		b.must(err)
		return c.ID
	}
	code := func(name, coupon string, change func(*stripe.PromotionCodeParams)) string {
		p := &stripe.PromotionCodeParams{Coupon: &coupon, Code: &name}
		if change != nil {
			change(p)
		}
		made, err := b.stripe.PromotionCodes.New(p)
		b.must(err)
		return made.ID
	}
	type state struct{ active, valid bool }
	is := func(when, promo string, want state) {
		t.Helper()
		p, err := b.stripe.PromotionCodes.Get(promo, nil)
		b.must(err)
		c, err := b.stripe.Coupons.Get(p.Coupon.ID, nil)
		b.must(err)
		if got := (state{p.Active, c.Valid}); got != want || p.Coupon.Valid != c.Valid || p.Coupon.TimesRedeemed != c.TimesRedeemed {
			t.Errorf("%s: %+v, want %+v; its coupon is shown as %t, used %d times of %d", when, got, want, p.Coupon.Valid, p.Coupon.TimesRedeemed, c.TimesRedeemed)
		}
	}
	types := func(name, want string) {
		t.Helper()
		if got := b.post(b.url+"/c/pay/"+b.session(price.ID, allow).ID, "action", "apply", "promotion_code", name).page.Find("#promotion_code-wrong").Text(); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	uses := func(name string) {
		t.Helper()
		s := b.session(price.ID, allow)
		b.post(b.url+"/c/pay/"+s.ID, "action", "apply", "promotion_code", name)
		if got := b.pay(s, "4242424242424242"); got.status != http.StatusSeeOther {
			t.Fatal(name, got.status)
		}
	}
	at := func(days int) *int64 { return stripe.Int64(b.clock.Now().AddDate(0, 0, days).Unix()) }

	twice := code("TWICE", coupon(nil), func(p *stripe.PromotionCodeParams) { p.MaxRedemptions = stripe.Int64(2) })
	few := coupon(func(p *stripe.CouponParams) { p.MaxRedemptions = stripe.Int64(1) })
	one, other := code("ONE", few, nil), code("OTHER", few, nil)
	short := code("SHORT", coupon(nil), func(p *stripe.PromotionCodeParams) { p.ExpiresAt = at(2) })
	byDay := code("BYDAY", coupon(func(p *stripe.CouponParams) { p.RedeemBy = at(3) }), nil)
	uses("TWICE")
	is("used once of two", twice, state{true, true})
	uses("TWICE")
	is("used up", twice, state{false, true})
	types("TWICE", "This code has already been redeemed.")
	uses("ONE")
	is("its coupon is used up", one, state{false, false})
	is("another code of that coupon", other, state{false, false})
	if _, err := b.stripe.PromotionCodes.Update(twice, &stripe.PromotionCodeParams{Active: stripe.Bool(true)}); b.stripeError(err).Param != "active" {
		t.Error("a code that is used up was made active again:", err)
	}
	is("before its last second", short, state{true, true})
	b.advance(49 * time.Hour)
	is("after its last second", short, state{false, true})
	types("SHORT", "This code has expired.")
	is("before its coupon's last second", byDay, state{true, true})
	b.advance(24 * time.Hour)
	is("after its coupon's last second", byDay, state{false, false})
	code("TWICE", coupon(nil), nil) // its name is free again
	uses("TWICE")
}
