package billing_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"broadsheet/billing"
)

// shelf is a catalogue with a plan that is sold no more.
func shelf(t testing.TB) billing.Catalogue {
	t.Helper()
	c, err := billing.ParseSheet([]byte(paperSheet))
	if err != nil {
		t.Fatal(err)
	}
	eur := func(n int64) billing.Money { return billing.Money{Amount: n, Currency: "eur"} }
	c.Plans[1].Prices = []billing.Price{
		{LookupKey: "digital_monthly", Plan: "digital", Interval: billing.Monthly, Money: eur(700)},
		{LookupKey: "digital_yearly", Plan: "digital", Interval: billing.Yearly, Money: eur(7000)},
		{LookupKey: "digital_dollars", Plan: "digital", Interval: billing.Yearly, Money: billing.Money{Amount: 7000, Currency: "usd"}},
	}
	c.Retired = []billing.Plan{{Key: "weekend", Name: "Weekend", Benefits: []billing.Benefit{billing.Print}, Prices: []billing.Price{{LookupKey: "weekend_monthly", Plan: "weekend", Interval: billing.Monthly, Money: eur(500)}}}}
	return c
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// having is a subscription to a price.
func having(t fataler, all billing.Catalogue, lookup string) billing.Subscription {
	t.Helper()
	for _, plans := range [][]billing.Plan{all.Plans, all.Retired} {
		for _, plan := range plans {
			for _, p := range plan.Prices {
				if p.LookupKey == lookup {
					return billing.Subscription{
						ID: "sub_1", Status: billing.Active, Plan: plan.Key, LookupKey: lookup, Interval: p.Interval, Money: p.Money,
						PeriodStart: noon.Add(-day), PeriodEnd: noon.Add(29 * day),
					}
				}
			}
		}
	}
	t.Fatalf("no price %s", lookup)
	return billing.Subscription{}
}

func TestWhatBeginsAtOnceAndWhatWaits(t *testing.T) {
	t.Parallel()
	all := shelf(t)
	trial := func(s *billing.Subscription) { s.Status, s.TrialEnd = billing.Trialing, noon.Add(5*day) }
	cancelled := func(s *billing.Subscription) { s.CancelAt = s.PeriodEnd }
	dear := func(s *billing.Subscription) { s.Money.Amount = 9900 }
	as := func(how ...func(*billing.Subscription)) func(*billing.Subscription) {
		return func(s *billing.Subscription) {
			for _, fn := range how {
				fn(s)
			}
		}
	}
	for name, tt := range map[string]struct {
		from, to string
		how      func(*billing.Subscription)
		keep     bool
		want     billing.Timing
		refused  billing.Refusal
	}{
		"a better plan":                     {"digital_monthly", "print_monthly", as(), false, billing.AtOnce, ""},
		"a better plan by the year":         {"digital_yearly", "print_yearly", as(), false, billing.AtOnce, ""},
		"months to a year":                  {"digital_monthly", "digital_yearly", as(), false, billing.AtOnce, ""},
		"a better plan and a year":          {"digital_monthly", "print_yearly", as(), false, billing.AtOnce, ""},
		"a lesser plan":                     {"print_monthly", "digital_monthly", as(), false, billing.AtPeriodEnd, ""},
		"a year to months":                  {"digital_yearly", "digital_monthly", as(), false, billing.AtPeriodEnd, ""},
		"a lesser plan and a year":          {"print_monthly", "digital_yearly", as(), false, billing.AtPeriodEnd, ""},
		"a better plan and months":          {"digital_yearly", "print_monthly", as(), false, billing.AtPeriodEnd, ""},
		"the price that others pay":         {"weekend_monthly", "print_monthly", as(), false, billing.AtOnce, ""},
		"more that costs less":              {"weekend_monthly", "print_monthly", as(dear), false, billing.AtPeriodEnd, ""},
		"on trial, better":                  {"digital_monthly", "print_monthly", as(trial), false, billing.AtOnce, ""},
		"on trial, lesser":                  {"print_yearly", "digital_monthly", as(trial), false, billing.AtOnce, ""},
		"on trial and cancelled":            {"print_yearly", "digital_monthly", as(trial, cancelled), false, billing.AtOnce, ""},
		"cancelled, better":                 {"digital_monthly", "print_monthly", as(cancelled), false, billing.AtOnce, ""},
		"cancelled, better, and taken back": {"digital_monthly", "print_monthly", as(cancelled), true, billing.AtOnce, ""},
		"cancelled, lesser":                 {"print_monthly", "digital_monthly", as(cancelled), false, "", billing.RefusedEnding},
		"cancelled, lesser, and taken back": {"print_monthly", "digital_monthly", as(cancelled), true, billing.AtPeriodEnd, ""},
		"nothing else":                      {"digital_monthly", "digital_monthly", as(), false, "", billing.RefusedSame},
		"an old price of the same":          {"digital_monthly", "digital_monthly", as(dear), false, "", billing.RefusedSame},
		"another currency":                  {"print_monthly", "digital_dollars", as(), false, "", billing.RefusedCurrency},
		"behind with a payment":             {"digital_monthly", "print_monthly", as(func(s *billing.Subscription) { s.Status, s.PastDueSince = billing.PastDue, noon }), false, "", billing.RefusedUnpaid},
		"long behind":                       {"digital_monthly", "print_monthly", as(func(s *billing.Subscription) { s.Status = billing.Unpaid }), false, "", billing.RefusedUnpaid},
		"paused":                            {"digital_monthly", "print_monthly", as(func(s *billing.Subscription) { s.IsPaused = true }), false, "", billing.RefusedPaused},
		"a pause is set": {"digital_monthly", "print_monthly", as(func(s *billing.Subscription) {
			s.IsPaused, s.PausedFrom, s.PausedUntil = true, s.PeriodEnd, s.PeriodEnd.Add(30*day)
		}), false, "", billing.RefusedPaused},
		"held by a bank":                     {"digital_monthly", "print_monthly", as(func(s *billing.Subscription) { s.Dispute = billing.DisputedHeld }), false, "", billing.RefusedHeld},
		"lost to a bank":                     {"digital_monthly", "print_monthly", as(func(s *billing.Subscription) { s.Dispute = billing.DisputedLost }), false, "", billing.RefusedHeld},
		"paused after a trial":               {"digital_monthly", "print_monthly", as(func(s *billing.Subscription) { s.Status = billing.Paused }), false, "", billing.RefusedPaused},
		"resumed on its day":                 {"digital_monthly", "print_monthly", as(func(s *billing.Subscription) { s.IsPaused, s.PausedUntil = true, noon }), false, billing.AtOnce, ""},
		"not begun":                          {"digital_monthly", "print_monthly", as(func(s *billing.Subscription) { s.Status = billing.Incomplete }), false, "", billing.RefusedFirst},
		"ended":                              {"digital_monthly", "print_monthly", as(func(s *billing.Subscription) { s.Status = billing.Canceled }), false, "", billing.RefusedNone},
		"cancelled and over":                 {"digital_monthly", "print_monthly", as(func(s *billing.Subscription) { s.CancelAt = noon }), true, "", billing.RefusedNone},
		"a price that nobody knows":          {"digital_monthly", "print_monthly", as(func(s *billing.Subscription) { s.Plan = "" }), false, "", billing.RefusedUnknown},
		"another change waits":               {"print_monthly", "print_yearly", as(func(s *billing.Subscription) { s.Coming.PriceID = "price_2" }), false, "", billing.RefusedComing},
		"a schedule that has run its course": {"digital_monthly", "print_monthly", as(func(s *billing.Subscription) { s.Coming.Schedule = "sub_sched_1" }), false, billing.AtOnce, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sub := having(t, all, tt.from)
			tt.how(&sub)
			got, err := billing.MayChange(&sub, all, billing.Choice{LookupKey: tt.to, Keep: tt.keep}, noon)
			if tt.refused != "" {
				refused, ok := errors.AsType[*billing.Refused](err)
				if !ok || refused.Why != tt.refused {
					t.Errorf("%v, want %s", err, tt.refused)
				}
				return
			}
			if err != nil || got.Timing != tt.want || got.Uncancel != tt.keep || got.Trial != (sub.Status == billing.Trialing) {
				t.Errorf("%+v %v, want %s", got, err, tt.want)
			}
		})
	}
	sub := having(t, all, "digital_monthly")
	for _, to := range []string{"weekend_monthly", "nothing", ""} {
		if _, err := billing.MayChange(&sub, all, billing.Choice{LookupKey: to}, noon); !errors.Is(err, billing.ErrNotSold) {
			t.Errorf("%q: %v", to, err)
		}
	}
	if _, err := billing.MayChange(nil, all, billing.Choice{LookupKey: "digital_monthly"}, noon); err == nil {
		t.Error("nothing was changed")
	}
}

