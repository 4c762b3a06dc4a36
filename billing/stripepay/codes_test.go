package stripepay_test

import (
	"errors"
	"net/url"
	"slices"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

func (b *bench) code(n billing.NewCode) billing.Promotion {
	b.t.Helper()
	made, done, err := b.stripe.PutCode(b.t.Context(), n)
	b.must(err)
	if done != billing.Made {
		b.t.Fatalf("the code is %s", done)
	}
	return made
}

// buysWith pays a price with a code, and with a card unless none is asked for.
func (b *bench) buysWith(price, code, card string) billing.Subscription {
	b.t.Helper()
	o := b.order(price)
	o.Code = code
	address, err := b.Checkout(b.t.Context(), o)
	b.must(err)
	if card != "" {
		b.pay(address, card)
	} else {
		res, err := b.web.PostForm(address, url.Values{"action": {"pay"}, "name": {"Ada Byron"}, "email": {"ada@example.org"}})
		b.must(err)
		res.Body.Close()
	}
	if out := b.finish(address); out.State != billing.OutcomeActive {
		b.t.Fatalf("not bought: %+v", out)
	}
	return b.sub()
}

// Each kind of discount, each duration, both intervals: what the first
// payments come to, reckoned by hand. A month is €7.00, a year €70.00; 33 % of
// them are 231 and 2310, €2.00 is 200.
func TestDiscountsPaymentByPayment(t *testing.T) {
	eur := billing.Money{Amount: 200, Currency: "eur"}
	for name, tt := range map[string]struct {
		n     billing.NewCode
		price string
		want  []int64
	}{
		"a third, once, monthly":           {billing.NewCode{Percent: 3300, Duration: "once"}, "digital_monthly", []int64{469, 700, 700}},
		"a third, two months, monthly":     {billing.NewCode{Percent: 3300, Duration: "repeating", Months: 2}, "digital_monthly", []int64{469, 469, 700, 700}},
		"a third, for ever, monthly":       {billing.NewCode{Percent: 3300, Duration: "forever"}, "digital_monthly", []int64{469, 469, 469}},
		"a third, once, yearly":            {billing.NewCode{Percent: 3300, Duration: "once"}, "digital_yearly", []int64{4690, 7000}},
		"a third, two months, yearly":      {billing.NewCode{Percent: 3300, Duration: "repeating", Months: 2}, "digital_yearly", []int64{4690, 7000}},
		"a third, thirteen months, yearly": {billing.NewCode{Percent: 3300, Duration: "repeating", Months: 13}, "digital_yearly", []int64{4690, 4690, 7000}},
		"a third, for ever, yearly":        {billing.NewCode{Percent: 3300, Duration: "forever"}, "digital_yearly", []int64{4690, 4690}},
		"€2, once, monthly":                {billing.NewCode{Off: eur, Duration: "once"}, "digital_monthly", []int64{500, 700}},
		"€2, three months, monthly":        {billing.NewCode{Off: eur, Duration: "repeating", Months: 3}, "digital_monthly", []int64{500, 500, 500, 700}},
		"€2, for ever, monthly":            {billing.NewCode{Off: eur, Duration: "forever"}, "digital_monthly", []int64{500, 500, 500}},
		"€2, once, yearly":                 {billing.NewCode{Off: eur, Duration: "once"}, "digital_yearly", []int64{6800, 7000}},
		"€2, three months, yearly":         {billing.NewCode{Off: eur, Duration: "repeating", Months: 3}, "digital_yearly", []int64{6800, 7000}},
		"€2, for ever, yearly":             {billing.NewCode{Off: eur, Duration: "forever"}, "digital_yearly", []int64{6800, 6800}},
		"all, once, monthly":               {billing.NewCode{Percent: 10000, Duration: "once"}, "digital_monthly", []int64{0, 700}},
		"all, two months, monthly":         {billing.NewCode{Percent: 10000, Duration: "repeating", Months: 2}, "digital_monthly", []int64{0, 0, 700}},
		"all, once, yearly":                {billing.NewCode{Percent: 10000, Duration: "once"}, "digital_yearly", []int64{0, 7000}},
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				tt := tt
				tt.n.Code = "READER"
				b.code(tt.n)
				sub := b.buysWith(tt.price, "reader", works)
				var got []int64
				for range len(tt.want) - 1 {
					if next := b.sub().NextSum(); next != (billing.Money{Amount: tt.want[len(got)+1], Currency: "eur"}) {
						t.Errorf("payment %d will be %d, it is said", len(got)+2, next.Amount)
					}
					got = append(got, tt.want[len(got)])
					b.must(b.standin.Advance(t.Context(), b.sub().PeriodEnd.Add(2*time.Hour)))
				}
				list, err := b.db.InvoicesOf(t.Context(), b.reader, "", 50)
				b.must(err)
				got = got[:0]
				receipts := 0
				for _, inv := range slices.Backward(list) {
					got = append(got, inv.Paid)
					if inv.Paid > 0 {
						receipts++
					}
					lines := int64(0)
					for _, l := range inv.Lines {
						lines += l.Money.Amount
					}
					if lines != inv.Money.Amount {
						t.Errorf("the lines of %s sum to %d, not %d", inv.ID, lines, inv.Money.Amount)
					}
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("paid %v, want %v", got, tt.want)
				}
				if b.told("receipt") != receipts || b.sub().ID != sub.ID {
					t.Errorf("%d receipts for %v", b.told("receipt"), got)
				}
				b.has(billing.Unlimited)
			})
		})
	}
}

