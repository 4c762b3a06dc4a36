package billing

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/id"
)

// Checkout is one way to Stripe's payment page and back. A reader has at most
// one that is open; the database holds that.
type Checkout struct {
	ID        string
	ReaderID  string
	Customer  string // "" until it is made
	LookupKey string
	Return    string // local path to go back to
	Visitor   string // the device that began it; "" if unknown
	SessionID string // "" until Stripe answered
	Tries     int    // at making the session, for the idempotency key
	State     CheckoutState
	Created   time.Time // paper time
}

// CheckoutState is where a checkout stands.
type CheckoutState string

// The states of a checkout.
const (
	CheckoutOpen     CheckoutState = "open"
	CheckoutComplete CheckoutState = "complete"
	CheckoutClosed   CheckoutState = "closed" // expired, or given up for another
)

// checkoutStore keeps checkouts.
type checkoutStore interface {
	OpenCheckout(ctx context.Context, readerID string) (Checkout, bool, error)
	CheckoutBySession(ctx context.Context, session string) (Checkout, bool, error)
	CheckoutByID(ctx context.Context, id string) (Checkout, bool, error)
	// SaveCheckout writes one. One that is not open any more stays as it is; a
	// second open one of a reader is an error.
	SaveCheckout(ctx context.Context, c Checkout) error
}

// Order is what somebody wants to buy.
type Order struct {
	ReaderID  string
	Email     string
	LookupKey string
	Return    string // local path
	Visitor   string
}

// ErrSubscribed is the cause of a Conflict: the reader has a live subscription.
var ErrSubscribed = errors.New("the reader has a live subscription")

// ErrNotSold is the cause of an Invalid: no such price is on sale.
var ErrNotSold = errors.New("no such price is on sale")

func subscribed() error {
	return fault.New(fault.Conflict, "You have a plan already. Your account shows how it stands.", ErrSubscribed)
}

// Begin notes a checkout for a reader who was made in the same transaction, so
// that a second click of the same browser finds it.
func (s *Service) Begin(ctx context.Context, o Order) error {
	if err := s.Sells(ctx, o.LookupKey); err != nil {
		return err
	}
	return s.Store.SaveCheckout(ctx, s.newCheckout(o, ""))
}

func (s *Service) newCheckout(o Order, customer string) Checkout {
	now := s.Paper.Now()
	return Checkout{
		ID: id.New(now), ReaderID: o.ReaderID, Customer: customer, LookupKey: o.LookupKey,
		Return: o.Return, Visitor: o.Visitor, State: CheckoutOpen, Created: now,
	}
}

// BegunBy reports whether that device began the reader's open checkout.
func (s *Service) BegunBy(ctx context.Context, readerID, visitor string) (bool, error) {
	if visitor == "" {
		return false, nil
	}
	c, ok, err := s.Store.OpenCheckout(ctx, readerID)
	return ok && c.Visitor == visitor, err
}

// Sells fails with ErrNotSold unless the price is on sale.
func (s *Service) Sells(ctx context.Context, lookup string) error {
	c, err := s.Store.Catalogue(ctx)
	if err != nil {
		return err
	}
	if _, _, ok := c.Price(lookup); !ok {
		return fault.New(fault.Invalid, "That price is not on sale. Choose one of the plans below.", ErrNotSold)
	}
	return nil
}

// Checkout gives the address of the page where the order is paid. The same
// price resumes the session that is open; another price closes it, and what it
// left incomplete, first. Two tabs get the same page: the lease makes one wait
// for the other. Faults: Invalid for the price, Conflict with ErrSubscribed.
func (s *Service) Checkout(ctx context.Context, o Order) (url string, err error) {
	if err := s.Sells(ctx, o.LookupKey); err != nil {
		return "", err
	}
	err = s.leased(ctx, "reader:"+o.ReaderID, func(ctx context.Context, fence int64) error {
		url, err = (&sale{Service: s, Order: o, fence: fence}).open(ctx)
		return err
	})
	return url, err
}

// sale is one run of Checkout under the reader's lease.
type sale struct {
	*Service
	Order
	fence    int64
	customer string
}

func (s *sale) open(ctx context.Context) (string, error) {
	incomplete, err := s.mayBuy(ctx)
	if err != nil {
		return "", err
	}
	if err := s.findCustomer(ctx); err != nil {
		return "", err
	}
	have, ok, err := s.Store.OpenCheckout(ctx, s.ReaderID)
	if err != nil {
		return "", err
	}
	if ok {
		url, again, err := s.resume(ctx, have)
		if err != nil || url != "" {
			return url, err
		}
		if again != nil {
			return s.start(ctx, *again)
		}
	}
	if err := s.clearIncomplete(ctx, incomplete); err != nil {
		return "", err
	}
	return s.start(ctx, s.newCheckout(s.Order, s.customer))
}

