package standin

// createRefund gives money back, at most what is left of the charge.
func createRefund(c *call) (obj, error) {
	charge, err := c.refundable()
	if err != nil {
		return nil, err
	}
	amount, sent := c.p.optInt("amount")
	if !sent {
		amount = charge.num("amount") - charge.num("amount_refunded")
	}
	return c.refund(charge, amount, c.p.oneOf("reason", "", "duplicate", "fraudulent", "requested_by_customer"),
		c.p.metadata("metadata"))
}

// refund gives that much of a charge back.
func (w *work) refund(charge obj, amount int64, reason string, metadata map[string]string) (obj, error) {
	left := charge.num("amount") - charge.num("amount_refunded")
	switch {
	case charge.flag("refunded"):
		return nil, invalidCode("charge_already_refunded", "", "Charge %s has already been refunded.", charge.str("id"))
	case !charge.flag("paid"):
		return nil, invalid("", "This charge was not paid and cannot be refunded.")
	case charge.flag("disputed"):
		found, err := w.all(of("dispute").is("charge", charge.str("id")))
		if err != nil {
			return nil, err
		}
		if len(found) > 0 && !found[len(found)-1].flag("is_charge_refundable") {
			return nil, invalidCode("charge_disputed", "", "Charge %s has been charged back; cannot issue a refund.", charge.str("id"))
		}
	}
	if amount < 1 {
		return nil, invalidCode("parameter_invalid_integer", "amount", "Invalid positive integer")
	}
	if amount > left {
		return nil, invalid("amount", "Refund amount (%s) is greater than unrefunded amount on charge (%s)",
			money(amount, charge.str("currency")), money(left, charge.str("currency")))
	}
	refund := obj{
		"id": w.newID("re_"), "object": "refund", "amount": amount, "balance_transaction": nil, "charge": charge["id"],
		"created": w.now, "currency": charge["currency"],
		"destination_details": obj{"type": "card", "card": obj{"reference": nil, "reference_status": "pending",
			"reference_type": "acquirer_reference_number", "type": "refund"}},
		"metadata": merged(nil, metadata), "payment_intent": charge["payment_intent"],
		"reason":         orNull(reason),
		"receipt_number": nil, "source_transfer_reversal": nil, "status": "succeeded", "transfer_reversal": nil,
	}
	if err := w.refundLater(refund, charge); err != nil {
		return nil, err
	}
	txn := w.newTransaction("refund", -amount, charge.str("currency"), refund.str("id"))
	refund["balance_transaction"] = txn["id"]
	for _, o := range []obj{txn, refund} {
		if err := w.put(o); err != nil {
			return nil, err
		}
	}
	return refund, w.change(charge, "charge.refunded", func() {
		charge["amount_refunded"] = charge.num("amount_refunded") + amount
		charge["refunded"] = amount == left
	})
}

// refundLater has a refund to one of the two cards for it settle a day later: it
// is pending and then succeeds, or succeeds and then comes back.
// https://docs.stripe.com/testing#refunds
func (w *work) refundLater(refund, charge obj) error {
	id := charge.str("payment_method")
	if id == "" {
		return nil
	}
	pm, err := w.find(id)
	if err != nil || pm == nil {
		return err
	}
	switch cardOf(pm).refund {
	case "":
		return nil
	case "succeeded":
		refund["status"] = "pending"
	}
	refund.due(w.now + 86400)
	return nil
}

// turnRefund settles a refund. One that comes back is the account's again, by an
// entry of its own: https://docs.stripe.com/refunds#failed-refunds. That the
// charge is refunded by that much less is documented nowhere; who reads this sums
// the refunds that hold.
func (w *work) turnRefund(refund obj) error {
	refund.due(0)
	if refund.str("status") == "pending" {
		return w.change(refund, "charge.refund.updated", func() { refund["status"] = "succeeded" })
	}
	charge, err := w.get("charge", refund.str("charge"))
	if err != nil {
		return err
	}
	txn := w.newTransaction("refund_failure", refund.num("amount"), refund.str("currency"), refund.str("id"))
	charge["amount_refunded"] = charge.num("amount_refunded") - refund.num("amount")
	charge["refunded"] = false
	for _, o := range []obj{txn, charge} {
		if err := w.put(o); err != nil {
			return err
		}
	}
	return w.change(refund, "charge.refund.updated", func() {
		refund["status"], refund["failure_reason"], refund["failure_balance_transaction"] = "failed", "expired_or_canceled_card", txn["id"]
	})
}

// refundable is the charge that the request names, by itself or by its intent.
func (c *call) refundable() (obj, error) {
	id, intent := c.p.str("charge"), c.p.str("payment_intent")
	if id == "" && intent == "" {
		return nil, invalidCode("parameter_missing", "", "One of the following params should be provided for this request: payment_intent or charge.")
	}
	if id == "" {
		pi, err := c.get("payment_intent", intent)
		if err != nil {
			return nil, asParam(err, "payment_intent")
		}
		if id = pi.str("latest_charge"); id == "" || pi.str("status") != "succeeded" {
			return nil, invalid("payment_intent", "This PaymentIntent (%s) does not have a successful charge to refund.", intent)
		}
	}
	charge, err := c.get("charge", id)
	if err != nil {
		return nil, asParam(err, "charge")
	}
	return charge, nil
}

func updateRefund(c *call) (obj, error) {
	refund, err := c.get("refund", c.id())
	if err != nil {
		return nil, err
	}
	return refund, c.change(refund, "charge.refund.updated", func() {
		refund["metadata"] = merged(refund.sub("metadata"), c.p.metadata("metadata"))
	})
}

func listRefunds(c *call) (obj, error) {
	q := of("refund").is("charge", c.p.str("charge")).is("payment_intent", c.p.str("payment_intent"))
	url := "/v1/refunds"
	if id := c.id(); id != "" {
		q.is("charge", id)
		url = "/v1/charges/" + id + "/refunds"
	}
	return c.page(url, q)
}
