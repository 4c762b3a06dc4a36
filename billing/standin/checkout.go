package standin

import (
	"cmp"
	"net/url"
)

const (
	sessionFor      = 24 * 3600 // how long a session stays open
	sessionShortest = 30 * 60   // the least that a client may ask for
	trialShortest   = 48 * 3600 // a trial to a date is at least that long, so that it outlives the session
)

func createSession(c *call) (obj, error) {
	c.p.ignore("payment_method_types", "locale", "billing_address_collection", "automatic_tax", "phone_number_collection", "consent_collection", "submit_type", "ui_mode", "payment_method_options")
	mode := c.p.need("mode")
	if mode != "subscription" && mode != "payment" && mode != "" {
		return nil, invalid("mode", "This stand-in serves sessions of mode subscription or payment, not %s.", mode)
	}
	kind := map[string]string{"payment": "one_time"}[mode]
	orders, err := c.orders(c.p.items("line_items"), "line_items", cmp.Or(kind, "recurring"))
	if err != nil {
		return nil, err
	}
	customer, err := c.sessionCustomer()
	if err != nil {
		return nil, err
	}
	s, err := c.newSession(orders, customer)
	if err != nil {
		return nil, err
	}
	if err := c.sessionTerms(s); err != nil {
		return nil, err
	}
	if mode == "payment" {
		c.paymentTerms(s)
	}
	if err := c.reprice(s); err != nil {
		return nil, err
	}
	return s, c.put(s)
}

// sessionCustomer is the customer that the session is for; nil when Checkout
// is to make one.
func (c *call) sessionCustomer() (obj, error) {
	id := c.p.str("customer")
	if id == "" {
		return nil, nil
	}
	if c.p.str("customer_email") != "" {
		return nil, invalid("customer_email", "You may only specify one of these parameters: customer, customer_email.")
	}
	customer, err := c.live("customer", id)
	return customer, asParam(err, "customer")
}

func (c *call) newSession(orders []order, customer obj) (obj, error) {
	id := c.newID("cs_test_")
	lines := make([]any, len(orders))
	for i, o := range orders {
		product, err := c.get("product", o.price.str("product"))
		if err != nil {
			return nil, err
		}
		amount := o.price.num("unit_amount") * o.quantity
		lines[i] = obj{"id": c.newID("li_"), "object": "item", "amount_discount": 0, "amount_subtotal": amount, "amount_tax": 0,
			"amount_total": amount, "currency": o.price["currency"], "description": product["name"],
			"price": o.price.shown(), "quantity": o.quantity}
	}
	email := c.p.str("customer_email")
	s := obj{
		"id": id, "object": "checkout.session", "after_expiration": nil, "allow_promotion_codes": nil, "amount_subtotal": 0,
		"amount_total": 0, "automatic_tax": obj{"enabled": false, "liability": nil, "status": nil},
		"billing_address_collection": nil, "cancel_url": c.p.str("cancel_url"),
		"client_reference_id": orNull(c.p.str("client_reference_id")), "client_secret": nil, "consent": nil,
		"consent_collection": nil, "created": c.now, "currency": orders[0].price["currency"], "currency_conversion": nil,
		"custom_fields": []any{},
		"custom_text":   obj{"after_submit": nil, "shipping_address": nil, "submit": nil, "terms_of_service_acceptance": nil},
		"customer":      nil, "customer_creation": "always", "customer_details": nil, "customer_email": orNull(email),
		"expires_at": c.now + sessionFor, "invoice": nil, "invoice_creation": nil, "livemode": false, "locale": nil,
		"metadata": merged(nil, c.p.metadata("metadata")), "mode": c.p.str("mode"), "payment_intent": nil, "payment_link": nil,
		"payment_method_collection": c.p.oneOf("payment_method_collection", "always", "always", "if_required"), "payment_method_configuration_details": nil,
		"payment_method_options": obj{"card": obj{"request_three_d_secure": "automatic"}},
		"payment_method_types":   []any{"card"}, "payment_status": "unpaid", "phone_number_collection": obj{"enabled": false},
		"recovered_from": nil, "setup_intent": nil, "shipping_address_collection": nil, "shipping_cost": nil,
		"shipping_details": nil, "shipping_options": []any{}, "status": "open", "submit_type": nil, "subscription": nil,
		"success_url": c.p.need("success_url"), "total_details": obj{"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
		"ui_mode": "hosted", "url": c.s.url("/c/pay/" + id), hiddenKey: obj{"line_items": lines},
	}
	if customer != nil {
		s["customer"], s["customer_creation"] = customer["id"], nil
		email = customer.str("email")
	}
	if email != "" {
		s["customer_details"] = obj{"address": nil, "email": email, "name": nil, "phone": nil, "tax_exempt": "none", "tax_ids": nil}
	}
	return s, nil
}

// sessionTerms reads what the merchant asks of the page.
func (c *call) sessionTerms(s obj) error {
	h := s.hidden()
	for _, key := range []string{"success_url", "cancel_url"} {
		if raw := s.str(key); raw != "" {
			if u, err := url.Parse(raw); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				return invalidCode("url_invalid", key, "Not a valid URL: %s", raw)
			}
		}
	}
	if s.str("cancel_url") == "" {
		s["cancel_url"] = nil
	}
	if at, sent := c.p.optInt("expires_at"); sent {
		if at < c.now+sessionShortest || at > c.now+sessionFor {
			return invalid("expires_at", "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.")
		}
		s["expires_at"] = at
	}
	s.due(s.num("expires_at"))
	if on, sent := c.p.optBool("allow_promotion_codes"); sent {
		s["allow_promotion_codes"] = on
	}
	if err := c.sessionAddress(s); err != nil {
		return err
	}
	if in := c.p.child("subscription_data"); in != nil {
		h["sub_metadata"] = merged(nil, in.metadata("metadata"))
		h["sub_description"] = in.str("description")
		if err := c.sessionTrial(in, h); err != nil {
			return err
		}
	}
	return c.sessionDiscount(s)
}

