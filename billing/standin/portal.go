package standin

import (
	"context"
	"net/http"
)

// portalView is the customer portal, showing what its configuration allows.
type portalView struct {
	ID            string
	Return        string
	Email         string
	Card          string // "" when none is on file
	CanCard       bool
	CanCancel     bool
	AtOnce        bool // cancelling takes effect at once
	Subscriptions []portalSub
	ShowInvoices  bool
	Invoices      []portalInvoice
	Wrong         map[string]string
	Refused       string
	Said          string
	Flow          bool   // opened for the card alone
	Done          string // where a flow leads when the card is saved; "" outside one
	TestCards     [][2]string
}

type portalSub struct {
	ID, Name, Price, Status string
	PeriodEnd               int64
	Ending, Live            bool
}

type portalInvoice struct {
	Number, Amount, Status, URL, PDF string
	Created                          int64
}

// portal loads a session's customer and configuration.
func (w *work) portal(id string) (session, customer, conf obj, err error) {
	if session, err = w.get("billing_portal.session", id); err != nil {
		return nil, nil, nil, err
	}
	if customer, err = w.live("customer", session.str("customer")); err != nil {
		return nil, nil, nil, err
	}
	conf, err = w.get("billing_portal.configuration", session.str("configuration"))
	return session, customer, conf, err
}

func (s *Server) portalView(ctx context.Context, id string) (*portalView, error) {
	v := &portalView{ID: id, Wrong: map[string]string{}, TestCards: testCards}
	err := s.do(ctx, func(w *work) error {
		session, customer, conf, err := w.portal(id)
		if err != nil {
			return err
		}
		v.Return, v.Email = session.str("return_url"), customer.str("email")
		v.CanCard = conf.flag("features", "payment_method_update", "enabled")
		v.CanCancel = conf.flag("features", "subscription_cancel", "enabled")
		v.Flow = session.sub("flow") != nil
		v.Done = session.str("flow", "after_completion", "redirect", "return_url")
		v.AtOnce = conf.str("features", "subscription_cancel", "mode") == "immediately"
		v.ShowInvoices = conf.flag("features", "invoice_history", "enabled")
		subs, err := w.all(of("subscription").is("customer", customer.str("id")))
		if err != nil {
			return err
		}
		for _, sub := range subs {
			if err := v.add(w, sub, customer); err != nil {
				return err
			}
		}
		if v.Card == "" {
			if err := v.card(w, nil, customer); err != nil {
				return err
			}
		}
		invoices, err := w.all(of("invoice").is("customer", customer.str("id")).cond(column("status") + " <> 'draft'"))
		for i := len(invoices) - 1; i >= 0; i-- {
			inv := invoices[i]
			v.Invoices = append(v.Invoices, portalInvoice{Number: inv.str("number"), Status: inv.str("status"),
				Amount: money(inv.num("total"), inv.str("currency")), Created: inv.num("created"),
				URL: inv.str("hosted_invoice_url"), PDF: inv.str("invoice_pdf")})
		}
		return err
	})
	return v, err
}

func (v *portalView) add(w *work, sub, customer obj) error {
	if !alive(sub) || sub.str("status") == "incomplete" {
		return nil
	}
	item := sub.list("items")[0]
	product, err := w.get("product", item.str("price", "product"))
	if err != nil {
		return err
	}
	v.Subscriptions = append(v.Subscriptions, portalSub{
		ID: sub.str("id"), Name: product.str("name"), Status: sub.str("status"),
		Price:     money(item.num("price", "unit_amount")*item.num("quantity"), sub.str("currency")) + " every " + rhythm(item.sub("price")),
		PeriodEnd: sub.num("current_period_end"), Ending: sub.num("cancel_at") > 0, Live: true,
	})
	return v.card(w, sub, customer)
}

func (v *portalView) card(w *work, sub, customer obj) error {
	pm, err := w.defaultMethod(sub, customer)
	if pm != nil {
		v.Card = cardName(pm)
	}
	return err
}

func (s *Server) portalPage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.portalView(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "portal", "Your billing", v)
}

func (s *Server) portalPost(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	switch r.PostFormValue("action") {
	case "card":
		return s.portalCard(w, r, id)
	case "cancel", "undo":
		yes := r.PostFormValue("action") == "cancel"
		err := s.do(r.Context(), func(b *work) error { return b.portalCancel(id, r.PostFormValue("subscription"), yes) })
		if err != nil {
			return err
		}
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
		return nil
	}
	return invalid("action", "Choose what to do: card, cancel or undo.")
}

