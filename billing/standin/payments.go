package standin

import (
	"cmp"
	"slices"
)

// newIntent makes a payment intent for an invoice, or for nothing but itself.
func (w *work) newIntent(amount int64, currency string, customer any) obj {
	id := w.newID("pi_")
	return obj{
		"id": id, "object": "payment_intent", "amount": amount, "amount_capturable": 0,
		"amount_details": obj{"tip": obj{}}, "amount_received": 0, "application": nil, "application_fee_amount": nil,
		"automatic_payment_methods": nil, "canceled_at": nil, "cancellation_reason": nil,
		"capture_method": "automatic", "client_secret": w.s.dice.id(id+"_secret_", 25), "confirmation_method": "automatic",
		"created": w.now, "currency": currency, "customer": customer, "description": nil, "invoice": nil,
		"last_payment_error": nil, "latest_charge": nil, "livemode": false, "metadata": obj{}, "next_action": nil,
		"on_behalf_of": nil, "payment_method": nil, "payment_method_configuration_details": nil,
		"payment_method_options": obj{"card": obj{"installments": nil, "mandate_options": nil, "network": nil,
			"request_three_d_secure": "automatic"}},
		"payment_method_types": []any{"card"}, "processing": nil, "receipt_email": nil, "review": nil,
		"setup_future_usage": nil, "shipping": nil, "source": nil, "statement_descriptor": nil,
		"statement_descriptor_suffix": nil, "status": "requires_payment_method", "transfer_data": nil, "transfer_group": nil,
	}
}

// presence says who is there when a card is charged.
type presence int

const (
	onSession     presence = iota // the holder, who can answer a 3D Secure question
	offSession                    // nobody: a renewal
	authenticated                 // the holder has just answered the question with yes
)

// confirm charges the intent to the payment method. What the bank said is in
// the intent's status and last_payment_error; the returned *apiError repeats a
// decline for API callers. err is the stand-in's own failure.
func (w *work) confirm(pi, pm obj, who presence, returnURL string) (*apiError, error) {
	c := cardOf(pm)
	ask := c.auth == authAlways || c.auth == authOnce && !pm.flag(hiddenKey, "set_up")
	if ask && who != authenticated {
		pi["payment_method"], pi["status"], pi["last_payment_error"] = pm["id"], "requires_action", nil
		pi["next_action"] = obj{"type": "redirect_to_url", "redirect_to_url": obj{
			"return_url": orNull(returnURL), "url": w.s.url("/3ds/" + pi.str("id"))}}
		if err := w.put(pi); err != nil {
			return nil, err
		}
		return nil, w.emit("payment_intent.requires_action", pi)
	}
	no := c.attach
	if no == nil {
		no = c.charge
	}
	if no != nil {
		return w.refuse(pi, pm, no)
	}
	if who == authenticated && !pm.flag(hiddenKey, "set_up") {
		pm.hidden()["set_up"] = true
		if err := w.put(pm); err != nil {
			return nil, err
		}
	}
	return nil, w.succeed(pi, pm)
}

// refuse leaves a failed charge and an intent that wants another card.
func (w *work) refuse(pi, pm obj, no *decline) (*apiError, error) {
	var charge obj
	if no != authFailed { // a failed authentication never reaches the bank
		charge = w.newCharge(pi, pm)
		failed(charge, no)
		if err := w.put(charge); err != nil {
			return nil, err
		}
		if err := w.emit("charge.failed", charge); err != nil {
			return nil, err
		}
	}
	e := cardError(no, pm)
	last := obj{"type": "card_error", "code": no.code, "message": no.message, "payment_method": pm.shown(),
		"doc_url": "https://stripe.com/docs/error-codes/" + dashed(no.code)}
	if no.declineCode != "" {
		last["decline_code"] = no.declineCode
	}
	if charge != nil {
		e.charge = charge.str("id")
		last["charge"] = charge["id"]
		pi["latest_charge"] = charge["id"]
	}
	pi["last_payment_error"] = last
	pi["status"] = "requires_payment_method"
	pi["payment_method"], pi["next_action"] = nil, nil
	if err := w.put(pi); err != nil {
		return nil, err
	}
	e.paymentIntent = pi
	return e, w.emit("payment_intent.payment_failed", pi)
}

