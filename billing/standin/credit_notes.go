package standin

import "fmt"

// noteTerms is what a credit note gives back, and how.
type noteTerms struct {
	amount, refund, credit, outside int64
	lines                           []obj
}

// createCreditNote takes part of a finalized invoice back: off what is still
// owed, or out of what was paid, as a refund, as credit for later invoices, or
// by other means. https://docs.stripe.com/api/credit_notes
func createCreditNote(c *call) (obj, error) {
	inv, terms, err := c.readNote()
	if err != nil {
		return nil, err
	}
	note := c.newNote(inv, terms)
	if err := c.put(note); err != nil {
		return nil, err
	}
	if inv.str("status") == "open" {
		err = c.creditOpen(inv, terms.amount)
	} else {
		err = c.creditPaid(inv, note, terms)
	}
	if err != nil {
		return nil, err
	}
	if err := c.put(note); err != nil {
		return nil, err
	}
	return note, c.emit("credit_note.created", note)
}

// previewCreditNote is the note that the same request would make.
func previewCreditNote(c *call) (obj, error) {
	inv, terms, err := c.readNote()
	if err != nil {
		return nil, err
	}
	return c.newNote(inv, terms), nil
}

func (c *call) readNote() (inv obj, t noteTerms, err error) {
	if inv, err = c.get("invoice", c.p.need("invoice")); err != nil {
		return nil, t, asParam(err, "invoice")
	}
	if s := inv.str("status"); s != "open" && s != "paid" {
		return nil, t, invalid("invoice", "You can only create a credit note for an invoice that is open or paid. This one is %s.", s)
	}
	if err := c.noteLines(inv, &t); err != nil {
		return nil, t, err
	}
	t.refund, t.credit, t.outside = c.p.integer("refund_amount"), c.p.integer("credit_amount"), c.p.integer("out_of_band_amount")
	if t.amount == 0 {
		t.amount = t.refund + t.credit + t.outside
	}
	left := inv.num("amount_remaining")
	if inv.str("status") == "paid" {
		left = inv.num("amount_paid") - inv.num("post_payment_credit_notes_amount")
	}
	switch {
	case t.amount < 1:
		return nil, t, invalid("amount", "You must pass amount, lines, refund_amount, credit_amount or out_of_band_amount.")
	case t.amount > left:
		return nil, t, invalid("amount", "The credit note's amount (%s) is more than is left of the invoice (%s).",
			money(t.amount, inv.str("currency")), money(left, inv.str("currency")))
	case inv.str("status") == "paid" && t.refund+t.credit+t.outside != t.amount:
		return nil, t, invalid("amount", "The sum of credit amount, refund amount and out of band amount (%s) must equal the credit note's amount (%s).",
			money(t.refund+t.credit+t.outside, inv.str("currency")), money(t.amount, inv.str("currency")))
	}
	return inv, t, nil
}

// noteLines reads what is taken back, line by line or as one sum.
func (c *call) noteLines(inv obj, t *noteTerms) error {
	add := func(kind, text string, amount, quantity int64, from any) {
		t.amount += amount
		line := obj{"id": c.newID("cnli_"), "object": "credit_note_line_item", "amount": amount, "amount_excluding_tax": amount,
			"description": orNull(text), "discount_amount": 0, "discount_amounts": []any{}, "livemode": false, "quantity": quantity,
			"tax_amounts": []any{}, "tax_rates": []any{}, "type": kind, "unit_amount": amount / max(quantity, 1),
			"unit_amount_decimal": itoa(amount / max(quantity, 1)), "unit_amount_excluding_tax": itoa(amount / max(quantity, 1))}
		if from != nil {
			line["invoice_line_item"] = from
		}
		t.lines = append(t.lines, line)
	}
	for _, in := range c.p.items("lines") {
		amount, quantity := in.integer("amount"), max(in.integer("quantity"), 1)
		if in.oneOf("type", "custom_line_item", "invoice_line_item", "custom_line_item") == "custom_line_item" {
			if amount == 0 {
				amount = in.integer("unit_amount") * quantity
			}
			add("custom_line_item", in.str("description"), amount, quantity, nil)
			continue
		}
		id := in.need("invoice_line_item")
		var found obj
		for _, line := range inv.list("lines") {
			if line.str("id") == id {
				found = line
			}
		}
		if found == nil {
			return invalid(in.full("invoice_line_item"), "The invoice has no line %s.", id)
		}
		if amount == 0 {
			amount = found.num("amount")
		}
		add("invoice_line_item", found.str("description"), amount, quantity, id)
	}
	if amount := c.p.integer("amount"); amount > 0 {
		if t.amount > 0 {
			return invalid("amount", "You may only specify one of these parameters: amount, lines.")
		}
		add("custom_line_item", "Credit", amount, 1, nil)
	}
	return nil
}

