package handlers_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/handlers"
	"broadsheet/internal/clock"
	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/journey"
	"broadsheet/news"
	"broadsheet/reader"
	"broadsheet/store"
	letters "broadsheet/views/mail"
)

func benchSupport(db *store.DB, box *mail.Box) *journey.Support {
	clocks := jobs.Clocks{Paper: clock.Wall{}, Wall: clock.Wall{}}
	return &journey.Support{
		Store: db, Everything: journey.NewEverything(db, db.Personal()), Queue: jobs.NewRunner(db, clocks, slog.New(slog.DiscardHandler)),
		Outbox: atOnce{box},
		House: func(context.Context) (letters.House, error) {
			return letters.House{Paper: news.Publication{Name: "The Test", Email: "desk@example.org"}, BaseURL: "http://paper.example"}, nil
		},
	}
}

// oneCustomer is a Stripe that knows customer cus_1, who pays sub_1 by in_1.
type oneCustomer struct {
	billing.Gateway
	ended bool
	back  []billing.Credit
}

func (o *oneCustomer) sub() billing.Subscription {
	s := billing.Subscription{
		ID: "sub_1", Customer: "cus_1", ReaderID: "1", PriceID: "price_1", LookupKey: "digital_monthly", Interval: billing.Monthly,
		Money: billing.Money{Amount: 700, Currency: "eur"}, Status: billing.Active, Started: noon, PeriodStart: noon, PeriodEnd: noon.AddDate(0, 2, 0),
	}
	if o.ended {
		s.Status, s.EndedAt = billing.Canceled, noon
	}
	return s
}

func (o *oneCustomer) Snapshot(context.Context, string) (billing.Snapshot, error) {
	return billing.Snapshot{
		Customer: billing.Customer{ID: "cus_1", ReaderID: "1", Email: "maud@example.org"}, Subscriptions: []billing.Subscription{o.sub()},
		Charges: []billing.Charge{{ID: "ch_1", Invoice: "in_1", Subscription: "sub_1", Paid: billing.Money{Amount: 700, Currency: "eur"}, Created: noon}}, Credits: o.back,
	}, nil
}

func (o *oneCustomer) Subscription(context.Context, string) (billing.Subscription, error) {
	return o.sub(), nil
}
func (o *oneCustomer) Payments(context.Context, string) ([]billing.Payment, error) { return nil, nil }
func (o *oneCustomer) CancelNow(context.Context, string, billing.Parting) error {
	o.ended = true
	return nil
}

func (o *oneCustomer) CustomerOf(_ context.Context, about billing.Ref) (string, error) {
	if about.ID == "ch_1" {
		return "cus_1", nil
	}
	return "", fault.New(fault.Missing, "no such charge", nil)
}

func (o *oneCustomer) GiveBack(_ context.Context, order billing.RefundOrder, _ string) (billing.Credit, error) {
	c := billing.Credit{ID: "re_1", Kind: billing.CreditRefund, Customer: "cus_1", Charge: "ch_1", Invoice: "in_1", Money: order.Money, Status: "succeeded", AskedBy: order.ID, Created: noon}
	o.back = append(o.back, c)
	return c, nil
}

func benchBilling(db *store.DB, d *handlers.Deps) *billing.Service {
	return billing.New(billing.Parts{Store: db, Gateway: &oneCustomer{}, Paper: d.Paper, Wall: clock.Wall{}})
}

