package billing_test

import (
	"testing"
	"time"

	"broadsheet/billing"
)

// What an invoice was for is told by its lines, whatever its subscription is now.
func TestWhatAnInvoiceWasFor(t *testing.T) {
	t.Parallel()
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	line := func(text string, amount int64, from, to time.Time) billing.InvoiceLine {
		return billing.InvoiceLine{Text: text, Money: billing.Money{Amount: amount, Currency: "eur"}, From: from, To: to}
	}
	sold := billing.Catalogue{Plans: []billing.Plan{{Key: "digital", Name: "Digital"}, {Key: "print", Name: "Print + Digital"}}}
	may, june, next := day(2026, 5, 3), day(2026, 6, 3), day(2027, 5, 3)
	for what, test := range map[string]struct {
		lines    []billing.InvoiceLine
		name     string
		from, to time.Time
	}{
		"a month":             {[]billing.InvoiceLine{line("1 × Digital (at €7.00 / month)", 700, may, june)}, "Digital", may, june},
		"the larger plan":     {[]billing.InvoiceLine{line("1 × Print + Digital (at €14.00 / month)", 1400, may, june)}, "Print + Digital", may, june},
		"from month to year":  {[]billing.InvoiceLine{line("Unused time on Digital", -700, may, june), line("1 × Digital (at €70.00 / year)", 7000, may, next)}, "Digital", may, next},
		"from one to another": {[]billing.InvoiceLine{line("Unused time on Digital", -700, may, june), line("Remaining time on Print + Digital", 1400, may, june)}, "Print + Digital", may, june},
		"a plan of before":    {[]billing.InvoiceLine{line("1 × Weekend (at €3.00 / month)", 300, may, june)}, "", may, june},
		"free":                {[]billing.InvoiceLine{line("Trial period for Digital", 0, may, june)}, "Digital", may, june},
		"without lines":       {nil, "", may, june},
	} {
		inv := billing.Invoice{Lines: test.lines, PeriodStart: may, PeriodEnd: june}
		if got := sold.Named(inv); got != test.name {
			t.Errorf("%s: it names %q, want %q", what, got, test.name)
		}
		if from, to := inv.Covers(); !from.Equal(test.from) || !to.Equal(test.to) {
			t.Errorf("%s: it covers %s to %s", what, from, to)
		}
	}
}
