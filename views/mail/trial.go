package mail

import (
	"time"

	"broadsheet/billing"
	"broadsheet/views"
)

// TrialBegan greets a reader whose first days are free.
type TrialBegan struct {
	Name     string
	Plan     string
	Money    billing.Money
	Interval billing.Interval
	Ends     time.Time
	Card     string // that will be charged; "" when none was given
}

// Letter writes it.
func (t TrialBegan) Letter(h House) (Letter, error) {
	then := "Nothing is charged before " + h.date(t.Ends) + ". From then on it is " + views.Money(t.Money) + " a " + string(t.Interval) + ", from " + t.Card + "."
	if t.Card == "" {
		then = "Nothing is charged, and you have given no card. To go on after " + h.date(t.Ends) + ", give one in your account before that day: " + views.Money(t.Money) + " a " + string(t.Interval) + ". If you do not, it ends by itself."
	}
	return h.write(letter{
		subject: "Welcome: " + t.Plan + " is free until " + h.date(t.Ends),
		preview: "Every story is open. Nothing is charged before " + h.date(t.Ends) + ".",
		title:   greet("Welcome", t.Name) + " " + t.Plan + " is yours from now, and free until " + h.date(t.Ends) + ".",
		paras:   []string{then, "We write to you three days before. If you cancel until then, which takes two clicks in your account, nothing is charged."},
		button:  "Start reading",
		link:    h.BaseURL + "/",
		foot:    "You get this because you subscribed to " + h.Paper.Name + ".",
		leave:   true,
	})
}

// TrialEnds says that the free days are over before long, and what comes then.
type TrialEnds struct {
	Plan     string
	Money    billing.Money // of the first payment
	Interval billing.Interval
	On       time.Time
	Card     string // that is charged; "" when none was given
}

// Letter writes it.
func (t TrialEnds) Letter(h House) (Letter, error) {
	l := letter{
		subject: "Your free days end on " + h.date(t.On),
		preview: views.Money(t.Money) + " for the first " + string(t.Interval) + " then. If you cancel before, nothing is charged.",
		title:   "Your free days with " + t.Plan + " end on " + h.date(t.On) + ".",
		big:     views.Money(t.Money),
		under:   views.Money(t.Money) + " for the first " + string(t.Interval) + " is charged that day, from " + t.Card,
		paras:   []string{"If you stay, there is nothing to do. If you cancel before that day, in two clicks, you keep everything until then and nothing is charged."},
		button:  "See your account",
		link:    h.account(""),
		foot:    because(h),
		leave:   true,
	}
	if t.Card == "" {
		l.preview = "You have given no card. Nothing is charged unless you do."
		l.big, l.under = "", "You have given no card: nothing is charged that day"
		l.paras = []string{
			"To go on, give a card in your account before that day. Then it is " + views.Money(t.Money) + " for the first " + string(t.Interval) + ", charged on " + h.date(t.On) + ".",
			"If you do not, there is nothing to do: it ends by itself.",
		}
		l.button = "Give a card"
	}
	return h.write(l)
}

// TrialOver says that a trial ended without a card.
type TrialOver struct {
	Plan     string
	Money    billing.Money
	Interval billing.Interval
	On       time.Time
	Paused   bool // it waits at Stripe rather than having ended
}

// Letter writes it.
func (t TrialOver) Letter(h House) (Letter, error) {
	price := views.Money(t.Money) + " a " + string(t.Interval)
	l := letter{
		subject: "Your free days with " + t.Plan + " are over",
		preview: "Nothing was charged. To go on, subscribe: " + price + ".",
		title:   "Your free days with " + t.Plan + " ended on " + h.date(t.On) + ".",
		under:   "You had given no card, so nothing was charged and nothing is owed",
		paras: []string{
			"Your account, what you saved and what you wrote are kept. You read what every registered reader reads.",
			"To go on, subscribe: " + price + ", and you are where you were.",
		},
		button: "Subscribe",
		link:   h.BaseURL + "/subscribe",
		foot:   "You get this because you tried " + t.Plan + ". We do not write about it again.",
	}
	if t.Paused {
		l.paras[1] = "To go on, give a card in your account and write to us: the plan waits, at " + price + "."
		l.button, l.link = "See your account", h.account("")
	}
	return h.write(l)
}
