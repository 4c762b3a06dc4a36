package stripepay

import (
	"context"
	"iter"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
)

// moves fills in what was charged to a customer, what of it went back and what
// is disputed. A charge says whether it ever was; only then its disputes are
// asked for.
func (s *Stripe) moves(ctx context.Context, customer string, snap *billing.Snapshot) error {
	params := &stripe.ChargeListParams{Customer: stripe.String(customer)}
	params.Context, params.Limit = ctx, stripe.Int64(page)
	params.AddExpand("data.refunds")
	sold := map[string]string{} // invoice → what it bills
	for _, inv := range snap.Invoices {
		sold[inv.ID] = inv.Subscription
	}
	list := s.api.Charges.List(params)
	for list.Next() {
		c := list.Charge()
		if !c.Paid {
			continue
		}
		if err := s.place(ctx, c, sold); err != nil {
			return err
		}
		snap.Charges = append(snap.Charges, chargeOf(c))
		if err := s.refundsInto(ctx, c, snap); err != nil {
			return err
		}
		if !c.Disputed {
			continue
		}
		disputes := &stripe.DisputeListParams{Charge: stripe.String(c.ID)}
		disputes.Context, disputes.Limit = ctx, stripe.Int64(page)
		d := s.api.Disputes.List(disputes)
		for d.Next() {
			one := s.disputeOf(d.Dispute(), c)
			snap.Disputes = append(snap.Disputes, one)
			if one.Took() && !d.Dispute().IsChargeRefundable {
				snap.Charges[len(snap.Charges)-1].Blocked = true
			}
		}
		if err := d.Err(); err != nil {
			return faulty(err)
		}
	}
	if err := list.Err(); err != nil {
		return faulty(err)
	}
	notes := &stripe.CreditNoteListParams{Customer: stripe.String(customer)}
	notes.Context, notes.Limit = ctx, stripe.Int64(page)
	n := s.api.CreditNotes.List(notes)
	for n.Next() {
		snap.Credits = append(snap.Credits, noteOf(n.CreditNote()))
	}
	return faulty(n.Err())
}

// place says of a charge which subscription its invoice bills. The invoices that
// are at hand need not come along with each charge; an older one is asked for.
func (s *Stripe) place(ctx context.Context, c *stripe.Charge, sold map[string]string) error {
	if c.Invoice == nil {
		return nil
	}
	subscription, ok := sold[c.Invoice.ID]
	if !ok {
		inv, err := s.api.Invoices.Get(c.Invoice.ID, &stripe.InvoiceParams{Params: stripe.Params{Context: ctx}})
		if err != nil {
			return faulty(err)
		}
		c.Invoice = inv
		return nil
	}
	if c.Invoice.Subscription == nil && subscription != "" {
		c.Invoice.Subscription = &stripe.Subscription{ID: subscription}
	}
	return nil
}

// refundsInto takes the refunds that came along with the charge; a charge of
// more than came is asked for all of them.
func (s *Stripe) refundsInto(ctx context.Context, c *stripe.Charge, snap *billing.Snapshot) error {
	if c.Refunds == nil {
		return nil
	}
	if !c.Refunds.HasMore {
		for _, r := range c.Refunds.Data {
			snap.Credits = append(snap.Credits, creditOf(r, c))
		}
		return nil
	}
	params := &stripe.RefundListParams{Charge: stripe.String(c.ID)}
	params.Context, params.Limit = ctx, stripe.Int64(page)
	list := s.api.Refunds.List(params)
	for list.Next() {
		snap.Credits = append(snap.Credits, creditOf(list.Refund(), c))
	}
	return faulty(list.Err())
}

func chargeOf(c *stripe.Charge) billing.Charge {
	out := billing.Charge{ID: c.ID, Paid: billing.Money{Amount: c.AmountCaptured, Currency: string(c.Currency)}, Created: unix(c.Created)}
	out.Invoice, out.Subscription = soldBy(c)
	return out
}

// soldBy is the invoice that a charge paid, and its subscription.
func soldBy(c *stripe.Charge) (invoice, subscription string) {
	if c == nil || c.Invoice == nil {
		return "", ""
	}
	if c.Invoice.Subscription != nil {
		subscription = c.Invoice.Subscription.ID
	}
	return c.Invoice.ID, subscription
}

