package stripepay

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }

// productID is the id that our product of a plan has at Stripe: ids may be
// chosen, and a chosen one needs no search.
func productID(plan string) string { return "broadsheet_" + plan }

// PutProduct makes the plan's product be as the plan says.
func (s *Stripe) PutProduct(ctx context.Context, p billing.Plan) (string, billing.Put, error) {
	want := productID(p.Key)
	have, err := s.product(ctx, want)
	if err != nil {
		return "", "", err
	}
	params := func(key string) *stripe.ProductParams {
		out := &stripe.ProductParams{Params: keyed(ctx, key), Name: stripe.String(p.Name), Metadata: map[string]string{metaPlan: p.Key}}
		if p.Summary != "" {
			out.Description = stripe.String(p.Summary)
		}
		return out
	}
	find := func() (*stripe.Product, bool, error) {
		got, err := s.product(ctx, want)
		return got, got != nil && sameProduct(got, p), err
	}
	if have == nil {
		got, err := post(ctx, runKey("product:"+want), func(key string) (*stripe.Product, error) {
			out := params(key)
			out.ID = stripe.String(want)
			return s.api.Products.New(out)
		}, find)
		if err != nil {
			return "", "", err
		}
		return got.ID, billing.Made, nil
	}
	if sameProduct(have, p) {
		return have.ID, billing.Kept, nil
	}
	_, err = post(ctx, runKey("product:"+want), func(key string) (*stripe.Product, error) {
		out := params(key)
		out.Active = stripe.Bool(true)
		return s.api.Products.Update(want, out)
	}, find)
	return have.ID, billing.Changed, err
}

// runKey is an idempotency key of one run: a push that is run again must not
// be answered with what an earlier one got.
func runKey(what string) string { return "push:" + what + ":" + rand.Text() }

func (s *Stripe) product(ctx context.Context, productID string) (*stripe.Product, error) {
	got, err := s.api.Products.Get(productID, &stripe.ProductParams{Params: stripe.Params{Context: ctx}})
	if err = faulty(err); fault.Is(err, fault.Missing) {
		return nil, nil
	}
	return got, err
}

func sameProduct(have *stripe.Product, p billing.Plan) bool {
	return have.Active && have.Name == p.Name && have.Description == p.Summary && have.Metadata[metaPlan] == p.Key
}

// PutPrice makes the lookup key lead to a price of that amount.
func (s *Stripe) PutPrice(ctx context.Context, product string, p billing.Price) (string, billing.Put, error) {
	have, err := s.priceByLookup(ctx, p.LookupKey)
	if err != nil {
		return "", "", err
	}
	if have != nil && samePrice(have, product, p) {
		return have.ID, billing.Kept, nil
	}
	do := func(key string) (*stripe.Price, error) {
		return s.api.Prices.New(&stripe.PriceParams{
			Params: keyed(ctx, key), Product: stripe.String(product), Currency: stripe.String(p.Money.Currency), UnitAmount: stripe.Int64(p.Money.Amount),
			Recurring: &stripe.PriceRecurringParams{Interval: stripe.String(string(p.Interval))},
			LookupKey: stripe.String(p.LookupKey), TransferLookupKey: stripe.Bool(true),
			Metadata: map[string]string{metaLookup: p.LookupKey, metaPlan: p.Plan},
		})
	}
	made, err := post(ctx, runKey("price:"+p.LookupKey), do, func() (*stripe.Price, bool, error) {
		got, err := s.priceByLookup(ctx, p.LookupKey)
		return got, got != nil && samePrice(got, product, p), err
	})
	if err != nil {
		return "", "", err
	}
	if have == nil {
		return made.ID, billing.Made, nil
	}
	_, err = post(ctx, runKey("retire:"+have.ID), func(key string) (*stripe.Price, error) {
		return s.api.Prices.Update(have.ID, &stripe.PriceParams{Params: keyed(ctx, key), Active: stripe.Bool(false)})
	}, func() (*stripe.Price, bool, error) {
		got, err := s.api.Prices.Get(have.ID, &stripe.PriceParams{Params: stripe.Params{Context: ctx}})
		return got, err == nil && !got.Active, faulty(err)
	})
	return made.ID, billing.Changed, err
}

func samePrice(have *stripe.Price, product string, p billing.Price) bool {
	return have.Active && have.UnitAmount == p.Money.Amount && string(have.Currency) == p.Money.Currency &&
		have.Recurring != nil && string(have.Recurring.Interval) == string(p.Interval) && have.Recurring.IntervalCount == 1 &&
		have.Product != nil && have.Product.ID == product
}

// PutPortal makes the portal offer a change of card, the invoices and
// cancelling at the end of the period, and no change of plan: that is priced
// and shown by the paper itself.
func (s *Stripe) PutPortal(ctx context.Context, returnURL string) (billing.Put, error) {
	have, err := s.findPortal(ctx)
	if err != nil {
		return "", err
	}
	if have != nil && samePortal(have, returnURL) {
		return billing.Kept, nil
	}
	find := func() (*stripe.BillingPortalConfiguration, bool, error) {
		got, err := s.findPortal(ctx)
		return got, got != nil && samePortal(got, returnURL), err
	}
	if have == nil {
		_, err := post(ctx, runKey("portal"), func(key string) (*stripe.BillingPortalConfiguration, error) {
			return s.api.BillingPortalConfigurations.New(portalParams(ctx, key, returnURL))
		}, find)
		return billing.Made, err
	}
	_, err = post(ctx, runKey("portal"), func(key string) (*stripe.BillingPortalConfiguration, error) {
		return s.api.BillingPortalConfigurations.Update(have.ID, portalParams(ctx, key, returnURL))
	}, find)
	return billing.Changed, err
}

