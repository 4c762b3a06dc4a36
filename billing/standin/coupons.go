package standin

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// createCoupon makes a coupon: percent or amount off, once, repeating or
// forever.
func createCoupon(c *call) (obj, error) {
	id := c.p.str("id")
	if id == "" {
		id = c.s.dice.id("", 8)
	}
	if was, err := c.find(id); err != nil || was != nil {
		if err == nil {
			err = invalidCode("resource_already_exists", "id", "Coupon already exists.")
		}
		return nil, err
	}
	coupon := obj{
		"id": id, "object": "coupon", "amount_off": nil, "created": c.now, "currency": nil,
		"duration": c.p.oneOf("duration", "once", "once", "repeating", "forever"), "duration_in_months": nil, "livemode": false,
		"max_redemptions": nil, "metadata": merged(nil, c.p.metadata("metadata")), "name": orNull(c.p.str("name")),
		"percent_off": nil, "redeem_by": nil, "times_redeemed": 0, "valid": true,
	}
	written, percent := c.p.percent("percent_off")
	amount := c.p.integer("amount_off")
	switch {
	case (percent > 0) == (amount > 0):
		return nil, invalid("", "You must pass either percent_off or amount_off, and not both.")
	case percent > 100_00:
		return nil, invalid("percent_off", "Invalid percent_off: must be at most 100")
	case percent > 0:
		coupon["percent_off"] = written
	default:
		coupon["amount_off"], coupon["currency"] = amount, c.p.currency("currency")
	}
	if n, sent := c.p.within("max_redemptions", 1, maxAmount); sent {
		coupon["max_redemptions"] = n
	}
	if at, sent := c.future("redeem_by"); sent {
		coupon["redeem_by"] = at
		coupon.due(at)
	}
	n, sent := c.p.within("duration_in_months", 1, tooManyMonths)
	switch repeats := coupon["duration"] == "repeating"; {
	case repeats && !sent:
		return nil, invalidCode("parameter_missing", "duration_in_months", "Missing required param: duration_in_months.")
	case sent && !repeats:
		return nil, invalid("duration_in_months", "You can only specify duration_in_months when duration is repeating.")
	case sent:
		coupon["duration_in_months"] = n
	}
	if products := c.p.child("applies_to").strings("products"); len(products) > 0 {
		for _, product := range products {
			if _, err := c.live("product", product); err != nil {
				return nil, asParam(err, "applies_to[products]")
			}
		}
		coupon.hidden()["applies_to"] = obj{"products": anys(products)}
	}
	if err := c.put(coupon); err != nil {
		return nil, err
	}
	return coupon, c.emit("coupon.created", coupon)
}

func updateCoupon(c *call) (obj, error) {
	coupon, err := c.live("coupon", c.id())
	if err != nil {
		return nil, err
	}
	return coupon, c.change(coupon, "coupon.updated", func() {
		if name, sent := c.p.opt("name"); sent {
			coupon["name"] = orNull(name)
		}
		coupon["metadata"] = merged(coupon.sub("metadata"), c.p.metadata("metadata"))
	})
}

func deleteCoupon(c *call) (obj, error) {
	coupon, err := c.live("coupon", c.id())
	if err != nil {
		return nil, err
	}
	gone := obj{"id": coupon["id"], "object": "coupon", "deleted": true}
	if err := c.put(gone); err != nil {
		return nil, err
	}
	if err := c.ageCodes(gone.str("id")); err != nil {
		return nil, err
	}
	return gone, c.emit("coupon.deleted", coupon)
}

func listCoupons(c *call) (obj, error) {
	return c.page("/v1/coupons", of("coupon").cond(column("deleted")+" IS NULL"))
}

// createPromotionCode makes a code that customers type for a coupon.
func createPromotionCode(c *call) (obj, error) {
	coupon, err := c.live("coupon", c.p.need("coupon"))
	if err != nil {
		return nil, asParam(err, "coupon")
	}
	code := c.p.str("code")
	if code == "" {
		code = c.s.dice.id("", 8)
	}
	if strings.Trim(code, codeAlphabet) != "" {
		return nil, invalid("code", "Invalid code: %s. A code holds letters, digits and dashes.", code)
	}
	expires, _ := c.future("expires_at")
	if was, err := c.promotion(code); err != nil || was != nil {
		if err == nil {
			err = invalidCode("resource_already_exists", "code", "An active promotion code with `code: %s` already exists.", code)
		}
		return nil, err
	}
	if !coupon.flag("valid") {
		return nil, invalid("coupon", "This coupon is no longer valid, so no promotion code can be made for it.")
	}
	active, sent := c.p.optBool("active")
	restrictions := c.p.child("restrictions")
	promo := obj{
		"id": c.newID("promo_"), "object": "promotion_code", "active": active || !sent, "code": code, "coupon": coupon.shown(),
		"created": c.now, "customer": orNull(c.p.str("customer")), "expires_at": orNull(expires),
		"livemode": false, "max_redemptions": orNull(c.p.integer("max_redemptions")),
		"metadata": merged(nil, c.p.metadata("metadata")), "times_redeemed": 0,
		"restrictions": obj{"first_time_transaction": restrictions.boolean("first_time_transaction"),
			"minimum_amount":          orNull(restrictions.integer("minimum_amount")),
			"minimum_amount_currency": orNull(restrictions.str("minimum_amount_currency"))},
	}
	promo.due(expires)
	if err := c.put(promo); err != nil {
		return nil, err
	}
	return promo, c.emit("promotion_code.created", promo)
}

