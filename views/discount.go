package views

import (
	"strings"

	"broadsheet/billing"
)

// off is a discount in words: "50 % off", "€2.00 off".
func off(d billing.Discount) string {
	if share := d.Share(); share != "" {
		return share + " off"
	}
	return Money(d.Off) + " off"
}

// codeText says what a code makes of a price: "With HALF €3.50 a month for three months, then €7.00 a month."
func (o offer) codeText(p billing.Price) string {
	c := o.code
	if c.ID == "" {
		return ""
	}
	less := c.On(p)
	if less.Amount == 0 {
		return "The code " + c.Code + " takes nothing off this price."
	}
	sum := billing.Money{Amount: p.Money.Amount - less.Amount, Currency: p.Money.Currency}
	now, then := "With "+c.Code+" "+Money(sum), ", then "+Money(p.Money)+" "+each(p.Interval)+"."
	n := payments(c, p.Interval)
	switch {
	case c.Discount.Duration == billing.DiscountForever && sum.Amount == 0:
		return "With " + c.Code + " nothing, for as long as you keep it. No card needed."
	case c.Discount.Duration == billing.DiscountForever:
		return now + " " + each(p.Interval) + ", for as long as you keep it."
	case p.TrialDays > 0 && o.trials && c.Discount.Duration == billing.DiscountRepeating:
		return "With " + c.Code + " " + off(c.Discount) + " what falls due in the first " + number(c.Months) + " " + plural(c.Months, "month") + then
	case n == 1:
		return now + " for the first " + string(p.Interval) + then
	}
	return now + " " + each(p.Interval) + " for " + number(n) + " " + plural(n, string(p.Interval)) + then
}

// payments is how many payments a code takes something off.
func payments(c billing.Promotion, every billing.Interval) int {
	if c.Discount.Duration != billing.DiscountRepeating {
		return 1
	}
	if every == billing.Yearly {
		return (c.Months + 11) / 12
	}
	return c.Months
}

// discount says what runs, and until when; "" for none.
func (p AccountPage) discount() string {
	s := p.Subscription
	d := s.Discount
	if d.IsZero() || !d.For(s.Plan) || p.over() {
		return ""
	}
	text := off(d)
	switch {
	case d.Duration == billing.DiscountOnce:
		text += " the next payment"
	case d.Until.IsZero():
		text += ", for as long as you keep the plan"
	default:
		text += ", until " + p.date(d.Until)
	}
	return text
}

// discountHint names the code, and says when the discount ends before it is of use again.
func (p AccountPage) discountHint() string {
	s := p.Subscription
	var parts []string
	if s.Discount.Code != "" {
		parts = append(parts, "With the code "+s.Discount.Code)
	}
	if next := s.NextPayment(); !next.IsZero() && !s.Discount.RunsAt(next) {
		parts = append(parts, "It ends before the next payment")
	}
	return strings.Join(parts, ". ")
}

// first says what the first payment after a trial is, when a discount makes it another.
func (p CheckoutDonePage) first() string {
	if p.Sum == p.Price.Money {
		return ""
	}
	return ", the first payment " + strings.ToLower(sumText(p.Sum))
}

// nextSum is the next payment, as it will really be.
func (p AccountPage) nextSum() string { return sumText(p.Subscription.NextSum()) }

// owed is what an open invoice still asks for; the price when there is none.
func (p AccountPage) owed() string {
	for _, i := range p.Invoices {
		if i.Status == billing.InvoiceOpen {
			return Money(i.Money)
		}
	}
	return Money(p.Subscription.Money)
}

// sumText says that nothing is nothing.
func sumText(m billing.Money) string {
	if m.Amount == 0 {
		return "Nothing"
	}
	return Money(m)
}
