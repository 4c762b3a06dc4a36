package journey_test

import (
	"encoding/json"
	"testing"
	"time"

	"broadsheet/billing"
)

// A gift's mail that has left can be written anew by the desk, with what was
// noted of it; one that still waits for its morning cannot be hurried so.
func TestAGiftsLetterAgain(t *testing.T) {
	t.Parallel()
	h := &giftHouse{gift: billing.Gift{ID: "g1", Plan: "digital", Months: 3, State: billing.GiftPaid, Sending: 2, To: billing.Person{Email: "bo@example.org"}}}
	send := billing.Effect{Kind: billing.EffectGiftDeliver, Key: "gift.deliver:g1:2", Gift: "g1", Sending: 2}
	again := func(e billing.Effect) {
		t.Helper()
		e.Key = "again/1/" + e.Key
		if err := h.run(t, e); err != nil {
			t.Fatal(err)
		}
	}
	again(send)
	if len(h.posted) != 0 {
		t.Fatal("it left before its morning")
	}
	if err := h.run(t, send); err != nil {
		t.Fatal(err)
	}
	var noted billing.Effect
	if from := h.posted[0].Origin; json.Unmarshal(from.Cause, &noted) != nil || from.Kind != billing.EffectGiftDeliver || noted != send {
		t.Fatalf("noted is %+v", from)
	}
	sent := h.gift.Sent
	again(noted)
	if len(h.posted) != 2 || h.posted[1].To != "bo@example.org" || h.posted[1].Key == send.Key || !h.gift.Sent.Equal(sent) {
		t.Errorf("again: %+v", h.posted)
	}
	h.gift.State = billing.GiftRedeemed
	if again(noted); len(h.posted) != 2 {
		t.Error("a code that was used is sent again")
	}
	h.gift = billing.Gift{ID: "g1", Plan: "digital", Months: 3, State: billing.GiftPaid, Buyer: billing.Person{Email: "ada@example.org"}, Paid: time.Unix(1, 0)}
	again(billing.Effect{Kind: billing.EffectGiftBought, Key: "gift.bought:g1", Gift: "g1"})
	if last := h.posted[len(h.posted)-1]; last.To != "ada@example.org" || last.Origin.Kind != billing.EffectGiftBought {
		t.Errorf("the buyer's: %+v", last)
	}
}
