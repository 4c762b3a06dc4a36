package journey_test

import (
	"strings"
	"testing"

	"broadsheet/billing"
)

// The publisher is told a stage of a dispute while it is the newest, and with
// what it means for the gift.
func TestGiftDisputeLetters(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]string{
		"needs_response": "code does not work until", "won": "code works again", "lost": "stays dead", "warning_needs_response": "code stays good",
	} {
		d := billing.GiftDispute{ID: "dp_1", Status: status, URL: "https://desk.example"}
		h := &giftHouse{gift: billing.Gift{ID: "g1", Plan: "digital", Months: 3, State: billing.GiftVoid, Dispute: d, Buyer: billing.Person{Email: "ada@example.org"}}}
		for _, stage := range []string{"inquiry", "open", "won", "lost"} {
			if err := h.run(t, billing.Effect{Kind: billing.EffectGiftDispute, Key: "gift.dispute:dp_1:" + stage, Gift: "g1"}); err != nil {
				t.Fatal(err)
			}
		}
		if len(h.posted) != 1 || h.posted[0].To != "desk@example.org" || !strings.Contains(strings.Join(strings.Fields(h.posted[0].Text), " "), want) {
			t.Errorf("%s: %+v", status, h.posted)
		}
	}
}

// A refund that did not arrive is told to who was to get it and to the publisher.
func TestAGiftsRefundThatFailedIsTold(t *testing.T) {
	t.Parallel()
	h := &giftHouse{gift: billing.Gift{ID: "g1", Plan: "digital", Months: 3, State: billing.GiftPaid, Failure: "unknown", Buyer: billing.Person{Email: "ada@example.org"}}}
	e := billing.Effect{Kind: billing.EffectGiftBounced, Key: "gift.bounced:re_1", Gift: "g1", Credit: "re_1", Bounced: billing.Bounced{Money: billing.Money{Amount: 2100, Currency: "eur"}}}
	if err := h.run(t, e); err != nil {
		t.Fatal(err)
	}
	if len(h.posted) != 2 || h.posted[0].To != "ada@example.org" || h.posted[1].To != "desk@example.org" || h.posted[0].Key == h.posted[1].Key ||
		!strings.Contains(h.posted[0].Text, "€21.00") || !strings.Contains(h.posted[0].Text, "/gifts/of/") || !strings.Contains(h.posted[1].Text, "re_1") {
		t.Errorf("%+v", h.posted)
	}
}
