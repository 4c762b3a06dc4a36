package standin

func listInvoices(c *call) (obj, error) {
	return c.page("/v1/invoices", of("invoice").is("customer", c.p.str("customer")).
		is("subscription", c.p.str("subscription")).is("collection_method", c.p.str("collection_method")).
		is("status", c.p.oneOf("status", "", "draft", "open", "paid", "uncollectible", "void")))
}

func listInvoiceLines(c *call) (obj, error) {
	inv, err := c.get("invoice", c.id())
	if err != nil {
		return nil, err
	}
	c.p.ignore("limit", "starting_after", "ending_before")
	return inv.sub("lines"), nil
}

func updateInvoice(c *call) (obj, error) {
	inv, err := c.get("invoice", c.id())
	if err != nil {
		return nil, err
	}
	return inv, c.change(inv, "invoice.updated", func() {
		inv["metadata"] = merged(inv.sub("metadata"), c.p.metadata("metadata"))
		if d, sent := c.p.opt("description"); sent {
			inv["description"] = orNull(d)
		}
		if on, sent := c.p.optBool("auto_advance"); sent {
			inv["auto_advance"] = on
			if !on {
				inv["next_payment_attempt"] = nil
				inv.due(0)
			}
		}
	})
}

func finalizeInvoice(c *call) (obj, error) {
	c.p.ignore("auto_advance")
	inv, err := c.get("invoice", c.id())
	if err != nil {
		return nil, err
	}
	if inv.str("status") != "draft" {
		return nil, invalidCode("invoice_not_editable", "", "This invoice is already finalized, you can't re-finalize a non-draft invoice.")
	}
	return inv, c.finalize(inv)
}

func voidInvoice(c *call) (obj, error) {
	inv, err := c.get("invoice", c.id())
	if err != nil {
		return nil, err
	}
	if inv.str("status") != "open" {
		return nil, invalidCode("invoice_not_editable", "", "You can only void open invoices. This invoice is %s.", inv.str("status"))
	}
	if err := c.void(inv); err != nil {
		return nil, err
	}
	sub, err := c.find(inv.str("subscription"))
	if err == nil && sub.str("status") == "incomplete" {
		err = c.giveUp(sub)
	}
	return inv, err
}

func payInvoice(c *call) (obj, error) {
	c.p.ignore("off_session", "forgive")
	inv, err := c.get("invoice", c.id())
	if err != nil {
		return nil, err
	}
	switch inv.str("status") {
	case "paid":
		return nil, invalidCode("invoice_already_paid", "", "Invoice is already paid")
	case "draft":
		if err := c.finalize(inv); err != nil {
			return nil, err
		}
	case "open":
	default:
		return nil, invalid("", "This invoice is %s and can no longer be paid.", inv.str("status"))
	}
	if inv.str("status") == "paid" {
		return inv, nil
	}
	if c.p.boolean("paid_out_of_band") {
		inv["paid_out_of_band"] = true
		return inv, c.paid(inv, nil)
	}
	pm, err := c.payer(inv)
	if err != nil {
		return nil, err
	}
	return inv, c.payInvoice(inv, pm, offSession, "")
}

// payer is the payment method that the request names, or the one on file.
func (c *call) payer(inv obj) (obj, error) {
	if id := c.p.str("payment_method"); id != "" {
		pm, err := c.method(id)
		return pm, asParam(err, "payment_method")
	}
	sub, err := c.find(inv.str("subscription"))
	if err != nil {
		return nil, err
	}
	customer, err := c.get("customer", inv.str("customer"))
	if err != nil {
		return nil, err
	}
	pm, err := c.defaultMethod(sub, customer)
	if err == nil && pm == nil {
		err = invalid("", "Cannot charge customer that has no active card")
	}
	return pm, err
}

// upcomingInvoice previews the next renewal. Nothing is kept of it.
func upcomingInvoice(c *call) (obj, error) {
	q := of("subscription").is("id", c.p.str("subscription")).is("customer", c.p.str("customer")).
		cond(column("status") + " IN ('active', 'past_due', 'trialing')")
	subs, err := c.all(q)
	if err != nil {
		return nil, err
	}
	if len(q.args) == 0 {
		return nil, invalidCode("parameter_missing", "customer", "You must pass customer or subscription.")
	}
	if len(subs) == 0 || subs[0].num("cancel_at") > 0 && subs[0].num("cancel_at") <= subs[0].num("current_period_end") {
		return nil, &apiError{status: 404, typ: "invalid_request_error", code: "invoice_upcoming_none",
			message: "No upcoming invoices for customer: " + c.p.str("customer")}
	}
	sub := subs[0]
	customer, err := c.get("customer", sub.str("customer"))
	if err != nil {
		return nil, err
	}
	start, was := sub.num("current_period_end"), sub.num("current_period_start")
	sub["current_period_start"] = start
	sub["current_period_end"] = intervalOf(sub.list("items")[0].sub("price")).next(sub.num("billing_cycle_anchor"), start)
	if d := sub.sub("discount"); d != nil && d.num("end") > 0 && d.num("end") <= start {
		sub["discount"], sub["discounts"] = nil, []any{}
	}
	inv, err := c.bill(sub, customer, "upcoming", was, start)
	if err != nil {
		return nil, err
	}
	if _, err := c.tx.ExecContext(c.ctx, `DELETE FROM objects WHERE id = $1`, inv.str("id")); err != nil {
		return nil, err
	}
	delete(inv, "id")
	inv["created"], inv["next_payment_attempt"], inv["webhooks_delivered_at"] = start, start+draftFor, nil
	return inv, nil
}
