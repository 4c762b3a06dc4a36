package billing

import (
	"context"
	"errors"
	"strings"
	"time"

	"broadsheet/internal/fault"
)

// Promotion is a code that readers type, and the coupon behind it.
type Promotion struct {
	ID        string // Stripe's, promo_…
	Code      string
	Discount  Discount // Until is not known before it is used
	Months    int      // of one that repeats
	Active    bool
	Customer  string // the only one who may use it; "" for everybody
	FirstTime bool   // only for who never paid
	Minimum   Money  // the least sum that it is taken off; zero for any
	Expires   time.Time
	Used      int
	Most      int // how often it may be used; 0 is any number
	Spent     bool
}

// On is what the code takes off a price; nothing when it is for other plans.
func (p Promotion) On(price Price) Money {
	if !p.Discount.For(price.Plan) {
		return Money{Currency: price.Money.Currency}
	}
	return p.Discount.Of(price.Money)
}

// Free reports whether nothing is left to pay of that sum, ever.
func (p Promotion) Free(m Money) bool {
	return p.Discount.Duration == DiscountForever && p.Discount.Of(m).Amount == m.Amount
}

// couponer is what codes ask of Stripe.
type couponer interface {
	// Promotion finds a code in any spelling of its case, the active one if there
	// were several. Missing if there never was one.
	Promotion(ctx context.Context, code string) (Promotion, error)
}

// ErrCode is the cause of an Invalid: the code cannot be used, and nothing else
// is wrong.
var ErrCode = errors.New("the code cannot be used")

func badCode(sentence string) error { return fault.New(fault.Invalid, sentence, ErrCode) }

// longestCode is Stripe's limit.
const longestCode = 500

// Code finds a code and says whether that reader ("" for one who has no account
// yet) can use it for a price ("" for any). Invalid with ErrCode and the reason.
func (s *Service) Code(ctx context.Context, readerID, code, lookup string) (Promotion, error) {
	code = strings.TrimSpace(code)
	if code == "" || len(code) > longestCode || strings.ContainsAny(code, "\x00\r\n") {
		return Promotion{}, badCode("That is not a code of ours. Look at its spelling, or go on without it.")
	}
	p, err := s.Gateway.Promotion(ctx, code)
	if fault.Is(err, fault.Missing) {
		return p, badCode("There is no code " + code + ". Look at its spelling, or go on without it.")
	}
	if err != nil {
		return p, err
	}
	if why := p.refusedAt(s.Paper.Now()); why != "" {
		return p, badCode(why)
	}
	if err := s.fits(ctx, p, lookup); err != nil {
		return p, err
	}
	return p, s.isFor(ctx, p, readerID)
}

// refusedAt says why nobody can use the code at that time; "" if somebody can.
func (p Promotion) refusedAt(now time.Time) string {
	switch {
	case !p.Expires.IsZero() && !now.Before(p.Expires):
		return "The code " + p.Code + " ran out on " + p.Expires.Format("2 January 2006") + ". You can go on without it."
	case p.Spent || p.Most > 0 && p.Used >= p.Most:
		return "The code " + p.Code + " has been used as often as it could be. You can go on without it."
	case !p.Active:
		return "The code " + p.Code + " is no longer valid. You can go on without it."
	}
	return ""
}

// fits refuses a code that takes nothing off the price.
func (s *Service) fits(ctx context.Context, p Promotion, lookup string) error {
	if lookup == "" {
		return nil
	}
	all, err := s.Store.Catalogue(ctx)
	if err != nil {
		return err
	}
	_, price, ok := all.Price(lookup)
	if ok && (p.On(price).Amount == 0 || p.Minimum.Currency == price.Money.Currency && price.Money.Amount < p.Minimum.Amount) {
		return badCode("The code " + p.Code + " takes nothing off this price. Choose another, or go on without it.")
	}
	return nil
}

// isFor refuses a code that is meant for somebody else.
func (s *Service) isFor(ctx context.Context, p Promotion, readerID string) error {
	var mine []Customer
	var err error
	if readerID != "" {
		if mine, err = s.Store.CustomersOf(ctx, readerID); err != nil {
			return err
		}
	}
	if p.Customer != "" {
		for _, c := range mine {
			if c.ID == p.Customer {
				return nil
			}
		}
		return badCode("The code " + p.Code + " belongs to another account. You can go on without it.")
	}
	if !p.FirstTime || readerID == "" {
		return nil
	}
	paid, err := s.Store.InvoicesOf(ctx, readerID, "", 200)
	if err != nil {
		return err
	}
	for _, inv := range paid {
		if inv.Paid > 0 {
			return badCode("The code " + p.Code + " is for who has never subscribed before. You can go on without it.")
		}
	}
	return nil
}

// NewCode asks for a coupon and the code that brings it.
type NewCode struct {
	Code      string
	Percent   int64 // hundredths of one; 0 when it is an amount
	Off       Money
	Duration  string
	Months    int // of repeating
	Most      int // how often it may be used; 0 is any number
	Until     time.Time
	FirstTime bool
	Plans     []string // keys of the only plans that it is good for; none is all
}

// Faults lists what keeps the code from being made, a sentence each.
func (n NewCode) Faults() []string {
	var wrong []string
	bad := func(isBad bool, sentence string) {
		if isBad {
			wrong = append(wrong, sentence)
		}
	}
	bad(!codeForm(n.Code), "A code is made of A to Z and digits, at least three.")
	bad((n.Percent > 0) == (n.Off.Amount > 0), "A code takes off a percentage or an amount, and not both.")
	bad(n.Percent < 0 || n.Percent > Hundred, "A percentage is more than 0 and at most 100.")
	bad(n.Off.Amount < 0 || n.Off.Amount > 0 && !currencyForm.MatchString(n.Off.Currency), "An amount is minor units of a currency, such as 200 eur.")
	known := n.Duration == DiscountOnce || n.Duration == DiscountRepeating || n.Duration == DiscountForever
	bad(!known, "A discount is taken off once, repeating or forever.")
	bad((n.Duration == DiscountRepeating) != (n.Months > 0), "A repeating discount has months, and no other has.")
	bad(n.Most < 0, "A code can be used any number of times, or a number more than 0.")
	for _, plan := range n.Plans {
		bad(!keyForm.MatchString(plan), "A code is good for plans by their keys, such as digital.")
	}
	return wrong
}

func codeForm(code string) bool {
	if len(code) < 3 || len(code) > 60 {
		return false
	}
	for _, r := range code {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}

// Codebook is what "plans code" and "plans codes" need of Stripe.
type Codebook interface {
	// PutCode makes the coupon and the code, or finds them as asked. Conflict when
	// the code is there and says something else.
	PutCode(ctx context.Context, n NewCode) (Promotion, Put, error)
	// Codes lists the codes of the account, the newest first.
	Codes(ctx context.Context) ([]Promotion, error)
	// EndCode makes a code one that nobody can use from now on, and gives it as it
	// was. Who used it keeps the discount. Missing if there is no such id.
	EndCode(ctx context.Context, id string) (Promotion, error)
}
