package standin

import (
	"net/url"
	"strings"
)

// What Stripe lets no request go beyond.
const (
	maxAmount     = 99_999_999 // minor units, eight digits
	maxKey        = 255        // characters of an Idempotency-Key
	maxMetadata   = 50         // pairs
	maxMetaKey    = 40         // characters
	maxMetaValue  = 500        // characters
	maxEmail      = 512
	codeAlphabet  = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
	tooManyMonths = 1200
)

// currency is a code of ISO 4217, which must be given.
func (p *params) currency(key string) string {
	v := strings.ToLower(p.need(key))
	if v != "" && (len(v) != 3 || strings.Trim(v, "abcdefghijklmnopqrstuvwxyz") != "") {
		p.fail(invalid(p.full(key), "Invalid currency: %s. Stripe takes the three letters of ISO 4217.", v))
	}
	return v
}

// within is a whole number from least to most, and whether it was sent.
func (p *params) within(key string, least, most int64) (int64, bool) {
	n, sent := p.optInt(key)
	if sent && (n < least || n > most) {
		p.fail(invalidCode("parameter_invalid_integer", p.full(key), "Invalid integer: %s must be from %d to %d", p.full(key), least, most))
	}
	return n, sent
}

// future is a second that is still to come, and whether it was sent.
func (c *call) future(key string) (int64, bool) {
	n, sent := c.p.optInt(key)
	if sent && n <= c.now {
		c.p.fail(invalid(key, "Invalid timestamp: %s must be in the future.", key))
	}
	return n, sent
}

// checkMetadata refuses more than an object may hold.
func checkMetadata(p *params, held map[string]string) {
	if len(held) > maxMetadata {
		p.fail(invalid("metadata", "You can only have up to %d metadata key-value pairs.", maxMetadata))
	}
	for k, v := range held {
		if len(k) > maxMetaKey || len([]rune(v)) > maxMetaValue {
			p.fail(invalid("metadata", "Metadata keys can have up to %d characters, and values up to %d.", maxMetaKey, maxMetaValue))
		}
	}
}

// webAddress is an address that webhooks could be sent to.
func (p *params) webAddress(key string) string {
	v := p.need(key)
	u, err := url.Parse(v)
	if v != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		p.fail(invalidCode("url_invalid", p.full(key), "Invalid URL: An explicit scheme (such as https) must be provided."))
	}
	return v
}

// oneCurrency refuses to sell to a customer in another currency than before.
func oneCurrency(customer, price obj) error {
	have, want := customer.str("currency"), price.str("currency")
	if have == "" || have == want {
		return nil
	}
	return invalid("", "You cannot combine currencies on a single customer. This customer has an active subscription, discount, "+
		"or invoice in the currency %s, and this is in %s.", have, want)
}
