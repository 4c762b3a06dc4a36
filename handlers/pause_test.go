package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// paysMonthly is a browser whose reader has just paid for a month.
func (c *counter) paysMonthly() *browser {
	c.t.Helper()
	w := c.browser()
	page := location(c.t, w.choose("digital_monthly", "ada@example.org"), "/c/pay/")
	w.get(w.pay(page, "4242424242424242"))
	c.quiet()
	return w
}

func (w *browser) says(path string, want ...string) string {
	w.t.Helper()
	body := strings.Join(strings.Fields(w.get(path).page(w.t).Find("main").Text()), " ")
	for _, one := range want {
		if !strings.Contains(body, one) {
			w.t.Errorf("%s does not say %q:\n%s", path, one, body)
		}
	}
	return body
}

func TestPausePage(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	if a := c.browser().get("/account/pause"); a.StatusCode != http.StatusSeeOther && a.StatusCode != http.StatusUnauthorized {
		t.Errorf("signed out: %d", a.StatusCode)
	}
	w := c.paysMonthly()
	w.says("/account", "Pause Digital")
	w.says("/account/pause", "Everything stays open until", "nothing is charged for it", "One month: back on", "Three months: back on", "€7.00 is charged", "once in twelve months")
	for _, months := range []string{"", "0", "4", "two"} {
		a := w.send(http.MethodPost, "/account/pause", url.Values{"months": {months}})
		if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Choose one, two or three months") || !strings.Contains(a.body, `name="months"`) {
			t.Errorf("%q months: %d", months, a.StatusCode)
		}
	}
	location(t, w.send(http.MethodPost, "/account/pause", url.Values{"months": {"2"}}), "/account")
	w.says("/account", "Pauses", "nothing is charged for the pause", "End the pause", "until its pause begins on")
	w.says("/account/pause", "The pause begins on", "nothing is charged, and Digital goes on")
	if a := w.send(http.MethodPost, "/account/pause", url.Values{"months": {"1"}}); a.StatusCode != http.StatusConflict || !strings.Contains(a.body, "paused already") {
		t.Errorf("a second pause: %d", a.StatusCode)
	}
	if err := c.standin.Advance(t.Context(), time.Now().AddDate(0, 1, 4)); err != nil {
		t.Fatal(err)
	}
	c.quiet()
	w.says("/account", "Paused", "Paused until", "End the pause")
	for _, path := range []string{"/", "/account", "/meter"} {
		if w.get(path).page(t).Find(`.mast-do a[href="/subscribe"]`).Length() != 0 {
			t.Errorf("%s offers a plan to somebody whose plan is paused", path)
		}
	}
	w.says("/account/pause", "has been paused since", "€7.00 from the card ending 4242 is charged today", "Bring it back and pay €7.00")
	location(t, w.send(http.MethodPost, "/account/pause/end", nil), "/account")
	w.says("/account", "Active", "€7.00 on")
	w.says("/account/pause", "There can be no pause now", "once in twelve months")
}
