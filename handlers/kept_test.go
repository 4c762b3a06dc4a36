package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// A session that ends in the middle of a form loses nothing of what was typed,
// and nothing is done before the form is sent again.
func TestWhatWasTypedOutlivesTheSession(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.subscriber("digital_monthly")
	late := c.browser() // as somebody whose session has ended
	comment := "Too much 🗞 <b>at once</b>\u202e"
	way := location(t, late.send(http.MethodPost, "/account/cancel", url.Values{"reason": {"unused"}, "comment": {comment}}), "/signin?return=%2Faccount%2Fcancel&undone=1")
	late.says(way, "You had been signed out, so nothing was done.")
	address := url.Values{"price": {"print_monthly"}, "keep": {"1"}, "token": {"old"}, "name": {"Ada Byron"}, "line1": {"1 Rua"}, "city": {"Porto"}, "country": {"PT"}}
	location(t, late.send(http.MethodPost, "/account/change", address), "/signin?return="+url.QueryEscape("/account/change/preview?keep=1&price=print_monthly"))
	location(t, late.send(http.MethodPost, "/account/pause", url.Values{"months": {"2"}}), "/signin?return=%2Faccount%2Fpause&undone=1")
	location(t, late.send(http.MethodPost, "/account/resume", url.Values{}), "/signin?return=%2Faccount&undone=1")

	c.signInAs(late, "ada@example.org")
	late.says("/account", "Active", "Cancel Digital") // nothing was done
	form := late.get("/account/cancel").page(t)
	if got := form.Find("textarea").Text(); got != comment {
		t.Errorf("the comment came back as %q", got)
	}
	if form.Find(`[value="unused"][checked]`).Length() != 1 || form.Find("textarea b").Length() != 0 || !strings.Contains(form.Text(), "What you typed is still here.") {
		t.Error("the reason is lost, or nobody says why the page is there again")
	}
	if again := late.get("/account/cancel").page(t); again.Find("textarea").Text() != "" || again.Find("[checked]").Length() != 0 {
		t.Error("it is kept for whoever comes next")
	}
	preview := late.get("/account/change/preview?price=print_monthly")
	if got := fields(t, preview); got.Get("name") != "Ada Byron" || got.Get("line1") != "1 Rua" || got.Get("city") != "Porto" || got.Get("token") == "old" {
		t.Errorf("the address came back as %v", got)
	}
	if page := late.get("/account/pause").page(t); page.Find(`[value="2"][checked]`).Length() != 1 {
		t.Error("the months are lost")
	}

	// A preview that has run out keeps the address, too; and one that is too long
	// for a cookie is not kept, and breaks nothing.
	form2 := fields(t, preview)
	form2.Set("token", "made-up")
	if got := fields(t, late.send(http.MethodPost, "/account/change", form2)); got.Get("line1") != "1 Rua" {
		t.Errorf("with a new preview the address is %v", got)
	}
	location(t, c.browser().send(http.MethodPost, "/account/cancel", url.Values{"comment": {strings.Repeat("x", 10_000)}}), "/signin?return=%2Faccount%2Fcancel")
	location(t, late.send(http.MethodPost, "/account/cancel", url.Values{"reason": {"<script>"}, "comment": {strings.Repeat("x", 10_000)}}), "/account")
	late.says("/account", "Ends")
}

// While a payment is missing, the way out says what is still asked for, and the
// way to mend it stands first; after it, why the plan has ended.
func TestWhatIsSaidWhileAPaymentIsMissing(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	w := c.browser()
	c.behind(w)
	account := w.get("/account").page(t)
	if button := account.Find(`form[action="/account/portal"] button`); button.Text() != "Give another card" || button.HasClass("btn-2") {
		t.Errorf("the way to mend it is %q", button.Text())
	}
	w.says("/account", "does not renew. The open payment of €7.00 is still asked for.")
	said := w.says("/account/cancel", "does not renew. The open payment of €7.00 is still asked for; without it everything closes on")
	if strings.Contains(said, "pay nothing more") {
		t.Error("it promises that nothing more is paid")
	}
	if err := c.standin.Advance(t.Context(), c.sells.Paper.Now().Add(30*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	c.quiet()
	w.says("/account", "since the last payment never went through", "Not paid, and not asked for again")
}

// Whoever presses a button that costs money many times, or in two tabs that show
// different sums, pays once; and what was paid for before keeps its name.
func TestImpatientChanges(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	w := c.subscriber("digital_monthly")
	// Invoices of one second stand in no order.
	if err := c.standin.Advance(t.Context(), c.sells.Paper.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	c.quiet()
	tabs := []url.Values{fields(t, w.get("/account/change/preview?price=print_monthly")), fields(t, w.get("/account/change/preview?price=print_monthly"))}
	var all sync.WaitGroup
	for i := range 6 {
		form := url.Values{}
		for name, values := range tabs[i%2] {
			form[name] = values
		}
		for name, value := range map[string]string{"name": "Ada Byron", "line1": "1 Rua", "city": "Porto", "postal": "4050", "country": "PT"} {
			form.Set(name, value)
		}
		all.Go(func() {
			if a := w.send(http.MethodPost, "/account/change", form); a.StatusCode != http.StatusSeeOther && a.StatusCode != http.StatusConflict {
				t.Errorf("a click: %d\n%.300s", a.StatusCode, a.body)
			}
		})
	}
	all.Wait()
	c.quiet()
	rows := w.get("/account").page(t).Find("#invoices tbody tr")
	if rows.Length() != 2 {
		t.Fatalf("%d invoices after one change", rows.Length())
	}
	for i, want := range []string{"Print + Digital, ", "Digital, "} {
		if got := rows.Eq(i).Find("td").Eq(1).Text(); !strings.HasPrefix(got, want) {
			t.Errorf("invoice %d is for %q", i, got)
		}
	}
	location(t, w.send(http.MethodPost, "/account/pause", url.Values{"months": {"1"}}), "/account")
	if err := c.standin.Advance(t.Context(), c.sells.Paper.Now().AddDate(0, 1, 4)); err != nil {
		t.Fatal(err)
	}
	c.quiet()
	w.says("/account", "Paused until", "Cancelled, nothing to pay")
	for range 6 {
		all.Go(func() { w.send(http.MethodPost, "/account/pause/end", nil) })
	}
	all.Wait()
	c.quiet()
	paid := 0
	for _, row := range w.get("/account").page(t).Find("#invoices tbody tr").EachIter() {
		if strings.Contains(row.Text(), "Paid") {
			paid++
		}
	}
	if paid != 3 {
		t.Errorf("%d payments after the pause was ended six times at once, want 3", paid)
	}
}
