package standin

import (
	"slices"
	"strings"
)

// incompleteFor is how long a first payment may take before the subscription
// is given up. https://docs.stripe.com/billing/subscriptions/overview
const incompleteFor = 23 * 3600

// order is what is bought: prices and how many of each.
type order struct {
	price    obj
	quantity int64
}

// newSubscription makes an incomplete subscription without an invoice.
func (w *work) newSubscription(customer obj, orders []order, metadata obj) obj {
	id := w.newID("sub_")
	items := make([]obj, len(orders))
	for i, o := range orders {
		items[i] = obj{
			"id": w.newID("si_"), "object": "subscription_item", "billing_thresholds": nil, "created": w.now, "discounts": []any{},
			"metadata": obj{}, "plan": planOf(o.price), "price": o.price.shown(), "quantity": o.quantity, "subscription": id,
			"tax_rates": []any{},
		}
	}
	price := orders[0].price
	return obj{
		"id": id, "object": "subscription", "application": nil, "application_fee_percent": nil,
		"automatic_tax": obj{"enabled": false, "liability": nil}, "billing_cycle_anchor": w.now, "billing_cycle_anchor_config": nil,
		"billing_thresholds": nil, "cancel_at": nil, "cancel_at_period_end": false, "canceled_at": nil,
		"cancellation_details": obj{"comment": nil, "feedback": nil, "reason": nil},
		"collection_method":    "charge_automatically", "created": w.now, "currency": price["currency"],
		"current_period_end": intervalOf(price).next(w.now, w.now), "current_period_start": w.now,
		"customer": customer["id"], "days_until_due": nil, "default_payment_method": nil, "default_source": nil,
		"default_tax_rates": []any{}, "description": nil, "discount": nil, "discounts": []any{}, "ended_at": nil,
		"items":          listOf("/v1/subscription_items?subscription="+id, items...),
		"latest_invoice": nil, "livemode": false, "metadata": metadata, "next_pending_invoice_item_invoice": nil,
		"on_behalf_of": nil, "pause_collection": nil,
		"payment_settings":              obj{"payment_method_options": nil, "payment_method_types": nil, "save_default_payment_method": "off"},
		"pending_invoice_item_interval": nil, "pending_setup_intent": nil, "pending_update": nil, "schedule": nil,
		"start_date": w.now, "status": "incomplete", "test_clock": nil, "transfer_data": nil, "trial_end": nil,
		"trial_settings": obj{"end_behavior": obj{"missing_payment_method": "create_invoice"}}, "trial_start": nil,
	}
}

// open writes a new subscription with its first invoice, finalized. An invoice
// over nothing (a coupon of 100 %) is paid already, and the subscription
// begins active.
func (w *work) open(sub, customer obj) (inv obj, err error) {
	items := sub.list("items")
	inv, err = w.bill(sub, customer, "subscription_create", w.now, w.now)
	if err != nil {
		return nil, err
	}
	sub["latest_invoice"] = inv["id"]
	if inv.num("amount_due") == 0 {
		sub["status"] = "active"
	}
	w.schedule(sub)
	if err := w.put(sub); err != nil {
		return nil, err
	}
	if customer["currency"] == nil && len(items) > 0 {
		customer["currency"] = sub["currency"]
		if err := w.put(customer); err != nil {
			return nil, err
		}
	}
	if err := w.emit("customer.subscription.created", sub); err != nil {
		return nil, err
	}
	if err := w.emit("invoice.created", inv); err != nil {
		return nil, err
	}
	if err := w.dropDiscount(sub, true); err != nil {
		return nil, err
	}
	return inv, w.finalize(inv)
}

// schedule says when the books must look at the subscription again.
func (w *work) schedule(sub obj) {
	switch sub.str("status") {
	case "incomplete":
		sub.due(sub.num("created") + incompleteFor)
	case "active", "past_due", "unpaid", "trialing":
		at := sub.num("current_period_end")
		if cancel := sub.num("cancel_at"); cancel > 0 {
			at = min(at, cancel)
		}
		sub.due(at)
	default:
		sub.due(0)
	}
}

// turn does what a subscription's time has come for: giving up a first
// payment, ending, or the next period.
func (w *work) turn(sub obj) error {
	switch {
	case sub.str("status") == "incomplete":
		return w.giveUp(sub)
	case sub.num("cancel_at") > 0 && sub.num("cancel_at") <= w.now:
		return w.end(sub, "cancellation_requested")
	}
	return w.renew(sub)
}

