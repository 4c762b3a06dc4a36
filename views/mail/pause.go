package mail

import (
	"time"

	"broadsheet/billing"
	"broadsheet/views"
)

// Paused says that a plan rests, from when and until when.
type Paused struct {
	Plan  string
	Money billing.Money
	From  time.Time // the benefits stop
	Until time.Time // they return and the price is charged; zero when nobody said
	Free  bool      // the benefits go on: only the payments rest
	Later bool      // what falls due meanwhile is asked for later
}

// Letter writes it.
func (p Paused) Letter(h House) (Letter, error) {
	title, first := p.Plan+" pauses on "+h.date(p.From)+".", "Until then everything is open: it is paid for. In the pause nothing is charged, neither then nor later, and what the plan brings stops."
	if p.Free {
		title, first = "The payments for "+p.Plan+" rest.", "Everything stays open meanwhile. What falls due in this time is not asked for."
		if p.Later {
			first = "Everything stays open meanwhile. What falls due in this time is asked for later."
		}
	}
	back := "You can end the pause at any time in your account."
	preview := "You can end it at any time."
	if !p.Until.IsZero() {
		back = "On " + h.date(p.Until) + " it returns by itself, and " + views.Money(p.Money) + " is charged for the month that begins then. We write a week before. You can end the pause sooner in your account."
		preview = "It returns by itself on " + h.date(p.Until) + "."
	}
	if p.Free && !p.Until.IsZero() {
		back = "On " + h.date(p.Until) + " the payments begin again, with " + views.Money(p.Money) + ". We write a week before."
		preview = "They begin again on " + h.date(p.Until) + "."
	}
	return h.write(letter{
		subject: title[:len(title)-1],
		preview: preview,
		title:   title,
		paras:   []string{first, back},
		button:  "See your account",
		link:    h.account(""),
		foot:    because(h),
		leave:   true,
	})
}

// Returns says that a pause ends before long.
type Returns struct {
	Plan  string
	Money billing.Money
	On    time.Time // it returns and the price is charged
	Card  string    // "the card ending 4242"; "" when it isn't known
	Free  bool      // only the payments rested
}

// Letter writes it.
func (r Returns) Letter(h House) (Letter, error) {
	how := views.Money(r.Money) + " for the month that begins then"
	if r.Card != "" {
		how += ", from " + r.Card
	}
	title := r.Plan + " returns on " + h.date(r.On) + "."
	if r.Free {
		title = "The payments for " + r.Plan + " begin again on " + h.date(r.On) + "."
	}
	return h.write(letter{
		subject: title[:len(title)-1],
		preview: how + ". Nothing to do if you stay.",
		title:   title,
		big:     views.Money(r.Money),
		under:   how,
		paras:   []string{"If you stay, there is nothing to do. If you cancel before that day nothing is charged."},
		button:  "See your account",
		link:    h.account(""),
		foot:    because(h),
		leave:   true,
	})
}
