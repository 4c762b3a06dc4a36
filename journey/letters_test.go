package journey_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/journey"
	"broadsheet/news"
	"broadsheet/reader"
	"broadsheet/store"
	"broadsheet/store/storetest"
	letters "broadsheet/views/mail"
)

// tray keeps what was posted, once for each key as the job queue does.
type tray map[string]mail.Message

func (t tray) Post(_ context.Context, m mail.Message) error {
	t[m.Key] = m
	return nil
}

// still is a clock that stands.
type still time.Time

func (s still) Now() time.Time { return time.Time(s) }

// Each letter about a failed payment says what was true at its attempt, and is
// not sent when the payment was made meanwhile.
func TestDunningLetters(t *testing.T) {
	t.Parallel()
	ctx, at := t.Context(), time.Date(2024, 5, 3, 12, 0, 0, 0, time.UTC)
	db, err := store.Open(ctx, storetest.Lite(t))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	t.Cleanup(func() { db.Close() })
	_, err = db.Migrate(ctx)
	must(err)
	must(db.SaveCatalogue(ctx, billing.Catalogue{Plans: []billing.Plan{{Key: "digital", Name: "Digital"}}}))
	_, err = db.AddReader(ctx, reader.Reader{ID: "r", Email: "ada@example.org", Created: at, Verified: at}, "r")
	must(err)
	card := billing.Card{ID: "pm_1", Last4: "4242", ExpMonth: 5, ExpYear: 2024}
	must(db.SaveCustomer(ctx, billing.Customer{ID: "cus_r", ReaderID: "r", Card: card}))
	sub := billing.Subscription{
		ID: "sub_r", Customer: "cus_r", ReaderID: "r", Plan: "digital", Status: billing.Active, Interval: billing.Yearly,
		Money: billing.Money{Amount: 700, Currency: "eur"}, Started: at, PeriodEnd: at.AddDate(0, 1, 0), SyncedAt: at,
	}
	must(db.RecordSubscription(ctx, sub))
	inv := billing.Invoice{ID: "in_r", Customer: "cus_r", Subscription: "sub_r", Status: "open", Money: sub.Money, Remaining: 700, Created: at, HostedURL: "https://pay.example/in_r"}
	must(db.SaveInvoice(ctx, "r", inv))
	cards, err := billing.NewCardLinks("a secret of this paper, long enough")
	must(err)
	posted, handlers := tray{}, map[string]jobs.Handler{}
	journey.BillingLetters{Store: db, Outbox: posted, Cards: cards, Wall: still(at), House: func(context.Context) (letters.House, error) {
		return letters.House{Paper: news.Publication{Name: "The Test"}, BaseURL: "https://paper.example"}, nil
	}}.Handle(func(kind string, h jobs.Handler) { handlers[kind] = h })
	send := func(kind string, e billing.Effect) string {
		t.Helper()
		clear(posted)
		e.Kind, e.Key, e.ReaderID, e.Subscription, e.Invoice, e.Customer, e.Card = kind, "k", "r", "sub_r", "in_r", "cus_r", card
		payload, err := json.Marshal(e)
		must(err)
		must(handlers[kind](ctx, jobs.Job{Kind: kind, Key: e.Key, Payload: payload}))
		return strings.Join(strings.Fields(posted["k"].Text), " ")
	}
	fails := billing.Effect{Until: at.AddDate(0, 0, 14), NextAttempt: at.AddDate(0, 0, 3)}
	for kind, want := range map[string][]string{
		billing.EffectDeclined: {"declined the payment of 3 May. Nothing changes until 17 May; we try again on the 6th.", "€7.00", "https://paper.example/account/card/"},
		billing.EffectConfirm:  {"confirm the payment of 3 May. Nothing changes until 17 May.", "https://pay.example/in_r"},
		billing.EffectLapsed:   {"never went through", "are kept"},
		billing.EffectCardOld:  {"card ending 4242 is good to the end of May 2024", "next payment is on 3 June 2024"},
	} {
		text := send(kind, fails)
		for _, s := range want {
			if !strings.Contains(text, s) {
				t.Errorf("%s does not say %q:\n%s", kind, s, text)
			}
		}
	}
	if text := send(billing.EffectRenews, billing.Effect{Until: sub.PeriodEnd}); !strings.Contains(text, "renews on 3 June 2024") || !strings.Contains(text, "from the card ending 4242") {
		t.Error(text)
	}
	text := send(billing.EffectDeclined, fails)
	_, token, _ := strings.Cut(text, "/account/card/")
	token, _, _ = strings.Cut(token, " ")
	want := billing.CardLink{Customer: "cus_r", Invoice: "in_r", Card: "pm_1", Ends: at.Add(billing.CardLinkLife)}
	if got, err := cards.Open(token, at); err != nil || got != want {
		t.Errorf("the letter's link opens %+v %v", got, err)
	}
	inv.Status, inv.Paid, inv.Remaining = "paid", 700, 0
	must(db.SaveInvoice(ctx, "r", inv))
	sub.CancelAt = sub.PeriodEnd
	must(db.RecordSubscription(ctx, sub))
	must(db.SaveCustomer(ctx, billing.Customer{ID: "cus_r", ReaderID: "r", Card: billing.Card{ID: "pm_2"}}))
	for _, kind := range []string{billing.EffectDeclined, billing.EffectConfirm, billing.EffectLapsed, billing.EffectCardOld} {
		if text := send(kind, fails); text != "" {
			t.Errorf("%s was sent although it is settled: %s", kind, text)
		}
	}
	if text := send(billing.EffectRenews, billing.Effect{Until: sub.PeriodEnd}); text != "" {
		t.Error("somebody who cancelled hears of a renewal")
	}
	if text := send(billing.EffectRecovered, fails); !strings.Contains(text, "Paid. Nothing was lost.") {
		t.Error(text)
	}
}

