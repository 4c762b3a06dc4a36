package standin

import "slices"

// pendingFor is how long an update may wait for its payment.
// https://docs.stripe.com/billing/subscriptions/pending-updates-reference
const pendingFor = 23 * 3600

func updateSubscription(c *call) (obj, error) {
	c.p.ignore("off_session")
	sub, err := c.get("subscription", c.id())
	if err != nil {
		return nil, err
	}
	if !alive(sub) && (len(c.p.kids) > 1 || c.p.kid("metadata") == nil && c.p.kid("cancellation_details") == nil) {
		return nil, invalid("", "A canceled subscription can only update its cancellation_details and metadata.")
	}
	customer, err := c.get("customer", sub.str("customer"))
	if err != nil {
		return nil, err
	}
	behavior := c.p.oneOf("payment_behavior", "allow_incomplete",
		"allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete")
	if err := c.mayPend(behavior); err != nil {
		return nil, err
	}
	before := sub.clone()
	if err := c.takeTerms(sub, customer); err != nil {
		return nil, err
	}
	rev, err := c.readRevision(sub, "")
	if err != nil {
		return nil, err
	}
	if !rev.nothing() {
		if sub.str("status") == "incomplete" {
			return nil, invalid("", "This subscription's first invoice is not paid: its items cannot be changed.")
		}
		if err := c.dropPending(sub, before); err != nil {
			return nil, err
		}
	}
	if done, err := c.cutTrial(sub, customer, rev); done || err != nil {
		return sub, err
	}
	inv, err := c.revise(sub, customer, rev)
	if err != nil {
		return nil, err
	}
	c.schedule(sub)
	if behavior == "pending_if_incomplete" && inv != nil {
		return c.pend(before, sub, inv)
	}
	return c.take(before, sub, inv, behavior)
}

// take writes an update and collects what it costs now; inv is nil when that
// is nothing.
func (c *call) take(before, sub, inv obj, behavior string) (obj, error) {
	if err := c.put(sub); err != nil {
		return nil, err
	}
	if err := c.emitChange("customer.subscription.updated", before, sub); err != nil {
		return nil, err
	}
	if inv != nil {
		if err := c.collect(sub, inv, behavior); err != nil {
			return nil, err
		}
	}
	return c.get("subscription", sub.str("id"))
}

// takeTerms reads all that changes nothing about what is sold.
func (c *call) takeTerms(sub, customer obj) error {
	if err := c.takeDefaultMethod(sub, customer); err != nil {
		return err
	}
	if err := c.takeDiscount(sub); err != nil {
		return err
	}
	sub["metadata"] = merged(sub.sub("metadata"), c.p.metadata("metadata"))
	if d, sent := c.p.opt("description"); sent {
		sub["description"] = orNull(d)
	}
	if err := c.takeCancellation(sub); err != nil {
		return err
	}
	c.takePaymentSettings(sub)
	c.takeCancellationDetails(sub)
	c.takeTrialSettings(sub)
	return c.takePause(sub)
}

func (c *call) takeCancellation(sub obj) error {
	if sub.str("schedule") != "" && (c.p.kid("cancel_at_period_end") != nil || c.p.kid("cancel_at") != nil) {
		return invalid("", "The subscription is managed by the subscription schedule `%s`, and updating any cancelation behavior "+
			"directly is not allowed. Please update the schedule instead.", sub.str("schedule"))
	}
	if yes, sent := c.p.optBool("cancel_at_period_end"); sent && yes != sub.flag("cancel_at_period_end") {
		c.setCancelAtEnd(sub, yes)
	}
	at, sent := c.p.optInt("cancel_at")
	switch {
	case sent && at <= c.now:
		return invalid("cancel_at", "cancel_at must be in the future.")
	case sent:
		sub["cancel_at"], sub["canceled_at"] = at, c.now
		sub.sub("cancellation_details")["reason"] = "cancellation_requested"
	case c.p.cleared("cancel_at"):
		c.setCancelAtEnd(sub, false)
	}
	return nil
}

// collect finalizes the invoice that an update made and charges it, as far as
// payment_behavior wants that.
func (c *call) collect(sub, inv obj, behavior string) error {
	if err := c.emit("invoice.created", inv); err != nil {
		return err
	}
	if pause := sub.str("pause_collection", "behavior"); pause != "" {
		return c.setAside(inv, pause)
	}
	if err := c.finalize(inv); err != nil || inv.str("status") != "open" {
		return err
	}
	if behavior == "default_incomplete" {
		return c.change(sub, "customer.subscription.updated", func() { sub["status"] = "past_due"; c.schedule(sub) })
	}
	err := c.chargeNow(sub, inv, behavior)
	refusal, ok := refused(err)
	if err != nil && !ok {
		return err
	}
	if behavior != "error_if_incomplete" {
		return nil // the subscription is past due, and its invoice is tried again
	}
	if refusal != nil {
		refusal.undo = true
		return refusal
	}
	if fresh, err := c.get("invoice", inv.str("id")); err != nil || fresh.str("status") == "paid" {
		return err
	}
	return &apiError{status: 402, typ: "card_error", code: "subscription_payment_intent_requires_action", undo: true,
		message: "Payment for this subscription requires additional user action before it can be completed successfully."}
}

