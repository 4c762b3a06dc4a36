package standin

import "cmp"

func listInvoices(c *call) (obj, error) {
	return c.page("/v1/invoices", of("invoice").is("customer", c.p.str("customer")).
		is("subscription", c.p.str("subscription")).is("collection_method", c.p.str("collection_method")).
		is("status", c.p.oneOf("status", "", "draft", "open", "paid", "uncollectible", "void")).
		cond(column("deleted")+" IS NULL"))
}

func listInvoiceLines(c *call) (obj, error) {
	inv, err := c.get("invoice", c.id())
	if err != nil {
		return nil, err
	}
	c.p.ignore("limit", "starting_after", "ending_before")
	return inv.sub("lines"), nil
}

// createInvoice drafts an invoice by hand, with what is pending if that is
// asked for.
func createInvoice(c *call) (obj, error) {
	customer, err := c.live("customer", c.p.need("customer"))
	if err != nil {
		return nil, asParam(err, "customer")
	}
	c.p.oneOf("collection_method", "", "charge_automatically")
	id := c.newID("in_")
	currency := cmp.Or(c.p.str("currency"), customer.str("currency"), c.s.cfg.Currency)
	q := of("invoiceitem").is("customer", customer.str("id")).is("currency", currency).cond(column("invoice") + " IS NULL")
	sub := c.p.str("subscription")
	if sub != "" {
		if _, err := c.get("subscription", sub); err != nil {
			return nil, asParam(err, "subscription")
		}
		q.cond("subscription = ?", sub)
	}
	var lines []obj
	if c.p.oneOf("pending_invoice_items_behavior", "exclude", "exclude", "include") == "include" || sub != "" {
		if lines, err = c.takeItems(q, id); err != nil {
			return nil, err
		}
	}
	inv := c.newInvoice(id, customer, currency, "manual", lines)
	inv["subscription"], inv["description"] = orNull(sub), orNull(c.p.str("description"))
	inv["metadata"], inv["footer"] = merged(nil, c.p.metadata("metadata")), orNull(c.p.str("footer"))
	inv["auto_advance"] = c.p.boolean("auto_advance")
	if inv.flag("auto_advance") {
		inv["next_payment_attempt"] = c.now + draftFor
		inv.due(c.now + draftFor)
	}
	sum(inv, customer)
	if err := c.put(inv); err != nil {
		return nil, err
	}
	return inv, c.emit("invoice.created", inv)
}

// deleteInvoice forgets a draft that was made by hand; its items wait again.
func deleteInvoice(c *call) (obj, error) {
	inv, err := c.live("invoice", c.id())
	if err != nil {
		return nil, err
	}
	if inv.str("status") != "draft" || inv.str("billing_reason") != "manual" {
		return nil, invalidCode("invoice_not_editable", "", "You can only delete draft invoices that no subscription made.")
	}
	items, err := c.all(of("invoiceitem").is("invoice", c.id()))
	if err != nil {
		return nil, err
	}
	for _, ii := range items {
		ii["invoice"] = nil
		if err := c.put(ii); err != nil {
			return nil, err
		}
	}
	gone := obj{"id": inv["id"], "object": "invoice", "deleted": true}
	if err := c.put(gone); err != nil {
		return nil, err
	}
	return gone, c.emit("invoice.deleted", inv)
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
	if s := inv.str("status"); s != "open" && s != "uncollectible" {
		return nil, invalidCode("invoice_not_editable", "", "You can only void open invoices. This invoice is %s.", inv.str("status"))
	}
	if err := c.void(inv); err != nil {
		return nil, err
	}
	sub, err := c.find(inv.str("subscription"))
	switch {
	case err != nil:
	case sub.str("status") == "incomplete":
		err = c.giveUp(sub)
	case sub.str(hiddenKey, "pending", "invoice") == inv.str("id"):
		err = c.expirePending(sub)
	}
	return inv, err
}

func writeOffInvoice(c *call) (obj, error) {
	inv, err := c.get("invoice", c.id())
	if err != nil {
		return nil, err
	}
	if inv.str("status") != "open" {
		return nil, invalidCode("invoice_not_editable", "", "You can only mark open invoices as uncollectible. This invoice is %s.", inv.str("status"))
	}
	return inv, c.writeOff(inv)
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
	case "open", "uncollectible":
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
