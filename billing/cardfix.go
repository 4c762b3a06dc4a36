package billing

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/id"
)

// CardLinkLife is how long the link in a letter about a failed payment works,
// in wall time. The next attempt's letter brings another.
const CardLinkLife = 7 * 24 * time.Hour

// CardLink lets its bearer give another card for one invoice, and nothing else:
// it shows no account and signs nobody in.
type CardLink struct {
	Customer string
	Invoice  string
	Card     string    // the one that failed; "" if there was none
	Ends     time.Time // wall time, to the second
}

// CardLinks seals such links.
type CardLinks struct{ seal seal }

// NewCardLinks derives the key from the paper's secret (APP_SECRET).
func NewCardLinks(secret string) (CardLinks, error) {
	k, err := newSeal(secret, "broadsheet card link v1")
	return CardLinks{k}, err
}

// ErrLinkOver is the cause of a Missing: the link was ours and has run out.
var ErrLinkOver = errors.New("the card link has run out")

// Seal writes the link as a token for an address.
func (k CardLinks) Seal(l CardLink) string {
	return k.seal.close(strings.Join([]string{l.Customer, l.Invoice, l.Card, strconv.FormatInt(l.Ends.Unix(), 36)}, "/"))
}

// Open reads a token. Missing for one that we did not seal, with ErrLinkOver for
// one that has run out.
func (k CardLinks) Open(token string, wall time.Time) (CardLink, error) {
	refused := func(cause error) (CardLink, error) {
		return CardLink{}, fault.New(fault.Missing, "This link has run out. Sign in, and change the card in your account.", cause)
	}
	plain, err := k.seal.open(token)
	if err != nil {
		return refused(err)
	}
	parts := strings.Split(plain, "/")
	if len(parts) != 4 {
		return refused(errors.New("the card link is of another form"))
	}
	ends, err := strconv.ParseInt(parts[3], 36, 64)
	if err != nil {
		return refused(err)
	}
	if l := (CardLink{parts[0], parts[1], parts[2], time.Unix(ends, 0).UTC()}); wall.Before(l.Ends) {
		return l, nil
	}
	return refused(ErrLinkOver)
}

// CardFix is how the payment stands that a link was sent for.
type CardFix struct {
	Invoice      Invoice
	Subscription Subscription
	State        CardFixState
	Why          string // of a decline of the new card, in words; "" without one
}

// CardFixState is what a page about a card link says.
type CardFixState string

// The states.
const (
	CardWanted   CardFixState = "wanted"   // the payment is open, and another card would help
	CardSame     CardFixState = "same"     // somebody came back without giving another one
	CardDeclined CardFixState = "declined" // the new card is kept, and was declined too
	CardPaid     CardFixState = "paid"     // nothing is open any more
	CardOver     CardFixState = "over"     // the plan has ended: nothing is collected any more
)

// LookAtCard says how the link's payment stands, by our own rows. It changes
// nothing. Missing for an invoice that isn't here.
func (s *Service) LookAtCard(ctx context.Context, l CardLink) (CardFix, error) {
	inv, ok, err := s.Store.InvoiceByID(ctx, l.Invoice)
	if err != nil {
		return CardFix{}, err
	}
	if !ok || inv.Customer != l.Customer {
		return CardFix{}, fault.New(fault.Missing, "The payment of this link isn't here any more.", nil)
	}
	fix := CardFix{Invoice: inv, State: CardWanted}
	if fix.Subscription, _, err = s.Store.SubscriptionByID(ctx, inv.Subscription); err != nil {
		return CardFix{}, err
	}
	switch {
	case inv.Status == InvoicePaid:
		fix.State = CardPaid
	case !inv.owed() || fix.Subscription.Status.over():
		fix.State = CardOver
	}
	return fix, nil
}

// AskForCard opens the page where another card is given. done is the path to
// come back to. Conflict if nothing is open.
func (s *Service) AskForCard(ctx context.Context, l CardLink, done string) (url string, err error) {
	fix, err := s.LookAtCard(ctx, l)
	if err != nil {
		return "", err
	}
	if fix.State != CardWanted {
		return "", fault.New(fault.Conflict, "There is nothing open to pay.", nil)
	}
	return s.Gateway.CardPage(ctx, l.Customer, s.BaseURL+done, "card:"+id.New(s.Wall.Now()))
}

// FinishCard is the return from that page. Stripe is asked what came of it; a
// card that is not the one that failed is charged at once. Coming back twice
// charges once.
func (s *Service) FinishCard(ctx context.Context, l CardLink) (CardFix, error) {
	if _, err := s.Sync(ctx, l.Customer); err != nil {
		return CardFix{}, err
	}
	fix, err := s.LookAtCard(ctx, l)
	if err != nil || fix.State != CardWanted {
		return fix, err
	}
	have, _, err := s.Store.CustomerByID(ctx, l.Customer)
	if err != nil {
		return fix, err
	}
	if have.Card.IsZero() || have.Card.ID == l.Card {
		fix.State = CardSame
		return fix, nil
	}
	refusal := s.PayOpen(ctx, l.Customer, l.Invoice)
	declined, isDeclined := errors.AsType[*Declined](refusal)
	if refusal != nil && !isDeclined {
		return fix, refusal
	}
	if fix, err = s.LookAtCard(ctx, l); err == nil && isDeclined && fix.State == CardWanted {
		fix.State, fix.Why = CardDeclined, DeclineWords(declined.Code)
	}
	return fix, err
}

// PayOpen charges an open invoice to the card that its customer has now, once
// for each card, and syncs. What is paid already is left alone. A refusal is
// Invalid with a *Declined cause.
func (s *Service) PayOpen(ctx context.Context, customer, invoice string) error {
	err := s.leased(ctx, "customer:"+customer, func(ctx context.Context, _ int64) error {
		seen, err := s.Gateway.Snapshot(ctx, customer)
		if err != nil {
			return err
		}
		for _, inv := range seen.Invoices {
			if inv.ID == invoice && inv.owed() && !seen.Customer.Card.IsZero() {
				return s.Gateway.PayInvoice(ctx, invoice, payKey(invoice, seen.Customer.Card))
			}
		}
		return nil
	})
	// Whatever Stripe answered, its state is the truth.
	if _, syncErr := s.Sync(ctx, customer); err == nil {
		err = syncErr
	}
	return err
}
