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

func TestAmountsAreReadToTheCent(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]int64{"3.50": 350, "3.5": 350, "3": 300, "0.01": 1, "1234567.89": 123456789, "007": 700} {
		if got, err := billing.ParseAmount(typed, "eur"); err != nil || got != want {
			t.Errorf("%s is %d, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", "0", "0.00", "-1", "+1", "3,50", "3.505", "€3", "3.", ".5", "1e3", " 3", "3.5.0", "92233720368547758.08", "NaN"} {
		if got, err := billing.ParseAmount(typed, "eur"); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q is %d, %v", typed, got, err)
		}
	}
	if got, err := billing.ParseAmount("350", "jpy"); err != nil || got != 350 {
		t.Error(got, err)
	}
	if _, err := billing.ParseAmount("350.0", "jpy"); err == nil {
		t.Error("a yen was split")
	}
	for m, want := range map[billing.Money]string{{5, "eur"}: "0.05 EUR", {-1234, "usd"}: "-12.34 USD", {350, "jpy"}: "350 JPY", {100, "eur"}: "1.00 EUR"} {
		if got := m.String(); got != want {
			t.Errorf("%d %s is written %s", m.Amount, m.Currency, got)
		}
	}
}

func TestWhatCreditsComeTo(t *testing.T) {
	t.Parallel()
	eur := func(n int64) billing.Money { return billing.Money{Amount: n, Currency: "eur"} }
	refund := func(id string, n int64, status string) billing.Credit {
		return billing.Credit{ID: id, Kind: billing.CreditRefund, Money: eur(n), Status: status, Created: noon}
	}
	note := func(id string, n int64, carrier string) billing.Credit {
		return billing.Credit{ID: id, Kind: billing.CreditNote, Money: eur(n), Status: "issued", Refund: carrier, Created: noon.Add(time.Second)}
	}
	early, void := note("cn_early", 300, ""), note("cn_void", 300, "")
	early.Early, void.Status = true, billing.NoteVoid
	for name, tt := range map[string]struct {
		all   []billing.Credit
		back  int64
		shown []string // id and state
	}{
		"nothing":                   {},
		"a part":                    {[]billing.Credit{refund("re_1", 200, "succeeded")}, 200, []string{"re_1 succeeded"}},
		"one on its way":            {[]billing.Credit{refund("re_1", 200, "pending")}, 200, []string{"re_1 pending"}},
		"one that came back":        {[]billing.Credit{refund("re_1", 200, "failed"), refund("re_2", 100, "canceled")}, 0, []string{"re_2 canceled", "re_1 failed"}},
		"a note by refund":          {[]billing.Credit{refund("re_1", 200, "succeeded"), note("cn_1", 200, "re_1")}, 200, []string{"cn_1 issued"}},
		"a note's refund came back": {[]billing.Credit{refund("re_1", 200, "failed"), note("cn_1", 200, "re_1")}, 0, []string{"cn_1 failed"}},
		"a note as credit":          {[]billing.Credit{note("cn_1", 200, "")}, 200, []string{"cn_1 issued"}},
		"a note partly as credit":   {[]billing.Credit{refund("re_1", 150, "succeeded"), note("cn_1", 200, "re_1")}, 200, []string{"cn_1 issued"}},
		"early and void notes":      {[]billing.Credit{early, void}, 0, []string{"cn_void void", "cn_early issued"}},
	} {
		if got := billing.Returned(tt.all); got != tt.back {
			t.Errorf("%s: %d went back, want %d", name, got, tt.back)
		}
		var shown []string
		for _, c := range billing.Shown(tt.all) {
			shown = append(shown, c.ID+" "+c.Status)
		}
		if diff := cmp.Diff(tt.shown, shown); diff != "" {
			t.Error(name, diff)
		}
	}
}

func TestRefundsNeverPassWhatWasPaid(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		_, invoice := bought(t, b)
		b.effects.take()
		part, err := b.GiveBack(ctx, invoice, billing.RefundAsk{Amount: 350, Reason: "Edition 403 did not arrive"})
		if err != nil || part.Money.Amount != 350 || part.Refund == "" || part.Repeated {
			t.Fatalf("a part: %+v %v", part, err)
		}
		b.effects.left(t, "credited:"+part.Refund)
		b.sync(t)
		b.effects.left(t) // each once
		again, err := b.GiveBack(ctx, invoice, billing.RefundAsk{Amount: 350})
		if err != nil || !again.Repeated || again.Refund != part.Refund {
			t.Errorf("the same words gave %+v %v", again, err)
		}
		if _, err := b.GiveBack(ctx, invoice, billing.RefundAsk{Amount: 351}); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "3.50 EUR is left of the 7.00 EUR") {
			t.Errorf("a cent too much: %v", err)
		}
		// By its number, and the same sum on purpose.
		if more, err := b.GiveBack(ctx, "N-1", billing.RefundAsk{Amount: 350, Again: true}); err != nil || more.Refund == part.Refund {
			t.Errorf("the second half: %+v %v", more, err)
		}
		for _, all := range []billing.RefundAsk{{}, {Amount: 1}} {
			if _, err := b.GiveBack(ctx, invoice, all); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "Nothing is left") {
				t.Errorf("beyond the end: %v", err)
			}
		}
		credits, err := b.db.CreditsOf(ctx, b.reader)
		if err != nil || len(credits) != 2 || billing.Returned(credits) != 700 || credits[0].Invoice != invoice {
			t.Errorf("kept: %+v %v", credits, err)
		}
		if _, err := b.GiveBack(ctx, "N-99", billing.RefundAsk{}); !fault.Is(err, fault.Missing) {
			t.Errorf("an invoice that is nobody's: %v", err)
		}
	})
}

