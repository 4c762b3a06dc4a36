package mail

import (
	"strconv"
	"time"

	"broadsheet/billing"
	"broadsheet/views"
)

// Declined says that a renewal was not paid, what that changes and when, and how to mend it.
type Declined struct {
	Plan  string
	Money billing.Money
	Of    time.Time // the day of the payment
	Until time.Time // nothing changes before; zero once it has
	Next  time.Time // of the next attempt; zero when that was the last
	Why   string    // the bank's reason in words; "" without one
	Token string    // of the link that takes another card without signing in
}

// Letter writes it.
func (d Declined) Letter(h House) (Letter, error) {
	title := "Your bank declined the payment of " + h.day(d.Of) + "."
	next := "That was the last try by ourselves: another card, or the same one when it works again, keeps your plan."
	switch {
	case d.Until.IsZero() && !d.Next.IsZero():
		next = "We try again on " + h.day(d.Next) + "."
	case !d.Until.IsZero() && !d.Next.IsZero():
		again := h.day(d.Next)
		if h.sameMonth(d.Until, d.Next) {
			again = "the " + ordinal(d.Next.In(h.zone()).Day())
		}
		title += " Nothing changes until " + h.day(d.Until) + "; we try again on " + again + "."
		next = ""
	case !d.Until.IsZero():
		title += " Nothing changes until " + h.day(d.Until) + "."
	}
	return h.write(letter{
		subject: "The payment of " + h.day(d.Of) + " did not go through",
		preview: views.Money(d.Money) + " for " + d.Plan + ". Another card takes a minute.",
		title:   title,
		under:   views.Money(d.Money) + " for " + d.Plan,
		paras:   filled(d.Why, next, "If the card is at fault, give another one. You need not sign in for that; the payment is then made at once."),
		button:  "Give another card",
		link:    h.account("/card/" + d.Token),
		after:   "The button works for seven days and can do nothing else.",
		foot:    because(h),
		leave:   true,
	})
}

// Confirm says that the bank wants a renewal confirmed.
type Confirm struct {
	Plan  string
	Money billing.Money
	Of    time.Time
	Until time.Time // nothing changes before; zero once it has
	Link  string    // the invoice at Stripe, absolute; "" leads to the account
}

// Letter writes it.
func (c Confirm) Letter(h House) (Letter, error) {
	title := "Your bank wants you to confirm the payment of " + h.day(c.Of) + "."
	if !c.Until.IsZero() {
		title += " Nothing changes until " + h.day(c.Until) + "."
	}
	l := letter{
		subject: "Please confirm the payment of " + h.day(c.Of),
		preview: views.Money(c.Money) + " for " + c.Plan + ". Your bank asks for it, not we.",
		title:   title,
		under:   views.Money(c.Money) + " for " + c.Plan,
		paras:   []string{"Banks ask this now and then. It happens on the page of the payment service, where your bank asks you as it usually does. Nothing is charged before that."},
		button:  "Confirm the payment",
		link:    c.Link,
		foot:    because(h),
		leave:   true,
	}
	if l.link == "" {
		l.button, l.link = "See your account", h.account("")
	}
	return h.write(l)
}

// Recovered says that what had failed is paid.
type Recovered struct {
	Plan  string
	Money billing.Money
	Next  time.Time // of the next payment; zero when there is none
}

// Letter writes it.
func (r Recovered) Letter(h House) (Letter, error) {
	next := "There is nothing more to pay."
	if !r.Next.IsZero() {
		next = "The next payment is on " + h.date(r.Next) + "."
	}
	return h.write(letter{
		subject: "Paid: " + r.Plan + " goes on",
		preview: views.Money(r.Money) + ". Nothing was lost.",
		title:   "Paid. Nothing was lost.",
		big:     views.Money(r.Money),
		under:   "For " + r.Plan + ", which goes on as before",
		paras:   []string{next},
		button:  "Read on",
		link:    h.BaseURL + "/",
		foot:    because(h),
		leave:   true,
	})
}

// Lapsed says that a plan ended because nobody paid.
type Lapsed struct {
	Plan  string
	Money billing.Money
	Of    time.Time // the day of the payment that failed
}

// Letter writes it.
func (l Lapsed) Letter(h House) (Letter, error) {
	return h.write(letter{
		subject: l.Plan + " has ended",
		preview: "The payment of " + h.day(l.Of) + " never went through. Your account is kept.",
		title:   l.Plan + " has ended: the payment of " + h.day(l.Of) + " never went through.",
		under:   views.Money(l.Money) + " was not paid, and is not asked for again",
		paras: []string{
			"Your account, what you saved and what you wrote are kept. You read what every registered reader reads.",
			"You can subscribe again at any time, and are where you were.",
		},
		button: "See the plans",
		link:   h.BaseURL + "/subscribe",
		foot:   because(h),
	})
}

// CardExpires says that a card runs out before the next payments.
type CardExpires struct {
	Plan  string
	Last4 string
	Month time.Month
	Year  int
	Next  time.Time // of the next payment; zero when it isn't known
}

// Letter writes it.
func (c CardExpires) Letter(h House) (Letter, error) {
	end := c.Month.String() + " " + strconv.Itoa(c.Year)
	next := ""
	if !c.Next.IsZero() {
		next = "The next payment is on " + h.date(c.Next) + "."
	}
	return h.write(letter{
		subject: "Your card ending " + c.Last4 + " runs out soon",
		preview: "It is good to the end of " + end + ". A new one takes a minute.",
		title:   "The card ending " + c.Last4 + " is good to the end of " + end + ".",
		under:   "It pays for " + c.Plan,
		paras:   filled(next, "Give us the new one in your account when you have it. Some banks tell us by themselves; then there is nothing to do."),
		button:  "Change the card",
		link:    h.account(""),
		foot:    because(h),
		leave:   true,
	})
}

// Renews says that a yearly plan renews before long.
type Renews struct {
	Plan   string
	Money  billing.Money
	On     time.Time
	Card   string        // "the card ending 4242"; "" when it isn't known
	Before billing.Money // what was paid last, with a discount that has ended by then; zero for none
}

// Letter writes it.
func (r Renews) Letter(h House) (Letter, error) {
	how := views.Money(r.Money) + " for another year"
	if r.Card != "" {
		how += ", from " + r.Card
	}
	return h.write(letter{
		subject: r.Plan + " renews on " + h.date(r.On),
		preview: how + ". Nothing to do if you stay.",
		title:   r.Plan + " renews on " + h.date(r.On) + ".",
		big:     views.Money(r.Money),
		under:   how,
		paras:   filled(r.before(), "If you stay, there is nothing to do. If you cancel before that day you keep everything until then, and pay nothing more."),
		button:  "See your account",
		link:    h.account(""),
		foot:    because(h),
		leave:   true,
	})
}

// because is why letters about a plan come.
func because(h House) string {
	return "You get this because you pay for " + h.Paper.Name + "; letters about payments come whether or not you take our others."
}

// filled drops what is empty.
func filled(paras ...string) []string {
	var out []string
	for _, p := range paras {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// ordinal is "6th", as a day is said.
func ordinal(n int) string {
	end := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			end = "st"
		case 2:
			end = "nd"
		case 3:
			end = "rd"
		}
	}
	return strconv.Itoa(n) + end
}
