package standin

import (
	"fmt"
	"strconv"
)

// draftFor is how long a renewal's invoice stays a draft.
const draftFor = 3600

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// statement says what an invoice is drawn up for.
type statement struct {
	reason     string // billing_reason
	start, end int64  // the usage period that it closes
	period     bool   // the subscription's items for its current period; without it pending items only
}

// bill drafts an invoice for a subscription: what is pending first, then the
// items for the current period.
func (w *work) bill(sub, customer obj, st statement) (obj, error) {
	id := w.newID("in_")
	lines, err := w.takePending(sub, id, st.period)
	if err != nil {
		return nil, err
	}
	if st.period {
		own, err := w.lines(sub, id)
		if err != nil {
			return nil, err
		}
		lines = append(lines, own...)
	}
	inv := w.newInvoice(id, customer, sub.str("currency"), st.reason, lines)
	inv["period_start"], inv["period_end"] = st.start, st.end
	inv["subscription"], inv["subscription_details"] = sub["id"], obj{"metadata": sub["metadata"]}
	if st.period {
		inv["discount"], inv["discounts"] = sub["discount"], sub["discounts"]
	}
	sum(inv, customer)
	if st.period {
		remember(sub, inv)
	}
	if sub.str("status") == "unpaid" {
		inv["auto_advance"], inv["next_payment_attempt"] = false, nil
	} else {
		inv["next_payment_attempt"] = w.now + draftFor
		inv.due(w.now + draftFor)
	}
	return inv, w.put(inv)
}

// newInvoice makes a draft over the lines; sum reckons what it comes to.
func (w *work) newInvoice(id string, customer obj, currency, reason string, lines []obj) obj {
	return obj{
		"id": id, "object": "invoice", "account_country": w.s.cfg.Country, "account_name": w.s.cfg.AccountName,
		"account_tax_ids": nil, "amount_due": 0, "amount_paid": 0, "amount_remaining": 0, "amount_shipping": 0,
		"application": nil, "application_fee_amount": nil, "attempt_count": 0, "attempted": false, "auto_advance": true,
		"automatic_tax":  obj{"enabled": false, "liability": nil, "status": nil},
		"billing_reason": reason, "charge": nil, "collection_method": "charge_automatically", "created": w.now,
		"currency": currency, "custom_fields": nil, "customer": customer["id"], "customer_address": customer["address"],
		"customer_email": customer["email"], "customer_name": customer["name"], "customer_phone": customer["phone"],
		"customer_shipping": customer["shipping"], "customer_tax_exempt": "none", "customer_tax_ids": []any{},
		"default_payment_method": nil, "default_source": nil, "default_tax_rates": []any{}, "description": nil,
		"discount": nil, "discounts": []any{}, "due_date": nil, "effective_at": nil,
		"ending_balance": nil, "footer": nil, "from_invoice": nil, "hosted_invoice_url": nil, "invoice_pdf": nil,
		"issuer": obj{"type": "self"}, "last_finalization_error": nil, "latest_revision": nil,
		"lines": listOf("/v1/invoices/"+id+"/lines", lines...), "livemode": false, "metadata": obj{},
		"next_payment_attempt": nil, "number": nil, "on_behalf_of": nil, "paid": false, "paid_out_of_band": false,
		"payment_intent":   nil,
		"payment_settings": obj{"default_mandate": nil, "payment_method_options": nil, "payment_method_types": nil},
		"period_end":       w.now, "period_start": w.now, "post_payment_credit_notes_amount": 0,
		"pre_payment_credit_notes_amount": 0, "quote": nil, "receipt_number": nil,
		"rendering": obj{"amount_tax_display": nil, "pdf": obj{"page_size": "auto"}}, "rendering_options": nil,
		"shipping_cost": nil, "shipping_details": nil, "starting_balance": 0, "statement_descriptor": nil, "status": "draft",
		"status_transitions": obj{"finalized_at": nil, "marked_uncollectible_at": nil, "paid_at": nil, "voided_at": nil},
		"subscription":       nil, "subscription_details": obj{"metadata": nil}, "subtotal": 0,
		"subtotal_excluding_tax": 0, "tax": nil, "test_clock": nil, "total": 0,
		"total_discount_amounts": []any{}, "total_excluding_tax": 0, "total_tax_amounts": []any{},
		"transfer_data": nil, "webhooks_delivered_at": w.now,
	}
}

