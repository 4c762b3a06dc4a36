package standin

import (
	"errors"
	"fmt"
	"strconv"
)

// draftFor is how long a renewal's invoice stays a draft.
const draftFor = 3600

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// bill drafts an invoice for the subscription's current period. start and end
// are the usage period that it closes.
func (w *work) bill(sub, customer obj, reason string, start, end int64) (obj, error) {
	id := w.newID("in_")
	lines, subtotal, err := w.lines(sub, id)
	if err != nil {
		return nil, err
	}
	discounts, less := discountOn(sub, lines, subtotal)
	total := subtotal - less
	inv := obj{
		"id": id, "object": "invoice", "account_country": w.s.cfg.Country, "account_name": w.s.cfg.AccountName,
		"account_tax_ids": nil, "amount_due": total, "amount_paid": 0, "amount_remaining": total, "amount_shipping": 0,
		"application": nil, "application_fee_amount": nil, "attempt_count": 0, "attempted": false, "auto_advance": true,
		"automatic_tax":  obj{"enabled": false, "liability": nil, "status": nil},
		"billing_reason": reason, "charge": nil, "collection_method": "charge_automatically", "created": w.now,
		"currency": sub["currency"], "custom_fields": nil, "customer": customer["id"], "customer_address": customer["address"],
		"customer_email": customer["email"], "customer_name": customer["name"], "customer_phone": customer["phone"],
		"customer_shipping": customer["shipping"], "customer_tax_exempt": "none", "customer_tax_ids": []any{},
		"default_payment_method": nil, "default_source": nil, "default_tax_rates": []any{}, "description": nil,
		"discount": sub["discount"], "discounts": sub["discounts"], "due_date": nil, "effective_at": nil,
		"ending_balance": nil, "footer": nil, "from_invoice": nil, "hosted_invoice_url": nil, "invoice_pdf": nil,
		"issuer": obj{"type": "self"}, "last_finalization_error": nil, "latest_revision": nil,
		"lines": listOf("/v1/invoices/"+id+"/lines", lines...), "livemode": false, "metadata": obj{},
		"next_payment_attempt": w.now + draftFor, "number": nil, "on_behalf_of": nil, "paid": false, "paid_out_of_band": false,
		"payment_intent":   nil,
		"payment_settings": obj{"default_mandate": nil, "payment_method_options": nil, "payment_method_types": nil},
		"period_end":       end, "period_start": start, "post_payment_credit_notes_amount": 0,
		"pre_payment_credit_notes_amount": 0, "quote": nil, "receipt_number": nil,
		"rendering": obj{"amount_tax_display": nil, "pdf": obj{"page_size": "auto"}}, "rendering_options": nil,
		"shipping_cost": nil, "shipping_details": nil, "starting_balance": 0, "statement_descriptor": nil, "status": "draft",
		"status_transitions": obj{"finalized_at": nil, "marked_uncollectible_at": nil, "paid_at": nil, "voided_at": nil},
		"subscription":       sub["id"], "subscription_details": obj{"metadata": sub["metadata"]}, "subtotal": subtotal,
		"subtotal_excluding_tax": subtotal, "tax": nil, "test_clock": nil, "total": total,
		"total_discount_amounts": discounts, "total_excluding_tax": total, "total_tax_amounts": []any{},
		"transfer_data": nil, "webhooks_delivered_at": w.now,
	}
	if sub.str("status") == "unpaid" {
		inv["auto_advance"], inv["next_payment_attempt"] = false, nil
	} else {
		inv.due(w.now + draftFor)
	}
	return inv, w.put(inv)
}