func updatePromotionCode(c *call) (obj, error) {
	promo, err := c.get("promotion_code", c.id())
	if err != nil {
		return nil, err
	}
	if on, sent := c.p.optBool("active"); sent && on && !c.redeemable(promo) {
		return nil, invalid("active", "A promotion code can be active again only while its coupon is valid and it can still be redeemed.")
	}
	return promo, c.change(promo, "promotion_code.updated", func() {
		if on, sent := c.p.optBool("active"); sent {
			promo["active"] = on
		}
		promo["metadata"] = merged(promo.sub("metadata"), c.p.metadata("metadata"))
	})
}

func listPromotionCodes(c *call) (obj, error) {
	q := of("promotion_code").is("customer", c.p.str("customer"))
	if on, sent := c.p.optBool("active"); sent {
		q.is("active", on)
	}
	if code := c.p.str("code"); code != "" {
		q.cond("lower("+column("code")+") = lower(?)", code)
	}
	if coupon := c.p.str("coupon"); coupon != "" {
		q.cond("body->>'$.coupon.id' = ?", coupon)
	}
	return c.page("/v1/promotion_codes", q)
}

// promotion finds an active code, whatever its case; nil when there is none.
func (w *work) promotion(code string) (obj, error) {
	found, err := w.all(of("promotion_code").is("active", true).cond("lower("+column("code")+") = lower(?)", code))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// usable says whether a promotion code can be used now by that customer for
// that amount, and why not in words for its reader.
func (w *work) usable(promo obj, customer string, amount int64, currency string, prices []obj) (why string, err error) {
	coupon, err := w.find(promo.str("coupon", "id"))
	if err != nil {
		return "", err
	}
	switch {
	case promo == nil || coupon.flag("deleted"):
		return "This code is invalid.", nil
	case w.past(promo, "expires_at"), w.past(coupon, "redeem_by"):
		return "This code has expired.", nil
	case used(promo), used(coupon):
		return "This code has already been redeemed.", nil
	case !promo.flag("active"):
		return "This code is invalid.", nil
	case promo.str("customer") != "" && promo.str("customer") != customer:
		return "This code is invalid.", nil
	case coupon.num("amount_off") > 0 && coupon.str("currency") != currency:
		return "This code cannot be used with this currency.", nil
	case !slices.ContainsFunc(prices, func(price obj) bool { return suits(coupon, price) }):
		return "This code is not valid for the items in this order.", nil
	case promo.num("restrictions", "minimum_amount") > amount:
		return "This order is below the minimum for this code.", nil
	}
	if !promo.flag("restrictions", "first_time_transaction") || customer == "" {
		return "", nil
	}
	before, err := w.all(of("charge").is("customer", customer).is("status", "succeeded"))
	if err == nil && len(before) > 0 {
		return "This code is for first-time customers.", nil
	}
	return "", err
}

// pricesOf are the prices of a session's lines.
func pricesOf(session obj) (prices []obj) {
	for _, line := range session.list(hiddenKey, "line_items") {
		prices = append(prices, line.sub("price"))
	}
	return prices
}

// suits reports whether a coupon takes something off that price: off all, unless
// it applies to some products only.
func suits(coupon, price obj) bool {
	products, _ := coupon.at(hiddenKey, "applies_to", "products").([]any)
	return len(products) == 0 || slices.Contains(products, price["product"])
}

// off is what a coupon takes from an amount.
func off(coupon obj, amount int64) int64 {
	if n := coupon.num("amount_off"); n > 0 {
		return min(n, amount)
	}
	percent, _ := hundredths(fmt.Sprint(coupon.at("percent_off")))
	return min(percentOf(amount, percent), amount)
}

// discount gives a coupon to a subscription from now on.
func (w *work) discount(sub, coupon obj, promotion, session string) error {
	if err := w.redeemed(coupon.str("id"), promotion); err != nil {
		return err
	}
	fresh, err := w.get("coupon", coupon.str("id"))
	if err != nil {
		return err
	}
	var end any
	if months := fresh.num("duration_in_months"); fresh.str("duration") == "repeating" {
		end = addMonths(time.Unix(w.now, 0), int(months)).Unix()
	}
	d := obj{
		"id": w.newID("di_"), "object": "discount", "checkout_session": orNull(session), "coupon": fresh.clone(), // with what it applies to
		"customer": sub["customer"], "end": end, "invoice": nil, "invoice_item": nil, "promotion_code": orNull(promotion),
		"start": w.now, "subscription": sub["id"], "subscription_item": nil,
	}
	sub["discount"], sub["discounts"] = d, []any{d["id"]}
	if err := w.put(d); err != nil {
		return err
	}
	return w.emit("customer.discount.created", d)
}

// redeemed counts a use of a coupon and of the code that brought it.
func (w *work) redeemed(coupon, promotion string) error {
	for _, id := range []string{coupon, promotion} {
		if id == "" {
			continue
		}
		o, err := w.find(id)
		if err != nil || o == nil {
			return err
		}
		o["times_redeemed"] = o.num("times_redeemed") + 1
		if err := w.put(o); err != nil {
			return err
		}
	}
	return w.ageCodes(coupon)
}

// dropDiscount ends a subscription's discount when it has run its course:
// after one invoice for once, after its last month for repeating.
func (w *work) dropDiscount(sub obj, used bool) error {
	d := sub.sub("discount")
	if d == nil {
		return nil
	}
	once := used && d.str("coupon", "duration") == "once"
	over := d.num("end") > 0 && d.num("end") <= w.now
	if !once && !over {
		return nil
	}
	sub["discount"], sub["discounts"] = nil, []any{}
	if err := w.put(sub); err != nil {
		return err
	}
	return w.emit("customer.discount.deleted", d)
}
