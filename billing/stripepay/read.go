package stripepay

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// method is the field, of customers and subscriptions, of the card on file.
const method = "default_payment_method"

// payment is what must come along with a subscription, to say why it is unpaid.
const payment = "latest_invoice.payment_intent"

// schedule must come along too: it says what changes at a period's end.
const schedule = "schedule"

// Snapshot fetches a customer with all that access rests on.
func (s *Stripe) Snapshot(ctx context.Context, customer string) (billing.Snapshot, error) {
	c, err := s.customer(ctx, customer)
	if err != nil {
		return billing.Snapshot{}, faulty(err)
	}
	snap := billing.Snapshot{Customer: customerOf(c)}
	subs := &stripe.SubscriptionListParams{Customer: stripe.String(customer), Status: stripe.String("all")}
	subs.AddExpand("data." + method)
	if c.InvoiceSettings != nil {
		snap.Customer.Card = cardOf(c.InvoiceSettings.DefaultPaymentMethod)
	}
	own := false
	for sub, err := range s.subscriptions(ctx, subs) {
		if fault.Is(err, fault.Missing) && c.Deleted {
			break // a deleted customer's list may be gone with it
		}
		if err != nil {
			return billing.Snapshot{}, err
		}
		one, err := s.whole(ctx, sub)
		if err != nil {
			return billing.Snapshot{}, err
		}
		snap.Subscriptions = append(snap.Subscriptions, one)
		// A subscription's own card goes before its customer's; the newest counts.
		if card := cardOf(sub.DefaultPaymentMethod); !own && !card.IsZero() && charged(one.Status) {
			snap.Customer.Card, own = card, true
		}
	}
	if snap.Invoices, err = s.invoices(ctx, customer); err == nil {
		err = s.moves(ctx, customer, &snap)
	}
	if fault.Is(err, fault.Missing) && c.Deleted {
		err = nil
	}
	return snap, err
}

// customer fetches a customer with its card. What is left of a deleted one has
// no card that could be expanded, and may be refused for that.
func (s *Stripe) customer(ctx context.Context, id string) (*stripe.Customer, error) {
	params := &stripe.CustomerParams{}
	params.Context = ctx
	params.AddExpand("invoice_settings." + method)
	c, err := s.api.Customers.Get(id, params)
	if e, ok := errors.AsType[*stripe.Error](err); ok && e.Param == "expand" {
		return s.api.Customers.Get(id, &stripe.CustomerParams{Params: stripe.Params{Context: ctx}})
	}
	return c, err
}

// charged reports whether a subscription of that status takes money.
func charged(s billing.Status) bool {
	return s != billing.Canceled && s != billing.IncompleteExpired && s != billing.Incomplete
}

// cardOf is the zero card for none, and bare of all but its id for what is no
// card.
func cardOf(pm *stripe.PaymentMethod) billing.Card {
	if pm == nil {
		return billing.Card{}
	}
	card := billing.Card{ID: pm.ID}
	if c := pm.Card; c != nil {
		card.Brand, card.Last4, card.ExpMonth, card.ExpYear = string(c.Brand), c.Last4, int(c.ExpMonth), int(c.ExpYear)
	}
	return card
}

func customerOf(c *stripe.Customer) billing.Customer {
	return billing.Customer{ID: c.ID, ReaderID: c.Metadata[metaReader], Email: c.Email, Created: unix(c.Created), Deleted: c.Deleted}
}

// Subscription fetches one subscription.
func (s *Stripe) Subscription(ctx context.Context, id string) (billing.Subscription, error) {
	params := &stripe.SubscriptionParams{}
	params.Context = ctx
	params.AddExpand(payment)
	params.AddExpand(schedule)
	params.AddExpand(promotion)
	params.AddExpand("discount." + fitting)
	sub, err := s.api.Subscriptions.Get(id, params)
	if err != nil {
		return billing.Subscription{}, faulty(err)
	}
	return s.whole(ctx, sub)
}

// whole is a subscription with the change that waits for it.
func (s *Stripe) whole(ctx context.Context, sub *stripe.Subscription) (billing.Subscription, error) {
	out := subscriptionOf(sub)
	var err error
	out.Coming, err = s.coming(ctx, sub)
	return out, err
}

