package views

import (
	"strings"

	"broadsheet/billing"
)

// InvoicePage is an invoice, or the receipt that it becomes when it is paid, to read and to print.
type InvoicePage struct {
	Frame
	Invoice  billing.Invoice
	For      string            // what the plan is called; "" when it isn't known
	To       []string          // to whom it is made out, line by line
	Credits  []billing.Credit  // what went back of it, and was taken off before
	Disputes []billing.Dispute // over its payment, the newest first
}

// Sheet is an invoice in words: all that stands on the page, and on its PDF.
type Sheet struct {
	Paper    string // the paper's name
	Accent   string // its colour, #rrggbb
	Language string // BCP 47
	Title    string // "Receipt 0A1B-0001"
	State    string // how it stands, in a sentence
	From     []string
	To       []string
	Dates    []SheetFact
	Lines    []SheetLine
	Sums     []SheetLine
}

// SheetFact is a fact with its name.
type SheetFact struct{ Name, Text, Machine string }

// SheetLine is a line with a sum.
type SheetLine struct {
	ID   string // of what it shows; "" for none
	Text string
	Note string // below it, small; "" for none
	Sum  string
	Bold bool
}

// Sheet puts the invoice in words.
func (p InvoicePage) Sheet() Sheet {
	i := p.Invoice
	s := Sheet{
		Paper: p.Paper.Name, Accent: p.Paper.Accent.Light, Language: p.Paper.Language, Title: p.title(), State: p.state(), From: p.from(), To: p.To,
		Dates: []SheetFact{{"Date", p.date(i.Created), p.machine(i.Created)}},
	}
	if !i.Due.IsZero() && p.date(i.Due) != p.date(i.Created) {
		s.Dates = append(s.Dates, SheetFact{"Due", p.date(i.Due), p.machine(i.Due)})
	}
	if i.Status == billing.InvoicePaid && i.Paid > 0 {
		paid := firstTime(i.PaidAt, i.Created)
		s.Dates = append(s.Dates, SheetFact{"Paid", p.date(paid), p.machine(paid)})
	}
	for _, l := range p.lines() {
		s.Lines = append(s.Lines, SheetLine{Text: l.Text, Note: p.period(l), Sum: Money(l.Money)})
	}
	if p.tax() != "" {
		s.Lines = append(s.Lines, SheetLine{Text: p.tax(), Sum: p.in(i.Tax)})
	}
	s.Sums = p.sums()
	return s
}

// sums are the lines below the total: what was paid, what of it went back, and what remains.
func (p InvoicePage) sums() []SheetLine {
	i := p.Invoice
	sums := []SheetLine{{Text: "Total", Sum: Money(i.Money), Bold: true}}
	shown := billing.Shown(p.Credits)
	for _, c := range shown {
		if c.Early {
			sums = append(sums, p.credit(c))
		}
	}
	if i.Paid > 0 {
		sums = append(sums, SheetLine{Text: "Paid", Sum: p.in(i.Paid)})
	}
	moved := false
	for k := len(shown) - 1; k >= 0; k-- { // in the order in which they were given
		if c := shown[k]; !c.Early {
			sums, moved = append(sums, p.credit(c)), true
		}
	}
	remains := i.Paid - billing.Returned(p.Credits)
	for _, d := range p.Disputes {
		if d.Status == billing.DisputeLost {
			remains -= d.Money.Amount
			sums = append(sums, SheetLine{ID: d.ID, Text: "Written off", Note: "The cardholder’s bank took it back", Sum: p.in(-d.Money.Amount)})
			moved = true
		}
	}
	if moved {
		sums = append(sums, SheetLine{Text: "Remains paid", Sum: p.in(max(0, remains)), Bold: true})
	}
	return sums
}

// credit is the line of what went back. What did not arrive stands there without its sum.
func (p InvoicePage) credit(c billing.Credit) SheetLine {
	notes := []string{CreditState(c) + " on " + p.date(c.Created)}
	if !c.Holds() {
		notes[0] = "Of " + p.date(c.Created) + ": " + strings.ToLower(CreditState(c))
	}
	if c.Early {
		notes = append(notes, "taken off before the payment")
	}
	if c.Number != "" {
		notes = append(notes, "note "+c.Number)
	}
	line := SheetLine{ID: c.ID, Text: CreditText(c), Note: strings.Join(notes, ", "), Sum: back(c)}
	if !c.Holds() {
		line.Sum = p.in(0)
	}
	return line
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
		return "Paid on " + p.date(firstTime(i.PaidAt, i.Created)) + "." + p.since()
	case i.Status == billing.InvoiceOpen:
		return Money(billing.Money{Amount: i.Remaining, Currency: i.Money.Currency}) + " is open."
	case i.Status == billing.InvoiceUncollectible:
		return "It was not paid, and is not collected any more."
	}
	return "It was cancelled: nothing is to be paid."
}

// since says what became of a payment; "" when it simply stands.
func (p InvoicePage) since() string {
	for _, d := range p.Disputes {
		switch {
		case d.Status == billing.DisputeLost:
			return " The bank took it back, and it is written off."
		case d.Open() && !d.Inquiry():
			return " The bank has taken it back, and decides whose it is."
		}
	}
	switch sum := billing.Returned(p.Credits); {
	case sum == 0:
		return ""
	case sum >= p.Invoice.Paid:
		return " All of it went back."
	default:
		return " " + p.in(sum) + " of it went back."
	}
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
