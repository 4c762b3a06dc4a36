package journey

import (
	"context"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/numbers"
	"broadsheet/reader"
)

// seller is the part of billing that sells.
type seller interface {
	Sells(ctx context.Context, lookup string) error
	Begin(ctx context.Context, o billing.Order) error
	BegunBy(ctx context.Context, readerID, visitor string) (bool, error)
	Checkout(ctx context.Context, o billing.Order) (url string, err error)
}

// buyerStore keeps the accounts that purchases make.
type buyerStore interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	reader.AccountStore
	reader.Throttle
}

// CheckoutParts is what a Checkout is made of.
type CheckoutParts struct {
	Store     buyerStore
	Billing   seller
	Keys      reader.Keys
	Addresses reader.Addresses
	Counts    *Counts // nil counts nothing
}

// Checkout is the way from a price to Stripe's page, for who is signed in and
// for who only types an address.
type Checkout struct {
	parts    CheckoutParts
	accounts *reader.Accounts
}

// NewCheckout joins the parts.
func NewCheckout(p CheckoutParts) *Checkout {
	return &Checkout{parts: p, accounts: reader.NewAccounts(p.Store, p.Addresses)}
}

// Purchase is what somebody asks for.
type Purchase struct {
	Reader    *reader.Reader // who is signed in; nil for nobody
	Email     string         // as typed by who is not
	LookupKey string
	Return    string // local path
	Visitor   string // the device
	Network   string // "" if it isn't known
	Wall      time.Time
	Paper     time.Time
	Code      string // that takes something off; "" for none
}

// Begun is a purchase that may go on.
type Begun struct {
	URL string // of Stripe's page
	// Opened is an account that this browser may use from now on, unverified. It
	// is there even when the payment page could not be opened: the account exists.
	Opened *reader.Reader
}

// Begin opens the payment page. An address that is new goes on at once, with an
// account that nobody has proven yet; a known one must be signed in to first,
// since a purchase for it is its owner's to make. Faults: Invalid for the
// address or the price (billing.ErrNotSold), SignIn for a known address,
// Conflict with billing.ErrSubscribed, TooMany.
func (c *Checkout) Begin(ctx context.Context, p Purchase) (Begun, error) {
	if err := c.parts.Billing.Sells(ctx, p.LookupKey); err != nil {
		return Begun{}, err
	}
	var out Begun
	who := p.Reader
	if who == nil {
		opened, err := c.open(ctx, p)
		if err != nil {
			return out, err
		}
		who, out.Opened = &opened, &opened
	}
	var err error
	out.URL, err = c.parts.Billing.Checkout(ctx, p.order(*who))
	return out, err
}

func (p Purchase) order(r reader.Reader) billing.Order {
	return billing.Order{ReaderID: r.ID, Email: r.Email, LookupKey: p.LookupKey, Return: p.Return, Visitor: p.Visitor, Verified: r.IsVerified(), Code: p.Code}
}

// open makes the account of a new address, and its checkout in the same
// transaction, so that the second of two clicks finds both. That second click
// comes from a browser without a session yet, but with the same device's id: it
// goes on too.
func (c *Checkout) open(ctx context.Context, p Purchase) (reader.Reader, error) {
	addr, err := c.parts.Addresses.Parse(p.Email)
	if err != nil {
		return reader.Reader{}, err
	}
	if err := reader.TakeFrom(ctx, c.parts.Store, c.parts.Keys, reader.PurchasesFromNetwork, p.Network,
		"Many purchases were begun from your network. Please try again in %s.", p.Wall); err != nil {
		return reader.Reader{}, err
	}
	var made reader.Reader
	err = c.parts.Store.InTx(ctx, func(ctx context.Context) error {
		if made, err = c.accounts.Buy(ctx, p.Email, p.Paper); err != nil {
			return err
		}
		if err := c.parts.Counts.At(ctx, numbers.Registered, p.Return); err != nil {
			return err
		}
		return c.parts.Billing.Begin(ctx, p.order(made))
	})
	if !fault.Is(err, fault.SignIn) {
		return made, err
	}
	known, ok, findErr := c.parts.Store.ReaderByForm(ctx, addr.Form)
	if findErr != nil || !ok || known.IsVerified() {
		return reader.Reader{}, err
	}
	same, findErr := c.parts.Billing.BegunBy(ctx, known.ID, p.Visitor)
	if findErr != nil || !same {
		return reader.Reader{}, err
	}
	return known, nil
}
