package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/views"
)

func refundTool(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "billing refund", "billing refund INVOICE|in_… [--amount 3.50] [--reason TEXT] [--again]", `
Gives a paid invoice back, by its number or its id: the amount, or all that is
left of it, and never more than was paid. The reader has a mail about it, and
sees it in the account with the reason. After a failure, call it again in the
same words: it goes on where it stopped. What was given back already is told,
and given once more only with --again.`)
	typed := f.String("amount", "", "how much, such as 3.50; without it, all that is left")
	reason := f.String("reason", "", "why, in words that the reader sees")
	again := f.Bool("again", false, "give the same amount once more")
	rest, err := f.parse(args, 1, 1)
	if err != nil {
		return err
	}
	if len([]rune(*reason)) > maxReason {
		return f.wrong("--reason takes %d characters", maxReason)
	}
	b, err := openBase(ctx, w)
	if err != nil {
		return err
	}
	said, err := b.refund(ctx, rest[0], *typed, billing.RefundAsk{Reason: strings.TrimSpace(*reason), Again: *again})
	if err := errors.Join(err, b.close()); err != nil {
		return err
	}
	fmt.Fprintln(w.stdout, said)
	return nil
}

// maxReason is how much of a reason Stripe keeps beside a refund.
const maxReason = 500

// refund gives an invoice back and says what it did.
func (b *base) refund(ctx context.Context, invoice, typed string, ask billing.RefundAsk) (string, error) {
	inv, ok, err := b.db.InvoiceByID(ctx, invoice)
	if err == nil && !ok {
		inv, ok, err = b.db.InvoiceByNumber(ctx, invoice)
	}
	if err == nil && !ok {
		err = fault.New(fault.Missing, "There is no invoice "+invoice+".", nil)
	}
	if err != nil {
		return "", err
	}
	if typed != "" {
		if ask.Amount, err = billing.ParseAmount(typed, inv.Money.Currency); err != nil {
			return "", err
		}
	}
	money, err := b.money()
	if err != nil {
		return "", err
	}
	order, err := money.GiveBack(ctx, inv.ID, ask)
	if err != nil {
		return "", err
	}
	said := fmt.Sprintf("%s of invoice %s goes back: %s.", views.Money(order.Money), inv.Number, order.Refund)
	if order.Repeated {
		return fmt.Sprintf("%s of invoice %s went back on %s: %s. Nothing more was done; --again gives it once more.",
			views.Money(order.Money), inv.Number, order.At.Format("2 January 2006"), order.Refund), nil
	}
	credits, err := b.db.CreditsOfInvoice(ctx, inv.ID)
	if err != nil {
		return "", err
	}
	left := billing.Money{Amount: inv.Paid - billing.Returned(credits), Currency: inv.Money.Currency}
	return fmt.Sprintf("%s %s of the %s that was paid is left.", said, views.Money(left), views.Money(billing.Money{Amount: inv.Paid, Currency: inv.Money.Currency})), nil
}
