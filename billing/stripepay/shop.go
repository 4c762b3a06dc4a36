package stripepay

import (
	"context"
	"net/http"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// mostLookups is how many keys Stripe takes in one list of prices.
// https://docs.stripe.com/api/prices/list#list_prices-lookup_keys
const mostLookups = 10

// Shelved finds the active prices that have those lookup keys.
func (s *Stripe) Shelved(ctx context.Context, lookups []string) (map[string]billing.Shelved, error) {
	out := map[string]billing.Shelved{}
	for len(lookups) > 0 {
		some := lookups[:min(mostLookups, len(lookups))]
		lookups = lookups[len(some):]
		params := &stripe.PriceListParams{LookupKeys: stripe.StringSlice(some), Active: stripe.Bool(true)}
		params.Context, params.Limit = ctx, stripe.Int64(page)
		list := s.api.Prices.List(params)
		for list.Next() {
			out[list.Price().LookupKey] = shelvedOf(list.Price())
		}
		if err := list.Err(); err != nil {
			return nil, faulty(err)
		}
	}
	return out, nil
}

func shelvedOf(p *stripe.Price) billing.Shelved {
	at := billing.Shelved{ID: p.ID, Money: billing.Money{Amount: p.UnitAmount, Currency: string(p.Currency)}}
	if p.Recurring != nil && p.Recurring.IntervalCount == 1 {
		at.Interval = billing.Interval(p.Recurring.Interval)
	}
	if p.Product != nil {
		at.Product, at.Ours = p.Product.ID, strings.HasPrefix(p.Product.ID, productID(""))
	}
	return at
}

// KnowsPrice reports whether the account has that price, in the key's mode.
func (s *Stripe) KnowsPrice(ctx context.Context, id string) (bool, error) {
	_, err := s.api.Prices.Get(id, &stripe.PriceParams{Params: stripe.Params{Context: ctx}})
	if err = faulty(err); fault.Is(err, fault.Missing) {
		return false, nil
	}
	return err == nil, err
}

// rebuff is what Stripe said when it refused what was asked.
func rebuff(e *stripe.Error) *billing.Rebuff {
	return &billing.Rebuff{Key: e.HTTPStatusCode == http.StatusUnauthorized || e.HTTPStatusCode == http.StatusForbidden, Says: e.Msg}
}
