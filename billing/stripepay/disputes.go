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

// taken reports whether a charge can be refunded no more because of a dispute, and
// else how much of it a cardholder's bank has: that goes back by the bank alone.
func (s *Stripe) taken(ctx context.Context, c *stripe.Charge) (all bool, part int64, err error) {
	if !c.Disputed {
		return false, 0, nil
	}
	params := &stripe.DisputeListParams{Charge: stripe.String(c.ID)}
	params.Context, params.Limit = ctx, stripe.Int64(page)
	list := s.api.Disputes.List(params)
	for list.Next() {
		switch d := list.Dispute(); {
		case d.Status == stripe.DisputeStatusWon:
		case !d.IsChargeRefundable:
			return true, 0, nil
		case s.disputeOf(d, c).Took():
			part += d.Amount
		}
	}
	return false, part, faulty(list.Err())
}