// sessionAddress reads where the session may send to, and what of it the
// customer keeps.
func (c *call) sessionAddress(s obj) error {
	if in := c.p.child("shipping_address_collection"); in != nil {
		allowed := in.strings("allowed_countries")
		if len(allowed) == 0 {
			return invalidCode("parameter_missing", "shipping_address_collection[allowed_countries]",
				"Missing required param: shipping_address_collection[allowed_countries].")
		}
		s["shipping_address_collection"] = obj{"allowed_countries": anys(allowed)}
	}
	if in := c.p.child("customer_update"); in != nil {
		update := obj{}
		for _, key := range []string{"address", "name", "shipping"} {
			update[key] = in.oneOf(key, "never", "auto", "never")
		}
		if s["customer"] == nil {
			return invalid("customer_update", "`customer_update` can only be used with `customer`.")
		}
		s.hidden()["customer_update"] = update
	}
	return nil
}

// sessionTrial reads the free time that a session gives. Days are counted from
// the moment that it is completed.
func (c *call) sessionTrial(in *params, h obj) error {
	end, err := c.readTrial(in)
	if err != nil || end == 0 {
		return err
	}
	if days, sent := in.optInt("trial_period_days"); sent {
		h["trial_days"] = days
	} else if end < c.now+trialShortest {
		return invalid(in.full("trial_end"), "The `trial_end` date has to be at least 2 days in the future.")
	} else {
		h["trial_end"] = end
	}
	terms := obj{}
	trialSettings(in, terms)
	h["trial_settings"] = terms["trial_settings"]
	return nil
}

// trialOf is when the trial of a session that is completed now ends; 0 without
// one.
func (w *work) trialOf(s obj) int64 {
	if days := s.num(hiddenKey, "trial_days"); days > 0 {
		return w.now + days*86400
	}
	if end := s.num(hiddenKey, "trial_end"); end > w.now {
		return end
	}
	return 0
}

// sessionDiscount reads the discount that the merchant gives with the session.
func (c *call) sessionDiscount(s obj) error {
	for _, d := range c.p.items("discounts") {
		if s.flag("allow_promotion_codes") {
			return invalid("discounts", "You may only specify one of these parameters: allow_promotion_codes, discounts.")
		}
		coupon, promotion := d.str("coupon"), d.str("promotion_code")
		if promotion != "" {
			promo, err := c.get("promotion_code", promotion)
			if err != nil {
				return asParam(err, "discounts[0][promotion_code]")
			}
			coupon = promo.str("coupon", "id")
		}
		found, err := c.live("coupon", coupon)
		if err != nil {
			return asParam(err, "discounts[0][coupon]")
		}
		s.hidden()["coupon"], s.hidden()["promotion"] = found.str("id"), promotion
	}
	return nil
}

// reprice sums up the session after a discount came or went.
func (w *work) reprice(s obj) error {
	lines := s.list(hiddenKey, "line_items")
	var subtotal int64
	parts := make([]int64, len(lines))
	for i, line := range lines {
		if w.trialOf(s) > 0 {
			line["amount_subtotal"] = 0
		}
		parts[i] = line.num("amount_subtotal")
		subtotal += parts[i]
	}
	var less int64
	touched := make([]int64, len(lines))
	if id := s.str(hiddenKey, "coupon"); id != "" {
		coupon, err := w.get("coupon", id)
		if err != nil {
			return err
		}
		for i, line := range lines {
			if suits(coupon, line.sub("price")) {
				touched[i] = parts[i]
			}
		}
		less = off(coupon, subtotal-untouched(parts, touched))
	}
	for i, part := range spread(less, touched) {
		lines[i]["amount_discount"], lines[i]["amount_total"] = part, parts[i]-part
	}
	s["amount_subtotal"], s["amount_total"] = subtotal, subtotal-less
	s["total_details"] = obj{"amount_discount": less, "amount_shipping": 0, "amount_tax": 0}
	return nil
}

func expireSession(c *call) (obj, error) {
	s, err := c.get("checkout.session", c.id())
	if err != nil {
		return nil, err
	}
	if s.str("status") != "open" {
		return nil, invalid("", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `%s`.", s.str("status"))
	}
	return s, c.expire(s)
}

// expire closes the session. What an attempt left behind (an incomplete
// subscription) lives its own 23 hours.
func (w *work) expire(s obj) error {
	s["status"], s["url"] = "expired", nil
	s.due(0)
	if err := w.put(s); err != nil {
		return err
	}
	return w.emit("checkout.session.expired", s)
}

func listSessions(c *call) (obj, error) {
	q := of("checkout.session").is("customer", c.p.str("customer")).is("subscription", c.p.str("subscription")).
		is("payment_intent", c.p.str("payment_intent")).is("status", c.p.oneOf("status", "", "open", "complete", "expired"))
	if email := c.p.child("customer_details").str("email"); email != "" {
		q.cond("body->>'$.customer_details.email' = ?", email)
	}
	return c.page("/v1/checkout/sessions", q)
}

func listSessionItems(c *call) (obj, error) {
	s, err := c.get("checkout.session", c.id())
	if err != nil {
		return nil, err
	}
	c.p.ignore("limit", "starting_after", "ending_before")
	return listOf("/v1/checkout/sessions/"+c.id()+"/line_items", s.list(hiddenKey, "line_items")...), nil
}
