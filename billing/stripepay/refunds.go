package stripepay

import (
	"context"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
)

// Payments lists the paid invoices of a subscription with what paid them, the
// newest first.
func (s *Stripe) Payments(ctx context.Context, subscription string) ([]billing.Payment, error) {
	params := &stripe.InvoiceListParams{Subscription: stripe.String(subscription), Status: stripe.String(billing.InvoicePaid)}
	params.Context, params.Limit = ctx, stripe.Int64(page)
	params.AddExpand("data.charge")
	var out []billing.Payment
	list := s.api.Invoices.List(params)
	for list.Next() {
		inv := list.Invoice()
		p := billing.Payment{
			Invoice: inv.ID, Subtotal: inv.Subtotal, Total: inv.Total, Lines: positions(inv),
			Paid: billing.Money{Amount: inv.AmountPaid, Currency: string(inv.Currency)},
		}
		if c := inv.Charge; c != nil && c.ID != "" {
			all, part, err := s.taken(ctx, c)
			if err != nil {
				return nil, err
			}
			if all {
				out = append(out, p)
				continue
			}
			p.Charge, p.Paid.Amount = c.ID, max(0, c.Amount-part)
			if p.Refunds, err = s.refundsOf(ctx, c); err != nil {
				return nil, err
			}
		}
		out = append(out, p)
	}
	return out, faulty(list.Err())
}

func (s *Stripe) refundsOf(ctx context.Context, c *stripe.Charge) ([]billing.Refund, error) {
	if c.AmountRefunded == 0 {
		return nil, nil
	}
	params := &stripe.RefundListParams{Charge: stripe.String(c.ID)}
	params.Context, params.Limit = ctx, stripe.Int64(page)
	var out []billing.Refund
	list := s.api.Refunds.List(params)
	for list.Next() {
		if r := list.Refund(); r.Status != stripe.RefundStatusFailed && r.Status != stripe.RefundStatusCanceled {
			out = append(out, refundOf(r))
		}
	}
	return out, faulty(list.Err())
}

func refundOf(r *stripe.Refund) billing.Refund {
	return billing.Refund{ID: r.ID, Amount: r.Amount, Ending: r.Metadata[metaEnding]}
}

// Refund gives a part of a charge back. It is found again by the ending in its
// metadata.
func (s *Stripe) Refund(ctx context.Context, charge string, amount int64, ending, key string) (billing.Refund, error) {
	before, err := s.refundsOf(ctx, &stripe.Charge{ID: charge, AmountRefunded: 1})
	if err != nil {
		return billing.Refund{}, err
	}
	known := map[string]bool{}
	for _, r := range before {
		known[r.ID] = true
	}
	do := func(key string) (billing.Refund, error) {
		r, err := s.api.Refunds.New(&stripe.RefundParams{
			Params: keyed(ctx, key), Charge: stripe.String(charge), Amount: stripe.Int64(amount),
			Reason: stripe.String(string(stripe.RefundReasonRequestedByCustomer)), Metadata: map[string]string{metaEnding: ending},
		})
		if err != nil {
			return billing.Refund{}, err
		}
		return refundOf(r), nil
	}
	return post(ctx, key, do, func() (billing.Refund, bool, error) {
		now, err := s.refundsOf(ctx, &stripe.Charge{ID: charge, AmountRefunded: 1})
		for _, r := range now {
			if !known[r.ID] && r.Ending == ending && r.Amount == amount {
				return r, true, nil
			}
		}
		return billing.Refund{}, false, err
	})
}
