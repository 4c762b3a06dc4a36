package billing

import (
	"fmt"
	"time"
)

// Card is what a customer's next payment is taken from, as far as it may be
// known here.
type Card struct {
	ID       string // Stripe's payment method, pm_…
	Brand    string // visa, mastercard, …
	Last4    string
	ExpMonth int // 1 to 12; 0 when it does not run out
	ExpYear  int // four digits
}

// IsZero reports whether there is no card.
func (c Card) IsZero() bool { return c.ID == "" }

// RunsOut is the first instant at which the card no longer pays: a card is good
// to the end of its month. Zero if it does not run out.
func (c Card) RunsOut() time.Time {
	if c.ExpMonth == 0 {
		return time.Time{}
	}
	return time.Date(c.ExpYear, time.Month(c.ExpMonth)+1, 1, 0, 0, 0, 0, time.UTC)
}

// String names the card as its owner knows it: "Card ending 4242, expires
// 08/27". "" for none.
func (c Card) String() string {
	switch {
	case c.Last4 == "":
		return ""
	case c.ExpMonth == 0:
		return "Card ending " + c.Last4
	}
	return fmt.Sprintf("Card ending %s, expires %02d/%02d", c.Last4, c.ExpMonth, c.ExpYear%100)
}
