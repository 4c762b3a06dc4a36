package main

import (
	"context"
	"strings"
	"time"

	"broadsheet/billing"
	"broadsheet/billing/standin"
	"broadsheet/billing/stripepay"
	"broadsheet/handlers"
	"broadsheet/internal/config"
	"broadsheet/internal/jobs"
	"broadsheet/journey"
	"broadsheet/reader"
)

// openStripe joins what sells, and starts the stand-in where one is wanted.
func (p *paper) openStripe(ctx context.Context) error {
	var err error
	if p.stripe, err = newStripe(p.conf); err != nil {
		return err
	}
	p.holdings = handlers.NewHoldings(p.db)
	p.onClose(func() error { p.holdings.Close(); return nil })
	codes, err := billing.NewGiftCodes(p.conf.AppSecret.Reveal())
	if err != nil {
		return err
	}
	p.billing = billing.New(billing.Parts{
		Store: p.db, Gateway: p.stripe, Verifier: p.stripe, Paper: p.clocks.Paper, Wall: p.clocks.Wall,
		Enqueue: journey.EnqueueEffects(p.runner), Changed: p.holdings.Forget, Log: p.log, Gifts: codes, BaseURL: p.address(""), Counting: p.counts().Checkout,
	})
	if p.previews, err = billing.NewPreviews(p.conf.AppSecret.Reveal()); err != nil {
		return err
	}
	if p.cards, err = billing.NewCardLinks(p.conf.AppSecret.Reveal()); err != nil {
		return err
	}
	write := journey.BillingLetters{
		Store: p.db, Outbox: journey.Outbox{Queue: p.runner}, House: p.house, Cards: p.cards, Wall: p.clocks.Wall,
	}
	write.Handle(p.runner.Handle)
	if err := p.openGifts(); err != nil {
		return err
	}
	write.HandleMoves(p.runner.Handle, p.billing)
	p.runner.Handle(billing.EffectSecond, write.EndSecond(p.billing))
	journey.HandleCustody(p.runner.Handle, p.billing)
	p.runner.Handle(billing.EffectPay, journey.PayOpen(p.billing))
	p.runner.Every(journey.ReminderJob, 24*time.Hour, journey.Remind(p.billing))
	p.background = append(p.background, p.billing.Work, p.billing.KeepReconciled)
	if p.conf.UsesStandin() {
		s, err := startStandin(ctx, p.conf, p.on.standin, standin.Config{Clock: p.base.paper, Follower: p.pace(), Log: p.log})
		if err != nil {
			return err
		}
		p.standin = s
		p.onClose(s.stop)
	}
	return nil
}

// newStripe makes the client of Stripe, or of the stand-in.
func newStripe(conf config.Config) (*stripepay.Stripe, error) {
	secrets := strings.Split(conf.WebhookSecret.Reveal(), ",")
	for i := range secrets {
		secrets[i] = strings.TrimSpace(secrets[i])
	}
	return stripepay.New(stripepay.Config{
		Key: conf.StripeKey.Reveal(), APIBase: conf.StripeURL(), WebhookSecrets: secrets,
	})
}

// till joins what the site's pages about money stand on.
func (p *paper) till(keys reader.Keys) handlers.Till {
	return handlers.Till{
		Billing: p.billing, Readers: p.db, Cards: p.cards, Previews: p.previews, GiftShop: p.giftShop(keys),
		Buying: journey.NewCheckout(journey.CheckoutParts{Store: p.db, Billing: p.billing, Keys: keys, Addresses: p.mailable(), Counts: p.counts()}),
	}
}

// pace is the paper's work that waits for paper time; nil where nobody moves it.
func (p *paper) pace() handlers.Pace {
	if p.base.paper == nil {
		return nil
	}
	return follower{p.runner, p.billing}
}

// follower is the app's work that waits for paper time, as the stand-in asks
// for it when its clock is moved.
type follower struct {
	jobs  *jobs.Runner
	money *billing.Service
}

// NextDue is when the job queue has something next.
func (f follower) NextDue(ctx context.Context) (time.Time, bool, error) { return f.jobs.NextDue(ctx) }

// Settle lets the inbox and the queue empty each other: a sync asks for jobs,
// and a job may change something at Stripe.
func (f follower) Settle(ctx context.Context) error {
	for range 2 {
		if err := f.money.Settle(ctx); err != nil {
			return err
		}
		if err := f.jobs.Settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// formTargets are the origins at which a form of ours may end.
func (p *paper) formTargets() []string {
	if base := p.conf.StripeURL(); base != config.StripeAPI {
		return []string{base}
	}
	return []string{"https://checkout.stripe.com", "https://billing.stripe.com"}
}
