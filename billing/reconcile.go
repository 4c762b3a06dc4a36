package billing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// watermarkStore keeps how far the reconciler read.
type watermarkStore interface {
	Watermark(ctx context.Context, name string) (time.Time, error)
	SetWatermark(ctx context.Context, name string, at time.Time) error
}

// Report is what a reconciliation found. Drift is what webhooks alone would
// have left wrong, and it was repaired.
type Report struct {
	Events    int      // read at Stripe
	Missed    int      // of these never delivered
	Customers int      // synced
	Drift     []string // subscriptions, refunds, credit notes and disputes whose rows were not as Stripe says
	Early     []string // of these, what was on its way: the run was quicker than the webhook, and nothing was lost
}

// Overlap is how far the reconciler reads back over what it has read before:
// events may become visible late.
const Overlap = 2 * time.Hour

// Reconcile reads Stripe's list of events since then and takes in what never
// came by webhook.
func (s *Service) Reconcile(ctx context.Context, since time.Time) (Report, error) {
	var rep Report
	stale := map[Ref]bool{}
	way, err := s.underway(ctx)
	if err != nil {
		return rep, err
	}
	for event, err := range s.Gateway.Events(ctx, since) {
		if err != nil {
			return rep, fmt.Errorf("list events: %w", err)
		}
		rep.Events++
		way.see(event)
		if err := s.admit(event); err != nil {
			return rep, err
		}
		if !slices.Contains(WebhookTypes, event.Type) {
			continue // nobody asked to be told, and nothing rests on it
		}
		known, err := s.Store.HasEvent(ctx, event.ID)
		if err != nil {
			return rep, err
		}
		if known {
			continue
		}
		if _, err := s.keep(ctx, event, s.Wall.Now()); err != nil {
			return rep, err
		}
		rep.Missed++
		if mark := event.dirty(); !mark.IsZero() {
			stale[mark] = true
		}
	}
	customers := map[string]bool{}
	var failed error
	for mark := range stale {
		customer, err := s.customerOf(ctx, mark)
		if err != nil {
			failed = errors.Join(failed, err)
		} else if customer != "" {
			customers[customer] = true
		}
	}
	return s.repair(ctx, customers, rep, way, failed)
}

// ReconcileAll compares every subscription of the account with our rows, and
// every live row of ours with the account.
func (s *Service) ReconcileAll(ctx context.Context) (Report, error) {
	var rep Report
	customers, listed := map[string]bool{}, map[string]bool{}
	way, err := s.underway(ctx)
	if err != nil {
		return rep, err
	}
	for sub, err := range s.Gateway.Subscriptions(ctx) {
		if err != nil {
			return rep, fmt.Errorf("list subscriptions: %w", err)
		}
		listed[sub.ID] = true
		have, ok, err := s.Store.SubscriptionByID(ctx, sub.ID)
		if err != nil {
			return rep, err
		}
		if !ok || !have.agrees(sub) {
			customers[sub.Customer] = true
		}
	}
	for after := ""; ; {
		page, err := s.Store.LiveSubscriptions(ctx, after, 500)
		if err != nil {
			return rep, err
		}
		for _, sub := range page {
			// What is behind with a payment also rests on its invoices, and what is
			// disputed on what the publisher decides.
			if !listed[sub.ID] || sub.Status == PastDue || sub.Status == Unpaid || sub.Plan == "" || sub.Dispute != "" {
				customers[sub.Customer] = true
			}
			after = sub.ID
		}
		if len(page) == 0 {
			break
		}
	}
	if err := s.moneyDrift(ctx, customers); err != nil {
		return rep, fmt.Errorf("list refunds and disputes: %w", err)
	}
	failed := s.reconcileGifts(ctx)
	if len(customers) > 0 {
		failed = errors.Join(failed, s.young(ctx, way))
	}
	return s.repair(ctx, customers, rep, way, failed)
}

// agrees compares our row with the bare subscription of Stripe's list.
func (s Subscription) agrees(o Subscription) bool {
	o.ReaderID, o.Plan, o.PastDueSince, o.PausedFrom, o.Coming.Plan, o.Dispute = s.ReaderID, s.Plan, s.PastDueSince, s.PausedFrom, s.Coming.Plan, s.Dispute
	return s.same(o)
}

func (s *Service) repair(ctx context.Context, customers map[string]bool, rep Report, way underway, failed error) (Report, error) {
	var coming map[string]bool // asked for once something is found
	for customer := range customers {
		done, err := s.Sync(ctx, customer)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		rep.Customers++
		found := append(done.Changed, done.Moved...)
		if done.ReaderID == "" || len(found) == 0 {
			continue
		}
		rep.Drift = append(rep.Drift, found...)
		if coming == nil {
			coming = s.onTheWay(ctx, way)
		}
		if coming[customer] {
			rep.Early = append(rep.Early, found...)
		}
	}
	slices.Sort(rep.Drift)
	slices.Sort(rep.Early)
	for _, id := range rep.Drift {
		level, early := slog.LevelWarn, slices.Contains(rep.Early, id)
		if early {
			level = slog.LevelInfo
		}
		s.Log.Log(ctx, level, "drift repaired: a row was not as Stripe says", "id", id, "webhook on its way", early)
	}
	s.poke()
	return rep, failed
}

// catchUp goes on from the last run, which ended well.
func (s *Service) catchUp(ctx context.Context) (Report, error) {
	const name = "events"
	start := s.Paper.Now()
	since, err := s.Store.Watermark(ctx, name)
	if err != nil {
		return Report{}, err
	}
	if since.IsZero() {
		since = start
	}
	rep, err := s.Reconcile(ctx, since.Add(-Overlap))
	if err == nil {
		err = s.Store.SetWatermark(ctx, name, start)
	}
	return rep, err
}

// ReconcileNow does both runs at once, for whoever does not want to wait for
// the hour or the night: the events since the last run, then the full list.
func (s *Service) ReconcileNow(ctx context.Context) (Report, error) {
	rep, err := s.catchUp(ctx)
	if err == nil {
		var all Report
		all, err = s.ReconcileAll(ctx)
		rep.Customers += all.Customers
		rep.Drift, rep.Early = append(rep.Drift, all.Drift...), append(rep.Early, all.Early...)
	}
	s.noteRun(ctx, "by hand", rep, err)
	return rep, err
}
