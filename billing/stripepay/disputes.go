package stripepay

import (
	"context"
	"iter"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
)

func (s *Stripe) disputeOf(d *stripe.Dispute, c *stripe.Charge) billing.Dispute {
	out := billing.Dispute{
		ID: d.ID, Money: billing.Money{Amount: d.Amount, Currency: string(d.Currency)},
		Reason: string(d.Reason), Status: string(d.Status), URL: s.disputePage(d), Created: unix(d.Created),
	}
	if e := d.EvidenceDetails; e != nil {
		out.Due = unix(e.DueBy)
	}
	if c != nil {
		out.Charge = c.ID
		out.Invoice, out.Subscription = soldBy(c)
		if owner := chargeOwner(c); owner != nil {
			out.Customer = owner.ID
		}
	}
	return out
}

// disputePage is where an operator answers it: the payment's page in Stripe's
// dashboard, or the desk of a stand-in.
func (s *Stripe) disputePage(d *stripe.Dispute) string {
	if s.desk != "" {
		return s.desk + "/#disputes"
	}
	page := "https://dashboard.stripe.com/"
	if !d.Livemode {
		page += "test/"
	}
	switch {
	case d.PaymentIntent != nil:
		return page + "payments/" + d.PaymentIntent.ID
	case d.Charge != nil:
		return page + "payments/" + d.Charge.ID
	}
	return page + "disputes"
}

// Disputes lists the account's disputes since then.
func (s *Stripe) Disputes(ctx context.Context, since time.Time) iter.Seq2[billing.Dispute, error] {
	return func(yield func(billing.Dispute, error) bool) {
		params := &stripe.DisputeListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}}
		params.Context, params.Limit = ctx, stripe.Int64(page)
		params.AddExpand("data.charge")
		list := s.api.Disputes.List(params)
		for list.Next() {
			d := list.Dispute()
			if !yield(s.disputeOf(d, d.Charge), nil) {
				return
			}
		}
		if err := list.Err(); err != nil {
			yield(billing.Dispute{}, faulty(err))
		}
	}
}

// taken reports whether a cardholder's bank has the money of a charge: such a
// charge cannot be refunded.
func (s *Stripe) taken(ctx context.Context, c *stripe.Charge) (bool, error) {
	if !c.Disputed {
		return false, nil
	}
	params := &stripe.DisputeListParams{Charge: stripe.String(c.ID)}
	params.Context, params.Limit = ctx, stripe.Int64(page)
	list := s.api.Disputes.List(params)
	for list.Next() {
		if !list.Dispute().IsChargeRefundable && list.Dispute().Status != stripe.DisputeStatusWon {
			return true, nil
		}
	}
	return false, faulty(list.Err())
}
