package billing

import (
	"context"
	"fmt"
	"time"
)

// Effect is something that follows from a sync, or from a day, and leaves by
// the job queue. What a later change would falsify is in it: a letter about the
// second attempt stays one when the third was made meanwhile.
type Effect struct {
	Kind         string    `json:"kind"` // of the job
	Key          string    `json:"key"`  // unique for all time
	ReaderID     string    `json:"reader_id"`
	Subscription string    `json:"subscription,omitempty"`
	Invoice      string    `json:"invoice,omitempty"`
	Customer     string    `json:"customer,omitempty"`
	Credit       string    `json:"credit,omitempty"`
	Dispute      string    `json:"dispute,omitempty"`
	Card         Card      `json:"card,omitzero"`
	NextAttempt  time.Time `json:"next_attempt,omitzero"` // zero if Stripe does not try again
	Until        time.Time `json:"until,omitzero"`        // the end of the grace; zero if it is over
	Switched     Switched  `json:"switched,omitzero"`     // from one plan to another
	Gift         string    `json:"gift,omitempty"`
	Bounced      Bounced   `json:"bounced,omitzero"`  // of a gift: the refund that did not arrive
	Sending      int       `json:"sending,omitempty"` // of a gift's delivery
	RunAt        time.Time `json:"-"`                 // paper time; zero is now
}

// The kinds of effects. Whoever wires the queue gives each a handler.
const (
	EffectWelcome   = "billing.welcome"
	EffectReceipt   = "billing.receipt"
	EffectDeclined  = "billing.declined"     // a renewal's payment failed; once for each attempt
	EffectConfirm   = "billing.confirm"      // the bank wants a renewal confirmed
	EffectRecovered = "billing.recovered"    // what had failed is paid
	EffectLapsed    = "billing.lapsed"       // nobody paid, and the plan has ended
	EffectCardOld   = "billing.card_expires" // the card runs out before long
	EffectRenews    = "billing.renews"       // a yearly plan renews before long
	EffectPaused    = "billing.paused"       // a pause was set
	EffectReturns   = "billing.returns"      // a pause ends before long
	EffectTrialEnds = "billing.trial_ends"   // the free days end before long
	EffectTrialOver = "billing.trial_over"   // they ended, and nobody had given a card
	EffectSecond    = "billing.second"       // a second live subscription must go
	EffectPay       = "billing.pay"          // there is another card: try what is open

	EffectCredited     = "billing.credited"      // money went back, or was credited
	EffectRefundFailed = "billing.refund_failed" // money that went back did not arrive: to the publisher
	EffectRefundBack   = "billing.refund_back"   // and to the reader
	EffectInquiry      = "billing.inquiry"       // a bank asks what a payment was
	EffectDisputed     = "billing.disputed"      // a bank took a payment back
	EffectDisputeWon   = "billing.dispute_won"   // and gave it back to us
	EffectDisputeLost  = "billing.dispute_lost"  // and keeps it: the subscription must go
)

// Enqueue puts an effect into the job queue, in the transaction that ctx carries.
type Enqueue func(ctx context.Context, e Effect) error

// effectsFor is how far back a first sight still causes mail: long enough for
// any loss of webhooks to be made good, short enough that an account that is
// connected today sends no letters about last year.
const effectsFor = 30 * 24 * time.Hour

// once enqueues an effect unless its key was taken.
func (s *Service) once(ctx context.Context, e Effect, at time.Time) error {
	first, err := s.Store.FirstEffect(ctx, e.Key, at)
	if err != nil || !first {
		return err
	}
	return s.Enqueue(ctx, e)
}

