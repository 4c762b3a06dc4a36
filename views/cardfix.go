package views

import (
	"time"

	"broadsheet/billing"
)

// CardPage is what the link in a letter about a failed payment opens, without anybody signed in. It tells what the
// letter told, and no more of the account.
type CardPage struct {
	Frame
	Token string
	Plan  string // what it is called; "" when it isn't known
	Money billing.Money
	Of    time.Time // the day of the payment
	State billing.CardFixState
	Why   string // of a decline, in words; "" without one
}

// Words of the page for each state.
func (p CardPage) headline() string {
	switch p.State {
	case billing.CardPaid:
		return "Paid. Nothing was lost."
	case billing.CardDeclined:
		return "The new card is kept, but it was declined too"
	case billing.CardSame:
		return "The card is the one it was"
	case billing.CardOver:
		return "There is nothing open any more"
	}
	return "Another card for " + firstOf(p.Plan, "your plan")
}

func (p CardPage) told() string {
	sum := Money(p.Money) + " for " + firstOf(p.Plan, "your plan")
	switch p.State {
	case billing.CardPaid:
		return sum + " is paid, and the plan goes on as before. There is nothing more to do."
	case billing.CardDeclined:
		return firstOf(p.Why, "The bank gave no reason.") + " Nothing was charged. You can try another one."
	case billing.CardSame:
		return "No other card was given, so nothing was charged and nothing changed."
	case billing.CardOver:
		return "The payment of " + p.day(p.Of) + " is not collected any more, because the plan has ended. You can subscribe again at any time."
	}
	return "The payment of " + p.day(p.Of) + ", " + sum + ", was declined. Give another card on the page of our payment service; the payment is then made at once."
}

// asks reports whether another card would help.
func (p CardPage) asks() bool {
	return p.State == billing.CardWanted || p.State == billing.CardDeclined || p.State == billing.CardSame
}