// failed marks a charge that the bank declined.
func failed(charge obj, no *decline) {
	charge["status"], charge["paid"], charge["captured"] = "failed", false, false
	charge["amount_captured"] = 0
	charge["failure_code"], charge["failure_message"] = no.code, no.message
	charge["outcome"] = obj{"network_status": "declined_by_network", "reason": orNull(no.declineCode), "risk_level": "normal",
		"risk_score": 20, "seller_message": "The bank did not return any further details with this decline.", "type": "issuer_declined"}
}

// succeed charges, and keeps the card for the customer when the intent is to
// be used for later payments too.
func (w *work) succeed(pi, pm obj) error {
	if owner := pi.str("customer"); owner != "" && pi.str("setup_future_usage") != "" {
		if err := w.attach(pm, owner); err != nil {
			return err
		}
	}
	charge := w.newCharge(pi, pm)
	if err := w.enterCharge(charge, pm); err != nil {
		return err
	}
	pi["status"], pi["amount_received"] = "succeeded", pi["amount"]
	pi["latest_charge"], pi["payment_method"] = charge["id"], pm["id"]
	pi["last_payment_error"], pi["next_action"] = nil, nil
	if err := w.put(pi); err != nil {
		return err
	}
	if err := w.emit("charge.succeeded", charge); err != nil {
		return err
	}
	return w.emit("payment_intent.succeeded", pi)
}

// enterCharge writes a charge that was paid, and its entry in the account's
// balance.
func (w *work) enterCharge(charge, pm obj) error {
	txn := w.newTransaction("charge", charge.num("amount"), charge.str("currency"), charge.str("id"))
	charge["balance_transaction"] = txn["id"]
	if cardOf(pm).dispute != "" {
		charge.due(w.now) // the holder takes it back as soon as they see it
	}
	if err := w.put(txn); err != nil {
		return err
	}
	return w.put(charge)
}

func (w *work) newCharge(pi, pm obj) obj {
	card := pm.sub("card")
	id := w.newID("ch_")
	return obj{
		"id": id, "object": "charge", "amount": pi["amount"], "amount_captured": pi["amount"], "amount_refunded": 0,
		"application": nil, "application_fee": nil, "application_fee_amount": nil, "balance_transaction": nil,
		"billing_details": pm["billing_details"], "calculated_statement_descriptor": "STAND-IN", "captured": true,
		"created": w.now, "currency": pi["currency"], "customer": pi["customer"], "description": pi["description"],
		"disputed": false, "failure_balance_transaction": nil, "failure_code": nil, "failure_message": nil,
		"fraud_details": obj{}, "invoice": pi["invoice"], "livemode": false, "metadata": obj{}, "on_behalf_of": nil,
		"outcome": obj{"network_status": "approved_by_network", "reason": nil, "risk_level": "normal", "risk_score": 20,
			"seller_message": "Payment complete.", "type": "authorized"},
		"paid": true, "payment_intent": pi["id"], "payment_method": pm["id"],
		"payment_method_details": obj{"type": "card", "card": obj{
			"amount_authorized": pi["amount"], "brand": card["brand"], "checks": card["checks"], "country": card["country"],
			"exp_month": card["exp_month"], "exp_year": card["exp_year"], "fingerprint": card["fingerprint"],
			"funding": card["funding"], "installments": nil, "last4": card["last4"], "mandate": nil,
			"network": card["brand"], "three_d_secure": nil, "wallet": nil}},
		"radar_options": obj{}, "receipt_email": nil, "receipt_number": nil, "receipt_url": w.s.url("/r/" + id),
		"refunded": false, "review": nil, "shipping": nil, "source": nil, "source_transfer": nil,
		"statement_descriptor": nil, "statement_descriptor_suffix": nil, "status": "succeeded",
		"transfer_data": nil, "transfer_group": nil,
	}
}

