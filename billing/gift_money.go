package billing

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"broadsheet/internal/fault"
)

// recordGift takes the one step that a look at Stripe asks for, and asks for
// what must be told.
func (s *Service) recordGift(ctx context.Context, g Gift, sale GiftSale, at time.Time) error {
	was := g
	g.Dispute = sale.dispute()
	follow := s.turnGift(&g, sale, at)
	if g.State == GiftOpen {
		return nil
	}
	follow = append(follow, g.alerts(sale, at)...)
	if g != was {
		if ok, err := s.Store.ChangeGift(ctx, g); err != nil {
			return err
		} else if !ok {
			return fault.New(fault.Unavailable, "The gift was changed at the same moment. Please try again.", nil) // and the next look sees how
		}
	}
	for _, e := range follow {
		if err := s.once(ctx, e, at); err != nil {
			return err
		}
	}
	return nil
}

// turnGift makes the gift's state what the sale says, and gives what follows.
func (s *Service) turnGift(g *Gift, sale GiftSale, at time.Time) []Effect {
	switch {
	case g.State == GiftOpen && sale.Paid:
		return s.giftPaid(g, sale, at)
	case g.State == GiftPaid && sale.dead():
		g.State, g.Closed = GiftVoid, at
	case g.State == GiftVoid && sale.Paid && !sale.dead():
		g.State, g.Closed = GiftPaid, time.Time{} // a dispute that was won, or a refund that did not arrive
		g.Sending++
		return []Effect{delivery(*g)}
	case g.State == GiftReturning && sale.dispute().Took():
		if g.Dispute.Lost() {
			g.State = GiftVoid // the bank gave the money back, and we do not give it once more
		}
	case g.State == GiftReturned && !sale.dead():
		return s.giftNotReturned(g, sale)
	case g.State == GiftReturning && g.Dispute.Status == DisputeWon:
		return []Effect{giftReturn(*g)} // what was taken back before can be given back now
	case g.State == GiftRedeemed && sale.dead():
		s.Log.Warn("a gift was refunded or disputed after it was redeemed: the desk decides", "gift", g.ID, "charge", sale.Charge)
		return []Effect{g.tells(EffectGiftTrouble, "gift.trouble:"+g.ID)}
	}
	return nil
}

func (g Gift) tells(kind, key string) Effect {
	return Effect{Kind: kind, Key: key, ReaderID: g.ReaderID, Gift: g.ID}
}

func (s *Service) giftPaid(g *Gift, sale GiftSale, at time.Time) []Effect {
	g.State, g.Paid, g.SessionID, g.Customer = GiftPaid, at, sale.Session, sale.Customer
	g.Charge, g.Invoice, g.Number, g.Receipt = sale.Charge, sale.Invoice, sale.Number, sale.Receipt
	g.Serial, g.Sending = 1, 1
	g.CodeHash = hashGiftCode(s.Gifts.code(g.ID, g.Serial))
	if sale.dead() {
		g.State, g.Closed = GiftVoid, at
		return nil
	}
	return []Effect{g.tells(EffectGiftBought, "gift.bought:"+g.ID), delivery(*g)}
}

// giftNotReturned is for a gift of which Stripe says that the money is with us
// after all. Where our refund failed the gift is its buyer's again, by a code
// that nobody else was ever given: they can use it, or take it back once more.
// Where none was made it is made now.
func (s *Service) giftNotReturned(g *Gift, sale GiftSale) []Effect {
	for _, f := range sale.Failed {
		if f.ID == g.Refund {
			g.State, g.Closed, g.Refund, g.Failure = GiftPaid, time.Time{}, "", cmp.Or(f.Failure, "unknown")
			g.Serial++
			g.CodeHash = hashGiftCode(s.Gifts.code(g.ID, g.Serial))
			g.To.Email, g.Sent = "", time.Time{}
			return nil
		}
	}
	g.State = GiftReturning
	return []Effect{giftReturn(*g)}
}

// giftReturn asks for the refund, once for each code and each time that a bank
// let the money go.
func giftReturn(g Gift) Effect {
	key := fmt.Sprintf("gift.return:%s:%d", g.ID, g.Serial)
	if g.Dispute.ID != "" {
		key += ":" + g.Dispute.ID + ":" + g.Dispute.Status
	}
	return g.tells(EffectGiftReturn, key)
}

