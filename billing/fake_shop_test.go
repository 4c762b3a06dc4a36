package billing_test

import (
	"context"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// stock is what a fake of Stripe sells, by lookup key.
type stock struct {
	products map[string]billing.Plan
	prices   map[string]billing.Shelved
	foreign  bool // the key is of another account
	n        int
}

func (f *stripe) PutProduct(_ context.Context, p billing.Plan) (string, billing.Put, error) {
	if err := f.enter("PutProduct"); err != nil {
		return "", "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stock.products == nil {
		f.stock.products, f.stock.prices = map[string]billing.Plan{}, map[string]billing.Shelved{}
	}
	had, there := f.stock.products[p.Key]
	f.stock.products[p.Key] = p
	return "broadsheet_" + p.Key, done(there, had.Name == p.Name && had.Summary == p.Summary), nil
}

func done(there, same bool) billing.Put {
	switch {
	case !there:
		return billing.Made
	case same:
		return billing.Kept
	}
	return billing.Changed
}

func (f *stripe) PutPrice(_ context.Context, product string, p billing.Price) (string, billing.Put, error) {
	if err := f.enter("PutPrice"); err != nil {
		return "", "", err
	}
	id, put := f.shelve(p.LookupKey, billing.Shelved{Money: p.Money, Interval: p.Interval, Product: product, Ours: true})
	return id, put, nil
}

func (f *stripe) PutGiftPrice(_ context.Context, product string, g billing.GiftPrice) (string, billing.Put, error) {
	id, put := f.shelve(g.LookupKey, billing.Shelved{Money: g.Money, Product: product, Ours: true})
	return id, put, nil
}

func (f *stripe) shelve(key string, s billing.Shelved) (string, billing.Put) {
	f.mu.Lock()
	defer f.mu.Unlock()
	had, there := f.stock.prices[key]
	if s.ID = had.ID; there && had == s {
		return had.ID, billing.Kept
	}
	f.stock.n++
	s.ID = "price_shelf_" + string(rune('a'+f.stock.n-1))
	f.stock.prices[key] = s
	return s.ID, done(there, false)
}

func (f *stripe) Shelved(_ context.Context, lookups []string) (map[string]billing.Shelved, error) {
	if err := f.enter("Shelved"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]billing.Shelved{}
	for _, key := range lookups {
		if s, ok := f.stock.prices[key]; ok {
			out[key] = s
		}
	}
	return out, nil
}

func (f *stripe) KnowsPrice(context.Context, string) (bool, error) { return !f.stock.foreign, nil }

func (f *stripe) PutPortal(context.Context, string) (billing.Put, error) { return billing.Kept, nil }

func (f *stripe) PutWebhook(context.Context, string, []string) (string, billing.Put, error) {
	return "", billing.Kept, nil
}

func (f *stripe) PutCode(context.Context, billing.NewCode) (billing.Promotion, billing.Put, error) {
	return billing.Promotion{}, "", fault.New(fault.Conflict, "no code can be made here", nil)
}

func (f *stripe) Codes(context.Context) ([]billing.Promotion, error) { return nil, nil }

func (f *stripe) EndCode(context.Context, string) (billing.Promotion, error) {
	return billing.Promotion{}, missing()
}