func creditOf(r *stripe.Refund, c *stripe.Charge) billing.Credit {
	out := billing.Credit{
		ID: r.ID, Kind: billing.CreditRefund, Money: billing.Money{Amount: r.Amount, Currency: string(r.Currency)},
		Status: string(r.Status), Reason: r.Metadata[metaReason], Failure: string(r.FailureReason), Created: unix(r.Created),
		AskedBy: r.Metadata[metaOrder],
	}
	if out.Reason == "" {
		out.Reason = string(r.Reason)
	}
	if out.AskedBy == "" {
		out.AskedBy = r.Metadata[metaEnding]
	}
	if c != nil {
		out.Charge = c.ID
		out.Invoice, _ = soldBy(c)
		if owner := chargeOwner(c); owner != nil {
			out.Customer = owner.ID
		}
	}
	return out
}

func noteOf(n *stripe.CreditNote) billing.Credit {
	out := billing.Credit{
		ID: n.ID, Kind: billing.CreditNote, Number: n.Number, Money: billing.Money{Amount: n.Total, Currency: string(n.Currency)},
		Early: n.Type == stripe.CreditNoteTypePrePayment, Status: string(n.Status), Reason: n.Memo, Created: unix(n.Created),
	}
	if out.Reason == "" {
		out.Reason = string(n.Reason)
	}
	if n.Customer != nil {
		out.Customer = n.Customer.ID
	}
	if n.Invoice != nil {
		out.Invoice = n.Invoice.ID
	}
	if n.Refund != nil {
		out.Refund = n.Refund.ID
	}
	return out
}

// GiveBack refunds a part of a charge, found again by the order in its metadata.
func (s *Stripe) GiveBack(ctx context.Context, o billing.RefundOrder, key string) (billing.Credit, error) {
	do := func(key string) (billing.Credit, error) {
		params := &stripe.RefundParams{
			Params: keyed(ctx, key), Charge: stripe.String(o.Charge), Amount: stripe.Int64(o.Money.Amount),
			Reason:   stripe.String(string(stripe.RefundReasonRequestedByCustomer)),
			Metadata: map[string]string{metaOrder: o.ID},
		}
		if o.Reason != "" {
			params.Metadata[metaReason] = o.Reason
		}
		r, err := s.api.Refunds.New(params)
		if err != nil {
			return billing.Credit{}, err
		}
		return creditOf(r, nil), nil
	}
	return post(ctx, key, do, func() (billing.Credit, bool, error) {
		params := &stripe.RefundListParams{Charge: stripe.String(o.Charge)}
		params.Context, params.Limit = ctx, stripe.Int64(page)
		list := s.api.Refunds.List(params)
		for list.Next() {
			if r := list.Refund(); r.Metadata[metaOrder] == o.ID {
				return creditOf(r, nil), true, nil
			}
		}
		return billing.Credit{}, false, faulty(list.Err())
	})
}

// Credits lists the account's refunds and credit notes since then.
func (s *Stripe) Credits(ctx context.Context, since time.Time) iter.Seq2[billing.Credit, error] {
	return func(yield func(billing.Credit, error) bool) {
		from := &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}
		params := &stripe.RefundListParams{CreatedRange: from}
		params.Context, params.Limit = ctx, stripe.Int64(page)
		params.AddExpand("data.charge")
		list := s.api.Refunds.List(params)
		for list.Next() {
			r := list.Refund()
			if !yield(creditOf(r, r.Charge), nil) {
				return
			}
		}
		if err := list.Err(); err != nil {
			yield(billing.Credit{}, faulty(err))
			return
		}
		notes := &stripe.CreditNoteListParams{CreatedRange: from}
		notes.Context, notes.Limit = ctx, stripe.Int64(page)
		n := s.api.CreditNotes.List(notes)
		for n.Next() {
			if !yield(noteOf(n.CreditNote()), nil) {
				return
			}
		}
		if err := n.Err(); err != nil {
			yield(billing.Credit{}, faulty(err))
		}
	}
}
