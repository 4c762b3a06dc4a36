package journey_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"broadsheet/billing"
	"broadsheet/internal/jobs"
	"broadsheet/journey"
	"broadsheet/news"
	"broadsheet/store"
	"broadsheet/store/storetest"
	letters "broadsheet/views/mail"
)

// ending is what comes of ending a second subscription.
type ending struct{ ok bool }

func (e ending) EndSecond(_ context.Context, _, sub string) (billing.Ending, bool, error) {
	return billing.Ending{Subscription: sub, Refund: billing.Money{Amount: 700, Currency: "eur"}, Refunds: []string{"re_1"}}, e.ok, nil
}

func TestThePublisherHearsOfASecondSubscription(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, err := store.Open(ctx, storetest.Lite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(billing.Effect{Kind: billing.EffectSecond, Key: "second:sub_2", ReaderID: "r", Subscription: "sub_2"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		email string
		ended bool
		mails int
	}{{"desk@example.org", true, 1}, {"desk@example.org", false, 0}, {"", true, 0}} {
		posted := tray{}
		write := journey.BillingLetters{Store: db, Outbox: posted, House: func(context.Context) (letters.House, error) {
			return letters.House{Paper: news.Publication{Name: "The Test", Email: tt.email}, BaseURL: "https://paper.example"}, nil
		}}
		for range 2 { // a job may run twice
			if err := write.EndSecond(ending{tt.ended})(ctx, jobs.Job{Payload: payload}); err != nil {
				t.Fatal(err)
			}
		}
		if len(posted) != tt.mails {
			t.Fatalf("%+v: %d mails", tt, len(posted))
		}
		if m := posted["second:sub_2"]; tt.mails > 0 && (m.To != tt.email || !strings.Contains(m.Text, "€7.00 went back to the card: re_1") || !strings.Contains(m.Text, "sub_2")) {
			t.Errorf("%+v", m)
		}
	}
}
