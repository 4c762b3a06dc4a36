package billing_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/store/storetest"
)

const deskSheet = `
currency: eur
ships_to: [PT]
benefits: [{key: unlimited, name: Every story}, {key: print, name: The magazine}]
plans:
  - {key: print, name: Print, summary: On paper., benefits: [unlimited, print], prices: [{lookup_key: print_monthly, interval: month, amount: 1400}]}
  - {key: digital, name: Digital, summary: Without., benefits: [unlimited], prices: [{lookup_key: digital_monthly, interval: month, amount: 700}, {lookup_key: digital_yearly, interval: year, amount: 7000}]}
`

func sheetOf(t *testing.T, text string) billing.Catalogue {
	t.Helper()
	c, err := billing.ParseSheet([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func claims(things ...string) map[string]time.Time {
	at := map[string]time.Time{}
	for _, thing := range things {
		at[thing] = noon
	}
	return at
}

// What the desk set stays under an older file, and each difference is told.
func TestAFileUndoesNothingOfTheDesks(t *testing.T) {
	t.Parallel()
	file := sheetOf(t, deskSheet)
	dearer := file.Plans[1].Prices[0]
	dearer.Money.Amount = 900
	weekly := billing.Plan{Key: "weekly", Name: "Weekly", Benefits: []billing.Benefit{billing.Unlimited}, Prices: []billing.Price{{LookupKey: "weekly_monthly", Plan: "weekly", Interval: billing.Monthly, Money: billing.Money{Amount: 300, Currency: "eur"}}}}
	renamed := file.Plans[1]
	renamed.Name = "On screen"
	tests := []struct {
		name string
		now  billing.Catalogue
		says string
		is   func(c billing.Catalogue) bool
	}{
		{"another amount", file.WithPrice(dearer), "digital_monthly stays 9.00 EUR a month: the desk set it on 10 April 2024; the file says 7.00 EUR", func(c billing.Catalogue) bool {
			_, p, ok := c.Price("digital_monthly")
			return ok && p.Money.Amount == 900
		}},
		{"a retired price", file.WithoutPrice("digital_yearly"), "digital_yearly stays off sale", func(c billing.Catalogue) bool {
			_, _, sold := c.Price("digital_yearly")
			return !sold
		}},
		{"a retired plan", file.WithoutPlan("print"), "The plan print stays off sale", func(c billing.Catalogue) bool { return len(c.Plans) == 1 }},
		{"another name", file.WithPlan(renamed, 1), "digital keeps its name", func(c billing.Catalogue) bool { return c.Plans[1].Name == "On screen" }},
		{"a plan of its own", file.WithPlan(weekly, 2), "weekly stays on sale", func(c billing.Catalogue) bool { return len(c.Plans) == 3 }},
		{"another order", file.WithPlan(file.Plans[1], 0), "The order of the plans stays", func(c billing.Catalogue) bool { return c.Plans[0].Key == "digital" }},
		{"other words", file.WithBenefits([]billing.BenefitText{{Key: billing.Unlimited, Name: "All of it"}}), "words for the benefits stay", func(c billing.Catalogue) bool { return c.Benefits[0].Name == "All of it" }},
		{"gifts", file.WithGifts("digital", []billing.GiftPrice{{LookupKey: "gift_digital_3", Plan: "digital", Months: 3, Money: billing.Money{Amount: 2000, Currency: "eur"}}}), "The gifts of digital keep", func(c billing.Catalogue) bool { return len(c.Plans[1].Gifts) == 1 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			set := billing.Draft{Was: file, Is: tt.now}.Things()
			got, kept := file.Under(tt.now, claims(set...))
			if !tt.is(got) || len(kept) != 1 || !strings.Contains(kept[0], tt.says) {
				t.Errorf("%q by %v:\n%+v", kept, set, got.Plans)
			}
			if wrong := got.Faults(); len(wrong) > 0 {
				t.Error(wrong)
			}
			// Without the claim, the file has its say as ever, and nothing is told.
			if got, kept := file.Under(tt.now, nil); len(kept) > 0 || got.Version() != file.Version() {
				t.Errorf("without a claim: %q, %+v", kept, got.Plans)
			}
		})
	}
}

func TestAPriceOfAnotherAmountTakesTheKeyAndLeavesItsReaders(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		was, err := b.db.Catalogue(ctx)
		fine(t, err)
		plan, price, _ := was.Price("digital_monthly")
		_, err = b.Restock(ctx, billing.Draft{Is: was}.Makings())
		fine(t, err)
		price.Money.Amount, price.TrialDays, price.TrialCard = 900, 14, billing.TrialCardOptional
		d := billing.Draft{Was: was, Is: was.WithPrice(price)}
		keep := func(ctx context.Context, made []billing.Stocked) error { return b.KeepDraft(ctx, d, made) }
		made, err := b.Revise(ctx, d, keep)
		if err != nil || len(made) != 1 || made[0].Put != billing.Changed || made[0].Was.Amount != 700 {
			t.Fatalf("%+v, %v", made, err)
		}
		if key, err := b.db.LookupOfPrice(ctx, made[0].ID); err != nil || key != "digital_monthly" {
			t.Errorf("the new price is not known by its key: %q, %v", key, err)
		}
		now, err := b.db.Catalogue(ctx)
		fine(t, err)
		if _, p, _ := now.Price("digital_monthly"); p != price {
			t.Errorf("on sale is %+v", p)
		}
		if then, err := b.db.CatalogueAt(ctx, b.paper.Now().Add(-time.Minute)); err != nil || then.Version() != was.Version() {
			t.Errorf("what was sold until then: %v", err)
		}
		if has, err := b.db.PlanClaims(ctx); err != nil || len(has) != 1 || has["price:digital_monthly"].IsZero() {
			t.Errorf("claims: %v, %v", has, err)
		}
		// The same draft again is one that was made from what is no longer sold.
		if _, err := b.Revise(ctx, d, keep); !errors.Is(err, billing.ErrMoved) {
			t.Errorf("a stale draft: %v", err)
		}
		if n := b.stripe.stock.n; n != countPrices(was)+1 {
			t.Errorf("%d prices were made", n)
		}
		// To retire asks nothing of Stripe.
		b.stripe.failing["PutProduct"], b.stripe.failing["Shelved"] = 9, 9
		gone := billing.Draft{Was: now, Is: now.WithoutPlan(plan.Key)}
		_, err = b.Revise(ctx, gone, func(ctx context.Context, made []billing.Stocked) error { return b.KeepDraft(ctx, gone, made) })
		fine(t, err)
		left, err := b.db.Catalogue(ctx)
		fine(t, err)
		if _, sold := left.Plan(plan.Key); !sold {
			t.Error("who has the retired plan lost it")
		}
		if slices.ContainsFunc(left.Plans, func(p billing.Plan) bool { return p.Key == plan.Key }) {
			t.Error("the retired plan is sold")
		}
	})
}

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func countPrices(c billing.Catalogue) (n int) {
	for _, p := range c.Plans {
		n += len(p.Prices) + len(p.Gifts)
	}
	return n
}

// Whatever goes wrong at Stripe, the paper sells what it sold, and a second try
// makes nothing twice.
func TestNothingIsKeptOfWhatStripeRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.Lite(t))
	ctx := t.Context()
	was, err := b.db.Catalogue(ctx)
	fine(t, err)
	_, price, _ := was.Price("digital_monthly")
	price.Money.Amount = 900
	d := billing.Draft{Was: was, Is: was.WithPrice(price)}
	keep := func(ctx context.Context, made []billing.Stocked) error { return b.KeepDraft(ctx, d, made) }
	same := func(what string) {
		t.Helper()
		if now, err := b.db.Catalogue(ctx); err != nil || now.Version() != was.Version() {
			t.Errorf("%s: the paper sells something else (%v)", what, err)
		}
	}
	for _, method := range []string{"Shelved", "PutProduct", "PutPrice"} {
		b.stripe.failing[method] = 1
		if _, err := b.Revise(ctx, d, keep); !fault.Is(err, fault.Unavailable) || billing.Trouble(err) == "" {
			t.Errorf("%s fails: %v", method, err)
		}
		same(method)
	}
	b.stripe.stock.prices["digital_monthly"] = billing.Shelved{ID: "price_theirs", Product: "prod_theirs"}
	if _, err := b.Revise(ctx, d, keep); !fault.Is(err, fault.Conflict) || !strings.Contains(billing.Trouble(err), "prod_theirs") {
		t.Errorf("somebody else's key: %v", err)
	}
	same("somebody else's key")
	delete(b.stripe.stock.prices, "digital_monthly")
	pays := b.buy(t, "digital_monthly")
	b.stripe.pay(pays)
	if _, err := b.Finish(ctx, b.reader, pays); err != nil {
		t.Fatal(err)
	}
	b.stripe.stock.foreign = true
	if _, err := b.Revise(ctx, d, keep); !fault.Is(err, fault.Conflict) || !strings.Contains(billing.Trouble(err), "STRIPE_SECRET_KEY") {
		t.Errorf("a key of another account: %v", err)
	}
	same("another account")
	b.stripe.stock.foreign = false
	broken := errors.New("the disk is full")
	if made, err := b.Revise(ctx, d, func(context.Context, []billing.Stocked) error { return broken }); !errors.Is(err, broken) || len(made) != 1 {
		t.Errorf("%+v, %v", made, err)
	}
	lacks, _, err := b.Unmet(ctx, was)
	fine(t, err)
	if !slices.ContainsFunc(lacks, func(m billing.Making) bool { return m.Key() == "digital_monthly" && m.Was.Amount == 900 }) {
		t.Errorf("the paper and Stripe differ, and it is not seen: %+v", lacks)
	}
	if made, err := b.Revise(ctx, d, keep); err != nil || made[0].Put != billing.Kept {
		t.Errorf("the second try: %+v, %v", made, err)
	}
}
