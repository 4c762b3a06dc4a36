package mail

import (
	"time"

	"broadsheet/billing"
	"broadsheet/views"
)

// Changed says that another plan, or another rhythm of paying, has begun.
type Changed struct {
	From, To string // what the plans are called; the same when only the rhythm changed
	Interval billing.Interval
	Money    billing.Money
	Next     time.Time // of the next payment; zero when there is none
	Gains    bool      // the magazine comes from now on
	Loses    bool      // it no longer comes
}

// Letter writes it.
func (c Changed) Letter(h House) (Letter, error) {
	sum := views.Money(c.Money) + " a " + string(c.Interval)
	l := letter{
		subject: "You have " + c.To + " now",
		preview: sum + ". Nothing to do.",
		title:   "You have " + c.To + " now, instead of " + c.From + ".",
		under:   sum,
		button:  "See your account",
		link:    h.account(""),
		foot:    because(h),
		leave:   true,
	}
	if c.From == c.To {
		l.subject = "You pay for " + c.To + " by the " + string(c.Interval) + " now"
		l.title = l.subject + "."
	}
	next := "There is nothing more to pay."
	if !c.Next.IsZero() {
		next = "The next payment is on " + h.date(c.Next) + ". If anything was due at once, its receipt is a letter of its own."
	}
	print := ""
	switch {
	case c.Gains:
		print = "The magazine comes to the address that you gave; the first one with the next issue that is sent out."
	case c.Loses:
		print = "The magazine no longer comes. We keep your address with the payment service, in case you want it back."
	}
	l.paras = filled(next, print)
	return h.write(l)
}