// Nothing to pay, ever: no card is asked for, and nothing is ever charged.
func TestAllOffForEverNeedsNoCard(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.code(billing.NewCode{Code: "FRIEND", Percent: billing.Hundred, Duration: billing.DiscountForever})
		sub := b.buysWith("digital_monthly", "FRIEND", "")
		if sub.Status != billing.Active || sub.Discount.Code != "FRIEND" || sub.Discount.Percent != billing.Hundred || sub.NextSum().Amount != 0 {
			t.Errorf("%+v", sub)
		}
		for range 3 {
			b.must(b.standin.Advance(t.Context(), b.sub().PeriodEnd.Add(2*time.Hour)))
			b.has(billing.Unlimited)
		}
		if sum, got := b.charged(); sum != 0 || len(got) != 4 || b.told("receipt")+b.told("attempt") != 0 {
			t.Errorf("%d, %v, %v", sum, got, b.kinds())
		}
		b.noDrift()
	})
}

// A code that was typed at the hosted page is the same to us.
func TestCodesAreFollowedAndRefused(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		until := b.paper.Now().Add(48 * time.Hour).Truncate(time.Second)
		ask := billing.NewCode{Code: "ONCE1", Percent: 5000, Duration: billing.DiscountRepeating, Months: 3, Most: 1, Until: until, FirstTime: true}
		made := b.code(ask)
		again, done, err := b.stripe.PutCode(ctx, ask)
		if err != nil || done != billing.Kept || again.ID != made.ID {
			t.Errorf("made twice: %+v %s %v", again, done, err)
		}
		other := ask
		other.Percent = 2000
		if _, _, err := b.stripe.PutCode(ctx, other); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same code, for something else: %v", err)
		}
		list, err := b.stripe.Codes(ctx)
		if err != nil || len(list) != 1 || list[0] != made {
			t.Errorf("%+v %v", list, err)
		}
		sub := b.buysWith("digital_monthly", "once1", works)
		d := sub.Discount
		if d.Code != "ONCE1" || d.Percent != 5000 || d.Duration != billing.DiscountRepeating || !d.Until.Equal(sub.Started.AddDate(0, 3, 0)) || sub.NextSum().Amount != 350 {
			t.Errorf("%+v", sub)
		}
		refused := func(why string) {
			t.Helper()
			if _, err := b.Code(ctx, "", "ONCE1", "digital_monthly"); !errors.Is(err, billing.ErrCode) {
				t.Errorf("%s: %v", why, err)
			}
		}
		refused("used up")
		b.advance(72 * time.Hour)
		refused("expired")
		b.noDrift()
	})
}
