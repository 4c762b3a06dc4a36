package views

import (
	"strings"

	"github.com/a-h/templ"

	"broadsheet/billing"
)

// Reason says in a sentence why money went back; "" when there is nothing to add. What an operator wrote stands as it
// is; Stripe's own words are said in ours.
// https://docs.stripe.com/api/refunds/object#refund_object-reason
func Reason(reason string) string {
	switch reason {
	case "", "requested_by_customer", "expired_uncaptured_charge", "fraudulent":
		return ""
	case "duplicate":
		return "It had been paid twice."
	case "order_change":
		return "The order was changed."
	case "product_unsatisfactory":
		return "It was not as it should have been."
	}
	if strings.ContainsAny(reason[len(reason)-1:], ".!?") {
		return reason
	}
	return reason + "."
}

// CreditText is what a credit is for, in a line.
func CreditText(c billing.Credit) string {
	if why := strings.TrimSuffix(Reason(c.Reason), "."); why != "" {
		return "Credit: " + why
	}
	if strings.HasPrefix(c.AskedBy, "sub_") {
		return "Credit: what was left of the plan"
	}
	return "Credit"
}

// CreditState says how a credit stands.
func CreditState(c billing.Credit) string {
	switch c.Status {
	case billing.RefundFailed:
		return "Did not arrive"
	case billing.RefundCanceled, billing.NoteVoid:
		return "Taken back"
	case billing.RefundSucceeded, "issued":
		return "Credited"
	}
	return "On its way"
}

// back is a credit's sum as a reader sees it: below nothing.
func back(c billing.Credit) string {
	return Money(billing.Money{Amount: -c.Money.Amount, Currency: c.Money.Currency})
}

// sheetID is the anchor of a line that can be linked to.
func sheetID(l SheetLine) templ.Attributes {
	if l.ID == "" {
		return nil
	}
	return templ.Attributes{"id": l.ID}
}

// disputed words a subscription whose benefits stopped because a bank took its payment back; nil for any other.
func (p AccountPage) disputed() *standing {
	s := p.Subscription
	over := s.Status == billing.Canceled || s.Status == billing.IncompleteExpired
	switch {
	case over || s.Dispute != billing.DisputedHeld && s.Dispute != billing.DisputedLost:
		return nil
	case s.Dispute == billing.DisputedLost:
		return &standing{
			pill: "Ending", kind: Bad, next: "Next payment", nextFact: "None",
			trouble: &Notice{Kind: Bad, Title: "Your bank took a payment back.", Text: "The plan ends with that, and nothing more is charged."},
		}
	}
	return &standing{
		pill: "Disputed", kind: Bad, next: "Next payment", nextFact: Money(s.Money) + " on " + p.day(s.PeriodEnd), nextHint: p.Card,
		trouble: &Notice{
			Kind: Bad, Title: "Your bank has taken a payment back.",
			Text: "What the plan brings stops until the bank has decided. If it was a mistake, tell your bank, and write to us.",
		},
	}
}
