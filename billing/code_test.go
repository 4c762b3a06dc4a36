package billing_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

var promotions = func() map[string]billing.Promotion {
	half := billing.Discount{Coupon: "c", Percent: 5000, Duration: billing.DiscountOnce}
	all := map[string]billing.Promotion{
		"HALF":    {Discount: half},
		"NEW":     {Discount: half, FirstTime: true},
		"OLD":     {Discount: half, Expires: noon},
		"USED":    {Discount: half, Used: 3, Most: 3},
		"SPENT":   {Discount: half, Spent: true},
		"YOURS":   {Discount: half, Customer: "cus_other"},
		"DOLLARS": {Discount: billing.Discount{Coupon: "c", Off: billing.Money{Amount: 100, Currency: "usd"}, Duration: billing.DiscountOnce}},
		"DEAR":    {Discount: half, Minimum: billing.Money{Amount: 1000, Currency: "eur"}},
		"GIFT":    {Discount: billing.Discount{Coupon: "c", Percent: billing.Hundred, Duration: billing.DiscountForever}},
		"MONTH":   {Discount: billing.Discount{Coupon: "c", Percent: billing.Hundred, Duration: billing.DiscountOnce}},
		"GONE":    {Discount: half},
	}
	for code, p := range all {
		p.ID, p.Code, p.Active = "promo_"+code, code, code != "GONE"
		all[code] = p
	}
	return all
}()

func TestWhichCodesCanBeUsed(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		for code, why := range map[string]string{
			"half": "", " HALF ": "", "NEW": "", "GIFT": "",
			"": "not a code", "A\nB": "not a code", "NONE": "no code NONE", "OLD": "ran out on 10 April 2024", "USED": "as often as", "SPENT": "as often as",
			"YOURS": "another account", "DOLLARS": "nothing off", "DEAR": "nothing off", "GONE": "no longer valid",
		} {
			_, err := b.Code(t.Context(), b.reader, code, "digital_monthly")
			switch {
			case why == "" && err != nil:
				t.Errorf("%q: %v", code, err)
			case why != "" && (!errors.Is(err, billing.ErrCode) || !fault.Is(err, fault.Invalid) || !strings.Contains(fault.SentenceOf(err), why)):
				t.Errorf("%q: %v", code, err)
			}
		}
		if _, err := b.Code(t.Context(), b.reader, "DEAR", "print_monthly"); err != nil {
			t.Errorf("above the least sum: %v", err)
		}
		b.stripe.failing["Promotion"] = 1
		if _, err := b.Code(t.Context(), b.reader, "HALF", ""); errors.Is(err, billing.ErrCode) || !fault.Is(err, fault.Unavailable) {
			t.Errorf("no answer is told as a bad code: %v", err)
		}
		b.stripe.pay(b.buy(t, "digital_monthly"))
		b.sync(t)
		if _, err := b.Code(t.Context(), b.reader, "NEW", ""); !errors.Is(err, billing.ErrCode) {
			t.Errorf("who has paid before: %v", err)
		}
	})
}

func TestACodeGoesWithTheCheckout(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		buy := func(code string) (string, billing.NewSession) {
			t.Helper()
			o := b.order("digital_monthly")
			o.Code = code
			url, err := b.Checkout(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			id := url[len("https://pay.example/"):]
			return id, b.stripe.asked[id]
		}
		first, asked := buy("half")
		if asked.Promotion != "promo_HALF" || asked.Free {
			t.Errorf("%+v", asked)
		}
		if again, _ := buy("HALF"); again != first {
			t.Error("the same code is another page")
		}
		second, asked := buy("MONTH") // a month for nothing, and then a payment: that takes a card
		if second == first || b.stripe.sessions[first].Status != billing.SessionExpired || asked.Promotion != "promo_MONTH" || asked.Free {
			t.Errorf("another code: %+v", asked)
		}
		if _, asked = buy("GIFT"); !asked.Free {
			t.Errorf("nothing is ever to pay: %+v", asked)
		}
		third, asked := buy("")
		if asked.Promotion != "" || asked.Free {
			t.Errorf("without a code: %+v", asked)
		}
		o := b.order("digital_monthly")
		o.Code = "OLD"
		if _, err := b.Checkout(t.Context(), o); !errors.Is(err, billing.ErrCode) {
			t.Errorf("a code that ran out: %v", err)
		}
		if b.stripe.sessions[third].Status != billing.SessionOpen {
			t.Error("a bad code closed the page that was open")
		}
	})
}

