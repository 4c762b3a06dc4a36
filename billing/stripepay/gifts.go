package stripepay

import (
	"context"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
)

// metaGift is the gift that a session, its payment and its invoice are of.
const metaGift = "gift"

// PutGiftPrice makes the lookup key lead to a price of that amount, paid once.
func (s *Stripe) PutGiftPrice(ctx context.Context, product string, p billing.GiftPrice) (string, billing.Put, error) {
	have, err := s.priceByLookup(ctx, p.LookupKey)
	if err != nil {
		return "", "", err
	}
	same := func(got *stripe.Price) bool {
		return got != nil && got.Active && got.Recurring == nil && got.UnitAmount == p.Money.Amount &&
			string(got.Currency) == p.Money.Currency && got.Product != nil && got.Product.ID == product
	}
	if same(have) {
		return have.ID, billing.Kept, nil
	}
	made, err := post(ctx, runKey("price:"+p.LookupKey), func(key string) (*stripe.Price, error) {
		return s.api.Prices.New(&stripe.PriceParams{
			Params: keyed(ctx, key), Product: stripe.String(product), Currency: stripe.String(p.Money.Currency), UnitAmount: stripe.Int64(p.Money.Amount),
			LookupKey: stripe.String(p.LookupKey), TransferLookupKey: stripe.Bool(true),
			Metadata: map[string]string{metaLookup: p.LookupKey, metaPlan: p.Plan},
		})
	}, func() (*stripe.Price, bool, error) {
		got, err := s.priceByLookup(ctx, p.LookupKey)
		return got, same(got), err
	})
	if err != nil {
		return "", "", err
	}
	if have == nil {
		return made.ID, billing.Made, nil
	}
	_, err = s.api.Prices.Update(have.ID, &stripe.PriceParams{Params: keyed(ctx, runKey("retire:"+have.ID)), Active: stripe.Bool(false)})
	return made.ID, billing.Changed, faulty(err)
}

// OpenGift opens a Checkout Session that is paid once, with an invoice. It makes
// a customer of its own: what somebody gives stays apart from what they
// subscribe to.
func (s *Stripe) OpenGift(ctx context.Context, n billing.NewGiftSession) (billing.Session, error) {
	price, err := s.priceByLookup(ctx, n.LookupKey)
	if err != nil {
		return billing.Session{}, err
	}
	if price == nil {
		return billing.Session{}, notOnShelf(n.LookupKey)
	}
	meta := map[string]string{metaGift: n.GiftID}
	do := func(key string) (billing.Session, error) {
		got, err := s.api.CheckoutSessions.New(&stripe.CheckoutSessionParams{
			Params:            keyed(ctx, key),
			Mode:              stripe.String(string(stripe.CheckoutSessionModePayment)),
			ClientReferenceID: stripe.String(n.GiftID),
			CustomerEmail:     stripe.String(n.Email),
			LineItems:         []*stripe.CheckoutSessionLineItemParams{{Price: stripe.String(price.ID), Quantity: stripe.Int64(1)}},
			SuccessURL:        stripe.String(n.SuccessURL),
			CancelURL:         stripe.String(n.CancelURL),
			Metadata:          meta,
			PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{Metadata: meta, Description: stripe.String(n.Text)},
			InvoiceCreation: &stripe.CheckoutSessionInvoiceCreationParams{
				Enabled:     stripe.Bool(true),
				InvoiceData: &stripe.CheckoutSessionInvoiceCreationInvoiceDataParams{Metadata: meta, Description: stripe.String(n.Text)},
			},
		})
		if err != nil {
			return billing.Session{}, err
		}
		return sessionOf(got), nil
	}
	// A session that nobody was shown is never paid: there is nothing to find.
	return post(ctx, n.Key, do, func() (billing.Session, bool, error) { return billing.Session{}, false, nil })
}

// GiftSale fetches a gift's session with what its payment became.
func (s *Stripe) GiftSale(ctx context.Context, session string) (billing.GiftSale, error) {
	params := &stripe.CheckoutSessionParams{}
	params.Context = ctx
	params.AddExpand("payment_intent.latest_charge.refunds")
	params.AddExpand("invoice")
	got, err := s.api.CheckoutSessions.Get(session, params)
	if err != nil {
		return billing.GiftSale{}, faulty(err)
	}
	sale := billing.GiftSale{
		Session: got.ID, GiftID: got.Metadata[metaGift], Paid: got.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid,
		Money: billing.Money{Amount: got.AmountTotal, Currency: string(got.Currency)},
	}
	if got.Customer != nil {
		sale.Customer = got.Customer.ID
	}
	if inv := got.Invoice; inv != nil {
		sale.Invoice, sale.Number, sale.Receipt = inv.ID, inv.Number, inv.HostedInvoiceURL
	}
	if got.PaymentIntent == nil || got.PaymentIntent.LatestCharge == nil {
		return sale, nil
	}
	charge := got.PaymentIntent.LatestCharge
	sale.Charge = charge.ID
	return sale, s.movesOfGift(ctx, charge, &sale)
}

// movesOfGift fills in what went back of a gift's payment, and what a bank made
// of it. What went back is summed from the refunds: Stripe documents nowhere
// whether the charge's own sum falls again when one of them fails.
func (s *Stripe) movesOfGift(ctx context.Context, charge *stripe.Charge, sale *billing.GiftSale) error {
	var back billing.Snapshot
	if err := s.refundsInto(ctx, charge, &back); err != nil {
		return err
	}
	for _, c := range back.Credits {
		if c.Holds() {
			sale.Refunded += c.Money.Amount
		} else {
			sale.Failed = append(sale.Failed, c)
		}
	}
	if !charge.Disputed {
		return nil
	}
	params := &stripe.DisputeListParams{Charge: stripe.String(charge.ID)}
	params.Context, params.Limit = ctx, stripe.Int64(page)
	list := s.api.Disputes.List(params)
	for list.Next() {
		// The newest comes first; one by which a bank has the money goes before any that is over.
		if d := s.disputeOf(list.Dispute(), charge); sale.Dispute.ID == "" || d.Took() && !sale.Dispute.Took() {
			sale.Dispute = d
		}
	}
	return faulty(list.Err())
}

// GiftSales lists the gifts that a customer bought.
func (s *Stripe) GiftSales(ctx context.Context, customer string) ([]billing.GiftSale, error) {
	params := &stripe.CheckoutSessionListParams{Customer: stripe.String(customer)}
	params.Context, params.Limit = ctx, stripe.Int64(page)
	var out []billing.GiftSale
	list := s.api.CheckoutSessions.List(params)
	for list.Next() {
		c := list.CheckoutSession()
		if c.Mode != stripe.CheckoutSessionModePayment || c.Metadata[metaGift] == "" {
			continue
		}
		sale, err := s.GiftSale(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, sale)
	}
	return out, faulty(list.Err())
}

// PushRenewal moves a subscription's next payment to a day by free time until
// then, without proration: nothing is charged and nothing credited.
func (s *Stripe) PushRenewal(ctx context.Context, subscription string, until time.Time, key string) error {
	do := func(key string) (bool, error) {
		_, err := s.api.Subscriptions.Update(subscription, &stripe.SubscriptionParams{
			Params: keyed(ctx, key), TrialEnd: stripe.Int64(until.Unix()), ProrationBehavior: stripe.String("none"),
		})
		return true, err
	}
	_, err := post(ctx, key, do, func() (bool, bool, error) {
		now, err := s.Subscription(ctx, subscription)
		return true, err == nil && now.TrialEnd.Equal(until), err
	})
	return err
}
