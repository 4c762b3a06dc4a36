package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
)

func TestCodePages(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	book := c.sells.Gateway.(billing.Codebook)
	for _, n := range []billing.NewCode{
		{Code: "HALF", Percent: 5000, Duration: billing.DiscountRepeating, Months: 3},
		{Code: "FRIEND", Percent: billing.Hundred, Duration: billing.DiscountForever},
		{Code: "TWO", Off: billing.Money{Amount: 200, Currency: "eur"}, Duration: billing.DiscountOnce},
	} {
		if _, _, err := book.PutCode(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	w := c.browser()
	w.says("/subscribe?code=half&return=/stories/closed", "With HALF €3.50 a month for three months, then €7.00 a month.", "HALF stands")
	w.says("/subscribe?code=two", "With TWO €5.00 for the first month, then €7.00 a month.")
	w.says("/subscribe?code=friend", "With FRIEND nothing, for as long as you keep it. No card needed.")
	if hidden := w.get("/subscribe?code=half").page(t).Find(`form[action="/checkout"] input[name="code"]`).AttrOr("value", ""); hidden != "HALF" {
		t.Errorf("the code goes on as %q", hidden)
	}
	if body := w.says("/subscribe?code=WRONG&price=digital_monthly", "There is no code WRONG.", "€7"); strings.Contains(body, "With WRONG") {
		t.Error("a wrong code counts")
	}
	// A code that went bad between the two pages: nothing else is lost, and no account made.
	form := url.Values{"price": {"digital_monthly"}, "return": {"/stories/closed"}, "email": {"bea@example.org"}, "code": {"WRONG"}}
	a := w.send(http.MethodPost, "/checkout", form)
	page := a.page(t)
	if a.StatusCode != http.StatusUnprocessableEntity || page.Find(`input[name="email"]`).AttrOr("value", "") != "bea@example.org" ||
		page.Find(`form[action="/checkout"] input[name="return"]`).AttrOr("value", "") != "/stories/closed" || page.Find("#promotion-code-err").Length() != 1 {
		t.Errorf("a bad code: %d\n%.400s", a.StatusCode, page.Find("main").Text())
	}
	if _, known, err := c.db.ReaderByForm(t.Context(), "bea@example.org"); err != nil || known {
		t.Error("a bad code made an account", err)
	}
	// A code of somebody who typed no address yet stays with them.
	asks := w.send(http.MethodPost, "/checkout", url.Values{"price": {"digital_monthly"}, "code": {"HALF"}}).page(t)
	if got := asks.Find(`form[action="/checkout"] input[name="code"]`).AttrOr("value", ""); got != "HALF" {
		t.Errorf("the page that asks for an address has %q", got)
	}
	form = url.Values{"price": {"digital_monthly"}, "return": {"/stories/closed"}, "email": {"ada@example.org"}, "code": {"half"}}
	hosted := location(t, w.send(http.MethodPost, "/checkout", form), "/c/pay/")
	w.says(w.pay(hosted, "4242424242424242"), "the next payment is €3.50 on")
	c.quiet()
	w.says("/account", "Discount", "50 % off, until", "With the code HALF", "€3.50 on")
	for range 2 { // two more payments at half price
		sub, err := c.sells.SubscriptionOf(t.Context(), readerOf(t, c), c.sells.Paper.Now())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.standin.Advance(t.Context(), sub.PeriodEnd.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		c.quiet()
	}
	w.says("/account", "€7.00 on", "It ends before the next payment")
}

// Codes can be guessed: who tries many is asked to wait, and can buy without.
func TestCodesAreNotGuessed(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	w := c.browser()
	for range 30 {
		w.get("/subscribe?code=NONE", "X-Forwarded-For", "198.51.100.7")
	}
	if last := w.get("/subscribe?code=NONE", "X-Forwarded-For", "198.51.100.7"); !strings.Contains(last.body, "Many codes were tried from your network") {
		t.Errorf("the thirty-first: %d", last.StatusCode)
	}
	location(t, w.choose("digital_monthly", "ada@example.org"), "/c/pay/")
}
