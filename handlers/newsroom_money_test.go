package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/numbers"
	"broadsheet/reader"
)

// paying makes a reader with a plan that began so many days ago.
func (b *bench) paying(name string, daysAgo int, change func(*billing.Subscription)) billing.Subscription {
	b.t.Helper()
	must := func(err error) {
		b.t.Helper()
		if err != nil {
			b.t.Fatal(err)
		}
	}
	began := noon.AddDate(0, 0, -daysAgo)
	_, err := b.db.AddReader(b.t.Context(), reader.Reader{ID: name, Email: name + "@example.org", Created: began}, name+"@example.org")
	must(err)
	must(b.db.SaveCustomer(b.t.Context(), billing.Customer{ID: "cus_" + name, ReaderID: name, Created: began}))
	s := billing.Subscription{ID: "sub_" + name, Customer: "cus_" + name, ReaderID: name, Plan: "digital", LookupKey: "digital_monthly", Interval: billing.Monthly,
		Money: billing.Money{Amount: 700, Currency: "eur"}, Status: billing.Active, Started: began, SyncedAt: began}
	if change != nil {
		change(&s)
	}
	must(b.db.RecordSubscription(b.t.Context(), s))
	must(b.db.SaveInvoice(b.t.Context(), name, billing.Invoice{ID: "in_" + name, Customer: s.Customer, Subscription: s.ID, Status: billing.InvoicePaid,
		Money: s.Money, Paid: s.Money.Amount, Created: began, Due: began, PaidAt: began, Attempts: 1, Reason: billing.FirstInvoice}))
	return s
}

func TestTheNumbersOfSubscriptions(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	m := b.atDesk("clem", reader.Circulation)
	if a := m.get("/newsroom/numbers/money"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "Not reckoned yet") {
		t.Fatalf("before anything was sold the page answers %d", a.StatusCode)
	}
	b.paying("ada", 40, nil)
	b.paying("bo", 10, func(s *billing.Subscription) { s.Interval, s.Money.Amount = billing.Yearly, 7001 })
	lost := b.paying("cy", 20, nil)
	b.paying("dov", 5, func(s *billing.Subscription) { s.Money.Currency = "usd" })
	if err := b.db.AddCancellation(t.Context(), billing.Cancellation{Subscription: lost.ID, ReaderID: "cy", At: noon.AddDate(0, 0, -9), Parting: billing.Parting{Feedback: "unused"}}); err != nil {
		t.Fatal(err)
	}
	lost.Status, lost.EndedAt, lost.SyncedAt = billing.Canceled, noon.AddDate(0, 0, -2), noon.AddDate(0, 0, -2)
	if err := b.db.RecordSubscription(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	if err := numbers.Reckon(t.Context(), b.db, noon, time.UTC); err != nil {
		t.Fatal(err)
	}
	page := m.get("/newsroom/numbers/money")
	doc := page.page(t)
	// 7.00 a month, and a twelfth of 70.01.
	for selector, want := range map[string]string{
		".kpis > div:nth-child(1)": "2+1", ".kpis > div:nth-child(2)": "€12.83", ".kpis > div:nth-child(3)": "€6.42", ".kpis > div:nth-child(4)": "1",
		"[aria-labelledby=h-lost] tbody":     "I read too little of it1€7.00EUR",
		"[aria-labelledby=h-takings] tbody":  "First payments2€77.01EURWhat stays€77.01EUR",
		"[aria-labelledby=h-moves] tbody":    "At the start1€7.00EURNew2€12.83EUR",
		"[aria-labelledby=h-cohorts] tbody":  "March 20242100%50%",
		"[aria-labelledby=h-plans] tbody tr": "Digital, by the month",
		"nav[aria-label=Currency]":           "USD",
	} {
		got := strings.Join(strings.Fields(doc.Find(selector).First().Text()), " ")
		if !strings.Contains(strings.ReplaceAll(got, " ", ""), strings.ReplaceAll(want, " ", "")) {
			t.Errorf("%s says %q, want %q", selector, got, want)
		}
	}
	if got := m.get("/newsroom/numbers/money?currency=usd").page(t).Find(".kpis > div:nth-child(2)").Text(); !strings.Contains(got, "$7.00") {
		t.Errorf("in dollars %q", got)
	}
	for _, link := range doc.Find("a[download]").EachIter() {
		if a := m.get(link.AttrOr("href", "")); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "\r\n") {
			t.Errorf("%s: %d", link.Text(), a.StatusCode)
		}
	}
	if got := m.get("/newsroom/numbers/csv/moves").body; !strings.Contains(got, "At the end,2,12.83,EUR\r\n") {
		t.Errorf("%q", got)
	}
}
