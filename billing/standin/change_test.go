package standin_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stripe/stripe-go/v76"
)

// swap is the update that takes a subscription to another price.
func swap(sub *stripe.Subscription, price, prorate, payment string) *stripe.SubscriptionParams {
	p := &stripe.SubscriptionParams{Items: []*stripe.SubscriptionItemsParams{{ID: &sub.Items.Data[0].ID, Price: &price}},
		ProrationBehavior: &prorate}
	if payment != "" {
		p.PaymentBehavior = &payment
	}
	return p
}

// preview asks what swapping would cost.
func (b *bench) preview(sub *stripe.Subscription, price, prorate string, at int64) *stripe.Invoice {
	b.t.Helper()
	p := &stripe.InvoiceUpcomingParams{Subscription: &sub.ID, SubscriptionProrationBehavior: &prorate,
		SubscriptionItems: []*stripe.SubscriptionItemsParams{{ID: &sub.Items.Data[0].ID, Price: &price}}}
	if at > 0 {
		p.SubscriptionProrationDate = &at
	}
	inv, err := b.stripe.Invoices.Upcoming(p)
	b.must(err)
	return inv
}

func halfway(sub *stripe.Subscription) int64 {
	return sub.CurrentPeriodStart + (sub.CurrentPeriodEnd-sub.CurrentPeriodStart)/2
}

// line is what a reader would see of an invoice's line.
type line struct {
	Text       string
	Amount     int64
	Start, End int64
	Proration  bool
}

func linesOf(inv *stripe.Invoice) (out []line) {
	for _, l := range inv.Lines.Data {
		out = append(out, line{l.Description, l.Amount, l.Period.Start, l.Period.End, l.Proration})
	}
	return out
}

func amounts(inv *stripe.Invoice) (out []int64) {
	for _, l := range inv.Lines.Data {
		out = append(out, l.Amount)
	}
	return out
}

// The worked example of https://stripe.com/docs/billing/subscriptions/prorations:
// from 10 to 20 dollars a month halfway through costs 5 dollars more, as
// −5 for unused and +10 for remaining time. By default that waits for the next
// invoice, which then comes to 25 dollars, as the older page
// https://stripe.com/docs/subscriptions/upgrading-downgrading works out.
func TestProrationWaitsForTheNextInvoice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1000, "month").ID, "4242424242424242")
	dear := b.price(2000, "month").ID
	at := halfway(sub)
	seen := b.preview(sub, dear, "create_prorations", at)
	if diff := cmp.Diff([]int64{-500, 1000, 2000}, amounts(seen)); diff != "" || seen.AmountDue != 2500 {
		t.Fatalf("preview of %d: %s", seen.AmountDue, diff)
	}
	if got := b.getSub(sub.ID); got.Items.Data[0].Price.UnitAmount != 1000 || got.LatestInvoice.ID != sub.LatestInvoice.ID {
		t.Fatal("a preview changed the subscription")
	}
	b.heard()
	p := swap(sub, dear, "create_prorations", "")
	p.ProrationDate = &at
	now, err := b.stripe.Subscriptions.Update(sub.ID, p)
	b.must(err)
	if now.LatestInvoice.ID != sub.LatestInvoice.ID || now.CurrentPeriodEnd != sub.CurrentPeriodEnd {
		t.Error("the change was billed at once")
	}
	events := b.delivered()
	if len(events) != 3 || events[0].Type != "invoiceitem.created" || events[2].Type != "customer.subscription.updated" {
		t.Fatalf("heard %d events", len(events))
	}
	if events[2].Data.PreviousAttributes["items"] == nil || events[2].Data.PreviousAttributes["status"] != nil {
		t.Errorf("previously %v", events[2].Data.PreviousAttributes)
	}
	pending := collect(b.stripe.InvoiceItems.List(&stripe.InvoiceItemListParams{Customer: &sub.Customer.ID, Pending: stripe.Bool(true)}).Iter)
	if len(pending) != 2 {
		t.Errorf("%d items are pending", len(pending))
	}
	b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0).Add(time.Hour))
	got := b.getSub(sub.ID).LatestInvoice
	if diff := cmp.Diff(linesOf(seen), linesOf(got)); diff != "" || got.AmountPaid != 2500 {
		t.Errorf("paid %d, not what was previewed: %s", got.AmountPaid, diff)
	}
}

