package drill

import (
	"context"
	"fmt"
)

// The test cards, as Stripe names them. https://docs.stripe.com/testing
const (
	goodCard      = "4242424242424242"
	declinedCard  = "4000000000000002"
	poorCard      = "4000000000009995" // insufficient funds
	askingCard    = "4000002500003155" // asks for 3D Secure the first time
	alwaysAsking  = "4000002760003184" // asks at every payment, so renewals too
	laterCard     = "4000000000000341" // can be saved, and every charge fails
	disputingCard = "4000000000000259" // its holder takes the payment back
)

// fill gives a card and whatever else a payment page asks for.
func (f *form) fill(number string) []string {
	fields := []string{"number", number, "exp", "12/40", "cvc", "123"}
	for name, value := range map[string]string{
		"name": "Robin Reader", "line1": "12 Harbour Street", "postal": "1011 AB", "city": "Amsterdam",
	} {
		if hasControl(f.node, name, "") {
			fields = append(fields, name, value)
		}
	}
	return fields
}

// pay gives one card after the other on the stand-in's payment page, as people
// do whose first card is refused, and may give up before the last. It ends where
// the last page led.
func (v *visit) pay(ctx context.Context, p *page, cards ...string) (*page, error) {
	var err error
	for i, card := range cards {
		f := p.form("/c/pay/")
		if f == nil {
			return p, nil // it was paid, or ran out, in another turn
		}
		if i > 0 && v.chance(10) {
			return p, nil
		}
		if p, err = f.send(ctx, append(f.fill(card), "action", "pay")...); err != nil {
			return p, err
		}
		if p, err = v.confirm(ctx, p); err != nil {
			return p, err
		}
	}
	return p, nil
}

// confirm answers a bank that asks, mostly with yes.
func (v *visit) confirm(ctx context.Context, p *page) (*page, error) {
	if !p.at("/3ds/") {
		return p, nil
	}
	f := p.formWith("/3ds/", "outcome", "complete")
	if f == nil {
		return p, fmt.Errorf("the bank's page at %s has no button", p.url)
	}
	outcome := "complete"
	if v.chance(15) {
		outcome = "fail"
	}
	return f.send(ctx, "outcome", outcome)
}

// wallet are the cards that somebody tries when they buy.
func (r *reader) wallet() []string {
	switch n := r.dice.IntN(100); {
	case n < 70:
		return []string{goodCard}
	case n < 78:
		return []string{declinedCard, goodCard}
	case n < 86:
		return []string{poorCard, declinedCard, goodCard}
	case n < 94:
		return []string{askingCard, askingCard}
	case n < 98:
		return []string{alwaysAsking, goodCard}
	default:
		return []string{disputingCard}
	}
}

// another is the card that somebody gives when they are asked for another.
func (r *reader) another() string {
	switch n := r.dice.IntN(100); {
	case n < 60:
		return goodCard
	case n < 85:
		return laterCard
	case n < 93:
		return askingCard
	default:
		return alwaysAsking
	}
}
