package billing_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// behind is a bench whose reader's first renewal has just failed.
func behind(t *testing.T, b *bench) (sub billing.Subscription, invoice string) {
	t.Helper()
	id := b.stripe.pay(b.buy(t, "digital_monthly"))
	b.stripe.card(b.stripe.subs[id].Customer, billing.Card{ID: "pm_old", Last4: "4242", ExpMonth: 8, ExpYear: 2027})
	b.sync(t)
	b.paper.add(31 * day)
	invoice = b.stripe.renew(id)
	b.sync(t)
	b.effects.left(t, "attempt:"+invoice+":1")
	return b.stripe.subs[id], invoice
}

func (b *bench) sync(t *testing.T) {
	t.Helper()
	b.deliver(t, b.Service, b.stripe.events...) // all of it, each time: nothing may happen twice
	b.settle(t)
}

// left fails unless exactly these effects left since it was asked before.
func (e *effects) left(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, append([]string(nil), e.take()...)); diff != "" {
		t.Error("effects", diff)
	}
}

func TestEachAttemptIsToldOnce(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		sub, invoice := behind(t, b)
		told := b.effects.all["attempt:"+invoice+":1"]
		want := billing.Effect{
			Kind: billing.EffectDeclined, Key: "attempt:" + invoice + ":1", ReaderID: b.reader, Subscription: sub.ID, Invoice: invoice,
			Customer: sub.Customer, Card: billing.Card{ID: "pm_old", Last4: "4242", ExpMonth: 8, ExpYear: 2027},
			NextAttempt: b.paper.Now().Truncate(time.Second).AddDate(0, 0, 3), Until: b.paper.Now().Truncate(time.Second).Add(billing.Grace),
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Error(diff)
		}
		b.stripe.edit(invoice, func(i *billing.Invoice) { i.Attempts = 3 }) // the second attempt's news was lost
		b.sync(t)
		b.effects.left(t, "attempt:"+invoice+":3")
		b.stripe.edit(invoice, func(i *billing.Invoice) { i.Attempts, i.NeedsAction = 4, true })
		b.sync(t)
		b.effects.left(t, "attempt:"+invoice+":4")
		if got := b.effects.all["attempt:"+invoice+":4"].Kind; got != billing.EffectConfirm {
			t.Errorf("the bank asks, and the letter is %s", got)
		}
		if err := b.stripe.PayInvoice(t.Context(), invoice, "by Stripe"); err != nil {
			t.Fatal(err)
		}
		b.sync(t)
		b.effects.left(t, "recovered:"+invoice)
		b.has(t, billing.Unlimited)
	})
}

func TestAFirstPaymentIsNoRenewal(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		sub := b.stripe.decline(b.buy(t, "digital_monthly"), "generic_decline")
		b.stripe.edit(b.invoiceOf(sub), func(i *billing.Invoice) { i.Reason = billing.FirstInvoice })
		b.sync(t)
		b.effects.left(t)
	})
}

func (b *bench) invoiceOf(sub string) string {
	for id, inv := range b.stripe.invoices {
		if inv.Subscription == sub {
			return id
		}
	}
	return ""
}

func TestWhenNobodyPaysItIsSaidOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func(*billing.Subscription)
		want func(invoice string) []string
	}{
		"canceled": {func(s *billing.Subscription) { s.Status, s.EndReason = billing.Canceled, billing.EndedUnpaid },
			func(i string) []string { return []string{"lapsed:" + i} }},
		"unpaid": {func(s *billing.Subscription) { s.Status = billing.Unpaid },
			func(i string) []string { return []string{"lapsed:" + i} }},
		"by the reader": {func(s *billing.Subscription) { s.Status, s.EndReason = billing.Canceled, "cancellation_requested" },
			func(string) []string { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				sub, invoice := behind(t, b)
				b.stripe.edit(invoice, func(i *billing.Invoice) { i.Attempts, i.NextAttempt = 5, time.Time{} })
				if err := b.stripe.change(sub.ID, "customer.subscription.deleted", tt.end); err != nil {
					t.Fatal(err)
				}
				b.sync(t)
				b.effects.left(t, tt.want(invoice)...)
			})
		})
	}
}

func TestAnotherCardIsChargedOnce(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		sub, invoice := behind(t, b)
		link := billing.CardLink{Customer: sub.Customer, Invoice: invoice, Card: "pm_old"}
		if fix, err := b.FinishCard(ctx, link); err != nil || fix.State != billing.CardSame || b.stripe.paid != 0 {
			t.Fatalf("the same card was charged, or: %+v %v", fix, err)
		}
		b.stripe.card(sub.Customer, billing.Card{ID: "pm_bad", Last4: "0341"})
		fix, err := b.FinishCard(ctx, link)
		if err != nil || fix.State != billing.CardDeclined || fix.Why != billing.DeclineWords("generic_decline") {
			t.Errorf("a card that is declined too: %+v %v", fix, err)
		}
		b.stripe.card(sub.Customer, billing.Card{ID: "pm_new", Last4: "4444"})
		var back sync.WaitGroup
		for range 4 {
			back.Go(func() {
				if fix, err := b.FinishCard(ctx, link); err != nil || fix.State != billing.CardPaid {
					t.Errorf("a card that works: %+v %v", fix, err)
				}
			})
		}
		back.Wait()
		if b.stripe.paid != 1 {
			t.Errorf("paid %d times", b.stripe.paid)
		}
		b.effects.left(t, "pay:"+invoice+":pm_bad", "pay:"+invoice+":pm_new", "recovered:"+invoice)
		if _, err := b.AskForCard(ctx, link, "/account/card/x/done"); !fault.Is(err, fault.Conflict) {
			t.Errorf("a paid invoice asks for a card: %v", err)
		}
	})
}

