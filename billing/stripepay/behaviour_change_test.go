package stripepay_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
)

// failing gives the reader's customer a card that every charge fails on.
func (b *bench) failing() {
	b.t.Helper()
	portal, err := b.Portal(b.t.Context(), b.reader)
	b.must(err)
	b.card(portal, failsLater)
	b.quiet()
}

func TestBehaviour22DeclineOnUpgrade(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		before := b.buys("digital_monthly", visa)
		b.failing()
		b.advance(10 * day)
		_, err := b.desk().Subscriptions.Update(before.ID, &stripe.SubscriptionParams{Items: b.swap("print_monthly"),
			ProrationBehavior: stripe.String("always_invoice"), PaymentBehavior: stripe.String("error_if_incomplete")})
		if bad, ok := errors.AsType[*stripe.Error](err); !ok || bad.Type != stripe.ErrorTypeCard || bad.HTTPStatusCode != 402 {
			t.Fatalf("the upgrade was not declined: %v", err)
		}
		b.quiet()
		if got := b.sub(); got.Plan != "digital" || got.Status != billing.Active || got.LatestStatus != billing.InvoicePaid {
			t.Errorf("after the decline: %+v", got)
		}
		b.has(billing.Unlimited)
		if b.takings() != 700 || len(b.invoices()) != 1 {
			t.Errorf("%d was taken, in %d invoices", b.takings(), len(b.invoices()))
		}
		b.noDrift()
		// Nothing of it waits for the next invoice either.
		next, err := b.desk().Invoices.Upcoming(&stripe.InvoiceUpcomingParams{Subscription: &before.ID})
		b.must(err)
		if next.AmountDue != 700 {
			t.Errorf("the next invoice is over %d", next.AmountDue)
		}
	})
}

func TestBehaviour23FailingCardOnDowngradeIsHarmless(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		before := b.buys("print_monthly", visa)
		b.failing()
		b.advance(10 * day)
		after := b.edit(&stripe.SubscriptionParams{Items: b.swap("digital_monthly"), ProrationBehavior: stripe.String("always_invoice")})
		if after.ID != before.ID || after.Plan != "digital" || after.Status != billing.Active || after.Decline != "" {
			t.Errorf("after the downgrade: %+v", after)
		}
		b.has(billing.Unlimited)
		if b.takings() != 1400 || b.told("attempt") != 0 {
			t.Errorf("%d was taken; effects %v", b.takings(), b.kinds())
		}
		b.noDrift()
	})
}

// prorated is what a change from one price to the other costs for the rest of
// the period: both rounded to the cent.
func prorated(sub billing.Subscription, at time.Time, from, to int64) int64 {
	all, rest := sub.PeriodEnd.Unix()-sub.PeriodStart.Unix(), sub.PeriodEnd.Unix()-at.Unix()
	half := func(amount int64) int64 { return (2*amount*rest + all) / (2 * all) }
	return half(to) - half(from)
}

func TestBehaviour24Prorated(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		before := b.buys("digital_monthly", visa)
		b.advance(10 * day)
		at := b.paper.Now()
		want := prorated(before, at, 700, 1400)
		after := b.edit(&stripe.SubscriptionParams{Items: b.swap("print_monthly"), ProrationBehavior: stripe.String("always_invoice"),
			ProrationDate: stripe.Int64(at.Unix())})
		if after.Plan != "print" || !after.PeriodEnd.Equal(before.PeriodEnd) || after.LatestStatus != billing.InvoicePaid {
			t.Errorf("after the upgrade: %+v", after)
		}
		b.has(billing.Print, billing.Unlimited)
		inv := b.invoices()[0]
		if inv.Money.Amount != want || inv.Paid != want || len(inv.Lines) != 2 || inv.Lines[0].Money.Amount+inv.Lines[1].Money.Amount != want {
			t.Errorf("the invoice is %+v, want %d", inv, want)
		}
		if want < 400 || want > 500 || b.takings() != 700+want {
			t.Errorf("%d was taken; two thirds of the month cost %d", b.takings(), want)
		}
		b.noDrift()
	})
}

func TestBehaviour25NotProrated(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		before := b.buys("digital_monthly", visa)
		b.advance(10 * day)
		after := b.edit(&stripe.SubscriptionParams{Items: b.swap("print_monthly"), ProrationBehavior: stripe.String("none")})
		if after.Plan != "print" || !after.PeriodEnd.Equal(before.PeriodEnd) {
			t.Errorf("after the upgrade: %+v", after)
		}
		b.has(billing.Print, billing.Unlimited)
		if b.takings() != 700 {
			t.Errorf("%d was taken", b.takings())
		}
		b.must(b.standin.Advance(t.Context(), before.PeriodEnd.Add(2*time.Hour)))
		if inv := b.invoices()[0]; inv.Paid != 1400 || len(inv.Lines) != 1 || b.takings() != 2100 {
			t.Errorf("the renewal is %+v, %d was taken", inv, b.takings())
		}
		b.noDrift()
	})
}
