package standin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// disputed is a subscription whose first payment its card's holder takes back.
func (b *bench) disputed() (*stripe.Subscription, *stripe.Dispute) {
	b.t.Helper()
	sub := b.subscribed(b.price(1200, "month").ID, "4000000000000259")
	b.heard()
	b.advance(time.Second)
	charge := sub.LatestInvoice.PaymentIntent.LatestCharge.ID
	found := collect(b.stripe.Disputes.List(&stripe.DisputeListParams{Charge: &charge}).Iter)
	if len(found) != 1 {
		b.t.Fatalf("%d disputes", len(found))
	}
	return sub, found[0].(*stripe.Dispute)
}

// ledger is what the account's balance has come to, fees apart.
func (b *bench) ledger() (sum int64) {
	b.t.Helper()
	it := b.stripe.BalanceTransactions.List(&stripe.BalanceTransactionListParams{})
	for it.Next() {
		sum += it.BalanceTransaction().Amount
	}
	b.must(it.Err())
	return sum
}

func TestDisputes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub, d := b.disputed()
	b.in(b.heard(), "charge.dispute.created", "charge.dispute.funds_withdrawn")
	if d.Status != "needs_response" || d.Amount != 1200 || d.Reason != "fraudulent" || d.Charge.ID != sub.LatestInvoice.PaymentIntent.LatestCharge.ID {
		t.Fatalf("opened: %s over %d", d.Status, d.Amount)
	}
	if b.ledger() != 0 || len(d.BalanceTransactions) != 1 || d.BalanceTransactions[0].Net != -1200-1500 {
		t.Errorf("the ledger stands at %d", b.ledger())
	}
	if _, err := b.stripe.Refunds.New(&stripe.RefundParams{Charge: &d.Charge.ID}); b.stripeError(err).Code != "charge_disputed" {
		t.Errorf("a disputed charge was refunded: %v", err)
	}
	if got := b.post("/_disputes", "dispute", d.ID, "outcome", "won"); got.status != http.StatusOK {
		t.Fatalf("the desk answered %d", got.status)
	}
	b.in(b.heard(), "charge.dispute.funds_reinstated", "charge.dispute.closed")
	won, err := b.stripe.Disputes.Get(d.ID, &stripe.DisputeParams{})
	b.must(err)
	if won.Status != "won" || b.ledger() != 1200 {
		t.Errorf("won: %s, the ledger stands at %d", won.Status, b.ledger())
	}
	if got := b.post("/_disputes", "dispute", d.ID, "outcome", "lost"); got.status != http.StatusBadRequest {
		t.Errorf("a closed dispute was decided again: %d", got.status)
	}
	_, d = b.disputed()
	lost, err := b.stripe.Disputes.Close(d.ID, &stripe.DisputeParams{})
	b.must(err)
	b.in(b.heard(), "charge.dispute.created", "charge.dispute.closed")
	if lost.Status != "lost" || b.ledger() != 1200 {
		t.Errorf("given up: %s, the ledger stands at %d", lost.Status, b.ledger())
	}
}

// https://docs.stripe.com/testing#disputes: two magic texts decide.
func TestDisputeEvidence(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for text, want := range map[string]string{"winning_evidence": "won", "losing_evidence": "lost", "They read it every day.": "under_review"} {
		_, d := b.disputed()
		b.heard()
		held, err := b.stripe.Disputes.Update(d.ID, &stripe.DisputeParams{Evidence: &stripe.DisputeEvidenceParams{UncategorizedText: &text}, Submit: stripe.Bool(false)})
		b.must(err)
		if held.Status != "needs_response" || !held.EvidenceDetails.HasEvidence {
			t.Errorf("staged: %s", held.Status)
		}
		sent, err := b.stripe.Disputes.Update(d.ID, &stripe.DisputeParams{Evidence: &stripe.DisputeEvidenceParams{UncategorizedText: &text}, Submit: stripe.Bool(true)})
		b.must(err)
		if string(sent.Status) != want {
			t.Errorf("%q: %s, want %s", text, sent.Status, want)
		}
	}
}

// An inquiry asks and moves no money; Stripe's command-line tool makes one.
func TestInquiry(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	pi, err := b.stripe.PaymentIntents.New(&stripe.PaymentIntentParams{Amount: stripe.Int64(2000), Currency: stripe.String("usd"),
		PaymentMethod: stripe.String("pm_card_createDisputeInquiry"), Confirm: stripe.Bool(true)})
	b.must(err)
	b.heard()
	b.advance(time.Second)
	found := collect(b.stripe.Disputes.List(&stripe.DisputeListParams{PaymentIntent: &pi.ID}).Iter)
	if len(found) != 1 || found[0].(*stripe.Dispute).Status != "warning_needs_response" || b.ledger() != 2000 {
		t.Fatalf("%d inquiries, the ledger stands at %d", len(found), b.ledger())
	}
	done, err := b.stripe.Disputes.Close(found[0].(*stripe.Dispute).ID, &stripe.DisputeParams{})
	b.must(err)
	if got := b.heard(); done.Status != "warning_closed" || len(got) != 2 || got[1] != "charge.dispute.closed" {
		t.Errorf("%s after %v", done.Status, got)
	}
	_, err = b.stripe.Refunds.New(&stripe.RefundParams{PaymentIntent: &pi.ID})
	b.must(err)
}

