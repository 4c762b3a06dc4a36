package billing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"broadsheet/internal/fault"
)

// Holders is how many have a plan at one price, by what they really pay: it may
// be less or more than the price costs today. Without an interval it is who has
// the plan without paying, by a gift or on the house.
type Holders struct {
	Plan      string
	LookupKey string
	Interval  Interval
	Money     Money
	Readers   int
}

// Shelved is a price as it stands at Stripe under a lookup key.
type Shelved struct {
	ID       string
	Money    Money
	Interval Interval // "" is paid once
	Product  string
	Ours     bool // the product is one of a plan of ours
}

// Holds reports whether Stripe sells what the paper does.
func (s Shelved) Holds(m Money, every Interval) bool {
	return s.Ours && s.Money == m && s.Interval == every
}

// shopkeeper is what the desk's changes of plans ask of Stripe.
type shopkeeper interface {
	Shelf
	Codebook
	// Shelved finds what stands under lookup keys; a key that is not there leads
	// to nothing.
	Shelved(ctx context.Context, lookups []string) (map[string]Shelved, error)
	// KnowsPrice reports whether the account that the key opens has the price.
	KnowsPrice(ctx context.Context, id string) (bool, error)
}

// shopStore keeps what the desk set.
type shopStore interface {
	SaveCatalogue(ctx context.Context, c Catalogue) error
	KeepPastCatalogue(ctx context.Context, was Catalogue, until time.Time) error
	ClaimPlans(ctx context.Context, things []string, at time.Time) error
	// PriceInUse is a price of Stripe's by which somebody pays now; "" for none.
	PriceInUse(ctx context.Context) (string, error)
}

// Rebuff is the cause of a fault when Stripe refused what was asked, and not
// because of a card: what it said, and whether it was the key that it refused.
type Rebuff struct {
	Key  bool
	Says string
}

func (r *Rebuff) Error() string { return "Stripe refused: " + r.Says }

// ErrMoved is the cause of a Conflict: what is sold was changed since the form
// was made.
var ErrMoved = errors.New("what is sold was changed meanwhile")

// Stocked is what became of a Making.
type Stocked struct {
	Making
	ID  string
	Put Put
}

// String is a line for the record: "made price_1 for digital_monthly".
func (m Stocked) String() string { return string(m.Put) + " " + m.ID + " for " + m.Key() }

// Revise makes in Stripe what the draft needs, and then lets keep write all of
// it down in one transaction. One at a time: since is the Version that the form
// was made from, and another is a Conflict with ErrMoved, before anything is
// asked. What was made is given back also with a fault: sent again, a draft
// makes nothing twice.
func (s *Service) Revise(ctx context.Context, d Draft, keep func(ctx context.Context, made []Stocked) error) (made []Stocked, err error) {
	err = s.leased(ctx, "shop", func(ctx context.Context, _ int64) error {
		now, err := s.Store.Catalogue(ctx)
		if err != nil {
			return err
		}
		if now.Version() != d.Was.Version() {
			return fault.New(fault.Conflict, "Somebody else changed the plans while you were at it. Nothing of yours was done: look at theirs, and send yours again if you still want to.", ErrMoved)
		}
		makings := d.Makings()
		if _, err := s.Foresee(ctx, makings); err != nil {
			return err
		}
		for _, m := range makings {
			one, err := s.put(ctx, m)
			if err != nil {
				return err
			}
			made = append(made, one)
		}
		return keep(ctx, made)
	})
	return made, err
}

// Foresee says what Stripe has of what a draft needs, by lookup key, and refuses
// what must not be made: a key of another account, or one that belongs to a
// product of somebody else's. It changes nothing.
func (s *Service) Foresee(ctx context.Context, makings []Making) (map[string]Shelved, error) {
	if len(makings) == 0 {
		return nil, nil
	}
	if err := s.sameAccount(ctx); err != nil {
		return nil, err
	}
	var lookups []string
	for _, m := range makings {
		if m.Price != nil || m.Gift != nil {
			lookups = append(lookups, m.Key())
		}
	}
	has, err := s.Gateway.Shelved(ctx, lookups)
	if err != nil {
		return nil, err
	}
	for _, key := range lookups {
		if at, there := has[key]; there && !at.Ours {
			return nil, fault.New(fault.Conflict, fmt.Sprintf("At Stripe the lookup key %s leads to %s of the product %s, which is not this paper’s. Choose another key, or take that one away from it at Stripe first.", key, at.ID, at.Product), nil)
		}
	}
	return has, nil
}

