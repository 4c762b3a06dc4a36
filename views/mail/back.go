package mail

import (
	"strings"
	"time"

	"broadsheet/billing"
	"broadsheet/views"
)

// Credited says that money goes back to the reader, or is kept for the next invoice.
type Credited struct {
	Plan    string
	Money   billing.Money
	Number  string // of the invoice; "" for none
	Invoice string // its id, for its page
	At      time.Time
	Reason  string // in the words of whoever gave it; "" for none
	Kept    bool   // it is taken off the next invoice, and not sent
}

// Letter writes it.
func (c Credited) Letter(h House) (Letter, error) {
	sum := views.Money(c.Money)
	title, how := sum+" goes back to you.", "It goes to where the payment came from. Banks take five to ten days to show it; there is nothing to do."
	if c.Kept {
		title, how = sum+" is credited to you.", "It is taken off your next invoice by itself; there is nothing to do."
	}
	under := c.Plan
	if c.Number != "" {
		under += ", invoice " + c.Number
	}
	l := letter{
		subject: strings.TrimSuffix(title, "."), preview: how, title: title, big: sum, under: under + ", " + h.date(c.At),
		paras: filled(views.Reason(c.Reason), how), foot: because(h), leave: true,
		button: "See your account", link: h.account("#invoices"),
	}
	if c.Invoice != "" {
		l.button, l.link = "See the invoice", h.BaseURL+views.InvoicePath(c.Invoice)
	}
	return h.write(l)
}

// RefundFailed tells the publisher that money which went back did not arrive.
type RefundFailed struct {
	Reader  string // the address of the account
	Money   billing.Money
	Number  string // of the invoice
	Refund  string // Stripe's, re_…
	Failure string // Stripe's word
	Again   bool   // it was of a gift, which is its buyer's again
}

// Letter writes it.
func (r RefundFailed) Letter(h House) (Letter, error) {
	why := "The bank did not say why."
	if r.Failure != "" && r.Failure != "unknown" {
		why = "The bank's reason: " + strings.ReplaceAll(r.Failure, "_", " ") + "."
	}
	next := "The reader has had a letter that it did not arrive, and is asked to write to you. Repeat the refund once their card works, or send the money another way."
	if r.Again {
		next = "The buyer has had a letter that it did not arrive. The gift is theirs again, by another code: they can use it, take it back once more, or write to you."
	}
	return h.write(letter{
		subject: "A refund of " + views.Money(r.Money) + " came back",
		preview: r.Reader + " did not get it.",
		title:   "A refund of " + views.Money(r.Money) + " did not arrive.",
		under:   strings.Join(filled(r.Refund, numbered(r.Number), "of "+r.Reader), ", "),
		paras: []string{
			why + " The money is on your account at the payment service again, and is not sent a second time by itself.",
			next,
		},
		foot: publisher(h),
	})
}

// DisputeStage is how far a dispute is, for the publisher.
type DisputeStage string

// The stages.
const (
	StageInquiry DisputeStage = "inquiry"
	StageOpened  DisputeStage = "opened"
	StageWon     DisputeStage = "won"
	StageLost    DisputeStage = "lost"
)

// Disputed tells the publisher of a payment that a bank took back or asks about.
type Disputed struct {
	Stage   DisputeStage
	Reader  string // the address of the account
	Plan    string
	Number  string // of the invoice; "" for none
	Dispute string // Stripe's, dp_…
	Money   billing.Money
	Reason  string    // Stripe's word
	Due     time.Time // until when it can be answered; zero when it cannot
	URL     string    // where it is answered
	Held    bool      // the benefits stop while it is undecided
}

// Letter writes it.
func (d Disputed) Letter(h House) (Letter, error) { return h.write(d.letter(h)) }

func (d Disputed) letter(h House) letter {
	sum := views.Money(d.Money)
	l := letter{under: strings.Join(filled(d.Plan, d.Number, d.Dispute, "of "+d.Reader), ", "), foot: publisher(h)}
	due := ""
	if !d.Due.IsZero() {
		due = "Answer by " + h.date(d.Due) + "; without an answer the payment is lost."
	}
	reason := "Their reason: " + disputeWords(d.Reason) + "."
	switch d.Stage {
	case StageInquiry:
		l.subject, l.title = "A bank asks about a payment of "+sum, "A cardholder's bank asks what a payment of "+sum+" was."
		l.paras = filled(reason, "No money has moved, and the reader keeps everything.", strings.Replace(due, "the payment is lost", "it may be taken back", 1))
	case StageOpened:
		keeps := "The reader keeps everything until that is decided, as the paper's rules say."
		if d.Held {
			keeps = "The benefits stop until that is decided, as the paper's rules say."
		}
		l.subject, l.title = "A payment of "+sum+" is disputed", "A cardholder's bank has taken "+sum+" back."
		l.paras = filled(reason, due, keeps)
	case StageWon:
		l.subject, l.title = "A dispute over "+sum+" is won", "The dispute over "+sum+" is won, and the money is back."
		l.paras = []string{"The reader has everything that the plan brings, as before. There is nothing to do."}
	case StageLost:
		l.subject, l.title = "A dispute over "+sum+" is lost", "The dispute over "+sum+" is lost: the bank keeps the money."
		l.paras = []string{"The invoice is written off. The plan has ended, and nothing is refunded on top. There is nothing to do."}
	}
	l.preview = strings.TrimSpace(due)
	if l.preview == "" {
		l.preview = l.paras[0]
	}
	if d.URL != "" && (d.Stage == StageInquiry || d.Stage == StageOpened) {
		l.button, l.link = "Answer at the payment service", d.URL
	}
	return l
}

// disputeWords says what a cardholder told the bank.
// https://docs.stripe.com/api/disputes/object#dispute_object-reason
func disputeWords(reason string) string {
	switch reason {
	case "fraudulent":
		return "they say that they did not make the payment"
	case "unrecognized":
		return "they do not recognise the payment"
	case "product_not_received":
		return "they say that they did not get what they paid for"
	case "product_unacceptable":
		return "they say that it was not what was promised"
	case "subscription_canceled":
		return "they say that they had cancelled the plan"
	case "duplicate":
		return "they say that they paid twice"
	case "credit_not_processed":
		return "they say that a refund was promised and did not come"
	case "", "general":
		return "none was given"
	}
	return strings.ReplaceAll(reason, "_", " ")
}

// publisher says why the publisher gets a letter.
func publisher(h House) string {
	return "You get this because this is the address of " + h.Paper.Name + "."
}
