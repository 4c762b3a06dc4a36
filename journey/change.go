package journey

import (
	"context"

	"broadsheet/billing"
	"broadsheet/reader"
	letters "broadsheet/views/mail"
)

// changed writes of a change of plan or interval as it was when it took effect:
// another may have followed since.
func (b BillingLetters) changed(ctx context.Context, e billing.Effect, _ reader.Reader) (letterWriter, error) {
	all, err := b.Store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	from, _ := all.Plan(e.Switched.FromPlan)
	to, ok := all.Plan(e.Switched.ToPlan)
	if !ok {
		return nil, nil // a plan that is gone from the catalogue has no name to write
	}
	letter := letters.Changed{
		From: from.Name, To: to.Name, Interval: e.Switched.Interval, Money: e.Switched.Money, Next: e.Switched.Next,
		Gains: to.Has(billing.Print) && !from.Has(billing.Print), Loses: from.Has(billing.Print) && !to.Has(billing.Print),
	}
	if letter.From == "" {
		letter.From = "what you had"
	}
	return letter, nil
}
