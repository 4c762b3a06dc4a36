package stripepay_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

// paidWith is a subscriber whose first payment the card has made.
func (b *bench) paidWith(card string) (billing.Subscription, billing.Invoice) {
	b.t.Helper()
	address := b.buy("digital_monthly")
	b.pay(address, card)
	b.finish(address)
	list, err := b.db.InvoicesOf(b.t.Context(), b.reader, "", 9)
	b.must(err)
	return b.sub(), list[0]
}

// ask posts to the stand-in's API as somebody at Stripe's own desk would.
func (b *bench) ask(path string, form url.Values) int {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.api+path, strings.NewReader(form.Encode()))
	b.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(testKey, "")
	res, err := b.web.Do(req)
	b.must(err)
	res.Body.Close()
	return res.StatusCode
}

// press presses a button at the stand-in's desk.
func (b *bench) press(path string, form url.Values) {
	b.t.Helper()
	res, err := b.web.PostForm(b.api+path, form)
	b.must(err)
	res.Body.Close()
	if res.StatusCode >= 400 {
		b.t.Fatalf("%s %v: %s", path, form, res.Status)
	}
}

func TestPartRefundsAndNotes(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		_, inv := b.paidWith("4242424242424242")
		b.faults(url.Values{"fail_after": {"1"}, "fail_path": {"POST /v1/refunds"}}) // it took effect, and nobody heard
		order, err := b.Service.GiveBack(ctx, inv.Number, billing.RefundAsk{Amount: 250, Reason: "Edition 403 did not arrive"})
		b.must(err)
		again, err := b.Service.GiveBack(ctx, inv.ID, billing.RefundAsk{Amount: 250})
		b.must(err)
		if !again.Repeated || again.Refund != order.Refund {
			t.Errorf("%+v, then %+v", order, again)
		}
		if code := b.ask("/v1/credit_notes", url.Values{"invoice": {inv.ID}, "amount": {"300"}, "refund_amount": {"200"}, "credit_amount": {"100"}, "memo": {"With our apologies"}}); code != http.StatusOK {
			t.Fatal(code)
		}
		b.quiet()
		credits, err := b.db.CreditsOfInvoice(ctx, inv.ID)
		b.must(err)
		shown := billing.Shown(credits)
		if len(credits) != 3 || len(shown) != 2 || billing.Returned(credits) != 550 {
			t.Fatalf("%+v", credits)
		}
		for _, c := range shown {
			if c.Kind == billing.CreditRefund && (c.ID != order.Refund || c.Reason != "Edition 403 did not arrive" || c.AskedBy != order.ID || c.Status != "succeeded") ||
				c.Kind == billing.CreditNote && (c.Number == "" || c.Refund == "" || c.Reason != "With our apologies" || c.Early) || c.Invoice != inv.ID {
				t.Errorf("%+v", c)
			}
		}
		if _, err := b.Service.GiveBack(ctx, inv.ID, billing.RefundAsk{Amount: 151}); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "1.50 EUR is left") {
			t.Errorf("more than is left: %v", err)
		}
		if last, err := b.Service.GiveBack(ctx, inv.ID, billing.RefundAsk{}); err != nil || last.Money.Amount != 150 {
			t.Errorf("the rest: %+v %v", last, err)
		}
		b.quiet()
		if b.told("credited") != 4 { // three refunds and the note's own part
			t.Errorf("%v", b.kinds())
		}
		b.noDrift()
	})
}

func TestARefundComesBack(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		_, inv := b.paidWith("4000000000005126")
		order, err := b.Service.GiveBack(ctx, inv.ID, billing.RefundAsk{})
		b.must(err)
		b.advance(25 * time.Hour)
		c, _, err := b.db.CreditByID(ctx, order.Refund)
		b.must(err)
		if c.Status != billing.RefundFailed || c.Failure != "expired_or_canceled_card" || b.told("refund-failed") != 1 {
			t.Errorf("%+v, %v", c, b.kinds())
		}
		b.noDrift()
	})
}

