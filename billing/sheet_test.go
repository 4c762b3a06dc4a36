package billing_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

const paperSheet = `
name: A paper
currency: eur
ships_to: [PT, ES]
benefits:
  - {key: unlimited, name: Every story, text: Uncounted}
plans:
  - key: print
    name: Print + Digital
    benefits: [unlimited, print]
    prices:
      - {lookup_key: print_monthly, interval: month, amount: 1400}
      - {lookup_key: print_yearly, interval: year, amount: 14000}
    gifts:
      - {months: 6, amount: 7800}
  - key: digital
    name: Digital
    benefits: [unlimited]
    prices:
      - {lookup_key: digital_monthly, interval: month, amount: 700}
      - {lookup_key: digital_yearly, interval: year, amount: 7000, currency: chf}
    gifts:
      - {months: 12, amount: 7000}
      - {months: 3, amount: 2100, currency: chf}
      - {months: 6, amount: 3900}
`

func TestSheetIsRead(t *testing.T) {
	t.Parallel()
	c, err := billing.ParseSheet([]byte(paperSheet))
	if err != nil {
		t.Fatal(err)
	}
	plan, price, ok := c.Price("digital_yearly")
	want := billing.Price{LookupKey: "digital_yearly", Plan: "digital", Interval: billing.Yearly, Money: billing.Money{Amount: 7000, Currency: "chf"}}
	if diff := cmp.Diff(want, price); diff != "" || !ok || plan.Name != "Digital" {
		t.Error(diff, ok, plan)
	}
	if _, price, _ := c.Price("print_monthly"); price.Money.Currency != "eur" {
		t.Error("the paper's currency is not the price's", price)
	}
	gift, price3, ok := c.GiftPrice("gift_digital_3")
	if !ok || gift.Key != "digital" || price3.Months != 3 || price3.Money != (billing.Money{Amount: 2100, Currency: "chf"}) || gift.Gifts[2].Months != 12 {
		t.Error("the gift is not read", ok, gift)
	}
	if _, _, ok := c.GiftPrice("digital_yearly"); ok {
		t.Error("a subscription's price was found among the gifts")
	}
	if _, _, ok := c.Price(""); ok {
		t.Error("no lookup key found a price")
	}
}

func TestSheetNamesEveryFault(t *testing.T) {
	t.Parallel()
	_, err := billing.ParseSheet([]byte(`
plans:
  - key: Print
    benefits: [print, yachts]
    prices:
      - {lookup_key: a, interval: week, amount: 0, currency: EUR}
      - {lookup_key: a, interval: month, amount: 100, currency: eur}
    gifts: [{months: 5, amount: 0, currency: Eur}, {months: 6, amount: 1, currency: eur}, {months: 6, amount: 1, currency: eur}]
`))
	if !fault.Is(err, fault.Invalid) {
		t.Fatal(err)
	}
	for _, want := range []string{`"Print"`, "no name", "yachts", "week", "more than nothing", `"EUR"`, "twice", "ships_to", "5 months", "must cost more", `"Eur"`, "6 months of \"Print\" stands there twice"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not named in %v", want, err)
		}
	}
}