// lived is Maud, who pays, is signed in, and has had days on the house and a mail.
func (w *deskWorld) lived() reader.Reader {
	w.t.Helper()
	ctx := w.t.Context()
	maud := reader.Reader{ID: "1", Email: "maud@example.org", Name: "Maud", Created: noon, Verified: noon}
	made, err := w.db.AddReader(ctx, maud, maud.Email)
	if err != nil {
		w.t.Fatal(err)
	}
	if made {
		w.aLife(maud)
		w.anAccount("ed", "")
		again, _ := json.Marshal(billing.Effect{Kind: billing.EffectReceipt, Key: "receipt:in_1", ReaderID: "1", Invoice: "in_1"})
		for _, err := range []error{
			w.db.AddGrant(ctx, billing.Grant{ID: "desk-1", ReaderID: "1", Plan: "digital", Why: "Amends", From: noon, To: noon.AddDate(0, 1, 0)}),
			w.db.KeepLetter(ctx, desk.Letter{ID: "job2", ReaderID: "1", Subject: "A receipt", Kind: billing.EffectReceipt, Cause: string(again), At: noon}),
		} {
			if err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.signedIn(maud)
	return maud
}

func aLivedReader(end string) func(*deskWorld) string {
	return func(w *deskWorld) string { return "/newsroom/readers/" + w.lived().ID + end }
}

// anEndedReader has no live subscription.
func anEndedReader(w *deskWorld) string {
	path := aLivedReader("/erase")(w)
	forget(w.t, w.deskBench, `UPDATE subscriptions SET status = 'canceled'`)
	return path
}

// tools is a desk with Maud and a member of support.
func tools(t *testing.T) (*deskWorld, member) {
	t.Helper()
	w := &deskWorld{deskBench: newDeskBench(t)}
	w.lived()
	return w, w.atDesk("suri", reader.Support)
}

func TestAnotherAddress(t *testing.T) {
	t.Parallel()
	w, support := tools(t)
	at := "/newsroom/readers/1/email"
	for typed, status := range map[string]int{"ed@example.org": 409, "not an address": 422, "maud@example.org": 422, "": 422} {
		a := support.send(http.MethodPost, at, url.Values{"email": {typed}})
		if a.StatusCode != status || a.page(t).Find("#email").AttrOr("value", "") != typed {
			t.Errorf("%q: %d", typed, a.StatusCode)
		}
	}
	if a := support.send(http.MethodPost, at, url.Values{"email": {"Maud.F@example.org"}}); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode, a.body)
	}
	r, err := w.db.Reader(t.Context(), "1")
	if err != nil || r.Email != "Maud.F@example.org" || r.IsVerified() {
		t.Error("the account has", r.Email, r.Verified, err)
	}
	if open, err := w.db.SessionsOf(t.Context(), "1", w.wall.Now()); err != nil || len(open) != 0 {
		t.Error("still signed in:", open, err)
	}
	for _, to := range []string{"maud@example.org", "Maud.F@example.org"} {
		if m, ok, err := w.box.Latest(to); err != nil || !ok || !strings.Contains(m.Subject, "address") {
			t.Errorf("%s was told %q (%v, %v)", to, m.Subject, ok, err)
		}
	}
	w.signInAs(w.browser(), "maud.f@example.org")
	if r, err := w.db.Reader(t.Context(), "1"); err != nil || !r.IsVerified() {
		t.Error("the new address does not sign in to the account", err)
	}
}

func TestDaysOnTheHouse(t *testing.T) {
	t.Parallel()
	w, support := tools(t)
	ed, _, err := w.db.ReaderByForm(t.Context(), "ed@example.org")
	if err != nil {
		t.Fatal(err)
	}
	at := "/newsroom/readers/" + ed.ID
	for _, wrong := range []url.Values{
		{"plan": {"digital"}, "days": {"0"}, "why": {"x"}}, {"plan": {"digital"}, "days": {"400"}, "why": {"x"}}, {"plan": {"none"}, "days": {"3"}, "why": {"x"}},
		{"plan": {"digital"}, "days": {"3"}, "why": {" "}}, {"plan": {"digital"}, "days": {"many"}, "why": {"x"}},
	} {
		if a := support.send(http.MethodPost, at+"/grant", wrong); a.StatusCode != http.StatusUnprocessableEntity || a.page(t).Find("#why").AttrOr("value", "") != wrong.Get("why") {
			t.Errorf("%v: %d", wrong, a.StatusCode)
		}
	}
	support.send(http.MethodPost, at+"/grant", url.Values{"plan": {"digital"}, "days": {"3"}, "why": {"For the lost issue"}})
	given, err := w.db.GrantsOf(t.Context(), ed.ID)
	if err != nil || len(given) != 1 || given[0].Why != "For the lost issue" || given[0].To.Sub(given[0].From) != 3*24*time.Hour {
		t.Fatal(given, err)
	}
	w.story("closed", news.Subscribers)
	if rule, answer := support.why(ed.ID, "closed", ""); rule != "benefit" || answer != "open" {
		t.Error("the days open nothing:", rule, answer)
	}
	if a := support.get(at + "/view/closed"); a.gate(t) != "open benefit" {
		t.Error("through their eyes it is", a.gate(t))
	}
	if a := support.send(http.MethodPost, at+"/grant/end", url.Values{"grant": {given[0].ID}}); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode)
	}
	if a := support.get(at + "/view/closed"); a.gate(t) != "subscribe subscribers" {
		t.Error("after the end it is", a.gate(t))
	}
}