// lines are the invoice's positions, one for each item of the subscription.
func (w *work) lines(sub obj, invoice string) (lines []obj, subtotal int64, err error) {
	for _, item := range sub.list("items") {
		price := item.sub("price")
		product, err := w.get("product", price.str("product"))
		if err != nil {
			return nil, 0, err
		}
		amount := price.num("unit_amount") * item.num("quantity")
		subtotal += amount
		lines = append(lines, obj{
			"id": w.newID("il_"), "object": "line_item", "amount": amount, "amount_excluding_tax": amount,
			"currency": price["currency"],
			"description": fmt.Sprintf("%d × %s (at %s / %s)", item.num("quantity"), product.str("name"),
				money(price.num("unit_amount"), price.str("currency")), rhythm(price)),
			"discount_amounts": []any{}, "discountable": true, "discounts": []any{}, "invoice": invoice, "livemode": false,
			"metadata": sub["metadata"], "period": obj{"start": sub["current_period_start"], "end": sub["current_period_end"]},
			"plan": item["plan"], "price": price, "proration": false, "proration_details": obj{"credited_items": nil},
			"quantity": item["quantity"], "subscription": sub["id"], "subscription_item": item["id"], "tax_amounts": []any{},
			"tax_rates": []any{}, "type": "subscription", "unit_amount_excluding_tax": itoa(price.num("unit_amount")),
		})
	}
	return lines, subtotal, nil
}

// discountOn takes the subscription's discount off the lines.
func discountOn(sub obj, lines []obj, subtotal int64) (amounts []any, less int64) {
	d := sub.sub("discount")
	if d == nil {
		return []any{}, 0
	}
	less = off(d.sub("coupon"), subtotal)
	parts := make([]int64, len(lines))
	for i, line := range lines {
		parts[i] = line.num("amount")
	}
	for i, part := range spread(less, parts) {
		lines[i]["discount_amounts"] = []any{obj{"amount": part, "discount": d["id"]}}
	}
	return []any{obj{"amount": less, "discount": d["id"]}}, less
}

// finalize gives the invoice its number and opens it for payment; one over
// nothing is paid at once.
func (w *work) finalize(inv obj) error {
	customer, err := w.get("customer", inv.str("customer"))
	if err != nil {
		return err
	}
	n := max(customer.num("next_invoice_sequence"), 1)
	if !customer.flag("deleted") {
		customer["next_invoice_sequence"] = n + 1
		if err := w.put(customer); err != nil {
			return err
		}
	}
	inv["number"] = fmt.Sprintf("%s-%04d", invoicePrefix(customer), n)
	inv["status"], inv["effective_at"], inv["ending_balance"] = "open", w.now, 0
	inv.sub("status_transitions")["finalized_at"] = w.now
	inv["hosted_invoice_url"] = w.s.url("/i/" + inv.str("id"))
	inv["invoice_pdf"] = w.s.url("/i/" + inv.str("id") + "/pdf")
	inv["next_payment_attempt"] = nil
	inv.due(0)
	if inv.num("amount_due") > 0 {
		pi := w.newIntent(inv.num("amount_due"), inv.str("currency"), inv["customer"])
		pi["invoice"] = inv["id"]
		pi["setup_future_usage"] = "off_session"
		pi["description"] = map[string]string{"subscription_create": "Subscription creation"}[inv.str("billing_reason")]
		if pi.str("description") == "" {
			pi["description"] = "Subscription update"
		}
		inv["payment_intent"] = pi["id"]
		if err := w.put(pi); err != nil {
			return err
		}
		if err := w.emit("payment_intent.created", pi); err != nil {
			return err
		}
	}
	if err := w.put(inv); err != nil {
		return err
	}
	if err := w.emit("invoice.finalized", inv); err != nil {
		return err
	}
	if inv.num("amount_due") > 0 {
		return nil
	}
	return w.paid(inv, nil)
}

func invoicePrefix(customer obj) string {
	if p := customer.str("invoice_prefix"); p != "" {
		return p
	}
	return "DELETED"
}

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
	retrying := sub != nil && inv.str("billing_reason") != "subscription_create" && inv.flag("auto_advance")
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
	sub, err := w.get("subscription", inv.str("subscription"))
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

// void takes an open invoice back, and its intent with it.
func (w *work) void(inv obj) error {
	inv["status"], inv["auto_advance"], inv["next_payment_attempt"] = "void", false, nil
	inv.sub("status_transitions")["voided_at"] = w.now
	inv.due(0)
	if err := w.put(inv); err != nil {
		return err
	}
	if id := inv.str("payment_intent"); id != "" {
		pi, err := w.get("payment_intent", id)
		if err != nil {
			return err
		}
		if err := w.cancelIntent(pi, "void_invoice"); err != nil {
			return err
		}
	}
	return w.emit("invoice.voided", inv)
}

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
