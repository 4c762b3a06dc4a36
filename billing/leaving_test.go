package billing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

func TestAReasonIsKeptAndNeverDemanded(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		id := b.stripe.pay(b.buy(t, "digital_monthly"))
		b.sync(t)
		var want []billing.Parting
		for _, tt := range []struct{ said, kept billing.Parting }{
			{billing.Parting{}, billing.Parting{}},
			{billing.Parting{Feedback: "unused", Comment: "  No time. "}, billing.Parting{Feedback: "unused", Comment: "No time."}},
			{billing.Parting{Feedback: "made_up", Comment: strings.Repeat("é", 600)}, billing.Parting{Comment: strings.Repeat("é", 500)}},
		} {
			b.paper.add(time.Minute)
			for range 2 { // two clicks are one
				if err := b.Cancel(ctx, b.reader, tt.said); err != nil {
					t.Fatal(err)
				}
			}
			want = append([]billing.Parting{tt.kept}, want...)
			if n := len(b.stripe.said); n != 2*len(want)-1 || b.stripe.said[n-1] != tt.kept { // with the undoing in between
				t.Errorf("Stripe is told %+v", b.stripe.said)
			}
			if err := b.Resume(ctx, b.reader); err != nil {
				t.Fatal(err)
			}
		}
		list, err := b.db.CancellationsOf(ctx, b.reader)
		if err != nil {
			t.Fatal(err)
		}
		var got []billing.Parting
		for _, c := range list {
			if c.Subscription != id || c.ReaderID != b.reader {
				t.Errorf("%+v", c)
			}
			got = append(got, c.Parting)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// bought is a subscriber who paid 7.00 for 30 days from noon.
func bought(t *testing.T, b *bench) (id, invoice string) {
	t.Helper()
	id = b.stripe.pay(b.buy(t, "digital_monthly"))
	invoice = b.stripe.subs[id].Latest
	b.stripe.edit(invoice, func(i *billing.Invoice) {
		i.Lines = []billing.InvoiceLine{{Money: i.Money, From: noon, To: noon.Add(30 * day)}}
	})
	b.sync(t)
	return id, invoice
}

func TestEndedAtOnceGivesBackBySeconds(t *testing.T) {
	for name, tt := range map[string]struct {
		after  time.Duration
		how    billing.Refunding
		before int64 // refunded already, by hand
		want   int64
	}{
		"at once":            {0, billing.RefundProrata, 0, 700},
		"half way":           {15 * day, billing.RefundProrata, 0, 350},
		"a second":           {time.Second, billing.RefundProrata, 0, 700},
		"ten days and a bit": {10*day + 7*time.Hour, billing.RefundProrata, 0, 460}, // 700 × 1702800/2592000 = 459.86
		"at the end":         {30 * day, billing.RefundProrata, 0, 0},
		"none":               {day, billing.RefundNone, 0, 0},
		"after a refund":     {day, billing.RefundProrata, 500, 200},
		"all":                {29 * day, billing.RefundAll, 100, 600},
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				id, invoice := bought(t, b)
				if tt.before > 0 {
					b.stripe.refunds["ch_"+invoice] = []billing.Refund{{ID: "re_by_hand", Amount: tt.before}}
				}
				b.paper.add(tt.after)
				end, err := b.EndNow(t.Context(), id, tt.how, "support")
				if err != nil {
					t.Fatal(err)
				}
				if end.Refund != (billing.Money{Amount: tt.want, Currency: "eur"}) || (len(end.Refunds) == 1) != (tt.want > 0) {
					t.Errorf("%+v, want %d", end, tt.want)
				}
				b.has(t)
				if sub, _, _ := b.db.SubscriptionByID(t.Context(), id); sub.Status != billing.Canceled {
					t.Errorf("it goes on: %+v", sub)
				}
				again, err := b.EndNow(t.Context(), id, billing.RefundAll, "somebody else")
				if diff := cmp.Diff(end, again); err != nil || diff != "" {
					t.Error("a second time", err, diff)
				}
				if sum := b.stripe.givenBack(invoice); sum != tt.want+tt.before {
					t.Errorf("%d went back, want %d", sum, tt.want+tt.before)
				}
			})
		})
	}
}

func (f *stripe) givenBack(invoice string) (sum int64) {
	for _, r := range f.refunds["ch_"+invoice] {
		sum += r.Amount
	}
	return sum
}

// Whatever fails in between, a later try goes on with the same sum.
func TestAnEndingGoesOnAfterAFailure(t *testing.T) {
	for _, method := range []string{"change", "Refund"} {
		t.Run(method, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				id, invoice := bought(t, b)
				b.paper.add(15 * day)
				b.stripe.failing[method] = 1
				if _, err := b.EndNow(t.Context(), id, billing.RefundProrata, "support"); !fault.Is(err, fault.Unavailable) {
					t.Fatalf("Stripe did not answer: %v", err)
				}
				b.paper.add(day)
				end, err := b.EndNow(t.Context(), id, billing.RefundProrata, "support")
				if err != nil || end.Refund.Amount != 350 || b.stripe.givenBack(invoice) != 350 {
					t.Errorf("%+v %v, %d back", end, err, b.stripe.givenBack(invoice))
				}
			})
		})
	}
}

func TestWhatEndedWithoutUsIsNotRefunded(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		id, invoice := bought(t, b)
		if err := b.stripe.CancelNow(t.Context(), id, billing.Parting{}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.EndNow(t.Context(), id, billing.RefundProrata, "support"); !fault.Is(err, fault.Conflict) {
			t.Errorf("%v", err)
		}
		if _, err := b.EndNow(t.Context(), "sub_nobody", billing.RefundProrata, "support"); !fault.Is(err, fault.Missing) {
			t.Errorf("%v", err)
		}
		if b.stripe.givenBack(invoice) != 0 {
			t.Error("money went back")
		}
	})
}

// A change of plan in the middle leaves several invoices, some with credits: no
// more goes back than was paid, from no charge more than it took.
func TestNeverMoreThanWasPaid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var payments []billing.Payment
		var paid int64
		for i := range rapid.IntRange(0, 4).Draw(t, "invoices") {
			p := billing.Payment{Charge: string(rune('a' + i)), Paid: billing.Money{Currency: "eur"}}
			for range rapid.IntRange(1, 3).Draw(t, "lines") {
				amount := rapid.Int64Range(-2000, 15000).Draw(t, "amount")
				from := noon.Add(time.Duration(rapid.IntRange(-400, 400).Draw(t, "from")) * time.Hour)
				p.Lines = append(p.Lines, billing.InvoiceLine{Money: billing.Money{Amount: amount}, From: from, To: from.Add(time.Duration(rapid.IntRange(0, 800).Draw(t, "for")) * time.Hour)})
				p.Subtotal += amount
			}
			p.Total = max(0, p.Subtotal-rapid.Int64Range(0, 500).Draw(t, "off"))
			p.Paid.Amount = p.Total
			refunded := rapid.Int64Range(0, p.Paid.Amount).Draw(t, "refunded")
			p.Refunds = []billing.Refund{{ID: "re", Amount: refunded}}
			paid += p.Paid.Amount - refunded
			payments = append(payments, p)
		}
		for _, how := range []billing.Refunding{billing.RefundNone, billing.RefundProrata, billing.RefundAll} {
			if got := billing.Refundable(how, "sub_1", payments, noon).Amount; got < 0 || got > paid {
				t.Fatalf("%s gives back %d of %d", how, got, paid)
			}
		}
	})
}
