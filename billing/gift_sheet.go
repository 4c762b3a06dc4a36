package billing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// sheetGift is a gift's price in a publication's file.
type sheetGift struct {
	Months   int    `yaml:"months"`
	Amount   int64  `yaml:"amount"`
	Currency string `yaml:"currency"` // the paper's, if empty
}

// giftPrices reads a plan's gifts, the shorter first.
func giftPrices(plan, currency string, gifts []sheetGift) []GiftPrice {
	var out []GiftPrice
	for _, g := range gifts {
		out = append(out, GiftPrice{
			LookupKey: GiftKey(plan, g.Months), Plan: plan, Months: g.Months, Money: Money{g.Amount, cmp.Or(g.Currency, currency)},
		})
	}
	slices.SortStableFunc(out, func(a, b GiftPrice) int { return cmp.Compare(a.Months, b.Months) })
	return out
}

// giftFaults lists what keeps the plan's gifts from being sold.
func (p Plan) giftFaults() []string {
	var wrong []string
	seen := map[int]bool{}
	for _, g := range p.Gifts {
		if !slices.Contains(GiftMonths, g.Months) {
			wrong = append(wrong, fmt.Sprintf("The plan %q is given for %d months; 3, 6 and 12 are known.", p.Key, g.Months))
		}
		if seen[g.Months] {
			wrong = append(wrong, fmt.Sprintf("The gift of %d months of %q stands there twice.", g.Months, p.Key))
		}
		if g.Money.Amount <= 0 {
			wrong = append(wrong, fmt.Sprintf("The gift of %d months of %q must cost more than nothing.", g.Months, p.Key))
		}
		if !currencyForm.MatchString(g.Money.Currency) {
			wrong = append(wrong, fmt.Sprintf("The gift of %d months of %q has the currency %q, which is not three small letters.", g.Months, p.Key, g.Money.Currency))
		}
		seen[g.Months] = true
	}
	return wrong
}

func pushGifts(ctx context.Context, shelf Shelf, product string, plan Plan, say func(format string, args ...any)) error {
	for _, g := range plan.Gifts {
		id, done, err := shelf.PutGiftPrice(ctx, product, g)
		if err != nil {
			return fmt.Errorf("gift price %s: %w", g.LookupKey, err)
		}
		say("%-8s price %s, %d %s once (%s)", done, g.LookupKey, g.Money.Amount, g.Money.Currency, id)
	}
	return nil
}