// renew rolls the period first and then drafts the invoice, which is
// finalized and charged an hour later.
func (w *work) renew(sub obj) error {
	customer, err := w.get("customer", sub.str("customer"))
	if err != nil {
		return err
	}
	if err := w.dropDiscount(sub, false); err != nil {
		return err
	}
	before := sub.clone()
	start, was := sub.num("current_period_end"), sub.num("current_period_start")
	sub["current_period_start"] = start
	sub["current_period_end"] = intervalOf(sub.list("items")[0].sub("price")).next(sub.num("billing_cycle_anchor"), start)
	inv, err := w.bill(sub, customer, "subscription_cycle", was, start)
	if err != nil {
		return err
	}
	sub["latest_invoice"] = inv["id"]
	w.schedule(sub)
	if err := w.put(sub); err != nil {
		return err
	}
	if err := w.emitChange("customer.subscription.updated", before, sub); err != nil {
		return err
	}
	if err := w.emit("invoice.created", inv); err != nil {
		return err
	}
	return w.dropDiscount(sub, true)
}

// giveUp ends a subscription whose first payment never came.
func (w *work) giveUp(sub obj) error {
	inv, err := w.get("invoice", sub.str("latest_invoice"))
	if err != nil {
		return err
	}
	if inv.str("status") == "open" {
		if err := w.void(inv); err != nil {
			return err
		}
	}
	return w.change(sub, "customer.subscription.updated", func() {
		sub["status"], sub["canceled_at"], sub["ended_at"] = "incomplete_expired", w.now, w.now
		w.schedule(sub)
	})
}

// end cancels now. Open invoices stay open and are no longer collected.
func (w *work) end(sub obj, reason string) error {
	if sub.str("status") == "incomplete" {
		return w.giveUp(sub)
	}
	sub["status"], sub["ended_at"] = "canceled", w.now
	if sub["canceled_at"] == nil {
		sub["canceled_at"] = w.now
	}
	sub.sub("cancellation_details")["reason"] = reason
	w.schedule(sub)
	if err := w.put(sub); err != nil {
		return err
	}
	invoices, err := w.all(of("invoice").is("subscription", sub.str("id")).cond(column("status") + " IN ('draft', 'open')"))
	if err != nil {
		return err
	}
	for _, inv := range invoices {
		inv["auto_advance"], inv["next_payment_attempt"] = false, nil
		inv.due(0)
		if err := w.put(inv); err != nil {
			return err
		}
	}
	return w.emit("customer.subscription.deleted", sub)
}

// setCancelAtEnd asks for the end of the period, or takes that back.
func (w *work) setCancelAtEnd(sub obj, yes bool) {
	sub["cancel_at_period_end"] = yes
	details := sub.sub("cancellation_details")
	if !yes {
		sub["cancel_at"], sub["canceled_at"], details["reason"] = nil, nil, nil
	} else {
		sub["cancel_at"], sub["canceled_at"] = sub["current_period_end"], w.now
		details["reason"] = "cancellation_requested"
	}
	w.schedule(sub)
}

func alive(sub obj) bool {
	return !slices.Contains([]string{"canceled", "incomplete_expired"}, sub.str("status"))
}

