package standin

import "slices"

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
