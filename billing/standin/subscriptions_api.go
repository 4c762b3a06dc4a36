package standin

import (
	"slices"
	"strings"
)

func createSubscription(c *call) (obj, error) {
	c.p.ignore("off_session", "proration_behavior")
	c.p.oneOf("collection_method", "", "charge_automatically")
	customer, err := c.live("customer", c.p.need("customer"))
	if err != nil {
		return nil, asParam(err, "customer")
	}
	orders, err := c.orders(c.p.items("items"), "items", "recurring")
	if err != nil {
		return nil, err
	}
	if err := oneCurrency(customer, orders[0].price); err != nil {
		return nil, err
	}
	sub := c.newSubscription(customer, orders, merged(nil, c.p.metadata("metadata")))
	sub["description"] = orNull(c.p.str("description"))
	c.takePaymentSettings(sub)
	c.takeTrialSettings(sub)
	end, err := c.readTrial(c.p)
	if err != nil {
		return nil, err
	}
	if end > 0 {
		c.startTrial(sub, end)
	}
	if c.p.boolean("cancel_at_period_end") {
		c.setCancelAtEnd(sub, true)
	}
	if err := c.takeDiscount(sub); err != nil {
		return nil, err
	}
	if err := c.takeDefaultMethod(sub, customer); err != nil {
		return nil, err
	}
	if err := c.firstPayment(sub, customer); err != nil {
		return nil, err
	}
	return c.get("subscription", sub.str("id"))
}

// firstPayment opens the subscription and charges its first invoice, as far as
// payment_behavior wants that.
func (c *call) firstPayment(sub, customer obj) error {
	behavior := c.p.oneOf("payment_behavior", "allow_incomplete", "allow_incomplete", "default_incomplete", "error_if_incomplete")
	pm, err := c.defaultMethod(sub, customer)
	if err != nil {
		return err
	}
	if pm == nil && behavior != "default_incomplete" && sub.str("status") != "trialing" {
		return invalidCode("resource_missing", "", "This customer has no attached payment source or default payment method. "+
			"Please consider adding a default payment method.")
	}
	inv, err := c.open(sub, customer)
	if err != nil || inv.str("status") != "open" || behavior == "default_incomplete" {
		return err
	}
	err = c.payInvoice(inv, pm, offSession, "")
	refusal, ok := refused(err)
	if !ok {
		return err
	}
	if behavior == "error_if_incomplete" {
		refusal.undo = true
		return refusal
	}
	return nil
}

// orders reads line items: price and quantity. All must be of that kind,
// recurring or one_time, in one rhythm and one currency.
func (c *call) orders(items []*params, name, kind string) ([]order, error) {
	if len(items) == 0 {
		return nil, invalidCode("parameter_missing", name, "Missing required param: %s.", name)
	}
	var out []order
	for _, item := range items {
		item.ignore("metadata", "adjustable_quantity")
		price, err := c.orderedPrice(item)
		if err != nil {
			return nil, err
		}
		quantity, sent := item.optInt("quantity")
		if !sent {
			quantity = 1
		}
		switch {
		case price.str("type") != kind:
			return nil, invalid(item.full("price"), "The price specified is set to `type=%s` but this field only accepts prices with `type=%s`.",
				price.str("type"), kind)
		case quantity < 1:
			return nil, invalid(item.full("quantity"), "This value must be greater than or equal to 1.")
		case len(out) > 0 && (intervalOf(out[0].price) != intervalOf(price) || out[0].price.str("currency") != price.str("currency")):
			return nil, invalid(item.full("price"), "All prices must have the same interval and currency.")
		}
		if slices.ContainsFunc(out, func(o order) bool { return kind == "recurring" && o.price.str("id") == price.str("id") }) {
			return nil, invalid(item.full("price"), "Cannot add multiple subscription items with the same plan: %s", price.str("id"))
		}
		out = append(out, order{price, quantity})
	}
	return out, nil
}

// orderedPrice is the price that a line item names, or describes.
func (c *call) orderedPrice(item *params) (obj, error) {
	data := item.child("price_data")
	if data == nil {
		price, err := c.live("price", item.need("price"))
		if err != nil {
			return nil, asParam(err, item.full("price"))
		}
		if !price.flag("active") {
			return nil, invalid(item.full("price"), "The price specified is inactive. This field only accepts active prices.")
		}
		return price, nil
	}
	var product obj
	var err error
	if in := data.child("product_data"); in != nil {
		product = c.newProduct(c.newID("prod_"), in.need("name"))
		product["description"] = orNull(in.str("description"))
		product["metadata"] = merged(nil, in.metadata("metadata"))
		err = c.put(product)
	} else if product, err = c.live("product", data.need("product")); err != nil {
		err = asParam(err, data.full("product"))
	}
	if err != nil {
		return nil, err
	}
	price, err := c.newPrice(data, product)
	if err != nil {
		return nil, err
	}
	price["active"] = false // it serves this one order
	return price, c.put(price)
}

