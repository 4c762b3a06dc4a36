package journey_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/journey"
	"broadsheet/news"
	"broadsheet/reader"
	letters "broadsheet/views/mail"
)

func TestGiftDay(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2024, 3, 30, 23, 30, 0, 0, time.UTC) // the 31st where the paper is, and the clocks go forward that night
	for day, want := range map[string]time.Time{
		"":            time.Date(2024, 3, 31, 8, 0, 0, 0, zone),
		"2024-03-31":  time.Date(2024, 3, 31, 8, 0, 0, 0, zone),
		" 2024-12-24": time.Date(2024, 12, 24, 8, 0, 0, 0, zone),
		"2025-03-31":  time.Date(2025, 3, 31, 8, 0, 0, 0, zone),
	} {
		if got, err := journey.GiftDay(day, now, zone); err != nil || !got.Equal(want) {
			t.Errorf("%q: %s %v, want %s", day, got, err, want)
		}
	}
	noon := time.Date(2024, 3, 31, 12, 0, 0, 0, zone)
	if got, err := journey.GiftDay("2024-03-31", noon, zone); err != nil || !got.Equal(noon) {
		t.Error("today, once its morning is past, is now:", got, err)
	}
	for day, want := range map[string]string{"2024-03-30": "past", "2025-04-01": "more than a year", "2024-02-31": "no day", "tomorrow": "no day"} {
		if _, err := journey.GiftDay(day, now, zone); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", day, err)
		}
	}
}

// giftHouse is a house with one gift.
type giftHouse struct {
	gift   billing.Gift
	sent   int
	race   bool // somebody changes the gift while its mail is written
	posted []mail.Message
}

func (h *giftHouse) Gift(context.Context, string) (billing.Gift, error)             { return h.gift, nil }
func (h *giftHouse) GiftCode(context.Context, billing.Gift) (string, error)         { return "CODE", nil }
func (h *giftHouse) RefundGift(context.Context, string) error                       { return nil }
func (h *giftHouse) PushGift(context.Context, string) error                         { return nil }
func (h *giftHouse) ForgetGifts(context.Context) error                              { return nil }
func (h *giftHouse) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }
func (h *giftHouse) GiftSent(context.Context, billing.Gift) (bool, error) {
	if h.race {
		return false, nil
	}
	h.sent++
	h.gift.Sent = time.Unix(1, 0)
	return true, nil
}
func (h *giftHouse) GiftEnd(context.Context, billing.Effect) (billing.Grant, bool, error) {
	return billing.Grant{}, false, nil
}
func (h *giftHouse) Reader(context.Context, string) (reader.Reader, error) {
	return reader.Reader{Email: "bo@example.org"}, nil
}
func (h *giftHouse) Catalogue(context.Context) (billing.Catalogue, error) {
	return billing.Catalogue{Plans: []billing.Plan{{Key: "digital", Name: "Digital"}}}, nil
}
func (h *giftHouse) RedemptionOf(context.Context, string) (billing.Redemption, bool, error) {
	return billing.Redemption{ReaderID: "r1", To: time.Unix(2, 0)}, true, nil
}
func (h *giftHouse) SubscriptionByID(context.Context, string) (billing.Subscription, bool, error) {
	return billing.Subscription{}, false, nil
}
func (h *giftHouse) Post(_ context.Context, m mail.Message) error {
	h.posted = append(h.posted, m)
	return nil
}

// run hands an effect to its job.
func (h *giftHouse) run(t *testing.T, e billing.Effect) error {
	t.Helper()
	links, err := billing.NewGiftLinks("the secret of this bench")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]jobs.Handler{}
	journey.GiftLetters{Store: h, Gifts: h, Outbox: h, Links: links, House: func(context.Context) (letters.House, error) {
		return letters.House{Paper: news.Publication{Name: "The Test", Email: "desk@example.org"}, BaseURL: "https://paper.example"}, nil
	}}.Handle(func(kind string, do jobs.Handler) { all[kind] = do })
	payload, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return all[e.Kind](t.Context(), jobs.Job{Kind: e.Kind, Key: e.Key, Payload: payload})
}

func TestAGiftIsSentOnceAndOnlyAsItStands(t *testing.T) {
	t.Parallel()
	fresh := func() *giftHouse {
		return &giftHouse{gift: billing.Gift{ID: "g1", Plan: "digital", Months: 3, State: billing.GiftPaid, Sending: 2, To: billing.Person{Email: "bo@example.org"}}}
	}
	send := billing.Effect{Kind: billing.EffectGiftDeliver, Key: "gift.deliver:g1:2", Gift: "g1", Sending: 2}
	h := fresh()
	for range 2 {
		if err := h.run(t, send); err != nil {
			t.Fatal(err)
		}
	}
	if len(h.posted) != 1 || h.posted[0].To != "bo@example.org" || h.posted[0].Key != send.Key || !strings.Contains(h.posted[0].Text, "CODE") {
		t.Errorf("sent %d times: %+v", len(h.posted), h.posted)
	}
	for name, change := range map[string]func(g *billing.Gift){
		"an older delivery": func(g *billing.Gift) { g.Sending = 3 },
		"taken back":        func(g *billing.Gift) { g.State = billing.GiftReturned },
		"redeemed":          func(g *billing.Gift) { g.State = billing.GiftRedeemed },
		"void":              func(g *billing.Gift) { g.State = billing.GiftVoid },
		"handed over":       func(g *billing.Gift) { g.To.Email = "" },
	} {
		h := fresh()
		change(&h.gift)
		if err := h.run(t, send); err != nil || len(h.posted) != 0 {
			t.Errorf("%s: sent %d, %v", name, len(h.posted), err)
		}
	}
	h = fresh()
	h.race = true
	if err := h.run(t, send); err == nil || len(h.posted) != 0 {
		t.Errorf("changed meanwhile: sent %d, %v", len(h.posted), err)
	}
}

func TestThePublisherHearsOfTrouble(t *testing.T) {
	t.Parallel()
	h := &giftHouse{gift: billing.Gift{ID: "g1", Plan: "digital", Months: 3, State: billing.GiftRedeemed, Charge: "ch_1"}}
	if err := h.run(t, billing.Effect{Kind: billing.EffectGiftTrouble, Key: "gift.trouble:g1", Gift: "g1"}); err != nil {
		t.Fatal(err)
	}
	if len(h.posted) != 1 || h.posted[0].To != "desk@example.org" || !strings.Contains(h.posted[0].Text, "bo@example.org") {
		t.Errorf("%+v", h.posted)
	}
}