func (c *call) newNote(inv obj, t noteTerms) obj {
	id := c.newID("cn_")
	typ := map[bool]string{true: "post_payment", false: "pre_payment"}[inv.str("status") == "paid"]
	n := inv.num(hiddenKey, "notes") + 1
	inv.hidden()["notes"] = n
	lines := listOf("/v1/credit_notes/"+id+"/lines", t.lines...)
	return obj{
		"id": id, "object": "credit_note", "amount": t.amount, "amount_shipping": 0, "created": c.now, "currency": inv["currency"],
		"customer": inv["customer"], "customer_balance_transaction": nil, "discount_amount": 0, "discount_amounts": []any{},
		"effective_at": c.now, "invoice": inv["id"], "lines": lines, "livemode": false, "memo": orNull(c.p.str("memo")),
		"metadata": merged(nil, c.p.metadata("metadata")), "number": fmt.Sprintf("%s-CN-%02d", inv.str("number"), n),
		"out_of_band_amount": orNull(t.outside), "pdf": inv["invoice_pdf"],
		"reason": orNull(c.p.oneOf("reason", "", "duplicate", "fraudulent", "order_change", "product_unsatisfactory")),
		"refund": orNull(c.p.str("refund")), "shipping_cost": nil, "status": "issued", "subtotal": t.amount,
		"subtotal_excluding_tax": t.amount, "tax_amounts": []any{}, "total": t.amount, "total_excluding_tax": t.amount,
		"type": typ, "voided_at": nil,
	}
}

// creditOpen takes a note off what is still owed; an invoice of which nothing
// is left is paid.
func (c *call) creditOpen(inv obj, amount int64) error {
	pi, err := c.get("payment_intent", inv.str("payment_intent"))
	if err != nil {
		return err
	}
	before := inv.clone()
	inv["pre_payment_credit_notes_amount"] = inv.num("pre_payment_credit_notes_amount") + amount
	inv["amount_due"] = inv.num("amount_due") - amount
	inv["amount_remaining"] = inv["amount_due"]
	if err := c.put(inv); err != nil {
		return err
	}
	if err := c.emitChange("invoice.updated", before, inv); err != nil {
		return err
	}
	if inv.num("amount_due") > 0 {
		pi["amount"] = inv["amount_due"]
		return c.put(pi)
	}
	if err := c.cancelIntent(pi, "void_invoice"); err != nil {
		return err
	}
	return c.paid(inv, nil)
}

// creditPaid gives back out of what was paid.
func (c *call) creditPaid(inv, note obj, t noteTerms) error {
	err := c.change(inv, "invoice.updated", func() {
		inv["post_payment_credit_notes_amount"] = inv.num("post_payment_credit_notes_amount") + t.amount
	})
	if err != nil {
		return err
	}
	if t.refund > 0 && note["refund"] == nil {
		charge, err := c.get("charge", inv.str("charge"))
		if err != nil {
			return err
		}
		refund, err := c.refund(charge, t.refund, "requested_by_customer", nil)
		if err != nil {
			return err
		}
		note["refund"] = refund["id"]
	}
	if t.credit == 0 {
		return nil
	}
	customer, err := c.get("customer", inv.str("customer"))
	if err != nil {
		return err
	}
	if err := c.moveBalance(customer, -t.credit, "credit_note", inv["id"], note["id"]); err != nil {
		return err
	}
	moves, err := c.all(of("customer_balance_transaction").is("customer", customer.str("id")))
	if err == nil {
		note["customer_balance_transaction"] = moves[len(moves)-1]["id"]
	}
	return err
}

// voidCreditNote takes back a note for an invoice that is still open.
func voidCreditNote(c *call) (obj, error) {
	note, err := c.get("credit_note", c.id())
	if err != nil {
		return nil, err
	}
	inv, err := c.get("invoice", note.str("invoice"))
	if err != nil {
		return nil, err
	}
	if note.str("status") != "issued" || note.str("type") != "pre_payment" || inv.str("status") != "open" {
		return nil, invalid("", "Only an issued credit note for an open invoice can be voided.")
	}
	pi, err := c.get("payment_intent", inv.str("payment_intent"))
	if err != nil {
		return nil, err
	}
	inv["pre_payment_credit_notes_amount"] = inv.num("pre_payment_credit_notes_amount") - note.num("amount")
	inv["amount_due"] = inv.num("amount_due") + note.num("amount")
	inv["amount_remaining"], pi["amount"] = inv["amount_due"], inv["amount_due"]
	note["status"], note["voided_at"] = "void", c.now
	for _, o := range []obj{inv, pi, note} {
		if err := c.put(o); err != nil {
			return nil, err
		}
	}
	return note, c.emit("credit_note.voided", note)
}

func updateCreditNote(c *call) (obj, error) {
	note, err := c.get("credit_note", c.id())
	if err != nil {
		return nil, err
	}
	return note, c.change(note, "credit_note.updated", func() {
		if memo, sent := c.p.opt("memo"); sent {
			note["memo"] = orNull(memo)
		}
		note["metadata"] = merged(note.sub("metadata"), c.p.metadata("metadata"))
	})
}

func listCreditNotes(c *call) (obj, error) {
	return c.page("/v1/credit_notes", of("credit_note").is("invoice", c.p.str("invoice")).is("customer", c.p.str("customer")))
}
