package journey

import (
	"context"

	"broadsheet/billing"
	letters "broadsheet/views/mail"
)

// otherSum is what a subscription's next payment will be, when that is not its
// price; zero when it is.
func otherSum(sub billing.Subscription) billing.Money {
	if sum := sub.NextSum(); sum != sub.Money {
		return sum
	}
	return billing.Money{}
}

// discounted are an invoice's lines when something was taken off it; nil when
// the plan's own line says it all.
func discounted(inv billing.Invoice) []letters.Line {
	off := false
	var lines []letters.Line
	for _, l := range inv.Lines {
		off = off || l.Text == billing.DiscountLine
		lines = append(lines, letters.Line{Text: l.Text, Money: l.Money})
	}
	if !off {
		return nil
	}
	return lines
}

// paidLess is what the last invoice of a subscription came to, if that was less
// than the next will; zero otherwise.
func (b BillingLetters) paidLess(ctx context.Context, sub billing.Subscription) (billing.Money, error) {
	inv, ok, err := b.Store.InvoiceByID(ctx, sub.Latest)
	if err != nil || !ok || inv.Status != billing.InvoicePaid || discounted(inv) == nil || inv.Money.Amount >= sub.NextSum().Amount {
		return billing.Money{}, err
	}
	return inv.Money, nil
}
