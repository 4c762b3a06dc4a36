package standin

import (
	"fmt"
	"math"
	"strings"
)

// noMinor are currencies without a minor unit.
// https://docs.stripe.com/currencies#zero-decimal
var noMinor = map[string]bool{
	"bif": true, "clp": true, "djf": true, "gnf": true, "jpy": true, "kmf": true, "krw": true, "mga": true,
	"pyg": true, "rwf": true, "ugx": true, "vnd": true, "vuv": true, "xaf": true, "xof": true, "xpf": true,
}

// money writes an amount of minor units for people: $12.00, €9.50, CHF 4.00.
func money(amount int64, currency string) string {
	sign := ""
	if amount < 0 {
		sign, amount = "−", -amount
	}
	mark, ok := map[string]string{"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}[currency]
	if !ok {
		mark = strings.ToUpper(currency) + " "
	}
	if noMinor[currency] {
		return fmt.Sprintf("%s%s%d", sign, mark, amount)
	}
	return fmt.Sprintf("%s%s%d.%02d", sign, mark, amount/100, amount%100)
}

// percentOf is that share of an amount, half a minor unit up. Percentages have
// at most two decimals, so the sum is done in whole hundredths.
func percentOf(amount int64, percent float64) int64 {
	hundredths := int64(math.Round(percent * 100))
	return (amount*hundredths + 5000) / 10000
}

// spread divides a discount over lines in proportion to their amounts; the
// last line takes what rounding left over, so that the parts sum to the cent.
func spread(total int64, amounts []int64) []int64 {
	var sum int64
	for _, a := range amounts {
		sum += a
	}
	out := make([]int64, len(amounts))
	left := total
	for i, a := range amounts {
		if i == len(amounts)-1 || sum == 0 {
			out[i] = left
			break
		}
		out[i] = total * a / sum
		left -= out[i]
	}
	return out
}