// lines are the invoice's positions for the current period, one for each item
// of the subscription. In a trial they cost nothing.
func (w *work) lines(sub obj, invoice string) (lines []obj, err error) {
	trial := sub.str("status") == "trialing"
	for _, item := range sub.list("items") {
		price := item.sub("price")
		product, err := w.get("product", price.str("product"))
		if err != nil {
			return nil, err
		}
		amount := price.num("unit_amount") * item.num("quantity")
		unit := price.num("unit_amount")
		text := fmt.Sprintf("%d × %s (at %s / %s)", item.num("quantity"), product.str("name"),
			money(unit, price.str("currency")), rhythm(price))
		if trial {
			amount, unit, text = 0, 0, "Trial period for "+product.str("name")
		}
		lines = append(lines, obj{
			"id": w.newID("il_"), "object": "line_item", "amount": amount, "amount_excluding_tax": amount,
			"currency": price["currency"], "description": text, "discount_amounts": []any{}, "discountable": true,
			"discounts": []any{}, "invoice": invoice, "livemode": false, "metadata": sub["metadata"],
			"period": obj{"start": sub["current_period_start"], "end": sub["current_period_end"]},
			"plan":   item["plan"], "price": price, "proration": false, "proration_details": obj{"credited_items": nil},
			"quantity": item["quantity"], "subscription": sub["id"], "subscription_item": item["id"], "tax_amounts": []any{},
			"tax_rates": []any{}, "type": "subscription", "unit_amount_excluding_tax": itoa(unit),
		})
	}
	return lines, nil
}

// sum reckons an invoice from its lines, its discount and its customer's
// balance. A negative total becomes credit for later invoices.
func sum(inv, customer obj) {
	lines := inv.list("lines")
	var subtotal int64
	for _, line := range lines {
		subtotal += line.num("amount")
	}
	discounts, less := discountOn(inv.sub("discount"), lines)
	total := subtotal - less
	due := total + customer.num("balance")
	inv["subtotal"], inv["subtotal_excluding_tax"] = subtotal, subtotal
	inv["total"], inv["total_excluding_tax"], inv["total_discount_amounts"] = total, total, discounts
	inv["starting_balance"] = customer.num("balance")
	inv["amount_due"], inv["amount_remaining"] = max(0, due), max(0, due)
}

// discountOn takes a discount off the lines that it may touch; prorations have
// theirs in their amount already.
func discountOn(d obj, lines []obj) (amounts []any, less int64) {
	if d == nil {
		return []any{}, 0
	}
	parts := make([]int64, len(lines))
	var touched int64
	for i, line := range lines {
		if line.flag("discountable") && line.num("amount") > 0 && suits(d.sub("coupon"), line.sub("price")) {
			parts[i] = line.num("amount")
			touched += parts[i]
		}
	}
	less = off(d.sub("coupon"), touched)
	for i, part := range spread(less, parts) {
		if parts[i] > 0 {
			lines[i]["discount_amounts"] = []any{obj{"amount": part, "discount": d["id"]}}
		}
	}
	return []any{obj{"amount": less, "discount": d["id"]}}, less
}

// remember keeps with every item what it was billed for a whole period and
// where, since that is what a later proration gives back.
func remember(sub, inv obj) {
	for _, line := range inv.list("lines") {
		if line.str("type") != "subscription" {
			continue
		}
		for _, item := range sub.list("items") {
			if item.str("id") != line.str("subscription_item") {
				continue
			}
			net := line.num("amount")
			for _, d := range line.list("discount_amounts") {
				net -= d.num("amount")
			}
			item[hiddenKey] = obj{"net": net, "invoice": inv["id"], "line": line["id"]}
		}
	}
}

// finalize gives the invoice its number and opens it for payment; one over
// nothing is paid at once.
func (w *work) finalize(inv obj) error {
	customer, err := w.get("customer", inv.str("customer"))
	if err != nil {
		return err
	}
	if err := w.number(inv, customer); err != nil {
		return err
	}
	inv["status"], inv["effective_at"] = "open", w.now
	if err := w.useBalance(inv, customer); err != nil {
		return err
	}
	inv.sub("status_transitions")["finalized_at"] = w.now
	inv["hosted_invoice_url"] = w.s.url("/i/" + inv.str("id"))
	inv["invoice_pdf"] = w.s.url("/i/" + inv.str("id") + "/pdf")
	inv["next_payment_attempt"] = nil
	inv.due(0)
	if inv.num("amount_due") > 0 && inv.str("payment_intent") == "" {
		if err := w.intentFor(inv); err != nil {
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

// number gives the invoice the next number in its customer's series.
func (w *work) number(inv, customer obj) error {
	n := max(customer.num("next_invoice_sequence"), 1)
	inv["number"] = fmt.Sprintf("%s-%04d", invoicePrefix(customer), n)
	if customer.flag("deleted") {
		return nil
	}
	customer["next_invoice_sequence"] = n + 1
	return w.put(customer)
}

// intentFor makes the intent that the invoice is to be paid with.
func (w *work) intentFor(inv obj) error {
	pi := w.newIntent(inv.num("amount_due"), inv.str("currency"), inv["customer"])
	pi["invoice"], pi["description"] = inv["id"], "Payment for Invoice"
	if inv.str("subscription") != "" {
		pi["setup_future_usage"], pi["description"] = "off_session", "Subscription update"
	}
	if inv.str("billing_reason") == "subscription_create" {
		pi["description"] = "Subscription creation"
	}
	inv["payment_intent"] = pi["id"]
	if err := w.put(pi); err != nil {
		return err
	}
	return w.emit("payment_intent.created", pi)
}

func invoicePrefix(customer obj) string {
	if p := customer.str("invoice_prefix"); p != "" {
		return p
	}
	return "DELETED"
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
	if err := w.returnBalance(inv); err != nil {
		return err
	}
	return w.emit("invoice.voided", inv)
}
