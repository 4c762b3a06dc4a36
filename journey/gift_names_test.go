package journey_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/journey"
)

// sends keeps to whom a gift was sent.
type sends struct {
	giverOfNothing
	to      billing.Person
	message string
}

func (s *sends) SendGift(_ context.Context, _ string, to billing.Person, message string, _ time.Time) (billing.Gift, error) {
	s.to, s.message = to, message
	return billing.Gift{}, nil
}

// giverOfNothing is the rest of what gifts need.
type giverOfNothing struct{}

func (giverOfNothing) BuyGift(context.Context, billing.GiftOrder) (string, error) { return "", nil }
func (giverOfNothing) LookAtGift(context.Context, string, billing.GiftTaker) (billing.GiftOffer, error) {
	return billing.GiftOffer{}, nil
}
func (giverOfNothing) Redeem(context.Context, string, billing.GiftTaker) (billing.Redemption, error) {
	return billing.Redemption{}, nil
}

// A name turns nothing round that is read after it and breaks no line; a message
// stays as it was typed.
func TestNamesOnGifts(t *testing.T) {
	t.Parallel()
	got := &sends{}
	gifts := journey.NewGifts(journey.GiftParts{Billing: got})
	form := journey.GiftForm{ByHand: true, ToName: " Bo\u202e\u2066 \x07Berg\r\n🗞 <b>בו</b> ", Message: "שלום\n<i>Bo</i> 🗞", Wall: time.Now(), Paper: time.Now(), Zone: time.UTC}
	if _, err := gifts.Send(t.Context(), "gift", form); err != nil {
		t.Fatal(err)
	}
	if want := "Bo Berg 🗞 <b>בו</b>"; got.to.Name != want || got.message != form.Message {
		t.Errorf("sent to %q, want %q, with %q", got.to.Name, want, got.message)
	}
	form.ToName = strings.Repeat("ö", 10_000)
	_, err := gifts.Send(t.Context(), "gift", form)
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("ten thousand letters: %v", err)
	}
}
