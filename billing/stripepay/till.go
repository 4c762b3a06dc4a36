package stripepay

import (
	"context"
	"crypto/rand"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// keyed is the part of every changing request that must never be missing: the
// library sends no idempotency key for nil parameters.
func keyed(ctx context.Context, key string) stripe.Params {
	return stripe.Params{Context: ctx, IdempotencyKey: stripe.String(key)}
}

// NewCustomer makes the reader's customer.
func (s *Stripe) NewCustomer(ctx context.Context, readerID, email, key string) (billing.Customer, error) {
	do := func(key string) (billing.Customer, error) {
		c, err := s.api.Customers.New(&stripe.CustomerParams{
			Params: keyed(ctx, key), Email: stripe.String(email), Metadata: map[string]string{metaReader: readerID},
		})
		if err != nil {
			return billing.Customer{}, err
		}
		return customerOf(c), nil
	}
	return post(ctx, key, do, func() (billing.Customer, bool, error) {
		params := &stripe.CustomerListParams{Email: stripe.String(email)}
		params.Context, params.Limit = ctx, stripe.Int64(page)
		list := s.api.Customers.List(params)
		for list.Next() {
			if c := list.Customer(); c.Metadata[metaReader] == readerID && !c.Deleted {
				return customerOf(c), true, nil
			}
		}
		return billing.Customer{}, false, faulty(list.Err())
	})
}

// OpenSession opens a Checkout Session for a subscription.
func (s *Stripe) OpenSession(ctx context.Context, n billing.NewSession) (billing.Session, error) {
	price, err := s.priceByLookup(ctx, n.LookupKey)
	if err != nil {
		return billing.Session{}, err
	}
	if price == nil {
		return billing.Session{}, notOnShelf(n.LookupKey)
	}
	if n.Shown.Amount != 0 && (price.UnitAmount != n.Shown.Amount || string(price.Currency) != n.Shown.Currency) {
		return billing.Session{}, fault.New(fault.Conflict, "This price is being changed just now. Nothing was charged. Look at the plans again, and choose anew.", nil)
	}
	do := func(key string) (billing.Session, error) {
		params := sessionParams(n, price.ID)
		params.Params = keyed(ctx, key)
		got, err := s.api.CheckoutSessions.New(params)
		if err != nil {
			return billing.Session{}, err
		}
		return sessionOf(got), nil
	}
	return post(ctx, n.Key, do, func() (billing.Session, bool, error) {
		got, err := s.FindSession(ctx, n.Customer, n.CheckoutID)
		if fault.Is(err, fault.Missing) {
			return got, false, nil
		}
		return got, err == nil, err
	})
}

func notOnShelf(lookup string) error {
	return fault.New(fault.Unavailable, "This plan cannot be bought just now. We have been told; please try again later.",
		errorf("no active price has the lookup key %q: run plans push", lookup))
}

func sessionParams(n billing.NewSession, price string) *stripe.CheckoutSessionParams {
	meta := map[string]string{metaReader: n.ReaderID, metaCheckout: n.CheckoutID}
	params := &stripe.CheckoutSessionParams{
		Mode:                stripe.String(string(stripe.CheckoutSessionModeSubscription)),
		ClientReferenceID:   stripe.String(n.ReaderID),
		Customer:            stripe.String(n.Customer),
		LineItems:           []*stripe.CheckoutSessionLineItemParams{{Price: stripe.String(price), Quantity: stripe.Int64(1)}},
		AllowPromotionCodes: stripe.Bool(true),
		SuccessURL:          stripe.String(n.SuccessURL),
		CancelURL:           stripe.String(n.CancelURL),
		Metadata:            meta,
		SubscriptionData:    &stripe.CheckoutSessionSubscriptionDataParams{Metadata: meta},
	}
	offerTrial(params, n.Trial)
	giveCode(params, n)
	if len(n.ShipsTo) > 0 {
		params.ShippingAddressCollection = &stripe.CheckoutSessionShippingAddressCollectionParams{AllowedCountries: stripe.StringSlice(n.ShipsTo)}
		params.CustomerUpdate = &stripe.CheckoutSessionCustomerUpdateParams{Shipping: stripe.String("auto")}
	}
	return params
}

// priceByLookup finds the active price that has the key; nil for none.
func (s *Stripe) priceByLookup(ctx context.Context, lookup string) (*stripe.Price, error) {
	params := &stripe.PriceListParams{LookupKeys: stripe.StringSlice([]string{lookup}), Active: stripe.Bool(true)}
	params.Context, params.Limit = ctx, stripe.Int64(2)
	list := s.api.Prices.List(params)
	if list.Next() {
		return list.Price(), nil
	}
	return nil, faulty(list.Err())
}

// FindSession looks for the session of one of our checkouts.
func (s *Stripe) FindSession(ctx context.Context, customer, checkoutID string) (billing.Session, error) {
	params := &stripe.CheckoutSessionListParams{Customer: stripe.String(customer)}
	params.Context, params.Limit = ctx, stripe.Int64(page)
	list := s.api.CheckoutSessions.List(params)
	for list.Next() {
		if c := list.CheckoutSession(); c.Metadata[metaCheckout] == checkoutID {
			return sessionOf(c), nil
		}
	}
	if err := list.Err(); err != nil {
		return billing.Session{}, faulty(err)
	}
	return billing.Session{}, fault.New(fault.Missing, "The payment service does not know of that purchase.", nil)
}

// ExpireSession closes a session, so that it can no longer be paid. Conflict if
// it is not open.
func (s *Stripe) ExpireSession(ctx context.Context, id string) error {
	_, err := s.api.CheckoutSessions.Expire(id, &stripe.CheckoutSessionExpireParams{Params: keyed(ctx, "expire:"+id+":"+rand.Text())})
	if err == nil {
		return nil
	}
	now, findErr := s.Session(ctx, id)
	switch {
	case findErr != nil:
		return findErr
	case now.Status == billing.SessionExpired:
		return nil
	case now.Status == billing.SessionComplete:
		return fault.New(fault.Conflict, "That purchase is already complete.", err)
	}
	if perhapsDone(err) {
		_, err = s.api.CheckoutSessions.Expire(id, &stripe.CheckoutSessionExpireParams{Params: keyed(ctx, "expire:"+id+":"+rand.Text())})
	}
	return faulty(err)
}

// CancelNow ends a subscription at once. The library repeats it after a failure:
// deleting twice is deleting.
func (s *Stripe) CancelNow(ctx context.Context, subscription string, said billing.Parting) error {
	params := &stripe.SubscriptionCancelParams{Params: stripe.Params{Context: ctx}}
	if said != (billing.Parting{}) {
		params.CancellationDetails = &stripe.SubscriptionCancelCancellationDetailsParams{Comment: filled(said.Comment), Feedback: filled(said.Feedback)}
	}
	_, err := s.api.Subscriptions.Cancel(subscription, params)
	return faulty(err)
}

// filled leaves an empty parameter out.
func filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// CancelAtPeriodEnd ends a subscription when its period does, or takes that back.
func (s *Stripe) CancelAtPeriodEnd(ctx context.Context, subscription string, cancel bool, said billing.Parting, key string) error {
	do := func(key string) (bool, error) {
		params := &stripe.SubscriptionParams{Params: keyed(ctx, key), CancelAtPeriodEnd: stripe.Bool(cancel)}
		if said != (billing.Parting{}) {
			params.CancellationDetails = &stripe.SubscriptionCancellationDetailsParams{Comment: filled(said.Comment), Feedback: filled(said.Feedback)}
		}
		_, err := s.api.Subscriptions.Update(subscription, params)
		return true, err
	}
	_, err := post(ctx, key, do, func() (bool, bool, error) {
		now, err := s.api.Subscriptions.Get(subscription, &stripe.SubscriptionParams{Params: stripe.Params{Context: ctx}})
		if err != nil {
			return false, false, faulty(err)
		}
		return true, now.CancelAtPeriodEnd == cancel, nil
	})
	return err
}

// Portal opens Stripe's own pages for a customer.
func (s *Stripe) Portal(ctx context.Context, customer, returnURL, key string) (string, error) {
	config := s.portalConfiguration(ctx)
	do := func(key string) (string, error) {
		params := &stripe.BillingPortalSessionParams{Params: keyed(ctx, key), Customer: stripe.String(customer), ReturnURL: stripe.String(returnURL)}
		if config != "" {
			params.Configuration = stripe.String(config)
		}
		got, err := s.api.BillingPortalSessions.New(params)
		if err != nil {
			return "", err
		}
		return got.URL, nil
	}
	// A portal session that nobody opens harms nobody: there is nothing to find.
	return post(ctx, key, do, func() (string, bool, error) { return "", false, nil })
}

// CardPage opens the portal at its page for another card. Nothing else can be
// reached from it.
func (s *Stripe) CardPage(ctx context.Context, customer, doneURL, key string) (string, error) {
	config := s.portalConfiguration(ctx)
	do := func(key string) (string, error) {
		params := &stripe.BillingPortalSessionParams{
			Params: keyed(ctx, key), Customer: stripe.String(customer), ReturnURL: stripe.String(doneURL),
			FlowData: &stripe.BillingPortalSessionFlowDataParams{
				Type: stripe.String(string(stripe.BillingPortalSessionFlowTypePaymentMethodUpdate)),
				AfterCompletion: &stripe.BillingPortalSessionFlowDataAfterCompletionParams{
					Type:     stripe.String(string(stripe.BillingPortalSessionFlowAfterCompletionTypeRedirect)),
					Redirect: &stripe.BillingPortalSessionFlowDataAfterCompletionRedirectParams{ReturnURL: stripe.String(doneURL)},
				},
			},
		}
		if config != "" {
			params.Configuration = stripe.String(config)
		}
		got, err := s.api.BillingPortalSessions.New(params)
		if err != nil {
			return "", err
		}
		return got.URL, nil
	}
	return post(ctx, key, do, func() (string, bool, error) { return "", false, nil })
}

// portalConfiguration is the one that a push made; "" leaves the choice to the
// account's default.
func (s *Stripe) portalConfiguration(ctx context.Context) string {
	s.mu.Lock()
	known := s.portal
	s.mu.Unlock()
	if known != "" {
		return known
	}
	found, err := s.findPortal(ctx)
	if err != nil || found == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.portal = found.ID
	return s.portal
}

func (s *Stripe) findPortal(ctx context.Context) (*stripe.BillingPortalConfiguration, error) {
	params := &stripe.BillingPortalConfigurationListParams{Active: stripe.Bool(true)}
	params.Context, params.Limit = ctx, stripe.Int64(page)
	list := s.api.BillingPortalConfigurations.List(params)
	for list.Next() {
		if c := list.BillingPortalConfiguration(); c.Metadata[metaPortal] != "" {
			return c, nil
		}
	}
	return nil, faulty(list.Err())
}
