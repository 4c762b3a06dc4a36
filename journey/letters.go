package journey

import (
	"context"
	"fmt"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/clock"
	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"
	"broadsheet/internal/mail"
	"broadsheet/reader"
	letters "broadsheet/views/mail"
)

// EnqueueEffects puts what follows from a sync into the job queue.
func EnqueueEffects(q jobs.Queue) billing.Enqueue {
	return func(ctx context.Context, e billing.Effect) error {
		return q.Enqueue(ctx, jobs.New{Kind: e.Kind, Key: e.Key, Payload: e, RunAt: e.RunAt})
	}
}

// lettersStore is what letters about money say.
type lettersStore interface {
	Reader(ctx context.Context, id string) (reader.Reader, error)
	Catalogue(ctx context.Context) (billing.Catalogue, error)
	SubscriptionByID(ctx context.Context, id string) (billing.Subscription, bool, error)
	InvoiceByID(ctx context.Context, id string) (billing.Invoice, bool, error)
	CustomerByID(ctx context.Context, id string) (billing.Customer, bool, error)
	GiftMoved(ctx context.Context, subscription string, until time.Time) (bool, error)
	CreditByID(ctx context.Context, id string) (billing.Credit, bool, error)
	DisputeByID(ctx context.Context, id string) (billing.Dispute, bool, error)
}

// BillingLetters writes the letters that follow from a sync.
type BillingLetters struct {
	Store  lettersStore
	Outbox outbox
	House  func(ctx context.Context) (letters.House, error)
	Cards  billing.CardLinks // for letters about failed payments
	Wall   clock.Clock
}

// Handle registers the letters with the runner of the jobs.
func (b BillingLetters) Handle(on func(kind string, h jobs.Handler)) {
	on(billing.EffectWelcome, b.job(b.welcome))
	on(billing.EffectReceipt, b.job(b.receipt))
	on(billing.EffectDeclined, b.job(b.declined))
	on(billing.EffectConfirm, b.job(b.confirm))
	on(billing.EffectRecovered, b.job(b.recovered))
	on(billing.EffectLapsed, b.job(b.lapsed))
	on(billing.EffectCardOld, b.job(b.cardExpires))
	on(billing.EffectRenews, b.job(b.renews))
	on(billing.EffectTrialEnds, b.job(b.trialEnds))
	on(billing.EffectTrialOver, b.job(b.trialOver))
	on(billing.EffectCredited, b.job(b.credited))
	on(billing.EffectRefundBack, b.job(b.bounced))
	on(billing.EffectPaused, b.job(b.paused))
	on(billing.EffectReturns, b.job(b.returns))
	on(billing.EffectChanged, b.job(b.changed))
}

type letterWriter interface {
	Letter(h letters.House) (letters.Letter, error)
}

// job turns an effect into a mail with the same key: a job that runs twice
// sends one.
func (b BillingLetters) job(write func(context.Context, billing.Effect, reader.Reader) (letterWriter, error)) jobs.Handler {
	return func(ctx context.Context, j jobs.Job) error {
		var e billing.Effect
		if err := j.Into(&e); err != nil {
			return err
		}
		who, err := b.Store.Reader(ctx, e.ReaderID)
		if fault.Is(err, fault.Missing) || err == nil && who.Email == "" {
			return nil // erased since: there is nobody to write to
		}
		if err != nil {
			return err
		}
		letter, err := write(ctx, e, who)
		if err != nil || letter == nil {
			return err
		}
		house, err := b.House(ctx)
		if err != nil {
			return err
		}
		text, err := letter.Letter(house)
		if err != nil {
			return fmt.Errorf("%s: %w", e.Kind, err)
		}
		return b.Outbox.Post(ctx, mail.Message{To: who.Email, Subject: text.Subject, Text: text.Text, HTML: text.HTML, Key: e.Key, Origin: mail.Origin{Reader: who.ID, Kind: j.Kind, Cause: j.Payload}})
	}
}

// welcome greets a new subscriber. Where the address was never proven, its
// owner is told what was bought with it instead.
func (b BillingLetters) welcome(ctx context.Context, e billing.Effect, who reader.Reader) (letterWriter, error) {
	sub, plan, err := b.bought(ctx, e.Subscription)
	if err != nil || sub == nil {
		return nil, err
	}
	if !who.IsVerified() {
		bought := letters.Purchase{Plan: plan, Money: sub.Money, Interval: sub.Interval, At: sub.Started}
		if sub.Status == billing.Trialing {
			bought.Free = sub.TrialEnd
		}
		return bought, nil
	}
	if sub.Status == billing.Trialing {
		return b.trialBegan(ctx, *sub, plan, who)
	}
	return letters.Welcome{Name: who.Name, Plan: plan, Money: sub.Money, Interval: sub.Interval, Next: sub.PeriodEnd, Sum: otherSum(*sub)}, nil
}

func (b BillingLetters) receipt(ctx context.Context, e billing.Effect, who reader.Reader) (letterWriter, error) {
	inv, ok, err := b.Store.InvoiceByID(ctx, e.Invoice)
	if err != nil || !ok {
		return nil, err
	}
	sub, plan, err := b.bought(ctx, inv.Subscription)
	if err != nil {
		return nil, err
	}
	var next time.Time
	var sum billing.Money
	if sub != nil && sub.Status == billing.Active {
		next, sum = sub.NextPayment(), otherSum(*sub)
	}
	paidAt := inv.PaidAt
	if paidAt.IsZero() {
		paidAt = inv.Created
	}
	return letters.Receipt{
		Name: who.Name, Number: inv.Number, Plan: plan, Paid: billing.Money{Amount: inv.Paid, Currency: inv.Money.Currency},
		At: paidAt, Card: cardWords(e.Card), From: inv.PeriodStart, To: inv.PeriodEnd, Next: next, Sum: sum, Lines: discounted(inv), Invoice: inv.ID,
	}, nil
}

// bought is a subscription and what its plan is called; nil if it isn't known.
func (b BillingLetters) bought(ctx context.Context, id string) (*billing.Subscription, string, error) {
	sub, ok, err := b.Store.SubscriptionByID(ctx, id)
	if err != nil || !ok {
		return nil, "Your plan", err
	}
	c, err := b.Store.Catalogue(ctx)
	if err != nil {
		return nil, "", err
	}
	plan, ok := c.Plan(sub.Plan)
	if !ok {
		return &sub, "Your plan", nil
	}
	return &sub, plan.Name, nil
}
