package billing_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
)

const trialSheet = `
currency: eur
benefits: [{key: unlimited, name: Every story}]
plans:
  - key: digital
    name: Digital
    benefits: [unlimited]
    prices:
      - {lookup_key: digital_monthly, interval: month, amount: 700, trial_days: 14}
      - {lookup_key: digital_yearly, interval: year, amount: 7000, trial_days: 30, trial_card: optional}
`

func TestASheetSaysWhatIsFree(t *testing.T) {
	t.Parallel()
	c, err := billing.ParseSheet([]byte(trialSheet))
	if err != nil {
		t.Fatal(err)
	}
	_, monthly, _ := c.Price("digital_monthly")
	_, yearly, _ := c.Price("digital_yearly")
	if monthly.TrialDays != 14 || monthly.TrialCard != billing.TrialCardRequired || yearly.TrialDays != 30 || yearly.TrialCard != billing.TrialCardOptional {
		t.Errorf("%+v, %+v", monthly, yearly)
	}
	for wrong, says := range map[string]string{
		"trial_days: -1":                       "-1 trial days",
		"trial_days: 731":                      "731 trial days",
		"trial_days: 3, trial_card: perhaps":   `trial_card "perhaps"`,
		"trial_days: 0, trial_card: optional":  "no trial_days",
		"trial_days: 30, trial_card: OPTIONAL": `trial_card "OPTIONAL"`,
	} {
		sheet := strings.Replace(trialSheet, "trial_days: 14", wrong, 1)
		if _, err := billing.ParseSheet([]byte(sheet)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// sells makes the bench sell what a sheet says.
func (b *bench) sells(t *testing.T, sheet string) {
	t.Helper()
	c, err := billing.ParseSheet([]byte(sheet))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.db.SaveCatalogue(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func TestOneTrialInALife(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.sells(t, trialSheet)
		ask := func(price string, verified bool) billing.Trial {
			t.Helper()
			o := b.order(price)
			o.Verified = verified
			url, err := b.Checkout(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			return b.stripe.asked[url[len("https://pay.example/"):]].Trial
		}
		for _, tt := range []struct {
			price    string
			verified bool
			want     billing.Trial
		}{
			{"digital_monthly", true, billing.Trial{Days: 14}},
			{"digital_yearly", false, billing.Trial{Days: 30}},
			{"digital_monthly", false, billing.Trial{Days: 14}},
			{"digital_yearly", true, billing.Trial{Days: 30, NoCard: true}},
		} {
			if got := ask(tt.price, tt.verified); got != tt.want {
				t.Errorf("%+v: %+v", tt, got)
			}
		}
		session := b.buy(t, "digital_yearly") // the open one goes on
		id := b.stripe.try(session)
		b.sync(t)
		b.effects.take()
		b.has(t, billing.Unlimited)
		if st := billing.Access(b.current(t), b.paper.Now()); st.State != billing.StandsTrial {
			t.Errorf("%+v", st)
		}
		if err := b.Cancel(t.Context(), b.reader, billing.Parting{}); err != nil {
			t.Fatal(err)
		}
		b.at(b.current(t).TrialEnd)
		b.has(t)
		if err := b.stripe.CancelNow(t.Context(), id, billing.Parting{}); err != nil {
			t.Fatal(err)
		}
		b.sync(t)
		b.effects.left(t) // they asked for it: nothing is told
		for _, price := range []string{"digital_monthly", "digital_yearly"} {
			if got := ask(price, true); got != (billing.Trial{}) {
				t.Errorf("a second trial: %+v", got)
			}
		}
		// An account that takes this one over has had it too.
		other := b.addReader(t, "bea@example.org")
		if may, err := b.MayTry(t.Context(), other); err != nil || !may {
			t.Fatal("somebody else's trial was counted", err)
		}
		if err := b.db.BillingData().Merge(t.Context(), b.reader, other); err != nil {
			t.Fatal(err)
		}
		if may, err := b.MayTry(t.Context(), other); err != nil || may {
			t.Error("joining accounts gave another trial", err)
		}
	})
}

// A checkout that was opened with a trial does not outlive the right to it.
func TestAnOpenCheckoutLosesItsTrial(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.sells(t, trialSheet)
		first := b.buy(t, "digital_monthly")
		if again := b.buy(t, "digital_monthly"); again != first {
			t.Error("the same trial is another page")
		}
		b.sells(t, strings.Replace(trialSheet, "trial_days: 14", "trial_days: 7", 1))
		second := b.buy(t, "digital_monthly")
		if second == first || b.stripe.sessions[first].Status != billing.SessionExpired || b.stripe.asked[second].Trial.Days != 7 {
			t.Errorf("%s, then %s: %+v", first, second, b.stripe.asked[second])
		}
	})
}

func TestATrialsEndIsToldOnce(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.sells(t, trialSheet)
		id := b.stripe.try(b.buy(t, "digital_monthly"))
		b.sync(t)
		b.effects.take()
		end := b.current(t).TrialEnd
		key := func(at time.Time) string { return "trial:" + id + ":" + strconv.FormatInt(at.Unix(), 10) }
		b.at(end.Add(-3*day - time.Second))
		b.sync(t)
		b.remind(t)
		b.effects.left(t)
		b.at(end.Add(-3 * day))
		for range 2 {
			b.remind(t) // the webhook was lost
			b.sync(t)
		}
		b.effects.left(t, key(end))
		// Extended at Stripe's desk: it is told of again, and followed.
		later := end.AddDate(0, 0, 10)
		if err := b.stripe.change(id, "customer.subscription.updated", func(s *billing.Subscription) {
			s.TrialEnd, s.PeriodEnd = later, later
		}); err != nil {
			t.Fatal(err)
		}
		b.at(end.Add(day))
		b.sync(t)
		b.has(t, billing.Unlimited)
		b.effects.left(t)
		b.at(later.Add(-2 * day))
		b.sync(t)
		b.effects.left(t, key(later))
		b.at(later)
		b.stripe.convert(id, "paid")
		b.sync(t)
		b.effects.left(t)
		if n := b.effects.count("receipt:"); n != 1 {
			t.Errorf("%d receipts", n)
		}
		b.has(t, billing.Unlimited)
	})
}

