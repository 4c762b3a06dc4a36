package standin

// createRefund gives money back, at most what is left of the charge.
func createRefund(c *call) (obj, error) {
	charge, err := c.refundable()
	if err != nil {
		return nil, err
	}
	left := charge.num("amount") - charge.num("amount_refunded")
	amount, sent := c.p.optInt("amount")
	if !sent {
		amount = left
	}
	switch {
	case charge.flag("refunded"):
		return nil, invalidCode("charge_already_refunded", "", "Charge %s has already been refunded.", charge.str("id"))
	case !charge.flag("paid"):
		return nil, invalid("", "This charge was not paid and cannot be refunded.")
	case amount < 1:
		return nil, invalidCode("parameter_invalid_integer", "amount", "Invalid positive integer")
	case amount > left:
		return nil, invalid("amount", "Refund amount (%s) is greater than unrefunded amount on charge (%s)",
			money(amount, charge.str("currency")), money(left, charge.str("currency")))
	}
	refund := obj{
		"id": c.newID("re_"), "object": "refund", "amount": amount, "balance_transaction": nil, "charge": charge["id"],
		"created": c.now, "currency": charge["currency"],
		"destination_details": obj{"type": "card", "card": obj{"reference": nil, "reference_status": "pending",
			"reference_type": "acquirer_reference_number", "type": "refund"}},
		"metadata": merged(nil, c.p.metadata("metadata")), "payment_intent": charge["payment_intent"],
		"reason":         orNull(c.p.oneOf("reason", "", "duplicate", "fraudulent", "requested_by_customer")),
		"receipt_number": nil, "source_transfer_reversal": nil, "status": "succeeded", "transfer_reversal": nil,
	}
	txn := c.newTransaction("refund", -amount, charge.str("currency"), refund.str("id"))
	refund["balance_transaction"] = txn["id"]
	for _, o := range []obj{txn, refund} {
		if err := c.put(o); err != nil {
			return nil, err
		}
	}
	return refund, c.change(charge, "charge.refunded", func() {
		charge["amount_refunded"] = charge.num("amount_refunded") + amount
		charge["refunded"] = amount == left
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
