package standin

// paymentTerms reads what a session of mode payment has of its own: whom it is
// bought by, the intent, and whether an invoice is made of it.
func (c *call) paymentTerms(s obj) {
	h := s.hidden()
	if s["customer"] == nil {
		s["customer_creation"] = c.p.oneOf("customer_creation", "if_required", "always", "if_required")
	}
	in := c.p.child("payment_intent_data")
	h["intent_metadata"] = merged(nil, in.metadata("metadata"))
	h["intent_description"], h["intent_keep"] = in.str("description"), in.oneOf("setup_future_usage", "", "off_session", "on_session")
	h["intent_receipt"], h["intent_shipping"] = in.str("receipt_email"), in.shipping("shipping")
	in.ignore("capture_method", "statement_descriptor", "statement_descriptor_suffix")
	invoice := c.p.child("invoice_creation")
	data := invoice.child("invoice_data")
	s["invoice_creation"] = obj{"enabled": invoice.boolean("enabled"), "invoice_data": obj{
		"account_tax_ids": nil, "custom_fields": nil, "description": orNull(data.str("description")), "footer": orNull(data.str("footer")),
		"issuer": nil, "metadata": merged(nil, data.metadata("metadata")), "rendering_options": nil}}
	s["payment_method_collection"] = "always"
	if s.flag("invoice_creation", "enabled") && s["customer"] == nil {
		s["customer_creation"] = "always"
	}
}

// payOnce is one attempt to pay for a session of mode payment. The intent is
// made by the first attempt and serves all that follow.
func (w *work) payOnce(s obj, b buyer) (outcome, error) {
	var customer obj
	var err error
	if s["customer"] != nil || s.str("customer_creation") == "always" {
		if customer, err = w.sessionBuyer(s, b); err != nil {
			return outcome{}, err
		}
	}
	pm, err := w.typedCard(b, customer)
	if err != nil {
		return outcome{}, err
	}
	s.hidden()["method"] = pm["id"]
	if s.num("amount_total") == 0 {
		return outcome{done: true}, w.completeOnce(s, nil, pm)
	}
	pi, err := w.sessionIntent(s, customer)
	if err != nil {
		return outcome{}, err
	}
	refusal, err := w.confirm(pi, pm, onSession, w.s.url("/c/pay/"+s.str("id")))
	if err != nil {
		return outcome{}, err
	}
	return w.settledOnce(s, pi, pm, refusal)
}

func (w *work) answerOnce(s, pi, pm obj, yes bool) (outcome, error) {
	var refusal *apiError
	var err error
	if yes {
		refusal, err = w.confirm(pi, pm, authenticated, "")
	} else {
		refusal, err = w.refuse(pi, pm, authFailed)
	}
	if err != nil {
		return outcome{}, err
	}
	return w.settledOnce(s, pi, pm, refusal)
}

func (w *work) settledOnce(s, pi, pm obj, refusal *apiError) (outcome, error) {
	switch {
	case refusal != nil:
		return outcome{refusal: &decline{refusal.code, refusal.declineCode, refusal.message}}, w.put(s)
	case pi.str("status") != "succeeded":
		return outcome{ask: pi.str("id")}, w.put(s)
	}
	return outcome{done: true}, w.completeOnce(s, pi, pm)
}

// sessionIntent is the intent that the session is paid with.
func (w *work) sessionIntent(s, customer obj) (obj, error) {
	amount := s.num("amount_total")
	if id := s.str(hiddenKey, "intent"); id != "" {
		pi, err := w.get("payment_intent", id)
		if err == nil {
			pi["amount"], pi["customer"] = amount, customer["id"] // a code may have come or gone
		}
		return pi, err
	}
	pi := w.newIntent(amount, s.str("currency"), customer["id"])
	pi["description"] = orNull(s.str(hiddenKey, "intent_description"))
	pi["receipt_email"] = orNull(s.str(hiddenKey, "intent_receipt"))
	pi["setup_future_usage"] = orNull(s.str(hiddenKey, "intent_keep"))
	pi["metadata"], pi["shipping"] = merged(s.sub(hiddenKey, "intent_metadata"), nil), s.at(hiddenKey, "intent_shipping")
	s.hidden()["intent"] = pi["id"]
	if err := w.put(pi); err != nil {
		return nil, err
	}
	return pi, w.emit("payment_intent.created", pi)
}

