package billing

import (
	"context"
	"fmt"
	"time"
)

// GiftPrice is what some months of a plan cost as a gift. It is paid once.
type GiftPrice struct {
	LookupKey string // gift_digital_6
	Plan      string // plan key
	Months    int
	Money     Money
}

// GiftMonths are the lengths that a gift can have.
var GiftMonths = []int{3, 6, 12}

// GiftKey is the lookup key that joins a gift's price to Stripe.
func GiftKey(plan string, months int) string { return fmt.Sprintf("gift_%s_%d", plan, months) }

// GiftPrice finds a gift that is sold, and its plan, by the lookup key.
func (c Catalogue) GiftPrice(lookup string) (Plan, GiftPrice, bool) {
	for _, plan := range c.Plans {
		for _, price := range plan.Gifts {
			if price.LookupKey == lookup && lookup != "" {
				return plan, price, true
			}
		}
	}
	return Plan{}, GiftPrice{}, false
}

// SellsGifts reports whether anything can be given.
func (c Catalogue) SellsGifts() bool {
	for _, plan := range c.Plans {
		if len(plan.Gifts) > 0 {
			return true
		}
	}
	return false
}

// GiftState is where a gift stands.
type GiftState string

// The states of a gift. Redeemed, returned and void come after paid, and of the
// three a gift can have one only. Void can be taken back, by Stripe, and so can
// returned: a refund that did not arrive makes the gift its buyer's again.
const (
	GiftOpen      GiftState = "open"      // not paid yet
	GiftPaid      GiftState = "paid"      // its code can be redeemed
	GiftRedeemed  GiftState = "redeemed"  // somebody has it
	GiftReturning GiftState = "returning" // taken back by its buyer; the refund is being made
	GiftReturned  GiftState = "returned"  // refunded to its buyer
	GiftVoid      GiftState = "void"      // refunded at Stripe's desk, or a bank has or had the payment
)

// Person is a name and an address, either of which may be missing.
type Person struct {
	Name  string
	Email string
}

// Gift is some months of a plan that somebody bought for somebody else.
type Gift struct {
	ID        string
	Rev       int64  // of the row: who writes must have read the newest
	ReaderID  string // the buyer's account; "" without one
	Buyer     Person
	BuyerForm string // the buyer's address in the form that accounts are found by
	Visitor   string // the device it was bought on; "" if unknown
	Plan      string
	LookupKey string
	Months    int
	Money     Money
	To        Person // without an address the buyer hands it over
	Message   string // plain text
	DeliverAt time.Time
	State     GiftState
	Serial    int    // of the code: another one replaces it
	CodeHash  string // "" until it is paid
	Sending   int    // of the delivery: a mail that was asked for before a change does not leave
	SessionID string // at Stripe; "" until it answered
	Customer  string // at Stripe: each gift has its own
	Charge    string
	Invoice   string // in_…
	Number    string // of the invoice
	Receipt   string // the invoice's address at Stripe
	Refund    string // re_…; "" without one
	Failure   string // why the last refund came back to us, in Stripe's word; "" if it did not
	Dispute   GiftDispute
	Created   time.Time
	Paid      time.Time
	Sent      time.Time // the mail to the recipient, or the code to a buyer who hands it over
	Closed    time.Time // redeemed, taken back or void
}

// GiftDispute is the dispute over a gift's payment that counts; zero without one.
type GiftDispute struct {
	ID     string    `json:"id"` // dp_…
	Status string    `json:"status"`
	Reason string    `json:"reason,omitempty"`
	Due    time.Time `json:"due,omitzero"` // until when it can be answered
	URL    string    `json:"url,omitempty"`
}

// Took reports whether a bank has the money, or keeps it.
func (d GiftDispute) Took() bool { return d.ID != "" && Dispute{Status: d.Status}.Took() }

// Lost reports whether the bank keeps it.
func (d GiftDispute) Lost() bool { return d.Status == DisputeLost }

// Handed reports whether the buyer hands the gift over.
func (g Gift) Handed() bool { return g.To.Email == "" }

// Postal is where the magazine of a gift goes.
type Postal struct {
	Name, Line1, Line2, PostalCode, City, Country string
}

