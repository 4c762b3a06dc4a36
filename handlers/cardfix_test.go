package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
)

// behind is a subscriber whose renewal was declined, and the link of the letter
// about it.
func (c *counter) behind(w *browser) (path string, inv billing.Invoice) {
	c.t.Helper()
	ctx := c.t.Context()
	w.get(w.pay(location(c.t, w.choose("digital_monthly", "ada@example.org"), c.stripe), "4242424242424242"))
	c.card(w, location(c.t, w.send(http.MethodPost, "/account/portal", url.Values{}), c.stripe+"/p/session/"), "4000000000000341")
	c.quiet()
	who, _, err := c.db.ReaderByForm(ctx, "ada@example.org")
	if err != nil {
		c.t.Fatal(err)
	}
	subs, err := c.db.SubscriptionsOf(ctx, who.ID)
	if err != nil || len(subs) != 1 {
		c.t.Fatal(subs, err)
	}
	if err := c.standin.Advance(ctx, subs[0].PeriodEnd.Add(2*time.Hour)); err != nil {
		c.t.Fatal(err)
	}
	c.quiet()
	list, err := c.db.InvoicesOf(ctx, who.ID, "", 1)
	if err != nil || len(list) != 1 || list[0].Status != billing.InvoiceOpen {
		c.t.Fatal(list, err)
	}
	customer, _, err := c.db.CustomerByID(ctx, list[0].Customer)
	if err != nil {
		c.t.Fatal(err)
	}
	return "/account/card/" + c.cards.Seal(billing.CardLink{
		Customer: customer.ID, Invoice: list[0].ID, Card: customer.Card.ID, Ends: c.wall.Now().Add(billing.CardLinkLife),
	}), list[0]
}

// card fills in the page for another card and gives the way back, as a local path.
func (c *counter) card(w *browser, page, number string) string {
	c.t.Helper()
	res, err := w.client.PostForm(page, url.Values{"action": {"card"}, "number": {number}, "exp": {"08/41"}, "cvc": {"123"}, "name": {"Ada"}})
	if err != nil {
		c.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode >= 400 {
		c.t.Fatalf("the page took no card: %s", res.Status)
	}
	return strings.TrimPrefix(res.Header.Get("Location"), w.base)
}

func TestCardFixWithoutSigningIn(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	owner := c.browser()
	path, inv := c.behind(owner)
	if text := owner.get("/account").page(t).Find("main").Text(); !strings.Contains(text, "Card ending 0341, expires 08/41") || !strings.Contains(text, "Your bank declined") {
		t.Errorf("the account: %s", text)
	}
	w := c.browser()
	says := func(a answer, want ...string) {
		t.Helper()
		text := strings.Join(strings.Fields(a.page(t).Find("main").Text()), " ")
		for _, s := range want {
			if !strings.Contains(text, s) {
				t.Errorf("%d, and not %q:\n%s", a.StatusCode, s, text)
			}
		}
		if len(a.Cookies()) > 0 {
			t.Errorf("a card link set cookies: %v", a.Cookies())
		}
	}
	for range 2 { // a program that looks through mail opens it first
		says(w.get(path), "Another card for Digital", "€7.00 for Digital, was declined", "Give another card")
	}
	says(w.get(path+"/done"), "The card is the one it was")
	if got, _, _ := c.db.InvoiceByID(t.Context(), inv.ID); got.Attempts != inv.Attempts {
		t.Error("looking charged the card")
	}
	page := location(t, w.send(http.MethodPost, path, url.Values{}), c.stripe+"/p/session/")
	back := c.card(w, page, "5555555555554444")
	if back != path+"/done" {
		t.Fatalf("back at %q", back)
	}
	for range 2 {
		says(w.get(back), "Paid. Nothing was lost.")
	}
	says(w.get(path), "Paid. Nothing was lost.")
	location(t, w.send(http.MethodPost, path, url.Values{}), path) // nothing more to ask for
	if w.signedIn() {
		t.Error("a card link signed somebody in")
	}
	location(t, w.get("/account"), "/signin")
	if text := owner.get("/account").page(t).Find("main").Text(); !strings.Contains(text, "Card ending 4444") || !strings.Contains(text, "Active") {
		t.Errorf("the account afterwards: %s", text)
	}
	if log := c.log.String(); strings.Contains(log, path) {
		t.Error("the log tells the link")
	}
}

func TestCardLinksThatOpenNothing(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	w := c.browser()
	path, _ := c.behind(w)
	elsewhere := "/account/card/" + c.cards.Seal(billing.CardLink{Customer: "cus_x", Invoice: "in_x", Ends: c.wall.Now().Add(time.Hour)})
	check := func(path string) {
		t.Helper()
		for method, address := range map[string]string{http.MethodGet: path, http.MethodPost: path} {
			if a := w.send(method, address, nil); a.StatusCode != http.StatusNotFound {
				t.Errorf("%s %s: %d", method, address, a.StatusCode)
			}
		}
		if a := w.get(path + "/done"); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s/done: %d", path, a.StatusCode)
		}
	}
	check("/account/card/made-up")
	check(path[:len(path)-2])
	check(elsewhere)
	c.wall.pass(billing.CardLinkLife)
	check(path)
	if text := w.get(path).page(t).Find("main").Text(); !strings.Contains(text, "This link has run out") {
		t.Error(text)
	}
}