func TestUpgradeIsBilledAtOnceAsPreviewed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1299, "month").ID, "4242424242424242")
	dear := b.price(2150, "month").ID
	b.advance(11*day + 7*time.Hour + 13*time.Second)
	at := b.clock.Now().Unix()
	seen := b.preview(sub, dear, "always_invoice", at)
	b.advance(5 * time.Minute) // while the reader thinks it over
	b.heard()
	p := swap(sub, dear, "always_invoice", "error_if_incomplete")
	p.ProrationDate = &at
	_, err := b.stripe.Subscriptions.Update(sub.ID, p)
	b.must(err)
	b.in(b.heard(), "invoiceitem.created", "invoiceitem.created", "customer.subscription.updated", "invoice.created",
		"invoice.finalized", "charge.succeeded", "invoice.paid")
	now := b.getSub(sub.ID)
	inv := now.LatestInvoice
	if diff := cmp.Diff(linesOf(seen), linesOf(inv)); diff != "" || inv.Total != seen.Total || inv.AmountPaid != seen.AmountDue {
		t.Errorf("charged %d instead of %d: %s", inv.AmountPaid, seen.AmountDue, diff)
	}
	if inv.BillingReason != "subscription_update" || now.Status != "active" || now.CurrentPeriodEnd != sub.CurrentPeriodEnd {
		t.Errorf("%s, %s", inv.BillingReason, now.Status)
	}
	if from := inv.Lines.Data[0].ProrationDetails.CreditedItems; from == nil || from.Invoice != sub.LatestInvoice.ID {
		t.Error("the credit does not name the invoice it comes from")
	}
	whole := sub.CurrentPeriodEnd - sub.CurrentPeriodStart
	for i, full := range []int64{-1299, 2150} {
		want := float64(full) * float64(sub.CurrentPeriodEnd-at) / float64(whole)
		if off := want - float64(inv.Lines.Data[i].Amount); off > 0.5 || off < -0.5 {
			t.Errorf("line %d is %d, want %.2f", i, inv.Lines.Data[i].Amount, want)
		}
	}
}

func TestChangeWithoutProration(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1000, "month").ID, "4242424242424242")
	dear := b.price(2000, "month").ID
	if seen := b.preview(sub, dear, "none", 0); seen.AmountDue != 2000 || len(seen.Lines.Data) != 1 {
		t.Errorf("preview of %d", seen.AmountDue)
	}
	now, err := b.stripe.Subscriptions.Update(sub.ID, swap(sub, dear, "none", ""))
	b.must(err)
	if now.Items.Data[0].Price.ID != dear || now.LatestInvoice.ID != sub.LatestInvoice.ID {
		t.Error("the price is the old one, or something was billed")
	}
}

// https://stripe.com/docs/billing/subscriptions/billing-cycle: another interval
// begins another cycle, billed in full at once, less the unused time.
func TestIntervalChangeBeginsACycle(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1000, "month").ID, "4242424242424242")
	yearly := b.price(10000, "year").ID
	b.advanceTo(time.Unix(halfway(sub), 0))
	seen := b.preview(sub, yearly, "create_prorations", b.clock.Now().Unix())
	p := swap(sub, yearly, "create_prorations", "")
	p.ProrationDate = &seen.Lines.Data[0].Period.Start
	_, err := b.stripe.Subscriptions.Update(sub.ID, p)
	b.must(err)
	now := b.getSub(sub.ID)
	if diff := cmp.Diff([]int64{-500, 10000}, amounts(now.LatestInvoice)); diff != "" || now.LatestInvoice.AmountPaid != 9500 || seen.AmountDue != 9500 {
		t.Errorf("paid %d, previewed %d: %s", now.LatestInvoice.AmountPaid, seen.AmountDue, diff)
	}
	if now.BillingCycleAnchor != now.CurrentPeriodStart || now.CurrentPeriodEnd != time.Unix(now.CurrentPeriodStart, 0).UTC().AddDate(1, 0, 0).Unix() {
		t.Errorf("the new cycle runs from %d to %d", now.CurrentPeriodStart, now.CurrentPeriodEnd)
	}
	b.advanceTo(time.Unix(now.CurrentPeriodEnd, 0).Add(time.Hour))
	if next := b.getSub(sub.ID).LatestInvoice; next.AmountPaid != 10000 || next.BillingReason != "subscription_cycle" {
		t.Errorf("a year later %d was paid for %s", next.AmountPaid, next.BillingReason)
	}
}