// portalCancel cancels as the configuration says, or takes that back.
func (w *work) portalCancel(id, subscription string, yes bool) error {
	session, customer, conf, err := w.portal(id)
	if err != nil {
		return err
	}
	sub, err := w.get("subscription", subscription)
	if err != nil {
		return err
	}
	feature := conf.sub("features", "subscription_cancel")
	if sub.str("customer") != customer.str("id") || !alive(sub) || !feature.flag("enabled") || session.sub("flow") != nil {
		return invalid("subscription", "This subscription cannot be changed here.")
	}
	if yes && feature.str("mode") == "immediately" {
		return w.end(sub, "cancellation_requested")
	}
	return w.change(sub, "customer.subscription.updated", func() { w.setCancelAtEnd(sub, yes) })
}

// portalCard saves a new card and makes it what everything is paid with.
func (s *Server) portalCard(w http.ResponseWriter, r *http.Request, id string) error {
	v, err := s.portalView(r.Context(), id)
	if err != nil {
		return err
	}
	if !v.CanCard {
		return invalid("", "Cards cannot be changed here.")
	}
	number, month, year := readCard(r, s.now(), v.Wrong)
	if len(v.Wrong) > 0 {
		return s.show(w, http.StatusUnprocessableEntity, "portal", "Your billing", v)
	}
	var setup obj
	var refusal *apiError
	err = s.do(r.Context(), func(b *work) (err error) {
		setup, refusal, err = b.saveCard(id, number, month, year)
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case refusal != nil:
		v.Refused = refusal.message
		return s.show(w, http.StatusPaymentRequired, "portal", "Your billing", v)
	case setup.str("status") == "requires_action":
		http.Redirect(w, r, "/3ds/"+setup.str("id"), http.StatusSeeOther)
	case v.Done != "":
		http.Redirect(w, r, v.Done, http.StatusSeeOther)
	default:
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	}
	return nil
}

// saveCard sets a card up for the portal's customer. A bank's no is not an
// error: what it left in the books stays.
func (w *work) saveCard(id, number string, month, year int64) (setup obj, refusal *apiError, err error) {
	session, customer, _, err := w.portal(id)
	if err != nil {
		return nil, nil, err
	}
	back := w.s.url("/p/session/" + id)
	if done := session.str("flow", "after_completion", "redirect", "return_url"); done != "" {
		back = done
	}
	pm := w.newCard(number, month, year, obj{"address": noAddress(), "email": customer["email"], "name": customer["name"], "phone": nil})
	setup = w.newSetup(customer["id"], "off_session")
	setup.hidden()["portal"] = true
	for _, o := range []obj{pm, setup} {
		if err := w.put(o); err != nil {
			return nil, nil, err
		}
	}
	if err := w.emit("setup_intent.created", setup); err != nil {
		return nil, nil, err
	}
	err = w.setUp(setup, pm, onSession, back)
	if e, ok := refused(err); ok {
		return setup, e, nil
	}
	if err != nil || setup.str("status") != "succeeded" {
		return setup, nil, err
	}
	return setup, nil, w.makeDefault(customer.str("id"), pm)
}

// makeDefault has a customer's future invoices paid with the card, and those
// that are open tried again at once, as the portal does.
func (w *work) makeDefault(customer string, pm obj) error {
	cus, err := w.live("customer", customer)
	if err != nil {
		return err
	}
	err = w.change(cus, "customer.updated", func() { cus.sub("invoice_settings")["default_payment_method"] = pm["id"] })
	if err != nil {
		return err
	}
	subs, err := w.all(of("subscription").is("customer", customer))
	if err != nil {
		return err
	}
	for _, sub := range subs {
		if !alive(sub) {
			continue
		}
		if sub.str("default_payment_method") != "" {
			err := w.change(sub, "customer.subscription.updated", func() { sub["default_payment_method"] = pm["id"] })
			if err != nil {
				return err
			}
		}
		if s := sub.str("status"); s != "past_due" && s != "unpaid" {
			continue
		}
		inv, err := w.get("invoice", sub.str("latest_invoice"))
		if err != nil {
			return err
		}
		if inv.str("status") != "open" {
			continue
		}
		if err := w.payInvoice(inv, pm, onSession, ""); err != nil {
			if _, ok := refused(err); !ok {
				return err
			}
		}
	}
	return nil
}
