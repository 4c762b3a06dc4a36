package standin

import (
	"context"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// payView is what the checkout page shows.
type payView struct {
	ID           string
	Lines        []payLine
	Subtotal     string
	Discount     string // "" without one
	Total        string
	Every        string // month, year; "" for what is paid once
	Free         string // how long nothing is charged, in a sentence; "" without a trial
	NoCard       bool   // nothing is due and the merchant wants no card
	Button       string
	Cancel       string
	AskEmail     bool
	Email        string
	AskPromotion bool
	Promotion    string // the code that is applied
	AskAddress   bool
	Countries    []string
	Typed        map[string]string
	Wrong        map[string]string // field → what is wrong with it
	Refused      string            // what the bank said
	TestCards    [][2]string
}

type payLine struct{ Name, Detail, Amount string }

var testCards = [][2]string{
	{"4242 4242 4242 4242", "pays"},
	{"4000 0000 0000 0002", "is declined"},
	{"4000 0000 0000 9995", "has insufficient funds"},
	{"4000 0025 0000 3155", "asks for 3D Secure"},
	{"4000 0000 0000 0341", "can be saved, but every charge fails"},
}

// openSession loads a session for its page; a closed one is answered here and
// comes back nil.
func (s *Server) openSession(w http.ResponseWriter, r *http.Request) (obj, error) {
	var session obj
	err := s.do(r.Context(), func(b *work) error {
		var err error
		if session, err = b.get("checkout.session", r.PathValue("id")); err != nil {
			return err
		}
		if session.str("status") == "open" && session.num("expires_at") <= b.now {
			return b.expire(session)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	switch session.str("status") {
	case "complete":
		return nil, s.show(w, http.StatusOK, "message", "Paid", message{Heading: "This is paid already",
			Text: "The payment for this page went through. You can close it.", Link: successURL(session), LinkText: "Go back to the site"})
	case "expired":
		return nil, s.show(w, http.StatusGone, "message", "Expired", message{Heading: "This page has expired",
			Text: "Nothing was charged. Start again from the site that sent you.", Link: session.str("cancel_url"), LinkText: "Go back to the site"})
	}
	return session, nil
}

func (s *Server) payPage(w http.ResponseWriter, r *http.Request) error {
	session, err := s.openSession(w, r)
	if err != nil || session == nil {
		return err
	}
	v, err := s.payView(r.Context(), session)
	if err != nil {
		return err
	}
	return s.show(w, http.StatusOK, "pay", "Checkout", v)
}

func (s *Server) payView(ctx context.Context, session obj) (*payView, error) {
	currency := session.str("currency")
	v := &payView{
		ID: session.str("id"), Cancel: session.str("cancel_url"), Email: session.str("customer_details", "email"),
		AskPromotion: session.flag("allow_promotion_codes"), TestCards: testCards,
		Subtotal: money(session.num("amount_subtotal"), currency), Total: money(session.num("amount_total"), currency),
		Typed: map[string]string{}, Wrong: map[string]string{},
	}
	v.AskEmail = v.Email == ""
	v.NoCard = session.num("amount_total") == 0 && session.str("payment_method_collection") == "if_required"
	if less := session.num("total_details", "amount_discount"); less > 0 {
		v.Discount = money(-less, currency)
	}
	v.lines(session)
	v.Button = "Pay " + v.Total
	if v.Every != "" {
		v.Button += " and subscribe"
	}
	if days := session.num(hiddenKey, "trial_days"); days > 0 && len(v.Lines) > 0 {
		v.Free = fmt.Sprintf("%d days free, then %s.", days, v.Lines[0].Detail)
		v.Button = "Start the free days"
	}
	if in := session.sub("shipping_address_collection"); in != nil {
		v.AskAddress = true
		many, _ := in["allowed_countries"].([]any)
		for _, country := range many {
			v.Countries = append(v.Countries, country.(string))
		}
	}
	if id := session.str(hiddenKey, "promotion"); id != "" {
		err := s.do(ctx, func(w *work) error {
			promo, err := w.get("promotion_code", id)
			v.Promotion = promo.str("code")
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (v *payView) lines(session obj) {
	currency := session.str("currency")
	for _, line := range session.list(hiddenKey, "line_items") {
		price := line.sub("price")
		detail := money(price.num("unit_amount"), currency)
		if price["recurring"] != nil {
			v.Every = rhythm(price)
			detail += " every " + v.Every
		}
		v.Lines = append(v.Lines, payLine{Name: line.str("description"), Amount: money(line.num("amount_subtotal"), currency),
			Detail: detail})
	}
}

// keepTyped are the fields that are shown again; a card's number never is.
var keepTyped = []string{"name", "email", "line1", "line2", "city", "postal", "state", "country", "promotion_code"}

func (s *Server) payPost(w http.ResponseWriter, r *http.Request) error {
	session, err := s.openSession(w, r)
	if err != nil || session == nil {
		return err
	}
	v, err := s.payView(r.Context(), session)
	if err != nil {
		return err
	}
	for _, key := range keepTyped {
		v.Typed[key] = strings.TrimSpace(r.PostFormValue(key))
	}
	switch r.PostFormValue("action") {
	case "apply", "remove":
		return s.promotionPost(w, r, session, v)
	}
	if code := v.Typed["promotion_code"]; code != "" && v.AskPromotion && v.Promotion == "" {
		why, err := s.applyPromotion(r.Context(), session.str("id"), code)
		if err != nil {
			return err
		}
		if why != "" {
			v.Wrong["promotion_code"] = why
		}
	}
	b := v.read(r, s.now())
	if len(v.Wrong) > 0 {
		return s.show(w, http.StatusUnprocessableEntity, "pay", "Checkout", v)
	}
	return s.charge(w, r, b, v)
}

// charge makes the attempt and says where it went.
func (s *Server) charge(w http.ResponseWriter, r *http.Request, b buyer, v *payView) error {
	var got outcome
	var session obj
	err := s.do(r.Context(), func(w *work) (err error) {
		if session, err = w.get("checkout.session", r.PathValue("id")); err != nil {
			return err
		}
		if session.str("status") != "open" { // another tab was faster
			got.done = session.str("status") == "complete"
			return nil
		}
		got, err = w.pay(session, b)
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case got.done:
		http.Redirect(w, r, successURL(session), http.StatusSeeOther)
	case got.ask != "":
		http.Redirect(w, r, "/3ds/"+got.ask, http.StatusSeeOther)
	case got.refusal != nil:
		again, err := s.payView(r.Context(), session)
		if err != nil {
			return err
		}
		again.Typed, again.Refused = v.Typed, got.refusal.message
		return s.show(w, http.StatusPaymentRequired, "pay", "Checkout", again)
	default:
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	}
	return nil
}

// read checks what was typed and fills v.Wrong with what must be mended.
func (v *payView) read(r *http.Request, now time.Time) buyer {
	b := buyer{email: v.Typed["email"], name: v.Typed["name"]}
	if !v.NoCard {
		b.number, b.month, b.year = readCard(r, now, v.Wrong)
	}
	if b.name == "" {
		v.Wrong["name"] = "Your name is required."
	}
	if v.AskEmail {
		if _, err := mail.ParseAddress(b.email); err != nil {
			v.Wrong["email"] = "A valid e-mail address is required."
		}
	}
	if !v.AskAddress {
		return b
	}
	for key, what := range map[string]string{"line1": "The street address", "city": "The city", "postal": "The postal code"} {
		if v.Typed[key] == "" {
			v.Wrong[key] = what + " is required."
		}
	}
	if !slices.Contains(v.Countries, v.Typed["country"]) {
		v.Wrong["country"] = "Choose a country from the list."
	}
	b.address = obj{"line1": v.Typed["line1"], "line2": orNull(v.Typed["line2"]), "city": v.Typed["city"],
		"postal_code": v.Typed["postal"], "state": orNull(v.Typed["state"]), "country": v.Typed["country"]}
	return b
}

// readCard checks the three card fields, in the words that Stripe uses.
func readCard(r *http.Request, now time.Time, wrong map[string]string) (number string, month, year int64) {
	number = digits(r.PostFormValue("number"))
	if !luhn(number) {
		wrong["number"] = "Your card number is invalid."
	}
	month, year, ok := expiry(r.PostFormValue("exp"))
	if !ok {
		wrong["exp"] = "Your card's expiration date is invalid."
	} else if year*12+month < int64(now.Year())*12+int64(now.Month()) {
		wrong["exp"] = "Your card's expiration date is in the past."
	}
	cvc := digits(r.PostFormValue("cvc"))
	if len(cvc) < 3 || len(cvc) > 4 || strings.Trim(cvc, "0123456789") != "" {
		wrong["cvc"] = "Your card's security code is incomplete."
	}
	return number, month, year
}

// promotionPost applies a code to the session, or takes it off.
func (s *Server) promotionPost(w http.ResponseWriter, r *http.Request, session obj, v *payView) error {
	id := session.str("id")
	why := ""
	if r.PostFormValue("action") == "remove" {
		err := s.do(r.Context(), func(w *work) error {
			session, err := w.get("checkout.session", id)
			if err != nil {
				return err
			}
			delete(session.hidden(), "coupon")
			delete(session.hidden(), "promotion")
			if err := w.reprice(session); err != nil {
				return err
			}
			return w.put(session)
		})
		if err != nil {
			return err
		}
		v.Typed["promotion_code"] = ""
	} else {
		var err error
		if why, err = s.applyPromotion(r.Context(), id, v.Typed["promotion_code"]); err != nil {
			return err
		}
	}
	fresh, err := s.openSession(w, r)
	if err != nil || fresh == nil {
		return err
	}
	again, err := s.payView(r.Context(), fresh)
	if err != nil {
		return err
	}
	again.Typed = v.Typed
	status := http.StatusOK
	if why != "" {
		again.Wrong["promotion_code"] = why
		status = http.StatusUnprocessableEntity
	}
	return s.show(w, status, "pay", "Checkout", again)
}

// applyPromotion puts a code on an open session; why says in a sentence why it
// cannot.
func (s *Server) applyPromotion(ctx context.Context, id, code string) (why string, err error) {
	err = s.do(ctx, func(w *work) error {
		session, err := w.get("checkout.session", id)
		if err != nil {
			return err
		}
		if !session.flag("allow_promotion_codes") || session.str("status") != "open" {
			why = "This page takes no promotion codes."
			return nil
		}
		promo, err := w.typed(code)
		if err != nil {
			return err
		}
		why, err = w.usable(promo, session.str("customer"), session.num("amount_subtotal"), session.str("currency"), pricesOf(session))
		if err != nil || why != "" {
			return err
		}
		session.hidden()["coupon"], session.hidden()["promotion"] = promo.str("coupon", "id"), promo["id"]
		if err := w.reprice(session); err != nil {
			return err
		}
		return w.put(session)
	})
	return why, err
}