func TestDisputesAtStripe(t *testing.T) {
	for name, tt := range map[string]struct {
		card, reason string
		decide       func(b *bench, dispute string)
		status       string
		ends         bool
	}{
		"lost at the desk": {"4000000000000259", "fraudulent", func(b *bench, id string) { b.press("/_disputes", url.Values{"dispute": {id}, "outcome": {"lost"}}) }, "lost", true},
		"won at the desk":  {"4000000000002685", "product_not_received", func(b *bench, id string) { b.press("/_disputes", url.Values{"dispute": {id}, "outcome": {"won"}}) }, "won", false},
		"won by evidence": {"4000000000000259", "fraudulent", func(b *bench, id string) {
			b.ask("/v1/disputes/"+id, url.Values{"evidence[uncategorized_text]": {"winning_evidence"}})
		}, "won", false},
		"never answered": {"4000000000000259", "fraudulent", func(b *bench, _ string) { b.advance(10 * 24 * time.Hour) }, "lost", true},
		"an inquiry":     {"4000000000001976", "fraudulent", func(b *bench, id string) { b.ask("/v1/disputes/"+id+"/close", nil) }, "warning_closed", false},
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, b *bench) {
				ctx := t.Context()
				sub, inv := b.paidWith(tt.card)
				b.advance(time.Second)
				all, err := b.db.DisputesOf(ctx, b.reader)
				b.must(err)
				if len(all) != 1 {
					t.Fatalf("%d disputes, %v", len(all), b.kinds())
				}
				d := all[0]
				if d.Subscription != sub.ID || d.Invoice != inv.ID || d.Money != inv.Money || d.Reason != tt.reason || !d.Open() || !d.Due.After(b.paper.Now()) ||
					!strings.HasPrefix(d.URL, b.api) || b.told("disputed")+b.told("inquiry") != 1 {
					t.Errorf("opened: %+v, %v", d, b.kinds())
				}
				b.has(billing.Unlimited)
				if _, err := b.Service.GiveBack(ctx, inv.ID, billing.RefundAsk{}); !d.Inquiry() && !fault.Is(err, fault.Conflict) {
					t.Errorf("a disputed payment was refunded: %v", err)
				}
				tt.decide(b, d.ID)
				b.quiet()
				b.must(b.EndDisputed(ctx, sub.ID))
				b.quiet()
				if d, _, err = b.db.DisputeByID(ctx, d.ID); err != nil || d.Status != tt.status {
					t.Errorf("decided: %+v %v", d, err)
				}
				now, _, err := b.db.SubscriptionByID(ctx, sub.ID)
				b.must(err)
				if ended := now.Status == billing.Canceled; ended != tt.ends {
					t.Errorf("the subscription is %s", now.Status)
				}
				if b.told("dispute-lost") != map[bool]int{true: 1}[tt.ends] {
					t.Errorf("%v", b.kinds())
				}
				b.noDrift()
			})
		})
	}
}

// What support ends at once while the bank has the money ends, and gives
// nothing back on top.
func TestEndedWhileDisputed(t *testing.T) {
	lite(t, func(t *testing.T, b *bench) {
		sub, _ := b.paidWith("4000000000000259")
		b.advance(time.Second)
		end, err := b.EndNow(t.Context(), sub.ID, billing.RefundProrata, "support")
		b.must(err)
		if end.Refund.Amount != 0 {
			t.Errorf("%s goes back on top", end.Refund)
		}
		b.has()
	})
}

