package standin

// takePause reads pause_collection: what becomes of the invoices meanwhile,
// and until when. https://docs.stripe.com/billing/subscriptions/pause-payment
func (c *call) takePause(sub obj) error {
	in := c.p.child("pause_collection")
	if in == nil {
		return nil
	}
	if c.p.cleared("pause_collection") {
		sub["pause_collection"] = nil
		return nil
	}
	behavior := in.oneOf("behavior", "", "keep_as_draft", "mark_uncollectible", "void")
	if behavior == "" {
		return invalidCode("parameter_missing", "pause_collection[behavior]", "Missing required param: pause_collection[behavior].")
	}
	pause := obj{"behavior": behavior, "resumes_at": nil}
	if at, sent := in.optInt("resumes_at"); sent {
		if at <= c.now {
			return invalid("pause_collection[resumes_at]", "resumes_at must be in the future.")
		}
		pause["resumes_at"] = at
	}
	sub["pause_collection"] = pause
	return nil
}

// resumeCollection ends a pause whose day has come.
func (w *work) resumeCollection(sub obj) error {
	return w.change(sub, "customer.subscription.updated", func() { sub["pause_collection"] = nil; w.schedule(sub) })
}

// setAside does with a new invoice what the pause says.
func (w *work) setAside(inv obj, behavior string) error {
	inv["auto_advance"], inv["next_payment_attempt"] = false, nil
	inv.due(0)
	if behavior == "keep_as_draft" {
		return w.put(inv)
	}
	if err := w.finalize(inv); err != nil || inv.str("status") != "open" {
		return err
	}
	if behavior == "void" {
		return w.void(inv)
	}
	return w.writeOff(inv)
}

// writeOff marks an invoice as one that will hardly be paid.
func (w *work) writeOff(inv obj) error {
	inv["status"], inv["auto_advance"], inv["next_payment_attempt"] = "uncollectible", false, nil
	inv.sub("status_transitions")["marked_uncollectible_at"] = w.now
	inv.due(0)
	if err := w.put(inv); err != nil {
		return err
	}
	return w.emit("invoice.marked_uncollectible", inv)
}