// A credit that no invoice uses up becomes the customer's balance, and the
// next invoices eat it. https://stripe.com/docs/billing/customer/balance
func TestDowngradeAtOnceLeavesCredit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(12000, "year").ID, "4242424242424242")
	at := halfway(sub)
	p := swap(sub, b.price(1000, "year").ID, "always_invoice", "")
	p.ProrationDate = &at
	_, err := b.stripe.Subscriptions.Update(sub.ID, p)
	b.must(err)
	now := b.getSub(sub.ID)
	if inv := now.LatestInvoice; inv.Total != -5500 || inv.AmountDue != 0 || inv.Status != "paid" || inv.EndingBalance != -5500 {
		t.Errorf("total %d, due %d, left %d, %s", inv.Total, inv.AmountDue, inv.EndingBalance, inv.Status)
	}
	if now.Customer.Balance != -5500 {
		t.Errorf("balance is %d", now.Customer.Balance)
	}
	b.advanceTo(time.Unix(now.CurrentPeriodEnd, 0).Add(time.Hour))
	if inv := b.getSub(sub.ID).LatestInvoice; inv.AmountPaid != 0 || inv.StartingBalance != -5500 || inv.EndingBalance != -4500 {
		t.Errorf("the renewal took %d and left %d", inv.AmountPaid, inv.EndingBalance)
	}
	moves := collect(b.stripe.CustomerBalanceTransactions.List(&stripe.CustomerBalanceTransactionListParams{Customer: &sub.Customer.ID}).Iter)
	if len(moves) != 2 || moves[0].(*stripe.CustomerBalanceTransaction).Amount != 1000 {
		t.Errorf("%d movements of the balance", len(moves))
	}
}

// https://stripe.com/docs/billing/subscriptions/pending-updates says what each
// payment_behavior does when an upgrade is declined.
func TestDeclinedUpgrade(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dear := b.price(2000, "month").ID
	start := func() *stripe.Subscription {
		sub := b.subscribed(b.price(1000, "month").ID, "4242424242424242")
		b.withCard(sub, "4000000000000341")
		b.advance(time.Hour)
		b.heard()
		return sub
	}
	sub := start()
	_, err := b.stripe.Subscriptions.Update(sub.ID, swap(sub, dear, "always_invoice", "error_if_incomplete"))
	if bad := b.stripeError(err); bad.HTTPStatusCode != 402 || bad.Code != "card_declined" {
		t.Errorf("error_if_incomplete: %v", bad)
	}
	if now := b.getSub(sub.ID); now.Items.Data[0].Price.UnitAmount != 1000 || now.Status != "active" || now.LatestInvoice.ID != sub.LatestInvoice.ID {
		t.Errorf("error_if_incomplete left %s at %d", now.Status, now.Items.Data[0].Price.UnitAmount)
	}
	if got := b.heard(); len(got) != 0 {
		t.Errorf("error_if_incomplete told of %v", got)
	}
	sub = start()
	_, err = b.stripe.Subscriptions.Update(sub.ID, swap(sub, dear, "always_invoice", "allow_incomplete"))
	b.must(err)
	if now := b.getSub(sub.ID); now.Status != "past_due" || now.Items.Data[0].Price.ID != dear || now.LatestInvoice.Status != "open" {
		t.Errorf("allow_incomplete left %s", now.Status)
	}
}

