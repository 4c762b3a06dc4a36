package standin

import "strings"

// namedMethod makes the payment method behind pm_card_visa and the like; nil
// when id isn't one of those.
func (w *work) namedMethod(id string) obj {
	number, ok := named[strings.TrimPrefix(strings.TrimPrefix(id, "pm_card_"), "tok_")]
	if !ok || !strings.HasPrefix(id, "pm_card_") && !strings.HasPrefix(id, "tok_") {
		return nil
	}
	return w.newCard(number, 12, int64(w.s.now().Year()+5), nil)
}

// method finds a payment method, or makes the test one of that name.
func (w *work) method(id string) (obj, error) {
	if pm := w.namedMethod(id); pm != nil {
		return pm, w.put(pm)
	}
	return w.get("payment_method", id)
}

// attach gives the payment method to the customer. A card that a bank would
// not honour is refused with a card_error, as at Stripe.
func (w *work) attach(pm obj, customer string) error {
	if owner := pm.str("customer"); owner != "" {
		if owner == customer {
			return nil
		}
		return invalid("", "The payment method you provided has already been attached to a customer.")
	}
	if no := cardOf(pm).attach; no != nil {
		return cardError(no, pm)
	}
	pm["customer"] = customer
	if err := w.put(pm); err != nil {
		return err
	}
	return w.emit("payment_method.attached", pm)
}

func cardError(no *decline, pm obj) *apiError {
	return &apiError{status: 402, typ: "card_error", code: no.code, declineCode: no.declineCode, message: no.message, paymentMethod: pm}
}

func createPaymentMethod(c *call) (obj, error) {
	c.p.oneOf("type", "card", "card")
	billing := c.billingDetails(c.p.child("billing_details"))
	in := c.p.child("card")
	var pm obj
	if token := in.str("token"); token != "" {
		if pm = c.namedMethod(token); pm == nil {
			return nil, invalidCode("resource_missing", "card[token]", "No such token: '%s'", token)
		}
		pm["billing_details"] = billing
	} else {
		number := digits(in.need("number"))
		if !luhn(number) {
			return nil, cardError(incorrectNumber, nil)
		}
		in.ignore("cvc")
		pm = c.newCard(number, in.integer("exp_month"), in.integer("exp_year"), billing)
	}
	pm["metadata"] = merged(nil, c.p.metadata("metadata"))
	return pm, c.put(pm)
}

func (c *call) billingDetails(p *params) obj {
	out := obj{"address": noAddress(), "email": orNull(p.str("email")), "name": orNull(p.str("name")), "phone": orNull(p.str("phone"))}
	if a := p.address("address"); a != nil {
		out["address"] = a
	}
	return out
}

func updatePaymentMethod(c *call) (obj, error) {
	pm, err := c.get("payment_method", c.id())
	if err != nil {
		return nil, err
	}
	return pm, c.change(pm, "payment_method.updated", func() {
		if in := c.p.child("card"); in != nil {
			card := pm.sub("card")
			if n, sent := in.optInt("exp_month"); sent {
				card["exp_month"] = n
			}
			if n, sent := in.optInt("exp_year"); sent {
				card["exp_year"] = n
			}
		}
		if b := c.p.child("billing_details"); b != nil {
			pm["billing_details"] = c.billingDetails(b)
		}
		pm["metadata"] = merged(pm.sub("metadata"), c.p.metadata("metadata"))
	})
}

func attachPaymentMethod(c *call) (obj, error) {
	pm, err := c.method(c.id())
	if err != nil {
		return nil, err
	}
	customer := c.p.need("customer")
	if _, err := c.live("customer", customer); err != nil {
		return nil, asParam(err, "customer")
	}
	return pm, c.attach(pm, customer)
}

// detach takes the payment method from its customer, and from every default
// that named it.
func (w *work) detach(pm obj) error {
	owner := pm.str("customer")
	if owner == "" {
		return invalid("", "The payment method you provided is not attached to a customer so detachment is impossible.")
	}
	id := pm.str("id")
	if err := w.change(pm, "payment_method.detached", func() { pm["customer"] = nil }); err != nil {
		return err
	}
	customer, err := w.get("customer", owner)
	if err != nil {
		return err
	}
	if customer.str("invoice_settings", "default_payment_method") == id {
		err = w.change(customer, "customer.updated", func() { customer.sub("invoice_settings")["default_payment_method"] = nil })
		if err != nil {
			return err
		}
	}
	subs, err := w.all(of("subscription").is("customer", owner).is("default_payment_method", id))
	for _, sub := range subs {
		if err := w.change(sub, "customer.subscription.updated", func() { sub["default_payment_method"] = nil }); err != nil {
			return err
		}
	}
	return err
}

func detachPaymentMethod(c *call) (obj, error) {
	pm, err := c.get("payment_method", c.id())
	if err != nil {
		return nil, err
	}
	return pm, c.detach(pm)
}

func listPaymentMethods(c *call) (obj, error) {
	customer := c.p.str("customer")
	url := "/v1/payment_methods"
	if customer == "" {
		customer, url = c.id(), "/v1/customers/"+c.id()+"/payment_methods"
	}
	if customer == "" {
		return nil, invalidCode("parameter_missing", "customer", "Missing required param: customer.")
	}
	return c.page(url, of("payment_method").is("customer", customer).is("type", c.p.str("type")))
}

// defaultMethod is what a subscription is paid with: its own card, else its
// customer's; nil when there is none.
func (w *work) defaultMethod(sub, customer obj) (obj, error) {
	id := sub.str("default_payment_method")
	if id == "" {
		id = customer.str("invoice_settings", "default_payment_method")
	}
	if id == "" {
		return nil, nil
	}
	return w.find(id)
}
