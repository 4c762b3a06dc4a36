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
	TrialDays int       // that it was opened with
	Code      string    // that takes something off; "" for none
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
	Verified  bool   // the address was proven
	Code      string // as it was typed; "" for none
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
	trial    Trial
	code     Promotion
}

func (s *sale) open(ctx context.Context) (string, error) {
	incomplete, err := s.mayBuy(ctx)
	if err != nil {
		return "", err
	}
	if err := s.findCustomer(ctx); err != nil {
		return "", err
	}
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return "", err
	}
	_, price, _ := catalogue.Price(s.LookupKey)
	if s.trial, err = s.trialFor(ctx, s.ReaderID, s.Verified, price); err != nil {
		return "", err
	}
	if s.Order.Code != "" {
		if s.code, err = s.Service.Code(ctx, s.ReaderID, s.Order.Code, s.LookupKey); err != nil {
			return "", err
		}
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
	fresh := s.newCheckout(s.Order, s.customer)
	fresh.TrialDays, fresh.Code = s.trial.Days, s.code.Code
	return s.start(ctx, fresh)
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
			have.TrialDays, have.Code = s.trial.Days, s.code.Code
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
	case session.Status == SessionOpen && s.sameAs(have) && session.URL != "":
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

// sameAs reports whether a checkout is for what is asked for now, on the same
// terms.
func (s *sale) sameAs(have Checkout) bool {
	return have.LookupKey == s.LookupKey && have.TrialDays == s.trial.Days && have.Code == s.code.Code
}

func (s *sale) sessionOf(ctx context.Context, c Checkout) (Session, error) {
	if c.SessionID != "" {
		return s.Gateway.Session(ctx, c.SessionID)
	}
	return s.Gateway.FindSession(ctx, s.customer, c.ID)
}

func (s *sale) close(ctx context.Context, c Checkout, state CheckoutState) error {
	c.State = state
	return s.held(ctx, func(ctx context.Context) error { return s.saveClosed(ctx, c) })
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
		err := s.Gateway.CancelNow(ctx, sub.ID, Parting{})
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
	if err := s.held(ctx, func(ctx context.Context) error {
		if err := s.Store.SaveCheckout(ctx, c); err != nil {
			return err
		}
		return s.counted(ctx, c, StepBegun)
	}); err != nil {
		return "", err
	}
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return "", err
	}
	plan, price, _ := catalogue.Price(c.LookupKey)
	ask := NewSession{
		CheckoutID: c.ID, ReaderID: s.ReaderID, Customer: s.customer, LookupKey: c.LookupKey,
		SuccessURL: s.BaseURL + "/checkout/done?session={CHECKOUT_SESSION_ID}",
		CancelURL:  s.BaseURL + "/checkout/back?checkout=" + c.ID,
		Key:        "checkout:" + c.ID + ":" + strconv.Itoa(c.Tries),
		Trial:      s.trial,
		Promotion:  s.code.ID,
		Free:       s.code.Free(price.Money),
		Shown:      price.Money,
	}
	if plan.Has(Print) {
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
