package billing

import (
	"context"
	"fmt"
	"time"

	"broadsheet/internal/fault"
)

// How a pause works, and why so.
//
// Stripe's pause_collection stops collecting and nothing else: the periods go
// on rolling, and what becomes of their invoices is its behavior. With "void"
// they are cancelled as they are made, so nothing is owed for the pause,
// neither then nor later. A pause of ours therefore
//
//   - begins when the paid period ends, so that nobody loses a day that is paid
//     for: pause_collection is set at once, and Access keeps the benefits until
//     PausedFrom;
//   - lasts a whole number of periods, so that it ends at a renewal, which
//     charges as always. resumes_at lies an hour before that renewal: Stripe
//     does not say which of two things at one instant comes first, and the hour
//     is the publisher's;
//   - is for monthly prices. A yearly price has one invoice a year, and voiding
//     that would give a year away for a month's pause;
//   - is taken once in twelve months, counted from the end of the last one.
//     More than that is support's to give, at Stripe's desk, and is followed;
//   - ends early on the spot. If it has not begun, nothing is charged. If it
//     has, the period that runs was voided, so a new one begins then and there
//     and is charged: otherwise a pause of a minute would be a free month.

// The behaviors of a pause, in Stripe's words.
// https://docs.stripe.com/billing/subscriptions/pause-payment
const (
	PauseVoid          = "void"               // nothing is owed for it
	PauseDraft         = "keep_as_draft"      // it is collected later
	PauseUncollectible = "mark_uncollectible" // it is on the house
)

// MostPaused is how many months a pause may last.
const MostPaused = 3

// pauseAgain is how long after a pause another may follow.
const pauseAgain = 12 // months

// beforeRenewal is how long before a renewal a pause ends.
const beforeRenewal = time.Hour

// pauser is what a pause asks of Stripe.
type pauser interface {
	// Pause voids what a subscription would bill until then. The zero time ends
	// the pause, and charges nothing.
	Pause(ctx context.Context, subscription string, until time.Time, key string) error
	// StartPeriod ends the pause and begins a new period now, which is charged to
	// the card on file. A refusal is Invalid with a *Declined cause and leaves
	// everything as it was.
	StartPeriod(ctx context.Context, subscription, key string) error
}

// PauseTaken is a pause that a reader asked for.
type PauseTaken struct {
	Subscription string
	ReaderID     string
	Asked        time.Time
	From, Until  time.Time // Until moves when it is ended early
}

// pauseStore keeps them, and finds those that end before long.
type pauseStore interface {
	// SavePause keeps one; of one that is there, its end.
	SavePause(ctx context.Context, p PauseTaken) error
	PausesOf(ctx context.Context, readerID string) ([]PauseTaken, error)
	// PausesEnding lists the paused subscriptions that go on within that time, in
	// pages after an id.
	PausesEnding(ctx context.Context, from, to time.Time, after string, n int) ([]Subscription, error)
}

// InPause reports whether collection is paused at that time.
func (s Subscription) InPause(now time.Time) bool { return s.pausedAt(now) }

// Stops reports whether the benefits stop in the pause. Invoices that are kept
// as drafts are to be paid later, and those marked uncollectible are given:
// with both the paper goes on. Only what is voided was not delivered.
func (s Subscription) Stops() bool {
	return s.PauseBehavior != PauseDraft && s.PauseBehavior != PauseUncollectible
}

// stoppedAt reports whether a pause keeps the benefits back at that time.
func (s Subscription) stoppedAt(now time.Time) bool {
	return s.pausedAt(now) && s.Stops() && !now.Before(s.PausedFrom)
}

// pausedFrom is where the time ends that is paid for; zero unless the
// subscription is paused.
func pausedFrom(sub Subscription, invoices []Invoice) time.Time {
	if !sub.IsPaused {
		return time.Time{}
	}
	if sub.Latest != "" && sub.LatestStatus == InvoicePaid {
		return sub.PeriodEnd
	}
	paid := sub.PeriodStart
	for _, inv := range invoices {
		if inv.Subscription == sub.ID && inv.Status == InvoicePaid && inv.PeriodEnd.After(paid) {
			paid = inv.PeriodEnd
		}
	}
	return paid
}