// Subscriptions lists every subscription of the account.
func (s *Stripe) Subscriptions(ctx context.Context) iter.Seq2[billing.Subscription, error] {
	return func(yield func(billing.Subscription, error) bool) {
		for sub, err := range s.subscriptions(ctx, &stripe.SubscriptionListParams{Status: stripe.String("all")}) {
			var one billing.Subscription
			if err == nil {
				one, err = s.whole(ctx, sub)
			}
			if !yield(one, err) || err != nil {
				return
			}
		}
	}
}

const page = 100 // the most that Stripe lists at once

func (s *Stripe) subscriptions(ctx context.Context, params *stripe.SubscriptionListParams) iter.Seq2[*stripe.Subscription, error] {
	return func(yield func(*stripe.Subscription, error) bool) {
		params.Context = ctx
		params.Limit = stripe.Int64(page)
		params.AddExpand("data." + payment)
		params.AddExpand("data." + schedule)
		params.AddExpand("data." + promotion)
		params.AddExpand("data.discount." + fitting)
		list := s.api.Subscriptions.List(params)
		for list.Next() {
			if !yield(list.Subscription(), nil) {
				return
			}
		}
		if err := list.Err(); err != nil {
			yield(nil, faulty(err))
		}
	}
}

// subscriptionOf puts a subscription in our words. Plan, reader and the time of
// the fetch are not Stripe's to say.
func subscriptionOf(sub *stripe.Subscription) billing.Subscription {
	out := billing.Subscription{
		ID: sub.ID, Status: billing.Status(sub.Status), Started: unix(sub.StartDate),
		PeriodStart: unix(sub.CurrentPeriodStart), PeriodEnd: unix(sub.CurrentPeriodEnd),
		CancelAt: unix(sub.CancelAt), CanceledAt: unix(sub.CanceledAt), EndedAt: unix(sub.EndedAt), TrialEnd: unix(sub.TrialEnd),
	}
	out.Anchor, out.TrialThen = unix(sub.BillingCycleAnchor), trialThen(sub)
	out.Discount = discountOf(sub.Discount)
	if sub.Customer != nil {
		out.Customer = sub.Customer.ID
	}
	if d := sub.CancellationDetails; d != nil && sub.EndedAt > 0 {
		out.EndReason = string(d.Reason)
	}
	if out.CancelAt.IsZero() && sub.CancelAtPeriodEnd {
		out.CancelAt = out.PeriodEnd
	}
	if p := sub.PauseCollection; p != nil {
		out.IsPaused, out.PausedUntil, out.PauseBehavior = true, unix(p.ResumesAt), string(p.Behavior)
	}
	if sub.Items != nil && len(sub.Items.Data) > 0 {
		item := sub.Items.Data[0]
		if price := item.Price; price != nil {
			out.PriceID, out.LookupKey = price.ID, price.LookupKey
			if out.LookupKey == "" {
				out.LookupKey = price.Metadata[metaLookup] // what it was pushed as
			}
			out.Money = billing.Money{Amount: price.UnitAmount * max(1, item.Quantity), Currency: string(price.Currency)}
			if price.Recurring != nil {
				out.Interval = billing.Interval(price.Recurring.Interval)
			}
		}
	}
	if inv := sub.LatestInvoice; inv != nil {
		out.Latest, out.LatestStatus = inv.ID, string(inv.Status)
		out.Decline = trouble(inv)
	}
	return out
}

// trouble is why an invoice is not paid, "" if it is or nobody tried.
func trouble(inv *stripe.Invoice) string {
	pi := inv.PaymentIntent
	if pi == nil || inv.Status != stripe.InvoiceStatusOpen {
		return ""
	}
	switch {
	case pi.LastPaymentError != nil:
		return declineCode(pi.LastPaymentError)
	case pi.Status == stripe.PaymentIntentStatusRequiresAction:
		return string(stripe.ErrorCodeAuthenticationRequired)
	}
	return ""
}

// Session fetches a Checkout Session.
func (s *Stripe) Session(ctx context.Context, id string) (billing.Session, error) {
	params := &stripe.CheckoutSessionParams{}
	params.Context = ctx
	got, err := s.api.CheckoutSessions.Get(id, params)
	if err != nil {
		return billing.Session{}, faulty(err)
	}
	return sessionOf(got), nil
}

