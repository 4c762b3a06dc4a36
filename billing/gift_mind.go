package billing

import (
	"context"
	"fmt"
	"time"

	"broadsheet/internal/fault"
)

// Gift finds a gift by its id. Missing if there is none, or it was never paid.
func (s *Service) Gift(ctx context.Context, gift string) (Gift, error) {
	g, ok, err := s.Store.GiftByID(ctx, gift)
	if err == nil && (!ok || g.State == GiftOpen) {
		err = noGift()
	}
	return g, err
}

// GiftCode is the gift's code as it is written. Where the paper's secret was
// changed since, another code takes the place of the old one, which could not
// be written again.
func (s *Service) GiftCode(ctx context.Context, g Gift) (string, error) {
	if g.State != GiftPaid {
		return "", fault.New(fault.Conflict, "This gift has no code any more.", nil)
	}
	code := s.Gifts.code(g.ID, g.Serial)
	if hashGiftCode(code) == g.CodeHash {
		return code, nil
	}
	g.Serial++
	code = s.Gifts.code(g.ID, g.Serial)
	g.CodeHash = hashGiftCode(code)
	ok, err := s.Store.ChangeGift(ctx, g)
	if err == nil && !ok {
		err = changedMeanwhile()
	}
	return code, err
}

func changedMeanwhile() error {
	return fault.New(fault.Conflict, "The gift was changed at the same moment. Please look at it again.", nil)
}

// SendGift changes to whom a gift goes and when. Before it was sent that only
// moves the mail. Afterwards it is sent again, at once if the time has come; to
// another address with another code, so that whoever got the first has nothing.
// Without an address the buyer hands it over. Conflict once it is redeemed or
// taken back, TooMany after ten mails.
func (s *Service) SendGift(ctx context.Context, gift string, to Person, message string, at time.Time) (Gift, error) {
	var g Gift
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		var err error
		if g, err = s.Gift(ctx, gift); err != nil {
			return err
		}
		if g.State != GiftPaid {
			return fault.New(fault.Conflict, giftGone(g), nil)
		}
		if g.Sending >= giftSendings {
			return fault.New(fault.TooMany, "This gift was sent as often as we send one. Its code and its card are below: you can hand them over yourself.", nil)
		}
		if !g.Sent.IsZero() && to.Email != g.To.Email {
			g.Serial++
			g.CodeHash = hashGiftCode(s.Gifts.code(g.ID, g.Serial))
		}
		g.To, g.Message, g.DeliverAt, g.Sent = to, message, at, time.Time{}
		g.Sending++
		ok, err := s.Store.ChangeGift(ctx, g)
		if err != nil {
			return err
		}
		if !ok {
			return changedMeanwhile()
		}
		g.Rev++
		return s.once(ctx, delivery(g), s.Paper.Now())
	})
	return g, err
}

// giftGone says why nothing can be changed about a gift any more.
func giftGone(g Gift) string {
	switch g.State {
	case GiftRedeemed:
		return "This gift has been redeemed, so it cannot be changed any more."
	case GiftVoid:
		if g.Dispute.Took() {
			return "The payment for this gift was taken back at the bank, so its code no longer works."
		}
		return "The payment for this gift was refunded, so its code no longer works."
	case GiftReturning:
		return "This gift has been taken back."
	}
	return "This gift has been taken back. The payment is refunded."
}

// GiftSent notes that the mail left, in the transaction that posts it; false if
// the gift is not to be sent any more.
func (s *Service) GiftSent(ctx context.Context, g Gift) (bool, error) {
	g.Sent = s.Paper.Now()
	return s.Store.ChangeGift(ctx, g)
}

// ReturnGift takes a gift back that nobody has redeemed, and refunds all of it.
// It can be called again after any failure, and refunds once. Conflict once the
// gift is redeemed.
func (s *Service) ReturnGift(ctx context.Context, gift string) (Gift, error) {
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		g, err := s.Gift(ctx, gift)
		if err != nil {
			return err
		}
		switch g.State {
		case GiftReturning, GiftReturned:
			return nil
		case GiftPaid:
		default:
			return fault.New(fault.Conflict, giftGone(g), nil)
		}
		g.State, g.Closed = GiftReturning, s.Paper.Now()
		ok, err := s.Store.ChangeGift(ctx, g)
		if err != nil {
			return err
		}
		if !ok {
			return changedMeanwhile()
		}
		return s.once(ctx, giftReturn(g), s.Paper.Now())
	})
	if err != nil {
		return Gift{}, err
	}
	if err := s.RefundGift(ctx, gift); err != nil {
		s.Log.Error("a gift was taken back and its refund waits", "gift", gift, "err", err) // the job makes it
	}
	return s.Gift(ctx, gift)
}

// How long gifts keep what leads to a person.
const (
	giftWordsFor = 90 * 24 * time.Hour // after it was sent, or closed
	giftOpenFor  = 7 * 24 * time.Hour  // a session can be paid for a day
)

// ForgetGifts drops the recipient's name, address and the message of gifts that
// were sent long ago: they may have no account to ask it from. Gifts that nobody
// paid go as a whole, on Stripe's word alone: of one that was paid the news may
// have been lost.
func (s *Service) ForgetGifts(ctx context.Context) error {
	if err := s.reconcileGifts(ctx); err != nil {
		return fmt.Errorf("ask what became of the gifts that wait for their payment: %w", err)
	}
	now := s.Paper.Now()
	return s.Store.ForgetGifts(ctx, now.Add(-giftWordsFor), now.Add(-giftOpenFor))
}
