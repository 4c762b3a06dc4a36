package billing

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Shipping is where the magazine goes, as Stripe keeps it with the customer.
type Shipping struct {
	Name       string
	Line1      string
	Line2      string
	City       string
	State      string // province or region; most countries need none
	PostalCode string
	Country    string // ISO 3166-1 alpha-2
}

// IsZero reports whether there is no address.
func (a Shipping) IsZero() bool { return a == Shipping{} }

// digest tells two addresses apart.
func (a Shipping) digest() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", a))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// shippingLimit is how long a line of an address may be, in characters.
const shippingLimit = 200

// Tidy drops what was typed around the words.
func (a Shipping) Tidy() Shipping {
	for _, line := range []*string{&a.Name, &a.Line1, &a.Line2, &a.City, &a.State, &a.PostalCode, &a.Country} {
		*line = strings.Join(strings.Fields(*line), " ")
	}
	a.Country = strings.ToUpper(a.Country)
	return a
}

// Faults says what keeps the magazine from arriving, a sentence for each field
// by its name: name, line1, line2, city, state, postal, country.
func (a Shipping) Faults(shipsTo []string) map[string]string {
	wrong := map[string]string{}
	for field, line := range map[string]string{
		"name": a.Name, "line1": a.Line1, "line2": a.Line2, "city": a.City, "state": a.State, "postal": a.PostalCode,
	} {
		if utf8.RuneCountInString(line) > shippingLimit {
			wrong[field] = "That is longer than fits on a label."
		}
	}
	if a.Name == "" {
		wrong["name"] = "Whose name is on the letterbox?"
	}
	if a.Line1 == "" {
		wrong["line1"] = "The street and the number are missing."
	}
	if a.City == "" {
		wrong["city"] = "The town is missing."
	}
	if a.PostalCode == "" && !slices.Contains(withoutPostalCodes, a.Country) {
		wrong["postal"] = "The postal code is missing."
	}
	if !slices.Contains(shipsTo, a.Country) {
		wrong["country"] = "The magazine does not go to that country. Choose one of these."
	}
	return wrong
}

// withoutPostalCodes are countries that have none, as far as magazines go there.
var withoutPostalCodes = []string{"AE", "AG", "AO", "BS", "BZ", "GH", "HK", "JM", "PA", "QA", "TT", "ZW"}