// GiftDisputeKey is the key of the letter that tells of a stage of a dispute;
// "" for none. Of a letter whose stage is past another one was asked for.
func GiftDisputeKey(d GiftDispute) string {
	stage := "open"
	switch {
	case d.ID == "" || d.Status == inquiryClosed:
		return ""
	case Dispute{Status: d.Status}.Inquiry():
		stage = "inquiry"
	case d.Status == DisputeWon || d.Status == DisputeLost:
		stage = d.Status
	}
	return "gift.dispute:" + d.ID + ":" + stage
}

// alerts are the letters that a sale's dispute and failed refunds ask for. The
// letter of trouble tells of the beginning of a dispute over a redeemed gift.
func (g Gift) alerts(sale GiftSale, at time.Time) (out []Effect) {
	open := g.Dispute.Took() && !g.Dispute.Lost()
	if key := GiftDisputeKey(g.Dispute); key != "" && at.Sub(sale.Dispute.Created) < disputesFor && (g.State != GiftRedeemed || !open) {
		e := g.tells(EffectGiftDispute, key)
		e.Dispute = g.Dispute.ID
		out = append(out, e)
	}
	for _, f := range sale.Failed {
		if at.Sub(f.Created) < disputesFor {
			e := g.tells(EffectGiftBounced, "gift.bounced:"+f.ID)
			e.Credit, e.Bounced = f.ID, Bounced{Money: f.Money, Failure: f.Failure}
			out = append(out, e)
		}
	}
	return out
}

// Bounced is a refund that did not arrive.
type Bounced struct {
	Money   Money  `json:"money"`
	Failure string `json:"failure,omitempty"` // Stripe's word
}

// RefundGift makes the refund of a gift that was taken back. What went back
// already is not given again, and what a bank has is not given beside: the look
// that sees the bank let go asks for this once more.
func (s *Service) RefundGift(ctx context.Context, gift string) error {
	g, ok, err := s.Store.GiftByID(ctx, gift)
	if err != nil || !ok || g.State != GiftReturning {
		return err
	}
	name := "customer:" + g.Customer
	return s.leased(ctx, name, func(ctx context.Context, fence int64) error {
		sale, err := s.Gateway.GiftSale(ctx, g.SessionID)
		if err != nil {
			return err
		}
		write := func(change func(ctx context.Context, g Gift) error) error {
			return s.Store.InTx(ctx, func(ctx context.Context) error {
				if err := s.Store.HoldLease(ctx, name, fence); err != nil {
					return err
				}
				g, ok, err := s.Store.GiftByID(ctx, gift)
				if err != nil || !ok || g.State != GiftReturning {
					return err
				}
				return change(ctx, g)
			})
		}
		if sale.dispute().Took() {
			return write(func(ctx context.Context, g Gift) error {
				return s.recordGift(ctx, g, sale, s.Paper.Now().Truncate(time.Microsecond))
			})
		}
		refund := ""
		if rest := sale.Money.Amount - sale.Refunded; rest > 0 && sale.Charge != "" {
			// Another try after a refund that failed has another key: Stripe would answer with that one.
			key := fmt.Sprintf("gift.back:%s:%d:%d:%d", g.ID, g.Serial, len(sale.Failed), rest)
			made, err := s.Gateway.Refund(ctx, sale.Charge, rest, g.ID, key)
			if err != nil {
				return err
			}
			refund = made.ID
		}
		return write(func(ctx context.Context, g Gift) error { return s.returned(ctx, g, refund) })
	})
}

func (s *Service) returned(ctx context.Context, g Gift, refund string) error {
	g.State, g.Refund, g.Failure = GiftReturned, refund, ""
	if ok, err := s.Store.ChangeGift(ctx, g); err != nil || !ok {
		return fmt.Errorf("gift %s is not written as refunded: %w", g.ID, changedOr(err))
	}
	return s.once(ctx, g.tells(EffectGiftBack, fmt.Sprintf("gift.back:%s:%d", g.ID, g.Serial)), s.Paper.Now())
}

func changedOr(err error) error {
	if err == nil {
		return changedMeanwhile()
	}
	return err
}