// fee is what the firm keeps of a charge: 2.9 % and 30 minor units, half up.
func fee(amount int64) int64 { return (amount*29+500)/1000 + 30 }

// newTransaction is an entry in the account's balance. Refunds are negative
// and give no fee back.
func (w *work) newTransaction(typ string, amount int64, currency, source string) obj {
	cost, details := int64(0), []any{}
	if typ == "charge" {
		cost = fee(amount)
		details = []any{obj{"amount": cost, "application": nil, "currency": currency,
			"description": "Stripe processing fees", "type": "stripe_fee"}}
	}
	return obj{
		"id": w.newID("txn_"), "object": "balance_transaction", "amount": amount, "available_on": w.now + 2*86400,
		"created": w.now, "currency": currency, "description": nil, "exchange_rate": nil, "fee": cost,
		"fee_details": details, "net": amount - cost, "reporting_category": typ, "source": source,
		"status": "available", "type": typ,
	}
}

// createCharge charges a token without an intent, the older way that Stripe's
// command-line tool still goes.
func createCharge(c *call) (obj, error) {
	amount, currency := c.p.integer("amount"), c.p.need("currency")
	if amount < 1 {
		return nil, invalidCode("parameter_invalid_integer", "amount", "This value must be greater than or equal to 1.")
	}
	if !c.p.boolean("capture") && c.p.kid("capture") != nil {
		return nil, invalid("capture", "This stand-in captures at once.")
	}
	pm := c.namedMethod(c.p.need("source"))
	if pm == nil {
		return nil, invalidCode("resource_missing", "source", "No such token: '%s'", c.p.str("source"))
	}
	if err := c.put(pm); err != nil {
		return nil, err
	}
	pi := obj{"amount": amount, "currency": currency, "customer": orNull(c.p.str("customer")), "description": orNull(c.p.str("description"))}
	charge := c.newCharge(pi, pm)
	charge["metadata"] = merged(nil, c.p.metadata("metadata"))
	no := cmp.Or(cardOf(pm).attach, cardOf(pm).charge)
	if no != nil {
		failed(charge, no)
		if err := c.put(charge); err != nil {
			return nil, err
		}
		e := cardError(no, nil)
		e.charge = charge.str("id")
		if err := c.emit("charge.failed", charge); err != nil {
			return nil, err
		}
		return nil, e
	}
	if err := c.enterCharge(charge, pm); err != nil {
		return nil, err
	}
	return charge, c.emit("charge.succeeded", charge)
}

func createIntent(c *call) (obj, error) {
	c.p.ignore("automatic_payment_methods", "payment_method_types", "payment_method_options", "confirmation_method", "off_session")
	amount, currency := c.p.integer("amount"), c.p.need("currency")
	if amount < 1 {
		return nil, invalidCode("parameter_invalid_integer", "amount", "This value must be greater than or equal to 1.")
	}
	pi := c.newIntent(amount, currency, orNull(c.p.str("customer")))
	if id := c.p.str("customer"); id != "" {
		if _, err := c.live("customer", id); err != nil {
			return nil, asParam(err, "customer")
		}
	}
	pi["description"] = orNull(c.p.str("description"))
	pi["receipt_email"] = orNull(c.p.str("receipt_email"))
	pi["setup_future_usage"] = orNull(c.p.str("setup_future_usage"))
	pi["shipping"] = c.p.shipping("shipping")
	pi["metadata"] = merged(nil, c.p.metadata("metadata"))
	if id := c.p.str("payment_method"); id != "" {
		pm, err := c.method(id)
		if err != nil {
			return nil, asParam(err, "payment_method")
		}
		pi["payment_method"], pi["status"] = pm["id"], "requires_confirmation"
	}
	if err := c.put(pi); err != nil {
		return nil, err
	}
	if err := c.emit("payment_intent.created", pi); err != nil {
		return nil, err
	}
	if c.p.boolean("confirm") {
		return c.confirmIntent(pi)
	}
	return pi, nil
}