func sessionOf(c *stripe.CheckoutSession) billing.Session {
	out := billing.Session{
		ID: c.ID, URL: c.URL, Status: string(c.Status), ReaderID: c.ClientReferenceID, CheckoutID: c.Metadata[metaCheckout], Expires: unix(c.ExpiresAt),
	}
	if c.Customer != nil {
		out.Customer = c.Customer.ID
	}
	if c.Subscription != nil {
		out.Subscription = c.Subscription.ID
	}
	return out
}

// CustomerOf finds whose an object is. Kinds that belong to no customer give "".
func (s *Stripe) CustomerOf(ctx context.Context, object billing.Ref) (string, error) {
	c, err := s.ownerOf(ctx, object)
	if err != nil {
		return "", faulty(err)
	}
	if c == nil {
		return "", nil
	}
	return c.ID, nil
}

func (s *Stripe) ownerOf(ctx context.Context, object billing.Ref) (*stripe.Customer, error) {
	p := stripe.Params{Context: ctx}
	switch object.Kind {
	case "charge":
		v, err := s.api.Charges.Get(object.ID, &stripe.ChargeParams{Params: p})
		return of(v, err, func() *stripe.Customer { return v.Customer })
	case "dispute":
		// A dispute of this API names only its charge.
		params := &stripe.DisputeParams{Params: p}
		params.AddExpand("charge")
		v, err := s.api.Disputes.Get(object.ID, params)
		return of(v, err, func() *stripe.Customer { return chargeOwner(v.Charge) })
	case "refund":
		params := &stripe.RefundParams{Params: p}
		params.AddExpand("charge")
		v, err := s.api.Refunds.Get(object.ID, params)
		return of(v, err, func() *stripe.Customer { return chargeOwner(v.Charge) })
	case "invoice":
		v, err := s.api.Invoices.Get(object.ID, &stripe.InvoiceParams{Params: p})
		return of(v, err, func() *stripe.Customer { return v.Customer })
	case "subscription":
		v, err := s.api.Subscriptions.Get(object.ID, &stripe.SubscriptionParams{Params: p})
		return of(v, err, func() *stripe.Customer { return v.Customer })
	case "subscription_schedule":
		v, err := s.api.SubscriptionSchedules.Get(object.ID, &stripe.SubscriptionScheduleParams{Params: p})
		return of(v, err, func() *stripe.Customer { return v.Customer })
	case "checkout.session":
		v, err := s.api.CheckoutSessions.Get(object.ID, &stripe.CheckoutSessionParams{Params: p})
		return of(v, err, func() *stripe.Customer { return v.Customer })
	case "payment_intent":
		v, err := s.api.PaymentIntents.Get(object.ID, &stripe.PaymentIntentParams{Params: p})
		return of(v, err, func() *stripe.Customer { return v.Customer })
	case "setup_intent":
		v, err := s.api.SetupIntents.Get(object.ID, &stripe.SetupIntentParams{Params: p})
		return of(v, err, func() *stripe.Customer { return v.Customer })
	case "payment_method":
		v, err := s.api.PaymentMethods.Get(object.ID, &stripe.PaymentMethodParams{Params: p})
		return of(v, err, func() *stripe.Customer { return v.Customer })
	}
	return nil, nil
}

func of[T any](v *T, err error, customer func() *stripe.Customer) (*stripe.Customer, error) {
	if err != nil || v == nil {
		return nil, err
	}
	return customer(), nil
}

func chargeOwner(c *stripe.Charge) *stripe.Customer {
	if c == nil {
		return nil
	}
	return c.Customer
}

// Events lists what happened since then, the newest first.
func (s *Stripe) Events(ctx context.Context, since time.Time) iter.Seq2[billing.Event, error] {
	return func(yield func(billing.Event, error) bool) {
		params := &stripe.EventListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}}
		params.Context = ctx
		params.Limit = stripe.Int64(page)
		list := s.api.Events.List(params)
		for list.Next() {
			e := list.Event()
			var object []byte
			if e.Data != nil {
				object = e.Data.Raw
			}
			if !yield(hintOf(e, object), nil) {
				return
			}
		}
		if err := list.Err(); err != nil {
			yield(billing.Event{}, faulty(err))
		}
	}
}
