package handlers_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"broadsheet/billing"
)

// What went back stands among the invoices, on the invoice and in its PDF; the
// PDF is its owner's only.
func TestWhatWentBackIsShown(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	w := c.browser()
	w.get(w.pay(location(t, w.choose("print_monthly", "ada@example.org"), c.stripe), "4242424242424242"))
	path := w.get("/account").page(t).Find("#invoices tbody a").AttrOr("href", "")
	id := strings.TrimPrefix(path, "/account/invoices/")
	if _, err := c.sells.GiveBack(t.Context(), id, billing.RefundAsk{Amount: 215, Reason: "Edition 403 did not arrive"}); err != nil {
		t.Fatal(err)
	}
	rows := w.get("/account").page(t).Find("#invoices tbody tr")
	first := strings.Join(strings.Fields(rows.First().Text()), " ")
	for _, s := range []string{"Credit: Edition 403 did not arrive", "Credited", "−€2.15", "Note of"} {
		if !strings.Contains(first, s) {
			t.Errorf("%d rows, the first %q, without %q", rows.Length(), first, s)
		}
	}
	link := rows.First().Find("a").AttrOr("href", "")
	page, anchor, _ := strings.Cut(link, "#")
	a := w.get(page)
	text := strings.Join(strings.Fields(a.page(t).Find("main").Text()), " ")
	for _, s := range []string{"€2.15 of it went back", "−€2.15", "Remains paid €11.85"} {
		if !strings.Contains(text, s) {
			t.Errorf("no %q on the invoice:\n%s", s, text)
		}
	}
	if a.page(t).Find("#"+anchor).Length() != 1 {
		t.Errorf("the note's link leads to nothing: %s", link)
	}
	file := w.get(path + ".pdf")
	if file.StatusCode != http.StatusOK || file.Header.Get("Content-Type") != "application/pdf" || !bytes.HasPrefix([]byte(file.body), []byte("%PDF-")) {
		t.Errorf("the PDF: %d %s", file.StatusCode, file.Header.Get("Content-Type"))
	}
	if got := file.Header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("the PDF may be kept: %q", got)
	}
	location(t, c.browser().get(path+".pdf"), "/signin?return=")
	eve := c.browser()
	c.signInAs(eve, "eve@example.org")
	if a := eve.get(path + ".pdf"); a.StatusCode != http.StatusNotFound || strings.HasPrefix(a.body, "%PDF") {
		t.Errorf("somebody else's PDF: %d", a.StatusCode)
	}
}
