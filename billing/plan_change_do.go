package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"broadsheet/internal/fault"
)

// PlanChange is a change that a reader asked for, and how it went. It is kept
// by the id of its preview, so that it happens once.
type PlanChange struct {
	ID           string
	ReaderID     string
	Subscription string
	FromPlan     string // plan keys
	ToPlan       string
	Interval     Interval // the new one
	Timing       Timing
	Uncancel     bool
	Due          Money  // at once
	Invoice      string // in_…; "" when nothing was billed
	State        PlanChangeState
	Decline      string    // Stripe's code; "" unless it was declined
	At           time.Time // paper time
}

// PlanChangeState is how a change went.
type PlanChangeState string

// The states.
const (
	ChangeBegun    PlanChangeState = "begun"    // Stripe was asked, and the answer is not known
	ChangeDone     PlanChangeState = "done"     // it has taken effect
	ChangeWaits    PlanChangeState = "waits"    // it takes effect at the period's end
	ChangeHeld     PlanChangeState = "held"     // it waits for the bank to be told that it is wanted
	ChangeDeclined PlanChangeState = "declined" // the card was declined; all is as before
)

// planChangeStore keeps changes.
type planChangeStore interface {
	PlanChange(ctx context.Context, id string) (PlanChange, bool, error)
	// SavePlanChange writes one; of one that is there, how it went.
	SavePlanChange(ctx context.Context, c PlanChange) error
}

// Outdated is the cause of a Conflict: what the change would come to is not what
// was shown. Nothing was changed, and Preview shows it as it is now.
type Outdated struct{ Preview Preview }

func (*Outdated) Error() string { return "the change is not what was shown" }

// BadAddress is the cause of an Invalid: the magazine would not arrive.
type BadAddress struct {
	Preview Preview
	Wrong   map[string]string // a sentence by field
}

func (*BadAddress) Error() string { return "the address is not complete" }

// CarryOut does what a preview showed, if it is still that to the cent; to is
// where the magazine goes, when it begins to come. The same preview again does
// nothing more and gives how it went. Faults: Conflict with ErrPreviewOver, with
// *Outdated or with *Refused; Invalid with *BadAddress. A declined card is no
// fault: the answer's state says so.
func (s *Service) CarryOut(ctx context.Context, k Previews, readerID, token string, to Shipping) (PlanChange, error) {
	promised, err := k.opens(token, readerID, s.Wall.Now())
	if err != nil {
		return PlanChange{}, err
	}
	var out PlanChange
	err = s.leased(ctx, "reader:"+readerID, func(ctx context.Context, fence int64) error {
		had, known, err := s.Store.PlanChange(ctx, promised.ID)
		if err != nil {
			return err
		}
		if out = had; known && had.State != ChangeBegun {
			return nil
		}
		run := &carrying{Service: s, promise: promised, keys: k, fence: fence, to: to.Tidy()}
		out, err = run.do(ctx, known)
		return err
	})
	return out, err
}

// carrying is one run of CarryOut under the reader's lease.
type carrying struct {
	*Service
	promise
	keys  Previews
	fence int64
	to    Shipping
	sub   Subscription
}

func (c *carrying) do(ctx context.Context, begun bool) (PlanChange, error) {
	if err := c.look(ctx); err != nil {
		return PlanChange{}, err
	}
	if begun {
		if out, settled, err := c.goOn(ctx); settled || err != nil {
			return out, err
		}
	}
	shown, err := c.asShown(ctx)
	if err != nil {
		return PlanChange{}, err
	}
	row := PlanChange{
		ID: c.ID, ReaderID: c.Reader, Subscription: c.sub.ID, FromPlan: shown.Change.From.Plan, ToPlan: shown.Change.To.Plan, Interval: shown.Change.To.Interval,
		Timing: c.Timing, Uncancel: c.Keep, Due: c.Due, State: ChangeBegun, At: c.Paper.Now(),
	}
	if err := c.save(ctx, row); err != nil {
		return row, err
	}
	err = c.change(ctx, &row)
	if err == nil {
		err = c.save(ctx, row)
	}
	// Whatever Stripe answered, its state is the truth.
	if _, syncErr := c.Sync(ctx, c.sub.Customer); err == nil {
		err = syncErr
	}
	return row, err
}

// look syncs the subscription that the preview was about.
func (c *carrying) look(ctx context.Context) error {
	sub, ok, err := c.Store.SubscriptionByID(ctx, c.Subscription)
	if err != nil {
		return err
	}
	if !ok || sub.ReaderID != c.Reader {
		return fault.New(fault.Conflict, "This preview has run out. Nothing was changed; here is a new one.", ErrPreviewOver)
	}
	if _, err := c.Sync(ctx, sub.Customer); err != nil {
		return err
	}
	c.sub, _, err = c.Store.SubscriptionByID(ctx, sub.ID)
	return err
}

// goOn takes up a change whose answer was lost: what Stripe says now is the
// answer. false when Stripe was not reached, and the change can be asked again.
func (c *carrying) goOn(ctx context.Context) (row PlanChange, settled bool, err error) {
	if row, _, err = c.Store.PlanChange(ctx, c.ID); err != nil {
		return row, false, err
	}
	switch {
	case c.sub.PriceID == c.ToPrice:
		row.State, row.Invoice = ChangeDone, c.sub.Latest
		if c.Keep && !c.sub.CancelAt.IsZero() {
			if err := c.uncancel(ctx); err != nil {
				return row, false, err
			}
		}
	case c.sub.Coming.PriceID == c.ToPrice && c.sub.Coming.Held():
		if err := c.change(ctx, &row); err != nil { // the same key brings the same answer
			return row, false, err
		}
	case c.sub.Coming.PriceID == c.ToPrice:
		row.State = ChangeWaits
	default:
		return row, false, nil
	}
	return row, true, c.save(ctx, row)
}

