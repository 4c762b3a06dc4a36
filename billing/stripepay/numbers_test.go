package stripepay_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
	"broadsheet/numbers"
	"broadsheet/reader"
)

// ledger is what some months came to, by month: from the paper's figures, or
// from Stripe's objects alone.
type ledger struct {
	Subscribers, Yearly int64 // now
	Taken, Back         map[int64]int64
}

// inStripe reckons from the objects of Stripe's API and nothing else.
func (b *bench) inStripe() ledger {
	b.t.Helper()
	out := ledger{Taken: map[int64]int64{}, Back: map[int64]int64{}}
	month := func(unix int64) int64 {
		t := time.Unix(unix, 0).UTC()
		return int64(t.Year())*12 + int64(t.Month()) - 1
	}
	list := &stripe.SubscriptionListParams{Status: stripe.String("all")}
	list.AddExpand("data.latest_invoice")
	for it := b.desk().Subscriptions.List(list); ; {
		if !it.Next() {
			b.must(it.Err())
			break
		}
		s := it.Subscription()
		if s.Status != "active" && s.Status != "past_due" || s.PauseCollection != nil && s.LatestInvoice.Status == "void" {
			continue
		}
		out.Subscribers++
		price := s.Items.Data[0].Price
		amount := price.UnitAmount
		if s.Discount != nil && s.Discount.Coupon.PercentOff > 0 {
			amount -= int64(float64(amount)*s.Discount.Coupon.PercentOff/100 + 0.5)
		}
		if price.Recurring.Interval == "month" {
			amount *= 12
		}
		out.Yearly += amount
	}
	for it := b.desk().Charges.List(&stripe.ChargeListParams{}); ; {
		if !it.Next() {
			b.must(it.Err())
			break
		}
		if c := it.Charge(); c.Status == "succeeded" && c.Paid {
			out.Taken[month(c.Created)] += c.Amount
		}
	}
	for it := b.desk().Refunds.List(&stripe.RefundListParams{}); ; {
		if !it.Next() {
			b.must(it.Err())
			break
		}
		if r := it.Refund(); r.Status == "succeeded" || r.Status == "pending" {
			out.Back[month(r.Created)] += r.Amount
		}
	}
	return out
}

// inNumbers is what the paper's figures say.
func (b *bench) inNumbers() ledger {
	b.t.Helper()
	now := b.paper.Now()
	b.must(numbers.Reckon(b.t.Context(), b.db, now, time.UTC))
	out := ledger{Taken: map[int64]int64{}, Back: map[int64]int64{}}
	today := numbers.DayOf(now)
	days, err := b.db.MoneyDays(b.t.Context(), numbers.Range{From: today, To: today + 1})
	b.must(err)
	for _, d := range days {
		out.Subscribers += d.Subscribers
		out.Yearly += d.Yearly
	}
	all, err := b.db.Takings(b.t.Context(), numbers.Range{From: 0, To: today + 1})
	b.must(err)
	for _, t := range all {
		switch t.Kind.Into() {
		case 1:
			out.Taken[numbers.MonthOf(t.Day)] += t.Amount
		case -1:
			out.Back[numbers.MonthOf(t.Day)] += t.Amount
		}
	}
	return out
}

// movesAddUp checks that who came and went makes up how many there are.
func (b *bench) movesAddUp() map[string]int64 {
	b.t.Helper()
	today := numbers.DayOf(b.paper.Now())
	all := numbers.Range{From: 0, To: today + 1}
	moves, err := b.db.Moves(b.t.Context(), all)
	b.must(err)
	var people, yearly int64
	kinds := map[string]int64{}
	for _, m := range moves {
		kinds[string(m.Kind)+m.Why] += m.N
		switch m.Kind {
		case numbers.New, numbers.Returned, numbers.Resumed:
			people, yearly = people+m.N, yearly+m.Yearly
		case numbers.Paused, numbers.Lost:
			people, yearly = people-m.N, yearly-m.Yearly
		case numbers.Up:
			yearly += m.Yearly
		case numbers.Down:
			yearly -= m.Yearly
		}
	}
	if now := b.inNumbers(); now.Subscribers != people || now.Yearly != yearly {
		b.t.Errorf("there are %d subscribers with %d a year; who came and went makes %d with %d", now.Subscribers, now.Yearly, people, yearly)
	}
	return kinds
}