// mayBuy asks Stripe, for each customer that the reader has, whether a
// subscription lives, and gives the incomplete ones: they live, but a new
// attempt may replace them.
func (s *sale) mayBuy(ctx context.Context) ([]Subscription, error) {
	if err := s.SyncReader(ctx, s.ReaderID); err != nil {
		return nil, err
	}
	subs, err := s.Store.SubscriptionsOf(ctx, s.ReaderID)
	if err != nil {
		return nil, err
	}
	var incomplete []Subscription
	now := s.Paper.Now()
	for _, sub := range subs {
		switch {
		case sub.Status == Incomplete:
			incomplete = append(incomplete, sub)
		case Access(sub, now).Live:
			return nil, subscribed()
		}
	}
	return incomplete, nil
}

// findCustomer finds the reader's customer, or makes one: the first time, and
// after Stripe's own desk deleted it.
func (s *sale) findCustomer(ctx context.Context) error {
	known, err := s.Store.CustomersOf(ctx, s.ReaderID)
	if err != nil {
		return err
	}
	if len(known) > 0 {
		s.customer = known[0].ID
		return nil
	}
	made, err := s.Gateway.NewCustomer(ctx, s.ReaderID, s.Email, fmt.Sprintf("customer:%s:%d", s.ReaderID, s.fence))
	if err != nil {
		return err
	}
	s.customer, made.ReaderID = made.ID, s.ReaderID
	return s.held(ctx, func(ctx context.Context) error { return s.Store.SaveCustomer(ctx, made) })
}

// held writes while the reader's lease is surely still ours.
func (s *sale) held(ctx context.Context, fn func(context.Context) error) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		err := s.Store.HoldLease(ctx, "reader:"+s.ReaderID, s.fence)
		if errors.Is(err, ErrFenced) {
			return fault.New(fault.Conflict, "That took too long, and nothing was bought. Please try again.", err)
		}
		if err != nil {
			return err
		}
		return fn(ctx)
	})
}

// resume goes on with the checkout that is open. It gives the page's address;
// or a checkout whose session must still be made; or neither, when have was
// closed and a new one may begin.
func (s *sale) resume(ctx context.Context, have Checkout) (string, *Checkout, error) {
	session, err := s.sessionOf(ctx, have)
	if fault.Is(err, fault.Missing) {
		if have.LookupKey == s.LookupKey {
			have.Customer, have.Return, have.Visitor = s.customer, s.Return, s.Visitor
			return "", &have, nil
		}
		return "", nil, s.close(ctx, have, CheckoutClosed)
	}
	if err != nil {
		return "", nil, err
	}
	have.SessionID = session.ID
	switch {
	case session.Status == SessionComplete:
		if err := s.close(ctx, have, CheckoutComplete); err != nil {
			return "", nil, err
		}
		return "", nil, s.refuseIfBought(ctx)
	case session.Status == SessionOpen && have.LookupKey == s.LookupKey && session.URL != "":
		have.Return, have.Visitor = s.Return, s.Visitor
		return session.URL, nil, s.held(ctx, func(ctx context.Context) error { return s.Store.SaveCheckout(ctx, have) })
	case session.Status == SessionOpen:
		err := s.Gateway.ExpireSession(ctx, session.ID)
		if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) {
			// It was paid, or ran out, in this very moment.
			if err := s.refuseIfBought(ctx); err != nil {
				return "", nil, err
			}
		} else if err != nil {
			return "", nil, err
		}
	}
	return "", nil, s.close(ctx, have, CheckoutClosed)
}

func (s *sale) sessionOf(ctx context.Context, c Checkout) (Session, error) {
	if c.SessionID != "" {
		return s.Gateway.Session(ctx, c.SessionID)
	}
	return s.Gateway.FindSession(ctx, s.customer, c.ID)
}

func (s *sale) close(ctx context.Context, c Checkout, state CheckoutState) error {
	c.State = state
	return s.held(ctx, func(ctx context.Context) error { return s.Store.SaveCheckout(ctx, c) })
}

// refuseIfBought asks Stripe once more, after a session turned out complete.
func (s *sale) refuseIfBought(ctx context.Context) error {
	_, err := s.mayBuy(ctx)
	return err
}

