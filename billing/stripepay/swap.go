package stripepay

import (
	"context"
	"errors"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// SwapNow sells another price at once. pending_if_incomplete has Stripe charge
// first and change afterwards: a decline leaves the subscription what it was,
// and a bank that asks can be answered within 23 hours, which
// error_if_incomplete would refuse.
// https://docs.stripe.com/billing/subscriptions/pending-updates
func (s *Stripe) SwapNow(ctx context.Context, w billing.Swap) (billing.Swapped, error) {
	was, err := s.api.Subscriptions.Get(w.Subscription, &stripe.SubscriptionParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return billing.Swapped{}, faulty(err)
	}
	do := func(key string) (billing.Swapped, error) {
		params := &stripe.SubscriptionParams{
			Params: keyed(ctx, key), Items: swapped(was, w.PriceID),
			PaymentBehavior: stripe.String("pending_if_incomplete"), ProrationBehavior: stripe.String(prorateNow),
		}
		if was.Status == stripe.SubscriptionStatusTrialing {
			params.ProrationBehavior = stripe.String(prorateNone)
		} else {
			params.ProrationDate = stripe.Int64(w.At.Unix())
		}
		params.AddExpand(payment)
		now, err := s.api.Subscriptions.Update(w.Subscription, params)
		if err != nil {
			return billing.Swapped{}, err
		}
		return swappedOf(now), nil
	}
	return post(ctx, w.Key, do, func() (billing.Swapped, bool, error) {
		params := &stripe.SubscriptionParams{Params: stripe.Params{Context: ctx}}
		params.AddExpand(payment)
		now, err := s.api.Subscriptions.Get(w.Subscription, params)
		if err != nil {
			return billing.Swapped{}, false, faulty(err)
		}
		return swappedOf(now), now.PendingUpdate != nil || sells(now, w.PriceID), nil
	})
}

func sells(sub *stripe.Subscription, price string) bool {
	return sub.Items != nil && len(sub.Items.Data) > 0 && sub.Items.Data[0].Price != nil && sub.Items.Data[0].Price.ID == price
}

func swappedOf(sub *stripe.Subscription) billing.Swapped {
	out := billing.Swapped{Done: sub.PendingUpdate == nil}
	inv := sub.LatestInvoice
	if inv == nil || inv.BillingReason != billing.UpdateInvoice {
		return out
	}
	out.Invoice, out.PayURL = inv.ID, inv.HostedInvoiceURL
	if !out.Done {
		out.Decline = trouble(inv)
		out.NeedsAction = inv.PaymentIntent != nil && inv.PaymentIntent.Status == stripe.PaymentIntentStatusRequiresAction
	}
	return out
}

// SwapLater gives the subscription a schedule: what it sells now until the
// period's end, and then the other price. After one period of it Stripe lets the
// subscription go on by itself.
// https://docs.stripe.com/billing/subscriptions/subscription-schedules/use-cases
func (s *Stripe) SwapLater(ctx context.Context, w billing.Swap) error {
	sub, schedule, err := s.scheduled(ctx, w)
	if err != nil {
		return err
	}
	if len(schedule.Phases) == 0 || schedule.CurrentPhase == nil {
		return fault.New(fault.Internal, "", errorf("the schedule %s has no present phase", schedule.ID))
	}
	params := phases(schedule, w.PriceID)
	if !lasts(sub.Discount, unix(*params.Phases[0].EndDate)) {
		params.Phases[1].Coupon = nil
	}
	_, err = post(ctx, w.Key+":phases", func(key string) (bool, error) {
		params.Params = keyed(ctx, key)
		_, err := s.api.SubscriptionSchedules.Update(schedule.ID, params)
		return true, err
	}, func() (bool, bool, error) {
		now, err := s.api.SubscriptionSchedules.Get(schedule.ID, &stripe.SubscriptionScheduleParams{Params: stripe.Params{Context: ctx}})
		if err != nil {
			return false, false, faulty(err)
		}
		return true, len(now.Phases) > 1, nil
	})
	if err != nil { // a bare schedule would only be in the way
		err = errors.Join(err, s.ReleaseSchedule(ctx, schedule.ID, w.Key+":release"))
	}
	return err
}

// scheduled is a subscription and its schedule, which is made if it has none.
func (s *Stripe) scheduled(ctx context.Context, w billing.Swap) (*stripe.Subscription, *stripe.SubscriptionSchedule, error) {
	get := func() (*stripe.Subscription, error) {
		params := &stripe.SubscriptionParams{Params: stripe.Params{Context: ctx}}
		params.AddExpand(schedule)
		sub, err := s.api.Subscriptions.Get(w.Subscription, params)
		return sub, faulty(err)
	}
	sub, err := get()
	if err != nil {
		return nil, nil, err
	}
	if sub.Schedule != nil {
		return sub, sub.Schedule, nil
	}
	made, err := post(ctx, w.Key+":schedule", func(key string) (*stripe.SubscriptionSchedule, error) {
		return s.api.SubscriptionSchedules.New(&stripe.SubscriptionScheduleParams{Params: keyed(ctx, key), FromSubscription: &w.Subscription})
	}, func() (*stripe.SubscriptionSchedule, bool, error) {
		now, err := get()
		if err != nil {
			return nil, false, err
		}
		return now.Schedule, now.Schedule != nil, nil
	})
	return sub, made, err
}

// phases are the present one as it is, and the next. Nothing is left to prorate
// at a period's end. A phase without a coupon would take off what the
// subscription has. Stripe's page on phases does not say whether a coupon for
// some months begins again when a phase names it; so no phase begins with one
// that is over by then (see lasts), and its end is read from the subscription
// after the change, never reckoned here.
// https://docs.stripe.com/api/subscription_schedules/object#subscription_schedule_object-phases-coupon
func phases(schedule *stripe.SubscriptionSchedule, price string) *stripe.SubscriptionScheduleParams {
	now := schedule.Phases[0]
	for _, p := range schedule.Phases {
		if p.StartDate == schedule.CurrentPhase.StartDate {
			now = p
		}
	}
	first := &stripe.SubscriptionSchedulePhaseParams{StartDate: &now.StartDate, EndDate: &now.EndDate, ProrationBehavior: stripe.String(prorateNone)}
	for _, item := range now.Items {
		first.Items = append(first.Items, &stripe.SubscriptionSchedulePhaseItemParams{Price: &item.Price.ID, Quantity: stripe.Int64(max(1, item.Quantity))})
	}
	then := &stripe.SubscriptionSchedulePhaseParams{
		Iterations: stripe.Int64(1), ProrationBehavior: stripe.String(prorateNone),
		Items: []*stripe.SubscriptionSchedulePhaseItemParams{{Price: &price, Quantity: stripe.Int64(1)}},
	}
	if now.Coupon != nil {
		first.Coupon, then.Coupon = &now.Coupon.ID, &now.Coupon.ID
	}
	return &stripe.SubscriptionScheduleParams{
		EndBehavior: stripe.String(string(stripe.SubscriptionScheduleEndBehaviorRelease)), ProrationBehavior: stripe.String(prorateNone),
		Phases: []*stripe.SubscriptionSchedulePhaseParams{first, then},
	}
}

// ReleaseSchedule lets a subscription go on as it is.
func (s *Stripe) ReleaseSchedule(ctx context.Context, schedule, key string) error {
	over := func() (bool, bool, error) {
		now, err := s.api.SubscriptionSchedules.Get(schedule, &stripe.SubscriptionScheduleParams{Params: stripe.Params{Context: ctx}})
		if err != nil {
			return false, false, faulty(err)
		}
		return true, now.Status != stripe.SubscriptionScheduleStatusActive && now.Status != stripe.SubscriptionScheduleStatusNotStarted, nil
	}
	_, err := post(ctx, key, func(key string) (bool, error) {
		_, err := s.api.SubscriptionSchedules.Release(schedule, &stripe.SubscriptionScheduleReleaseParams{Params: keyed(ctx, key)})
		return true, err
	}, over)
	if err == nil {
		return nil
	}
	if _, gone, findErr := over(); findErr == nil && gone {
		return nil
	}
	return err
}

// VoidInvoice takes an open invoice back, and with it the update that waits for
// its payment: voiding is how Stripe has a pending update cancelled.
// https://docs.stripe.com/billing/subscriptions/pending-updates#canceling-pending-update
func (s *Stripe) VoidInvoice(ctx context.Context, invoice, key string) error {
	closed := func() (bool, bool, error) {
		now, err := s.api.Invoices.Get(invoice, &stripe.InvoiceParams{Params: stripe.Params{Context: ctx}})
		if err != nil {
			return false, false, faulty(err)
		}
		return true, now.Status != stripe.InvoiceStatusOpen, nil
	}
	_, err := post(ctx, key, func(key string) (bool, error) {
		_, err := s.api.Invoices.VoidInvoice(invoice, &stripe.InvoiceVoidInvoiceParams{Params: keyed(ctx, key)})
		return true, err
	}, closed)
	if err == nil {
		return nil
	}
	if _, done, findErr := closed(); findErr == nil && done {
		return nil
	}
	return err
}

// Shipping is where the customer's magazine goes.
func (s *Stripe) Shipping(ctx context.Context, customer string) (billing.Shipping, error) {
	c, err := s.api.Customers.Get(customer, &stripe.CustomerParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return billing.Shipping{}, faulty(err)
	}
	return shippingOf(c), nil
}

func shippingOf(c *stripe.Customer) billing.Shipping {
	if c.Shipping == nil || c.Shipping.Address == nil {
		return billing.Shipping{}
	}
	a := c.Shipping.Address
	return billing.Shipping{
		Name: c.Shipping.Name, Line1: a.Line1, Line2: a.Line2, City: a.City, State: a.State, PostalCode: a.PostalCode, Country: a.Country,
	}
}

// SaveShipping keeps another address with the customer. What the customer told
// Stripe beside it, such as a telephone number, stays.
func (s *Stripe) SaveShipping(ctx context.Context, customer string, to billing.Shipping, key string) error {
	had, err := s.api.Customers.Get(customer, &stripe.CustomerParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return faulty(err)
	}
	ship := &stripe.CustomerShippingParams{Name: &to.Name, Address: &stripe.AddressParams{
		Line1: &to.Line1, Line2: &to.Line2, City: &to.City, State: &to.State, PostalCode: &to.PostalCode, Country: &to.Country,
	}}
	if had.Shipping != nil && had.Shipping.Phone != "" {
		ship.Phone = &had.Shipping.Phone
	}
	_, err = post(ctx, key, func(key string) (bool, error) {
		_, err := s.api.Customers.Update(customer, &stripe.CustomerParams{Params: keyed(ctx, key), Shipping: ship})
		return true, err
	}, func() (bool, bool, error) {
		now, err := s.Shipping(ctx, customer)
		return true, now == to, err
	})
	return err
}

// coming is the change that waits for a subscription, as Stripe says it. A price
// that only its id is known of is fetched.
func (s *Stripe) coming(ctx context.Context, sub *stripe.Subscription) (billing.Coming, error) {
	if p := sub.PendingUpdate; p != nil && len(p.SubscriptionItems) > 0 && p.SubscriptionItems[0].Price != nil {
		if inv := sub.LatestInvoice; inv != nil && inv.Status == stripe.InvoiceStatusOpen {
			out := comingOf(p.SubscriptionItems[0].Price)
			out.At, out.Invoice, out.PayURL = unix(p.ExpiresAt), inv.ID, inv.HostedInvoiceURL
			return out, nil
		}
	}
	schedule := sub.Schedule
	if schedule == nil {
		return billing.Coming{}, nil
	}
	out := billing.Coming{Schedule: schedule.ID}
	for _, phase := range schedule.Phases {
		if schedule.CurrentPhase == nil || phase.StartDate < schedule.CurrentPhase.EndDate || len(phase.Items) == 0 || phase.Items[0].Price == nil {
			continue
		}
		if sells(sub, phase.Items[0].Price.ID) {
			break
		}
		price, err := s.api.Prices.Get(phase.Items[0].Price.ID, &stripe.PriceParams{Params: stripe.Params{Context: ctx}})
		if err != nil {
			return out, faulty(err)
		}
		out = comingOf(price)
		out.At, out.Schedule = unix(phase.StartDate), schedule.ID
		break
	}
	return out, nil
}

func comingOf(price *stripe.Price) billing.Coming {
	out := billing.Coming{PriceID: price.ID, LookupKey: price.LookupKey, Money: billing.Money{Amount: price.UnitAmount, Currency: string(price.Currency)}}
	if out.LookupKey == "" {
		out.LookupKey = price.Metadata[metaLookup]
	}
	if price.Recurring != nil {
		out.Interval = billing.Interval(price.Recurring.Interval)
	}
	return out
}
