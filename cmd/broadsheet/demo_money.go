package main

import (
	"context"
	"fmt"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
)

// demoSubscriber makes an account that subscribes, the way a subscription comes
// to be: a customer with a card at Stripe, and our rows by a sync. Only our own
// stand-in is ever asked; an account at Stripe is not filled with demo people.
func (p *paper) demoSubscriber(ctx context.Context, email, lookup string) error {
	r, err := p.demoAccount(ctx, email)
	if err != nil || p.standin == nil {
		return err
	}
	has, err := p.db.SubscriptionsOf(ctx, r.ID)
	if err != nil || len(has) > 0 {
		return err
	}
	customer, err := p.stripe.NewCustomer(ctx, r.ID, r.Email, "demo-customer/"+r.ID)
	if err != nil {
		return err
	}
	if err := p.subscribeAtStandin(ctx, customer.ID, lookup); err != nil {
		return err
	}
	_, err = p.billing.Sync(ctx, customer.ID)
	return err
}

// subscribeAtStandin gives a customer a card that pays, a door for the magazine
// and a subscription.
func (p *paper) subscribeAtStandin(ctx context.Context, customer, lookup string) error {
	api := p.standinAPI()
	with := stripe.Params{Context: ctx}
	prices := api.Prices.List(&stripe.PriceListParams{ListParams: stripe.ListParams{Context: ctx}, LookupKeys: []*string{&lookup}})
	if !prices.Next() {
		return fmt.Errorf("there is no price %s: %w", lookup, prices.Err())
	}
	card, err := api.PaymentMethods.Attach("pm_card_visa", &stripe.PaymentMethodAttachParams{Params: with, Customer: &customer})
	if err != nil {
		return err
	}
	_, err = api.Customers.Update(customer, &stripe.CustomerParams{
		Params:          with,
		Name:            stripe.String("Robin Reader"),
		InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: &card.ID},
		Shipping: &stripe.CustomerShippingParams{Name: stripe.String("Robin Reader"), Address: &stripe.AddressParams{
			Line1: stripe.String("12 Harbour Street"), PostalCode: stripe.String("1011 AB"), City: stripe.String("Amsterdam"), Country: stripe.String("NL"),
		}},
	})
	if err != nil {
		return err
	}
	_, err = api.Subscriptions.New(&stripe.SubscriptionParams{
		Params: with, Customer: &customer, Items: []*stripe.SubscriptionItemsParams{{Price: &prices.Price().ID}},
	})
	return err
}

// standinAPI speaks to the stand-in as its customers' own hands would.
func (p *paper) standinAPI() *client.API {
	return client.New(p.conf.StripeKey.Reveal(), &stripe.Backends{
		API: stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
			URL: stripe.String(p.conf.StripeURL()), LeveledLogger: &stripe.LeveledLogger{},
		}),
	})
}