// A browser that closes on Stripe's page is no reason to wait for the next try.
func TestAnotherCardIsChargedWithoutTheReturn(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		sub, invoice := behind(t, b)
		b.stripe.card(sub.Customer, billing.Card{ID: "pm_new", Last4: "4444"})
		b.sync(t)
		b.effects.left(t, "pay:"+invoice+":pm_new")
		for range 2 { // a job may run twice
			if err := b.PayOpen(t.Context(), sub.Customer, invoice); err != nil {
				t.Fatal(err)
			}
		}
		if b.stripe.paid != 1 {
			t.Errorf("paid %d times", b.stripe.paid)
		}
		b.has(t, billing.Unlimited)
	})
}

func TestACardLinkOpensOneThingForSevenDays(t *testing.T) {
	t.Parallel()
	ours, err := billing.NewCardLinks("a secret of this paper, long enough")
	if err != nil {
		t.Fatal(err)
	}
	other, err := billing.NewCardLinks("a secret of another paper, as long")
	if err != nil {
		t.Fatal(err)
	}
	link := billing.CardLink{Customer: "cus_1", Invoice: "in_1", Card: "pm_1", Ends: noon.Add(billing.CardLinkLife)}
	token := ours.Seal(link)
	if got, err := ours.Open(token, link.Ends.Add(-time.Second)); err != nil || got != link {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := ours.Open(token, link.Ends); !fault.Is(err, fault.Missing) || !errors.Is(err, billing.ErrLinkOver) {
		t.Errorf("after seven days: %v", err)
	}
	forged := other.Seal(link)
	for name, bad := range map[string]string{
		"another paper's": forged, "cut": token[:len(token)-1], "empty": "", "a dot": ".", "no seal": token[:len(token)-43],
		"turned": forged[:len(forged)-43] + token[len(token)-43:][1:] + "A",
	} {
		if _, err := ours.Open(bad, noon); !fault.Is(err, fault.Missing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACardLinkIsBoundToItsCustomer(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		_, invoice := behind(t, b)
		_, err := b.LookAtCard(t.Context(), billing.CardLink{Customer: "cus_of_somebody_else", Invoice: invoice})
		if !fault.Is(err, fault.Missing) {
			t.Errorf("somebody else's invoice: %v", err)
		}
	})
}

func TestNoticesComeOnceAndInTime(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := context.WithoutCancel(t.Context())
		id := b.stripe.pay(b.buy(t, "digital_yearly"))
		customer := b.stripe.subs[id].Customer
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(b.stripe.change(id, "customer.subscription.updated", func(s *billing.Subscription) {
			s.Interval, s.PeriodEnd = billing.Yearly, s.PeriodStart.AddDate(1, 0, 0)
		}))
		end := b.stripe.subs[id].PeriodEnd
		// Good to the end of the month that the year ends in.
		b.stripe.card(customer, billing.Card{ID: "pm_1", Last4: "4242", ExpMonth: int(end.Month()), ExpYear: end.Year()})
		b.sync(t)
		b.effects.left(t)
		runsOut := b.stripe.customers[customer].Card.RunsOut()
		at := func(when time.Time, want ...string) {
			t.Helper()
			b.paper.add(when.Sub(b.paper.Now()))
			must(b.Remind(ctx))
			must(b.Remind(ctx))
			b.effects.left(t, want...)
		}
		at(end.Add(-billing.Ahead - time.Minute))
		at(end.Add(-billing.Ahead+time.Minute), fmt.Sprintf("renews:%s:%d", id, end.Unix()))
		at(runsOut.Add(-billing.Ahead - time.Minute))
		at(runsOut.Add(-billing.Ahead+time.Minute), "card:"+customer+":pm_1:"+runsOut.AddDate(0, 0, -1).Format("2006-01"))
	})
}

func TestNoNoticeToWhoIsLeaving(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := b.stripe.pay(b.buy(t, "digital_yearly"))
		sub := b.stripe.subs[id]
		b.stripe.card(sub.Customer, billing.Card{ID: "pm_1", Last4: "4242", ExpMonth: int(noon.Month()), ExpYear: noon.Year()})
		if err := b.stripe.CancelAtPeriodEnd(t.Context(), id, true, billing.Parting{}, ""); err != nil {
			t.Fatal(err)
		}
		b.sync(t)
		if err := b.Remind(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.effects.left(t)
	})
}

// A failure that is news may be the new card's own: it is told, and not charged
// a second time. Stripe tries again on its day.
func TestAFailureThatIsNewsIsNotChargedAgain(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id := b.stripe.pay(b.buy(t, "digital_monthly"))
		b.sync(t)
		b.paper.add(31 * day)
		b.stripe.card(b.stripe.subs[id].Customer, billing.Card{ID: "pm_bad", Last4: "0341"})
		invoice := b.stripe.renew(id)
		b.sync(t)
		b.effects.left(t, "attempt:"+invoice+":1")
	})
}
