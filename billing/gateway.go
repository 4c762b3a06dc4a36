package billing

import (
	"context"
	"iter"
	"time"
)

// Gateway is Stripe as this room needs it, in the paper's words. Its errors are
// faults: Missing (Stripe has no such thing), Conflict (the thing's state does
// not allow it), Invalid with a *Declined cause (a card), Unavailable (no
// answer, too many requests, or a failure on Stripe's side), Internal (our key or our request
// is wrong). It keeps no state and may be used by many at once.
type Gateway interface {
	// Livemode reports whether the key moves real money.
	Livemode() bool
	truth
	till
	changer
	history
	pauser
	giftTill
	custodian
	payback
	courtroom
	couponer
	shopkeeper
}

// truth is what Sync asks.
type truth interface {
	// Snapshot is all of a customer that access rests on. Plans are not filled
	// in: Stripe knows prices only.
	Snapshot(ctx context.Context, customer string) (Snapshot, error)
	Subscription(ctx context.Context, id string) (Subscription, error)
	Session(ctx context.Context, id string) (Session, error)
	// CustomerOf finds whose an object is; "" if it is nobody's.
	CustomerOf(ctx context.Context, object Ref) (string, error)
}

// till is what selling does.
type till interface {
	// NewCustomer makes the reader's customer, or finds the one that an earlier
	// try with the same key made.
	NewCustomer(ctx context.Context, readerID, email, key string) (Customer, error)
	OpenSession(ctx context.Context, s NewSession) (Session, error)
	// FindSession looks for a session by the id that OpenSession wrote in its
	// metadata. Missing if there is none.
	FindSession(ctx context.Context, customer, checkoutID string) (Session, error)
	ExpireSession(ctx context.Context, id string) error
	CancelNow(ctx context.Context, subscription string, said Parting) error
	CancelAtPeriodEnd(ctx context.Context, subscription string, cancel bool, said Parting, key string) error
	// Payments lists what paid a subscription, the newest first.
	Payments(ctx context.Context, subscription string) ([]Payment, error)
	// Refund gives a part of a charge back, in minor units, because that
	// subscription was ended.
	Refund(ctx context.Context, charge string, amount int64, ending, key string) (Refund, error)
	Portal(ctx context.Context, customer, returnURL, key string) (url string, err error)
	// CardPage is a page that takes another card, and nothing else, and leads to
	// the given address when it has it.
	CardPage(ctx context.Context, customer, doneURL, key string) (url string, err error)
	// PayInvoice charges an open invoice to the card on file. What is paid already
	// is no error; a refusal is Invalid with a *Declined cause.
	PayInvoice(ctx context.Context, invoice, key string) error
}

// history is what the reconciler reads.
type history interface {
	// Events lists what happened since that time, newest first, as Stripe does.
	Events(ctx context.Context, since time.Time) iter.Seq2[Event, error]
	// Subscriptions lists every subscription of the account, of any status.
	Subscriptions(ctx context.Context) iter.Seq2[Subscription, error]
}

// Verifier proves that a webhook came from Stripe. wall is the machine's time:
// signatures know no other.
type Verifier interface {
	Verify(raw []byte, signature string, wall time.Time) (Event, error)
}

// Ref names an object at Stripe.
type Ref struct {
	Kind string // as Stripe's "object": customer, charge, dispute, invoice, …
	ID   string
}

// IsZero reports whether it names nothing.
func (r Ref) IsZero() bool { return r.ID == "" }

// Event is the hint that a webhook carries: something happened to an object.
type Event struct {
	ID         string
	Type       string
	Created    time.Time // Stripe's time: paper time
	Livemode   bool
	APIVersion string
	Object     Ref
	Customer   string // whose the object is, when the payload says so
	Via        Ref    // what leads to the customer, when it does not: a dispute names a charge
	Payload    []byte // as it came, for the log of the desk
}

// dirty is what the event makes stale; zero if nothing that access rests on.
func (e Event) dirty() Ref {
	switch {
	case e.Customer != "":
		return Ref{KindCustomer, e.Customer}
	case e.Object.Kind == KindCustomer:
		return e.Object
	}
	return e.Via
}

// KindCustomer is the kind that needs no looking up.
const (
	KindCustomer     = "customer"
	kindSubscription = "subscription"
)

// Customer is a customer at Stripe.
type Customer struct {
	ID       string
	ReaderID string // from our metadata; "" when we did not make it
	Email    string
	Created  time.Time
	Deleted  bool
	Card     Card // that the next payment is taken from; zero if there is none
}

