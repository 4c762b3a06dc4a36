package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/id"
)

// Bounds of what a gift says and when it is sent.
const (
	GiftMessageMost = 600 // characters
	GiftNameMost    = 80
	GiftAhead       = 1  // years that a gift can be bought ahead
	giftSendings    = 10 // mails that a gift can cause to its recipient
)

// GiftOrder is what somebody wants to give.
type GiftOrder struct {
	ReaderID  string // "" without an account
	Buyer     Person
	BuyerForm string
	Visitor   string
	LookupKey string
	To        Person
	Message   string
	DeliverAt time.Time
}

// BuyGift gives the address of the page where a gift is paid. The row is
// written first, and the session carries its id: whatever is lost, a payment
// finds its gift. Faults: Invalid with ErrNotSold.
func (s *Service) BuyGift(ctx context.Context, o GiftOrder) (url string, err error) {
	c, err := s.Store.Catalogue(ctx)
	if err != nil {
		return "", err
	}
	plan, price, ok := c.GiftPrice(o.LookupKey)
	if !ok {
		return "", fault.New(fault.Invalid, "That gift is not on sale. Choose one of those below.", ErrNotSold)
	}
	now := s.Paper.Now()
	g := Gift{
		ID: id.New(now), ReaderID: o.ReaderID, Buyer: o.Buyer, BuyerForm: o.BuyerForm, Visitor: o.Visitor,
		Plan: plan.Key, LookupKey: price.LookupKey, Months: price.Months, Money: price.Money,
		To: o.To, Message: o.Message, DeliverAt: o.DeliverAt, State: GiftOpen, Created: now,
	}
	if err := s.Store.AddGift(ctx, g); err != nil {
		return "", err
	}
	session, err := s.Gateway.OpenGift(ctx, NewGiftSession{
		GiftID: g.ID, Email: o.Buyer.Email, LookupKey: g.LookupKey, Text: fmt.Sprintf("%s for %d months, a gift", plan.Name, g.Months),
		SuccessURL: s.BaseURL + "/gifts/done?session={CHECKOUT_SESSION_ID}", CancelURL: s.BaseURL + "/gifts", Key: "gift.open:" + g.ID,
	})
	if err != nil {
		return "", err
	}
	g.SessionID = session.ID
	_, err = s.Store.ChangeGift(ctx, g)
	return session.URL, err
}

// FinishGift is the return from Stripe's page. The session's id is a hint:
// Stripe is asked what came of it. Missing for one that no gift has.
func (s *Service) FinishGift(ctx context.Context, session string) (Gift, error) {
	g, ok, err := s.Store.GiftBySession(ctx, session)
	if err != nil {
		return g, err
	}
	if !ok {
		return g, noGift()
	}
	soon, cancel := context.WithTimeout(ctx, finishWait)
	defer cancel()
	if err := s.askForGift(soon, g); err != nil {
		// What was paid is paid: the webhook will bring it.
		s.Log.Error("the return from a gift's checkout could not be synced", "gift", g.ID, "err", err)
	}
	g, _, err = s.Store.GiftByID(ctx, g.ID)
	return g, err
}

// askForGift brings what Stripe says of a gift's session.
func (s *Service) askForGift(ctx context.Context, g Gift) error {
	if g.SessionID == "" {
		return nil
	}
	sale, err := s.Gateway.GiftSale(ctx, g.SessionID)
	if fault.Is(err, fault.Missing) {
		return nil
	}
	if err != nil || sale.Customer == "" {
		return err
	}
	_, err = s.Sync(ctx, sale.Customer)
	return err
}

// reconcileGifts asks for every gift that waits for its payment.
func (s *Service) reconcileGifts(ctx context.Context) error {
	var failed error
	for after := ""; ; {
		page, err := s.Store.OpenGifts(ctx, after, 200)
		if err != nil || len(page) == 0 {
			return errors.Join(failed, err)
		}
		for _, g := range page {
			after = g.ID
			failed = errors.Join(failed, s.askForGift(ctx, g))
		}
	}
}

// lookAtGifts asks which gifts a customer bought that is no reader's. Each gift
// has a customer of its own, so that no gift touches what its buyer subscribes
// to.
func (s *Service) lookAtGifts(ctx context.Context, c Customer) ([]GiftSale, error) {
	if c.ReaderID != "" || c.Deleted {
		return nil, nil
	}
	if _, known, err := s.Store.CustomerByID(ctx, c.ID); err != nil || known {
		return nil, err
	}
	return s.Gateway.GiftSales(ctx, c.ID)
}

// recordGifts writes what a look saw of gifts, in the transaction of Sync.
func (s *Service) recordGifts(ctx context.Context, customer string, sales []GiftSale, at time.Time) error {
	for _, sale := range sales {
		g, ok, err := s.Store.GiftByID(ctx, sale.GiftID)
		if err != nil {
			return err
		}
		if !ok || g.SessionID != "" && g.SessionID != sale.Session {
			s.Log.Error("a gift was paid that is not known here", "session", sale.Session, "gift", sale.GiftID)
			if err := s.Store.Quarantine(ctx, Oddity{Ref{"checkout.session", sale.Session}, UnknownGift, at}); err != nil {
				return err
			}
			continue
		}
		if err := s.recordGift(ctx, g, sale, at); err != nil {
			return err
		}
	}
	return s.Store.Release(ctx, Ref{KindCustomer, customer}, ForeignCustomer, at)
}

// UnknownGift is why a paid session is set aside.
const UnknownGift = "no gift of ours has this session"

// delivery is the mail that brings a gift, on its day. A gift that its buyer
// hands over has none, and neither has one that was sent.
func delivery(g Gift) Effect {
	return Effect{
		Kind: EffectGiftDeliver, Key: fmt.Sprintf("gift.deliver:%s:%d", g.ID, g.Sending), ReaderID: g.ReaderID, Gift: g.ID,
		Sending: g.Sending, RunAt: g.DeliverAt,
	}
}
