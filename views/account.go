package views

import (
	"time"

	"broadsheet/billing"
	"broadsheet/news"
	"broadsheet/reader"
)

// AccountPage is a reader's account: the plan, what it brings, the meter, the devices and the invoices.
type AccountPage struct {
	Frame
	Reader       reader.Reader
	Subscription *billing.Subscription // the one that counts; nil for none, ever
	Plan         billing.Plan          // of the subscription; the zero value when it is unknown
	Grants       bool                  // the subscription opens stories now
	GraceUntil   time.Time             // past due: until when everything stays open; zero otherwise
	Card         string                // "Card ending 4242, expires 08/27"; "" when it isn't known
	Benefits     []BenefitRow
	Free         MeterPanel
	Sessions     []SessionRow
	Invoices     []InvoiceRow
	Gifts        AccountGifts
	Portal       bool // there is a customer at Stripe, so its portal can be opened
	Catalogue    billing.Catalogue
	Cheaper      billing.Plan // that costs less; the zero value for none
	CheaperPrice billing.Price
	Bought       []string // "Digital, €7.00 a month, on 3 May 2024": shown to an owner who proved the address just now
}

// BenefitRow is one benefit and why the reader has it, or hasn't, in one line.
type BenefitRow struct {
	Name string
	Why  string
	Has  bool
}

// MeterPanel is the meter as the account shows it.
type MeterPanel struct {
	Allowance, Left int
	Window          time.Duration
	Resets          time.Time // zero if nothing counts
	Unlimited       Unlimited // "" counts
}

// SessionRow is a device that is signed in.
type SessionRow struct {
	ID     string // the session's public id
	Device string // "Firefox on Linux"
	Seen   time.Time
	This   bool
}

// InvoiceRow is an invoice.
type InvoiceRow struct {
	Number string
	Date   time.Time
	For    string // "Print + Digital, April"; "" shows the number
	Money  billing.Money
	Status string // Stripe's word: paid, open, void, uncollectible, draft
	URL    string // of its page; "" for none
	State  string // in words; "" for those of the status
	Note   bool   // it is something that went back
}

// document is what the row leads to.
func (i InvoiceRow) document() string {
	switch {
	case i.Note:
		return "Note"
	case i.Status == billing.InvoicePaid:
		return "Receipt"
	}
	return "Invoice"
}

// CancelPage asks once more before a plan is cancelled.
type CancelPage struct {
	Frame
	Plan  billing.Plan
	Until time.Time // everything stays open until then
	// Reasons to choose from; the form sends reason and comment, both optional.
	Reasons []billing.PartingReason
	Reason  string // that was chosen before
	Comment string // that was typed before
	// Cheaper is a plan that costs less; the zero value for none.
	Cheaper      billing.Plan
	CheaperPrice billing.Price
	Waits        bool // a change waits, which ends with it
	// In a grace: what is still asked for, and until when everything is open all the same.
	Owed  billing.Money
	Grace time.Time
}

// inGrace says what cancelling does while a payment is missing: the month that has begun is still asked for.
func (p CancelPage) inGrace() string {
	return firstOf(p.Plan.Name, "The plan") + " ends on " + p.date(p.Until) + " and does not renew. The open payment of " + Money(p.Owed) +
		" is still asked for; without it everything closes on " + p.date(p.Grace) + ". Until then you can change your mind."
}

// MeterPage says what counted, what is left, when it comes free, and how counting works.
type MeterPage struct {
	Frame
	Allowance, Left int
	Window          time.Duration
	Counts          []MeterCount // newest first
	Hidden          bool         // the device is signed out: what its reader opened is for that reader only
	Resets          time.Time    // zero if nothing counts
	Registered      bool
	Unlimited       Unlimited // "" counts
	More            int       // how many more registering would open; 0 doesn't say
}

// MeterCount is a story that counted.
type MeterCount struct {
	Teaser news.Teaser // with an empty slug, the story has been taken back since
	At     time.Time
	Leaves time.Time // when it stops counting
}

// standing is how a subscription reads on the account page.
type standing struct {
	pill     string
	kind     Kind
	next     string // what the second fact is called
	nextFact string
	nextHint string
	trouble  *Notice
}

// standing words every status that a subscription can have.
func (p AccountPage) standing() standing {
	s := p.Subscription
	sum := p.owed()
	if d := p.disputed(); d != nil {
		return *d
	}
	switch s.Status {
	case billing.Active, billing.Trialing:
		return p.running()
	case billing.PastDue:
		return standing{
			pill: "Payment due", kind: Bad, next: "Open payment", nextFact: sum, nextHint: p.Card,
			trouble: &Notice{Kind: Bad, Title: "Your bank declined the last payment.", Text: p.grace()},
		}
	case billing.Incomplete:
		return standing{
			pill: "Not paid yet", kind: Bad, next: "First payment", nextFact: sum, nextHint: "Not confirmed by your bank",
			trouble: &Notice{Kind: Bad, Title: "The first payment was not confirmed.", Text: "Nothing was charged. You can start again.", Link: SubscribePath, LinkText: "Compare the plans"},
		}
	case billing.Paused:
		return standing{pill: "Paused", next: "Next payment", nextFact: "None while paused"}
	case billing.Unpaid:
		return standing{
			pill: "Unpaid", kind: Bad, next: "Open payment", nextFact: sum, nextHint: p.Card,
			trouble: &Notice{Kind: Bad, Title: "The payments failed, and the plan has stopped.", Text: "Another card starts it again."},
		}
	}
	ended := standing{pill: "Ended", next: "Next payment", nextFact: "None"}
	if at := firstTime(s.EndedAt, s.CanceledAt); !at.IsZero() {
		ended.nextHint = "Ended on " + p.date(at)
		switch {
		case s.EndReason == billing.EndedUnpaid:
			ended.nextHint += ", since the last payment never went through"
		case s.Dispute == billing.DisputedLost:
			ended.nextHint += ", since your bank took a payment back"
		}
	}
	return ended
}