// Lines are the address as an envelope shows it.
func (p Postal) Lines() []string {
	var out []string
	for _, l := range []string{p.Name, p.Line1, p.Line2, joined(p.PostalCode, p.City), p.Country} {
		if l != "" {
			out = append(out, l)
		}
	}
	return out
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

// Redemption is a gift in its reader's hands. The plan is theirs by a grant of
// the gift's id.
type Redemption struct {
	Gift     string
	ReaderID string
	At       time.Time // paper time
	From, To time.Time // of the grant as it was given; a better gift may prolong it
	Ship     Postal    // for a plan with the magazine
	Push     GiftPush
}

// GiftPush is what a gift does to the renewal of a plan that its reader pays for:
// the next payment moves back by the gift's length.
type GiftPush struct {
	Subscription string // sub_…; "" for a reader without one
	Span         time.Duration
	Base         time.Time // what was paid for ended then
	Until        time.Time // the next payment is due then
	Set          time.Time // the day that Stripe was asked for last: not always all of it fits
	Done         bool
}

// giftStore keeps gifts.
type giftStore interface {
	AddGift(ctx context.Context, g Gift) error
	// ChangeGift writes a gift that nobody changed since it was read; false if
	// somebody did. So of two changes one happens.
	ChangeGift(ctx context.Context, g Gift) (bool, error)
	GiftByID(ctx context.Context, id string) (Gift, bool, error)
	GiftBySession(ctx context.Context, session string) (Gift, bool, error)
	GiftByCode(ctx context.Context, hash string) (Gift, bool, error)
	// GiftsBoughtBy lists what a reader gave, the newest first, also before they
	// had an account with the address that is proven now.
	GiftsBoughtBy(ctx context.Context, readerID string) ([]Gift, error)
	// OpenGifts walks the gifts that wait for their payment, in pages after an id.
	OpenGifts(ctx context.Context, after string, n int) ([]Gift, error)
	// ForgetGifts drops names, addresses and words of gifts that were sent or
	// closed before the one time, and gifts begun before the other and never paid.
	ForgetGifts(ctx context.Context, sentBefore, begunBefore time.Time) error
	AddRedemption(ctx context.Context, r Redemption) error
	RedemptionOf(ctx context.Context, gift string) (Redemption, bool, error)
	RedemptionsOf(ctx context.Context, readerID string) ([]Redemption, error)
	SavePush(ctx context.Context, gift string, p GiftPush) error
	// GiftMoved reports whether a gift moved the subscription's next payment to
	// that time.
	GiftMoved(ctx context.Context, subscription string, until time.Time) (bool, error)
}

// GiftSale is a gift's Checkout Session as Stripe says it stands.
type GiftSale struct {
	Session  string
	GiftID   string // from our metadata
	Customer string // "" until it is paid
	Paid     bool
	Money    Money
	Charge   string
	Refunded int64    // of the charge, minor units: what went back or is on its way
	Failed   []Credit // refunds that came back to us
	Dispute  Dispute  // the one that counts: what took the money before what did not; zero without one
	Invoice  string
	Number   string // of the invoice
	Receipt  string // its address
}

// dead reports whether the money went back, or is being fought for.
func (s GiftSale) dead() bool {
	return s.dispute().Took() || s.Refunded > 0 && s.Refunded >= s.Money.Amount
}

func (s GiftSale) dispute() GiftDispute {
	d := s.Dispute
	return GiftDispute{ID: d.ID, Status: d.Status, Reason: d.Reason, Due: d.Due, URL: d.URL}
}

// NewGiftSession asks for a Checkout Session for a gift.
type NewGiftSession struct {
	GiftID     string
	Email      string // of the buyer
	LookupKey  string
	Text       string // what the invoice says of it
	SuccessURL string // holds {CHECKOUT_SESSION_ID}
	CancelURL  string
	Key        string // idempotency
}

// giftTill is what gifts need of Stripe.
type giftTill interface {
	OpenGift(ctx context.Context, n NewGiftSession) (Session, error)
	GiftSale(ctx context.Context, session string) (GiftSale, error)
	// GiftSales lists the gifts that a customer bought.
	GiftSales(ctx context.Context, customer string) ([]GiftSale, error)
	// PushRenewal moves the next payment to that time. Nothing is charged and
	// nothing credited for it.
	PushRenewal(ctx context.Context, subscription string, until time.Time, key string) error
}

// The kinds of effects of gifts.
const (
	EffectGiftBought  = "gift.bought"  // to the buyer: the receipt, and the way to the gift
	EffectGiftDeliver = "gift.deliver" // to the recipient, on the day
	EffectGiftBegan   = "gift.began"   // to the recipient: it is theirs
	EffectGiftMonth   = "gift.month"   // a month before it ends
	EffectGiftOver    = "gift.over"    // at its end
	EffectGiftReturn  = "gift.return"  // the refund is to be made
	EffectGiftBack    = "gift.back"    // to the buyer: the refund was made
	EffectGiftPush    = "gift.push"    // the renewal of a paid plan is to be moved
	EffectGiftTrouble = "gift.trouble" // to the publisher: refunded or disputed after it was redeemed
	EffectGiftDispute = "gift.dispute" // to the publisher: a stage of the dispute over its payment
	EffectGiftBounced = "gift.bounced" // to the buyer and the publisher: its refund did not arrive
)
