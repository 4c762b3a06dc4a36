package standin

import (
	"cmp"
	"strings"
)

// buyer is what a person typed at the hosted page.
type buyer struct {
	email, name       string
	number            string
	month, year       int64
	address           obj // nil unless shipping is collected
	promotion, action string
}

// outcome is where an attempt to pay left the session.
type outcome struct {
	done    bool     // paid, or nothing to pay
	ask     string   // the intent that waits for a 3D Secure answer
	refusal *decline // what the bank said
}

// pay is one attempt to pay for a session with a card.
func (w *work) pay(s obj, b buyer) (outcome, error) {
	b.email = cmp.Or(s.str("customer_details", "email"), b.email)
	if s.str("mode") == "payment" {
		return w.payOnce(s, b)
	}
	customer, err := w.sessionBuyer(s, b)
	if err != nil {
		return outcome{}, err
	}
	var pm obj
	if b.number != "" {
		if pm, err = w.typedCard(b, customer); err != nil {
			return outcome{}, err
		}
		s.hidden()["method"] = pm["id"]
	}
	if s.num("amount_total") == 0 && pm != nil {
		return w.payNothing(s, pm, customer)
	}
	sub, inv, err := w.sessionOrder(s, customer)
	if err != nil {
		return outcome{}, err
	}
	if inv.str("status") == "paid" { // nothing to pay, or paid at the invoice's own page
		return outcome{done: true}, w.complete(s, sub, inv, pm, customer)
	}
	return w.settled(s, w.payInvoice(inv, pm, onSession, w.s.url("/c/pay/"+s.str("id"))))
}

// typedCard makes the payment method that the buyer typed.
func (w *work) typedCard(b buyer, customer obj) (obj, error) {
	email := customer["email"]
	if email == nil {
		email = orNull(b.email)
	}
	billing := obj{"address": noAddress(), "email": email, "name": orNull(b.name), "phone": nil}
	if b.address != nil {
		billing["address"] = b.address
	}
	pm := w.newCard(b.number, b.month, b.year, billing)
	return pm, w.put(pm)
}

// payNothing saves the card of a session that costs nothing today, for the day
// when it does.
func (w *work) payNothing(s, pm, customer obj) (outcome, error) {
	setup := w.newSetup(customer["id"], "off_session")
	if err := w.put(setup); err != nil {
		return outcome{}, err
	}
	if err := w.emit("setup_intent.created", setup); err != nil {
		return outcome{}, err
	}
	s.hidden()["setup"] = setup["id"]
	return w.saved(s, setup, pm, customer, w.setUp(setup, pm, onSession, w.s.url("/c/pay/"+s.str("id"))))
}

// saved goes on once the card is saved, or was not.
func (w *work) saved(s, setup, pm, customer obj, err error) (outcome, error) {
	if e, ok := refused(err); ok {
		return outcome{refusal: &decline{e.code, e.declineCode, e.message}}, w.put(s)
	}
	if err != nil {
		return outcome{}, err
	}
	if setup.str("status") != "succeeded" {
		return outcome{ask: setup.str("id")}, w.put(s)
	}
	sub, inv, err := w.sessionOrder(s, customer)
	if err != nil {
		return outcome{}, err
	}
	return outcome{done: true}, w.complete(s, sub, inv, pm, customer)
}

// answerSession goes on after a 3D Secure screen.
func (w *work) answerSession(s, intent obj, yes bool) (outcome, error) {
	pm, err := w.get("payment_method", s.str(hiddenKey, "method"))
	if err != nil {
		return outcome{}, err
	}
	if s.str("mode") == "payment" {
		return w.answerOnce(s, intent, pm, yes)
	}
	if intent.str("object") == "setup_intent" {
		customer, err := w.get("customer", intent.str("customer"))
		if err != nil {
			return outcome{}, err
		}
		if !yes {
			return w.saved(s, intent, pm, customer, w.refuseSetup(intent, pm, authFailed))
		}
		return w.saved(s, intent, pm, customer, w.setUp(intent, pm, authenticated, ""))
	}
	sub, err := w.get("subscription", s.str(hiddenKey, "sub"))
	if err != nil {
		return outcome{}, err
	}
	inv, err := w.get("invoice", sub.str("latest_invoice"))
	if err != nil {
		return outcome{}, err
	}
	return w.settled(s, w.answer(inv, pm, yes))
}

// answer is a cardholder's yes or no to the question about an invoice.
func (w *work) answer(inv, pm obj, yes bool) error {
	if yes {
		return w.payInvoice(inv, pm, authenticated, "")
	}
	pi, err := w.get("payment_intent", inv.str("payment_intent"))
	if err != nil {
		return err
	}
	refusal, err := w.refuse(pi, pm, authFailed)
	if err != nil {
		return err
	}
	if err := w.unpaidYet(inv, "invoice.payment_failed"); err != nil {
		return err
	}
	return refusal
}

// settled reads the books after an attempt and closes the session if it is
// paid.
func (w *work) settled(s obj, err error) (outcome, error) {
	if e, ok := refused(err); ok {
		return outcome{refusal: &decline{e.code, e.declineCode, e.message}}, w.put(s)
	}
	if err != nil {
		return outcome{}, err
	}
	sub, err := w.get("subscription", s.str(hiddenKey, "sub"))
	if err != nil {
		return outcome{}, err
	}
	inv, err := w.get("invoice", sub.str("latest_invoice"))
	if err != nil {
		return outcome{}, err
	}
	if inv.str("status") != "paid" {
		return outcome{ask: inv.str("payment_intent")}, w.put(s)
	}
	pm, err := w.get("payment_method", s.str(hiddenKey, "method"))
	if err != nil {
		return outcome{}, err
	}
	customer, err := w.get("customer", sub.str("customer"))
	if err != nil {
		return outcome{}, err
	}
	return outcome{done: true}, w.complete(s, sub, inv, pm, customer)
}

