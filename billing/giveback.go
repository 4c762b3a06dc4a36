package billing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"broadsheet/internal/fault"
)

// RefundOrder is a refund that was asked of us. The sum is decided once, so
// that a second try, a day later, gives back the same and no more.
type RefundOrder struct {
	ID       string
	ReaderID string
	Invoice  string
	Charge   string
	Asked    int64 // minor units; 0 for all that is left
	Money    Money
	Reason   string    // in words, for the reader; "" for none
	At       time.Time // paper time
	Refund   string    // Stripe's, once it is made
	State    OrderState
	Repeated bool // it was done before, and nothing was done now
}

// OrderState is how far an order is.
type OrderState string

// The states.
const (
	OrderOpen    OrderState = "open"    // decided; whether Stripe has it is not known
	OrderDone    OrderState = "done"    // Stripe has it
	OrderRefused OrderState = "refused" // it can never be done
)

// RefundAsk asks for a refund.
type RefundAsk struct {
	Amount int64  // minor units; 0 for all that is left
	Reason string // for the reader, in words
	Again  bool   // give the same sum once more, though it was given before
}

// GiveBack refunds a paid invoice, in part or all that is left of it. After a
// failure it is asked for again in the same words, and goes on where it
// stopped; what was done already is answered, and not done twice. Missing for
// an invoice that isn't ours; Conflict when there is nothing, or not as much,
// that could go back, with a sentence that says how much could.
func (s *Service) GiveBack(ctx context.Context, invoice string, a RefundAsk) (RefundOrder, error) {
	inv, ok, err := s.Store.InvoiceByID(ctx, invoice)
	if err == nil && !ok {
		inv, ok, err = s.Store.InvoiceByNumber(ctx, invoice)
	}
	if err != nil {
		return RefundOrder{}, err
	}
	if !ok {
		return RefundOrder{}, fault.New(fault.Missing, "There is no invoice "+invoice+".", nil)
	}
	var order RefundOrder
	err = s.decide(ctx, inv.Customer, func(ctx context.Context, keep keeper) error {
		order, err = s.giveBackHeld(ctx, inv, a, func(o RefundOrder) error {
			return keep(func(ctx context.Context) error { return s.Store.SaveRefundOrder(ctx, o) })
		})
		return err
	})
	return order, err
}

// keeper writes in a transaction of its own that only the holder of the
// customer's lease gets through.
type keeper func(write func(context.Context) error) error

// decide is how something is done at Stripe that must not be done twice: under
// the customer's lease fn decides once, keeps the decision and acts on it.
// After it, whatever Stripe answered, its state is the truth.
func (s *Service) decide(ctx context.Context, customer string, fn func(ctx context.Context, keep keeper) error) error {
	name := "customer:" + customer
	err := s.leased(ctx, name, func(ctx context.Context, fence int64) error {
		return fn(ctx, func(write func(context.Context) error) error {
			return s.Store.InTx(ctx, func(ctx context.Context) error {
				if err := s.Store.HoldLease(ctx, name, fence); err != nil {
					return err
				}
				return write(ctx)
			})
		})
	})
	if _, syncErr := s.Sync(ctx, customer); err == nil {
		err = syncErr
	}
	return err
}

func (s *Service) giveBackHeld(ctx context.Context, inv Invoice, a RefundAsk, save func(RefundOrder) error) (RefundOrder, error) {
	snap, err := s.Gateway.Snapshot(ctx, inv.Customer)
	if err != nil {
		return RefundOrder{}, err
	}
	last, begun, err := s.Store.LastRefundOrder(ctx, inv.ID)
	if err != nil {
		return last, err
	}
	made, isMade := creditOf(snap.Credits, last)
	switch {
	case !begun, last.State == OrderDone && isMade && !made.Holds():
	case last.State == OrderDone && last.Asked == a.Amount && !a.Again:
		last.Repeated = true
		return last, nil
	case last.State == OrderDone:
	case last.Asked != a.Amount:
		return last, fault.New(fault.Conflict, fmt.Sprintf("A refund of %s of this invoice was begun on %s and not finished. Ask for that one again first.",
			last.Money, last.At.Format("2 January 2006, 15:04 MST")), nil)
	default:
		return s.carryOut(ctx, last, snap, save)
	}
	order, err := decideRefund(inv, a, snap)
	if err != nil {
		return order, err
	}
	order.ID, order.ReaderID, order.At = "ro_"+rand.Text(), "", s.Paper.Now().Truncate(time.Second)
	if order.ReaderID, err = s.readerOf(ctx, snap.Customer); err != nil {
		return order, err
	}
	if err := save(order); err != nil {
		return order, err
	}
	return s.carryOut(ctx, order, snap, save)
}

