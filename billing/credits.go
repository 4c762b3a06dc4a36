package billing

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"
)

// Charge is a payment that went through.
type Charge struct {
	ID           string // Stripe's, ch_…
	Invoice      string // "" for what was sold without one
	Subscription string // of the invoice
	Paid         Money
	Created      time.Time
	Blocked      bool // Stripe refunds nothing of it, because of a dispute
}

// Credit is money that went back, or was taken off what was owed: a refund, or
// a credit note.
type Credit struct {
	ID       string // Stripe's, re_… or cn_…
	Kind     CreditKind
	Customer string
	Charge   string // that a refund gives back of
	Invoice  string
	Number   string // of a note, as printed
	Refund   string // of a note: the refund that carried its money; "" if none did
	Early    bool   // a note from before the payment: it takes off what was owed
	Money    Money
	Status   string // refunds: pending, requires_action, succeeded, failed, canceled; notes: issued, void
	Reason   string // in words, as whoever gave it back wrote, else Stripe's word
	Failure  string // why a refund came back to us, in Stripe's word
	AskedBy  string // what of ours caused it: a refund order, or the subscription that was ended
	Created  time.Time
}

// CreditKind says what a credit is.
type CreditKind string

// The kinds.
const (
	CreditRefund CreditKind = "refund"
	CreditNote   CreditKind = "note"
)

// The statuses that matter to a rule.
// https://docs.stripe.com/api/refunds/object#refund_object-status
const (
	RefundSucceeded = "succeeded"
	RefundPending   = "pending"
	RefundFailed    = "failed"
	RefundCanceled  = "canceled"
	NoteVoid        = "void"
)

// Holds reports whether the credit stands: it went back, or is on its way.
func (c Credit) Holds() bool {
	return c.Status != RefundFailed && c.Status != RefundCanceled && c.Status != NoteVoid
}

// carried is what of a note's money a refund of the list carries, whether it
// arrived or not: the refund speaks for itself.
func (c Credit) carried(all []Credit) int64 {
	for _, r := range all {
		if r.Kind == CreditRefund && r.ID == c.Refund && c.Refund != "" {
			return r.Money.Amount
		}
	}
	return 0
}

// Returned is what the credits of one invoice gave back of what was paid, in
// minor units. What a note takes off before the payment was never paid.
func Returned(credits []Credit) (sum int64) {
	for _, c := range credits {
		switch {
		case !c.Holds(), c.Early:
		case c.Kind == CreditRefund:
			sum += c.Money.Amount
		default:
			sum += max(0, c.Money.Amount-c.carried(credits))
		}
	}
	return sum
}

// Shown is the credits as a reader counts them, the newest first: a refund that
// a note carries is the note, and stands as the refund does.
func Shown(credits []Credit) []Credit {
	carriers := map[string]Credit{}
	for _, c := range credits {
		if c.Kind == CreditRefund {
			carriers[c.ID] = c
		}
	}
	noted := map[string]bool{}
	var out []Credit
	for _, c := range credits {
		if r, ok := carriers[c.Refund]; ok && c.Kind == CreditNote && c.Holds() {
			noted[r.ID] = true
			if r.Status != RefundSucceeded {
				c.Status, c.Failure = r.Status, r.Failure
			}
		}
		out = append(out, c)
	}
	out = slices.DeleteFunc(out, func(c Credit) bool { return noted[c.ID] })
	slices.SortStableFunc(out, func(a, b Credit) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID))
	})
	return out
}

// ofInvoice picks an invoice's credits.
func ofInvoice(credits []Credit, invoice string) (out []Credit) {
	for _, c := range credits {
		if c.Invoice == invoice {
			out = append(out, c)
		}
	}
	return out
}

// creditStore keeps what went back, and what was asked to.
type creditStore interface {
	CreditByID(ctx context.Context, id string) (Credit, bool, error)
	// RecordCredit writes one as it is now, and its state beside those before.
	RecordCredit(ctx context.Context, readerID string, c Credit, at time.Time) error
	// CreditsOf lists what a reader got back, the newest first.
	CreditsOf(ctx context.Context, readerID string) ([]Credit, error)
	CreditsOfInvoice(ctx context.Context, invoice string) ([]Credit, error)
	// LastRefundOrder is the newest order for an invoice that was not refused.
	LastRefundOrder(ctx context.Context, invoice string) (RefundOrder, bool, error)
	SaveRefundOrder(ctx context.Context, o RefundOrder) error
	InvoiceByNumber(ctx context.Context, number string) (Invoice, bool, error)
}

// payback is what giving back asks of Stripe.
type payback interface {
	// GiveBack refunds a part of a charge. It is found again by the order in its
	// metadata.
	GiveBack(ctx context.Context, o RefundOrder, key string) (Credit, error)
	// Credits lists the refunds and notes of the whole account since that time.
	// Of each only id, status and customer are sure to be filled in.
	Credits(ctx context.Context, since time.Time) iter.Seq2[Credit, error]
}

// recordCredits writes what went back, and asks for the letters. The names of
// those that were not as Stripe says come back.
func (s *Service) recordCredits(ctx context.Context, readerID string, seen sight) ([]string, error) {
	var changed []string
	for _, c := range seen.Credits {
		old, ok, err := s.Store.CreditByID(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		if ok && old == c {
			continue
		}
		changed = append(changed, c.ID)
		if err := s.Store.RecordCredit(ctx, readerID, c, seen.at); err != nil {
			return nil, err
		}
		if err := s.creditEffects(ctx, readerID, c, seen); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

// creditEffects tells of a credit, once, and of a refund that came back to us:
// Stripe does not send it a second time by itself.
func (s *Service) creditEffects(ctx context.Context, readerID string, c Credit, seen sight) error {
	about := Effect{ReaderID: readerID, Customer: c.Customer, Invoice: c.Invoice, Credit: c.ID, Card: seen.Customer.Card}
	switch {
	case c.Status == RefundFailed:
		told, err := s.Store.HadEffect(ctx, "credited:"+c.ID)
		if err != nil || !told && seen.at.Sub(c.Created) >= effectsFor {
			return err
		}
		about.Kind, about.Key = EffectRefundBack, "refund-back:"+c.ID
		if err := s.once(ctx, about, seen.at); err != nil {
			return err
		}
		about.Kind, about.Key = EffectRefundFailed, "refund-failed:"+c.ID
	case !c.Holds() || c.Early || seen.at.Sub(c.Created) >= effectsFor:
		return nil
	case c.Kind == CreditNote && c.carried(seen.Credits) >= c.Money.Amount:
		return nil // the refund's own letter tells of it
	default:
		about.Kind, about.Key = EffectCredited, "credited:"+c.ID
	}
	return s.once(ctx, about, seen.at)
}

// forget drops what leads to a person.
func (s *sight) forget() {
	for i := range s.Invoices {
		s.Invoices[i].BillTo, s.Invoices[i].HostedURL, s.Invoices[i].PDF = "", "", ""
	}
	for i := range s.Credits {
		s.Credits[i].Reason = ""
	}
	for i := range s.Disputes {
		s.Disputes[i].URL = ""
	}
}
