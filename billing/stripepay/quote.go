package stripepay

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// How a change is billed, in Stripe's words.
const (
	prorateNow  = "always_invoice"
	prorateNone = "none"
)

// Quote asks for the invoices that a change would make. It is asked in the words
// that SwapNow uses, so that what is shown is what is done.
// https://docs.stripe.com/api/invoices/upcoming
func (s *Stripe) Quote(ctx context.Context, ask billing.QuoteFor) (billing.Quote, error) {
	price, err := s.priceByLookup(ctx, ask.LookupKey)
	if err != nil {
		return billing.Quote{}, err
	}
	if price == nil {
		return billing.Quote{}, fault.New(fault.Unavailable, "This plan cannot be had just now. We have been told; please try again later.",
			errorf("no active price has the lookup key %q: run plans push", ask.LookupKey))
	}
	sub, err := s.api.Subscriptions.Get(ask.Subscription, &stripe.SubscriptionParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return billing.Quote{}, faulty(err)
	}
	q := quoting{s, ctx, sub, price, ask}
	out := billing.Quote{PriceID: price.ID}
	if ask.Timing == billing.AtOnce && sub.Status != stripe.SubscriptionStatusTrialing {
		inv, err := q.upcoming(prorateNow)
		if err != nil {
			return out, err
		}
		out.Today = billOf(inv, ask.At)
	}
	out.Next, err = q.next(out.Today)
	return out, err
}

// quoting is one question about a subscription.
type quoting struct {
	*Stripe
	ctx   context.Context
	sub   *stripe.Subscription
	price *stripe.Price
	ask   billing.QuoteFor
}

func (q quoting) upcoming(prorate string) (*stripe.Invoice, error) {
	params := &stripe.InvoiceUpcomingParams{
		Params: stripe.Params{Context: q.ctx}, Subscription: &q.sub.ID, SubscriptionProrationBehavior: &prorate,
		SubscriptionItems: swapped(q.sub, q.price.ID),
	}
	if prorate == prorateNow {
		params.SubscriptionProrationDate = stripe.Int64(q.ask.At.Unix())
	}
	if q.ask.Uncancel {
		params.SubscriptionCancelAtPeriodEnd = stripe.Bool(false)
	}
	inv, err := q.api.Invoices.Upcoming(params)
	return inv, faulty(err)
}

// swapped puts the price in the place of the one that is sold.
func swapped(sub *stripe.Subscription, price string) []*stripe.SubscriptionItemsParams {
	item := &stripe.SubscriptionItemsParams{Price: &price}
	if sub.Items != nil && len(sub.Items.Data) > 0 {
		item.ID = &sub.Items.Data[0].ID
	}
	return []*stripe.SubscriptionItemsParams{item}
}

// next is the next regular payment after the change.
func (q quoting) next(today billing.Bill) (billing.Bill, error) {
	if (q.sub.CancelAt > 0 || q.sub.CancelAtPeriodEnd) && !q.ask.Uncancel {
		return billing.Bill{}, nil
	}
	end := unix(q.sub.CurrentPeriodEnd)
	if q.sameRhythm() || q.sub.Status == stripe.SubscriptionStatusTrialing {
		inv, err := q.upcoming(prorateNone)
		if err != nil {
			return billing.Bill{}, err
		}
		return billOf(inv, end), nil
	}
	if q.ask.Timing == billing.AtOnce { // a cycle begins now, and today's bill holds its first period
		for _, l := range today.Lines {
			if !l.Proration && l.To.After(q.ask.At) {
				return q.plain(l.To), nil
			}
		}
	}
	// It begins when the present period ends.
	return q.plain(end), nil
}

func (q quoting) sameRhythm() bool {
	old := q.sub.Items
	if old == nil || len(old.Data) == 0 || old.Data[0].Price == nil || old.Data[0].Price.Recurring == nil || q.price.Recurring == nil {
		return false
	}
	was := old.Data[0].Price.Recurring
	return was.Interval == q.price.Recurring.Interval && was.IntervalCount == q.price.Recurring.IntervalCount
}

// plain reckons a period of the new price, which no preview of Stripe's shows
// when it begins another cycle. Taxes that come on top are Stripe's to say then.
func (q quoting) plain(at time.Time) billing.Bill {
	amount := q.price.UnitAmount
	money := func(n int64) billing.Money { return billing.Money{Amount: n, Currency: string(q.price.Currency)} }
	less := int64(0)
	d := q.sub.Discount
	used := q.ask.Timing == billing.AtOnce && d != nil && d.Coupon != nil && d.Coupon.Duration == stripe.CouponDurationOnce
	if !used && lasts(d, at) {
		less = off(d.Coupon, amount)
	}
	return billing.Bill{At: at, Discount: money(-less), Tax: money(0), Total: money(amount - less), Credit: money(0), Due: money(amount - less)}
}

// lasts reports whether a discount still counts at that time. One for a single
// invoice leaves its subscription when it was used, so while it is there it
// waits for the next.
func lasts(d *stripe.Discount, at time.Time) bool {
	return d != nil && d.Coupon != nil && (d.End == 0 || unix(d.End).After(at))
}

// off is what a coupon takes off an amount, half a minor unit up.
func off(c *stripe.Coupon, amount int64) int64 {
	if c.AmountOff > 0 {
		return min(c.AmountOff, amount)
	}
	// A percentage has at most two decimals: as hundredths it is whole.
	hundredths, _ := strconv.ParseInt(strings.Replace(fmt.Sprintf("%.2f", c.PercentOff), ".", "", 1), 10, 64)
	return (amount*hundredths + 5000) / 10000
}

func billOf(inv *stripe.Invoice, at time.Time) billing.Bill {
	money := func(n int64) billing.Money { return billing.Money{Amount: n, Currency: string(inv.Currency)} }
	out := billing.Bill{At: at, Tax: money(inv.Tax), Total: money(inv.Total), Due: money(inv.AmountDue), Credit: money(inv.AmountDue - inv.Total)}
	for _, t := range inv.TotalTaxAmounts {
		out.TaxIn = out.TaxIn || t.Inclusive
	}
	var less int64
	for _, d := range inv.TotalDiscountAmounts {
		less += d.Amount
	}
	out.Discount = money(-less)
	if inv.Lines == nil {
		return out
	}
	for _, l := range inv.Lines.Data {
		line := billing.BillLine{Text: l.Description, Money: billing.Money{Amount: l.Amount, Currency: string(l.Currency)}, Proration: l.Proration}
		if l.Period != nil {
			line.From, line.To = unix(l.Period.Start), unix(l.Period.End)
		}
		out.Lines = append(out.Lines, line)
	}
	return out
}
