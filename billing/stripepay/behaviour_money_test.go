package stripepay_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
)

// chargeOf is what paid the reader's newest invoice.
func (b *bench) chargeOf() string {
	b.t.Helper()
	paid, err := b.stripe.Payments(b.t.Context(), b.sub().ID)
	b.must(err)
	return paid[0].Charge
}

func TestBehaviour34PartialAndSeveralRefunds(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		b.buys("digital_monthly", visa)
		charge := b.chargeOf()
		back := func(amount int64) error {
			_, err := b.desk().Refunds.New(&stripe.RefundParams{Charge: &charge, Amount: &amount})
			b.quiet()
			return err
		}
		b.must(back(200))
		b.must(back(150))
		if b.takings() != 350 {
			t.Errorf("%d is left of 700", b.takings())
		}
		b.has(billing.Unlimited) // a refund is a kindness, not an end
		if err := back(351); err == nil {
			t.Error("more went back than was left")
		}
		paid, err := b.stripe.Payments(t.Context(), b.sub().ID)
		b.must(err)
		if len(paid) != 1 || len(paid[0].Refunds) != 2 || paid[0].Paid.Amount != 700 {
			t.Errorf("payments %+v", paid)
		}
		// Ended with all of it to go back, only what is left goes.
		end, err := b.EndNow(t.Context(), b.sub().ID, billing.RefundAll, "support")
		b.must(err)
		if end.Refund != (billing.Money{Amount: 350, Currency: "eur"}) || b.takings() != 0 {
			t.Errorf("%+v, %d is left", end, b.takings())
		}
		if err := back(1); err == nil {
			t.Error("a charge that was given back gave more")
		}
		b.has()
		b.noDrift()
	})
}

func TestBehaviour36DefaultCardRemoved(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		before := b.buys("digital_monthly", visa)
		had, _, err := b.db.CustomerByID(ctx, before.Customer)
		b.must(err)
		if had.Card.IsZero() {
			t.Fatal("there is no card to remove")
		}
		_, err = b.desk().PaymentMethods.Detach(had.Card.ID, nil)
		b.must(err)
		b.quiet()
		if now, _, err := b.db.CustomerByID(ctx, before.Customer); err != nil || !now.Card.IsZero() {
			t.Errorf("the paper still knows a card: %+v %v", now.Card, err)
		}
		b.has(billing.Unlimited) // what was paid is paid
		b.must(b.standin.Advance(ctx, before.PeriodEnd.Add(2*time.Hour)))
		if got := b.sub(); got.Status != billing.PastDue || b.stands().State != billing.StandsGrace || b.told("attempt") != 1 {
			t.Errorf("at the renewal: %+v, effects %v", got, b.kinds())
		}
		b.has(billing.Unlimited)
		inv := b.invoices()[0]
		page, err := b.AskForCard(ctx, billing.CardLink{Customer: inv.Customer, Invoice: inv.ID}, "/account/card/token/done")
		b.must(err)
		b.card(page, works)
		fix, err := b.FinishCard(ctx, billing.CardLink{Customer: inv.Customer, Invoice: inv.ID})
		b.must(err)
		b.quiet()
		if got := b.sub(); fix.State != billing.CardPaid || got.Status != billing.Active || b.takings() != 1400 {
			t.Errorf("with another card: %s, %+v, %d was taken", fix.State, got, b.takings())
		}
		b.noDrift()
	})
}

func TestBehaviour37AnnualRenewalMailYesMonthlyNo(t *testing.T) {
	for price, want := range map[string]int{"digital_yearly": 1, "digital_monthly": 0} {
		t.Run(price, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				b.buys(price, visa)
				remind := func(at time.Time) {
					t.Helper()
					if at.After(b.paper.Now()) {
						b.must(b.standin.Advance(t.Context(), at))
					}
					b.must(b.Remind(t.Context()))
				}
				for period := 1; period <= 2; period++ { // the first of a monthly plan has begun too lately for any letter
					end := b.sub().PeriodEnd
					remind(end.Add(-billing.Ahead - time.Hour))
					if got := b.told("renews"); got != want*(period-1) {
						t.Errorf("period %d: %d letters too early", period, got-want*(period-1))
					}
					for _, left := range []time.Duration{20 * day, 10 * day, time.Hour} {
						remind(end.Add(-left))
					}
					if got := b.told("renews"); got != want*period {
						t.Errorf("period %d: %d letters before the renewal, want %d", period, got, want*period)
					}
					remind(end.Add(2 * time.Hour))
					if got := b.told("renews"); got != want*period || b.told("receipt") != period+1 {
						t.Errorf("period %d: after the renewal %d letters, want %d; effects %v", period, got, want*period, b.kinds())
					}
				}
			})
		})
	}
}

const disputes = "4000000000000259" // pays, and its holder takes it back

// disputed is a subscriber whose payment is taken back.
func (b *bench) disputed() *stripe.Dispute {
	b.t.Helper()
	b.buys("digital_monthly", disputes)
	b.has(billing.Unlimited)
	b.advance(time.Second)
	b.quiet()
	list := b.desk().Disputes.List(&stripe.DisputeListParams{Charge: stripe.String(b.chargeOf())})
	if !list.Next() {
		b.t.Fatalf("no dispute: %v", list.Err())
	}
	return list.Dispute()
}

// decide ends a dispute as the bank does.
func (b *bench) decide(d *stripe.Dispute, outcome string) {
	b.t.Helper()
	res, err := b.web.PostForm(b.api+"/_disputes", url.Values{"dispute": {d.ID}, "outcome": {outcome}})
	b.must(err)
	res.Body.Close()
	if res.StatusCode >= 400 {
		b.t.Fatalf("the bank answered %s", res.Status)
	}
	b.quiet()
}

func TestBehaviour38DisputeOpened(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		d := b.disputed()
		if d.Status != stripe.DisputeStatusNeedsResponse || b.takings() != 0 {
			t.Errorf("opened: %s, %d is left", d.Status, b.takings())
		}
		raw := b.news("charge.dispute.created")
		if !b.kept(raw) || len(b.failed()) > 0 {
			t.Errorf("the news of it: kept %t, failed %v", b.kept(raw), b.failed())
		}
		_, err := b.desk().Refunds.New(&stripe.RefundParams{Charge: &d.Charge.ID})
		if bad, ok := errors.AsType[*stripe.Error](err); !ok || bad.Code != "charge_disputed" {
			t.Errorf("what was taken back was given back too: %v", err)
		}
		b.noDrift()
	})
}

func TestBehaviour39DisputeWon(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		d := b.disputed()
		b.decide(d, "won")
		if b.takings() != 700 || len(b.failed()) > 0 {
			t.Errorf("won: %d is left, failed %v", b.takings(), b.failed())
		}
		b.has(billing.Unlimited)
		b.noDrift()
	})
}

func TestBehaviour40DisputeLost(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		d := b.disputed()
		b.decide(d, "lost")
		if b.takings() != 0 || len(b.failed()) > 0 {
			t.Errorf("lost: %d is left, failed %v", b.takings(), b.failed())
		}
		b.noDrift()
	})
}
