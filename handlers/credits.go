package handlers

import (
	"context"
	"slices"

	"broadsheet/billing"
	"broadsheet/views"
)

// withMoves puts what went back among the invoices, in its place, and says
// which payments a bank took back. What is older than the invoices shown is
// left out as they are.
func (s *Site) withMoves(ctx context.Context, readerID string, invoices []billing.Invoice, rows []views.InvoiceRow) ([]views.InvoiceRow, error) {
	disputes, err := s.Billing.Store.DisputesOf(ctx, readerID)
	if err != nil {
		return nil, err
	}
	for i, inv := range invoices {
		for _, d := range slices.Backward(disputes) { // the newest has the last word
			if d.Invoice == inv.ID && !d.Inquiry() {
				rows[i].State = disputedState(d)
			}
		}
	}
	credits, err := s.Billing.Store.CreditsOf(ctx, readerID)
	if err != nil {
		return nil, err
	}
	for _, c := range billing.Shown(credits) {
		if len(invoices) == invoicesShown && c.Created.Before(invoices[len(invoices)-1].Created) {
			break
		}
		row := views.InvoiceRow{Number: c.Number, Date: c.Created, For: views.CreditText(c), Money: c.Money, State: views.CreditState(c), Note: true}
		row.Money.Amount = -c.Money.Amount
		if c.Invoice != "" {
			row.URL = views.InvoicePath(c.Invoice) + "#" + c.ID
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b views.InvoiceRow) int {
		if a.Date.Equal(b.Date) && a.Note != b.Note {
			return map[bool]int{true: -1, false: 1}[a.Note] // what went back came after
		}
		return b.Date.Compare(a.Date)
	})
	return rows, nil
}

// disputedState is the state of an invoice whose payment was disputed; "" when
// the payment stands.
func disputedState(d billing.Dispute) string {
	switch {
	case d.Status == billing.DisputeLost:
		return "Written off"
	case d.Open():
		return "Disputed"
	}
	return ""
}