func (c *call) confirmIntent(pi obj) (obj, error) {
	if !slices.Contains([]string{"requires_payment_method", "requires_confirmation", "requires_action"}, pi.str("status")) {
		e := invalidCode("payment_intent_unexpected_state", "", "This PaymentIntent's status is %s, it cannot be confirmed.", pi.str("status"))
		e.paymentIntent = pi
		return nil, e
	}
	id := c.p.str("payment_method")
	if id == "" {
		id = pi.str("payment_method")
	}
	if id == "" {
		return nil, invalidCode("parameter_missing", "payment_method", "You cannot confirm this PaymentIntent because it's missing a payment method.")
	}
	pm, err := c.method(id)
	if err != nil {
		return nil, asParam(err, "payment_method")
	}
	return pi, c.settleIntent(pi, pm, onSession, c.p.str("return_url"))
}

// settleIntent confirms and lets the invoice that the intent pays follow.
func (w *work) settleIntent(pi, pm obj, who presence, returnURL string) error {
	if id := pi.str("invoice"); id != "" {
		inv, err := w.get("invoice", id)
		if err != nil {
			return err
		}
		return w.payInvoice(inv, pm, who, returnURL)
	}
	refusal, err := w.confirm(pi, pm, who, returnURL)
	if err == nil && refusal != nil {
		return refusal
	}
	return err
}

func confirmIntent(c *call) (obj, error) {
	c.p.ignore("off_session", "payment_method_options", "error_on_requires_action")
	pi, err := c.get("payment_intent", c.id())
	if err != nil {
		return nil, err
	}
	if _, err := c.confirmIntent(pi); err != nil {
		return nil, err
	}
	return c.get("payment_intent", c.id())
}

func cancelIntent(c *call) (obj, error) {
	pi, err := c.get("payment_intent", c.id())
	if err != nil {
		return nil, err
	}
	if s := pi.str("status"); s == "succeeded" || s == "canceled" {
		return nil, invalidCode("payment_intent_unexpected_state", "", "You cannot cancel this PaymentIntent because it has a status of %s.", s)
	}
	return pi, c.cancelIntent(pi, c.p.str("cancellation_reason"))
}

func (w *work) cancelIntent(pi obj, reason string) error {
	pi["status"], pi["canceled_at"], pi["cancellation_reason"] = "canceled", w.now, orNull(reason)
	pi["next_action"] = nil
	if err := w.put(pi); err != nil {
		return err
	}
	return w.emit("payment_intent.canceled", pi)
}

func updateIntent(c *call) (obj, error) {
	pi, err := c.get("payment_intent", c.id())
	if err != nil {
		return nil, err
	}
	if d, sent := c.p.opt("description"); sent {
		pi["description"] = orNull(d)
	}
	pi["metadata"] = merged(pi.sub("metadata"), c.p.metadata("metadata"))
	return pi, c.put(pi)
}

func listIntents(c *call) (obj, error) {
	return c.page("/v1/payment_intents", of("payment_intent").is("customer", c.p.str("customer")))
}

func listCharges(c *call) (obj, error) {
	return c.page("/v1/charges", of("charge").is("customer", c.p.str("customer")).is("payment_intent", c.p.str("payment_intent")))
}

func updateCharge(c *call) (obj, error) {
	charge, err := c.get("charge", c.id())
	if err != nil {
		return nil, err
	}
	return charge, c.change(charge, "charge.updated", func() {
		charge["metadata"] = merged(charge.sub("metadata"), c.p.metadata("metadata"))
		if d, sent := c.p.opt("description"); sent {
			charge["description"] = orNull(d)
		}
	})
}

func listTransactions(c *call) (obj, error) {
	return c.page("/v1/balance_transactions", of("balance_transaction").
		is("type", c.p.str("type")).is("source", c.p.str("source")).is("currency", c.p.str("currency")))
}
