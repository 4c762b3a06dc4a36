package mail

import (
	"strings"

	"broadsheet/billing"
	"broadsheet/views"
)

// Second tells the publisher that a reader had two plans, and what was done about it.
type Second struct {
	Reader       string // the address of the account
	Plan         string
	Subscription string // Stripe's, sub_…
	Refund       billing.Money
	Refunds      []string // Stripe's, re_…
}

// Letter writes it.
func (s Second) Letter(h House) (Letter, error) {
	back := "Nothing had been paid for it, so nothing went back."
	if s.Refund.Amount > 0 {
		back = views.Money(s.Refund) + " went back to the card: " + strings.Join(s.Refunds, ", ") + "."
	}
	return h.write(letter{
		subject: "A second subscription was ended and refunded",
		preview: s.Reader + " had two.",
		title:   "A reader had two live subscriptions. The second was ended.",
		under:   s.Plan + ", " + s.Subscription + ", of " + s.Reader,
		paras: []string{
			back,
			"The paper sells nobody a second plan, so it was most likely made by hand at the payment service. The first one goes on as it was. There is nothing to do.",
		},
		foot: publisher(h),
	})
}
