package handlers_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestInvoiceForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	w := c.browser()
	w.get(w.pay(location(t, w.choose("print_monthly", "ada@example.org"), c.stripe), "4242424242424242"))
	path := w.get("/account").page(t).Find("#invoices tbody a").AttrOr("href", "")
	if !strings.HasPrefix(path, "/account/invoices/in_") {
		t.Fatalf("the account links its invoice at %q", path)
	}
	a := w.get(path)
	text := strings.Join(strings.Fields(a.page(t).Find("main").Text()), " ")
	for _, s := range []string{"Receipt ", "Paid on ", "Print + Digital", "€14.00", "Total", "Ada", "1 Rua", "Portugal", "The Test"} {
		if !strings.Contains(text, s) {
			t.Errorf("%d, and not %q:\n%s", a.StatusCode, s, text)
		}
	}
	if got := a.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("an invoice may be kept: %q", got)
	}
	location(t, c.browser().get(path), "/signin?return=")
	eve := c.browser()
	c.signInAs(eve, "eve@example.org")
	for _, other := range []string{path, "/account/invoices/in_made_up", "/account/invoices/x", "/account/invoices/in_%00"} {
		if a := eve.get(other); a.StatusCode != http.StatusNotFound || strings.Contains(a.body, "14.00") {
			t.Errorf("%s for somebody else: %d", other, a.StatusCode)
		}
	}
}