// takeDiscount reads coupon, promotion_code or discounts[0].
func (c *call) takeDiscount(sub obj) error {
	coupon, promotion := c.p.str("coupon"), c.p.str("promotion_code")
	for _, d := range c.p.items("discounts") {
		coupon, promotion = d.str("coupon"), d.str("promotion_code")
	}
	if promotion != "" {
		promo, err := c.get("promotion_code", promotion)
		if err != nil {
			return asParam(err, "promotion_code")
		}
		price := sub.list("items")[0].sub("price")
		why, err := c.usable(promo, sub.str("customer"), price.num("unit_amount"), sub.str("currency"), []obj{price})
		if err != nil {
			return err
		}
		if why != "" {
			return invalidCode("promotion_code_invalid", "promotion_code", "%s", why)
		}
		coupon = promo.str("coupon", "id")
	}
	if coupon == "" {
		if c.p.cleared("coupon") || c.p.cleared("discounts") {
			sub["discount"], sub["discounts"] = nil, []any{}
		}
		return nil
	}
	found, err := c.live("coupon", coupon)
	if err != nil {
		return asParam(err, "coupon")
	}
	if !found.flag("valid") {
		return invalidCode("coupon_expired", "coupon", "Coupon %s is used up or expired.", coupon)
	}
	return c.discount(sub, found, promotion, "")
}

func (c *call) takeDefaultMethod(sub, customer obj) error {
	id := c.p.str("default_payment_method")
	if id == "" {
		if c.p.cleared("default_payment_method") {
			sub["default_payment_method"] = nil
		}
		return nil
	}
	pm, err := c.get("payment_method", id)
	if err != nil {
		return asParam(err, "default_payment_method")
	}
	if pm.str("customer") != customer.str("id") {
		return invalid("default_payment_method", "The customer does not have a payment method with the ID %s. "+
			"The payment method must be attached to the customer.", id)
	}
	sub["default_payment_method"] = id
	return nil
}

// takePaymentSettings reads whether the card that pays first is to be kept as
// the subscription's own.
func (c *call) takePaymentSettings(sub obj) {
	in := c.p.child("payment_settings")
	in.ignore("payment_method_types", "payment_method_options")
	keep := in.oneOf("save_default_payment_method", "", "off", "on_subscription")
	if keep == "" {
		return
	}
	sub.sub("payment_settings")["save_default_payment_method"] = keep
	sub.hidden()["keep_card"] = keep == "on_subscription"
}

func (c *call) takeCancellationDetails(sub obj) {
	in := c.p.child("cancellation_details")
	if in == nil {
		return
	}
	details := sub.sub("cancellation_details")
	if comment, sent := in.opt("comment"); sent {
		details["comment"] = orNull(comment)
	}
	if _, sent := in.opt("feedback"); sent {
		details["feedback"] = orNull(in.oneOf("feedback", "", "customer_service", "low_quality", "missing_features", "other",
			"switched_service", "too_complex", "too_expensive", "unused"))
	}
}

// cancelSubscription ends it now. With prorate the unused time becomes credit,
// and with invoice_now what is pending is billed at once.
func cancelSubscription(c *call) (obj, error) {
	sub, err := c.get("subscription", c.id())
	if err != nil {
		return nil, err
	}
	if !alive(sub) {
		return nil, missing("subscription", c.id())
	}
	c.takeCancellationDetails(sub)
	if c.p.boolean("prorate") && (sub.str("status") == "active" || sub.str("status") == "past_due") {
		appraise(sub, false)
		if err := c.credit(sub, nil, true, c.now, sub.num("current_period_start"), sub.num("current_period_end")); err != nil {
			return nil, err
		}
	}
	var last obj
	if c.p.boolean("invoice_now") {
		if last, err = c.billPending(sub); err != nil {
			return nil, err
		}
	}
	if err := c.end(sub, "cancellation_requested"); err != nil || last == nil {
		return sub, err
	}
	return sub, c.collect(sub, last, "allow_incomplete")
}

func listSubscriptions(c *call) (obj, error) {
	customer, url := c.p.str("customer"), "/v1/subscriptions"
	if c.id() != "" {
		customer, url = c.id(), "/v1/customers/"+c.id()+"/subscriptions"
	}
	q := of("subscription").is("customer", customer)
	switch status := c.p.oneOf("status", "", "active", "all", "canceled", "ended", "incomplete", "incomplete_expired",
		"past_due", "paused", "trialing", "unpaid"); status {
	case "all":
	case "ended":
		q.cond(column("status") + " IN ('canceled', 'incomplete_expired')")
	case "":
		q.cond(column("status") + " <> 'canceled'")
	default:
		q.is("status", status)
	}
	if price := c.p.str("price"); price != "" {
		q.cond("EXISTS (SELECT 1 FROM json_each(body, '$.items.data') item WHERE item.value->>'$.price.id' = ?)", price)
	}
	for _, field := range []string{"current_period_end", "current_period_start"} {
		for key, sign := range map[string]string{"gt": ">", "gte": ">=", "lt": "<", "lte": "<="} {
			if n, sent := c.p.child(field).optInt(key); sent {
				q.cond(column(field)+" "+sign+" ?", n)
			}
		}
	}
	return c.page(url, q)
}

func listSubscriptionItems(c *call) (obj, error) {
	sub, err := c.get("subscription", c.p.need("subscription"))
	if err != nil {
		return nil, asParam(err, "subscription")
	}
	c.p.ignore("limit", "starting_after", "ending_before")
	return listOf("/v1/subscription_items", sub.list("items")...), nil
}

// rhythm words a price's interval for people: "month", "3 months".
func rhythm(price obj) string {
	i := intervalOf(price)
	if i.count == 1 {
		return i.unit
	}
	return strings.TrimSpace(itoa(int64(i.count)) + " " + i.unit + "s")
}
