package standin

// useBalance applies what the customer has in credit, or owes from before, to
// an invoice that is being finalized. What the invoice leaves becomes the
// customer's balance. https://docs.stripe.com/billing/customer/balance
func (w *work) useBalance(inv, customer obj) error {
	if inv.str("payment_intent") != "" { // it was paid before it was written
		inv["ending_balance"] = 0
		return nil
	}
	sum(inv, customer)
	start := inv.num("starting_balance")
	end := min(0, start+inv.num("total"))
	inv["ending_balance"] = end
	if end == start || customer.flag("deleted") {
		return nil
	}
	return w.moveBalance(customer, end-start, "applied_to_invoice", inv["id"], nil)
}

// returnBalance gives back what a voided invoice had used.
func (w *work) returnBalance(inv obj) error {
	moved := inv.num("starting_balance") - inv.num("ending_balance")
	if moved == 0 || inv["ending_balance"] == nil {
		return nil
	}
	customer, err := w.get("customer", inv.str("customer"))
	if err != nil || customer.flag("deleted") {
		return err
	}
	return w.moveBalance(customer, moved, "unapplied_from_invoice", inv["id"], nil)
}

// moveBalance adds to a customer's balance; below zero is credit.
func (w *work) moveBalance(customer obj, amount int64, typ string, invoice, note any) error {
	end := customer.num("balance") + amount
	currency := customer.str("currency")
	if currency == "" {
		currency = w.s.cfg.Currency
	}
	txn := obj{
		"id": w.newID("cbtxn_"), "object": "customer_balance_transaction", "amount": amount, "created": w.now,
		"credit_note": note, "currency": currency, "customer": customer["id"], "description": nil,
		"ending_balance": end, "invoice": invoice, "livemode": false, "metadata": obj{}, "type": typ,
	}
	if err := w.put(txn); err != nil {
		return err
	}
	return w.change(customer, "customer.updated", func() { customer["balance"] = end })
}

func createBalanceTransaction(c *call) (obj, error) {
	customer, err := c.live("customer", c.id())
	if err != nil {
		return nil, err
	}
	amount, sent := c.p.optInt("amount")
	if !sent {
		return nil, invalidCode("parameter_missing", "amount", "Missing required param: amount.")
	}
	if customer["currency"] == nil {
		customer["currency"] = c.p.need("currency")
	} else if c.p.need("currency") != customer.str("currency") {
		return nil, invalid("currency", "You cannot combine currencies on a single customer.")
	}
	if err := c.moveBalance(customer, amount, "adjustment", nil, nil); err != nil {
		return nil, err
	}
	found, err := c.all(of("customer_balance_transaction").is("customer", c.id()))
	if err != nil {
		return nil, err
	}
	txn := found[len(found)-1]
	txn["description"] = orNull(c.p.str("description"))
	txn["metadata"] = merged(nil, c.p.metadata("metadata"))
	return txn, c.put(txn)
}

func listCustomerBalance(c *call) (obj, error) {
	return c.page("/v1/customers/"+c.id()+"/balance_transactions", of("customer_balance_transaction").is("customer", c.id()))
}
