package standin

import (
	"fmt"
	"time"
)

// takePending moves the subscription's pending items onto an invoice, as its
// lines; with the customer's own when the invoice is for a whole period.
func (w *work) takePending(sub obj, invoice string, customers bool) (lines []obj, err error) {
	q := of("invoiceitem").is("customer", sub.str("customer")).is("currency", sub.str("currency")).
		cond(column("invoice") + " IS NULL")
	if customers {
		q.cond("(subscription = ? OR subscription IS NULL)", sub.str("id"))
	} else {
		q.cond("subscription = ?", sub.str("id"))
	}
	return w.takeItems(q, invoice)
}

// takeItems moves the pending items that q picks onto an invoice.
func (w *work) takeItems(q *query, invoice string) (lines []obj, err error) {
	pending, err := w.all(q)
	if err != nil {
		return nil, err
	}
	for _, item := range pending {
		item["invoice"] = invoice
		if err := w.put(item); err != nil {
			return nil, err
		}
		lines = append(lines, w.lineOf(item, invoice))
	}
	return lines, nil
}

func (w *work) lineOf(item obj, invoice string) obj {
	line := obj{
		"id": w.newID("il_"), "object": "line_item", "amount": item["amount"], "amount_excluding_tax": item["amount"],
		"currency": item["currency"], "description": item["description"], "discount_amounts": []any{},
		"discountable": item["discountable"], "discounts": []any{}, "invoice": invoice, "invoice_item": item["id"],
		"livemode": false, "metadata": item["metadata"], "period": item["period"], "plan": item["plan"],
		"price": item["price"], "proration": item["proration"],
		"proration_details": obj{"credited_items": item.hidden()["credited"]}, "quantity": item["quantity"],
		"subscription": item["subscription"], "tax_amounts": []any{}, "tax_rates": []any{}, "type": "invoiceitem",
		"unit_amount_excluding_tax": itoa(item.num("unit_amount")),
	}
	if id := item.str("subscription_item"); id != "" {
		line["subscription_item"] = id
	}
	return line
}

// newItem makes a pending invoice item.
func (w *work) newItem(customer, currency string, amount int64, description string) obj {
	return obj{
		"id": w.newID("ii_"), "object": "invoiceitem", "amount": amount, "currency": currency, "customer": customer,
		"date": w.now, "description": orNull(description), "discountable": true, "discounts": []any{}, "invoice": nil,
		"livemode": false, "metadata": obj{}, "period": obj{"start": w.now, "end": w.now}, "plan": nil, "price": nil,
		"proration": false, "quantity": int64(1), "subscription": nil, "tax_rates": []any{}, "test_clock": nil,
		"unit_amount": amount, "unit_amount_decimal": itoa(amount),
	}
}

// prorate writes a pending item for an item's share of the period from at to
// end: a debit, or with sign -1 the credit for time that will not be used.
func (w *work) prorate(sub, item obj, sign, at, start, end int64) error {
	product, err := w.get("product", item.str("price", "product"))
	if err != nil {
		return err
	}
	name := product.str("name")
	if n := item.num("quantity"); n != 1 {
		name = fmt.Sprintf("%d × %s", n, name)
	}
	what := map[int64]string{1: "Remaining time on ", -1: "Unused time on "}[sign]
	text := what + name + " after " + time.Unix(at, 0).UTC().Format("02 Jan 2006")
	amount := sign * prorated(item.num(hiddenKey, "net"), end-at, end-start)
	ii := w.newItem(sub.str("customer"), sub.str("currency"), amount, text)
	ii["discountable"], ii["proration"] = false, true
	ii["metadata"], ii["subscription"], ii["subscription_item"] = sub["metadata"], sub["id"], item["id"]
	ii["period"] = obj{"start": at, "end": end}
	ii["plan"], ii["price"], ii["quantity"] = item["plan"], item["price"], item["quantity"]
	ii["unit_amount"], ii["unit_amount_decimal"] = amount, itoa(amount)
	if from := item.str(hiddenKey, "invoice"); sign < 0 && from != "" {
		ii.hidden()["credited"] = obj{"invoice": from, "invoice_line_items": []any{item.str(hiddenKey, "line")}}
	}
	if err := w.put(ii); err != nil {
		return err
	}
	return w.emit("invoiceitem.created", ii)
}

