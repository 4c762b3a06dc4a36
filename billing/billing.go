// Package billing holds what readers buy: plans and benefits, the state of a
// subscription over time, and the machinery that keeps it equal to what Stripe
// says. Stripe is asked through the port in this room; webhooks are hints.
// The room knows nothing of stories or pages.
package billing

import "time"

// Benefit is one thing that a subscription brings.
type Benefit string

// The benefits that a plan can hold.
const (
	Unlimited Benefit = "unlimited" // every story
	Print     Benefit = "print"     // the magazine at the door
	Voices    Benefit = "voices"    // audio opinions
	AdFree    Benefit = "ad_free"
	Comments  Benefit = "comments"
	App       Benefit = "app"
)

// AllBenefits in the order that tables show them.
var AllBenefits = []Benefit{Print, Unlimited, Voices, AdFree, Comments, App}

// BenefitText is how the paper words a benefit.
type BenefitText struct {
	Key  Benefit `yaml:"key" json:"key"`
	Name string  `yaml:"name" json:"name"`
	Text string  `yaml:"text" json:"text"`
}

// Interval is how often a price is paid.
type Interval string

// The intervals that prices come in.
const (
	Monthly Interval = "month"
	Yearly  Interval = "year"
)

// Money is an amount in the currency's minor unit (cents), never a float.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"` // ISO 4217, lower case, as Stripe writes it
}

// Price is one way to pay for a plan. The lookup key joins it to Stripe.
type Price struct {
	LookupKey string
	Plan      string // plan key
	Interval  Interval
	Money     Money
	TrialDays int       // free before the first payment, once in a reader's life
	TrialCard TrialCard // "" without a trial
}

// Plan is what can be bought.
type Plan struct {
	Key      string // "print", "digital"
	Name     string
	Summary  string
	Benefits []Benefit
	Prices   []Price     // monthly first
	Gifts    []GiftPrice // the shorter first; none sells none
}

// Has reports whether the plan brings b.
func (p Plan) Has(b Benefit) bool {
	for _, have := range p.Benefits {
		if have == b {
			return true
		}
	}
	return false
}

// Catalogue is the plans as the paper sells them today, dearest first.
type Catalogue struct {
	Plans    []Plan
	Benefits []BenefitText
	ShipsTo  []string      // ISO 3166-1 alpha-2 countries that the magazine goes to
	Disputes DisputePolicy // "" keeps
	// Retired holds what is no longer sold and still has subscribers: whole
	// plans, or the old prices of plans that are sold.
	Retired []Plan
}

// Plan finds a plan by its key, sold or retired.
func (c Catalogue) Plan(key string) (Plan, bool) {
	for _, plans := range [][]Plan{c.Plans, c.Retired} {
		for _, p := range plans {
			if p.Key == key {
				return p, true
			}
		}
	}
	return Plan{}, false
}

// Price finds a price that is sold, and its plan, by the lookup key.
func (c Catalogue) Price(lookup string) (Plan, Price, bool) { return findPrice(c.Plans, lookup) }

// PlanOfPrice finds the plan of a price, sold or retired, by the lookup key.
func (c Catalogue) PlanOfPrice(lookup string) (Plan, bool) {
	plan, _, ok := findPrice(c.Plans, lookup)
	if !ok {
		plan, _, ok = findPrice(c.Retired, lookup)
	}
	return plan, ok
}

func findPrice(plans []Plan, lookup string) (Plan, Price, bool) {
	for _, plan := range plans {
		for _, price := range plan.Prices {
			if price.LookupKey == lookup && lookup != "" {
				return plan, price, true
			}
		}
	}
	return Plan{}, Price{}, false
}

// Benefit finds the wording of a benefit; its key stands in for a missing name.
func (c Catalogue) Benefit(key Benefit) BenefitText {
	for _, b := range c.Benefits {
		if b.Key == key {
			return b
		}
	}
	return BenefitText{Key: key, Name: string(key)}
}

// Status is a subscription's state, in Stripe's words.
type Status string

// Every status that Stripe documents for a subscription.
// https://docs.stripe.com/api/subscriptions/object#subscription_object-status
const (
	Incomplete        Status = "incomplete"
	IncompleteExpired Status = "incomplete_expired"
	Trialing          Status = "trialing"
	Active            Status = "active"
	PastDue           Status = "past_due"
	Canceled          Status = "canceled"
	Unpaid            Status = "unpaid"
	Paused            Status = "paused"
)

// EndedUnpaid is the EndReason of a subscription that nobody paid.
// https://docs.stripe.com/api/subscriptions/object#subscription_object-cancellation_details-reason
const EndedUnpaid = "payment_failed"

// Subscription is one subscription as it was last synced from Stripe.
type Subscription struct {
	ID           string // Stripe's, sub_…
	Customer     string // Stripe's, cus_…
	ReaderID     string // "" when it is nobody's: quarantined
	Plan         string // plan key; "" when the price is unknown: quarantined
	PriceID      string // Stripe's, price_…
	LookupKey    string // of the price; "" once another price took the key over
	Interval     Interval
	Money        Money
	Status       Status
	Started      time.Time
	PeriodStart  time.Time
	PeriodEnd    time.Time
	CancelAt     time.Time // zero if it goes on
	CanceledAt   time.Time
	EndedAt      time.Time
	TrialEnd     time.Time
	PausedUntil  time.Time // collection paused until; zero if not paused
	IsPaused     bool      // pause_collection is set
	PastDueSince time.Time // when the oldest unpaid invoice was due; the grace runs from here
	Latest       string    // latest invoice, in_…
	LatestStatus string    // latest invoice's status: paid, open, …
	Decline      string    // why the latest payment failed, in Stripe's decline or error code; "" if it did not
	EndReason    string    // why Stripe ended it, in its words; "" if it goes on
	Dispute      Disputed  // what a disputed payment makes of it; "" if none is
	SyncedAt     time.Time // paper time of the fetch
	Coming       Coming    // a change that waits; zero for none
	Terms
}