// running words a subscription that is paid for: it goes on, ends at a date, or is paused.
func (p AccountPage) running() standing {
	s := p.Subscription
	switch {
	case !s.CancelAt.IsZero():
		return standing{
			pill: "Ends " + p.day(s.CancelAt), next: "Next payment", nextFact: "None",
			nextHint: "Everything stays open until " + p.date(s.CancelAt),
		}
	case s.IsPaused:
		return p.paused()
	case s.Status == billing.Trialing && !p.Gifts.Moved:
		return p.trying()
	}
	return standing{
		pill: "Active", kind: Good, next: "Next payment",
		nextFact: p.nextSum() + " on " + p.day(s.PeriodEnd), nextHint: p.Card,
	}
}

// grace says until when a failed payment changes nothing.
func (p AccountPage) grace() string {
	switch {
	case p.GraceUntil.IsZero():
		return "We try again in the next days. Another card ends the matter."
	case p.Grants:
		return "Nothing changes until " + p.day(p.GraceUntil) + "; we try again before then."
	}
	return "Everything stayed open until " + p.day(p.GraceUntil) + ". A payment opens it again."
}

// live reports whether there is a plan that can be left: one that runs or is being collected, and isn't ending already.
func (p AccountPage) live() bool {
	if p.Subscription == nil || !p.Subscription.CancelAt.IsZero() {
		return false
	}
	switch p.Subscription.Status {
	case billing.Active, billing.Trialing, billing.PastDue, billing.Unpaid, billing.Paused:
		return true
	}
	return false
}

// owes reports whether another card would mend what is wrong.
func (p AccountPage) owes() bool {
	s := p.Subscription
	return p.Portal && s != nil && s.Dispute == "" && (s.Status == billing.PastDue || s.Status == billing.Unpaid)
}

// leaveInGrace says what cancelling does while a payment is missing.
func (p AccountPage) leaveInGrace() string {
	if !p.Grants {
		return "If you cancel now the plan ends at once, and nothing more is charged. Your account and what you wrote stay."
	}
	return "If you cancel now " + p.planName() + " ends on " + p.day(p.Subscription.PeriodEnd) + " and does not renew. The open payment of " + p.owed() + " is still asked for."
}

// ending reports whether a cancellation can still be taken back.
func (p AccountPage) ending() bool {
	if p.Subscription == nil || p.Subscription.CancelAt.IsZero() {
		return false
	}
	return p.Subscription.Status == billing.Active || p.Subscription.Status == billing.Trialing
}

// over reports whether a new plan can be bought.
func (p AccountPage) over() bool {
	if p.Subscription == nil {
		return true
	}
	switch p.Subscription.Status {
	case billing.Canceled, billing.IncompleteExpired, billing.Incomplete:
		return true
	}
	return false
}

func (p AccountPage) planName() string { return firstOf(p.Plan.Name, "A plan") }

// paid says what the plan costs and since when.
func (p AccountPage) paid() string {
	s := p.Subscription
	text := Money(s.Money) + " " + each(s.Interval)
	if !s.Started.IsZero() {
		text += ", since " + p.date(s.Started)
	}
	return text
}

// who is the line below the title.
func (p AccountPage) who() string {
	if p.Reader.Name == "" {
		return p.Reader.Email
	}
	return p.Reader.Name + ", " + p.Reader.Email
}

// seen says when a device was last used.
func (p AccountPage) seen(s SessionRow) string {
	if s.This {
		return "Now"
	}
	if s.Seen.IsZero() {
		return ""
	}
	return "Last seen on " + p.day(s.Seen)
}

// invoiceState words Stripe's statuses of an invoice.
// https://docs.stripe.com/api/invoices/object#invoice_object-status
func invoiceState(status string) string {
	switch status {
	case "paid":
		return "Paid"
	case "open":
		return "Open"
	case "void":
		return "Cancelled, nothing to pay"
	case "uncollectible":
		return "Not collected"
	case "draft":
		return "In preparation"
	}
	return sentence(status)
}

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// days writes a window as readers count it.
func days(d time.Duration) string {
	n := int((d + 12*time.Hour) / (24 * time.Hour))
	return number(n) + " " + plural(n, "day")
}

// left says how many stories are left of how many.
func left(n, allowance int) string {
	return itoa(n) + " of " + itoa(allowance) + " free " + plural(allowance, "story") + " left"
}
