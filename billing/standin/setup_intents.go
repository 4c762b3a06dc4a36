package standin

// newSetup makes a setup intent: saving a card without charging it.
func (w *work) newSetup(customer any, usage string) obj {
	id := w.newID("seti_")
	return obj{
		"id": id, "object": "setup_intent", "application": nil, "automatic_payment_methods": nil, "cancellation_reason": nil,
		"client_secret": w.s.dice.id(id+"_secret_", 28), "created": w.now, "customer": customer, "description": nil,
		"flow_directions": nil, "last_setup_error": nil, "latest_attempt": nil, "livemode": false, "mandate": nil,
		"metadata": obj{}, "next_action": nil, "on_behalf_of": nil, "payment_method": nil,
		"payment_method_configuration_details": nil,
		"payment_method_options":               obj{"card": obj{"mandate_options": nil, "network": nil, "request_three_d_secure": "automatic"}},
		"payment_method_types":                 []any{"card"}, "single_use_mandate": nil, "status": "requires_payment_method", "usage": usage,
	}
}

// setUp saves the card to the intent's customer, after a 3D Secure answer if
// the card wants one. A bank's no comes back as an error that refused knows.
func (w *work) setUp(si, pm obj, who presence, returnURL string) error {
	c := cardOf(pm)
	if c.auth != authNever && who != authenticated && !pm.flag(hiddenKey, "set_up") {
		si["payment_method"], si["status"], si["last_setup_error"] = pm["id"], "requires_action", nil
		si["next_action"] = obj{"type": "redirect_to_url", "redirect_to_url": obj{
			"return_url": orNull(returnURL), "url": w.s.url("/3ds/" + si.str("id"))}}
		if err := w.put(si); err != nil {
			return err
		}
		return w.emit("setup_intent.requires_action", si)
	}
	if c.attach != nil {
		return w.refuseSetup(si, pm, c.attach)
	}
	if who == authenticated {
		pm.hidden()["set_up"] = true
	}
	if err := w.put(pm); err != nil {
		return err
	}
	si["payment_method"], si["status"], si["next_action"], si["last_setup_error"] = pm["id"], "succeeded", nil, nil
	if err := w.put(si); err != nil {
		return err
	}
	if err := w.emit("setup_intent.succeeded", si); err != nil {
		return err
	}
	if customer := si.str("customer"); customer != "" {
		return w.attach(pm, customer)
	}
	return nil
}

func (w *work) refuseSetup(si, pm obj, no *decline) error {
	e := cardError(no, pm)
	last := obj{"type": "card_error", "code": no.code, "message": no.message, "payment_method": pm.shown()}
	if no.declineCode != "" {
		last["decline_code"] = no.declineCode
	}
	si["payment_method"], si["status"], si["next_action"], si["last_setup_error"] = nil, "requires_payment_method", nil, last
	if err := w.put(si); err != nil {
		return err
	}
	if err := w.emit("setup_intent.setup_failed", si); err != nil {
		return err
	}
	e.setupIntent = si
	return e
}

func createSetup(c *call) (obj, error) {
	c.p.ignore("automatic_payment_methods", "payment_method_types", "payment_method_options")
	if id := c.p.str("customer"); id != "" {
		if _, err := c.live("customer", id); err != nil {
			return nil, asParam(err, "customer")
		}
	}
	si := c.newSetup(orNull(c.p.str("customer")), c.p.oneOf("usage", "off_session", "off_session", "on_session"))
	si["description"] = orNull(c.p.str("description"))
	si["metadata"] = merged(nil, c.p.metadata("metadata"))
	var pm obj
	if id := c.p.str("payment_method"); id != "" {
		var err error
		if pm, err = c.method(id); err != nil {
			return nil, asParam(err, "payment_method")
		}
		si["payment_method"], si["status"] = pm["id"], "requires_confirmation"
	}
	if err := c.put(si); err != nil {
		return nil, err
	}
	if err := c.emit("setup_intent.created", si); err != nil {
		return nil, err
	}
	returnURL := c.p.str("return_url")
	if !c.p.boolean("confirm") {
		return si, nil
	}
	if pm == nil {
		return nil, invalidCode("parameter_missing", "payment_method", "You cannot confirm this SetupIntent because it's missing a payment method.")
	}
	return si, c.setUp(si, pm, onSession, returnURL)
}

func confirmSetup(c *call) (obj, error) {
	si, err := c.get("setup_intent", c.id())
	if err != nil {
		return nil, err
	}
	if s := si.str("status"); s == "succeeded" || s == "canceled" {
		return nil, invalidCode("setup_intent_unexpected_state", "", "This SetupIntent's status is %s, it cannot be confirmed.", s)
	}
	id := c.p.str("payment_method")
	if id == "" {
		id = si.str("payment_method")
	}
	returnURL := c.p.str("return_url")
	if id == "" {
		return nil, invalidCode("parameter_missing", "payment_method", "You cannot confirm this SetupIntent because it's missing a payment method.")
	}
	pm, err := c.method(id)
	if err != nil {
		return nil, asParam(err, "payment_method")
	}
	return si, c.setUp(si, pm, onSession, returnURL)
}

func cancelSetup(c *call) (obj, error) {
	si, err := c.get("setup_intent", c.id())
	if err != nil {
		return nil, err
	}
	if s := si.str("status"); s == "succeeded" || s == "canceled" {
		return nil, invalidCode("setup_intent_unexpected_state", "", "You cannot cancel this SetupIntent because it has a status of %s.", s)
	}
	si["status"], si["next_action"] = "canceled", nil
	si["cancellation_reason"] = orNull(c.p.oneOf("cancellation_reason", "", "abandoned", "requested_by_customer", "duplicate"))
	if err := c.put(si); err != nil {
		return nil, err
	}
	return si, c.emit("setup_intent.canceled", si)
}

func listSetups(c *call) (obj, error) {
	return c.page("/v1/setup_intents", of("setup_intent").is("customer", c.p.str("customer")).
		is("payment_method", c.p.str("payment_method")))
}
