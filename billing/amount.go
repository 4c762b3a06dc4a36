package billing

import (
	"fmt"
	"strconv"
	"strings"

	"broadsheet/internal/fault"
)

// noMinor are the currencies without a minor unit, as Stripe lists them.
// https://docs.stripe.com/currencies#zero-decimal
var noMinor = map[string]bool{
	"bif": true, "clp": true, "djf": true, "gnf": true, "jpy": true, "kmf": true, "krw": true, "mga": true,
	"pyg": true, "rwf": true, "ugx": true, "vnd": true, "vuv": true, "xaf": true, "xof": true, "xpf": true,
}

// Decimals is how many digits of an amount stand behind the point.
func Decimals(currency string) int {
	if noMinor[strings.ToLower(currency)] {
		return 0
	}
	return 2
}

// String is the amount as an operator types it: "3.50 EUR". Pages have a way of
// their own.
func (m Money) String() string {
	text := strconv.FormatInt(m.Amount, 10)
	if Decimals(m.Currency) > 0 {
		minus := ""
		if m.Amount < 0 {
			minus, text = "-", text[1:]
		}
		text = strings.Repeat("0", max(0, 3-len(text))) + text
		text = minus + text[:len(text)-2] + "." + text[len(text)-2:]
	}
	return text + " " + strings.ToUpper(m.Currency)
}

// ParseAmount reads an amount that somebody typed, such as 3.50, to the cent
// and without a float. Its fault is Invalid.
func ParseAmount(typed, currency string) (int64, error) {
	wrong := func(why string) error {
		return fault.New(fault.Invalid, fmt.Sprintf("%q is no amount: %s.", typed, why), nil)
	}
	whole, cents, pointed := strings.Cut(typed, ".")
	digits := Decimals(currency)
	other := func(r rune) bool { return r < '0' || r > '9' }
	switch {
	case whole == "" || strings.ContainsFunc(whole+cents, other) || pointed && cents == "":
		return 0, wrong("write digits, with a point before the cents, such as 3.50")
	case len(cents) > digits:
		return 0, wrong(fmt.Sprintf("%s has %d digits behind the point", strings.ToUpper(currency), digits))
	}
	n, err := strconv.ParseInt(whole+cents+strings.Repeat("0", digits-len(cents)), 10, 64)
	switch {
	case err != nil:
		return 0, wrong("it is too large")
	case n == 0:
		return 0, wrong("it is nothing")
	}
	return n, nil
}

// ParsePercent reads a percentage with at most two decimals, in hundredths of
// one. Its fault is Invalid.
func ParsePercent(typed string) (int64, error) {
	whole, part, pointed := strings.Cut(typed, ".")
	n, err := strconv.ParseUint(whole+(part + "00")[:2], 10, 31)
	if err != nil || len(part) > 2 || whole == "" || pointed && part == "" || n == 0 || n > Hundred {
		return 0, fault.New(fault.Invalid, fmt.Sprintf("%q is no percentage: write a number up to 100 with at most two digits behind the point, such as 50 or 12.5.", typed), err)
	}
	return int64(n), nil
}