func TestBillingLetters(t *testing.T) {
	t.Parallel()
	ctx, at := t.Context(), time.Date(2024, 4, 10, 12, 0, 0, 0, time.UTC)
	db, err := store.Open(ctx, storetest.Lite(t))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	t.Cleanup(func() { db.Close() })
	_, err = db.Migrate(ctx)
	must(err)
	must(db.SaveCatalogue(ctx, billing.Catalogue{Plans: []billing.Plan{{Key: "digital", Name: "Digital"}}}))
	euros := func(cents int64) billing.Money { return billing.Money{Amount: cents, Currency: "eur"} }
	for id, verified := range map[string]time.Time{"proven": at, "unproven": {}} {
		_, err := db.AddReader(ctx, reader.Reader{ID: id, Email: id + "@example.org", Created: at, Verified: verified}, id)
		must(err)
		must(db.SaveCustomer(ctx, billing.Customer{ID: "cus_" + id, ReaderID: id}))
		must(db.RecordSubscription(ctx, billing.Subscription{
			ID: "sub_" + id, Customer: "cus_" + id, ReaderID: id, Plan: "digital", Status: billing.Active, Interval: billing.Monthly,
			Money: euros(700), Started: at, PeriodEnd: at.AddDate(0, 1, 0), SyncedAt: at,
		}))
		must(db.SaveInvoice(ctx, id, billing.Invoice{
			ID: "in_" + id, Number: "MER-1", Customer: "cus_" + id, Subscription: "sub_" + id, Status: "paid", Money: euros(700), Paid: 700, Created: at, PaidAt: at,
		}))
	}
	posted := tray{}
	cards, err := billing.NewCardLinks("a secret of this paper, long enough")
	must(err)
	handlers := map[string]jobs.Handler{}
	journey.BillingLetters{Store: db, Outbox: posted, House: func(context.Context) (letters.House, error) {
		return letters.House{Paper: news.Publication{Name: "The Test"}, BaseURL: "https://paper.example"}, nil
	}, Cards: cards, Wall: still(at)}.Handle(func(kind string, h jobs.Handler) { handlers[kind] = h })
	send := func(kind, who string) mail.Message {
		t.Helper()
		key := kind + ":" + who
		payload, err := json.Marshal(billing.Effect{Kind: kind, Key: key, ReaderID: who, Subscription: "sub_" + who, Invoice: "in_" + who})
		must(err)
		for range 2 { // a job may run twice
			must(handlers[kind](ctx, jobs.Job{Kind: kind, Key: key, Payload: payload}))
		}
		return posted[key]
	}
	tests := []struct{ kind, who, subject, text string }{
		{billing.EffectWelcome, "proven", "Digital is yours", "10 May 2024"},
		{billing.EffectWelcome, "unproven", "Digital was bought with your address", "7.00"},
		{billing.EffectReceipt, "proven", "7.00 for Digital", "MER-1"},
	}
	for _, tt := range tests {
		m := send(tt.kind, tt.who)
		if m.To != tt.who+"@example.org" || !strings.Contains(m.Subject, tt.subject) || !strings.Contains(m.Text, tt.text) {
			t.Errorf("%s to %s: %+v", tt.kind, tt.who, m)
		}
	}
	if len(posted) != len(tests) {
		t.Errorf("%d letters", len(posted))
	}
	must(db.ReaderData().Erase(ctx, "proven"))
	delete(posted, billing.EffectReceipt+":proven")
	if m := send(billing.EffectReceipt, "proven"); m.To != "" {
		t.Errorf("a letter to nobody: %+v", m)
	}
}