// Every webhook about the money is lost: the night finds it all.
func TestTheNightFindsLostMoney(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		sub, inv := b.paidWith("4242424242424242")
		b.quiet()
		b.faults(url.Values{"drop": {"100"}})
		if code := b.ask("/v1/credit_notes", url.Values{"invoice": {inv.ID}, "amount": {"100"}, "credit_amount": {"100"}}); code != http.StatusOK {
			t.Fatal(code)
		}
		charge := b.charge(inv.ID)
		if code := b.ask("/v1/refunds", url.Values{"charge": {charge}, "amount": {"50"}}); code != http.StatusOK {
			t.Fatal(code)
		}
		b.press("/_disputes", url.Values{"charge": {charge}})
		b.quiet()
		if all, _ := b.db.CreditsOf(ctx, b.reader); len(all) != 0 {
			t.Fatalf("a webhook arrived: %+v", all)
		}
		rep, err := b.ReconcileAll(ctx)
		b.must(err)
		if len(rep.Drift) != 4 || !slices.Contains(rep.Drift, sub.ID) {
			t.Errorf("found %v", rep.Drift)
		}
		b.noDrift()
	})
}

func (b *bench) charge(invoice string) string {
	b.t.Helper()
	customers, err := b.db.CustomersOf(b.t.Context(), b.reader)
	b.must(err)
	snap, err := b.stripe.Snapshot(b.t.Context(), customers[0].ID)
	b.must(err)
	i := slices.IndexFunc(snap.Charges, func(c billing.Charge) bool { return c.Invoice == invoice })
	if i < 0 {
		b.t.Fatalf("no charge of %s: %+v", invoice, snap.Charges)
	}
	return snap.Charges[i].ID
}

// Parts given back by us, by somebody at Stripe's desk as refunds and as notes,
// with answers that get lost: never more than was paid, and our rows are the
// stand-in's.
func TestRandomPartsAtStripe(t *testing.T) {
	lite(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		sub, _ := b.paidWith("4242424242424242")
		rapid.Check(t, func(r *rapid.T) {
			b.must(b.standin.Advance(ctx, b.sub().PeriodEnd.Add(2*time.Hour)))
			list, err := b.db.InvoicesOf(ctx, b.reader, "", 1)
			b.must(err)
			inv := list[0]
			if inv.Status != billing.InvoicePaid || inv.Paid != 700 {
				r.Fatalf("the renewal: %+v", inv)
			}
			charge := b.charge(inv.ID)
			for range rapid.IntRange(1, 6).Draw(r, "steps") {
				amount := rapid.Int64Range(1, 500).Draw(r, "amount")
				typed := url.Values{"amount": {itoa(amount)}}
				switch rapid.IntRange(0, 3).Draw(r, "step") {
				case 0, 1:
					if rapid.Bool().Draw(r, "lost") {
						b.faults(url.Values{rapid.SampledFrom([]string{"fail_before", "fail_after"}).Draw(r, "where"): {"1"}, "fail_path": {"POST /v1/refunds"}})
					}
					_, err := b.Service.GiveBack(ctx, inv.ID, billing.RefundAsk{Amount: amount, Again: true})
					if err != nil && !fault.Is(err, fault.Conflict) {
						r.Fatal(err)
					}
					b.faults(url.Values{"fail_before": {"0"}, "fail_after": {"0"}})
				case 2:
					typed.Set("charge", charge)
					b.ask("/v1/refunds", typed)
				case 3:
					typed.Set("invoice", inv.ID)
					typed.Set("refund_amount", itoa(amount))
					b.ask("/v1/credit_notes", typed)
				}
			}
			b.quiet()
			credits, err := b.db.CreditsOfInvoice(ctx, inv.ID)
			b.must(err)
			theirs, err := b.stripe.Payments(ctx, sub.ID)
			b.must(err)
			sum := int64(0)
			for _, x := range theirs[0].Refunds {
				sum += x.Amount
			}
			if got := billing.Returned(credits); got != sum || got > 700 || theirs[0].Invoice != inv.ID {
				r.Fatalf("our rows say %d, the stand-in's %d, of 700", got, sum)
			}
		})
	})
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