// asShown asks Stripe again and refuses unless everything is what the reader saw.
func (c *carrying) asShown(ctx context.Context) (Preview, error) {
	all, err := c.Store.Catalogue(ctx)
	if err != nil {
		return Preview{}, err
	}
	now := Preview{Subscription: c.sub, ShipsTo: all.ShipsTo}
	if now.Change, err = c.mayChange(ctx, &c.sub, all, c.choice(), c.Paper.Now()); err != nil {
		return now, err
	}
	if c.sub.PriceID != c.FromPrice || now.Timing != c.Timing || c.At.Before(c.sub.PeriodStart) {
		return c.outdated(ctx)
	}
	if err := c.price(ctx, &now, c.At); err != nil {
		return now, err
	}
	if now.Ships {
		moved, err := c.ship(ctx, now)
		if err == nil && moved { // taxes may rest on it
			err = c.price(ctx, &now, c.At)
		}
		if err != nil {
			return now, err
		}
	}
	if now.PriceID != c.ToPrice || now.digest() != c.Sum || now.Today.Due != c.Due {
		return c.outdated(ctx)
	}
	return now, nil
}

func (c *carrying) choice() Choice { return Choice{LookupKey: c.LookupKey, Keep: c.Keep} }

// ship keeps the address at Stripe, if it is another one.
func (c *carrying) ship(ctx context.Context, now Preview) (moved bool, err error) {
	if wrong := c.to.Faults(now.ShipsTo); len(wrong) > 0 {
		again, err := c.preview(ctx, c.keys, c.Reader, &c.sub, c.choice())
		if err != nil {
			return false, err
		}
		return false, fault.New(fault.Invalid, "The magazine needs an address that is complete. Nothing was changed yet.", &BadAddress{again, wrong})
	}
	if now.To == c.to {
		return false, nil
	}
	return true, c.Gateway.SaveShipping(ctx, c.sub.Customer, c.to, "ship:"+c.ID+":"+c.to.digest())
}

// outdated shows how it stands now.
func (c *carrying) outdated(ctx context.Context) (Preview, error) {
	again, err := c.preview(ctx, c.keys, c.Reader, &c.sub, c.choice())
	if err != nil {
		return again, err
	}
	return again, fault.New(fault.Conflict, "Something has changed since you saw the sum, so nothing was done. This is how it stands now.", &Outdated{again})
}

// change has Stripe do it. The key is the preview's: a second request of it is
// the first.
func (c *carrying) change(ctx context.Context, row *PlanChange) error {
	swap := Swap{Subscription: c.sub.ID, PriceID: c.ToPrice, At: c.At, Key: "change:" + c.ID}
	if c.Timing == AtPeriodEnd {
		if c.Keep {
			if err := c.uncancel(ctx); err != nil {
				return err
			}
		}
		row.State = ChangeWaits
		err := c.Gateway.SwapLater(ctx, swap)
		if err != nil && c.Keep { // without the change it was not meant
			err = errors.Join(err, c.Gateway.CancelAtPeriodEnd(ctx, c.sub.ID, true, Parting{}, "recancel:"+c.ID))
		}
		return err
	}
	done, err := c.Gateway.SwapNow(ctx, swap)
	if err != nil {
		return err
	}
	row.Invoice = done.Invoice
	switch {
	case done.Done:
		row.State = ChangeDone
		if c.Keep {
			return c.uncancel(ctx)
		}
	case done.NeedsAction:
		row.State = ChangeHeld
	default:
		// Nobody should pay for it by giving another card for something else.
		row.State, row.Decline = ChangeDeclined, done.Decline
		return c.Gateway.VoidInvoice(ctx, done.Invoice, "void:"+c.ID)
	}
	return nil
}

func (c *carrying) uncancel(ctx context.Context) error {
	return c.Gateway.CancelAtPeriodEnd(ctx, c.sub.ID, false, Parting{}, "uncancel:"+c.ID)
}

// save writes while the reader's lease is surely still ours.
func (c *carrying) save(ctx context.Context, row PlanChange) error {
	return c.Store.InTx(ctx, func(ctx context.Context) error {
		err := c.Store.HoldLease(ctx, "reader:"+c.Reader, c.fence)
		if errors.Is(err, ErrFenced) {
			return fault.New(fault.Conflict, "That took too long. Your account shows how your plan stands.", err)
		}
		if err != nil {
			return err
		}
		return c.Store.SavePlanChange(ctx, row)
	})
}

// PlanChangeOf is how a change of that reader's went. Missing for anybody else's.
func (s *Service) PlanChangeOf(ctx context.Context, readerID, id string) (PlanChange, error) {
	c, ok, err := s.Store.PlanChange(ctx, id)
	if err == nil && (!ok || c.ReaderID != readerID) {
		err = fault.New(fault.Missing, "There is no change of yours at this address. Your account shows what you have.", nil)
	}
	return c, err
}

// TakeBack takes a change back that waits. Two clicks are one.
func (s *Service) TakeBack(ctx context.Context, readerID string) error {
	return s.change(ctx, readerID, s.letGo)
}

// letGo frees a subscription of a change that waits, and of a schedule that has
// run its course: Stripe cancels nothing that a schedule manages.
func (s *Service) letGo(ctx context.Context, sub Subscription) error {
	if c := sub.Coming; c.Held() {
		return s.Gateway.VoidInvoice(ctx, c.Invoice, fmt.Sprintf("void:%s:%s", sub.ID, c.Invoice))
	} else if c.Schedule != "" {
		return s.Gateway.ReleaseSchedule(ctx, c.Schedule, "release:"+c.Schedule)
	}
	return nil
}