// effects enqueues what follows, each thing once for all time, in the
// transaction that learned it. was is the customer as it was known before.
func (s *Service) effects(ctx context.Context, readerID string, was Customer, seen sight) error {
	recent := func(t time.Time) bool { return seen.at.Sub(t) < effectsFor }
	subs := map[string]Subscription{}
	for _, sub := range seen.Subscriptions {
		sub.PastDueSince = pastDueSince(sub, seen.Invoices)
		subs[sub.ID] = sub
		if err := s.pauseEffects(ctx, readerID, sub, seen.at); err != nil {
			return err
		}
		if err := s.trialEffects(ctx, readerID, sub, seen.Invoices, seen.at); err != nil {
			return err
		}
		if (sub.Status == Active || sub.Status == Trialing) && recent(sub.Started) {
			if err := s.once(ctx, Effect{Kind: EffectWelcome, Key: "welcome:" + sub.ID, ReaderID: readerID, Subscription: sub.ID}, seen.at); err != nil {
				return err
			}
		}
	}
	if err := s.giftEffects(ctx, readerID, seen.at); err != nil {
		return err
	}
	for _, inv := range seen.Invoices {
		about := Effect{ReaderID: readerID, Customer: seen.Customer.ID, Subscription: inv.Subscription, Invoice: inv.ID, Card: seen.Customer.Card}
		var err error
		switch {
		case inv.Status == InvoicePaid && inv.Paid > 0 && recent(firstTime(inv.PaidAt, inv.Created)):
			err = s.paidEffects(ctx, about, subs[inv.Subscription], seen.at)
		case inv.owed() && inv.Attempts > 0 && inv.Reason != FirstInvoice && recent(inv.Due):
			err = s.unpaidEffects(ctx, about, inv, subs[inv.Subscription], was.Card, seen.at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// owed reports whether the invoice waits for a payment.
func (i Invoice) owed() bool { return i.Status == InvoiceOpen && i.Remaining > 0 }

// troubleKey remembers that the reader was told of an invoice's trouble, so
// that they are told of its end as well.
func troubleKey(invoice string) string { return "trouble:" + invoice }

func (s *Service) paidEffects(ctx context.Context, about Effect, sub Subscription, at time.Time) error {
	about.Kind, about.Key = EffectReceipt, "receipt:"+about.Invoice
	if err := s.once(ctx, about, at); err != nil {
		return err
	}
	told, err := s.Store.HadEffect(ctx, troubleKey(about.Invoice))
	if err != nil || !told || !Access(sub, at).Live {
		return err
	}
	about.Kind, about.Key = EffectRecovered, "recovered:"+about.Invoice
	return s.once(ctx, about, at)
}

// unpaidEffects tells the reader of each failed attempt at a renewal, in one
// letter: what was missed between two syncs is in the newest. Another card than
// the one that failed is charged at once.
func (s *Service) unpaidEffects(ctx context.Context, about Effect, inv Invoice, sub Subscription, was Card, at time.Time) error {
	if sub.ID == "" || sub.Status.over() && sub.EndReason != EndedUnpaid || inv.isUpdate(sub) {
		return nil // it was given up on purpose: there is nothing to ask for
	}
	attempt := fmt.Sprintf("%s:%d", inv.ID, inv.Attempts)
	about.NextAttempt, about.Until = inv.NextAttempt, Access(sub, at).GraceUntil
	switch {
	case sub.Status.over() || sub.Status == Unpaid:
		about.Kind, about.Key = EffectLapsed, "lapsed:"+inv.ID
	case inv.NeedsAction:
		about.Kind, about.Key = EffectConfirm, "attempt:"+attempt
	default:
		about.Kind, about.Key = EffectDeclined, "attempt:"+attempt
	}
	fresh, err := s.Store.FirstEffect(ctx, troubleKey(inv.ID), at)
	if err != nil {
		return err
	}
	if err := s.once(ctx, about, at); err != nil {
		return err
	}
	if fresh || sub.Status.over() || about.Card.IsZero() || was.ID == about.Card.ID {
		return nil
	}
	about.Kind, about.Key = EffectPay, payKey(inv.ID, about.Card)
	return s.once(ctx, about, at)
}

// payKey names the one try that an invoice and a card get together.
func payKey(invoice string, card Card) string { return "pay:" + invoice + ":" + card.ID }