func TestPendingUpdate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dear := b.price(2000, "month").ID
	for _, ending := range []string{"paid", "expired"} {
		sub := b.subscribed(b.price(1000, "month").ID, "4242424242424242")
		b.withCard(sub, "4000000000000341")
		b.advance(time.Hour)
		b.heard()
		held, err := b.stripe.Subscriptions.Update(sub.ID, swap(sub, dear, "always_invoice", "pending_if_incomplete"))
		b.must(err)
		if held.PendingUpdate == nil || held.PendingUpdate.SubscriptionItems[0].Price.ID != dear || held.Items.Data[0].Price.UnitAmount != 1000 ||
			held.Status != "active" || held.LatestInvoice.ID == sub.LatestInvoice.ID {
			t.Fatalf("held: %+v", held.PendingUpdate)
		}
		if ending == "expired" {
			b.advance(24 * time.Hour)
			b.in(b.heard(), "invoice.payment_failed", "customer.subscription.updated", "invoice.voided", "customer.subscription.pending_update_expired")
			if now := b.getSub(sub.ID); now.PendingUpdate != nil || now.Items.Data[0].Price.UnitAmount != 1000 || now.LatestInvoice.Status != "void" {
				t.Errorf("expired: %s, %d", now.LatestInvoice.Status, now.Items.Data[0].Price.UnitAmount)
			}
			continue
		}
		_, err = b.stripe.Invoices.Pay(held.LatestInvoice.ID, &stripe.InvoicePayParams{PaymentMethod: stripe.String("pm_card_visa")})
		b.must(err)
		b.in(b.heard(), "customer.subscription.updated", "customer.subscription.pending_update_applied", "invoice.paid")
		if now := b.getSub(sub.ID); now.PendingUpdate != nil || now.Items.Data[0].Price.ID != dear {
			t.Error("the update was not made when its invoice was paid")
		}
	}
	sub := b.subscribed(b.price(1000, "month").ID, "4242424242424242")
	p := swap(sub, dear, "always_invoice", "pending_if_incomplete")
	p.Description = stripe.String("x")
	if _, err := b.stripe.Subscriptions.Update(sub.ID, p); b.stripeError(err).Param != "description" {
		t.Errorf("an update that cannot wait: %v", err)
	}
	done, err := b.stripe.Subscriptions.Update(sub.ID, swap(sub, dear, "always_invoice", "pending_if_incomplete"))
	b.must(err)
	if done.PendingUpdate != nil || done.Items.Data[0].Price.ID != dear {
		t.Error("a paid update still waits")
	}
}

func TestDiscountStaysInProrations(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	coupon, err := b.stripe.Coupons.New(&stripe.CouponParams{PercentOff: stripe.Float64(50), Duration: stripe.String("forever")})
	b.must(err)
	s := b.session(b.price(1000, "month").ID, func(p *stripe.CheckoutSessionParams) {
		p.Discounts = []*stripe.CheckoutSessionDiscountParams{{Coupon: &coupon.ID}}
	})
	b.pay(s, "4242424242424242")
	sub := b.getSub(b.getSession(s.ID).Subscription.ID)
	at := halfway(sub)
	p := swap(sub, b.price(2000, "month").ID, "always_invoice", "")
	p.ProrationDate = &at
	_, err = b.stripe.Subscriptions.Update(sub.ID, p)
	b.must(err)
	inv := b.getSub(sub.ID).LatestInvoice
	if diff := cmp.Diff([]int64{-250, 500}, amounts(inv)); diff != "" || inv.Total != 250 || inv.Lines.Data[0].Discountable {
		t.Errorf("total %d: %s", inv.Total, diff)
	}
}

