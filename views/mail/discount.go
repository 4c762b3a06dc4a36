package mail

import (
	"broadsheet/billing"
	"broadsheet/views"
)

// sumOn puts a sum before the day of its payment; nothing when it is not said.
func sumOn(m billing.Money) string {
	if m.Currency == "" {
		return ""
	}
	return views.Money(m) + " "
}

// before says that a yearly plan cost less last time, because of a discount
// that is not there any more.
func (r Renews) before() string {
	if r.Before.Currency == "" || r.Before.Amount >= r.Money.Amount {
		return ""
	}
	return "Last time you paid " + views.Money(r.Before) + ". The discount that you had then has ended by that day, so this is the full price."
}