// Snapshot is what Stripe said of a customer at one fetch.
type Snapshot struct {
	Customer      Customer
	Subscriptions []Subscription // of every status
	Invoices      []Invoice      // the latest hundred, and every open one
	Charges       []Charge       // that went through
	Credits       []Credit       // what went back of them, and the notes on invoices
	Disputes      []Dispute
}

// Invoice is a bill as it was last synced.
type Invoice struct {
	ID           string
	Number       string // as printed; "" for drafts
	Customer     string
	Subscription string
	Status       string // draft, open, paid, uncollectible, void
	Money        Money  // the total
	Paid         int64  // minor units
	Remaining    int64  // minor units
	Created      time.Time
	Due          time.Time // when it had to be paid: on a day, or as soon as it was final
	PaidAt       time.Time
	PeriodStart  time.Time // of what it bills
	PeriodEnd    time.Time
	Attempts     int
	Reason       string    // why it was made, in Stripe's words: subscription_create, subscription_cycle, …
	NextAttempt  time.Time // when Stripe tries again by itself; zero if it does not
	NeedsAction  bool      // the bank wants the payment confirmed by the cardholder
	Tax          int64     // minor units, contained in Money
	Lines        []InvoiceLine
	BillTo       string // name and address that it was made out to, lines split by \n
	HostedURL    string
	PDF          string
}

// InvoiceLine is a position of an invoice.
type InvoiceLine struct {
	Text  string    `json:"text"`
	Money Money     `json:"money"`
	From  time.Time `json:"from,omitzero"`
	To    time.Time `json:"to,omitzero"`
}

// FirstInvoice is the Reason of the invoice that begins a subscription. Its
// payment is made on a page, with the reader there.
const FirstInvoice = "subscription_create"

// The statuses of invoices that matter to a rule.
const (
	InvoiceOpen          = "open"
	InvoicePaid          = "paid"
	InvoiceUncollectible = "uncollectible"
)

// Session is a Checkout Session at Stripe.
type Session struct {
	ID           string
	URL          string // of the hosted page; "" once it is not open
	Status       string // open, complete, expired
	Customer     string
	ReaderID     string // client_reference_id
	CheckoutID   string // from our metadata
	Subscription string
	Expires      time.Time
}

// The statuses of a Checkout Session.
const (
	SessionOpen     = "open"
	SessionComplete = "complete"
	SessionExpired  = "expired"
)

// NewSession asks for a Checkout Session.
type NewSession struct {
	CheckoutID string // ours: goes into the metadata, so that it can be found
	ReaderID   string
	Customer   string
	LookupKey  string
	ShipsTo    []string // countries; asks for a shipping address unless empty
	SuccessURL string   // holds {CHECKOUT_SESSION_ID}
	CancelURL  string
	Key        string // idempotency
	Trial      Trial
	Promotion  string // a code's id, promo_…; "" leaves the page a field for one
	Free       bool   // with it nothing is ever to pay, so no card is asked for
	Shown      Money  // what the reader was told; another price at Stripe is a Conflict, and zero is not compared
}

// Declined is the cause of a fault when a card was refused.
type Declined struct {
	Code string // Stripe's decline code, or its error code
}

func (d *Declined) Error() string { return "card declined: " + d.Code }

// DeclineWords says why a payment failed, to who paid. It accuses nobody: some
// codes must not be told apart, or a thief would learn from them.
func DeclineWords(code string) string {
	switch code {
	case "":
		return ""
	case "insufficient_funds":
		return "The bank says that there isn't enough money on the account."
	case "expired_card":
		return "The card has run out."
	case "incorrect_cvc", "invalid_cvc":
		return "The security code did not match the card."
	case "incorrect_number", "invalid_number":
		return "The card number is not one that exists."
	case "invalid_expiry_month", "invalid_expiry_year":
		return "The date on which the card runs out is not right."
	case "authentication_required", "payment_intent_authentication_failure", "subscription_payment_intent_requires_action":
		return "The bank wanted you to confirm the payment, and that did not happen."
	case "card_velocity_exceeded", "withdrawal_count_limit_exceeded":
		return "The card has reached its limit for now."
	case "card_not_supported", "currency_not_supported":
		return "The card does not take this kind of payment."
	case "processing_error", "issuer_not_available", "try_again_later", "reenter_transaction":
		return "The bank could not be reached. The same card may work in a minute."
	}
	return "The bank declined the card and gave no reason that we may pass on."
}