func TestInvoiceItems(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1000, "month").ID, "4242424242424242")
	ii, err := b.stripe.InvoiceItems.New(&stripe.InvoiceItemParams{Customer: &sub.Customer.ID, Amount: stripe.Int64(250), Currency: stripe.String("usd"),
		Description: stripe.String("A tote bag")})
	b.must(err)
	gone, err := b.stripe.InvoiceItems.New(&stripe.InvoiceItemParams{Customer: &sub.Customer.ID, Amount: stripe.Int64(1), Currency: stripe.String("usd")})
	b.must(err)
	_, err = b.stripe.InvoiceItems.Del(gone.ID, &stripe.InvoiceItemParams{})
	b.must(err)
	next, err := b.stripe.Invoices.Upcoming(&stripe.InvoiceUpcomingParams{Customer: &sub.Customer.ID})
	b.must(err)
	b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0).Add(time.Hour))
	inv := b.getSub(sub.ID).LatestInvoice
	if inv.AmountPaid != 1250 || next.AmountDue != 1250 || inv.Lines.Data[0].InvoiceItem.ID != ii.ID {
		t.Errorf("paid %d, previewed %d", inv.AmountPaid, next.AmountDue)
	}
	if _, err := b.stripe.InvoiceItems.Update(ii.ID, &stripe.InvoiceItemParams{Amount: stripe.Int64(1)}); b.stripeError(err).Code != "invoice_not_editable" {
		t.Errorf("a billed item was changed: %v", err)
	}
}

// Support's tool: what is unused comes back as credit, billed with the end.
func TestCancelNowWithProration(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1000, "month").ID, "4242424242424242")
	b.advanceTo(time.Unix(halfway(sub), 0))
	_, err := b.stripe.Subscriptions.Cancel(sub.ID, &stripe.SubscriptionCancelParams{Prorate: stripe.Bool(true), InvoiceNow: stripe.Bool(true)})
	b.must(err)
	now := b.getSub(sub.ID)
	if now.Status != "canceled" || now.LatestInvoice.Total != -500 || now.Customer.Balance != -500 {
		t.Errorf("%s, invoice over %d, balance %d", now.Status, now.LatestInvoice.Total, now.Customer.Balance)
	}
}

// The cycle can be begun anew on purpose: the unused time is credited, and a
// whole period billed from now.
func TestAnchorNow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1000, "month").ID, "4242424242424242")
	b.advanceTo(time.Unix(halfway(sub), 0))
	at := halfway(sub)
	_, err := b.stripe.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{BillingCycleAnchorNow: stripe.Bool(true), ProrationDate: &at})
	b.must(err)
	now := b.getSub(sub.ID)
	if diff := cmp.Diff([]int64{-500, 1000}, amounts(now.LatestInvoice)); diff != "" || now.CurrentPeriodStart < at || now.BillingCycleAnchor != now.CurrentPeriodStart {
		t.Errorf("the cycle begins at %d: %s", now.CurrentPeriodStart, diff)
	}
}

func TestQuantityAndAddedItems(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(1000, "month").ID, "4242424242424242")
	extra, at := b.price(300, "month").ID, halfway(sub)
	change := func(items ...*stripe.SubscriptionItemsParams) (*stripe.Subscription, error) {
		return b.stripe.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{Items: items, ProrationDate: &at, ProrationBehavior: stripe.String("always_invoice")})
	}
	now, err := change(&stripe.SubscriptionItemsParams{ID: &sub.Items.Data[0].ID, Quantity: stripe.Int64(3)}, &stripe.SubscriptionItemsParams{Price: &extra})
	b.must(err)
	if diff := cmp.Diff([]int64{-500, 1500, 150}, amounts(b.getSub(sub.ID).LatestInvoice)); diff != "" || len(now.Items.Data) != 2 {
		t.Errorf("more of it: %s", diff)
	}
	_, err = change(&stripe.SubscriptionItemsParams{ID: &now.Items.Data[1].ID, Deleted: stripe.Bool(true)})
	b.must(err)
	if diff := cmp.Diff([]int64{-150}, amounts(b.getSub(sub.ID).LatestInvoice)); diff != "" {
		t.Errorf("less of it: %s", diff)
	}
	yearly := b.price(300, "year").ID
	if _, err = change(&stripe.SubscriptionItemsParams{Price: &yearly}); b.stripeError(err).Param != "items" {
		t.Errorf("two rhythms in one subscription: %v", err)
	}
	if _, err = change(&stripe.SubscriptionItemsParams{ID: &sub.Items.Data[0].ID, Deleted: stripe.Bool(true)}); b.stripeError(err).Param != "items" {
		t.Errorf("nothing left: %v", err)
	}
}

