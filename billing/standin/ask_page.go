package standin

import (
	"context"
	"net/http"
	"strings"
)

// askView is the 3D Secure screen: what a cardholder's bank would ask.
type askView struct {
	Amount string // "" when a card is only saved
	Card   string
	Back   string
}

// asked loads the intent that waits for an answer.
func (s *Server) asked(ctx context.Context, id string) (intent, pm obj, err error) {
	err = s.do(ctx, func(w *work) (err error) {
		if intent, err = w.find(id); err != nil {
			return err
		}
		if k := intent.str("object"); k != "payment_intent" && k != "setup_intent" {
			return missing("payment_intent", id)
		}
		if intent.str("status") == "requires_action" {
			pm, err = w.get("payment_method", intent.str("payment_method"))
		}
		return err
	})
	return intent, pm, err
}

func (s *Server) askPage(w http.ResponseWriter, r *http.Request) error {
	intent, pm, err := s.asked(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if pm == nil {
		return s.show(w, http.StatusOK, "message", "Answered", message{Heading: "Nothing to confirm",
			Text: "This question has been answered already."})
	}
	v := askView{Card: cardName(pm), Back: intent.str("next_action", "redirect_to_url", "return_url")}
	if intent.str("object") == "payment_intent" {
		v.Amount = money(intent.num("amount"), intent.str("currency"))
	}
	return s.show(w, http.StatusOK, "ask", "3D Secure", v)
}

// askPost takes the cardholder's answer back to whoever asked: a checkout
// session, an invoice's page, the portal, or the client's own address.
func (s *Server) askPost(w http.ResponseWriter, r *http.Request) error {
	intent, pm, err := s.asked(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if pm == nil {
		return invalid("", "This question has been answered already.")
	}
	yes := r.PostFormValue("outcome") == "complete"
	back := intent.str("next_action", "redirect_to_url", "return_url")
	var got outcome
	var session obj
	err = s.do(r.Context(), func(b *work) error {
		session, err = b.sessionOf(intent)
		if err != nil {
			return err
		}
		if session == nil {
			return b.answerIntent(intent, pm, yes)
		}
		if session.str("status") != "open" {
			return &apiError{status: http.StatusGone, message: "This page has expired. Nothing was charged."}
		}
		got, err = b.answerSession(session, intent, yes)
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case got.done:
		http.Redirect(w, r, successURL(session), http.StatusSeeOther)
	case got.refusal != nil:
		v, err := s.payView(r.Context(), session)
		if err != nil {
			return err
		}
		v.Refused = got.refusal.message
		// The form on this page posts to the session, wherever it is shown.
		return s.show(w, http.StatusPaymentRequired, "pay", "Checkout", v)
	case strings.HasPrefix(back, "http"):
		http.Redirect(w, r, back, http.StatusSeeOther)
	default:
		return s.show(w, http.StatusOK, "message", "Answered", message{Heading: "Thank you", Text: "Your bank has your answer. You can close this page."})
	}
	return nil
}

// sessionOf is the checkout session that the intent belongs to, if any.
func (w *work) sessionOf(intent obj) (obj, error) {
	key, id := map[string]string{"setup_intent": "setup", "payment_intent": "intent"}[intent.str("object")], intent.str("id")
	if intent.str("invoice") != "" {
		inv, err := w.find(intent.str("invoice"))
		if err != nil || inv == nil || inv.str("billing_reason") != "subscription_create" {
			return nil, err
		}
		key, id = "sub", inv.str("subscription")
	}
	found, err := w.all(of("checkout.session").cond("body->>'$._."+key+"' = ?", id))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// answerIntent is an answer outside Checkout. A no is recorded, not returned:
// the cardholder has done what they meant to.
func (w *work) answerIntent(intent, pm obj, yes bool) error {
	err := w.answered(intent, pm, yes)
	if _, ok := refused(err); ok {
		return nil
	}
	return err
}

func (w *work) answered(intent, pm obj, yes bool) error {
	if intent.str("object") == "setup_intent" {
		if !yes {
			return w.refuseSetup(intent, pm, authFailed)
		}
		err := w.setUp(intent, pm, authenticated, "")
		if err != nil || !intent.flag(hiddenKey, "portal") {
			return err
		}
		return w.makeDefault(intent.str("customer"), pm)
	}
	if id := intent.str("invoice"); id != "" {
		inv, err := w.get("invoice", id)
		if err != nil {
			return err
		}
		return w.answer(inv, pm, yes)
	}
	if !yes {
		_, err := w.refuse(intent, pm, authFailed)
		return err
	}
	_, err := w.confirm(intent, pm, authenticated, "")
	return err
}
