package journey

import (
	"context"
	"errors"

	"broadsheet/billing"
	"broadsheet/internal/jobs"
	"broadsheet/reader"
	letters "broadsheet/views/mail"
)

// unpaid is what a letter about a failed payment speaks of; ok is false when it
// was paid, or given up, before the letter was written.
func (b BillingLetters) unpaid(ctx context.Context, e billing.Effect) (inv billing.Invoice, sub *billing.Subscription, plan string, ok bool, err error) {
	inv, ok, err = b.Store.InvoiceByID(ctx, e.Invoice)
	if err != nil || !ok || inv.Status != billing.InvoiceOpen && inv.Status != billing.InvoiceUncollectible {
		return inv, nil, "", false, err
	}
	sub, plan, err = b.bought(ctx, inv.Subscription)
	return inv, sub, plan, sub != nil, err
}

// owed is what of the invoice is still to pay.
func owed(inv billing.Invoice) billing.Money {
	return billing.Money{Amount: inv.Remaining, Currency: inv.Money.Currency}
}

func (b BillingLetters) declined(ctx context.Context, e billing.Effect, _ reader.Reader) (letterWriter, error) {
	inv, sub, plan, ok, err := b.unpaid(ctx, e)
	if err != nil || !ok {
		return nil, err
	}
	token := b.Cards.Seal(billing.CardLink{
		Customer: inv.Customer, Invoice: inv.ID, Card: e.Card.ID, Ends: b.Wall.Now().Add(billing.CardLinkLife),
	})
	return letters.Declined{
		Plan: plan, Money: owed(inv), Of: inv.Created, Until: e.Until, Next: e.NextAttempt, Why: billing.DeclineWords(sub.Decline), Token: token,
	}, nil
}

func (b BillingLetters) confirm(ctx context.Context, e billing.Effect, _ reader.Reader) (letterWriter, error) {
	inv, _, plan, ok, err := b.unpaid(ctx, e)
	if err != nil || !ok {
		return nil, err
	}
	return letters.Confirm{Plan: plan, Money: owed(inv), Of: inv.Created, Until: e.Until, Link: inv.HostedURL}, nil
}

func (b BillingLetters) recovered(ctx context.Context, e billing.Effect, _ reader.Reader) (letterWriter, error) {
	inv, ok, err := b.Store.InvoiceByID(ctx, e.Invoice)
	if err != nil || !ok {
		return nil, err
	}
	sub, plan, err := b.bought(ctx, inv.Subscription)
	if err != nil || sub == nil {
		return nil, err
	}
	letter := letters.Recovered{Plan: plan, Money: billing.Money{Amount: inv.Paid, Currency: inv.Money.Currency}}
	if sub.Status == billing.Active {
		letter.Next = sub.NextPayment()
	}
	return letter, nil
}

func (b BillingLetters) lapsed(ctx context.Context, e billing.Effect, _ reader.Reader) (letterWriter, error) {
	inv, _, plan, ok, err := b.unpaid(ctx, e)
	if err != nil || !ok {
		return nil, err
	}
	return letters.Lapsed{Plan: plan, Money: owed(inv), Of: inv.Created}, nil
}

// cardExpires writes of a card unless another has taken its place since.
func (b BillingLetters) cardExpires(ctx context.Context, e billing.Effect, _ reader.Reader) (letterWriter, error) {
	c, ok, err := b.Store.CustomerByID(ctx, e.Customer)
	if err != nil || !ok || c.Card != e.Card {
		return nil, err
	}
	sub, plan, err := b.bought(ctx, e.Subscription)
	if err != nil || sub == nil {
		return nil, err
	}
	letter := letters.CardExpires{Plan: plan, Last4: c.Card.Last4, Year: c.Card.ExpYear, Month: c.Card.RunsOut().AddDate(0, 0, -1).Month()}
	letter.Next = sub.NextPayment()
	return letter, nil
}

// renews writes of a renewal unless the plan was cancelled, or changed, since.
func (b BillingLetters) renews(ctx context.Context, e billing.Effect, _ reader.Reader) (letterWriter, error) {
	sub, plan, err := b.bought(ctx, e.Subscription)
	if err != nil || sub == nil || sub.Status != billing.Active || !sub.CancelAt.IsZero() || !sub.PeriodEnd.Equal(e.Until) {
		return nil, err
	}
	c, _, err := b.Store.CustomerByID(ctx, e.Customer)
	if err != nil {
		return nil, err
	}
	before, err := b.paidLess(ctx, *sub)
	if err != nil {
		return nil, err
	}
	return letters.Renews{Plan: plan, Money: sub.NextSum(), On: sub.PeriodEnd, Card: cardWords(c.Card), Before: before}, nil
}

// cardWords is the card as a sentence names it; "" for none.
func cardWords(c billing.Card) string {
	if c.Last4 == "" {
		return ""
	}
	return "the card ending " + c.Last4
}

// payer charges what is open to a new card.
type payer interface {
	PayOpen(ctx context.Context, customer, invoice string) error
}

// PayOpen is the job of EffectPay. A refusal is an answer: the reader hears of
// it by the letter about that attempt.
func PayOpen(p payer) jobs.Handler {
	return func(ctx context.Context, j jobs.Job) error {
		var e billing.Effect
		if err := j.Into(&e); err != nil {
			return err
		}
		err := p.PayOpen(ctx, e.Customer, e.Invoice)
		if _, declined := errors.AsType[*billing.Declined](err); declined {
			return nil
		}
		return err
	}
}

// ReminderJob is the daily job that finds whom to warn of a card or a renewal.
const ReminderJob = "billing.remind"

// reminder asks for the letters that only a day brings.
type reminder interface {
	Remind(ctx context.Context) error
}

// Remind is the job.
func Remind(r reminder) jobs.Handler {
	return func(ctx context.Context, _ jobs.Job) error { return r.Remind(ctx) }
}
