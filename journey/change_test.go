package journey_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/jobs"
	"broadsheet/journey"
	"broadsheet/news"
	"broadsheet/reader"
	"broadsheet/store"
	"broadsheet/store/storetest"
	letters "broadsheet/views/mail"
)

// The letter about a change says what it was, though another has followed.
func TestChangedLetters(t *testing.T) {
	t.Parallel()
	ctx, at := t.Context(), time.Date(2024, 4, 10, 12, 0, 0, 0, time.UTC)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := store.Open(ctx, storetest.Lite(t))
	must(err)
	t.Cleanup(func() { db.Close() })
	_, err = db.Migrate(ctx)
	must(err)
	must(db.SaveCatalogue(ctx, billing.Catalogue{Plans: []billing.Plan{
		{Key: "print", Name: "Print + Digital", Benefits: []billing.Benefit{billing.Print}}, {Key: "digital", Name: "Digital"},
	}, ShipsTo: []string{"PT"}}))
	_, err = db.AddReader(ctx, reader.Reader{ID: "r", Email: "r@example.org", Created: at}, "r")
	must(err)
	posted, handlers := tray{}, map[string]jobs.Handler{}
	journey.BillingLetters{Store: db, Outbox: posted, House: func(context.Context) (letters.House, error) {
		return letters.House{Paper: news.Publication{Name: "The Test"}, BaseURL: "https://paper.example"}, nil
	}}.Handle(func(kind string, h jobs.Handler) { handlers[kind] = h })
	for want, s := range map[string]billing.Switched{
		"You have Digital now, instead of Print + Digital.|€7.00 a month|next payment is on 10 May 2024|The magazine no longer comes": {
			FromPlan: "print", ToPlan: "digital", Interval: billing.Monthly, Money: billing.Money{Amount: 700, Currency: "eur"}, Next: at.AddDate(0, 1, 0),
		},
		"You have Print + Digital now, instead of Digital.|nothing more to pay|The magazine comes to the address": {
			FromPlan: "digital", ToPlan: "print", Interval: billing.Yearly, Money: billing.Money{Amount: 14000, Currency: "eur"},
		},
		"You pay for Digital by the year now.": {FromPlan: "digital", ToPlan: "digital", Interval: billing.Yearly},
		"":                                     {FromPlan: "digital", ToPlan: "gone"},
	} {
		clear(posted)
		payload, err := json.Marshal(billing.Effect{Kind: billing.EffectChanged, Key: "k", ReaderID: "r", Switched: s})
		must(err)
		must(handlers[billing.EffectChanged](ctx, jobs.Job{Kind: billing.EffectChanged, Key: "k", Payload: payload}))
		text := strings.Join(strings.Fields(posted["k"].Text), " ")
		if want == "" && text != "" {
			t.Errorf("a plan without a name has a letter: %s", text)
		}
		for _, words := range strings.Split(want, "|") {
			if !strings.Contains(text, words) {
				t.Errorf("the letter does not say %q:\n%s", words, text)
			}
		}
	}
}