func portalParams(ctx context.Context, key, returnURL string) *stripe.BillingPortalConfigurationParams {
	return &stripe.BillingPortalConfigurationParams{
		Params:           keyed(ctx, key),
		DefaultReturnURL: stripe.String(returnURL),
		BusinessProfile:  &stripe.BillingPortalConfigurationBusinessProfileParams{Headline: stripe.String("")},
		Metadata:         map[string]string{metaPortal: "1"},
		Features: &stripe.BillingPortalConfigurationFeaturesParams{
			InvoiceHistory:      &stripe.BillingPortalConfigurationFeaturesInvoiceHistoryParams{Enabled: stripe.Bool(true)},
			PaymentMethodUpdate: &stripe.BillingPortalConfigurationFeaturesPaymentMethodUpdateParams{Enabled: stripe.Bool(true)},
			SubscriptionCancel: &stripe.BillingPortalConfigurationFeaturesSubscriptionCancelParams{
				Enabled: stripe.Bool(true), Mode: stripe.String("at_period_end"),
			},
			SubscriptionUpdate: &stripe.BillingPortalConfigurationFeaturesSubscriptionUpdateParams{Enabled: stripe.Bool(false)},
		},
	}
}

func samePortal(have *stripe.BillingPortalConfiguration, returnURL string) bool {
	f := have.Features
	return have.DefaultReturnURL == returnURL && f != nil &&
		f.InvoiceHistory != nil && f.InvoiceHistory.Enabled &&
		f.PaymentMethodUpdate != nil && f.PaymentMethodUpdate.Enabled &&
		f.SubscriptionCancel != nil && f.SubscriptionCancel.Enabled && string(f.SubscriptionCancel.Mode) == "at_period_end" &&
		(f.SubscriptionUpdate == nil || !f.SubscriptionUpdate.Enabled)
}

// PutWebhook makes the endpoint listen to those events. Its API version cannot
// be changed once it is made: an endpoint of another version is replaced.
func (s *Stripe) PutWebhook(ctx context.Context, url string, types []string) (string, billing.Put, error) {
	have, err := s.findEndpoint(ctx, url)
	if err != nil {
		return "", "", err
	}
	if have == nil {
		made, err := s.newEndpoint(ctx, url, types)
		if err != nil {
			return "", "", err
		}
		return made.Secret, billing.Made, nil
	}
	if have.APIVersion != stripe.APIVersion {
		made, err := s.newEndpoint(ctx, url, types)
		if err != nil {
			return "", "", err
		}
		_, err = s.api.WebhookEndpoints.Del(have.ID, &stripe.WebhookEndpointParams{Params: stripe.Params{Context: ctx}})
		return made.Secret, billing.Changed, faulty(err)
	}
	if sameEvents(have, types) {
		return "", billing.Kept, nil
	}
	_, err = post(ctx, runKey("webhook"), func(key string) (*stripe.WebhookEndpoint, error) {
		return s.api.WebhookEndpoints.Update(have.ID, &stripe.WebhookEndpointParams{
			Params: keyed(ctx, key), EnabledEvents: stripe.StringSlice(types), Disabled: stripe.Bool(false),
		})
	}, func() (*stripe.WebhookEndpoint, bool, error) {
		got, err := s.findEndpoint(ctx, url)
		return got, got != nil && sameEvents(got, types), err
	})
	return "", billing.Changed, err
}

func sameEvents(have *stripe.WebhookEndpoint, types []string) bool {
	return have.Status == "enabled" && maps.Equal(set(have.EnabledEvents), set(types))
}

func set(list []string) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, s := range list {
		out[s] = true
	}
	return out
}

// newEndpoint makes an endpoint. After a lost answer the secret is lost too, so
// what was made without us seeing it is deleted before the next try.
func (s *Stripe) newEndpoint(ctx context.Context, url string, types []string) (*stripe.WebhookEndpoint, error) {
	before, err := s.endpoints(ctx, url)
	if err != nil {
		return nil, err
	}
	do := func(key string) (*stripe.WebhookEndpoint, error) {
		return s.api.WebhookEndpoints.New(&stripe.WebhookEndpointParams{
			Params: keyed(ctx, key), URL: stripe.String(url), APIVersion: stripe.String(stripe.APIVersion), EnabledEvents: stripe.StringSlice(types),
		})
	}
	return post(ctx, runKey("webhook"), do, func() (*stripe.WebhookEndpoint, bool, error) {
		now, err := s.endpoints(ctx, url)
		if err != nil {
			return nil, false, err
		}
		for _, e := range now {
			known := slices.ContainsFunc(before, func(b *stripe.WebhookEndpoint) bool { return b.ID == e.ID })
			if known {
				continue
			}
			if _, err := s.api.WebhookEndpoints.Del(e.ID, &stripe.WebhookEndpointParams{Params: stripe.Params{Context: ctx}}); err != nil {
				return nil, false, faulty(err)
			}
		}
		return nil, false, nil
	})
}

func (s *Stripe) findEndpoint(ctx context.Context, url string) (*stripe.WebhookEndpoint, error) {
	list, err := s.endpoints(ctx, url)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

func (s *Stripe) endpoints(ctx context.Context, url string) ([]*stripe.WebhookEndpoint, error) {
	params := &stripe.WebhookEndpointListParams{}
	params.Context, params.Limit = ctx, stripe.Int64(page)
	list := s.api.WebhookEndpoints.List(params)
	var out []*stripe.WebhookEndpoint
	for list.Next() {
		if e := list.WebhookEndpoint(); e.URL == url {
			out = append(out, e)
		}
	}
	return out, faulty(list.Err())
}
