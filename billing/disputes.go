package billing

import (
	"context"
	"iter"
	"strings"
	"time"

	"broadsheet/internal/fault"
)

// Dispute is a payment that a cardholder's bank took back, or asks about.
type Dispute struct {
	ID           string // Stripe's, dp_…
	Customer     string
	Subscription string // that the payment was for; "" if it was for none
	Invoice      string
	Charge       string
	Money        Money
	Reason       string    // Stripe's word: fraudulent, product_not_received, …
	Status       string    // Stripe's
	Due          time.Time // until when evidence can be given; zero when it cannot
	URL          string    // the page at Stripe on which it is answered
	Created      time.Time
}

// The statuses of disputes. An inquiry, whose statuses begin with warning_,
// only asks: no money moves.
// https://docs.stripe.com/api/disputes/object#dispute_object-status
const (
	DisputeNeedsResponse = "needs_response"
	DisputeUnderReview   = "under_review"
	DisputeWon           = "won"
	DisputeLost          = "lost"
	inquiryPrefix        = "warning_"
	inquiryClosed        = "warning_closed"
)

// Inquiry reports whether the bank only asks.
func (d Dispute) Inquiry() bool { return strings.HasPrefix(d.Status, inquiryPrefix) }

// Open reports whether it is undecided. A status that this program does not
// know is no decision.
func (d Dispute) Open() bool {
	return d.Status != DisputeWon && d.Status != DisputeLost && d.Status != inquiryClosed
}

// Took reports whether the bank has the money, or keeps it.
func (d Dispute) Took() bool { return !d.Inquiry() && d.Status != DisputeWon }

// DisputePolicy says what a reader has while their payment is disputed.
type DisputePolicy string

// The policies. Nobody is guilty before the bank has decided, so the first is
// what holds unless the publisher says otherwise.
const (
	DisputeKeeps    DisputePolicy = "keep"
	DisputeSuspends DisputePolicy = "suspend"
)

// Disputed is what disputes make of a subscription.
type Disputed string

// What they can make of it.
const (
	DisputedOpen Disputed = "open" // undecided, and the reader keeps what they have
	DisputedHeld Disputed = "held" // undecided, and the benefits stop
	DisputedLost Disputed = "lost" // the bank kept the money: it ends
)

// disputesFor is how long after it began a lost dispute ends its subscription:
// banks decide within months. What an account that is connected today lost years
// ago ends nothing.
const disputesFor = 180 * 24 * time.Hour

// disputed says what the disputes make of a subscription.
func disputed(subscription string, all []Dispute, policy DisputePolicy, at time.Time) (out Disputed) {
	for _, d := range all {
		switch {
		case d.Subscription != subscription || !d.Took():
		case d.Status == DisputeLost:
			if at.Sub(d.Created) < disputesFor {
				return DisputedLost
			}
		case policy == DisputeSuspends:
			out = DisputedHeld
		case out == "":
			out = DisputedOpen
		}
	}
	return out
}

// disputeStore keeps disputes.
type disputeStore interface {
	DisputeByID(ctx context.Context, id string) (Dispute, bool, error)
	// RecordDispute writes one as it is now, and its state beside those before.
	RecordDispute(ctx context.Context, readerID string, d Dispute, at time.Time) error
	// DisputesOf lists a reader's, the newest first.
	DisputesOf(ctx context.Context, readerID string) ([]Dispute, error)
	DisputesOfInvoice(ctx context.Context, invoice string) ([]Dispute, error)
}

// courtroom is where disputes are heard.
type courtroom interface {
	// Disputes lists the disputes of the whole account since that time. Of each
	// only id, status and customer are sure to be filled in.
	Disputes(ctx context.Context, since time.Time) iter.Seq2[Dispute, error]
}

// recordDisputes writes them, and asks for what follows. The names of those
// that were not as Stripe says come back.
func (s *Service) recordDisputes(ctx context.Context, readerID string, seen sight) ([]string, error) {
	var changed []string
	for _, d := range seen.Disputes {
		old, ok, err := s.Store.DisputeByID(ctx, d.ID)
		if err != nil {
			return nil, err
		}
		if !ok || old != d {
			changed = append(changed, d.ID)
			if err := s.Store.RecordDispute(ctx, readerID, d, seen.at); err != nil {
				return nil, err
			}
		}
		if err := s.disputeEffects(ctx, readerID, d, seen.at); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

// disputeEffects alerts the publisher of each stage, once, and ends what was
// lost. What came and went before anybody looked is told by how it ended.
func (s *Service) disputeEffects(ctx context.Context, readerID string, d Dispute, at time.Time) error {
	about := Effect{ReaderID: readerID, Customer: d.Customer, Subscription: d.Subscription, Invoice: d.Invoice, Dispute: d.ID}
	switch {
	case at.Sub(d.Created) >= disputesFor || d.Status == inquiryClosed:
		return nil
	case d.Inquiry():
		about.Kind, about.Key = EffectInquiry, "inquiry:"+d.ID
	case d.Open():
		about.Kind, about.Key = EffectDisputed, "disputed:"+d.ID
	case d.Status == DisputeWon:
		about.Kind, about.Key = EffectDisputeWon, "dispute-won:"+d.ID
	default:
		about.Kind, about.Key = EffectDisputeLost, "dispute-lost:"+d.ID
	}
	return s.once(ctx, about, at)
}

// recordMoves writes what went back and what was disputed.
func (s *Service) recordMoves(ctx context.Context, readerID string, seen sight) ([]string, error) {
	moved, err := s.recordCredits(ctx, readerID, seen)
	if err != nil {
		return nil, err
	}
	disputes, err := s.recordDisputes(ctx, readerID, seen)
	return append(moved, disputes...), err
}

// LostDispute is the Why of an ending that a lost dispute caused.
const LostDispute = "the bank took the payment back"

// EndDisputed ends the subscription whose payment was lost, at once. Nothing
// goes back on top of what the bank took. It can be called again after any
// failure; what has ended is left as it is.
func (s *Service) EndDisputed(ctx context.Context, subscription string) error {
	sub, ok, err := s.Store.SubscriptionByID(ctx, subscription)
	if err != nil || !ok || sub.Status.over() || sub.Dispute != DisputedLost {
		return err
	}
	_, err = s.EndNow(ctx, subscription, RefundNone, LostDispute)
	if fault.Is(err, fault.Conflict) {
		return nil // it ended meanwhile
	}
	return err
}

// moneyDrift finds the customers whose refunds, notes or disputes are not as
// Stripe's lists of the whole account say: what a lost webhook leaves behind.
func (s *Service) moneyDrift(ctx context.Context, customers map[string]bool) error {
	since := s.Paper.Now().Add(-disputesFor)
	for d, err := range s.Gateway.Disputes(ctx, since) {
		if err != nil {
			return err
		}
		have, ok, err := s.Store.DisputeByID(ctx, d.ID)
		if err != nil {
			return err
		}
		if d.Customer != "" && (!ok || have.Status != d.Status) {
			customers[d.Customer] = true
		}
	}
	for c, err := range s.Gateway.Credits(ctx, since) {
		if err != nil {
			return err
		}
		have, ok, err := s.Store.CreditByID(ctx, c.ID)
		if err != nil {
			return err
		}
		if c.Customer != "" && (!ok || have.Status != c.Status) {
			customers[c.Customer] = true
		}
	}
	return nil
}