// completeOnce closes a session that is paid; pi is nil when nothing was due.
func (w *work) completeOnce(s, pi, pm obj) error {
	id := s.str("customer")
	if id == "" {
		id = s.str(hiddenKey, "customer")
	}
	var customer obj
	var err error
	if id != "" {
		if customer, err = w.get("customer", id); err != nil {
			return err
		}
	}
	s["payment_status"] = "no_payment_required"
	if pi != nil {
		s["payment_status"], s["payment_intent"] = "paid", pi["id"]
	}
	if coupon := s.str(hiddenKey, "coupon"); coupon != "" {
		if err := w.redeemed(coupon, s.str(hiddenKey, "promotion")); err != nil {
			return err
		}
	}
	if s.flag("invoice_creation", "enabled") {
		if err := w.invoiceOnce(s, pi, pm, customer); err != nil {
			return err
		}
		if customer, err = w.get("customer", id); err != nil {
			return err
		}
	}
	return w.close(s, pm, customer)
}

// invoiceOnce makes the invoice of a session that is paid already.
func (w *work) invoiceOnce(s, pi, pm, customer obj) error {
	id := w.newID("in_")
	lines, err := w.linesOnce(s, customer, id)
	if err != nil {
		return err
	}
	inv := w.newInvoice(id, customer, s.str("currency"), "manual", lines)
	inv["description"] = s.at("invoice_creation", "invoice_data", "description")
	inv["footer"] = s.at("invoice_creation", "invoice_data", "footer")
	inv["metadata"] = merged(s.sub("invoice_creation", "invoice_data", "metadata"), nil)
	inv["attempted"], inv["attempt_count"] = true, 1
	if err := w.discountOnce(s, inv); err != nil {
		return err
	}
	sum(inv, obj{})
	if pi != nil {
		inv["payment_intent"], inv["charge"] = pi["id"], pi["latest_charge"]
		charge, err := w.get("charge", pi.str("latest_charge"))
		if err != nil {
			return err
		}
		pi["invoice"], charge["invoice"] = id, id
		if err := w.put(pi); err != nil {
			return err
		}
		if err := w.put(charge); err != nil {
			return err
		}
	}
	if err := w.put(inv); err != nil {
		return err
	}
	if err := w.emit("invoice.created", inv); err != nil {
		return err
	}
	s["invoice"] = id
	if err := w.finalize(inv); err != nil || inv.str("status") == "paid" {
		return err
	}
	return w.paid(inv, pm)
}

// linesOnce are the invoice's lines for what the session sold.
func (w *work) linesOnce(s, customer obj, invoice string) (lines []obj, err error) {
	for _, bought := range s.list(hiddenKey, "line_items") {
		ii := w.newItem(customer.str("id"), s.str("currency"), bought.num("amount_subtotal"), bought.str("description"))
		ii["invoice"], ii["price"], ii["quantity"] = invoice, bought["price"], bought["quantity"]
		ii["unit_amount"], ii["unit_amount_decimal"] = bought.num("price", "unit_amount"), itoa(bought.num("price", "unit_amount"))
		if err := w.put(ii); err != nil {
			return nil, err
		}
		if err := w.emit("invoiceitem.created", ii); err != nil {
			return nil, err
		}
		lines = append(lines, w.lineOf(ii, invoice))
	}
	return lines, nil
}

// discountOnce puts the session's coupon on its invoice.
func (w *work) discountOnce(s, inv obj) error {
	id := s.str(hiddenKey, "coupon")
	if id == "" {
		return nil
	}
	coupon, err := w.get("coupon", id)
	if err != nil {
		return err
	}
	d := obj{
		"id": w.newID("di_"), "object": "discount", "checkout_session": s["id"], "coupon": coupon.shown(),
		"customer": inv["customer"], "end": nil, "invoice": inv["id"], "invoice_item": nil,
		"promotion_code": orNull(s.str(hiddenKey, "promotion")), "start": w.now, "subscription": nil, "subscription_item": nil,
	}
	inv["discount"], inv["discounts"] = d, []any{d["id"]}
	return w.put(d)
}