// Renewal is when the nth period after the one that runs begins, as Stripe
// counts months: on the anchor's day, or the month's last if it has none.
func (s Subscription) Renewal(n int) time.Time {
	anchor := firstTime(s.Anchor, s.PeriodEnd).UTC()
	months := 12*(s.PeriodEnd.UTC().Year()-anchor.Year()) + int(s.PeriodEnd.UTC().Month()-anchor.Month()) + n
	day := time.Date(anchor.Year(), anchor.Month()+time.Month(months), 1, anchor.Hour(), anchor.Minute(), anchor.Second(), 0, time.UTC)
	last := day.AddDate(0, 1, -1).Day()
	return day.AddDate(0, 0, min(anchor.Day(), last)-1)
}

// PausePlan is a pause as it would be.
type PausePlan struct {
	Months  int
	From    time.Time // the benefits stop
	Until   time.Time // they return, and Renews is charged at most an hour later
	Renews  time.Time
	Charged Money
}

// PauseOffer says what a pause would be for each length that there is. Conflict,
// with the reason, when there is none for that reader now.
func (s *Service) PauseOffer(ctx context.Context, readerID string) (Subscription, []PausePlan, error) {
	now := s.Paper.Now()
	sub, err := s.SubscriptionOf(ctx, readerID, now)
	if err != nil {
		return Subscription{}, nil, err
	}
	if sub == nil {
		return Subscription{}, nil, noPause("There is no plan to pause.")
	}
	if err := s.mayPause(ctx, *sub, now); err != nil {
		return *sub, nil, err
	}
	var plans []PausePlan
	for n := 1; n <= MostPaused; n++ {
		plans = append(plans, sub.pausePlan(n))
	}
	return *sub, plans, nil
}

func (s Subscription) pausePlan(months int) PausePlan {
	back := s.Renewal(months)
	return PausePlan{Months: months, From: s.PeriodEnd, Until: back.Add(-beforeRenewal), Renews: back, Charged: s.SumAt(back)}
}

func noPause(sentence string) error { return fault.New(fault.Conflict, sentence, nil) }

// mayPause says why that subscription cannot be paused now.
func (s *Service) mayPause(ctx context.Context, sub Subscription, now time.Time) error {
	date := func(t time.Time) string { return t.Format("2 January 2006") }
	switch st := Access(sub, now); {
	case !st.Live || st.State == StandsEnded:
		return noPause("There is no plan to pause.")
	case !sub.CancelAt.IsZero():
		return noPause("You cancelled this plan: it ends on " + date(sub.CancelAt) + ". Keep it first, and then pause it.")
	case sub.IsPaused || st.State == StandsPaused:
		return noPause("This plan is paused already.")
	case st.State == StandsTrial:
		return noPause("Nothing is charged before " + date(sub.PeriodEnd) + ", when the free days end. From then on you can pause.")
	case st.State == StandsWaiting:
		return noPause("The first payment has not been made yet, so there is nothing to pause.")
	case st.State != StandsActive:
		return noPause("A payment is open. Once it is paid you can pause.")
	case sub.Interval != Monthly:
		return noPause("A yearly plan is paid once for the whole year, so there is no month to leave out. You can cancel it, and keep everything until " + date(sub.PeriodEnd) + ".")
	case sub.LatestStatus != InvoicePaid && sub.Latest != "":
		return noPause("The payment for the month that has just begun is on its way. You can pause in about an hour, when it has been made.")
	}
	taken, err := s.Store.PausesOf(ctx, sub.ReaderID)
	if err != nil {
		return err
	}
	for _, p := range taken {
		if again := p.Until.AddDate(0, pauseAgain, 0); p.Until.After(p.From) && now.Before(again) {
			return noPause("A plan can be paused once in twelve months; you can again from " + date(again) + ". If that does not do, write to us.")
		}
	}
	return nil
}

