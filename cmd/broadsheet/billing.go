package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"
	"broadsheet/journey"
	"broadsheet/reader"
	"broadsheet/views"
)

func billingTool(ctx context.Context, w world, args []string) error {
	switch {
	case len(args) > 0 && args[0] == "reconcile":
		return reconcile(ctx, w, args[1:])
	case len(args) > 0 && args[0] == "refund":
		return refundTool(ctx, w, args[1:])
	}
	f := newFlags(w, "billing", "billing cancel-now EMAIL|sub_… [--refund prorata|none]", `
Ends a subscription at once: the one of the account with that address, or the
one with that id. What was paid for the time that is left goes back to the card,
by the second as Stripe counts it and never more than was paid; with
--refund none nothing does. It can be run again after any failure and gives
nothing back twice.

"billing refund" gives a paid invoice back, and "billing reconcile" compares every
subscription with Stripe now; each has a --help of its own.`)
	refund := f.String("refund", string(billing.RefundProrata), "prorata or none")
	rest, err := f.parse(args, 2, 2)
	if err != nil {
		return err
	}
	if rest[0] != "cancel-now" {
		return f.wrong("billing cannot %q; it can cancel-now, refund and reconcile", rest[0])
	}
	how := billing.Refunding(*refund)
	if how != billing.RefundProrata && how != billing.RefundNone {
		return f.wrong("--refund must be prorata or none")
	}
	b, err := openBase(ctx, w)
	if err != nil {
		return err
	}
	said, err := b.cancelNow(ctx, rest[1], how)
	if err := errors.Join(err, b.close()); err != nil {
		return err
	}
	fmt.Fprintln(w.stdout, said)
	return nil
}

// cancelNow ends a subscription and says what it did.
func (b *base) cancelNow(ctx context.Context, whose string, how billing.Refunding) (string, error) {
	money, err := b.money()
	if err != nil {
		return "", err
	}
	sub, err := b.subscriptionOf(ctx, money, whose)
	if err != nil {
		return "", err
	}
	end, err := money.EndNow(ctx, sub.ID, how, "support")
	if err != nil {
		return "", err
	}
	all, err := b.db.Catalogue(ctx)
	if err != nil {
		return "", err
	}
	name := "The subscription"
	if plan, ok := all.Plan(sub.Plan); ok {
		name = plan.Name
	}
	said := fmt.Sprintf("%s (%s) ended on %s.", name, sub.ID, end.At.Format("2 January 2006, 15:04 MST"))
	if end.Refund.Amount == 0 {
		return said + " Nothing goes back.", nil
	}
	return fmt.Sprintf("%s %s goes back: %s.", said, views.Money(end.Refund), strings.Join(end.Refunds, ", ")), nil
}

// money is the billing room, for a command: the letters that follow are sent by
// the running paper.
func (b *base) money() (*billing.Service, error) {
	stripe, err := newStripe(b.conf)
	if err != nil {
		return nil, err
	}
	return billing.New(billing.Parts{
		Store: b.db, Gateway: stripe, Verifier: stripe, Paper: b.clocks.Paper, Wall: b.clocks.Wall,
		Enqueue: journey.EnqueueEffects(jobs.NewRunner(b.db, b.clocks, b.log)), Log: b.log,
	}), nil
}

// subscriptionOf finds the subscription by its id, or the one that the account
// with that address would call its own.
func (b *base) subscriptionOf(ctx context.Context, money *billing.Service, whose string) (billing.Subscription, error) {
	if strings.HasPrefix(whose, "sub_") {
		sub, ok, err := b.db.SubscriptionByID(ctx, whose)
		if err == nil && !ok {
			err = fault.New(fault.Missing, "There is no subscription "+whose+".", nil)
		}
		return sub, err
	}
	addr, err := reader.Addresses{Local: b.conf.IsDevelopment()}.Parse(whose)
	if err != nil {
		return billing.Subscription{}, err
	}
	r, ok, err := b.db.ReaderByForm(ctx, addr.Form)
	if err != nil {
		return billing.Subscription{}, err
	}
	if !ok {
		return billing.Subscription{}, fault.New(fault.Missing, "No account has the address "+whose+".", nil)
	}
	sub, err := money.SubscriptionOf(ctx, r.ID, b.clocks.Paper.Now())
	if err != nil {
		return billing.Subscription{}, err
	}
	if sub == nil {
		return billing.Subscription{}, fault.New(fault.Missing, "The account "+whose+" never subscribed.", nil)
	}
	return *sub, nil
}
