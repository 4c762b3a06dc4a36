package views

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"broadsheet/billing"
)

const nbsp = "\u00a0" // keeps a number with its word

func itoa(n int) string { return strconv.Itoa(n) }

// day is "12 May", with the year when it isn't this year. The space after the number never breaks.
func (f Frame) day(t time.Time) string {
	t = t.In(f.zone())
	s := t.Format("2" + nbsp + "January")
	if t.Year() != f.Day.In(f.zone()).Year() {
		s += " " + strconv.Itoa(t.Year())
	}
	return s
}

// date is "12 May 2024".
func (f Frame) date(t time.Time) string { return t.In(f.zone()).Format("2" + nbsp + "January 2006") }

// longDay is "Friday 12 April 2024".
func (f Frame) longDay(t time.Time) string { return t.In(f.zone()).Format("Monday 2 January 2006") }

// moment is "12 April 2024, 07:40".
func (f Frame) moment(t time.Time) string { return f.date(t) + t.In(f.zone()).Format(", 15:04") }

// machine is the form that <time datetime> and JSON-LD want.
func (f Frame) machine(t time.Time) string { return t.In(f.zone()).Format(time.RFC3339) }

// signs are the currencies that readers know by a sign before the amount. Others are shown by their code.
var signs = map[string]string{"eur": "€", "gbp": "£", "usd": "$", "jpy": "¥", "inr": "₹", "krw": "₩"}

// Money writes an amount as readers see it: "€14.00", "−€2.15", "CHF 14.00", "¥1,400".
func Money(m billing.Money) string {
	amount, minus := m.Amount, ""
	if amount < 0 {
		amount, minus = -amount, "−"
	}
	currency := strings.ToLower(m.Currency)
	sign, ok := signs[currency]
	if !ok {
		sign = strings.ToUpper(currency) + nbsp
	}
	if billing.Decimals(currency) == 0 {
		return minus + sign + thousands(amount)
	}
	return minus + sign + thousands(amount/100) + "." + pad2(amount%100)
}

// moneyShort drops the cents when there are none: "€14", "€4.50".
func moneyShort(m billing.Money) string { return strings.TrimSuffix(Money(m), ".00") }

func pad2(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// each is "a month" or "a year".
func each(i billing.Interval) string { return "a " + string(i) }

// freeMonths says what paying yearly saves when that is a whole number of months and the same for every plan:
// "two months free"; otherwise "".
func freeMonths(c billing.Catalogue) string {
	saved := int64(0)
	for _, plan := range c.Plans {
		month, year := priceOf(plan, billing.Monthly), priceOf(plan, billing.Yearly)
		if month == nil || year == nil || month.Money.Amount <= 0 {
			return ""
		}
		left := 12*month.Money.Amount - year.Money.Amount
		if left <= 0 || left%month.Money.Amount != 0 {
			return ""
		}
		n := left / month.Money.Amount
		if saved != 0 && saved != n {
			return ""
		}
		saved = n
	}
	if saved == 0 {
		return ""
	}
	return count(int(saved), "month") + " free"
}

var words = []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}

// number writes small numbers as words, as the paper does in sentences.
func number(n int) string {
	if n >= 0 && n < len(words) {
		return words[n]
	}
	return strconv.Itoa(n)
}

// count is "one story", "two stories".
func count(n int, what string) string { return number(n) + " " + plural(n, what) }

// plural adds the s, or ies for a y as in story, not in day or key.
func plural(n int, what string) string {
	switch {
	case n == 1:
		return what
	case strings.HasSuffix(what, "y") && !strings.HasSuffix(what, "ay") && !strings.HasSuffix(what, "ey"):
		return strings.TrimSuffix(what, "y") + "ies"
	}
	return what + "s"
}

// about rounds a number of words for a sentence: nobody wants "About 547 words".
func about(n int) int {
	switch {
	case n < 20:
		return n
	case n < 100:
		return (n + 5) / 10 * 10
	}
	return (n + 25) / 50 * 50
}

// initials are what the seal of a writer shows: the first letters of the first and the last name.
func initials(name string) string {
	parts := strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == '-' })
	if len(parts) == 0 {
		return ""
	}
	first := upperFirst(parts[0])
	if len(parts) == 1 {
		return first
	}
	return first + upperFirst(parts[len(parts)-1])
}

func upperFirst(s string) string {
	r, _ := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r))
}

// sentence puts a capital first.
func sentence(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return upperFirst(s) + s[n:]
}
