package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"broadsheet/internal/fault"
)

// recordStore keeps customers, subscriptions, invoices and what is odd.
type recordStore interface {
	CustomerByID(ctx context.Context, id string) (Customer, bool, error)
	CustomersOf(ctx context.Context, readerID string) ([]Customer, error) // newest first, without the deleted
	SaveCustomer(ctx context.Context, c Customer) error
	ReaderExists(ctx context.Context, id string) (bool, error)

	SubscriptionsOfCustomer(ctx context.Context, customer string) ([]Subscription, error)
	SubscriptionsOf(ctx context.Context, readerID string) ([]Subscription, error)
	// LiveSubscriptions walks all that are not over, in pages after an id.
	LiveSubscriptions(ctx context.Context, after string, n int) ([]Subscription, error)
	SubscriptionByID(ctx context.Context, id string) (Subscription, bool, error)
	// RecordSubscription writes the row as it is now, ends the state that held
	// before and begins this one. Nothing of the past is overwritten.
	RecordSubscription(ctx context.Context, s Subscription) error
	TouchSubscription(ctx context.Context, id string, syncedAt time.Time) error
	// SubscriptionsAt is what the paper knew of a reader at a past instant.
	SubscriptionsAt(ctx context.Context, readerID string, at time.Time) ([]Subscription, error)

	GrantsOf(ctx context.Context, readerID string) ([]Grant, error)
	AddGrant(ctx context.Context, g Grant) error
	SaveInvoice(ctx context.Context, readerID string, i Invoice) error
	InvoicesOf(ctx context.Context, readerID string, before string, n int) ([]Invoice, error)
	InvoiceByID(ctx context.Context, id string) (Invoice, bool, error)
	// InvoiceOf finds an invoice of that reader's; false for anybody else's.
	InvoiceOf(ctx context.Context, readerID, id string) (Invoice, bool, error)

	// FirstEffect takes a key once for all time; false if it was taken.
	FirstEffect(ctx context.Context, key string, at time.Time) (bool, error)
	HadEffect(ctx context.Context, key string) (bool, error)
	noticeStore
	leavingStore
	pauseStore
	trialStore
	creditStore
	disputeStore
	Quarantine(ctx context.Context, o Oddity) error
	Release(ctx context.Context, object Ref, why string, at time.Time) error
	Oddities(ctx context.Context) ([]Oddity, error)
}

// Oddity is something at Stripe that we cannot place. It is set aside for the
// desk and counts for nothing until it is understood.
type Oddity struct {
	Object Ref
	Why    string
	At     time.Time // paper time of the first sight
}

// Why something is set aside.
const (
	ForeignCustomer = "no reader of ours has this customer"
	UnknownPrice    = "the price is in no plan of ours"
	SecondLive      = "the reader has another live subscription"
)

// Synced is what a sync did.
type Synced struct {
	Customer string
	ReaderID string   // "" for a foreign customer
	Changed  []string // subscriptions whose rows were not as Stripe says
	Moved    []string // refunds, credit notes and disputes that were not
}

// Sync makes our rows of a customer equal to what Stripe says now. It alone
// writes subscription rows. The lease covers fetch and write, so that an older
// fetch can never follow a newer one; the fencing number is checked in the
// transaction that writes, so that this holds even for a process that slept
// through its lease. Stripe is not called while that transaction is open.
func (s *Service) Sync(ctx context.Context, customer string) (Synced, error) {
	const tries = 3
	var out Synced
	var err error
	for range tries {
		name := "customer:" + customer
		err = s.leased(ctx, name, func(ctx context.Context, fence int64) error {
			seen, err := s.look(ctx, customer)
			if err != nil {
				return err
			}
			return s.Store.InTx(ctx, func(ctx context.Context) error {
				if err := s.Store.HoldLease(ctx, name, fence); err != nil {
					return err
				}
				out, err = s.record(ctx, seen)
				return err
			})
		})
		if !errors.Is(err, ErrFenced) {
			break
		}
	}
	if err != nil {
		return Synced{}, fmt.Errorf("sync %s: %w", customer, err)
	}
	if out.ReaderID != "" {
		s.Changed(out.ReaderID)
	}
	return out, nil
}

