package billing_test

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// moves is the part of the fake that money goes back through. Everything is
// found by the invoice: in_X is paid by ch_in_X.
type moves struct {
	credits  map[string]billing.Credit
	disputes map[string]billing.Dispute
	open     bool // Stripe refunds of disputed charges
}

// fill puts into a snapshot what was charged, and what of it went back.
func (f *stripe) fill(snap *billing.Snapshot) {
	for _, inv := range snap.Invoices {
		if inv.Status != billing.InvoicePaid || inv.Paid == 0 {
			continue
		}
		charge := "ch_" + inv.ID
		snap.Charges = append(snap.Charges, billing.Charge{
			ID: charge, Invoice: inv.ID, Subscription: inv.Subscription, Blocked: f.blocked(inv.ID), Paid: billing.Money{Amount: inv.Paid, Currency: inv.Money.Currency}, Created: inv.Created,
		})
		for _, r := range f.refunds[charge] { // what an ending gave back
			snap.Credits = append(snap.Credits, billing.Credit{
				ID: r.ID, Kind: billing.CreditRefund, Customer: inv.Customer, Charge: charge, Invoice: inv.ID, AskedBy: r.Ending,
				Money: billing.Money{Amount: r.Amount, Currency: inv.Money.Currency}, Status: billing.RefundSucceeded, Created: inv.Created,
			})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(f.credits)) {
		if c := f.credits[id]; c.Customer == snap.Customer.ID {
			snap.Credits = append(snap.Credits, c)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(f.disputes)) {
		if d := f.disputes[id]; d.Customer == snap.Customer.ID {
			snap.Disputes = append(snap.Disputes, d)
		}
	}
}

func (f *stripe) blocked(invoice string) bool {
	for _, d := range f.disputes {
		if d.Invoice == invoice && d.Took() && !f.moves.open {
			return true
		}
	}
	return false
}

// GiveBack refunds at most what was paid. The same key gives the same answer.
func (f *stripe) GiveBack(_ context.Context, o billing.RefundOrder, key string) (billing.Credit, error) {
	if err := f.enter("GiveBack"); err != nil {
		return billing.Credit{}, err
	}
	f.mu.Lock()
	for _, c := range f.credits {
		if f.keys[key] && c.AskedBy == o.ID {
			f.mu.Unlock()
			return c, nil
		}
	}
	inv := f.invoices[o.Invoice]
	left := inv.Paid
	for _, c := range f.credits {
		if c.Invoice == inv.ID && c.Kind == billing.CreditRefund && c.Holds() {
			left -= c.Money.Amount
		}
	}
	if o.Money.Amount > left {
		f.mu.Unlock()
		return billing.Credit{}, fault.New(fault.Internal, "", nil)
	}
	f.keys[key] = true
	c := f.credit(billing.Credit{
		Kind: billing.CreditRefund, Invoice: o.Invoice, Charge: o.Charge, Money: o.Money, Status: billing.RefundSucceeded, Reason: o.Reason, AskedBy: o.ID,
	})
	f.mu.Unlock()
	return c, f.enter("GiveBack after")
}

// credit keeps one, by an id of its own. The lock is held.
func (f *stripe) credit(c billing.Credit) billing.Credit {
	c.ID = f.id(map[billing.CreditKind]string{billing.CreditRefund: "re", billing.CreditNote: "cn"}[c.Kind])
	c.Customer, c.Created = f.invoices[c.Invoice].Customer, f.now().Truncate(time.Second)
	f.put(c)
	return c
}

func (f *stripe) put(c billing.Credit) {
	if f.credits == nil {
		f.credits = map[string]billing.Credit{}
	}
	f.credits[c.ID] = c
	f.happened("charge.refunded", "charge", c.Charge, c.Customer)
}

// dispute keeps one, as the bank says it stands.
func (f *stripe) dispute(d billing.Dispute) {
	f.mu.Lock()
	defer f.mu.Unlock()
	inv := f.invoices[d.Invoice]
	d.Customer, d.Subscription, d.Charge = inv.Customer, inv.Subscription, "ch_"+inv.ID
	if d.Money.Amount == 0 {
		d.Money = inv.Money
	}
	if was, ok := f.disputes[d.ID]; ok {
		d.Created = was.Created
	} else if d.Created.IsZero() {
		d.Created = f.now().Truncate(time.Second)
	}
	if f.disputes == nil {
		f.disputes = map[string]billing.Dispute{}
	}
	f.disputes[d.ID] = d
	f.happened("charge.dispute.updated", "dispute", d.ID, d.Customer)
}

func (f *stripe) Credits(_ context.Context, since time.Time) iter.Seq2[billing.Credit, error] {
	f.mu.Lock()
	all := slices.SortedFunc(maps.Values(f.credits), func(a, b billing.Credit) int { return cmp.Compare(a.ID, b.ID) })
	f.mu.Unlock()
	return each(all, func(c billing.Credit) bool { return !c.Created.Before(since) })
}

func (f *stripe) Disputes(_ context.Context, since time.Time) iter.Seq2[billing.Dispute, error] {
	f.mu.Lock()
	all := slices.SortedFunc(maps.Values(f.disputes), func(a, b billing.Dispute) int { return cmp.Compare(a.ID, b.ID) })
	f.mu.Unlock()
	return each(all, func(d billing.Dispute) bool { return !d.Created.Before(since) })
}

func each[T any](all []T, want func(T) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, one := range all {
			if want(one) && !yield(one, nil) {
				return
			}
		}
	}
}

var byID = cmpopts.SortSlices(func(a, b billing.Credit) bool { return a.ID < b.ID })

func (f *stripe) creditsOf(invoice string) (out []billing.Credit) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.credits {
		if c.Invoice == invoice {
			out = append(out, c)
		}
	}
	return out
}

// byHand is a credit note that somebody wrote at Stripe's desk, its money sent
// back or kept for the next invoice.
func (f *stripe) byHand(invoice string, amount int64, refund bool) {
	if amount < 1 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	money := billing.Money{Amount: amount, Currency: f.invoices[invoice].Money.Currency}
	note := billing.Credit{Kind: billing.CreditNote, Invoice: invoice, Money: money, Status: "issued"}
	if refund {
		note.Refund = f.credit(billing.Credit{
			Kind: billing.CreditRefund, Invoice: invoice, Charge: "ch_" + invoice, Money: money, Status: billing.RefundSucceeded,
		}).ID
	}
	f.credit(note)
}

// failOne has a refund come back.
func (f *stripe) failOne(invoice string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(f.credits)) {
		if c := f.credits[id]; c.Invoice == invoice && c.Kind == billing.CreditRefund && c.Holds() {
			c.Status, c.Failure = billing.RefundFailed, "unknown"
			f.put(c)
			return
		}
	}
}