// createInvoiceItem adds something to a customer's, or a subscription's, next
// invoice, or to a draft.
func createInvoiceItem(c *call) (obj, error) {
	customer, err := c.live("customer", c.p.need("customer"))
	if err != nil {
		return nil, asParam(err, "customer")
	}
	amount, sent := c.p.optInt("amount")
	currency := c.p.str("currency")
	quantity, many := c.p.optInt("quantity")
	if !many {
		quantity = 1
	}
	var price obj
	if id := c.p.str("price"); id != "" {
		if price, err = c.live("price", id); err != nil {
			return nil, asParam(err, "price")
		}
		amount, sent, currency = price.num("unit_amount")*quantity, true, price.str("currency")
	} else if unit, has := c.p.optInt("unit_amount"); has {
		amount, sent = unit*quantity, true
	}
	if !sent || currency == "" {
		return nil, invalid("", "You must pass either amount and currency, or price.")
	}
	ii := c.newItem(customer.str("id"), currency, amount, c.p.str("description"))
	ii["quantity"], ii["metadata"] = quantity, merged(nil, c.p.metadata("metadata"))
	if quantity != 0 {
		ii["unit_amount"], ii["unit_amount_decimal"] = amount/quantity, itoa(amount/quantity)
	}
	if price != nil {
		ii["price"] = price.shown()
	}
	if on, sent := c.p.optBool("discountable"); sent {
		ii["discountable"] = on
	}
	if p := c.p.child("period"); p != nil {
		ii["period"] = obj{"start": p.integer("start"), "end": p.integer("end")}
	}
	return ii, c.placeItem(ii, customer)
}

// placeItem reads which subscription or draft an invoice item is for.
func (c *call) placeItem(ii, customer obj) error {
	if id := c.p.str("subscription"); id != "" {
		sub, err := c.get("subscription", id)
		if err != nil {
			return asParam(err, "subscription")
		}
		if sub.str("customer") != customer.str("id") {
			return invalid("subscription", "Customer %s does not have a subscription with ID %s", customer.str("id"), id)
		}
		ii["subscription"] = id
	}
	if err := c.put(ii); err != nil {
		return err
	}
	if id := c.p.str("invoice"); id != "" {
		inv, err := c.get("invoice", id)
		if err != nil {
			return asParam(err, "invoice")
		}
		if inv.str("status") != "draft" {
			return invalidCode("invoice_not_editable", "invoice", "Invoice %s is no longer a draft.", id)
		}
		ii["invoice"] = id
		if err := c.put(ii); err != nil {
			return err
		}
		lines := inv.sub("lines")
		many, _ := lines["data"].([]any)
		lines["data"] = append(many, c.lineOf(ii, id).clone())
		sum(inv, customer)
		if err := c.put(inv); err != nil {
			return err
		}
	}
	return c.emit("invoiceitem.created", ii)
}

// pendingItem is an invoice item that can still be changed.
func (c *call) pendingItem() (obj, error) {
	ii, err := c.live("invoiceitem", c.id())
	if err == nil && ii.str("invoice") != "" {
		return nil, invalidCode("invoice_not_editable", "", "This invoice item is on an invoice and can no longer be changed.")
	}
	return ii, err
}

func updateInvoiceItem(c *call) (obj, error) {
	ii, err := c.pendingItem()
	if err != nil {
		return nil, err
	}
	if amount, sent := c.p.optInt("amount"); sent {
		ii["amount"], ii["unit_amount"], ii["unit_amount_decimal"] = amount, amount, itoa(amount)
	}
	if text, sent := c.p.opt("description"); sent {
		ii["description"] = orNull(text)
	}
	ii["metadata"] = merged(ii.sub("metadata"), c.p.metadata("metadata"))
	return ii, c.put(ii)
}

func deleteInvoiceItem(c *call) (obj, error) {
	ii, err := c.pendingItem()
	if err != nil {
		return nil, err
	}
	gone := obj{"id": ii["id"], "object": "invoiceitem", "deleted": true}
	if err := c.put(gone); err != nil {
		return nil, err
	}
	return gone, c.emit("invoiceitem.deleted", ii)
}

func listInvoiceItems(c *call) (obj, error) {
	q := of("invoiceitem").is("customer", c.p.str("customer")).is("invoice", c.p.str("invoice")).cond(column("deleted") + " IS NULL")
	if pending, sent := c.p.optBool("pending"); sent {
		q.cond(column("invoice") + map[bool]string{true: " IS NULL", false: " IS NOT NULL"}[pending])
	}
	return c.page("/v1/invoiceitems", q)
}
