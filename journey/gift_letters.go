package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/reader"
	letters "broadsheet/views/mail"
)

// giftMinder is the part of billing that knows gifts.
type giftMinder interface {
	Gift(ctx context.Context, gift string) (billing.Gift, error)
	GiftCode(ctx context.Context, g billing.Gift) (string, error)
	GiftSent(ctx context.Context, g billing.Gift) (bool, error)
	GiftEnd(ctx context.Context, e billing.Effect) (billing.Grant, bool, error)
	RefundGift(ctx context.Context, gift string) error
	PushGift(ctx context.Context, gift string) error
	ForgetGifts(ctx context.Context) error
}

// giftLetterStore is what letters about gifts say.
type giftLetterStore interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	Reader(ctx context.Context, id string) (reader.Reader, error)
	Catalogue(ctx context.Context) (billing.Catalogue, error)
	RedemptionOf(ctx context.Context, gift string) (billing.Redemption, bool, error)
	SubscriptionByID(ctx context.Context, id string) (billing.Subscription, bool, error)
}

// GiftLetters writes the letters about gifts and does the work that they wait for.
type GiftLetters struct {
	Store  giftLetterStore
	Gifts  giftMinder
	Outbox outbox
	House  func(ctx context.Context) (letters.House, error)
	Links  billing.GiftLinks
}

// GiftForgetJob is the daily job that forgets who got gifts.
const GiftForgetJob = "gifts.forget"

// Handle registers the jobs.
func (g GiftLetters) Handle(on func(kind string, h jobs.Handler)) {
	on(billing.EffectGiftBought, g.job(g.bought))
	on(billing.EffectGiftDeliver, g.job(g.deliver))
	on(billing.EffectGiftBegan, g.job(g.began))
	on(billing.EffectGiftMonth, g.job(g.ending))
	on(billing.EffectGiftOver, g.job(g.ending))
	on(billing.EffectGiftBack, g.job(g.back))
	on(billing.EffectGiftTrouble, g.job(g.trouble))
	on(billing.EffectGiftDispute, g.job(g.disputed))
	on(billing.EffectGiftBounced, g.job(g.bounced))
	on(billing.EffectGiftReturn, work(g.Gifts.RefundGift))
	on(billing.EffectGiftPush, work(g.Gifts.PushGift))
}

// Forget is the job of GiftForgetJob.
func (g GiftLetters) Forget(ctx context.Context, _ jobs.Job) error { return g.Gifts.ForgetGifts(ctx) }

func work(do func(ctx context.Context, gift string) error) jobs.Handler {
	return func(ctx context.Context, j jobs.Job) error {
		var e billing.Effect
		if err := j.Into(&e); err != nil {
			return err
		}
		return do(ctx, e.Gift)
	}
}

// job gives a letter's writer the gift that its effect is about. A gift that is
// gone has no letter.
func (g GiftLetters) job(write func(ctx context.Context, e billing.Effect, gift billing.Gift) error) jobs.Handler {
	return func(ctx context.Context, j jobs.Job) error {
		var e billing.Effect
		if err := j.Into(&e); err != nil {
			return err
		}
		gift, err := g.Gifts.Gift(ctx, e.Gift)
		if fault.Is(err, fault.Missing) {
			return nil
		}
		if err != nil {
			return err
		}
		return write(ctx, e, gift)
	}
}

// post sends a letter, once for its effect's key. With the effect, the desk can
// have it written anew.
func (g GiftLetters) post(ctx context.Context, to string, e billing.Effect, letter letterWriter) error {
	if to == "" {
		return nil // erased, or forgotten: there is nobody to write to
	}
	house, err := g.House(ctx)
	if err != nil {
		return err
	}
	text, err := letter.Letter(house)
	if err != nil {
		return fmt.Errorf("%s: %w", e.Key, err)
	}
	cause, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return g.Outbox.Post(ctx, mail.Message{To: to, Subject: text.Subject, Text: text.Text, HTML: text.HTML, Key: e.Key, Origin: mail.Origin{Kind: e.Kind, Cause: cause}})
}

// about is what every letter says of a gift.
func (g GiftLetters) about(ctx context.Context, gift billing.Gift) (letters.Gift, error) {
	c, err := g.Store.Catalogue(ctx)
	if err != nil {
		return letters.Gift{}, err
	}
	plan, _ := c.Plan(gift.Plan)
	return letters.Gift{
		Plan: plan.Name, Months: gift.Months, From: gift.Buyer.Name, To: gift.To.Name, Message: gift.Message,
		Ships: plan.Has(billing.Print), Token: g.Links.Seal(gift.ID),
	}, nil
}

