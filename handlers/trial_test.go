package handlers_test

import (
	"net/url"
	"strings"
	"testing"

	"broadsheet/billing"
)

const trialSheet = `
currency: eur
benefits: [{key: unlimited, name: Every story}]
plans:
  - {key: digital, name: Digital, benefits: [unlimited],
     prices: [{lookup_key: digital_monthly, interval: month, amount: 700, trial_days: 14},
              {lookup_key: digital_yearly, interval: year, amount: 7000, trial_days: 30, trial_card: optional}]}
`

// sell makes the counter sell what a sheet says.
func (c *counter) sell(sheet string) {
	c.t.Helper()
	sold, err := billing.ParseSheet([]byte(sheet))
	if err == nil {
		err = c.db.SaveCatalogue(c.t.Context(), sold)
	}
	if err == nil {
		err = billing.Push(c.t.Context(), c.sells.Gateway.(billing.Shelf), c.db, sold, billing.PushOptions{BaseURL: c.url}, func(string) {})
	}
	if err == nil {
		err = c.site.Refresh(c.t.Context())
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

func TestTrialPages(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.sell(trialSheet)
	w := c.browser()
	offered := "14 days free, then €7.00 a month; we write to you three days before."
	w.says("/subscribe", offered, "30 days free, then €70.00 a year", "Sign in first, and it needs no card.", "Everybody has them once")
	page := location(t, w.choose("digital_monthly", "ada@example.org"), "/c/pay/")
	w.says(w.pay(page, "4242424242424242"), "Digital is yours from now, and free until", "Then it is €7.00 a month; we write to you three days before")
	c.quiet()
	w.says("/account", "Free until", "First payment", "€7.00 on", "Card ending 4242", "free until")
	w.says("/account/pause", "There can be no pause now", "Nothing is charged before")
	location(t, w.send("POST", "/account/cancel", url.Values{}), "/account")
	sub, err := c.sells.SubscriptionOf(t.Context(), readerOf(t, c), c.sells.Paper.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.standin.Advance(t.Context(), sub.TrialEnd); err != nil {
		t.Fatal(err)
	}
	c.quiet()
	if body := w.says("/subscribe", "€7 a month"); strings.Contains(body, "days free") {
		t.Error("a second trial is offered")
	}
}

// readerOf is the id of ada's account.
func readerOf(t *testing.T, c *counter) string {
	t.Helper()
	r, ok, err := c.db.ReaderByForm(t.Context(), "ada@example.org")
	if err != nil || !ok {
		t.Fatal("no account", err)
	}
	return r.ID
}