func (b *bench) agrees(when string) {
	b.t.Helper()
	if diff := cmp.Diff(b.inStripe(), b.inNumbers()); diff != "" {
		b.t.Errorf("%s the figures (+) are not what Stripe's books (-) hold:\n%s", when, diff)
	}
}

// Readers live some months in every way there is, and the figures come to what
// Stripe's own objects come to, to the cent.
func TestNumbersAreThoseOfStripesBooks(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.giftShop("2100")
		gift := b.gift()
		b.pay(gift, "4242424242424242")
		b.quiet()
		if b.giftAt(gift).State != billing.GiftPaid {
			t.Fatalf("the gift is %s", b.giftAt(gift).State)
		}
		b.push(wide)
		b.must(b.db.SaveCatalogue(ctx, b.catalogue(wide)))
		renews := b.newcomer("digital_monthly")
		b.newcomer("digital_yearly")
		b.anybody()
		b.code(billing.NewCode{Code: "HALF", Percent: 50_00, Duration: billing.DiscountForever})
		b.buysWith("digital_monthly", "HALF", "4242424242424242")
		b.newcomer("digital_monthly")
		b.must(b.Pause(ctx, b.reader, 1))
		b.newcomer("digital_monthly")
		b.carry(b.preview("print_monthly", false))
		partial := b.newcomer("print_monthly")
		paid, err := b.stripe.Payments(ctx, partial.ID)
		b.must(err)
		_, err = b.desk().Refunds.New(&stripe.RefundParams{Charge: &paid[0].Charge, Amount: stripe.Int64(350)})
		b.must(err)
		b.quiet()
		b.newcomer("digital_monthly")
		b.must(b.Cancel(ctx, b.reader, billing.Parting{Feedback: "too_expensive"}))
		leaver := b.reader
		ended := b.newcomer("digital_monthly")
		_, err = b.EndNow(ctx, ended.ID, billing.RefundProrata, "support")
		b.must(err)
		b.newcomer("digital_monthly")
		b.withCard("4000000000000341")
		failing := b.reader
		b.quiet()
		b.agrees("at first")

		b.must(b.standin.Advance(ctx, renews.PeriodEnd.Add(36*time.Hour)))
		b.agrees("after a renewal")
		b.reader = failing
		b.withCard("4242424242424242")
		b.must(b.PayOpen(ctx, b.sub().Customer, b.sub().Latest))
		b.quiet()
		b.reader = leaver
		b.finish(b.paidAt(b.buy("print_monthly")))
		b.quiet()
		b.advance(45 * 24 * time.Hour)
		b.agrees("months later")

		kinds := b.movesAddUp()
		want := map[string]int64{"new": 9, "returned": 1, "paused": 1, "resumed": 1, "losttoo_expensive": 1, "lostended": 1, "up": 1}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Error(diff)
		}
		if got := b.recovered(); got != (numbers.Taken{Kind: numbers.Recovered, Currency: "eur", N: 1, Amount: 700}) {
			t.Errorf("recovered: %+v", got)
		}
		// Reckoned twice it is the same; and no month that is over is reckoned again.
		once := b.inNumbers()
		if again := b.inNumbers(); !maps.Equal(once.Taken, again.Taken) {
			t.Error("reckoned again it is something else")
		}
	})
}

// anybody is another reader, who has nothing yet.
func (b *bench) anybody() {
	b.t.Helper()
	b.reader = "reader-with-a-code"
	_, err := b.db.AddReader(b.t.Context(), reader.Reader{ID: b.reader, Email: "code@example.org", Created: b.paper.Now()}, "code@example.org")
	b.must(err)
}

func (b *bench) paidAt(address string) string {
	b.pay(address, "4242424242424242")
	return address
}

func (b *bench) recovered() (sum numbers.Taken) {
	b.t.Helper()
	all, err := b.db.Takings(b.t.Context(), numbers.Range{From: 0, To: numbers.DayOf(b.paper.Now()) + 1})
	b.must(err)
	for _, t := range all {
		if t.Kind == numbers.Recovered {
			sum = numbers.Taken{Kind: t.Kind, Currency: t.Currency, N: sum.N + t.N, Amount: sum.Amount + t.Amount}
		}
	}
	return sum
}
