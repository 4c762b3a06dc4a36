package billing_test

import (
	"context"
	"fmt"
	"time"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// changes is what the fake knows of changes of plan.
type changes struct {
	bank    string // how the next charge of a change goes: "", declined or asks
	swaps   int    // that were made at once
	later   int    // that were scheduled
	off     int64  // taken off each bill, in minor units
	shipped map[string]billing.Shipping
	answers map[string]billing.Swapped // by key, as Stripe keeps them
}

var fakePrices = map[string]billing.Price{
	"print_monthly":   {Interval: billing.Monthly, Money: billing.Money{Amount: 1400, Currency: "eur"}},
	"print_yearly":    {Interval: billing.Yearly, Money: billing.Money{Amount: 14000, Currency: "eur"}},
	"digital_monthly": {Interval: billing.Monthly, Money: billing.Money{Amount: 700, Currency: "eur"}},
	"digital_yearly":  {Interval: billing.Yearly, Money: billing.Money{Amount: 7000, Currency: "eur"}},
}

func (f *stripe) Quote(_ context.Context, ask billing.QuoteFor) (billing.Quote, error) {
	if err := f.enter("Quote"); err != nil {
		return billing.Quote{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	sub, price := f.subs[ask.Subscription], fakePrices[ask.LookupKey]
	eur := func(n int64) billing.Money { return billing.Money{Amount: n, Currency: "eur"} }
	q := billing.Quote{PriceID: "price_" + ask.LookupKey}
	if sub.CancelAt.IsZero() || ask.Uncancel {
		q.Next = billing.Bill{At: sub.PeriodEnd, Total: eur(price.Money.Amount - f.changes.off)}
	}
	if ask.Timing != billing.AtOnce || sub.Status == billing.Trialing {
		return q, nil
	}
	left := sub.PeriodEnd.Unix() - ask.At.Unix()
	all := sub.PeriodEnd.Unix() - sub.PeriodStart.Unix()
	back, more := -sub.Money.Amount*left/all, price.Money.Amount*left/all
	if price.Interval != sub.Interval {
		more = price.Money.Amount
		if !q.Next.At.IsZero() {
			q.Next.At = ask.At.AddDate(1, 0, 0)
		}
	}
	q.Today = billing.Bill{
		At: ask.At, Total: eur(back + more - f.changes.off), Due: eur(back + more - f.changes.off), Discount: eur(-f.changes.off),
		Lines: []billing.BillLine{
			{Text: "Unused time", Money: eur(back), From: ask.At, To: sub.PeriodEnd, Proration: true},
			{Text: "Remaining time", Money: eur(more), From: f.now(), To: sub.PeriodEnd},
		},
	}
	return q, nil
}

func (f *stripe) SwapNow(_ context.Context, w billing.Swap) (billing.Swapped, error) {
	if err := f.enter("SwapNow"); err != nil {
		return billing.Swapped{}, err
	}
	f.mu.Lock()
	out, had := f.changes.answers[w.Key]
	if !had {
		out = f.swap(w)
		if f.changes.answers == nil {
			f.changes.answers = map[string]billing.Swapped{}
		}
		f.changes.answers[w.Key] = out
	}
	f.mu.Unlock()
	return out, f.enter("SwapNow after")
}

// swap makes a change, or leaves what waits for its payment.
func (f *stripe) swap(w billing.Swap) billing.Swapped {
	sub := f.subs[w.Subscription]
	lookup := w.PriceID[len("price_"):]
	inv := f.bill(sub, billing.InvoicePaid)
	inv.Reason = billing.UpdateInvoice
	out := billing.Swapped{Done: true, Invoice: inv.ID}
	price := fakePrices[lookup]
	switch f.changes.bank {
	case "":
		f.changes.swaps++
		sub.PriceID, sub.LookupKey, sub.Interval, sub.Money = w.PriceID, lookup, price.Interval, price.Money
	default:
		inv.Status, inv.Paid, inv.Remaining = billing.InvoiceOpen, 0, inv.Money.Amount
		inv.NeedsAction = f.changes.bank == "asks"
		out.Done, out.NeedsAction, out.PayURL = false, inv.NeedsAction, "https://pay.example/i/"+inv.ID
		if !inv.NeedsAction {
			out.Decline = "insufficient_funds"
		}
		sub.Coming = billing.Coming{
			PriceID: w.PriceID, LookupKey: lookup, Interval: price.Interval, Money: price.Money, At: f.now().Add(23 * time.Hour), Invoice: inv.ID, PayURL: out.PayURL,
		}
	}
	sub.Latest, sub.LatestStatus = inv.ID, inv.Status
	f.subs[sub.ID], f.invoices[inv.ID] = sub, inv
	f.happened("customer.subscription.updated", "subscription", sub.ID, sub.Customer)
	return out
}

func (f *stripe) SwapLater(_ context.Context, w billing.Swap) error {
	if err := f.enter("SwapLater"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	sub := f.subs[w.Subscription]
	if !sub.CancelAt.IsZero() {
		return fault.New(fault.Internal, "", fmt.Errorf("the schedule would never come to its second phase"))
	}
	lookup := w.PriceID[len("price_"):]
	if sub.Coming.PriceID == "" {
		f.changes.later++
		sub.Coming = billing.Coming{
			PriceID: w.PriceID, LookupKey: lookup, Interval: fakePrices[lookup].Interval, Money: fakePrices[lookup].Money, At: sub.PeriodEnd, Schedule: f.id("sub_sched"),
		}
	}
	f.subs[sub.ID] = sub
	f.happened("customer.subscription.updated", "subscription", sub.ID, sub.Customer)
	return nil
}

// turn does at a period's end what was scheduled.
func (f *stripe) turn(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sub := f.subs[id]
	if c := sub.Coming; c.Schedule != "" {
		sub.PriceID, sub.LookupKey, sub.Interval, sub.Money = c.PriceID, c.LookupKey, c.Interval, c.Money
		sub.Coming = billing.Coming{Schedule: c.Schedule}
	}
	sub.PeriodStart, sub.PeriodEnd = sub.PeriodEnd, sub.PeriodEnd.AddDate(0, 1, 0)
	f.subs[id] = sub
	f.happened("customer.subscription.updated", "subscription", id, sub.Customer)
}

// confirmed is a bank that was told that the payment is wanted.
func (f *stripe) confirmed(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sub := f.subs[id]
	inv := f.invoices[sub.Coming.Invoice]
	inv.Status, inv.Paid, inv.Remaining, inv.NeedsAction = billing.InvoicePaid, inv.Money.Amount, 0, false
	f.invoices[inv.ID] = inv
	sub.PriceID, sub.LookupKey, sub.Interval, sub.Money, sub.Coming = sub.Coming.PriceID, sub.Coming.LookupKey, sub.Coming.Interval, sub.Coming.Money, billing.Coming{}
	f.subs[id] = sub
	f.happened("customer.subscription.updated", "subscription", id, sub.Customer)
}

func (f *stripe) ReleaseSchedule(_ context.Context, schedule, _ string) error {
	if err := f.enter("ReleaseSchedule"); err != nil {
		return err
	}
	return f.uncome(func(c billing.Coming) bool { return c.Schedule == schedule })
}

func (f *stripe) VoidInvoice(_ context.Context, invoice, _ string) error {
	if err := f.enter("VoidInvoice"); err != nil {
		return err
	}
	f.mu.Lock()
	inv := f.invoices[invoice]
	inv.Status, inv.Remaining = "void", 0
	f.invoices[invoice] = inv
	f.mu.Unlock()
	return f.uncome(func(c billing.Coming) bool { return c.Invoice == invoice })
}

func (f *stripe) uncome(which func(billing.Coming) bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, sub := range f.subs {
		if which(sub.Coming) {
			sub.Coming = billing.Coming{}
			f.subs[id] = sub
			f.happened("customer.subscription.updated", "subscription", id, sub.Customer)
		}
	}
	return nil
}

func (f *stripe) Shipping(_ context.Context, customer string) (billing.Shipping, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changes.shipped[customer], nil
}

func (f *stripe) SaveShipping(_ context.Context, customer string, to billing.Shipping, _ string) error {
	if err := f.enter("SaveShipping"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changes.shipped == nil {
		f.changes.shipped = map[string]billing.Shipping{}
	}
	f.changes.shipped[customer] = to
	return nil
}
