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
		items[i] = w.newSubscriptionItem(id, o)
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

func (w *work) newSubscriptionItem(sub string, o order) obj {
	return obj{
		"id": w.newID("si_"), "object": "subscription_item", "billing_thresholds": nil, "created": w.now, "discounts": []any{},
		"metadata": obj{}, "plan": planOf(o.price), "price": o.price.shown(), "quantity": o.quantity, "subscription": sub,
		"tax_rates": []any{},
	}
}

// open writes a new subscription with its first invoice, finalized. An invoice
// over nothing (a coupon of 100 %) is paid already, and the subscription
// begins active.
func (w *work) open(sub, customer obj) (inv obj, err error) {
	items := sub.list("items")
	inv, err = w.bill(sub, customer, statement{reason: "subscription_create", start: w.now, end: w.now, period: true})
	if err != nil {
		return nil, err
	}
	sub["latest_invoice"] = inv["id"]
	if inv.num("amount_due") == 0 && sub.str("status") == "incomplete" {
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
	if sub.str("status") != "trialing" { // a discount for one invoice waits for the first that costs something
		if err := w.dropDiscount(sub, true); err != nil {
			return nil, err
		}
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
		for _, sooner := range []int64{sub.num("cancel_at"), sub.num("pause_collection", "resumes_at"),
			sub.num("pending_update", "expires_at"), sub.num(hiddenKey, "phase_end"), warnAt(sub)} {
			if sooner > 0 {
				at = min(at, sooner)
			}
		}
		sub.due(at)
	default:
		sub.due(0)
	}
}

// warnAt is when the end of the subscription's trial is to be announced; 0 is
// never, or no more.
func warnAt(sub obj) int64 {
	end := sub.num("trial_end")
	if sub.str("status") != "trialing" || sub.num(hiddenKey, "warned") == end {
		return 0
	}
	return max(end-warnBefore, 1)
}

// turn does what a subscription's time has come for: giving up a first
// payment, resuming, ending, its schedule's next phase, or the next period.
// Whatever else is due is done in a turn of its own.
func (w *work) turn(sub obj) error {
	passed := func(at int64) bool { return at > 0 && at <= w.now }
	switch {
	case sub.str("status") == "incomplete":
		return w.giveUp(sub)
	case passed(sub.num("pending_update", "expires_at")):
		return w.expirePending(sub)
	case passed(sub.num("pause_collection", "resumes_at")):
		return w.resumeCollection(sub)
	case passed(sub.num("cancel_at")):
		return w.end(sub, "cancellation_requested")
	case passed(sub.num(hiddenKey, "phase_end")):
		return w.nextPhase(sub)
	case passed(warnAt(sub)):
		return w.warnTrial(sub)
	case passed(sub.num("current_period_end")):
		return w.renew(sub)
	}
	w.schedule(sub)
	return w.put(sub)
}

// renew rolls the period first and then drafts the invoice, which is
// finalized and charged an hour later, or set aside in a pause. A trial becomes
// active.
func (w *work) renew(sub obj) error {
	customer, err := w.get("customer", sub.str("customer"))
	if err != nil {
		return err
	}
	if sub.str("status") == "trialing" {
		if done, err := w.endTrial(sub, customer); done || err != nil {
			return err
		}
	}
	if err := w.dropDiscount(sub, false); err != nil {
		return err
	}
	before := sub.clone()
	if sub.str("status") == "trialing" {
		sub["status"] = "active"
	}
	start, was := sub.num("current_period_end"), sub.num("current_period_start")
	sub["current_period_start"] = start
	sub["current_period_end"] = rhythmOf(sub).next(sub.num("billing_cycle_anchor"), start)
	inv, err := w.bill(sub, customer, statement{reason: "subscription_cycle", start: was, end: start, period: true})
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
	if pause := sub.str("pause_collection", "behavior"); pause != "" {
		if err := w.setAside(inv, pause); err != nil {
			return err
		}
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
	if sub["pending_update"] != nil {
		if err := w.expirePending(sub); err != nil {
			return err
		}
	}
	sub["status"], sub["ended_at"] = "canceled", w.now
	if sub["canceled_at"] == nil {
		sub["canceled_at"] = w.now
	}
	sub.sub("cancellation_details")["reason"] = reason
	if err := w.dropSchedule(sub); err != nil {
		return err
	}
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