// sameAccount refuses to make anything with a key that does not know what
// readers pay by: it is of Stripe's other mode, or of another account.
func (s *Service) sameAccount(ctx context.Context) error {
	price, err := s.Store.PriceInUse(ctx)
	if err != nil || price == "" {
		return err
	}
	known, err := s.Gateway.KnowsPrice(ctx, price)
	if err != nil || known {
		return err
	}
	mode, other := "test", "live"
	if s.Gateway.Livemode() {
		mode, other = other, mode
	}
	return fault.New(fault.Conflict, fmt.Sprintf("The key is one of Stripe’s %s mode, and does not know %s, by which readers pay: it belongs to the %s mode or to another account. Set STRIPE_SECRET_KEY to the right one and start the paper again.", mode, price, other), nil)
}

// put makes one thing at Stripe, or finds it as it should be.
func (s *Service) put(ctx context.Context, m Making) (out Stocked, err error) {
	out.Making = m
	if m.Price == nil && m.Gift == nil {
		out.ID, out.Put, err = s.Gateway.PutProduct(ctx, m.Plan)
		return out, err
	}
	product, _, err := s.Gateway.PutProduct(ctx, m.Plan)
	switch {
	case err != nil:
	case m.Price != nil:
		out.ID, out.Put, err = s.Gateway.PutPrice(ctx, product, *m.Price)
	default:
		out.ID, out.Put, err = s.Gateway.PutGiftPrice(ctx, product, *m.Gift)
	}
	return out, err
}

// KeepDraft writes a draft down: what is sold from now on, what was until now,
// what the desk has set with it, and which price of Stripe's has which key. It
// belongs in the transaction that records it.
func (s *Service) KeepDraft(ctx context.Context, d Draft, made []Stocked) error {
	now := s.Paper.Now()
	for _, m := range made {
		if m.Price == nil {
			continue
		}
		if err := s.Store.KeepPrice(ctx, m.ID, m.Key()); err != nil {
			return err
		}
	}
	return errors.Join(
		s.Store.KeepPastCatalogue(ctx, d.Was, now),
		s.Store.ClaimPlans(ctx, d.Things(), now),
		s.Store.SaveCatalogue(ctx, d.Is),
	)
}

// Unmet is what Stripe lacks of what the paper sells, or has otherwise: readers
// cannot buy it as it is shown. It is made by a Draft from nothing.
func (s *Service) Unmet(ctx context.Context, c Catalogue) (list []Making, has map[string]Shelved, err error) {
	all := Draft{Is: c}.Makings()
	var lookups []string
	for _, m := range all {
		if m.Price != nil || m.Gift != nil {
			lookups = append(lookups, m.Key())
		}
	}
	if has, err = s.Gateway.Shelved(ctx, lookups); err != nil {
		return nil, nil, err
	}
	for _, m := range all {
		at := has[m.Key()]
		switch {
		case m.Price != nil && !at.Holds(m.Price.Money, m.Price.Interval), m.Gift != nil && !at.Holds(m.Gift.Money, ""):
			m.Was = at.Money
			list = append(list, m)
		}
	}
	return list, has, nil
}

// Restock makes at Stripe what it lacks of what the paper sells.
func (s *Service) Restock(ctx context.Context, list []Making) (made []Stocked, err error) {
	err = s.leased(ctx, "shop", func(ctx context.Context, _ int64) error {
		if _, err := s.Foresee(ctx, list); err != nil {
			return err
		}
		for _, m := range list {
			one, err := s.put(ctx, m)
			if err != nil {
				return err
			}
			made = append(made, one)
			if m.Price != nil {
				if err := s.Store.KeepPrice(ctx, one.ID, one.Key()); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return made, err
}

// Trouble words a fault of Stripe's for who runs the paper; "" when it is
// another's. Nothing of the paper was changed by what failed.
func Trouble(err error) string {
	if r, ok := errors.AsType[*Rebuff](err); ok {
		if r.Key {
			return "Stripe refuses the key in STRIPE_SECRET_KEY: “" + strings.TrimSpace(r.Says) + "” Look at it at Stripe; a restricted key must be allowed to write products, prices, coupons and promotion codes."
		}
		return "Stripe refused: “" + strings.TrimSpace(r.Says) + "”"
	}
	switch fault.KindOf(err) {
	case fault.Unavailable:
		return "Stripe does not answer just now. Send the form again in a minute: nothing is made twice."
	case fault.Conflict, fault.Invalid:
		return fault.SentenceOf(err)
	}
	return ""
}