// Nobody answers, and the day passes.
func TestDisputeLostByDefault(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, d := b.disputed()
	b.advance(10 * day)
	lost, err := b.stripe.Disputes.Get(d.ID, &stripe.DisputeParams{})
	b.must(err)
	if lost.Status != "lost" || !lost.EvidenceDetails.PastDue {
		t.Errorf("after ten days: %s", lost.Status)
	}
	sub := b.subscribed(b.price(1200, "month").ID, "4242424242424242")
	charge := sub.LatestInvoice.PaymentIntent.LatestCharge.ID
	b.heard()
	if got := b.post("/_disputes", "charge", charge); got.status != http.StatusOK {
		t.Errorf("the desk answered %d", got.status)
	}
	b.in(b.heard(), "charge.dispute.created")
	if got := b.post("/_disputes", "charge", charge); got.status != http.StatusBadRequest {
		t.Errorf("disputed twice: %d", got.status)
	}
	if n := b.open(b.url + "/").page.Find(`form[action="/_disputes"] button[name=outcome]`).Length(); n != 2 {
		t.Errorf("the desk offers %d outcomes for one open dispute", n)
	}
}

// https://docs.stripe.com/billing/invoices/credit-notes
func TestCreditNotes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1200, "month").ID, "4242424242424242")
	inv := sub.LatestInvoice
	note := func(p *stripe.CreditNoteParams) (*stripe.CreditNote, error) {
		p.Invoice = &inv.ID
		p.AddExpand("refund")
		return b.stripe.CreditNotes.New(p)
	}
	b.heard()
	back, err := note(&stripe.CreditNoteParams{Amount: stripe.Int64(500), RefundAmount: stripe.Int64(500), Reason: stripe.String("product_unsatisfactory")})
	b.must(err)
	b.in(b.heard(), "invoice.updated", "charge.refunded", "credit_note.created")
	if back.Refund.Amount != 500 || back.Type != "post_payment" || back.Status != "issued" {
		t.Errorf("refunded %d, %s", back.Refund.Amount, back.Type)
	}
	later, err := note(&stripe.CreditNoteParams{CreditAmount: stripe.Int64(300),
		Lines: []*stripe.CreditNoteLineParams{{Type: stripe.String("invoice_line_item"), InvoiceLineItem: &inv.Lines.Data[0].ID, Amount: stripe.Int64(300)}}})
	b.must(err)
	if later.Lines.Data[0].InvoiceLineItem != inv.Lines.Data[0].ID || b.getSub(sub.ID).Customer.Balance != -300 || later.CustomerBalanceTransaction == nil {
		t.Errorf("balance is %d", b.getSub(sub.ID).Customer.Balance)
	}
	if _, err := note(&stripe.CreditNoteParams{Amount: stripe.Int64(401), RefundAmount: stripe.Int64(401)}); b.stripeError(err).Param != "amount" {
		t.Errorf("more than was left: %v", err)
	}
	if _, err := note(&stripe.CreditNoteParams{Amount: stripe.Int64(400), RefundAmount: stripe.Int64(100)}); b.stripeError(err).Param != "amount" {
		t.Errorf("sums that do not agree: %v", err)
	}
	_, err = note(&stripe.CreditNoteParams{Amount: stripe.Int64(400), OutOfBandAmount: stripe.Int64(400)})
	b.must(err)
	if now := b.getSub(sub.ID).LatestInvoice; now.PostPaymentCreditNotesAmount != 1200 || now.Status != "paid" {
		t.Errorf("credited %d", now.PostPaymentCreditNotesAmount)
	}
	listed := collect(b.stripe.CreditNotes.List(&stripe.CreditNoteListParams{Invoice: &inv.ID}).Iter)
	if len(listed) != 3 {
		t.Errorf("%d credit notes", len(listed))
	}
}

// A note for an open invoice lowers what is owed; over all of it, it pays it.
func TestCreditNoteBeforePayment(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	price, cus := b.price(1200, "month"), b.customer()
	sub, err := b.stripe.Subscriptions.New(&stripe.SubscriptionParams{Customer: &cus.ID, Items: []*stripe.SubscriptionItemsParams{{Price: &price.ID}},
		PaymentBehavior: stripe.String("default_incomplete")})
	b.must(err)
	id := sub.LatestInvoice.ID
	first, err := b.stripe.CreditNotes.New(&stripe.CreditNoteParams{Invoice: &id, Amount: stripe.Int64(200)})
	b.must(err)
	if now := b.getSub(sub.ID).LatestInvoice; now.AmountDue != 1000 || now.PaymentIntent.Amount != 1000 || first.Type != "pre_payment" {
		t.Errorf("still owed: %d", now.AmountDue)
	}
	_, err = b.stripe.CreditNotes.VoidCreditNote(first.ID, &stripe.CreditNoteVoidCreditNoteParams{})
	b.must(err)
	if now := b.getSub(sub.ID).LatestInvoice; now.AmountDue != 1200 {
		t.Errorf("after the note was voided: %d", now.AmountDue)
	}
	_, err = b.stripe.CreditNotes.New(&stripe.CreditNoteParams{Invoice: &id, Amount: stripe.Int64(1200)})
	b.must(err)
	if now := b.getSub(sub.ID); now.LatestInvoice.Status != "paid" || now.Status != "active" {
		t.Errorf("all of it credited: invoice %s, subscription %s", now.LatestInvoice.Status, now.Status)
	}
}
