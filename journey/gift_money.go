package journey

import (
	"context"
	"strings"

	"broadsheet/billing"
	letters "broadsheet/views/mail"
)

// disputed tells the publisher how the dispute over a gift's payment stands. What
// has moved on since has a letter of its own.
func (g GiftLetters) disputed(ctx context.Context, e billing.Effect, gift billing.Gift) error {
	d := gift.Dispute
	if billing.GiftDisputeKey(d) != e.Key {
		return nil
	}
	house, err := g.House(ctx)
	if err != nil {
		return err
	}
	about, err := g.about(ctx, gift)
	if err != nil {
		return err
	}
	stage := letters.StageOpened
	switch {
	case strings.HasSuffix(e.Key, ":inquiry"):
		stage = letters.StageInquiry
	case d.Status == billing.DisputeWon:
		stage = letters.StageWon
	case d.Lost():
		stage = letters.StageLost
	}
	return g.post(ctx, house.Paper.Email, e, letters.GiftDisputed{
		Gift: about, Stage: stage, Buyer: buyerOf(gift), Number: gift.Number, Dispute: d.ID, Money: gift.Money, Reason: d.Reason, Due: d.Due, URL: d.URL,
		Held: gift.State == billing.GiftRedeemed, Back: gift.State == billing.GiftReturning || gift.State == billing.GiftReturned,
	})
}

func buyerOf(gift billing.Gift) string {
	if gift.Buyer.Email == "" {
		return "somebody who is forgotten here"
	}
	return gift.Buyer.Email
}

// bounced tells the buyer, and the publisher, that the refund of a gift did not
// arrive.
func (g GiftLetters) bounced(ctx context.Context, e billing.Effect, gift billing.Gift) error {
	house, err := g.House(ctx)
	if err != nil {
		return err
	}
	about, err := g.about(ctx, gift)
	if err != nil {
		return err
	}
	again := gift.State == billing.GiftPaid
	letter := letters.RefundBounced{Money: e.Bounced.Money, Number: gift.Number, Failure: e.Bounced.Failure, Gift: &about, Again: again}
	if err := g.post(ctx, gift.Buyer.Email, e, letter); err != nil {
		return err
	}
	e.Key += ":desk"
	return g.post(ctx, house.Paper.Email, e, letters.RefundFailed{
		Reader: buyerOf(gift), Money: e.Bounced.Money, Number: gift.Number, Refund: e.Credit, Failure: e.Bounced.Failure, Again: again,
	})
}