// sight is all that one look at Stripe saw.
type sight struct {
	Snapshot
	gifts    []GiftSale // of a customer that is no reader's
	checkout *Checkout  // the reader's open one, as Stripe says it stands
	at       time.Time  // paper time
}

// look fetches. A subscription of ours that the list does not hold is asked for
// by its id: only Stripe's word ends it.
func (s *Service) look(ctx context.Context, customer string) (sight, error) {
	snap, err := s.Gateway.Snapshot(ctx, customer)
	if fault.Is(err, fault.Missing) {
		snap, err = Snapshot{Customer: Customer{ID: customer, Deleted: true}}, nil
	}
	if err != nil {
		return sight{}, err
	}
	seen := sight{Snapshot: snap, at: s.Paper.Now().Truncate(time.Microsecond)}
	listed := map[string]bool{}
	for _, sub := range snap.Subscriptions {
		listed[sub.ID] = true
	}
	known, err := s.Store.SubscriptionsOfCustomer(ctx, customer)
	if err != nil {
		return sight{}, err
	}
	for _, old := range known {
		if listed[old.ID] || old.Status.over() {
			continue
		}
		sub, err := s.Gateway.Subscription(ctx, old.ID)
		if fault.Is(err, fault.Missing) {
			sub, err = old, nil
			sub.Status, sub.EndedAt = Canceled, seen.at
		}
		if err != nil {
			return sight{}, err
		}
		seen.Subscriptions = append(seen.Subscriptions, sub)
	}
	if seen.gifts, err = s.lookAtGifts(ctx, snap.Customer); err != nil {
		return sight{}, err
	}
	seen.checkout, err = s.lookAtCheckout(ctx, customer)
	return seen, err
}

// over reports whether nothing can follow that status.
func (s Status) over() bool { return s == Canceled || s == IncompleteExpired }

// record writes what was seen. It runs in the transaction of Sync.
func (s *Service) record(ctx context.Context, seen sight) (Synced, error) {
	out := Synced{Customer: seen.Customer.ID}
	readerID, err := s.readerOf(ctx, seen.Customer)
	if err != nil {
		return out, err
	}
	object := Ref{KindCustomer, seen.Customer.ID}
	if readerID == "" && len(seen.gifts) > 0 {
		return out, s.recordGifts(ctx, object.ID, seen.gifts, seen.at)
	}
	if readerID == "" {
		if seen.Customer.Deleted || len(seen.Subscriptions)+len(seen.Invoices) == 0 {
			return out, s.Store.Release(ctx, object, ForeignCustomer, seen.at) // nobody's, and nothing
		}
		return out, s.Store.Quarantine(ctx, Oddity{object, ForeignCustomer, seen.at})
	}
	if here, err := s.Store.ReaderExists(ctx, readerID); err != nil {
		return out, err
	} else if !here {
		seen.Customer.Email, seen.Customer.Card = "", Card{} // erased here: what Stripe still knows does not come back
		seen.forget()
	}
	out.ReaderID = readerID
	seen.Customer.ReaderID = readerID
	was, _, err := s.Store.CustomerByID(ctx, seen.Customer.ID)
	if err != nil {
		return out, err
	}
	if err := s.Store.SaveCustomer(ctx, seen.Customer); err != nil {
		return out, err
	}
	if err := s.Store.Release(ctx, object, ForeignCustomer, seen.at); err != nil {
		return out, err
	}
	if out.Changed, err = s.recordSubscriptions(ctx, readerID, seen); err != nil {
		return out, err
	}
	for _, inv := range seen.Invoices {
		if err := s.Store.SaveInvoice(ctx, readerID, inv); err != nil {
			return out, err
		}
	}
	if out.Moved, err = s.recordMoves(ctx, readerID, seen); err != nil {
		return out, err
	}
	if seen.checkout != nil {
		if err := s.saveClosed(ctx, *seen.checkout); err != nil {
			return out, err
		}
	}
	if err := s.noteSecond(ctx, readerID, seen.at); err != nil {
		return out, err
	}
	return out, s.effects(ctx, readerID, was, seen)
}