func createSubscription(c *call) (obj, error) {
	c.p.ignore("off_session", "proration_behavior", "payment_settings")
	c.p.oneOf("collection_method", "", "charge_automatically")
	customer, err := c.live("customer", c.p.need("customer"))
	if err != nil {
		return nil, asParam(err, "customer")
	}
	orders, err := c.orders(c.p.items("items"), "items")
	if err != nil {
		return nil, err
	}
	sub := c.newSubscription(customer, orders, merged(nil, c.p.metadata("metadata")))
	sub["description"] = orNull(c.p.str("description"))
	if c.p.boolean("cancel_at_period_end") {
		c.setCancelAtEnd(sub, true)
	}
	if err := c.takeDiscount(sub); err != nil {
		return nil, err
	}
	if err := c.takeDefaultMethod(sub, customer); err != nil {
		return nil, err
	}
	behavior := c.p.oneOf("payment_behavior", "allow_incomplete", "allow_incomplete", "default_incomplete", "error_if_incomplete")
	pm, err := c.defaultMethod(sub, customer)
	if err != nil {
		return nil, err
	}
	if pm == nil && behavior != "default_incomplete" {
		return nil, invalidCode("resource_missing", "", "This customer has no attached payment source or default payment method. "+
			"Please consider adding a default payment method.")
	}
	inv, err := c.open(sub, customer)
	if err != nil {
		return nil, err
	}
	if inv.str("status") == "open" && behavior != "default_incomplete" {
		err := c.payInvoice(inv, pm, offSession, "")
		if refusal, ok := refused(err); ok {
			err = nil
			if behavior == "error_if_incomplete" {
				refusal.undo, err = true, refusal
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return c.get("subscription", sub.str("id"))
}

// orders reads line items: price and quantity. All must be recurring in one
// rhythm and one currency.
func (c *call) orders(items []*params, name string) ([]order, error) {
	if len(items) == 0 {
		return nil, invalidCode("parameter_missing", name, "Missing required param: %s.", name)
	}
	var out []order
	for _, item := range items {
		item.ignore("metadata")
		price, err := c.live("price", item.need("price"))
		if err != nil {
			return nil, asParam(err, item.full("price"))
		}
		quantity, sent := item.optInt("quantity")
		if !sent {
			quantity = 1
		}
		switch {
		case !price.flag("active"):
			return nil, invalid(item.full("price"), "The price specified is inactive. This field only accepts active prices.")
		case price.str("type") != "recurring":
			return nil, invalid(item.full("price"), "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.")
		case quantity < 1:
			return nil, invalid(item.full("quantity"), "This value must be greater than or equal to 1.")
		case len(out) > 0 && (intervalOf(out[0].price) != intervalOf(price) || out[0].price.str("currency") != price.str("currency")):
			return nil, invalid(item.full("price"), "All prices on a subscription must have the same interval and currency.")
		}
		out = append(out, order{price, quantity})
	}
	return out, nil
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
		why, err := c.usable(promo, sub.str("customer"), price.num("unit_amount"), sub.str("currency"))
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

func updateSubscription(c *call) (obj, error) {
	c.p.ignore("proration_behavior", "payment_behavior", "off_session", "payment_settings")
	sub, err := c.get("subscription", c.id())
	if err != nil {
		return nil, err
	}
	if !alive(sub) {
		if len(c.p.kids) > 1 || c.p.kid("metadata") == nil {
			return nil, invalid("", "A canceled subscription can only update its cancellation_details and metadata.")
		}
	}
	customer, err := c.get("customer", sub.str("customer"))
	if err != nil {
		return nil, err
	}
	before := sub.clone()
	if err := c.takeDefaultMethod(sub, customer); err != nil {
		return nil, err
	}
	if err := c.takeDiscount(sub); err != nil {
		return nil, err
	}
	sub["metadata"] = merged(sub.sub("metadata"), c.p.metadata("metadata"))
	if d, sent := c.p.opt("description"); sent {
		sub["description"] = orNull(d)
	}
	if yes, sent := c.p.optBool("cancel_at_period_end"); sent && yes != sub.flag("cancel_at_period_end") {
		c.setCancelAtEnd(sub, yes)
	}
	if at, sent := c.p.optInt("cancel_at"); sent {
		if at <= c.now {
			return nil, invalid("cancel_at", "cancel_at must be in the future.")
		}
		sub["cancel_at"], sub["canceled_at"] = at, c.now
		sub.sub("cancellation_details")["reason"] = "cancellation_requested"
	} else if c.p.cleared("cancel_at") {
		c.setCancelAtEnd(sub, false)
	}
	c.takeCancellationDetails(sub)
	c.schedule(sub)
	if err := c.put(sub); err != nil {
		return nil, err
	}
	return sub, c.emitChange("customer.subscription.updated", before, sub)
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

func cancelSubscription(c *call) (obj, error) {
	c.p.ignore("invoice_now")
	if c.p.boolean("prorate") {
		return nil, invalid("prorate", "This stand-in does not prorate a cancellation; refund instead.")
	}
	sub, err := c.get("subscription", c.id())
	if err != nil {
		return nil, err
	}
	if !alive(sub) {
		return nil, missing("subscription", c.id())
	}
	c.takeCancellationDetails(sub)
	return sub, c.end(sub, "cancellation_requested")
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