func TestDiscountsInFigures(t *testing.T) {
	t.Parallel()
	eur := func(n int64) billing.Money { return billing.Money{Amount: n, Currency: "eur"} }
	for _, tt := range []struct {
		d    billing.Discount
		of   billing.Money
		off  int64
		text string
	}{
		{billing.Discount{Percent: 5000}, eur(700), 350, "50 %"},
		{billing.Discount{Percent: 5000}, eur(701), 351, "50 %"},    // 350.5, half up
		{billing.Discount{Percent: 3333}, eur(700), 233, "33.33 %"}, // 233.31
		{billing.Discount{Percent: 1250}, eur(999), 125, "12.5 %"},  // 124.875
		{billing.Discount{Percent: 5}, eur(999), 0, "0.05 %"},       // 0.4995
		{billing.Discount{Percent: billing.Hundred}, eur(1), 1, "100 %"},
		{billing.Discount{Off: eur(200)}, eur(700), 200, ""},
		{billing.Discount{Off: eur(900)}, eur(700), 700, ""},
		{billing.Discount{Off: billing.Money{Amount: 200, Currency: "usd"}}, eur(700), 0, ""},
	} {
		if got := tt.d.Of(tt.of); got != eur(tt.off) || tt.d.Share() != tt.text {
			t.Errorf("%+v of %d: %+v, %q", tt.d, tt.of.Amount, got, tt.d.Share())
		}
	}
	end := noon.Add(30 * day)
	for name, tt := range map[string]struct {
		d    billing.Discount
		want int64
	}{
		"none":                {billing.Discount{}, 700},
		"for ever":            {billing.Discount{Coupon: "c", Percent: 5000}, 350},
		"past the renewal":    {billing.Discount{Coupon: "c", Percent: 5000, Until: end.Add(time.Second)}, 350},
		"to the renewal":      {billing.Discount{Coupon: "c", Percent: 5000, Until: end}, 700},
		"over before it":      {billing.Discount{Coupon: "c", Percent: 5000, Until: end.Add(-day)}, 700},
		"the next one is off": {billing.Discount{Coupon: "c", Percent: billing.Hundred, Duration: billing.DiscountOnce}, 0},
	} {
		sub := billing.Subscription{Status: billing.Active, Money: eur(700), PeriodEnd: end, Terms: billing.Terms{Discount: tt.d}}
		if got := sub.NextSum(); got != eur(tt.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestACodeThatCannotBeMade(t *testing.T) {
	t.Parallel()
	good := billing.NewCode{Code: "SUMMER25", Percent: 2500, Duration: billing.DiscountRepeating, Months: 3, Most: 100}
	if wrong := good.Faults(); len(wrong) > 0 {
		t.Error(wrong)
	}
	for name, spoil := range map[string]func(*billing.NewCode){
		"a space":            func(n *billing.NewCode) { n.Code = "SUM MER" },
		"too short":          func(n *billing.NewCode) { n.Code = "AB" },
		"nothing off":        func(n *billing.NewCode) { n.Percent = 0 },
		"both":               func(n *billing.NewCode) { n.Off = billing.Money{Amount: 100, Currency: "eur"} },
		"more than all":      func(n *billing.NewCode) { n.Percent = billing.Hundred + 1 },
		"no currency":        func(n *billing.NewCode) { n.Percent, n.Off.Amount = 0, 100 },
		"no months":          func(n *billing.NewCode) { n.Months = 0 },
		"months of for ever": func(n *billing.NewCode) { n.Duration = billing.DiscountForever },
		"a made-up duration": func(n *billing.NewCode) { n.Duration = "twice" },
		"fewer than none":    func(n *billing.NewCode) { n.Most = -1 },
	} {
		bad := good
		spoil(&bad)
		if len(bad.Faults()) == 0 {
			t.Errorf("%s was accepted", name)
		}
	}
}
