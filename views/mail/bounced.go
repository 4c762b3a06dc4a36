package mail

import (
	"strings"
	"time"

	"broadsheet/billing"
	"broadsheet/views"
)

// RefundBounced tells whoever was to get a refund that it did not arrive.
type RefundBounced struct {
	Plan    string
	Money   billing.Money
	Number  string // of the invoice; "" for none
	Invoice string // its id, for its page
	Failure string // Stripe's word
	Gift    *Gift  // that was taken back; nil for what an account paid
	Again   bool   // the gift is its buyer's again, by another code
}

// Letter writes it.
func (r RefundBounced) Letter(h House) (Letter, error) {
	sum := views.Money(r.Money)
	l := letter{
		subject: "Your refund of " + sum + " did not arrive", preview: "The money is with us. Nothing is lost.",
		title: "Your refund of " + sum + " did not arrive.", big: sum, under: strings.Join(filled(r.Plan, numbered(r.Number)), ", "),
		foot: because(h), leave: true, button: "See your account", link: h.account("#invoices"),
		paras: []string{
			"We sent it to the card that you paid with, and your bank sent it back. " + bounceWords(r.Failure),
			"The money is with us, and nothing is lost. It is not sent again by itself: a refund can only go to the card that paid. Write to us when that card works, or if it is gone, and we find another way. We have been told of it as well.",
		},
	}
	if r.Invoice != "" {
		l.button, l.link = "See the invoice", h.BaseURL+views.InvoicePath(r.Invoice)
	}
	if r.Gift != nil {
		l.under = views.Sentence(r.Gift.what())
		l.foot, l.leave = "You get this because you bought a gift at "+h.home()+".", false
		l.button, l.link = "See the gift", r.Gift.link(h)
		if r.Again {
			l.paras[1] = "The money is with us, and nothing is lost. Until it can go back the gift is yours again, with another code: nobody else has it, and the old one stays dead. You can use it, hand it on, or take it back once more when your card works. If the card is gone, write to us, and we find another way."
		}
	}
	return h.write(l)
}

func numbered(number string) string {
	if number == "" {
		return ""
	}
	return "invoice " + number
}

// bounceWords says why a refund came back.
// https://docs.stripe.com/api/refunds/object#refund_object-failure_reason
func bounceWords(reason string) string {
	switch reason {
	case "lost_or_stolen_card":
		return "It says that the card was reported lost or stolen."
	case "expired_or_canceled_card":
		return "It says that the card has run out or was cancelled."
	case "", "unknown":
		return "It did not say why."
	}
	return "Its reason: " + strings.ReplaceAll(reason, "_", " ") + "."
}

// GiftDisputed tells the publisher how a dispute over a gift's payment stands.
type GiftDisputed struct {
	Gift
	Stage   DisputeStage
	Buyer   string // the address
	Number  string
	Dispute string // Stripe's, dp_…
	Money   billing.Money
	Reason  string // Stripe's word
	Due     time.Time
	URL     string
	Held    bool // somebody has redeemed it
	Back    bool // its buyer had taken it back before
}

// Letter writes it.
func (g GiftDisputed) Letter(h House) (Letter, error) {
	l := Disputed{
		Stage: g.Stage, Reader: g.Buyer, Plan: views.Sentence(g.what()) + ", a gift", Number: g.Number, Dispute: g.Dispute, Money: g.Money,
		Reason: g.Reason, Due: g.Due, URL: g.URL,
	}.letter(h)
	switch {
	case g.Stage == StageInquiry:
		l.paras[1] = "No money has moved, and the gift's code stays good."
	case g.Held:
		l.paras[len(l.paras)-1] = "Somebody had redeemed the gift. They keep it: they did nothing wrong, and most likely know nothing of it."
	case g.Stage == StageOpened:
		l.paras[len(l.paras)-1] = "Nobody has redeemed the gift. Its code does not work until that is decided."
	case g.Stage == StageWon && g.Back:
		l.paras = []string{"The buyer had taken the gift back, so the payment is refunded now. There is nothing to do."}
	case g.Stage == StageWon:
		l.paras = []string{"The gift's code works again. There is nothing to do."}
	case g.Stage == StageLost:
		l.paras = []string{"The gift's code stays dead, and nothing is refunded on top. There is nothing to do."}
	}
	if l.preview != "" && g.Due.IsZero() {
		l.preview = l.paras[0]
	}
	return h.write(l)
}