// bought is the buyer's receipt, and the way to the gift. To a buyer who hands it
// over it brings the code.
func (g GiftLetters) bought(ctx context.Context, e billing.Effect, gift billing.Gift) error {
	about, err := g.about(ctx, gift)
	if err != nil {
		return err
	}
	letter := letters.GiftBought{Gift: about, Paid: gift.Money, At: gift.Paid, Number: gift.Number, Receipt: gift.Receipt, Email: gift.To.Email, On: gift.DeliverAt}
	if gift.Handed() && gift.State == billing.GiftPaid {
		if letter.Code, err = g.Gifts.GiftCode(ctx, gift); err != nil {
			return err
		}
	}
	return g.post(ctx, gift.Buyer.Email, e, letter)
}

// deliver brings the gift to its recipient. That it was sent is written in the
// transaction that posts the mail, by whoever read the gift last: a change in
// between leaves this mail unsent, and has asked for another.
func (g GiftLetters) deliver(ctx context.Context, e billing.Effect, gift billing.Gift) error {
	again := strings.HasPrefix(e.Key, againKey) // the desk asked for what had left already
	if gift.State != billing.GiftPaid || gift.Sending != e.Sending || gift.Handed() || gift.Sent.IsZero() == again {
		return nil
	}
	about, err := g.about(ctx, gift)
	if err != nil {
		return err
	}
	code, err := g.Gifts.GiftCode(ctx, gift)
	if err != nil {
		return err
	}
	if gift, err = g.Gifts.Gift(ctx, gift.ID); err != nil { // its code may be a new one
		return err
	}
	if again {
		return g.post(ctx, gift.To.Email, e, letters.GiftArrives{Gift: about, Code: code})
	}
	return g.Store.InTx(ctx, func(ctx context.Context) error {
		if ok, err := g.Gifts.GiftSent(ctx, gift); err != nil || !ok {
			if err == nil {
				err = fmt.Errorf("gift %s changed while its mail was written", gift.ID) // looked at again
			}
			return err
		}
		return g.post(ctx, gift.To.Email, e, letters.GiftArrives{Gift: about, Code: code})
	})
}

// began tells the recipient what they have and until when.
func (g GiftLetters) began(ctx context.Context, e billing.Effect, gift billing.Gift) error {
	r, ok, err := g.Store.RedemptionOf(ctx, gift.ID)
	if err != nil || !ok {
		return err
	}
	about, err := g.about(ctx, gift)
	if err != nil {
		return err
	}
	to, err := g.holder(ctx, r.ReaderID)
	if err != nil {
		return err
	}
	return g.post(ctx, to, e, letters.GiftBegan{Gift: about, Begins: r.From, Ends: r.To, Later: r.From.After(r.At), Paying: r.Push.Subscription != ""})
}

// ending invites to go on, a month before the end and at it.
func (g GiftLetters) ending(ctx context.Context, e billing.Effect, gift billing.Gift) error {
	grant, ok, err := g.Gifts.GiftEnd(ctx, e)
	if err != nil || !ok {
		return err
	}
	about, err := g.about(ctx, gift)
	if err != nil {
		return err
	}
	to, err := g.holder(ctx, grant.ReaderID)
	if err != nil {
		return err
	}
	return g.post(ctx, to, e, letters.GiftEnds{Gift: about, Ends: grant.To, Over: e.Kind == billing.EffectGiftOver})
}

func (g GiftLetters) holder(ctx context.Context, readerID string) (email string, err error) {
	r, err := g.Store.Reader(ctx, readerID)
	if fault.Is(err, fault.Missing) {
		return "", nil
	}
	return r.Email, err
}

func (g GiftLetters) back(ctx context.Context, e billing.Effect, gift billing.Gift) error {
	about, err := g.about(ctx, gift)
	if err != nil {
		return err
	}
	return g.post(ctx, gift.Buyer.Email, e, letters.GiftBack{Gift: about, Money: gift.Money})
}

// trouble tells the publisher of a gift whose payment went back after it was
// redeemed. What follows is for people to decide.
func (g GiftLetters) trouble(ctx context.Context, e billing.Effect, gift billing.Gift) error {
	house, err := g.House(ctx)
	if err != nil {
		return err
	}
	r, ok, err := g.Store.RedemptionOf(ctx, gift.ID)
	if err != nil || !ok {
		return err
	}
	about, err := g.about(ctx, gift)
	if err != nil {
		return err
	}
	whose, err := g.holder(ctx, r.ReaderID)
	if err != nil {
		return err
	}
	if whose == "" {
		whose = r.ReaderID
	}
	return g.post(ctx, house.Paper.Email, e, letters.GiftTrouble{Gift: about, Money: gift.Money, Reader: whose, Ends: r.To, Charge: gift.Charge, Due: gift.Dispute.Due, URL: gift.Dispute.URL})
}
