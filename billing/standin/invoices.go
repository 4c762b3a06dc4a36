package standin

import (
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
