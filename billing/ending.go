package billing

import (
	"context"
	"fmt"
	"time"

	"broadsheet/internal/fault"
)

// Refunding says what goes back when a subscription is ended at once.
type Refunding string

// The ways.
const (
	RefundNone    Refunding = "none"
	RefundProrata Refunding = "prorata" // what was paid for the time that is left, to the second
	RefundAll     Refunding = "all"     // what was ever paid for it
)

// Ending is a subscription that is ended at once. The sum is decided once, so
// that a second try, a day later, gives back the same.
type Ending struct {
	Subscription string
	ReaderID     string
	At           time.Time // paper time
	Why          string
	Refund       Money
	Charges      []string // that it was taken from, ch_…
	Refunds      []string // re_…
}

// Payment is a paid invoice of a subscription and the charge that paid it.
type Payment struct {
	Invoice  string
	Charge   string // "" when nothing was charged, or the bank has taken it back
	Paid     Money  // by the charge
	Refunds  []Refund
	Subtotal int64 // of the lines, before discounts and taxes
	Total    int64
	Lines    []InvoiceLine
}

// Refund is what went back of a charge.
type Refund struct {
	ID     string
	Amount int64  // minor units
	Ending string // the subscription whose ending caused it; "" for any other
}

// left is what a charge can still give, but for what e itself took of it.
func (p Payment) left(subscription string) (free, mine int64) {
	free = p.Paid.Amount
	for _, r := range p.Refunds {
		if r.Ending == subscription {
			mine += r.Amount
		} else {
			free -= r.Amount
		}
	}
	return free, mine
}

// unused is what of an invoice was for the time after at, as Stripe prorates:
// each line by the second, rounded to the minor unit.
// https://docs.stripe.com/billing/subscriptions/prorations
func (p Payment) unused(at time.Time) int64 {
	sum := int64(0)
	for _, l := range p.Lines {
		from, to, now := l.From.Unix(), l.To.Unix(), max(at.Unix(), l.From.Unix())
		if l.From.IsZero() || to <= from || now >= to {
			continue
		}
		sum += divide(l.Money.Amount*(to-now), to-from)
	}
	if p.Subtotal > 0 && p.Total != p.Subtotal {
		sum = divide(sum*p.Total, p.Subtotal)
	}
	return sum
}

// divide rounds halves away from zero.
func divide(a, b int64) int64 {
	if a < 0 {
		return -divide(-a, b)
	}
	return (2*a + b) / (2 * b)
}

// refundable is what goes back for a subscription that ends at that time: never
// more than what was paid and is still there.
func refundable(how Refunding, subscription string, payments []Payment, at time.Time) Money {
	var sum, most int64
	var out Money
	for _, p := range payments {
		if p.Charge == "" {
			continue
		}
		free, _ := p.left(subscription)
		most += free
		sum += p.unused(at)
		out.Currency = p.Paid.Currency
	}
	switch how {
	case RefundAll:
		out.Amount = most
	case RefundProrata:
		out.Amount = max(0, min(sum, most))
	}
	return out
}

// EndNow ends a subscription at once and gives back what the policy says. It
// can be called again after any failure, and then goes on where it stopped:
// nothing is given back twice. Missing for what isn't ours, Conflict for what
// ended without us.
func (s *Service) EndNow(ctx context.Context, subscription string, how Refunding, why string) (Ending, error) {
	sub, ok, err := s.Store.SubscriptionByID(ctx, subscription)
	if err != nil {
		return Ending{}, err
	}
	if !ok {
		return Ending{}, fault.New(fault.Missing, "There is no such subscription.", nil)
	}
	var end Ending
	err = s.decide(ctx, sub.Customer, func(ctx context.Context, keep keeper) error {
		end, err = s.endHeld(ctx, sub, how, why, func(e Ending) error {
			return keep(func(ctx context.Context) error { return s.Store.SaveEnding(ctx, e) })
		})
		return err
	})
	return end, err
}

// endHeld decides, ends and refunds, in that order, each step kept before the
// next.
func (s *Service) endHeld(ctx context.Context, sub Subscription, how Refunding, why string, save func(Ending) error) (Ending, error) {
	now, err := s.Gateway.Subscription(ctx, sub.ID)
	if err != nil {
		return Ending{}, err
	}
	payments, err := s.Gateway.Payments(ctx, sub.ID)
	if err != nil {
		return Ending{}, err
	}
	end, begun, err := s.Store.EndingOf(ctx, sub.ID)
	if err != nil {
		return end, err
	}
	if !begun {
		if now.Status.over() {
			return end, fault.New(fault.Conflict, "That subscription has ended already.", nil)
		}
		at := s.Paper.Now().Truncate(time.Second)
		end = Ending{Subscription: sub.ID, ReaderID: sub.ReaderID, At: at, Why: why, Refund: refundable(how, sub.ID, payments, at)}
		if end.Refund.Currency == "" {
			end.Refund.Currency = sub.Money.Currency
		}
		if err := save(end); err != nil {
			return end, err
		}
	}
	if !now.Status.over() {
		if err := s.letGo(ctx, now); err != nil {
			return end, err
		}
		if err := s.Gateway.CancelNow(ctx, sub.ID, Parting{}); err != nil && !fault.Is(err, fault.Missing) {
			return end, err
		}
	}
	return end, s.giveBack(ctx, &end, payments, save)
}

// giveBack refunds what is still to be refunded of an ending, from the newest
// charge on.
func (s *Service) giveBack(ctx context.Context, end *Ending, payments []Payment, save func(Ending) error) error {
	rest := end.Refund.Amount
	end.Charges, end.Refunds = nil, nil
	for _, p := range payments {
		free, mine := p.left(end.Subscription)
		share := min(rest, free)
		if p.Charge == "" || share <= 0 {
			continue
		}
		for _, r := range p.Refunds {
			if r.Ending == end.Subscription {
				end.Refunds = append(end.Refunds, r.ID)
			}
		}
		if share > mine {
			key := fmt.Sprintf("ending:%s:%s:%d", end.Subscription, p.Charge, share)
			made, err := s.Gateway.Refund(ctx, p.Charge, share-mine, end.Subscription, key)
			if err != nil {
				return err
			}
			end.Refunds = append(end.Refunds, made.ID)
		}
		end.Charges = append(end.Charges, p.Charge)
		rest -= share
	}
	return save(*end)
}