// chargeNow charges whatever is on file. Without a card an update that insists
// on payment is refused, and any other leaves the invoice unpaid.
func (c *call) chargeNow(sub, inv obj, behavior string) error {
	customer, err := c.get("customer", sub.str("customer"))
	if err != nil {
		return err
	}
	pm, err := c.defaultMethod(sub, customer)
	if err != nil {
		return err
	}
	if pm != nil {
		return c.payInvoice(inv, pm, offSession, "")
	}
	if behavior == "error_if_incomplete" || behavior == "pending_if_incomplete" {
		return invalidCode("resource_missing", "", "This customer has no attached payment source or default payment method. "+
			"Please consider adding a default payment method.")
	}
	inv["attempt_count"], inv["attempted"] = inv.num("attempt_count")+1, true
	return c.unpaidYet(inv, "invoice.payment_failed")
}

// pendable are the parameters that an update may hold while it waits for its
// payment.
var pendable = []string{"expand", "payment_behavior", "proration_behavior", "proration_date", "billing_cycle_anchor",
	"items", "trial_end", "trial_from_plan", "add_invoice_items", "off_session"}

func (c *call) mayPend(behavior string) error {
	if behavior != "pending_if_incomplete" {
		return nil
	}
	for key := range c.p.kids {
		if !slices.Contains(pendable, key) {
			return invalid(key, "When payment_behavior is set to `pending_if_incomplete`, you cannot pass: %s", key)
		}
	}
	return nil
}

// pend charges for an update before it is made. When the payment fails or
// waits for its holder, the subscription stays what it was and remembers what
// it is to become.
func (c *call) pend(before, after, inv obj) (obj, error) {
	inv.hidden()["pending"] = true
	inv["auto_advance"], inv["next_payment_attempt"] = false, nil
	if err := c.emit("invoice.created", inv); err != nil {
		return nil, err
	}
	err := c.finalize(inv)
	if err == nil && inv.str("status") == "open" {
		err = c.chargeNow(before, inv, "pending_if_incomplete")
	}
	if _, ok := refused(err); err != nil && !ok {
		return nil, err
	}
	if fresh, err := c.get("invoice", inv.str("id")); err != nil {
		return nil, err
	} else if fresh.str("status") == "paid" {
		if err := c.put(after); err != nil {
			return nil, err
		}
		return after, c.emitChange("customer.subscription.updated", before, after)
	}
	sub := before.clone()
	c.hold(sub, after, inv)
	if err := c.put(sub); err != nil {
		return nil, err
	}
	return sub, c.emitChange("customer.subscription.updated", before, sub)
}

// hold notes on sub what it becomes when inv is paid.
func (w *work) hold(sub, after, inv obj) {
	var anchor any
	if after.num("billing_cycle_anchor") != sub.num("billing_cycle_anchor") {
		anchor = after["billing_cycle_anchor"]
	}
	sub["latest_invoice"] = inv["id"]
	sub["pending_update"] = obj{"billing_cycle_anchor": anchor, "expires_at": min(w.now+pendingFor, sub.num("current_period_end")),
		"subscription_items": after.at("items", "data"), "trial_end": nil, "trial_from_plan": nil}
	held := obj{"invoice": inv["id"]}
	for _, key := range []string{"items", "billing_cycle_anchor", "current_period_start", "current_period_end", "status", "trial_end", "discount", "discounts"} {
		held[key] = after[key]
	}
	sub.hidden()["pending"] = held
	w.schedule(sub)
}

// applyPending makes the update whose invoice has been paid.
func (w *work) applyPending(sub obj) error {
	err := w.change(sub, "customer.subscription.updated", func() {
		held := sub.sub(hiddenKey, "pending")
		for key, v := range held {
			if key != "invoice" {
				sub[key] = v
			}
		}
		if sub.flag("cancel_at_period_end") {
			sub["cancel_at"] = sub["current_period_end"]
		}
		sub["pending_update"] = nil
		delete(sub.hidden(), "pending")
		w.schedule(sub)
	})
	if err != nil {
		return err
	}
	return w.emit("customer.subscription.pending_update_applied", sub)
}

// expirePending forgets an update that was never paid, and voids its invoice.
func (w *work) expirePending(sub obj) error {
	inv, err := w.get("invoice", sub.str(hiddenKey, "pending", "invoice"))
	if err != nil {
		return err
	}
	if inv.str("status") == "open" {
		if err := w.void(inv); err != nil {
			return err
		}
	}
	err = w.change(sub, "customer.subscription.updated", func() {
		sub["pending_update"] = nil
		delete(sub.hidden(), "pending")
		w.schedule(sub)
	})
	if err != nil {
		return err
	}
	return w.emit("customer.subscription.pending_update_expired", sub)
}

// dropPending makes room for another update: an older one that still waits is
// given up.
func (c *call) dropPending(sub, before obj) error {
	if sub["pending_update"] == nil {
		return nil
	}
	if err := c.expirePending(sub); err != nil {
		return err
	}
	before["pending_update"] = nil
	return nil
}

// billPending drafts an invoice of what is pending for a subscription; nil
// when nothing is.
func (w *work) billPending(sub obj) (obj, error) {
	waiting, err := w.all(of("invoiceitem").is("subscription", sub.str("id")).cond(column("invoice") + " IS NULL"))
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	customer, err := w.get("customer", sub.str("customer"))
	if err != nil {
		return nil, err
	}
	inv, err := w.bill(sub, customer, statement{reason: "subscription_update", start: sub.num("current_period_start"), end: w.now})
	if err == nil {
		sub["latest_invoice"] = inv["id"]
	}
	return inv, err
}
