package main

import (
	"context"
	"errors"
	"fmt"

	"broadsheet/billing"
)

func reconcile(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "billing reconcile", "billing reconcile", `
Does at once what the paper does by itself every hour and every night: it reads
Stripe's events since the last run, takes in those that no webhook brought, and
then compares every subscription at Stripe with the paper's own rows. What
differed is repaired, and named, a line each. Letters that follow are sent by
the running paper.`)
	if _, err := f.parse(args, 0, 0); err != nil {
		return err
	}
	b, err := openBase(ctx, w)
	if err != nil {
		return err
	}
	rep, err := b.reconcile(ctx)
	if err := errors.Join(err, b.close()); err != nil {
		return err
	}
	for _, sub := range rep.Drift {
		fmt.Fprintf(w.stdout, "%s was not as Stripe says; it is now\n", sub)
	}
	fmt.Fprintf(w.stdout, "events read: %d, of which no webhook had come for: %d; customers fetched: %d; drift: %d\n",
		rep.Events, rep.Missed, rep.Customers, len(rep.Drift))
	return nil
}

func (b *base) reconcile(ctx context.Context) (billing.Report, error) {
	money, err := b.money()
	if err != nil {
		return billing.Report{}, err
	}
	return money.ReconcileNow(ctx)
}
