package journey

import (
	"context"
	"fmt"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/reader"
	letters "broadsheet/views/mail"
)

// credited writes of money that went back, unless it did not after all.
func (b BillingLetters) credited(ctx context.Context, e billing.Effect, _ reader.Reader) (letterWriter, error) {
	c, ok, err := b.Store.CreditByID(ctx, e.Credit)
	if err != nil || !ok || !c.Holds() {
		return nil, err
	}
	inv, plan, err := b.billed(ctx, c.Invoice)
	if err != nil {
		return nil, err
	}
	letter := letters.Credited{Plan: plan, Number: inv.Number, Invoice: inv.ID, At: c.Created, Reason: c.Reason, Money: c.Money}
	if c.Kind == billing.CreditNote {
		letter.Kept = true
		if carried, ok, err := b.Store.CreditByID(ctx, c.Refund); err != nil {
			return nil, err
		} else if ok {
			letter.Money.Amount -= carried.Money.Amount // its own letter tells of that
		}
	}
	return letter, nil
}

// billed is an invoice and what its plan is called; the zero invoice for none.
func (b BillingLetters) billed(ctx context.Context, id string) (billing.Invoice, string, error) {
	inv, ok, err := b.Store.InvoiceByID(ctx, id)
	if err != nil || !ok {
		return billing.Invoice{}, "Your payment", err
	}
	_, plan, err := b.bought(ctx, inv.Subscription)
	return inv, plan, err
}

// disputeEnder ends what a lost dispute was about.
type disputeEnder interface {
	EndDisputed(ctx context.Context, subscription string) error
}

// HandleMoves registers the alerts to the publisher about money that a bank
// sent or took back, and the end of what was lost.
func (b BillingLetters) HandleMoves(on func(kind string, h jobs.Handler), e disputeEnder) {
	on(billing.EffectRefundFailed, b.alert(b.refundFailed))
	on(billing.EffectInquiry, b.alert(b.disputed(letters.StageInquiry)))
	on(billing.EffectDisputed, b.alert(b.disputed(letters.StageOpened)))
	on(billing.EffectDisputeWon, b.alert(b.disputed(letters.StageWon)))
	tell := b.alert(b.disputed(letters.StageLost))
	on(billing.EffectDisputeLost, func(ctx context.Context, j jobs.Job) error {
		var about billing.Effect
		if err := j.Into(&about); err != nil {
			return err
		}
		if err := e.EndDisputed(ctx, about.Subscription); err != nil {
			return err
		}
		return tell(ctx, j)
	})
}

// alert turns an effect into a mail to the publisher, with the same key.
func (b BillingLetters) alert(write func(ctx context.Context, e billing.Effect, whose string) (letterWriter, error)) jobs.Handler {
	return func(ctx context.Context, j jobs.Job) error {
		var about billing.Effect
		if err := j.Into(&about); err != nil {
			return err
		}
		house, err := b.House(ctx)
		if err != nil || house.Paper.Email == "" {
			return err // nobody to write to; the rows have it
		}
		whose := about.ReaderID
		if r, err := b.Store.Reader(ctx, about.ReaderID); err == nil && r.Email != "" {
			whose = r.Email
		} else if err != nil && !fault.Is(err, fault.Missing) {
			return err
		}
		letter, err := write(ctx, about, whose)
		if err != nil || letter == nil {
			return err
		}
		text, err := letter.Letter(house)
		if err != nil {
			return fmt.Errorf("%s: %w", about.Kind, err)
		}
		return b.Outbox.Post(ctx, mail.Message{To: house.Paper.Email, Subject: text.Subject, Text: text.Text, HTML: text.HTML, Key: about.Key})
	}
}

func (b BillingLetters) refundFailed(ctx context.Context, e billing.Effect, whose string) (letterWriter, error) {
	c, ok, err := b.Store.CreditByID(ctx, e.Credit)
	if err != nil || !ok {
		return nil, err
	}
	inv, _, err := b.billed(ctx, c.Invoice)
	return letters.RefundFailed{Reader: whose, Money: c.Money, Number: inv.Number, Refund: c.ID, Failure: c.Failure}, err
}

// bounced tells the reader that their refund did not arrive.
func (b BillingLetters) bounced(ctx context.Context, e billing.Effect, _ reader.Reader) (letterWriter, error) {
	c, ok, err := b.Store.CreditByID(ctx, e.Credit)
	if err != nil || !ok || c.Status != billing.RefundFailed {
		return nil, err
	}
	inv, plan, err := b.billed(ctx, c.Invoice)
	return letters.RefundBounced{Plan: plan, Money: c.Money, Number: inv.Number, Invoice: inv.ID, Failure: c.Failure}, err
}

func (b BillingLetters) disputed(stage letters.DisputeStage) func(context.Context, billing.Effect, string) (letterWriter, error) {
	return func(ctx context.Context, e billing.Effect, whose string) (letterWriter, error) {
		d, ok, err := b.Store.DisputeByID(ctx, e.Dispute)
		if err != nil || !ok {
			return nil, err
		}
		inv, plan, err := b.billed(ctx, d.Invoice)
		if err != nil {
			return nil, err
		}
		all, err := b.Store.Catalogue(ctx)
		return letters.Disputed{
			Stage: stage, Reader: whose, Plan: plan, Number: inv.Number, Dispute: d.ID, Money: d.Money, Reason: d.Reason, Due: d.Due, URL: d.URL,
			Held: all.Disputes == billing.DisputeSuspends,
		}, err
	}
}