func TestTheViewThroughAReadersEyes(t *testing.T) {
	t.Parallel()
	w, support := tools(t)
	for _, slug := range []string{"s0", "s1"} {
		w.story(slug, news.Metered)
	}
	ed, _, err := w.db.ReaderByForm(t.Context(), "ed@example.org")
	if err != nil {
		t.Fatal(err)
	}
	before := rows(t, w)
	at := "/newsroom/readers/" + ed.ID + "/view"
	for _, path := range []string{at, at + "/s0", at + "/s0"} {
		a := support.get(path)
		if csp := a.Header.Get("Content-Security-Policy"); a.StatusCode != http.StatusOK || !strings.Contains(csp, "form-action 'none'") || strings.Contains(csp, "script-src") {
			t.Errorf("%s: %d, %s", path, a.StatusCode, csp)
		}
		if a.page(t).Find(".eyes").Length() != 1 || !strings.Contains(a.page(t).Find(".eyes").Text(), "Ed") || len(a.Cookies()) != 0 {
			t.Errorf("%s: no banner says whose eyes, or %d cookies are set", path, len(a.Cookies()))
		}
		if a.page(t).Find(`a[href^="/stories/"]`).Length() != 0 {
			t.Errorf("%s: a link leads to a story as the desk sees it", path)
		}
	}
	if a := support.get(at + "/s0"); a.gate(t) != "open allowance" {
		t.Error("a second look is", a.gate(t))
	}
	if rows(t, w) != before {
		t.Error("looking counted or changed something")
	}
	if n := len(w.entries()); n < 4 || w.entries()[n-1].Kind != "reader.view" {
		t.Error("looking is not on record")
	}
}

func TestMergeAndErase(t *testing.T) {
	t.Parallel()
	w, support := tools(t)
	// Erasing waits for the subscription, and for the address.
	if a := support.send(http.MethodPost, "/newsroom/readers/1/erase", url.Values{"confirm": {"maud@example.org"}}); a.StatusCode != http.StatusConflict || !strings.Contains(a.body, "sub_1") {
		t.Error("a reader who pays was erased:", a.StatusCode)
	}
	merge := url.Values{"into": {"ed@example.org"}}
	if a := support.send(http.MethodPost, "/newsroom/readers/1/merge", merge); a.StatusCode != http.StatusOK || a.page(t).Find(`input[name="sure"]`).Length() != 1 {
		t.Fatal("it is not asked once more:", a.StatusCode)
	}
	if _, err := w.db.Reader(t.Context(), "1"); err != nil {
		t.Fatal("merged before it was sure")
	}
	merge.Set("sure", "1")
	a := support.send(http.MethodPost, "/newsroom/readers/1/merge", merge)
	ed, _, err := w.db.ReaderByForm(t.Context(), "ed@example.org")
	if err != nil || a.Header.Get("Location") != "/newsroom/readers/"+ed.ID {
		t.Fatal(a.StatusCode, a.body, err)
	}
	if subs, err := w.db.SubscriptionsOf(t.Context(), ed.ID); err != nil || len(subs) != 1 {
		t.Error("the subscription did not travel", subs, err)
	}
	// Two who pay are not merged.
	other := w.anAccount("otto", "")
	w.aLife(other)
	if a := support.send(http.MethodPost, "/newsroom/readers/"+other.ID+"/merge", url.Values{"into": {"ed@example.org"}}); a.StatusCode != http.StatusConflict || !strings.Contains(a.body, "sub_1") {
		t.Error("two who pay:", a.StatusCode)
	}
	forget(t, w.deskBench, `UPDATE subscriptions SET status = 'canceled'`)
	at := "/newsroom/readers/" + ed.ID + "/erase"
	if a := support.send(http.MethodPost, at, url.Values{"confirm": {"maud@example.org"}}); a.StatusCode != http.StatusUnprocessableEntity {
		t.Error("another address confirms:", a.StatusCode)
	}
	if a := support.send(http.MethodPost, at, url.Values{"confirm": {"Ed@example.org"}}); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode, a.body)
	}
	if a := support.get("/newsroom/readers/" + ed.ID); a.StatusCode != http.StatusNotFound {
		t.Error("still there:", a.StatusCode)
	}
	if strings.Contains(rows(t, w), "ed@example.org") {
		t.Error("the address is kept")
	}
}

// The account of somebody of the desk is an owner's to change.
func TestSupportDoesNotChangeTheDesk(t *testing.T) {
	t.Parallel()
	w, support := tools(t)
	owner := w.atDesk("olive", reader.Owner)
	for _, end := range []string{"/email", "/name", "/export", "/signout", "/erase", "/merge"} {
		if a := support.send(http.MethodPost, "/newsroom/readers/"+owner.ID+end, url.Values{"email": {"mine@example.org"}, "confirm": {owner.Email}, "into": {"ed@example.org"}, "sure": {"1"}}); a.StatusCode != http.StatusConflict {
			t.Errorf("%s: %d", end, a.StatusCode)
		}
	}
	if a := owner.send(http.MethodPost, "/newsroom/readers/"+owner.ID+"/erase", url.Values{"confirm": {owner.Email}}); a.StatusCode != http.StatusConflict {
		t.Error("an owner erased themselves:", a.StatusCode)
	}
}