func (e *effects) count(prefix string) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for key := range e.all {
		if strings.HasPrefix(key, prefix) {
			n++
		}
	}
	return n
}

func TestHowATrialEnds(t *testing.T) {
	for into, tt := range map[string]struct {
		told     []string
		receipts int
		state    billing.State
		grants   bool
	}{
		"paid":    {nil, 1, billing.StandsActive, true},
		"open":    {[]string{"attempt"}, 0, billing.StandsGrace, true},
		"nothing": {[]string{"trialover"}, 0, billing.StandsEnded, false},
	} {
		t.Run(into, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				b.sells(t, trialSheet)
				id := b.stripe.try(b.buy(t, "digital_monthly"))
				b.sync(t)
				b.effects.take()
				if b.effects.count("receipt:") != 0 {
					t.Error("a receipt for nothing")
				}
				b.at(b.current(t).TrialEnd)
				b.stripe.convert(id, into)
				for range 2 {
					b.sync(t)
				}
				var told []string
				for _, key := range b.effects.take() {
					kind, _, _ := strings.Cut(key, ":")
					told = append(told, kind)
				}
				if strings.Join(told, " ") != strings.Join(tt.told, " ") || b.effects.count("receipt:") != tt.receipts {
					t.Errorf("told %v, %d receipts", told, b.effects.count("receipt:"))
				}
				if st := billing.Access(b.current(t), b.paper.Now()); st.State != tt.state || st.Grants != tt.grants {
					t.Errorf("%+v", st)
				}
				if into == "open" {
					if st := billing.Access(b.current(t), b.paper.Now()); !st.GraceUntil.Equal(b.paper.Now().Truncate(time.Second).Add(billing.Grace)) {
						t.Errorf("the grace ends on %s", st.GraceUntil)
					}
				}
			})
		})
	}
}
