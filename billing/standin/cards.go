package standin

import (
	"fmt"
	"strconv"
	"strings"
)

// card is a test card: what it is and how it behaves.
// https://docs.stripe.com/testing
type card struct {
	number  string
	brand   string
	country string
	attach  *decline // met when it is charged for the first time or saved
	charge  *decline // met by every charge, though saving it works
	auth    authRule
	dispute string // why its holder takes every charge back; "" is never
	inquiry bool   // the holder only asks what the charge was
	refund  string // what becomes of a refund a day later, "succeeded" or "failed"; "" when it is settled at once
}

// authRule says when a card asks its holder to confirm (3D Secure).
type authRule int

const (
	authNever  authRule = iota
	authOnce            // unless it was set up with its holder present
	authAlways          // whatever was agreed before
)

// decline is a bank's no.
type decline struct{ code, declineCode, message string }

var (
	declined     = &decline{"card_declined", "generic_decline", "Your card was declined."}
	insufficient = &decline{"card_declined", "insufficient_funds", "Your card has insufficient funds."}
	notATestCard = &decline{"card_declined", "test_mode_live_card",
		"Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, visit: https://stripe.com/docs/testing."}
	authFailed = &decline{"payment_intent_authentication_failure", "",
		"We are unable to authenticate your payment method. Please choose a different payment method and try again."}
	incorrectNumber = &decline{"incorrect_number", "", "Your card number is incorrect."}
)

var cards = []card{
	{number: "4242424242424242", brand: "visa", country: "US"},
	{number: "5555555555554444", brand: "mastercard", country: "US"},
	{number: "378282246310005", brand: "amex", country: "US"},
	{number: "4000000000000002", brand: "visa", country: "US", attach: declined},
	{number: "4000000000009995", brand: "visa", country: "US", attach: insufficient},
	{number: "4000000000009987", brand: "visa", country: "US", attach: &decline{"card_declined", "lost_card", "Your card has been declined."}},
	{number: "4000000000009979", brand: "visa", country: "US", attach: &decline{"card_declined", "stolen_card", "Your card has been declined."}},
	{number: "4000000000000069", brand: "visa", country: "US", attach: &decline{"expired_card", "", "Your card has expired."}},
	{number: "4000000000000127", brand: "visa", country: "US", attach: &decline{"incorrect_cvc", "", "Your card's security code is incorrect."}},
	{number: "4000000000000119", brand: "visa", country: "US", attach: &decline{"processing_error", "", "An error occurred while processing your card. Try again in a little bit."}},
	{number: "4000000000000341", brand: "visa", country: "US", charge: declined},
	{number: "4000000000000259", brand: "visa", country: "US", dispute: "fraudulent"},
	{number: "4000000000002685", brand: "visa", country: "US", dispute: "product_not_received"},
	{number: "4000000000001976", brand: "visa", country: "US", dispute: "fraudulent", inquiry: true},
	{number: "4000000000007726", brand: "visa", country: "US", refund: "succeeded"},
	{number: "4000000000005126", brand: "visa", country: "US", refund: "failed"},
	{number: "4000002500003155", brand: "visa", country: "US", auth: authOnce},
	{number: "4000002760003184", brand: "visa", country: "US", auth: authAlways},
}

// named are the payment methods and tokens that clients use instead of
// numbers. https://docs.stripe.com/testing?testing-method=payment-methods
var named = map[string]string{
	"visa": "4242424242424242", "mastercard": "5555555555554444", "amex": "378282246310005",
	"visa_chargeDeclined": "4000000000000002", "chargeDeclined": "4000000000000002",
	"visa_chargeDeclinedInsufficientFunds": "4000000000009995", "chargeDeclinedInsufficientFunds": "4000000000009995",
	"chargeCustomerFail": "4000000000000341", "createDispute": "4000000000000259", "pendingRefund": "4000000000007726", "refundFail": "4000000000005126",
	"createDisputeInquiry": "4000000000001976", "createDisputeProductNotReceived": "4000000000002685", "threeDSecure2Required": "4000002500003155",
	"authenticationRequiredOnSetup": "4000002500003155", "authenticationRequired": "4000002760003184",
}

// behaviour finds how a number behaves. A real card's number is declined.
func behaviour(number string) card {
	for _, c := range cards {
		if c.number == number {
			return c
		}
	}
	return card{number: number, brand: brandOf(number), country: "US", attach: notATestCard}
}

func brandOf(number string) string {
	switch {
	case strings.HasPrefix(number, "4"):
		return "visa"
	case strings.HasPrefix(number, "5"):
		return "mastercard"
	case strings.HasPrefix(number, "3"):
		return "amex"
	}
	return "unknown"
}

// luhn reports whether a number's check digit is right.
func luhn(number string) bool {
	if len(number) < 12 || len(number) > 19 {
		return false
	}
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// digits drops the spaces and dashes that people type.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, s)
}

// expiry reads "12/34", "12 / 2034" or "1234".
func expiry(s string) (month, year int64, ok bool) {
	s = strings.ReplaceAll(digits(s), "/", "")
	if len(s) != 4 && len(s) != 6 {
		return 0, 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	if len(s) == 4 {
		month, year = n/100, 2000+n%100
	} else {
		month, year = n/10000, n%10000
	}
	return month, year, month >= 1 && month <= 12
}

// newCard makes a payment method of type card that belongs to nobody yet.
func (w *work) newCard(number string, month, year int64, billing obj) obj {
	c := behaviour(number)
	if billing == nil {
		billing = obj{"address": noAddress(), "email": nil, "name": nil, "phone": nil}
	}
	var postal any
	if billing.str("address", "postal_code") != "" {
		postal = "pass"
	}
	return obj{
		"id": w.newID("pm_"), "object": "payment_method", "billing_details": billing, "created": w.now,
		"customer": nil, "livemode": false, "metadata": obj{}, "type": "card",
		"card": obj{
			"brand": c.brand, "country": c.country, "display_brand": c.brand, "exp_month": month, "exp_year": year,
			"checks":      obj{"address_line1_check": nil, "address_postal_code_check": postal, "cvc_check": "pass"},
			"fingerprint": fmt.Sprintf("Standin%09s", number[len(number)-6:]), "funding": "credit",
			"last4": number[len(number)-4:], "networks": obj{"available": []any{c.brand}, "preferred": nil},
			"three_d_secure_usage": obj{"supported": true}, "wallet": nil,
		},
		hiddenKey: obj{"number": number},
	}
}

func noAddress() obj {
	return obj{"city": nil, "country": nil, "line1": nil, "line2": nil, "postal_code": nil, "state": nil}
}

// cardOf is how the card behind a payment method behaves.
func cardOf(pm obj) card { return behaviour(pm.str(hiddenKey, "number")) }

// cardName is what people call it: "Visa ending in 4242".
func cardName(pm obj) string {
	brand := pm.str("card", "brand")
	if brand == "" {
		return "card"
	}
	return strings.ToUpper(brand[:1]) + brand[1:] + " ending in " + pm.str("card", "last4")
}
