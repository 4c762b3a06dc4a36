package standin

import (
	"fmt"
	"math/bits"
	"strconv"
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

// percentOf is that share of an amount, half a minor unit up. The share is in
// hundredths of a percent, whole ones.
func percentOf(amount, hundredths int64) int64 { return (amount*hundredths + 5000) / 10000 }

// hundredths reads a percentage of at most two decimals, as "33.33"; false for
// anything else.
func hundredths(percent string) (int64, bool) {
	whole, part, _ := strings.Cut(percent, ".")
	part = strings.TrimRight(part, "0")
	if whole == "" || len(whole) > 3 || len(part) > 2 || strings.Trim(whole+part, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+part+"00"[len(part):], 10, 64)
	return n, err == nil
}

// prorated is the share left/whole of an amount, half a minor unit away from
// zero. The product is taken in 128 bits, so no amount is too large.
func prorated(amount, left, whole int64) int64 {
	if whole <= 0 || left <= 0 {
		return 0
	}
	if amount < 0 {
		return -prorated(-amount, left, whole)
	}
	high, low := bits.Mul64(uint64(amount), uint64(min(left, whole)))
	low, carry := bits.Add64(low, uint64(whole)/2, 0)
	share, _ := bits.Div64(high+carry, low, uint64(whole))
	return int64(share)
}

// spread divides a discount over lines in proportion to their amounts; the
// last line that has one takes what rounding left over, so that the parts sum
// to the cent.
func spread(total int64, amounts []int64) []int64 {
	var sum int64
	last := len(amounts) - 1
	for i, a := range amounts {
		sum += a
		if a != 0 {
			last = i
		}
	}
	out := make([]int64, len(amounts))
	left := total
	for i, a := range amounts {
		if i == last || sum == 0 {
			out[i] = left
			break
		}
		out[i] = total * a / sum
		left -= out[i]
	}
	return out
}
