package standin

import (
	"cmp"
	"net/url"
	"strings"
)

const (
	sessionFor      = 24 * 3600 // how long a session stays open
	sessionShortest = 30 * 60   // the least that a client may ask for
)

func createSession(c *call) (obj, error) {
	c.p.ignore("payment_method_types", "locale", "billing_address_collection", "payment_method_collection",
		"automatic_tax", "phone_number_collection", "consent_collection", "submit_type", "ui_mode", "payment_method_options")
	if mode := c.p.need("mode"); mode != "subscription" && mode != "" {
		return nil, invalid("mode", "This stand-in serves sessions of mode subscription only, not %s.", mode)
	}
	orders, err := c.orders(c.p.items("line_items"), "line_items")
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
		"metadata": merged(nil, c.p.metadata("metadata")), "mode": "subscription", "payment_intent": nil, "payment_link": nil,
		"payment_method_collection": "always", "payment_method_configuration_details": nil,
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
		h["customer_update"] = update
	}
	if in := c.p.child("subscription_data"); in != nil {
		h["sub_metadata"] = merged(nil, in.metadata("metadata"))
		h["sub_description"] = in.str("description")
	}
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
		h["coupon"], h["promotion"] = found.str("id"), promotion
	}
	return nil
}

// reprice sums up the session after a discount came or went.
func (w *work) reprice(s obj) error {
	lines := s.list(hiddenKey, "line_items")
	var subtotal int64
	parts := make([]int64, len(lines))
	for i, line := range lines {
		parts[i] = line.num("amount_subtotal")
		subtotal += parts[i]
	}
	var less int64
	if id := s.str(hiddenKey, "coupon"); id != "" {
		coupon, err := w.get("coupon", id)
		if err != nil {
			return err
		}
		less = off(coupon, subtotal)
	}
	for i, part := range spread(less, parts) {
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

// buyer is what a person typed at the hosted page.
type buyer struct {
	email, name       string
	number            string
	month, year       int64
	address           obj // nil unless shipping is collected
	promotion, action string
}

// outcome is where an attempt to pay left the session.
type outcome struct {
	done    bool     // paid, or nothing to pay
	ask     string   // the intent that waits for a 3D Secure answer
	refusal *decline // what the bank said
}

// pay is one attempt to pay for a session with a card.
func (w *work) pay(s obj, b buyer) (outcome, error) {
	customer, err := w.sessionBuyer(s, b)
	if err != nil {
		return outcome{}, err
	}
	billing := obj{"address": noAddress(), "email": customer["email"], "name": orNull(b.name), "phone": nil}
	if b.address != nil {
		billing["address"] = b.address
	}
	pm := w.newCard(b.number, b.month, b.year, billing)
	if err := w.put(pm); err != nil {
		return outcome{}, err
	}
	sub, inv, err := w.sessionOrder(s, customer)
	if err != nil {
		return outcome{}, err
	}
	s.hidden()["method"] = pm["id"]
	if inv.num("amount_due") == 0 {
		return outcome{done: true}, w.complete(s, sub, inv, pm, customer)
	}
	return w.settled(s, w.payInvoice(inv, pm, onSession, w.s.url("/c/pay/"+s.str("id"))))
}

// answer goes on after a 3D Secure screen.
func (w *work) answerSession(s obj, yes bool) (outcome, error) {
	sub, err := w.get("subscription", s.str(hiddenKey, "sub"))
	if err != nil {
		return outcome{}, err
	}
	inv, err := w.get("invoice", sub.str("latest_invoice"))
	if err != nil {
		return outcome{}, err
	}
	pm, err := w.get("payment_method", s.str(hiddenKey, "method"))
	if err != nil {
		return outcome{}, err
	}
	return w.settled(s, w.answer(inv, pm, yes))
}

// answer is a cardholder's yes or no to the question about an invoice.
func (w *work) answer(inv, pm obj, yes bool) error {
	if yes {
		return w.payInvoice(inv, pm, authenticated, "")
	}
	pi, err := w.get("payment_intent", inv.str("payment_intent"))
	if err != nil {
		return err
	}
	refusal, err := w.refuse(pi, pm, authFailed)
	if err != nil {
		return err
	}
	if err := w.unpaidYet(inv, "invoice.payment_failed"); err != nil {
		return err
	}
	return refusal
}

// settled reads the books after an attempt and closes the session if it is
// paid.
func (w *work) settled(s obj, err error) (outcome, error) {
	if e, ok := refused(err); ok {
		return outcome{refusal: &decline{e.code, e.declineCode, e.message}}, w.put(s)
	}
	if err != nil {
		return outcome{}, err
	}
	sub, err := w.get("subscription", s.str(hiddenKey, "sub"))
	if err != nil {
		return outcome{}, err
	}
	inv, err := w.get("invoice", sub.str("latest_invoice"))
	if err != nil {
		return outcome{}, err
	}
	if inv.str("status") != "paid" {
		return outcome{ask: inv.str("payment_intent")}, w.put(s)
	}
	pm, err := w.get("payment_method", s.str(hiddenKey, "method"))
	if err != nil {
		return outcome{}, err
	}
	customer, err := w.get("customer", sub.str("customer"))
	if err != nil {
		return outcome{}, err
	}
	return outcome{done: true}, w.complete(s, sub, inv, pm, customer)
}

// sessionBuyer finds or makes the customer and takes over what was typed.
func (w *work) sessionBuyer(s obj, b buyer) (obj, error) {
	id := s.str("customer")
	if id == "" {
		id = s.str(hiddenKey, "customer")
	}
	if id == "" {
		customer := w.newCustomer(cmp.Or(s.str("customer_details", "email"), b.email), b.name)
		w.takeOver(customer, b, obj{"address": "auto", "name": "auto", "shipping": "auto"})
		s.hidden()["customer"] = customer["id"]
		if err := w.put(customer); err != nil {
			return nil, err
		}
		return customer, w.emit("customer.created", customer)
	}
	customer, err := w.live("customer", id)
	if err != nil {
		return nil, err
	}
	update := s.sub(hiddenKey, "customer_update")
	if s.str("customer") == "" {
		update = obj{"address": "auto", "name": "auto", "shipping": "auto"}
	}
	return customer, w.change(customer, "customer.updated", func() { w.takeOver(customer, b, update) })
}

func (w *work) takeOver(customer obj, b buyer, update obj) {
	if update.str("name") == "auto" && b.name != "" {
		customer["name"] = b.name
	}
	if b.address == nil {
		return
	}
	if update.str("address") == "auto" {
		customer["address"] = b.address
	}
	if update.str("shipping") == "auto" {
		customer["shipping"] = obj{"address": b.address, "name": b.name, "phone": nil, "carrier": nil, "tracking_number": nil}
	}
}

// sessionOrder is the subscription that the session pays for, and its open
// invoice: the one that an earlier attempt left, or a new one. A session has
// one at a time.
func (w *work) sessionOrder(s, customer obj) (sub, inv obj, err error) {
	if id := s.str(hiddenKey, "sub"); id != "" {
		if sub, err = w.get("subscription", id); err != nil {
			return nil, nil, err
		}
		if inv, err = w.get("invoice", sub.str("latest_invoice")); err != nil {
			return nil, nil, err
		}
		if sub.str("status") == "incomplete" && inv.num("total") == s.num("amount_total") {
			return sub, inv, nil
		}
		if sub.str("status") == "incomplete" { // a promotion code came or went meanwhile
			if err := w.giveUp(sub); err != nil {
				return nil, nil, err
			}
		}
	}
	var orders []order
	for _, line := range s.list(hiddenKey, "line_items") {
		orders = append(orders, order{line.sub("price"), line.num("quantity")})
	}
	sub = w.newSubscription(customer, orders, merged(s.sub(hiddenKey, "sub_metadata"), nil))
	sub["description"] = orNull(s.str(hiddenKey, "sub_description"))
	sub.hidden()["keep_card"] = true
	if coupon := s.str(hiddenKey, "coupon"); coupon != "" {
		if err := w.discount(sub, obj{"id": coupon}, s.str(hiddenKey, "promotion"), s.str("id")); err != nil {
			return nil, nil, err
		}
	}
	inv, err = w.open(sub, customer)
	s.hidden()["sub"] = sub["id"]
	return sub, inv, err
}

// complete closes a session whose first invoice is paid.
func (w *work) complete(s, sub, inv, pm, customer obj) error {
	if pm.str("customer") == "" {
		pm["customer"] = customer["id"]
		if err := w.put(pm); err != nil {
			return err
		}
		if err := w.emit("payment_method.attached", pm); err != nil {
			return err
		}
	}
	if sub.str("default_payment_method") == "" { // nothing was charged, so nothing has set it
		err := w.change(sub, "customer.subscription.updated", func() { sub["default_payment_method"] = pm["id"] })
		if err != nil {
			return err
		}
	}
	s["status"], s["url"] = "complete", nil
	s["payment_status"] = "paid"
	if inv.num("total") == 0 {
		s["payment_status"] = "no_payment_required"
	}
	s["customer"], s["subscription"], s["invoice"] = customer["id"], sub["id"], inv["id"]
	s["customer_details"] = obj{"address": pm.at("billing_details", "address"), "email": customer["email"],
		"name": pm.at("billing_details", "name"), "phone": nil, "tax_exempt": "none", "tax_ids": []any{}}
	if s["shipping_address_collection"] != nil {
		s["shipping_details"] = obj{"address": pm.at("billing_details", "address"), "carrier": nil,
			"name": pm.at("billing_details", "name"), "phone": nil, "tracking_number": nil}
	}
	s.due(0)
	if err := w.put(s); err != nil {
		return err
	}
	return w.emit("checkout.session.completed", s)
}

// successURL is where the buyer goes, with the session's id filled in.
func successURL(s obj) string {
	return strings.ReplaceAll(s.str("success_url"), "{CHECKOUT_SESSION_ID}", s.str("id"))
}
