package standin

import "errors"

// refused tells a bank's no from the stand-in's own failures.
func refused(err error) (*apiError, bool) {
	var e *apiError
	if errors.As(err, &e) && e.typ == "card_error" {
		return e, true
	}
	return nil, false
}

// payInvoice charges an open invoice. A bank's no comes back as an error that
// refused knows; whatever it caused is in the books all the same.
func (w *work) payInvoice(inv, pm obj, who presence, returnURL string) error {
	pi, err := w.get("payment_intent", inv.str("payment_intent"))
	if err != nil {
		return err
	}
	if who != authenticated {
		inv["attempt_count"] = inv.num("attempt_count") + 1
		inv["attempted"] = true
	}
	refusal, err := w.confirm(pi, pm, who, returnURL)
	if err != nil {
		return err
	}
	inv["charge"] = pi["latest_charge"]
	switch pi.str("status") {
	case "succeeded":
		return w.paid(inv, pm)
	case "requires_action":
		return w.unpaidYet(inv, "invoice.payment_action_required")
	}
	if err := w.unpaidYet(inv, "invoice.payment_failed"); err != nil {
		return err
	}
	return refusal
}

// paid closes the invoice and lets its subscription live.
func (w *work) paid(inv, pm obj) error {
	inv["status"], inv["paid"] = "paid", true
	inv["amount_paid"], inv["amount_remaining"] = inv["amount_due"], 0
	inv["next_payment_attempt"] = nil
	inv.sub("status_transitions")["paid_at"] = w.now
	inv.due(0)
	if err := w.put(inv); err != nil {
		return err
	}
	sub, err := w.find(inv.str("subscription"))
	if err != nil {
		return err
	}
	if sub != nil && sub.str(hiddenKey, "pending", "invoice") == inv.str("id") {
		if err := w.applyPending(sub); err != nil {
			return err
		}
	}
	if s := sub.str("status"); sub != nil && (s == "incomplete" || s == "past_due" || s == "unpaid") &&
		sub.str("latest_invoice") == inv.str("id") {
		err := w.change(sub, "customer.subscription.updated", func() {
			sub["status"] = "active"
			if s == "incomplete" && pm != nil {
				sub["default_payment_method"] = orNull(defaultAfter(sub, pm))
			}
			w.schedule(sub)
		})
		if err != nil {
			return err
		}
	}
	if err := w.emit("invoice.paid", inv); err != nil {
		return err
	}
	return w.emit("invoice.payment_succeeded", inv)
}

// defaultAfter keeps the first card as the subscription's own when Checkout
// said so.
func defaultAfter(sub, pm obj) string {
	if sub.flag(hiddenKey, "keep_card") {
		return pm.str("id")
	}
	return sub.str("default_payment_method")
}

// unpaidYet announces a failed or halted payment. At a renewal the
// subscription falls past due and the next attempt is set, or dunning ends.
func (w *work) unpaidYet(inv obj, event string) error {
	sub, err := w.find(inv.str("subscription"))
	if err != nil {
		return err
	}
	retrying := sub != nil && alive(sub) && inv.str("billing_reason") != "subscription_create" && inv.flag("auto_advance")
	exhausted := false
	if retrying {
		plan, err := w.dunning()
		if err != nil {
			return err
		}
		n := int(inv.num("attempt_count"))
		if exhausted = n > len(plan.Retries); exhausted {
			inv["next_payment_attempt"], inv["auto_advance"] = nil, false
			inv.due(0)
		} else {
			at := w.now + int64(plan.Retries[n-1])*86400
			inv["next_payment_attempt"] = at
			inv.due(at)
		}
	}
	if err := w.put(inv); err != nil {
		return err
	}
	if err := w.emit(event, inv); err != nil || !retrying {
		return err
	}
	if sub.str("status") == "active" {
		err := w.change(sub, "customer.subscription.updated", func() { sub["status"] = "past_due"; w.schedule(sub) })
		if err != nil {
			return err
		}
	}
	if !exhausted {
		return nil
	}
	return w.endDunning(sub)
}

// endDunning does what the desk chose for a subscription that nobody pays.
func (w *work) endDunning(sub obj) error {
	if !alive(sub) {
		return nil
	}
	plan, err := w.dunning()
	if err != nil {
		return err
	}
	switch plan.Then {
	case "unpaid":
		return w.change(sub, "customer.subscription.updated", func() { sub["status"] = "unpaid"; w.schedule(sub) })
	case "past_due":
		return nil
	}
	return w.end(sub, "payment_failed")
}

// turnInvoice does what an invoice's time has come for: finalizing a draft,
// and charging whoever is known.
func (w *work) turnInvoice(inv obj) error {
	if inv.str("status") == "draft" {
		if err := w.finalize(inv); err != nil {
			return err
		}
	}
	if inv.str("status") != "open" {
		return nil
	}
	sub, err := w.find(inv.str("subscription"))
	if err != nil {
		return err
	}
	customer, err := w.get("customer", inv.str("customer"))
	if err != nil {
		return err
	}
	pm, err := w.defaultMethod(sub, customer)
	if err != nil {
		return err
	}
	if pm == nil {
		inv["attempt_count"], inv["attempted"] = inv.num("attempt_count")+1, true
		return w.unpaidYet(inv, "invoice.payment_failed")
	}
	if err := w.payInvoice(inv, pm, offSession, ""); err != nil {
		if _, ok := refused(err); !ok {
			return err
		}
	}
	return nil
}
