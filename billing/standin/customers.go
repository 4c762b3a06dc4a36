package standin

import "strings"

func (w *work) newCustomer(email, name string) obj {
	return obj{
		"id": w.newID("cus_"), "object": "customer", "address": nil, "balance": 0, "created": w.now, "currency": nil,
		"default_source": nil, "delinquent": false, "description": nil, "discount": nil, "email": orNull(email),
		"invoice_prefix": strings.ToUpper(w.s.dice.id("", 8)),
		"invoice_settings": obj{"custom_fields": nil, "default_payment_method": nil, "footer": nil,
			"rendering_options": nil},
		"livemode": false, "metadata": obj{}, "name": orNull(name), "next_invoice_sequence": 1, "phone": nil,
		"preferred_locales": []any{}, "shipping": nil, "tax_exempt": "none", "test_clock": nil,
	}
}

// fill reads what create and update have in common.
func (c *call) fillCustomer(cus obj) error {
	for _, key := range []string{"email", "name", "description", "phone"} {
		if v, sent := c.p.opt(key); sent {
			cus[key] = orNull(v)
		}
	}
	if email := cus.str("email"); email != "" && !strings.Contains(email, "@") || len(email) > maxEmail {
		return invalidCode("email_invalid", "email", "Invalid email address: %s", email)
	}
	if c.p.child("address") != nil {
		cus["address"] = c.p.address("address")
	}
	if c.p.child("shipping") != nil {
		cus["shipping"] = c.p.shipping("shipping")
	}
	if locales := c.p.strings("preferred_locales"); locales != nil {
		cus["preferred_locales"] = anys(locales)
	}
	cus["tax_exempt"] = c.p.oneOf("tax_exempt", cus.str("tax_exempt"), "none", "exempt", "reverse")
	cus["metadata"] = merged(cus.sub("metadata"), c.p.metadata("metadata"))
	settings := c.p.child("invoice_settings")
	id, sent := settings.opt("default_payment_method")
	if !sent {
		return nil
	}
	if id != "" {
		pm, err := c.get("payment_method", id)
		if err != nil {
			return asParam(err, "invoice_settings[default_payment_method]")
		}
		if pm.str("customer") != cus.str("id") {
			return invalid("invoice_settings[default_payment_method]",
				"The customer does not have a payment method with the ID %s. The payment method must be attached to the customer.", id)
		}
	}
	cus.sub("invoice_settings")["default_payment_method"] = orNull(id)
	return nil
}

func createCustomer(c *call) (obj, error) {
	cus := c.newCustomer("", "")
	if id := c.p.str("payment_method"); id != "" {
		pm, err := c.method(id)
		if err != nil {
			return nil, asParam(err, "payment_method")
		}
		if err := c.put(cus); err != nil {
			return nil, err
		}
		if err := c.attach(pm, cus.str("id")); err != nil {
			return nil, err
		}
		if inv := c.p.child("invoice_settings"); inv.str("default_payment_method") == id {
			inv.kid("default_payment_method").value = pm.str("id") // pm_card_visa stands for the card just made
		}
	}
	if err := c.fillCustomer(cus); err != nil {
		return nil, err
	}
	if err := c.put(cus); err != nil {
		return nil, err
	}
	return cus, c.emit("customer.created", cus)
}

func getCustomer(c *call) (obj, error) { return c.get("customer", c.id()) }

func updateCustomer(c *call) (obj, error) {
	cus, err := c.live("customer", c.id())
	if err != nil {
		return nil, err
	}
	before := cus.clone()
	if err := c.fillCustomer(cus); err != nil {
		return nil, err
	}
	if err := c.put(cus); err != nil {
		return nil, err
	}
	return cus, c.emitChange("customer.updated", before, cus)
}

// deleteCustomer ends every subscription at once and leaves a stump.
func deleteCustomer(c *call) (obj, error) {
	cus, err := c.live("customer", c.id())
	if err != nil {
		return nil, err
	}
	subs, err := c.all(of("subscription").is("customer", c.id()))
	if err != nil {
		return nil, err
	}
	for _, sub := range subs {
		if !alive(sub) {
			continue
		}
		if err := c.end(sub, "cancellation_requested"); err != nil {
			return nil, err
		}
	}
	methods, err := c.all(of("payment_method").is("customer", c.id()))
	if err != nil {
		return nil, err
	}
	for _, pm := range methods {
		pm["customer"] = nil
		if err := c.put(pm); err != nil {
			return nil, err
		}
	}
	gone := obj{"id": cus["id"], "object": "customer", "deleted": true}
	if err := c.put(gone); err != nil {
		return nil, err
	}
	return gone, c.emit("customer.deleted", cus)
}

func listCustomers(c *call) (obj, error) {
	return c.page("/v1/customers", of("customer").is("email", c.p.str("email")).cond(column("deleted")+" IS NULL"))
}
