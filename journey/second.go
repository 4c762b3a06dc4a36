package journey

import (
	"context"
	"fmt"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	letters "broadsheet/views/mail"
)

// ender ends a subscription that a reader has beside another.
type ender interface {
	EndSecond(ctx context.Context, readerID, subscription string) (billing.Ending, bool, error)
}

// EndSecond is the job of EffectSecond: the subscription is ended and refunded,
// and the publisher hears of it, once.
func (b BillingLetters) EndSecond(e ender) jobs.Handler {
	return func(ctx context.Context, j jobs.Job) error {
		var about billing.Effect
		if err := j.Into(&about); err != nil {
			return err
		}
		end, ok, err := e.EndSecond(ctx, about.ReaderID, about.Subscription)
		if err != nil || !ok {
			return err
		}
		house, err := b.House(ctx)
		if err != nil || house.Paper.Email == "" {
			return err // nobody to write to; the log has it
		}
		_, plan, err := b.bought(ctx, about.Subscription)
		if err != nil {
			return err
		}
		whose := about.ReaderID
		if r, err := b.Store.Reader(ctx, about.ReaderID); err == nil && r.Email != "" {
			whose = r.Email
		} else if err != nil && !fault.Is(err, fault.Missing) {
			return err
		}
		text, err := letters.Second{
			Reader: whose, Plan: plan, Subscription: end.Subscription, Refund: end.Refund, Refunds: end.Refunds,
		}.Letter(house)
		if err != nil {
			return fmt.Errorf("%s: %w", about.Kind, err)
		}
		return b.Outbox.Post(ctx, mail.Message{To: house.Paper.Email, Subject: text.Subject, Text: text.Text, HTML: text.HTML, Key: about.Key})
	}
}