// sessionBuyer finds or makes the customer and takes over what was typed.
func (w *work) sessionBuyer(s obj, b buyer) (obj, error) {
	id := s.str("customer")
	if id == "" {
		id = s.str(hiddenKey, "customer")
	}
	if id == "" {
		customer := w.newCustomer(b.email, b.name)
		w.takeOver(customer, b, obj{"address": "auto", "name": "auto", "shipping": "auto"})
		s.hidden()["customer"] = customer["id"]
		if err := w.put(customer); err != nil {
			return nil, err
		}
		return customer, w.emit("customer.created", customer)
	}
	customer, err := w.live("customer", id)
	if err != nil {
		return nil, err
	}
	update := s.sub(hiddenKey, "customer_update")
	if s.str("customer") == "" {
		update = obj{"address": "auto", "name": "auto", "shipping": "auto"}
	}
	return customer, w.change(customer, "customer.updated", func() { w.takeOver(customer, b, update) })
}

func (w *work) takeOver(customer obj, b buyer, update obj) {
	if update.str("name") == "auto" && b.name != "" {
		customer["name"] = b.name
	}
	if b.address == nil {
		return
	}
	if update.str("address") == "auto" {
		customer["address"] = b.address
	}
	if update.str("shipping") == "auto" {
		customer["shipping"] = obj{"address": b.address, "name": b.name, "phone": nil, "carrier": nil, "tracking_number": nil}
	}
}

// sessionOrder is the subscription that the session pays for, and its open
// invoice: the one that an earlier attempt left, or a new one. A session has
// one at a time.
func (w *work) sessionOrder(s, customer obj) (sub, inv obj, err error) {
	if id := s.str(hiddenKey, "sub"); id != "" {
		if sub, err = w.get("subscription", id); err != nil {
			return nil, nil, err
		}
		if inv, err = w.get("invoice", sub.str("latest_invoice")); err != nil {
			return nil, nil, err
		}
		usable := sub.str("status") == "incomplete" && inv.num("total") == s.num("amount_total")
		if usable || sub.str("status") == "active" || sub.str("status") == "trialing" {
			return sub, inv, nil
		}
		if sub.str("status") == "incomplete" { // a promotion code came or went meanwhile
			if err := w.giveUp(sub); err != nil {
				return nil, nil, err
			}
		}
	}
	var orders []order
	for _, line := range s.list(hiddenKey, "line_items") {
		orders = append(orders, order{line.sub("price"), line.num("quantity")})
	}
	sub = w.newSubscription(customer, orders, merged(s.sub(hiddenKey, "sub_metadata"), nil))
	sub["description"] = orNull(s.str(hiddenKey, "sub_description"))
	sub.hidden()["keep_card"] = true
	if coupon := s.str(hiddenKey, "coupon"); coupon != "" {
		if err := w.discount(sub, obj{"id": coupon}, s.str(hiddenKey, "promotion"), s.str("id")); err != nil {
			return nil, nil, err
		}
	}
	if end := w.trialOf(s); end > 0 {
		w.startTrial(sub, end)
		if terms := s.sub(hiddenKey, "trial_settings"); terms != nil {
			sub["trial_settings"] = terms
		}
	}
	inv, err = w.open(sub, customer)
	s.hidden()["sub"] = sub["id"]
	return sub, inv, err
}

// complete closes a session whose first invoice is paid. pm is nil when
// nothing was to be paid and no card was asked for.
func (w *work) complete(s, sub, inv, pm, customer obj) error {
	if pm != nil && pm.str("customer") == "" {
		pm["customer"] = customer["id"]
		if err := w.put(pm); err != nil {
			return err
		}
		if err := w.emit("payment_method.attached", pm); err != nil {
			return err
		}
	}
	if pm != nil && sub.str("default_payment_method") == "" { // nothing was charged, so nothing has set it
		err := w.change(sub, "customer.subscription.updated", func() { sub["default_payment_method"] = pm["id"] })
		if err != nil {
			return err
		}
	}
	s["payment_status"] = "paid"
	if inv.num("total") == 0 {
		s["payment_status"] = "no_payment_required"
	}
	s["subscription"], s["invoice"] = sub["id"], inv["id"]
	return w.close(s, pm, customer)
}

// close writes a session that is done with whom it was bought by.
func (w *work) close(s, pm, customer obj) error {
	s["status"], s["url"] = "complete", nil
	email, name := customer["email"], pm.at("billing_details", "name")
	if customer == nil {
		email = pm.at("billing_details", "email")
	} else {
		s["customer"] = customer["id"]
	}
	if name == nil {
		name = customer["name"]
	}
	s["customer_details"] = obj{"address": pm.at("billing_details", "address"), "email": email, "name": name,
		"phone": nil, "tax_exempt": "none", "tax_ids": []any{}}
	if s["shipping_address_collection"] != nil {
		s["shipping_details"] = obj{"address": pm.at("billing_details", "address"), "carrier": nil,
			"name": name, "phone": nil, "tracking_number": nil}
	}
	s.due(0)
	if err := w.put(s); err != nil {
		return err
	}
	return w.emit("checkout.session.completed", s)
}

// successURL is where the buyer goes, with the session's id filled in.
func successURL(s obj) string {
	return strings.ReplaceAll(s.str("success_url"), "{CHECKOUT_SESSION_ID}", s.str("id"))
}
