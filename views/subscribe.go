package views

import (
	"strings"
	"time"

	"broadsheet/billing"
)

// SubscribePage compares the plans.
type SubscribePage struct {
	Frame
	Catalogue       billing.Catalogue
	Interval        billing.Interval // chosen first; "" is monthly
	Return          string           // local path to come back to after paying
	Email           string           // what a signed-out reader typed
	EmailError      string
	Selected        string            // lookup key of the price that was chosen when the form came back; "" for none
	Trials          bool              // free days are offered: the viewer has not had theirs
	Proven          bool              // the viewer's address is: they may begin without a card
	Code            billing.Promotion // that was typed and can be used; zero for none
	CodeTyped       string
	CodeError       string // why it cannot be used
	HasSubscription bool   // the reader has a live one: nothing is sold, the account is shown the way to
	Registered      int    // stories in a window for a registered reader without a plan; 0 leaves the row out
	WindowDays      int    // how long that window is
}

// offer is the plans as this page shows them. A form that comes back shows the interval that was chosen.
func (p SubscribePage) offer() offer {
	yearly := p.Interval == billing.Yearly
	for _, plan := range p.Catalogue.Plans {
		if y := priceOf(plan, billing.Yearly); y != nil && p.Selected == y.LookupKey {
			yearly = true
		}
	}
	return offer{
		where: "page", level: 2, catalogue: p.Catalogue, back: p.Return, yearly: yearly, selected: p.Selected,
		code: p.Code, trials: p.Trials, proven: p.Proven, askEmail: !p.SignedIn, email: p.Email, emailErr: p.EmailError,
	}
}

// title says what the choice is about.
func (p SubscribePage) heading() string {
	switch len(p.Catalogue.Plans) {
	case 0:
		return "Plans"
	case 1:
		return "One plan. It opens everything."
	}
	for _, plan := range p.Catalogue.Plans {
		if !plan.Has(billing.Print) {
			return sentence(number(len(p.Catalogue.Plans))) + " plans. " + p.withPaper()
		}
	}
	return sentence(number(len(p.Catalogue.Plans))) + " plans."
}

func (p SubscribePage) withPaper() string {
	n := 0
	for _, plan := range p.Catalogue.Plans {
		if plan.Has(billing.Print) {
			n++
		}
	}
	switch n {
	case 0:
		return "Each opens every story."
	case 1:
		return "One has paper in it."
	}
	return sentence(number(n)) + " have paper in them."
}

// intervals are those that some plan is sold for, in the order of the table.
func (p SubscribePage) intervals() []billing.Interval {
	var list []billing.Interval
	for _, every := range []billing.Interval{billing.Monthly, billing.Yearly} {
		for _, plan := range p.Catalogue.Plans {
			if priceOf(plan, every) != nil {
				list = append(list, every)
				break
			}
		}
	}
	return list
}

// adverb is how the table names an interval.
func adverb(i billing.Interval) string {
	if i == billing.Yearly {
		return "yearly"
	}
	return "monthly"
}

// priceText is a plan's price in the table.
func priceText(plan billing.Plan, every billing.Interval) string {
	if price := priceOf(plan, every); price != nil {
		return Money(price.Money)
	}
	return "–"
}

// CheckoutEmailPage asks a signed-out reader, who chose a price on a story, where the receipt goes.
type CheckoutEmailPage struct {
	Frame
	Plan   billing.Plan
	Price  billing.Price
	Email  string // what was typed
	Error  string
	Return string
	Code   string // that is taken off; "" for none
}

// Checkout is how a checkout stands when the reader comes back from it.
type Checkout string

// The states.
const (
	CheckoutActive   Checkout = "active"   // paid, everything is open
	CheckoutWaiting  Checkout = "waiting"  // the bank hasn't answered yet
	CheckoutDeclined Checkout = "declined" // nothing was charged
)

// CheckoutDonePage is what a reader sees on coming back from paying.
type CheckoutDonePage struct {
	Frame
	Plan       billing.Plan
	Price      billing.Price
	Return     string // local path that the reader came from
	ReturnText string // headline of the story there; "" says "Read on"
	State      Checkout
	Why        string        // why it was declined, a sentence; "" for no word from the bank
	Email      string        // where the receipt goes
	Unverified bool          // the address isn't proven yet
	Next       time.Time     // of the next payment; zero if there is none
	Free       bool          // nothing is charged before it
	Code       string        // that the checkout was opened with
	Sum        billing.Money // of the next payment, as it will really be
}

// readOn is what the button back says.
func (p CheckoutDonePage) readOn() string {
	if p.ReturnText == "" {
		return "Read on"
	}
	return "Read on: " + p.ReturnText
}

// bought says what is the reader's from now on, and for how much.
func (p CheckoutDonePage) bought() string {
	text := firstOf(p.Plan.Name, "Your plan") + " is yours from now"
	if p.Price.LookupKey != "" {
		text += ", for " + moneyShort(p.Price.Money) + " " + each(p.Price.Interval)
	}
	if !p.Next.IsZero() {
		text += "; the next payment is " + strings.ToLower(sumText(p.Sum)) + " on " + p.date(p.Next)
	}
	return text + "."
}
