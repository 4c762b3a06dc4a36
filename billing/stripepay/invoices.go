package stripepay

import (
	"context"
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
)

// intent is what says of an invoice whether its payment waits for the bank.
const intent = "data.payment_intent"

// invoices fetches the latest hundred, and every open one beyond them.
func (s *Stripe) invoices(ctx context.Context, customer string) ([]billing.Invoice, error) {
	var out []billing.Invoice
	latest := &stripe.InvoiceListParams{Customer: stripe.String(customer)}
	latest.Context, latest.Limit, latest.Single = ctx, stripe.Int64(page), true
	list := s.api.Invoices.List(latest)
	seen := map[string]bool{}
	take := func(inv *stripe.Invoice) {
		if !seen[inv.ID] {
			seen[inv.ID] = true
			out = append(out, invoiceOf(inv))
		}
	}
	for list.Next() {
		inv := list.Invoice()
		if err := s.withIntent(ctx, inv); err != nil {
			return nil, err
		}
		take(inv)
	}
	if err := list.Err(); err != nil {
		return nil, faulty(err)
	}
	if len(out) < page {
		return out, nil
	}
	open := &stripe.InvoiceListParams{Customer: stripe.String(customer), Status: stripe.String(billing.InvoiceOpen)}
	open.Context, open.Limit = ctx, stripe.Int64(page)
	open.AddExpand(intent)
	for list = s.api.Invoices.List(open); list.Next(); {
		take(list.Invoice())
	}
	return out, faulty(list.Err())
}

// withIntent fetches what says whether the payment waits for the bank, for the
// few invoices that are not paid: it need not come along with all the others.
func (s *Stripe) withIntent(ctx context.Context, inv *stripe.Invoice) error {
	if inv.Status != stripe.InvoiceStatusOpen || inv.PaymentIntent == nil {
		return nil
	}
	pi, err := s.api.PaymentIntents.Get(inv.PaymentIntent.ID, &stripe.PaymentIntentParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return faulty(err)
	}
	inv.PaymentIntent = pi
	return nil
}

func invoiceOf(inv *stripe.Invoice) billing.Invoice {
	out := billing.Invoice{
		ID: inv.ID, Number: inv.Number, Status: string(inv.Status), Money: billing.Money{Amount: inv.Total, Currency: string(inv.Currency)},
		Paid: inv.AmountPaid, Remaining: inv.AmountRemaining, Created: unix(inv.Created), Due: unix(inv.DueDate),
		PeriodStart: unix(inv.PeriodStart), PeriodEnd: unix(inv.PeriodEnd), Attempts: int(inv.AttemptCount),
		HostedURL: inv.HostedInvoiceURL, PDF: inv.InvoicePDF,
		Reason: string(inv.BillingReason), NextAttempt: unix(inv.NextPaymentAttempt), Tax: inv.Tax, BillTo: billTo(inv),
	}
	if pi := inv.PaymentIntent; pi != nil && inv.Status == stripe.InvoiceStatusOpen {
		out.NeedsAction = pi.Status == stripe.PaymentIntentStatusRequiresAction
	}
	if inv.Customer != nil {
		out.Customer = inv.Customer.ID
	}
	if inv.Subscription != nil {
		out.Subscription = inv.Subscription.ID
	}
	if t := inv.StatusTransitions; t != nil {
		out.PaidAt = unix(t.PaidAt)
		if out.Due.IsZero() {
			out.Due = unix(t.FinalizedAt) // charged automatically: due as soon as it was final
		}
	}
	if out.Due.IsZero() {
		out.Due = out.Created
	}
	if inv.Lines != nil && len(inv.Lines.Data) > 0 && inv.Lines.Data[0].Period != nil {
		// The invoice's own period looks back; what it bills is in its lines.
		out.PeriodStart, out.PeriodEnd = unix(inv.Lines.Data[0].Period.Start), unix(inv.Lines.Data[0].Period.End)
	}
	out.Lines = linesOf(inv)
	return out
}

// linesOf are the invoice's positions, and what was taken off them.
func linesOf(inv *stripe.Invoice) []billing.InvoiceLine {
	out := positions(inv)
	off := int64(0)
	for _, d := range inv.TotalDiscountAmounts {
		off += d.Amount
	}
	if off > 0 {
		out = append(out, billing.InvoiceLine{Text: billing.DiscountLine, Money: billing.Money{Amount: -off, Currency: string(inv.Currency)}})
	}
	return out
}

func positions(inv *stripe.Invoice) []billing.InvoiceLine {
	if inv.Lines == nil {
		return nil
	}
	var out []billing.InvoiceLine
	for _, l := range inv.Lines.Data {
		line := billing.InvoiceLine{Text: l.Description, Money: billing.Money{Amount: l.Amount, Currency: string(l.Currency)}}
		if l.Period != nil {
			line.From, line.To = unix(l.Period.Start), unix(l.Period.End)
		}
		out = append(out, line)
	}
	return out
}

// billTo is whom the invoice was made out to.
func billTo(inv *stripe.Invoice) string {
	name, at := inv.CustomerName, inv.CustomerAddress
	if at == nil && inv.CustomerShipping != nil {
		at = inv.CustomerShipping.Address
		if name == "" {
			name = inv.CustomerShipping.Name
		}
	}
	lines := []string{name}
	if at != nil {
		lines = append(lines, at.Line1, at.Line2, strings.TrimSpace(at.PostalCode+" "+at.City), at.State, at.Country)
	}
	return strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "" }), "\n")
}

// PayInvoice charges an open invoice to the card on file.
func (s *Stripe) PayInvoice(ctx context.Context, invoice, key string) error {
	paid := func() (bool, bool, error) {
		now, err := s.api.Invoices.Get(invoice, &stripe.InvoiceParams{Params: stripe.Params{Context: ctx}})
		if err != nil {
			return false, false, faulty(err)
		}
		return true, now.Status == stripe.InvoiceStatusPaid, nil
	}
	_, err := post(ctx, key, func(key string) (bool, error) {
		_, err := s.api.Invoices.Pay(invoice, &stripe.InvoicePayParams{Params: keyed(ctx, key)})
		return true, err
	}, paid)
	if err == nil {
		return nil
	}
	if _, done, findErr := paid(); findErr == nil && done {
		return nil // somebody else was quicker
	}
	return err
}
