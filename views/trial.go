package views

import "broadsheet/billing"

// trialText says what a price's free days are, in full: "14 days free, then €7.00 a month. We write to you three days
// before."
func (o offer) trialText(p billing.Price) string {
	if p.TrialDays == 0 || !o.trials {
		return ""
	}
	text := itoa(p.TrialDays) + " " + plural(p.TrialDays, "day") + " free, then " + Money(p.Money) + " " + each(p.Interval) + "; we write to you three days before."
	if p.TrialCard != billing.TrialCardOptional {
		return text
	}
	if o.proven {
		return text + " No card needed."
	}
	return text + " Sign in first, and it needs no card."
}

// tries reports whether some price begins with free days.
func (p SubscribePage) tries() bool {
	for _, plan := range p.Catalogue.Plans {
		for _, price := range plan.Prices {
			if price.TrialDays > 0 && p.Trials {
				return true
			}
		}
	}
	return false
}

// trying words a trial.
func (p AccountPage) trying() standing {
	s := p.Subscription
	out := standing{
		pill: "Free until " + p.day(s.TrialEnd), kind: Good, next: "First payment",
		nextFact: p.nextSum() + " on " + p.day(s.TrialEnd), nextHint: p.Card,
	}
	if p.Card == "" {
		out.nextFact = "None: you have given no card"
		out.nextHint = "It ends on " + p.date(s.TrialEnd) + ". Give a card before that day, and it goes on for " + Money(s.Money) + " " + each(s.Interval)
	}
	return out
}

// free says what a trial brought, on the page after the checkout.
func (p CheckoutDonePage) free() string {
	return firstOf(p.Plan.Name, "Your plan") + " is yours from now, and free until " + p.date(p.Next) + ". Then it is " +
		Money(p.Price.Money) + " " + each(p.Price.Interval) + p.first() + "; we write to you three days before."
}
