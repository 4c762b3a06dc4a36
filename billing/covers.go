package billing

import (
	"strings"
	"time"
)

// Covers is the time that an invoice bills. One that changes a plan takes the
// rest of an old time off and bills a new one: the new one counts.
func (i Invoice) Covers() (from, to time.Time) {
	from, to = i.PeriodStart, i.PeriodEnd
	for _, l := range i.Lines {
		if l.Money.Amount > 0 && l.To.After(l.From) {
			from, to = l.From, l.To
		}
	}
	return from, to
}

// Named is the name of the plan that an invoice bills, by the words of its lines:
// a subscription may be another plan's since. "" when they name none that is sold.
func (c Catalogue) Named(i Invoice) string {
	text := ""
	for _, l := range i.Lines {
		if l.Money.Amount >= 0 && !l.To.IsZero() {
			text = l.Text
		}
	}
	found := ""
	for _, plan := range c.Plans {
		if len(plan.Name) > len(found) && strings.Contains(text, plan.Name) { // "Digital" is in "Print + Digital"
			found = plan.Name
		}
	}
	return found
}
