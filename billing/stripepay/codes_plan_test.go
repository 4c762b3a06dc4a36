package stripepay_test

import (
	"errors"
	"testing"
	"time"

	"broadsheet/billing"
)

// A code for one plan takes nothing off another: not at the checkout, and not
// off what waits after a change of plan.
func TestACodeForOnePlan(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.code(billing.NewCode{Code: "SCREEN", Percent: 5000, Duration: "forever", Plans: []string{"digital"}})
		if _, done, err := b.stripe.PutCode(ctx, billing.NewCode{Code: "SCREEN", Percent: 5000, Duration: "forever", Plans: []string{"digital"}}); err != nil || done != billing.Kept {
			t.Errorf("the same again: %s, %v", done, err)
		}
		if _, _, err := b.stripe.PutCode(ctx, billing.NewCode{Code: "SCREEN", Percent: 5000, Duration: "forever"}); err == nil {
			t.Error("another meaning was taken for the same")
		}
		o := b.order("print_monthly")
		o.Code = "screen"
		if _, err := b.Checkout(ctx, o); !errors.Is(err, billing.ErrCode) {
			t.Errorf("for another plan: %v", err)
		}
		sub := b.buysWith("digital_monthly", "screen", works)
		if sub.Discount.Plans != "digital" || sub.NextSum().Amount != 350 {
			t.Errorf("next %v, discount %+v", sub.NextSum(), sub.Discount)
		}
		b.must(b.standin.Advance(ctx, sub.PeriodEnd.Add(2*time.Hour)))
		list, err := b.db.InvoicesOf(ctx, b.reader, "", 9)
		b.must(err)
		if len(list) != 2 || list[0].Paid != 350 || list[1].Paid != 350 {
			t.Errorf("paid %+v", list)
		}
		sub.Coming = billing.Coming{Plan: "print", PriceID: "price_x", Money: billing.Money{Amount: 1400, Currency: "eur"}}
		if sub.NextSum().Amount != 1400 {
			t.Errorf("the other plan will cost %v, it is said", sub.NextSum())
		}
		code, err := b.stripe.Promotion(ctx, "SCREEN")
		b.must(err)
		was, err := b.stripe.EndCode(ctx, code.ID)
		if err != nil || !was.Active {
			t.Errorf("ended %+v, %v", was, err)
		}
		if again, err := b.stripe.EndCode(ctx, code.ID); err != nil || again.Active {
			t.Errorf("ended twice: %+v, %v", again, err)
		}
		if _, err := b.Code(ctx, "", "screen", ""); !errors.Is(err, billing.ErrCode) {
			t.Errorf("an ended code: %v", err)
		}
	})
}

// What the desk asks of Stripe's shelves.
func TestShelvesAreSeenAsTheyAre(t *testing.T) {

	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		at, err := b.stripe.Shelved(ctx, []string{"digital_monthly", "no_such"})
		b.must(err)
		if one := at["digital_monthly"]; len(at) != 1 || !one.Holds(billing.Money{Amount: 700, Currency: "eur"}, billing.Monthly) || one.Holds(billing.Money{Amount: 700, Currency: "eur"}, billing.Yearly) {
			t.Errorf("%+v", at)
		}
		for id, want := range map[string]bool{at["digital_monthly"].ID: true, "price_of_another_account": false} {
			if known, err := b.stripe.KnowsPrice(ctx, id); err != nil || known != want {
				t.Errorf("%s is known: %t, %v", id, known, err)
			}
		}
		// A price at Stripe that is not the one that was shown is not sold.
		_, err = b.stripe.OpenSession(ctx, billing.NewSession{CheckoutID: "c1", ReaderID: b.reader, LookupKey: "digital_monthly", Shown: billing.Money{Amount: 600, Currency: "eur"}, Key: "k"})
		if err == nil {
			t.Error("it was sold for another sum than was shown")
		}
	})
}