// readerOf says whose a customer is: by our own row, which follows accounts
// that were joined, else by the metadata that we gave it. Never by e-mail.
func (s *Service) readerOf(ctx context.Context, c Customer) (string, error) {
	have, ok, err := s.Store.CustomerByID(ctx, c.ID)
	if err != nil {
		return "", err
	}
	if ok && have.ReaderID != "" {
		return have.ReaderID, nil
	}
	if c.ReaderID == "" {
		return "", nil
	}
	ok, err = s.Store.ReaderExists(ctx, c.ReaderID)
	if err != nil || !ok {
		return "", err
	}
	return c.ReaderID, nil
}

func (s *Service) recordSubscriptions(ctx context.Context, readerID string, seen sight) ([]string, error) {
	all, err := s.Store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	var changed []string
	for _, sub := range seen.Subscriptions {
		sub.ReaderID, sub.SyncedAt = readerID, seen.at
		if sub.Plan, err = s.planOf(ctx, all, sub); err != nil {
			return nil, err
		}
		if !sub.Coming.IsZero() {
			if sub.Coming.Plan, err = s.planOf(ctx, all, Subscription{PriceID: sub.Coming.PriceID, LookupKey: sub.Coming.LookupKey}); err != nil {
				return nil, err
			}
		}
		sub.PastDueSince = pastDueSince(sub, seen.Invoices)
		sub.PausedFrom = pausedFrom(sub, seen.Invoices)
		sub.Dispute = disputed(sub.ID, seen.Disputes, all.Disputes, seen.at)
		if err := s.placeOrQuarantine(ctx, sub); err != nil {
			return nil, err
		}
		old, ok, err := s.Store.SubscriptionByID(ctx, sub.ID)
		if err != nil {
			return nil, err
		}
		if ok && old.same(sub) {
			err = s.Store.TouchSubscription(ctx, sub.ID, sub.SyncedAt)
		} else {
			changed = append(changed, sub.ID)
			err = s.Store.RecordSubscription(ctx, sub)
		}
		if e, told := changedEffect(old, sub); err == nil && ok && told {
			err = s.once(ctx, e, seen.at)
		}
		if err != nil {
			return nil, err
		}
	}
	return changed, nil
}

// same reports whether nothing but the time of the fetch differs.
func (s Subscription) same(o Subscription) bool {
	s.SyncedAt = o.SyncedAt
	return s == o
}

// planOf names the plan of a subscription's price. A price that lost its lookup
// key to a newer one is known by its id.
func (s *Service) planOf(ctx context.Context, all Catalogue, sub Subscription) (string, error) {
	lookup := sub.LookupKey
	if lookup == "" && sub.PriceID != "" {
		var err error
		if lookup, err = s.Store.LookupOfPrice(ctx, sub.PriceID); err != nil {
			return "", err
		}
	}
	plan, ok := all.PlanOfPrice(lookup)
	if !ok {
		return "", nil
	}
	if sub.PriceID == "" {
		return plan.Key, nil
	}
	return plan.Key, s.Store.KeepPrice(ctx, sub.PriceID, lookup)
}

func (s *Service) placeOrQuarantine(ctx context.Context, sub Subscription) error {
	object := Ref{kindSubscription, sub.ID}
	if sub.Plan == "" && !sub.Status.over() {
		return s.Store.Quarantine(ctx, Oddity{object, UnknownPrice, sub.SyncedAt})
	}
	return s.Store.Release(ctx, object, UnknownPrice, sub.SyncedAt)
}

// pastDueSince is when the oldest invoice that is still unpaid was due; zero
// unless the subscription is behind with a payment.
func pastDueSince(sub Subscription, invoices []Invoice) time.Time {
	if sub.Status != PastDue && sub.Status != Unpaid {
		return time.Time{}
	}
	var oldest time.Time
	for _, inv := range invoices {
		owed := inv.Status == InvoiceOpen || inv.Status == InvoiceUncollectible
		if inv.Subscription == sub.ID && owed && inv.Remaining > 0 && (oldest.IsZero() || inv.Due.Before(oldest)) {
			oldest = inv.Due
		}
	}
	return firstTime(oldest, sub.PeriodStart)
}
