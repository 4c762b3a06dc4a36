package journey_test

import (
	"context"
	"encoding/json"
	"path/filepath"
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
	letters "broadsheet/views/mail"
)

// tray keeps what was posted, once for each key as the job queue does.
type tray map[string]mail.Message

func (t tray) Post(_ context.Context, m mail.Message) error {
	t[m.Key] = m
	return nil
}

func TestBillingLetters(t *testing.T) {
	t.Parallel()
	ctx, at := t.Context(), time.Date(2024, 4, 10, 12, 0, 0, 0, time.UTC)
	db, err := store.Open(ctx, "sqlite://"+filepath.Join(t.TempDir(), "paper.db"))
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
			ID: "in_" + id, Number: "MER-1", Subscription: "sub_" + id, Status: "paid", Money: euros(700), Paid: 700, Created: at, PaidAt: at,
		}))
	}
	posted := tray{}
	handlers := map[string]jobs.Handler{}
	journey.BillingLetters{Store: db, Outbox: posted, House: func(context.Context) (letters.House, error) {
		return letters.House{Paper: news.Publication{Name: "The Test"}, BaseURL: "https://paper.example"}, nil
	}}.Handle(func(kind string, h jobs.Handler) { handlers[kind] = h })
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