func TestInvoiceMadeByHand(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cus := b.withMethod("pm_card_visa")
	item := func() {
		_, err := b.stripe.InvoiceItems.New(&stripe.InvoiceItemParams{Customer: &cus.ID, Amount: stripe.Int64(700), Currency: stripe.String("usd")})
		b.must(err)
	}
	draft := func(auto bool) *stripe.Invoice {
		item()
		inv, err := b.stripe.Invoices.New(&stripe.InvoiceParams{Customer: &cus.ID, PendingInvoiceItemsBehavior: stripe.String("include"), AutoAdvance: &auto})
		b.must(err)
		return inv
	}
	inv := draft(false)
	_, err := b.stripe.InvoiceItems.New(&stripe.InvoiceItemParams{Customer: &cus.ID, Invoice: &inv.ID, Amount: stripe.Int64(50), Currency: stripe.String("usd")})
	b.must(err)
	paid, err := b.stripe.Invoices.Pay(inv.ID, &stripe.InvoicePayParams{})
	b.must(err)
	if paid.AmountPaid != 750 || paid.BillingReason != "manual" || paid.Status != "paid" {
		t.Errorf("%s, %d paid", paid.Status, paid.AmountPaid)
	}
	inv = draft(true)
	b.advance(2 * time.Hour)
	if inv, err = b.stripe.Invoices.Get(inv.ID, &stripe.InvoiceParams{}); err != nil || inv.AmountPaid != 700 {
		t.Errorf("by itself: %v paid", inv.AmountPaid)
	}
	inv = draft(false)
	_, err = b.stripe.Invoices.Del(inv.ID, &stripe.InvoiceParams{})
	b.must(err)
	if again := draft(false); again.Total != 1400 {
		t.Errorf("the deleted draft's item did not come back: %d", again.Total)
	}
	bad, err := b.stripe.Invoices.FinalizeInvoice(draft(false).ID, &stripe.InvoiceFinalizeInvoiceParams{})
	b.must(err)
	if bad, err = b.stripe.Invoices.MarkUncollectible(bad.ID, &stripe.InvoiceMarkUncollectibleParams{}); err != nil || bad.Status != "uncollectible" {
		t.Errorf("written off: %v", err)
	}
	if bad, err = b.stripe.Invoices.Pay(bad.ID, &stripe.InvoicePayParams{}); err != nil || bad.Status != "paid" {
		t.Errorf("paid after all: %v", err)
	}
}

// Stripe's command-line tool charges tokens.
func TestChargeOfAToken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	charge := func(token string) (*stripe.Charge, error) {
		p := &stripe.ChargeParams{Amount: stripe.Int64(2000), Currency: stripe.String("usd")}
		p.AddExtra("source", token)
		return b.stripe.Charges.New(p)
	}
	got, err := charge("tok_visa")
	b.must(err)
	_, err = b.stripe.Refunds.New(&stripe.RefundParams{Charge: &got.ID})
	b.must(err)
	if _, err = charge("tok_chargeDeclined"); b.stripeError(err).HTTPStatusCode != 402 {
		t.Errorf("a declined token: %v", err)
	}
	b.in(b.heard(), "charge.succeeded", "charge.refunded", "charge.failed")
	if b.ledger() != 0 {
		t.Errorf("the ledger stands at %d", b.ledger())
	}
}