// Whenever Stripe does not answer, the same words go on where it stopped.
func TestARefundThatIsTriedAgainIsTheSame(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		_, invoice := bought(t, b)
		for _, at := range []string{"GiveBack", "GiveBack after"} {
			b.stripe.failing[at] = 1
			if _, err := b.GiveBack(ctx, invoice, billing.RefundAsk{Amount: 100, Again: true}); !fault.Is(err, fault.Unavailable) {
				t.Fatalf("%s: no answer, and %v", at, err)
			}
			if _, err := b.GiveBack(ctx, invoice, billing.RefundAsk{Amount: 200}); !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: another was begun beside it: %v", at, err)
			}
			if _, err := b.GiveBack(ctx, invoice, billing.RefundAsk{Amount: 100}); err != nil {
				t.Errorf("%s: tried again: %v", at, err)
			}
		}
		credits, _ := b.db.CreditsOf(ctx, b.reader)
		if len(credits) != 2 || billing.Returned(credits) != 200 {
			t.Errorf("%+v", credits)
		}
	})
}

func TestARefundThatFailsLaterIsFollowed(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		_, invoice := bought(t, b)
		first, err := b.GiveBack(ctx, invoice, billing.RefundAsk{})
		if err != nil || first.Money.Amount != 700 {
			t.Fatalf("%+v %v", first, err)
		}
		b.effects.take()
		b.paper.add(20 * day)
		b.stripe.mu.Lock()
		c := b.stripe.credits[first.Refund]
		c.Status, c.Failure = billing.RefundFailed, "expired_or_canceled_card"
		b.stripe.put(c)
		b.stripe.mu.Unlock()
		// Its webhook is lost, and the night finds it.
		rep, err := b.ReconcileAll(ctx)
		if err != nil || len(rep.Drift) != 1 || rep.Drift[0] != first.Refund {
			t.Errorf("found %v %v", rep.Drift, err)
		}
		b.effects.left(t, "refund-back:"+first.Refund, "refund-failed:"+first.Refund)
		if was, err := b.db.CreditStatuses(ctx, first.Refund); err != nil || cmp.Diff([]string{"succeeded", "failed"}, was) != "" {
			t.Errorf("its past: %v %v", was, err)
		}
		second, err := b.GiveBack(ctx, invoice, billing.RefundAsk{})
		if err != nil || second.Repeated || second.Refund == first.Refund {
			t.Errorf("what came back cannot be given again: %+v %v", second, err)
		}
	})
}

// Refunds of ours, refunds and notes made at Stripe's desk, failures and
// answers that got lost, in any order: no more goes back than was paid, and our
// rows are Stripe's.
func TestRandomRefunds(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		_, first := bought(t, b)
		rapid.Check(t, func(r *rapid.T) {
			ctx := t.Context()
			b.stripe.mu.Lock()
			sub := b.stripe.subs[b.stripe.invoices[first].Subscription]
			invoice := b.stripe.bill(sub, billing.InvoicePaid).ID
			b.stripe.mu.Unlock()
			b.sync(t)
			for range rapid.IntRange(1, 12).Draw(r, "steps") {
				amount := rapid.Int64Range(1, 800).Draw(r, "amount")
				left := 700 - billing.Returned(b.stripe.creditsOf(invoice))
				switch rapid.IntRange(0, 3).Draw(r, "step") {
				case 0, 1:
					if rapid.IntRange(0, 2).Draw(r, "lost") == 0 {
						b.stripe.failing[rapid.SampledFrom([]string{"GiveBack", "GiveBack after"}).Draw(r, "where")] = 1
					}
					order, err := b.GiveBack(ctx, invoice, billing.RefundAsk{Amount: amount, Again: true})
					if err == nil && order.Money.Amount > left {
						r.Fatalf("%d went back of %d", order.Money.Amount, left)
					}
					clear(b.stripe.failing)
				case 2:
					b.stripe.byHand(invoice, min(amount, left), rapid.Bool().Draw(r, "by refund"))
				case 3:
					b.stripe.failOne(invoice)
				}
			}
			b.sync(t)
			want := b.stripe.creditsOf(invoice)
			got, err := b.db.CreditsOfInvoice(ctx, invoice)
			if err != nil {
				r.Fatal(err)
			}
			if diff := cmp.Diff(want, got, byID); diff != "" {
				r.Fatalf("our rows are not Stripe's: %s", diff)
			}
			if back := billing.Returned(got); back > 700 {
				r.Fatalf("%d went back of 700", back)
			}
		})
	})
}
