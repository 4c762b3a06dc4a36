package billing

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/id"
)

// PreviewLife is how long a preview can be carried out, in wall time.
const PreviewLife = 15 * time.Minute

// Preview is a change with its price, as it will be carried out.
type Preview struct {
	Change
	Quote
	Subscription Subscription
	Card         Card
	Ships        bool     // the magazine begins to come: it needs an address
	To           Shipping // that Stripe has; zero for none, or when nothing ships
	ShipsTo      []string
	Token        string
}

// Previews seals them, so that what was shown is the very thing that is done.
type Previews struct{ seal seal }

// NewPreviews derives the key from the paper's secret (APP_SECRET).
func NewPreviews(secret string) (Previews, error) {
	k, err := newSeal(secret, "broadsheet change preview v1")
	return Previews{k}, err
}

// ErrPreviewOver is the cause of a Conflict: the preview has run out, or is not
// this reader's.
var ErrPreviewOver = errors.New("the preview has run out")

// promise is what a token binds.
type promise struct {
	ID           string    `json:"id"` // of the change: it happens once
	Reader       string    `json:"reader"`
	Subscription string    `json:"sub"`
	FromPrice    string    `json:"from"` // Stripe's ids
	ToPrice      string    `json:"to"`
	LookupKey    string    `json:"key"`
	Keep         bool      `json:"keep"`
	Timing       Timing    `json:"when"`
	At           time.Time `json:"at"`  // the proration date
	Due          Money     `json:"due"` // today
	Sum          string    `json:"sum"` // of everything that was shown
	Ends         time.Time `json:"ends"`
}

func (k Previews) seals(p promise) string {
	plain, _ := json.Marshal(p) // strings, numbers and times: it cannot fail
	return k.seal.close(string(plain))
}

func (k Previews) opens(token, readerID string, wall time.Time) (promise, error) {
	var p promise
	over := func(cause error) (promise, error) {
		return p, fault.New(fault.Conflict, "This preview has run out. Nothing was changed; here is a new one.", errors.Join(ErrPreviewOver, cause))
	}
	plain, err := k.seal.open(token)
	if err != nil {
		return over(err)
	}
	if err := json.Unmarshal([]byte(plain), &p); err != nil {
		return over(err)
	}
	if p.Reader != readerID || !wall.Before(p.Ends) {
		return over(nil)
	}
	return p, nil
}

// digest sums up everything of a quote that a reader is shown and Stripe could
// change. A cycle that begins now begins some seconds later when it is carried
// out, so of its lines only words and amounts count.
func (q Quote) digest() string {
	var b strings.Builder
	for _, bill := range []Bill{q.Today, q.Next} {
		for _, l := range bill.Lines {
			fmt.Fprintf(&b, "%q %v %t", l.Text, l.Money, l.Proration)
			if l.Proration {
				fmt.Fprintf(&b, " %d %d", l.From.Unix(), l.To.Unix())
			}
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%v %v %t %v %v %v\n", bill.Discount, bill.Tax, bill.TaxIn, bill.Total, bill.Credit, bill.Due)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// PreviewChange says what a choice would do and cost, to the cent, and seals it.
// It changes nothing. Faults: those of MayChange.
func (s *Service) PreviewChange(ctx context.Context, k Previews, readerID string, choice Choice) (Preview, error) {
	now := s.Paper.Now()
	sub, err := s.SubscriptionOf(ctx, readerID, now)
	if err != nil {
		return Preview{}, err
	}
	if sub != nil { // what is decided on is what Stripe says now
		if _, err := s.Sync(ctx, sub.Customer); err != nil {
			return Preview{}, err
		}
		if sub, err = s.SubscriptionOf(ctx, readerID, now); err != nil {
			return Preview{}, err
		}
	}
	return s.preview(ctx, k, readerID, sub, choice)
}

// preview asks Stripe for the price of a choice about a subscription that was
// just synced.
func (s *Service) preview(ctx context.Context, k Previews, readerID string, sub *Subscription, choice Choice) (Preview, error) {
	all, err := s.Store.Catalogue(ctx)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{ShipsTo: all.ShipsTo}
	at := s.Paper.Now().UTC().Truncate(time.Second)
	if p.Change, err = s.mayChange(ctx, sub, all, choice, at); err != nil {
		return p, err
	}
	p.Subscription = *sub
	if err := s.price(ctx, &p, at); err != nil {
		return p, err
	}
	wall := s.Wall.Now()
	p.Token = k.seals(promise{
		ID: id.New(wall), Reader: readerID, Subscription: sub.ID, FromPrice: sub.PriceID, ToPrice: p.PriceID, LookupKey: choice.LookupKey,
		Keep: p.Uncancel, Timing: p.Timing, At: at, Due: p.Today.Due, Sum: p.digest(), Ends: wall.Add(PreviewLife).UTC(),
	})
	return p, nil
}

// mayChange is MayChange, for who may have a gift. A subscription that waits for
// a gift to end is trialing, and in a trial everything begins at once and is
// free: a gift of the small plan would be one of the large.
func (s *Service) mayChange(ctx context.Context, sub *Subscription, all Catalogue, choice Choice, now time.Time) (Change, error) {
	c, err := MayChange(sub, all, choice, now)
	if err != nil || !c.Trial {
		return c, err
	}
	moved, err := s.Store.GiftMoved(ctx, sub.ID, sub.TrialEnd)
	if err == nil && moved {
		err = refuse(RefusedGift)
	}
	return c, err
}

// price fills in what Stripe reckons, the card, and where the magazine goes.
func (s *Service) price(ctx context.Context, p *Preview, at time.Time) (err error) {
	p.Quote, err = s.Gateway.Quote(ctx, QuoteFor{
		Subscription: p.Subscription.ID, LookupKey: p.Change.To.LookupKey, Timing: p.Timing, At: at, Uncancel: p.Uncancel,
	})
	if err != nil {
		return err
	}
	customer, _, err := s.Store.CustomerByID(ctx, p.Subscription.Customer)
	if err != nil {
		return err
	}
	if p.Card = customer.Card; p.Card.IsZero() && p.Today.Due.Amount > 0 {
		return refuse(RefusedCard)
	}
	if p.Ships = p.Brings(Print); p.Ships {
		p.To, err = s.Gateway.Shipping(ctx, p.Subscription.Customer)
	}
	return err
}
