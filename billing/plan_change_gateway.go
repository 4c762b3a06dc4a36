package billing

import (
	"context"
	"time"
)

// changer is what changing a subscription asks of Stripe.
type changer interface {
	// Quote says what a change would bill, and changes nothing. Unavailable when
	// no active price has the lookup key.
	Quote(ctx context.Context, ask QuoteFor) (Quote, error)
	// SwapNow sells another price from now on and bills it. When that cannot be
	// paid, the subscription stays what it was and the answer says why.
	SwapNow(ctx context.Context, s Swap) (Swapped, error)
	// SwapLater has the subscription sell another price from its next period on.
	SwapLater(ctx context.Context, s Swap) error
	// ReleaseSchedule lets a subscription go on as it is. A schedule that is over
	// is no error.
	ReleaseSchedule(ctx context.Context, schedule, key string) error
	// VoidInvoice takes an open invoice back. One that is not open is no error.
	VoidInvoice(ctx context.Context, invoice, key string) error
	// Shipping is the address that the customer has; zero for none.
	Shipping(ctx context.Context, customer string) (Shipping, error)
	SaveShipping(ctx context.Context, customer string, to Shipping, key string) error
}

// QuoteFor asks what a change would bill.
type QuoteFor struct {
	Subscription string
	LookupKey    string
	Timing       Timing
	At           time.Time // prorations are reckoned from this second
	Uncancel     bool      // the subscription would go on after its period
}

// Quote is what a change would bill, in Stripe's reckoning.
type Quote struct {
	PriceID string // that the lookup key has now
	Today   Bill   // no lines when nothing is billed now
	Next    Bill   // the next regular payment; no time when there is none
}

// Bill is an invoice that was not made.
type Bill struct {
	At       time.Time // when it is taken
	Lines    []BillLine
	Discount Money // taken off the lines
	Tax      Money
	TaxIn    bool  // the lines contain the tax
	Total    Money // of lines, discount and tax
	Credit   Money // what of the customer's balance is used up; what is owed from before, below zero
	Due      Money // what the card pays
}

// BillLine is a position of it.
type BillLine struct {
	Text      string
	Money     Money
	From, To  time.Time
	Proration bool
}

// Swap is a change to carry out.
type Swap struct {
	Subscription string
	PriceID      string
	At           time.Time // prorations are reckoned from this second
	Key          string    // idempotency
}

// Swapped is how SwapNow went.
type Swapped struct {
	Done        bool
	Invoice     string // that was made; "" when nothing was billed
	NeedsAction bool   // its bank wants the payment confirmed at PayURL
	PayURL      string
	Decline     string // Stripe's code; "" unless a card was declined
}
