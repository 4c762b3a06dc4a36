package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/internal/id"
	"broadsheet/news"
	"broadsheet/reader"
)

// aLife gives a reader a subscription that was paid, failed and was paid again.
func (b *deskBench) aLife(r reader.Reader) {
	b.t.Helper()
	must := func(err error) {
		b.t.Helper()
		if err != nil {
			b.t.Fatal(err)
		}
	}
	ctx := b.t.Context()
	sold, err := b.shop.Catalogue(ctx)
	must(err)
	must(b.db.SaveCatalogue(ctx, sold))
	must(b.db.SaveCustomer(ctx, billing.Customer{ID: "cus_" + r.ID, ReaderID: r.ID, Email: r.Email}))
	s := billing.Subscription{
		ID: "sub_" + r.ID, Customer: "cus_" + r.ID, ReaderID: r.ID, Plan: "digital", PriceID: "price_1", Interval: billing.Monthly,
		Money: billing.Money{Amount: 700, Currency: "eur"}, Status: billing.Active, Started: noon, PeriodStart: noon, PeriodEnd: noon.AddDate(0, 1, 0), SyncedAt: noon,
	}
	must(b.db.RecordSubscription(ctx, s))
	s.Status, s.PastDueSince, s.Decline, s.SyncedAt = billing.PastDue, noon.AddDate(0, 1, 0), "insufficient_funds", noon.AddDate(0, 1, 0)
	must(b.db.RecordSubscription(ctx, s))
	s.Status, s.Decline, s.PeriodEnd, s.SyncedAt = billing.Active, "", noon.AddDate(0, 2, 0), noon.AddDate(0, 1, 2)
	must(b.db.RecordSubscription(ctx, s))
	must(b.db.SaveInvoice(ctx, r.ID, billing.Invoice{ID: "in_" + r.ID, Number: "M-0001", Customer: "cus_" + r.ID, Subscription: s.ID, Status: "paid", Money: s.Money, Paid: 700, Created: noon}))
	must(b.db.KeepLetter(ctx, desk.Letter{ID: "job" + r.ID, ReaderID: r.ID, Key: "receipt:1", Email: r.Email, Subject: "Your receipt", At: noon}))
	must(b.db.AddGrant(ctx, billing.Grant{ID: "grant_" + r.ID, ReaderID: r.ID, Plan: "digital", Why: "For the lost issue", From: noon.AddDate(0, -2, 0), To: noon.AddDate(0, -1, 0)}))
}

func TestAReadersPageTellsEverything(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	b.story("bread", news.Metered)
	maud := b.anAccount("maud", "")
	b.aLife(maud)
	expectGate(t, b.signedIn(maud).get("/stories/bread"), "open allowance") // the shop of this bench sold her nothing
	support := b.atDesk("suri", reader.Support)
	found := support.get("/newsroom/readers?find=Maud")
	at := found.page(t).Find("tbody th a").AttrOr("href", "")
	if found.StatusCode != http.StatusOK || at != "/newsroom/readers/"+maud.ID {
		t.Fatalf("%d to %q", found.StatusCode, at)
	}
	a := support.get(at)
	if a.StatusCode != http.StatusOK {
		t.Fatal(a.StatusCode, a.body)
	}
	page := strings.Join(strings.Fields(a.page(t).Find("main").Text()), " ")
	for _, what := range []string{
		"maud@example.org", "sub_" + maud.ID, "cus_" + maud.ID, "M-0001", "€7.00", "Your receipt", "For the lost issue", "On bread",
		"Begun: Digital, €7.00 a month", "Past due: a payment failed. Open until 26 May 2024 all the same", "The payment was refused (insufficient_funds)",
		"Paid: active again", "A new period began: until 12 June 2024",
	} {
		if !strings.Contains(strings.ReplaceAll(page, "\u00a0", " "), what) {
			t.Errorf("the page lacks %q", what)
		}
	}
	if t.Failed() {
		t.Log(page)
	}
	if a := support.get("/newsroom/readers/" + id.New(noon)); a.StatusCode != http.StatusNotFound {
		t.Error("a reader that is none:", a.StatusCode)
	}
}

func TestTheListOfReadersGoesOn(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	support := b.atDesk("suri", reader.Support)
	for i := range 105 {
		r := reader.Reader{ID: id.New(noon.Add(time.Duration(i) * time.Second)), Email: fmt.Sprintf("maud%03d@example.org", i), Created: noon}
		if i%2 == 0 {
			r.Name = fmt.Sprintf("Maud %03d", i)
		}
		if _, err := b.db.AddReader(t.Context(), r, r.Email); err != nil {
			t.Fatal(err)
		}
	}
	for typed, want := range map[string]int{"": 106, "maud": 105, "maud0": 100} {
		seen := map[string]bool{}
		pages := 0
		for path := "/newsroom/readers?find=" + typed; path != ""; pages++ {
			doc := support.get(path).page(t)
			for _, row := range doc.Find("tbody th a").EachIter() {
				if at := row.AttrOr("href", ""); seen[at] {
					t.Fatalf("%q: %s comes twice", typed, at)
				} else {
					seen[at] = true
				}
			}
			path = doc.Find(`a[rel="next"]`).AttrOr("href", "")
		}
		if len(seen) != want || pages != (want+49)/50 {
			t.Errorf("%q found %d on %d pages, want %d", typed, len(seen), pages, want)
		}
	}
	if a := support.get("/newsroom/readers?find=zzz"); !strings.Contains(a.body, "Nobody fits") {
		t.Error("an empty list says nothing")
	}
}
