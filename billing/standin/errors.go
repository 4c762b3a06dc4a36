package standin

import (
	"errors"
	"fmt"
	"net/http"
)

// apiError is what a client is told in Stripe's envelope. Its fields are those
// of https://docs.stripe.com/api/errors.
type apiError struct {
	status  int
	typ     string
	code    string
	param   string
	message string

	declineCode   string
	charge        string
	paymentIntent obj
	setupIntent   obj
	paymentMethod obj

	undo bool // a card_error after which nothing may stay
}

func (e *apiError) Error() string { return fmt.Sprintf("%s %s: %s", e.typ, e.code, e.message) }

// keeps reports whether what was done before the error stays done: a declined
// card has left a failed charge in the books, a bad parameter nothing.
func (e *apiError) keeps() bool { return e.typ == "card_error" && !e.undo }

func (e *apiError) envelope() obj {
	body := obj{"type": e.typ, "message": e.message}
	for key, v := range map[string]string{
		"code": e.code, "param": e.param, "decline_code": e.declineCode, "charge": e.charge,
	} {
		if v != "" {
			body[key] = v
		}
	}
	if e.code != "" {
		body["doc_url"] = "https://stripe.com/docs/error-codes/" + dashed(e.code)
	}
	for key, v := range map[string]obj{
		"payment_intent": e.paymentIntent, "setup_intent": e.setupIntent, "payment_method": e.paymentMethod,
	} {
		if v != nil {
			body[key] = v.shown()
		}
	}
	return obj{"error": body}
}

func dashed(code string) string {
	out := []byte(code)
	for i, c := range out {
		if c == '_' {
			out[i] = '-'
		}
	}
	return string(out)
}

func invalid(param, format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, typ: "invalid_request_error", param: param,
		message: fmt.Sprintf(format, args...)}
}

func invalidCode(code, param, format string, args ...any) *apiError {
	e := invalid(param, format, args...)
	e.code = code
	return e
}

// missing is the answer for an object that isn't there. In a path Stripe says
// 404, in a parameter 400.
func missing(kind, id string) *apiError {
	noun := map[string]string{
		"checkout.session":             "checkout.session",
		"payment_intent":               "payment_intent",
		"payment_method":               "PaymentMethod",
		"setup_intent":                 "setupintent",
		"promotion_code":               "promotion code",
		"billing_portal.configuration": "configuration",
		"webhook_endpoint":             "webhook endpoint",
		"event":                        "event",
		"balance_transaction":          "balance transaction",
		"subscription_schedule":        "subscription schedule",
		"credit_note":                  "credit note",
	}[kind]
	if noun == "" {
		noun = kind
	}
	return &apiError{status: http.StatusNotFound, typ: "invalid_request_error", code: "resource_missing",
		param: "id", message: fmt.Sprintf("No such %s: '%s'", noun, id)}
}

// asParam turns "no such object" into a complaint about the parameter that
// named it.
func asParam(err error, param string) error {
	var e *apiError
	if !errors.As(err, &e) || e.code != "resource_missing" {
		return err
	}
	again := *e
	again.status, again.param = http.StatusBadRequest, param
	return &again
}

func unauthorized(message string) *apiError {
	return &apiError{status: http.StatusUnauthorized, typ: "invalid_request_error", message: message}
}

func serverFault() *apiError {
	return &apiError{status: http.StatusInternalServerError, typ: "api_error",
		message: "An unknown error occurred. (A fault set at the stand-in's desk.)"}
}
