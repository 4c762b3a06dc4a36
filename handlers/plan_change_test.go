package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// subscriber is a browser whose reader has that price.
func (c *counter) subscriber(price string) *browser {
	c.t.Helper()
	w := c.browser()
	w.get(w.pay(location(c.t, w.choose(price, "ada@example.org"), c.stripe), "4242424242424242"))
	return w
}

// fields are what the form of a preview sends as it stands.
func fields(t *testing.T, a answer) url.Values {
	t.Helper()
	form := url.Values{}
	for _, name := range []string{"token", "price", "keep", "name", "line1", "line2", "postal", "city", "state"} {
		if field := a.page(t).Find(`form[action="/account/change"] input[name="` + name + `"]`); field.Length() == 1 {
			form.Set(name, field.AttrOr("value", ""))
		}
	}
	if option := a.page(t).Find(`select[name="country"] option`); option.Length() > 0 {
		form.Set("country", option.First().AttrOr("value", ""))
	}
	return form
}

func mainOf(t *testing.T, a answer) string {
	t.Helper()
	return strings.Join(strings.Fields(a.page(t).Find("main").Text()), " ")
}

func (c *counter) says(a answer, want ...string) {
	c.t.Helper()
	text := mainOf(c.t, a)
	for _, s := range want {
		if !strings.Contains(text, s) {
			c.t.Errorf("%d, and the page does not say %q:\n%s", a.StatusCode, s, text)
		}
	}
}

func TestUpgradeByThePages(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	location(t, c.browser().get("/account/change"), "/signin?return=")
	w := c.subscriber("digital_monthly")
	if w.get("/account").page(t).Find(`a[href="/account/change"]`).Length() != 1 {
		t.Error("the account leads to no change")
	}
	c.says(w.get("/account/change"), "You have Digital, at €7.00 a month.", "Print + Digital, €14.00 a month", "At once")
	seen := w.get("/account/change/preview?price=print_monthly")
	c.says(seen, "Digital to Print + Digital", "Unused time on Digital", "Remaining time on Print + Digital", "To pay today", "€14.00 on", "Where the magazine goes", "Portugal")
	form := fields(t, seen)
	if bad := w.send(http.MethodPost, "/account/change", form); bad.StatusCode != http.StatusUnprocessableEntity || bad.page(t).Find(".error").Length() != 4 {
		t.Errorf("without an address: %d, %d errors", bad.StatusCode, bad.page(t).Find(".error").Length())
	}
	for name, value := range map[string]string{"name": "Ada Byron", "line1": "1 Rua", "city": "Porto", "postal": "4050"} {
		form.Set(name, value)
	}
	spoilt := url.Values{"token": {"made-up"}, "price": form["price"]}
	if a := w.send(http.MethodPost, "/account/change", spoilt); a.StatusCode != http.StatusConflict || !strings.Contains(a.body, "has run out") || fields(t, a).Get("token") == "" {
		t.Errorf("a token that is none: %d", a.StatusCode)
	}
	first := location(t, w.send(http.MethodPost, "/account/change", form), "/account/change/done?change=")
	if again := location(t, w.send(http.MethodPost, "/account/change", form), "/account/change/done"); again != first {
		t.Errorf("the second click leads to %s", again)
	}
	c.says(w.get(first), "You have Print + Digital now", "was charged")
	stranger := c.browser()
	c.signInAs(stranger, "eve@example.org")
	if a := stranger.get(first); a.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger sees %d", a.StatusCode)
	}
	location(t, stranger.get("/account/change"), "/account")
	c.says(w.get("/account"), "Print + Digital €14.00 a month")
	if a := w.get("/account/change/preview?price=print_monthly"); a.StatusCode != http.StatusConflict || !strings.Contains(a.body, "You have that already") {
		t.Errorf("what they have: %d", a.StatusCode)
	}
	if a := w.get("/account/change/preview?price=free_beer"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("what is not sold: %d", a.StatusCode)
	}
	location(t, w.get("/account/change/preview"), "/account/change")
	location(t, w.get("/account/change/done"), "/account")
}

func TestDowngradeByThePages(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	w := c.subscriber("print_monthly")
	for _, page := range []string{"/account", "/account/cancel"} {
		if link := w.get(page).page(t).Find(`a[href="/account/change/preview?price=digital_monthly"]`); link.Text() != "Change to Digital instead, €7" {
			t.Errorf("%s offers %q", page, link.Text())
		}
	}
	location(t, w.send(http.MethodPost, "/account/cancel", url.Values{}), "/account")
	if a := w.get("/account/change/preview?price=digital_monthly"); a.StatusCode != http.StatusConflict || a.page(t).Find(`input[name="keep"]`).Length() != 1 {
		t.Errorf("a change after the end: %d %s", a.StatusCode, mainOf(t, a))
	}
	seen := w.get("/account/change/preview?price=digital_monthly&keep=1")
	c.says(seen, "Nothing is due today. You keep Print + Digital until", "The magazine comes until", "Your cancellation is taken back", "€7.00 on")
	done := location(t, w.send(http.MethodPost, "/account/change", fields(t, seen)), "/account/change/done")
	c.says(w.get(done), "Digital begins on", "You keep Print + Digital until then")
	c.says(w.get("/account"), "Changes to Digital, €7.00 a month, on", "Take the change back")
	c.says(w.get("/account/cancel"), "The change that waits")
	c.says(w.get("/account/change"), "Another change waits already")
	for range 2 {
		location(t, w.send(http.MethodPost, "/account/change/undo", url.Values{}), "/account")
	}
	if text := mainOf(t, w.get("/account")); strings.Contains(text, "Changes to Digital") || strings.Contains(text, "Ends") {
		t.Errorf("taken back, and: %s", text)
	}
}

func TestDeclinedUpgradeByThePages(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	w := c.subscriber("digital_monthly")
	c.card(w, location(t, w.send(http.MethodPost, "/account/portal", url.Values{}), c.stripe+"/p/session/"), "4000000000000341")
	c.quiet()
	form := fields(t, w.get("/account/change/preview?price=print_monthly"))
	for name, value := range map[string]string{"name": "Ada Byron", "line1": "1 Rua", "city": "Porto", "postal": "4050"} {
		form.Set(name, value)
	}
	done := w.get(location(t, w.send(http.MethodPost, "/account/change", form), "/account/change/done"))
	c.says(done, "Your bank declined the payment", "Nothing was charged, and you keep Digital as before")
	if done.page(t).Find(`a[href="/account/change/preview?price=print_monthly"]`).Length() != 1 || done.page(t).Find(`form[action="/account/portal"]`).Length() != 1 {
		t.Error("there is no way on")
	}
	c.says(w.get("/account"), "Digital €7.00 a month", "Active")
}