// clearIncomplete cancels what an earlier attempt left behind, so that its
// payment can no longer succeed beside the new one.
func (s *sale) clearIncomplete(ctx context.Context, subs []Subscription) error {
	if len(subs) == 0 {
		return nil
	}
	for _, sub := range subs {
		err := s.Gateway.CancelNow(ctx, sub.ID)
		if err != nil && !fault.Is(err, fault.Missing) && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) {
			return err
		}
	}
	left, err := s.mayBuy(ctx)
	if err == nil && len(left) > 0 {
		err = fault.New(fault.Unavailable, "An earlier payment is still being settled. Please try again in a minute.", nil)
	}
	return err
}

// start makes the session. The row is written first: if the answer is lost, the
// next try finds the session by the row's id in its metadata.
func (s *sale) start(ctx context.Context, c Checkout) (string, error) {
	c.Tries++
	if err := s.held(ctx, func(ctx context.Context) error { return s.Store.SaveCheckout(ctx, c) }); err != nil {
		return "", err
	}
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return "", err
	}
	ask := NewSession{
		CheckoutID: c.ID, ReaderID: s.ReaderID, Customer: s.customer, LookupKey: c.LookupKey,
		SuccessURL: s.BaseURL + "/checkout/done?session={CHECKOUT_SESSION_ID}",
		CancelURL:  s.BaseURL + "/checkout/back?checkout=" + c.ID,
		Key:        "checkout:" + c.ID + ":" + strconv.Itoa(c.Tries),
	}
	if plan, _, _ := catalogue.Price(c.LookupKey); plan.Has(Print) {
		ask.ShipsTo = catalogue.ShipsTo
	}
	session, err := s.Gateway.OpenSession(ctx, ask)
	if err != nil {
		return "", err
	}
	c.SessionID = session.ID
	return session.URL, s.held(ctx, func(ctx context.Context) error { return s.Store.SaveCheckout(ctx, c) })
}

// lookAtCheckout asks how the customer's open checkout stands, if it has one.
func (s *Service) lookAtCheckout(ctx context.Context, customer string) (*Checkout, error) {
	c, ok, err := s.Store.CustomerByID(ctx, customer)
	if err != nil || !ok || c.ReaderID == "" {
		return nil, err
	}
	open, ok, err := s.Store.OpenCheckout(ctx, c.ReaderID)
	if err != nil || !ok || open.SessionID == "" || open.Customer != customer {
		return nil, err
	}
	session, err := s.Gateway.Session(ctx, open.SessionID)
	switch {
	case fault.Is(err, fault.Missing) || err == nil && session.Status == SessionExpired:
		open.State = CheckoutClosed
	case err != nil:
		return nil, err
	case session.Status == SessionComplete:
		open.State = CheckoutComplete
	default:
		return nil, nil
	}
	return &open, nil
}

// Outcome is how a checkout ended, for the page after it.
type Outcome struct {
	State        OutcomeState
	Checkout     Checkout
	Subscription *Subscription // nil before there is one
	Why          string        // of a decline, in words; "" if there is none
}

// OutcomeState is what the page after a checkout says.
type OutcomeState string

// The outcomes.
const (
	OutcomeActive   OutcomeState = "active"
	OutcomeWaiting  OutcomeState = "waiting"  // paid, and the news is not here yet
	OutcomeDeclined OutcomeState = "declined" // not paid; it can be tried again
)

// finishWait is how long a reader waits on the page after paying before it is
// shown without Stripe's word.
const finishWait = 15 * time.Second

// Finish is the return from Stripe's page. The session's id is a hint: it must
// be of a checkout of this reader, and what it led to Stripe is asked. So a
// reader is never ahead of the webhook. Missing if it is not this reader's.
func (s *Service) Finish(ctx context.Context, readerID, session string) (Outcome, error) {
	c, ok, err := s.Store.CheckoutBySession(ctx, session)
	if err != nil {
		return Outcome{}, err
	}
	if !ok || c.ReaderID != readerID {
		return Outcome{}, fault.New(fault.Missing, "There is no purchase of yours at this address. Your account shows what you have.", nil)
	}
	out := Outcome{State: OutcomeWaiting, Checkout: c}
	soon, cancel := context.WithTimeout(ctx, finishWait)
	defer cancel()
	if _, err := s.Sync(soon, c.Customer); err != nil {
		// What was paid is paid: the webhook will bring it.
		s.Log.Error("the return from checkout could not be synced", "checkout", c.ID, "err", err)
	}
	if out.Checkout, _, err = s.Store.CheckoutByID(ctx, c.ID); err != nil {
		return Outcome{}, err
	}
	now := s.Paper.Now()
	if out.Subscription, err = s.SubscriptionOf(ctx, readerID, now); err != nil {
		return Outcome{}, err
	}
	if sub := out.Subscription; sub != nil && Access(*sub, now).Grants {
		out.State = OutcomeActive
		return out, nil
	}
	if out.Checkout.State != CheckoutComplete {
		out.State, out.Why = OutcomeDeclined, "The payment was not completed."
		if sub := out.Subscription; sub != nil && sub.Decline != "" {
			out.Why = DeclineWords(sub.Decline)
		}
	} else if sub := out.Subscription; sub != nil && sub.Decline != "" {
		out.State, out.Why = OutcomeDeclined, DeclineWords(sub.Decline)
	}
	return out, nil
}

