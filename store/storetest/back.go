package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/reader"
)

// testBack proves what is kept of refunds, credit notes and disputes.
func testBack(t *testing.T, open Opener) {
	now := time.Date(2024, 4, 10, 12, 0, 0, 0, time.UTC)
	eur := func(n int64) billing.Money { return billing.Money{Amount: n, Currency: "eur"} }
	t.Run("what went back is kept with its past, and moves with the account", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		ctx := t.Context()
		for _, id := range []string{"r1", "r2"} {
			noError(t, failed(db.AddReader(ctx, reader.Reader{ID: id, Email: id + "@example.org", Created: now}, id+"@example.org")))
		}
		refund := billing.Credit{
			ID: "re_1", Kind: billing.CreditRefund, Customer: "cus_1", Charge: "ch_1", Invoice: "in_1", Money: eur(215), Status: "pending",
			Reason: "Edition 403", AskedBy: "ro_1", Created: now,
		}
		note := billing.Credit{
			ID: "cn_1", Kind: billing.CreditNote, Customer: "cus_1", Invoice: "in_1", Number: "X-CN-01", Refund: "re_1", Early: true,
			Money: eur(300), Status: "issued", Created: now.Add(time.Hour),
		}
		noError(t, db.RecordCredit(ctx, "r1", refund, now))
		noError(t, db.RecordCredit(ctx, "r1", note, now))
		refund.Status, refund.Failure = billing.RefundFailed, "unknown"
		noError(t, db.RecordCredit(ctx, "r1", refund, now.Add(time.Hour)))
		past, err := db.CreditStatuses(ctx, "re_1")
		noError(t, err)
		if diff := cmp.Diff([]string{"pending", "failed"}, past); diff != "" {
			t.Error("overwritten:", diff)
		}
		dispute := billing.Dispute{
			ID: "dp_1", Customer: "cus_1", Subscription: "sub_1", Invoice: "in_1", Charge: "ch_1", Money: eur(700), Reason: "fraudulent",
			Status: "needs_response", Due: now.Add(time.Hour), URL: "https://desk.example", Created: now,
		}
		noError(t, db.RecordDispute(ctx, "r1", dispute, now))
		dispute.Status, dispute.Due = billing.DisputeLost, time.Time{}
		noError(t, db.RecordDispute(ctx, "r1", dispute, now.Add(time.Hour)))
		if past, _ = db.DisputeStatuses(ctx, "dp_1"); cmp.Diff([]string{"needs_response", "lost"}, past) != "" {
			t.Error("overwritten:", past)
		}
		noError(t, db.BackData().Merge(ctx, "r1", "r2"))
		credits, err := db.CreditsOf(ctx, "r2")
		noError(t, err)
		if diff := cmp.Diff([]billing.Credit{note, refund}, credits); diff != "" {
			t.Error(diff)
		}
		byInvoice, err := db.CreditsOfInvoice(ctx, "in_1")
		noError(t, err)
		disputes, err := db.DisputesOfInvoice(ctx, "in_1")
		noError(t, err)
		if diff := cmp.Diff([]billing.Dispute{dispute}, disputes); diff != "" || len(byInvoice) != 2 {
			t.Error(diff, byInvoice)
		}
		left, err := db.CreditsOf(ctx, "r1")
		noError(t, err)
		if again, _ := db.DisputesOf(ctx, "r1"); len(left)+len(again) != 0 {
			t.Error("stayed behind:", left, again)
		}
		noError(t, db.BackData().Erase(ctx, "r2"))
		bare, _, err := db.CreditByID(ctx, "re_1")
		noError(t, err)
		if refund.Reason = ""; bare != refund {
			t.Errorf("erased: %+v", bare)
		}
		if d, _, _ := db.DisputeByID(ctx, "dp_1"); d.URL != "" || d.Money != dispute.Money {
			t.Errorf("erased: %+v", d)
		}
	})
	t.Run("one refund of an invoice is under way", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		ctx := t.Context()
		noError(t, failed(db.AddReader(ctx, reader.Reader{ID: "r1", Email: "ada@example.org", Created: now}, "ada@example.org")))
		o := billing.RefundOrder{
			ID: "ro_1", ReaderID: "r1", Invoice: "in_1", Charge: "ch_1", Asked: 215, Money: eur(215), Reason: "Edition 403", At: now, State: billing.OrderOpen,
		}
		noError(t, db.SaveRefundOrder(ctx, o))
		other := o
		other.ID = "ro_2"
		if err := db.SaveRefundOrder(ctx, other); err == nil {
			t.Error("two are under way")
		}
		o.State, o.Refund = billing.OrderDone, "re_1"
		changed := o
		changed.Money.Amount = 999 // what was decided stays
		noError(t, db.SaveRefundOrder(ctx, changed))
		other.State, other.At = billing.OrderRefused, now.Add(time.Hour)
		noError(t, db.SaveRefundOrder(ctx, other))
		last, ok, err := db.LastRefundOrder(ctx, "in_1")
		noError(t, err)
		if diff := cmp.Diff(o, last); !ok || diff != "" {
			t.Error(ok, diff)
		}
		for number, want := range map[string]bool{"N-1": true, "N-2": false, "": false} {
			noError(t, db.SaveInvoice(ctx, "r1", billing.Invoice{ID: "in_1", Number: "N-1", Status: "paid", Money: eur(700), Created: now}))
			noError(t, db.SaveInvoice(ctx, "r1", billing.Invoice{ID: "in_draft", Status: "draft", Money: eur(700), Created: now}))
			if inv, ok, err := db.InvoiceByNumber(ctx, number); err != nil || ok != want || ok && inv.ID != "in_1" {
				t.Errorf("%q: %+v %t %v", number, inv, ok, err)
			}
		}
	})
}