// Pause lets the plan rest for that many months, from the end of what is paid.
// Two clicks are one. Conflict when it cannot be paused, Invalid for another
// number of months. It is followed by a sync.
func (s *Service) Pause(ctx context.Context, readerID string, months int) error {
	if months < 1 || months > MostPaused {
		return fault.New(fault.Invalid, "Choose one, two or three months.", nil)
	}
	return s.change(ctx, readerID, func(ctx context.Context, sub Subscription) error {
		plan := sub.pausePlan(months)
		if sub.IsPaused && sub.PausedUntil.Equal(plan.Until) {
			return nil
		}
		now := s.Paper.Now()
		if err := s.mayPause(ctx, sub, now); err != nil {
			return err
		}
		if err := s.Gateway.Pause(ctx, sub.ID, plan.Until, s.onceKey("pause", sub)); err != nil {
			return err
		}
		return s.Store.SavePause(ctx, PauseTaken{Subscription: sub.ID, ReaderID: readerID, Asked: now, From: plan.From, Until: plan.Until})
	})
}

// Unpause ends the pause. One that has not begun is forgotten; else a new
// period begins now and is charged, and a refusal, Invalid with a *Declined
// cause, leaves the plan paused. It is followed by a sync.
func (s *Service) Unpause(ctx context.Context, readerID string) error {
	return s.change(ctx, readerID, func(ctx context.Context, sub Subscription) error {
		now := s.Paper.Now()
		if !sub.pausedAt(now) {
			return nil
		}
		if !sub.CancelAt.IsZero() {
			return fault.New(fault.Conflict, "You cancelled this plan. Keep it first, and then end its pause.", nil)
		}
		begun := sub.stoppedAt(now)
		var err error
		if begun {
			err = s.Gateway.StartPeriod(ctx, sub.ID, s.onceKey("return", sub))
		} else {
			err = s.Gateway.Pause(ctx, sub.ID, time.Time{}, s.onceKey("return", sub))
		}
		if err != nil {
			return err
		}
		return s.shorten(ctx, sub, now, begun)
	})
}

// shorten notes when a pause really ended. One that never began does not count
// against its reader.
func (s *Service) shorten(ctx context.Context, sub Subscription, now time.Time, begun bool) error {
	taken, err := s.Store.PausesOf(ctx, sub.ReaderID)
	if err != nil {
		return err
	}
	for _, p := range taken {
		if p.Subscription != sub.ID || !p.Until.After(now) {
			continue
		}
		if p.Until = p.From; begun {
			p.Until = now
		}
		if err := s.Store.SavePause(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// returnNotice is how long before a pause ends its reader hears of it.
const returnNotice = 7 * 24 * time.Hour

// pauseEffects asks for the letter about a pause, whoever set it.
func (s *Service) pauseEffects(ctx context.Context, readerID string, sub Subscription, at time.Time) error {
	if !sub.pausedAt(at) || !sub.CancelAt.IsZero() || sub.Status != Active {
		return nil
	}
	key := fmt.Sprintf("paused:%s:%d", sub.ID, unixOf(sub.PausedUntil))
	return s.once(ctx, Effect{Kind: EffectPaused, Key: key, ReaderID: readerID, Customer: sub.Customer, Subscription: sub.ID, Until: sub.PausedUntil}, at)
}

// unixOf is 0 for the zero time.
func unixOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func (s *Service) remindOfReturns(ctx context.Context) error {
	now := s.Paper.Now()
	for after := ""; ; {
		page, err := s.Store.PausesEnding(ctx, now, now.Add(returnNotice), after, noticePage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, sub := range page {
			after = sub.ID
			key := fmt.Sprintf("returns:%s:%d", sub.ID, sub.PausedUntil.Unix())
			e := Effect{Kind: EffectReturns, Key: key, ReaderID: sub.ReaderID, Customer: sub.Customer, Subscription: sub.ID, Until: sub.PausedUntil}
			if err := s.onceAlone(ctx, e, now); err != nil {
				return err
			}
		}
	}
}
