package views

import (
	"strings"
	"time"

	"broadsheet/billing"
)

// InvoicePage is an invoice, or the receipt that it becomes when it is paid, to read and to print.
type InvoicePage struct {
	Frame
	Invoice billing.Invoice
	For     string   // what the plan is called; "" when it isn't known
	To      []string // to whom it is made out, line by line
}

// title is what the document is: a receipt once it is paid.
func (p InvoicePage) title() string {
	what := "Invoice"
	if p.Invoice.Status == billing.InvoicePaid {
		what = "Receipt"
	}
	return strings.TrimSpace(what + " " + p.Invoice.Number)
}

// from is who sells, line by line.
func (p InvoicePage) from() []string {
	lines := []string{firstOf(p.Paper.Publisher, p.Paper.Name)}
	for line := range strings.Lines(p.Paper.Address) {
		// An address often begins with the name that stands above it.
		if line = strings.TrimSpace(line); line != lines[0] {
			lines = append(lines, line)
		}
	}
	return append(lines, p.Paper.Email)
}

// state says in a sentence how it stands.
func (p InvoicePage) state() string {
	i := p.Invoice
	switch {
	case i.Status == billing.InvoicePaid && i.Paid == 0:
		return "There was nothing to pay."
	case i.Status == billing.InvoicePaid:
		return "Paid on " + p.date(firstTime(i.PaidAt, i.Created)) + "."
	case i.Status == billing.InvoiceOpen:
		return Money(billing.Money{Amount: i.Remaining, Currency: i.Money.Currency}) + " is open."
	case i.Status == billing.InvoiceUncollectible:
		return "It was not paid, and is not collected any more."
	}
	return "It was cancelled: nothing is to be paid."
}

// lines are its positions; an invoice that was kept without them has one.
func (p InvoicePage) lines() []billing.InvoiceLine {
	if len(p.Invoice.Lines) > 0 {
		return p.Invoice.Lines
	}
	sum := p.Invoice.Money
	sum.Amount -= p.Invoice.Tax
	return []billing.InvoiceLine{{Text: firstOf(p.For, "Subscription"), Money: sum, From: p.Invoice.PeriodStart, To: p.Invoice.PeriodEnd}}
}

// period is what a line is for; "" for no time at all.
func (p InvoicePage) period(l billing.InvoiceLine) string {
	if l.From.IsZero() || !l.To.After(l.From) {
		return ""
	}
	return p.date(l.From) + " to " + p.date(l.To)
}

// tax is what the line of the taxes says; "" without taxes. Prices may contain them.
func (p InvoicePage) tax() string {
	if p.Invoice.Tax == 0 {
		return ""
	}
	sum := p.Invoice.Tax
	for _, l := range p.lines() {
		sum += l.Money.Amount
	}
	if sum == p.Invoice.Money.Amount {
		return "Tax"
	}
	return "Tax, which the total contains"
}

func (p InvoicePage) in(amount int64) string {
	return Money(billing.Money{Amount: amount, Currency: p.Invoice.Money.Currency})
}

// due is when it had to be paid; zero unless that is another day than the invoice's.
func (p InvoicePage) due() time.Time {
	if p.Invoice.Due.IsZero() || p.date(p.Invoice.Due) == p.date(p.Invoice.Created) {
		return time.Time{}
	}
	return p.Invoice.Due
}
