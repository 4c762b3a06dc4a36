package drill

import (
	"fmt"
	"maps"
	"slices"
)

// ledger is the account in one currency, in minor units, added up from the
// objects one by one.
type ledger struct {
	charges  int64 // taken
	refunds  int64 // given back
	disputes int64 // taken back, and not won again
	balance  int64 // what the entries of the account's balance come to, before fees
	invoices int64 // paid on invoices
	once     int64 // paid without one, at a checkout for a single payment
}

// lostOrOpen reports whether a dispute holds the money: an inquiry takes none,
// and what was won came back.
func (d bookDispute) lostOrOpen() bool {
	return d.Status == "needs_response" || d.Status == "under_review" || d.Status == "lost"
}

func (b *books) ledger(currency string) (l ledger) {
	for _, c := range b.charges {
		if c.Currency == currency && c.Paid {
			l.charges += c.Amount
		}
	}
	for _, r := range b.refunds {
		if r.Currency == currency && r.Status == "succeeded" {
			l.refunds += r.Amount
		}
	}
	for _, d := range b.disputes {
		if d.Currency == currency && d.lostOrOpen() {
			l.disputes += d.Amount
		}
	}
	for _, e := range b.entries {
		if e.Currency == currency {
			l.balance += e.Amount
		}
	}
	for _, inv := range b.invoices {
		if inv.Currency == currency {
			l.invoices += inv.AmountPaid
		}
	}
	for _, s := range b.once {
		if s.Mode == "payment" && s.Invoice == "" && s.PaymentStatus == "paid" && s.Currency == currency {
			l.once += s.AmountTotal
		}
	}
	return l
}

// checkLedger: to the cent, in each currency.
func checkLedger(e *evidence) (wrong []string) {
	b := e.books
	for _, currency := range b.currencies() {
		l := b.ledger(currency)
		if l.charges-l.refunds-l.disputes != l.balance {
			wrong = append(wrong, fmt.Sprintf("%s: charges %d − refunds %d − disputes %d is not the balance, %d", currency, l.charges, l.refunds, l.disputes, l.balance))
		}
		if l.charges != l.invoices+l.once {
			wrong = append(wrong, fmt.Sprintf("%s: charges %d are not what invoices (%d) and single payments (%d) took", currency, l.charges, l.invoices, l.once))
		}
	}
	entries := map[string]int64{}
	for _, entry := range b.entries {
		entries[entry.Source] += entry.Amount
	}
	back := map[string]int64{}
	for _, r := range b.refunds {
		back[r.Charge] += r.Amount
		if entries[r.ID] != -r.Amount {
			wrong = append(wrong, fmt.Sprintf("refund %s of %d stands in the balance as %d", r.ID, r.Amount, entries[r.ID]))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.charges)) {
		c := b.charges[id]
		took := int64(0)
		if c.Paid {
			took = c.Amount
		}
		if entries[id] != took {
			wrong = append(wrong, fmt.Sprintf("charge %s of %d stands in the balance as %d", id, took, entries[id]))
		}
		if back[id] != c.AmountRefunded || back[id] > took {
			wrong = append(wrong, fmt.Sprintf("of charge %s over %d, %d went back, and it says %d", id, took, back[id], c.AmountRefunded))
		}
	}
	return wrong
}

// checkInvoices: each invoice adds up, was paid by one charge of its amount, and
// stands in the paper's tables as in the books.
func checkInvoices(e *evidence) (wrong []string) {
	paidBy := map[string][]bookCharge{}
	for _, c := range e.books.charges {
		if c.Paid && c.Invoice != "" {
			paidBy[c.Invoice] = append(paidBy[c.Invoice], c)
		}
	}
	for _, inv := range e.books.invoices {
		off := int64(0)
		for _, d := range inv.Discounts {
			off += d.Amount
		}
		if inv.Subtotal-off != inv.Total {
			wrong = append(wrong, fmt.Sprintf("invoice %s: %d less %d is not %d", inv.ID, inv.Subtotal, off, inv.Total))
		}
		var took int64
		for _, c := range paidBy[inv.ID] {
			took += c.Amount
		}
		if took != inv.AmountPaid || len(paidBy[inv.ID]) > 1 {
			wrong = append(wrong, fmt.Sprintf("invoice %s was paid %d, by %d charges of %d in all", inv.ID, inv.AmountPaid, len(paidBy[inv.ID]), took))
		}
		wrong = append(wrong, e.checkInvoiceRow(inv)...)
	}
	return wrong
}

func (e *evidence) checkInvoiceRow(inv bookInvoice) []string {
	reader := e.books.reader(inv.Customer)
	if reader == "" {
		return nil
	}
	row, ok := e.rows.invoices[inv.ID]
	if !ok {
		return []string{fmt.Sprintf("invoice %s (%s) is not in the paper's tables", inv.ID, inv.Status)}
	}
	want := rowInvoice{inv.Status, inv.Currency, reader, inv.Total, inv.AmountPaid, inv.AmountRemaining}
	if row != want {
		return []string{fmt.Sprintf("invoice %s\n  in the books: %v\n  in the paper: %v", inv.ID, want, row)}
	}
	return nil
}