// decideRefund says how much goes back of which charge.
func decideRefund(inv Invoice, a RefundAsk, snap Snapshot) (RefundOrder, error) {
	order := RefundOrder{Invoice: inv.ID, Asked: a.Amount, Reason: a.Reason, State: OrderOpen}
	charge, left, taken, err := refundableOf(inv, snap)
	if err != nil {
		return order, err
	}
	order.Charge, order.Money = charge.ID, Money{a.Amount, charge.Paid.Currency}
	paid := fmt.Sprintf("of the %s that was paid", charge.Paid)
	if taken > 0 {
		paid += fmt.Sprintf(" (the cardholder's bank has %s of it)", Money{taken, charge.Paid.Currency})
	}
	switch {
	case a.Amount < 0:
		return order, fault.New(fault.Invalid, "A refund is more than nothing.", nil)
	case left == 0:
		return order, fault.New(fault.Conflict, "Nothing is left to give back "+paid+" for invoice "+inv.Number+".", nil)
	case a.Amount == 0:
		order.Money.Amount = left
	case a.Amount > left:
		return order, fault.New(fault.Conflict, fmt.Sprintf("%s is more than can go back for invoice %s: %s is left %s.",
			order.Money, inv.Number, Money{left, charge.Paid.Currency}, paid), nil)
	}
	return order, nil
}

// refundableOf is the charge that paid an invoice, what can still go back of it,
// and what a bank has of it. Stripe's own word decides whether a disputed charge
// can be refunded at all (the dispute's is_charge_refundable); where it can, what
// the bank took goes back once, by the bank.
// https://docs.stripe.com/api/disputes/object#dispute_object-is_charge_refundable
func refundableOf(inv Invoice, snap Snapshot) (c Charge, left, taken int64, err error) {
	at := slices.IndexFunc(snap.Charges, func(c Charge) bool { return c.Invoice == inv.ID })
	if at < 0 {
		return c, 0, 0, fault.New(fault.Conflict, "Nothing was charged for invoice "+inv.Number+", so nothing can go back.", nil)
	}
	c = snap.Charges[at]
	var by Dispute
	for _, d := range snap.Disputes {
		if d.Charge == c.ID && d.Took() {
			by = d
			if taken += d.Money.Amount; d.Money.Currency != c.Paid.Currency {
				taken = c.Paid.Amount // what it comes to is the bank's to say
			}
		}
	}
	taken = min(taken, c.Paid.Amount)
	if c.Blocked || by.ID != "" && taken == c.Paid.Amount {
		return c, 0, taken, fault.New(fault.Conflict, blocked(inv, c, by), nil)
	}
	return c, max(0, c.Paid.Amount-taken-Returned(ofInvoice(snap.Credits, inv.ID))), taken, nil
}

// blocked says why nothing can go back of a disputed payment.
func blocked(inv Invoice, c Charge, by Dispute) string {
	switch {
	case by.ID == "":
		return fmt.Sprintf("The payment of invoice %s is disputed, and Stripe refunds nothing of it.", inv.Number)
	case by.Money.Currency != c.Paid.Currency || by.Money.Amount >= c.Paid.Amount:
		return fmt.Sprintf("The cardholder's bank has taken the payment of invoice %s back (%s). It goes back once, and that is the bank's to decide.", inv.Number, by.ID)
	}
	until := "Until that is decided Stripe refunds nothing of this payment, of the rest neither."
	if by.Status == DisputeLost {
		until = "It keeps them, and Stripe refunds nothing of a payment that was lost, of the rest neither. The rest can only go back another way."
	}
	return fmt.Sprintf("The cardholder's bank has taken %s of the %s of invoice %s back (%s). %s", by.Money, c.Paid, inv.Number, by.ID, until)
}

// creditOf finds the refund that an order led to.
func creditOf(credits []Credit, o RefundOrder) (Credit, bool) {
	for _, c := range credits {
		if c.Kind == CreditRefund && o.ID != "" && c.AskedBy == o.ID {
			return c, true
		}
	}
	return Credit{}, false
}

// carryOut makes the refund unless an earlier try did. What Stripe refuses for
// good ends the order; what it did not answer leaves it open.
func (s *Service) carryOut(ctx context.Context, o RefundOrder, snap Snapshot, save func(RefundOrder) error) (RefundOrder, error) {
	made, ok := creditOf(snap.Credits, o)
	if !ok {
		var err error
		if made, err = s.Gateway.GiveBack(ctx, o, "refund:"+o.ID); err != nil {
			if ctx.Err() == nil && !fault.Is(err, fault.Unavailable) {
				o.State = OrderRefused
				err = errors.Join(err, save(o))
			}
			return o, err
		}
	}
	o.Refund, o.State = made.ID, OrderDone
	return o, save(o)
}