// ReturnOf is where a checkout that was left goes back to; "/" unless it is
// this reader's.
func (s *Service) ReturnOf(ctx context.Context, readerID, checkout string) (string, error) {
	c, ok, err := s.Store.CheckoutByID(ctx, checkout)
	if err != nil || !ok || c.ReaderID != readerID || c.Return == "" {
		return "/", err
	}
	return c.Return, nil
}

// Cancel ends the reader's subscription at the end of its period; at once if
// its payment failed for good or was never made, since nothing of it is left to
// keep. Resume takes that back. Both are followed by a sync.
func (s *Service) Cancel(ctx context.Context, readerID string) error {
	return s.change(ctx, readerID, func(ctx context.Context, sub Subscription) error {
		if st := Access(sub, s.Paper.Now()).State; st == StandsWaiting || st == StandsLapsed {
			return s.Gateway.CancelNow(ctx, sub.ID)
		}
		return s.Gateway.CancelAtPeriodEnd(ctx, sub.ID, true, s.onceKey("cancel", sub))
	})
}

// Resume takes a cancellation back. Conflict if there is none to take back.
func (s *Service) Resume(ctx context.Context, readerID string) error {
	return s.change(ctx, readerID, func(ctx context.Context, sub Subscription) error {
		if sub.CancelAt.IsZero() {
			return nil
		}
		if !s.Paper.Now().Before(sub.CancelAt) {
			return fault.New(fault.Conflict, "That plan has ended. You can subscribe again at any time.", nil)
		}
		return s.Gateway.CancelAtPeriodEnd(ctx, sub.ID, false, s.onceKey("resume", sub))
	})
}

// onceKey lets two clicks be one request, and a later change of mind another.
func (s *Service) onceKey(what string, sub Subscription) string {
	return fmt.Sprintf("%s:%s:%d", what, sub.ID, s.Paper.Now().UnixMicro())
}

func (s *Service) change(ctx context.Context, readerID string, fn func(context.Context, Subscription) error) error {
	return s.leased(ctx, "reader:"+readerID, func(ctx context.Context, _ int64) error {
		now := s.Paper.Now()
		sub, err := s.SubscriptionOf(ctx, readerID, now)
		if err != nil {
			return err
		}
		if sub == nil || !Access(*sub, now).Live {
			return fault.New(fault.Conflict, "There is no plan to change.", nil)
		}
		err = fn(ctx, *sub)
		// Whatever Stripe answered, its state is the truth.
		if _, syncErr := s.Sync(ctx, sub.Customer); err == nil {
			err = syncErr
		}
		return err
	})
}

// Portal gives the address of Stripe's own pages for card and invoices.
func (s *Service) Portal(ctx context.Context, readerID string) (string, error) {
	known, err := s.Store.CustomersOf(ctx, readerID)
	if err != nil {
		return "", err
	}
	if len(known) == 0 {
		return "", fault.New(fault.Conflict, "There is nothing to pay yet, so there is no card to change.", nil)
	}
	customer := known[0].ID
	if sub, err := s.SubscriptionOf(ctx, readerID, s.Paper.Now()); err != nil {
		return "", err
	} else if sub != nil {
		customer = sub.Customer
	}
	return s.Gateway.Portal(ctx, customer, s.BaseURL+"/account/back", "portal:"+id.New(s.Wall.Now()))
}

// SyncReader syncs every customer that the reader has: after the portal, where
// anything may have changed.
func (s *Service) SyncReader(ctx context.Context, readerID string) error {
	known, err := s.Store.CustomersOf(ctx, readerID)
	if err != nil {
		return err
	}
	for _, c := range known {
		if _, err := s.Sync(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}