// Whatever somebody has and wants: what begins at once takes nothing away and is
// not paid for a shorter time, and what waits can be begun again at once.
func TestNothingPaidForIsTakenAway(t *testing.T) {
	t.Parallel()
	all := shelf(t)
	lookups := []string{"print_monthly", "print_yearly", "digital_monthly", "digital_yearly"}
	rapid.Check(t, func(t *rapid.T) {
		sub := having(t, all, rapid.SampledFrom(append(lookups, "weekend_monthly")).Draw(t, "has"))
		sub.Money.Amount = rapid.Int64Range(1, 20000).Draw(t, "pays")
		c, err := billing.MayChange(&sub, all, billing.Choice{LookupKey: rapid.SampledFrom(lookups).Draw(t, "wants")}, noon)
		if err != nil || c.Timing == billing.AtPeriodEnd {
			return
		}
		for _, b := range c.FromPlan.Benefits {
			if !c.ToPlan.Has(b) {
				t.Fatalf("%s is taken away at once", b)
			}
		}
		if c.From.Interval == billing.Yearly && c.To.Interval == billing.Monthly || c.From.Interval == c.To.Interval && c.To.Money.Amount < c.From.Money.Amount {
			t.Fatal("money would be left over")
		}
	})
}

func TestTheCheaperPlanBesideTheWayOut(t *testing.T) {
	t.Parallel()
	all := shelf(t)
	for from, want := range map[string]string{
		"print_monthly": "digital_monthly", "print_yearly": "digital_yearly", "digital_monthly": "", "weekend_monthly": "",
	} {
		sub := having(t, all, from)
		if _, price, ok := billing.Cheaper(&sub, all, noon); ok != (want != "") || price.LookupKey != want {
			t.Errorf("beside %s stands %q, want %q", from, price.LookupKey, want)
		}
	}
	sub := having(t, all, "print_monthly")
	sub.Status, sub.PastDueSince = billing.PastDue, noon.Add(-time.Hour)
	if _, _, ok := billing.Cheaper(&sub, all, noon); ok {
		t.Error("offered to somebody who cannot take it")
	}
}
