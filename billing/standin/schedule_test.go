package standin_test

import (
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// lowered schedules a subscription to go over to another price at its period's
// end.
func (b *bench) lowered(sub *stripe.Subscription, price string) *stripe.SubscriptionSchedule {
	b.t.Helper()
	made, err := b.stripe.SubscriptionSchedules.New(&stripe.SubscriptionScheduleParams{FromSubscription: &sub.ID})
	b.must(err)
	now := made.Phases[0]
	if made.Status != "active" || now.EndDate != sub.CurrentPeriodEnd || now.Items[0].Price.ID != sub.Items.Data[0].Price.ID {
		b.t.Fatalf("a new schedule: %s until %d", made.Status, now.EndDate)
	}
	set, err := b.stripe.SubscriptionSchedules.Update(made.ID, &stripe.SubscriptionScheduleParams{
		EndBehavior: stripe.String("release"),
		Phases: []*stripe.SubscriptionSchedulePhaseParams{
			{StartDate: &now.StartDate, EndDate: &now.EndDate, Items: []*stripe.SubscriptionSchedulePhaseItemParams{{Price: &now.Items[0].Price.ID, Quantity: stripe.Int64(1)}}},
			{Iterations: stripe.Int64(1), ProrationBehavior: stripe.String("none"), Items: []*stripe.SubscriptionSchedulePhaseItemParams{{Price: &price, Quantity: stripe.Int64(1)}}},
		}})
	b.must(err)
	return set
}

// https://docs.stripe.com/billing/subscriptions/subscription-schedules/use-cases#downgrading-subscriptions
func TestDowngradeAtPeriodEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(2000, "month").ID, "4242424242424242")
	cheap := b.price(1000, "month").ID
	b.heard()
	set := b.lowered(sub, cheap)
	b.in(b.heard(), "subscription_schedule.created", "customer.subscription.updated", "subscription_schedule.updated")
	if len(set.Phases) != 2 || set.Phases[1].Items[0].Price.ID != cheap || b.getSub(sub.ID).Schedule.ID != set.ID {
		t.Fatalf("%d phases", len(set.Phases))
	}
	if seen, err := b.stripe.Invoices.Upcoming(&stripe.InvoiceUpcomingParams{Subscription: &sub.ID}); err != nil || seen.AmountDue != 1000 {
		t.Errorf("the preview of the renewal is %d (%v)", seen.AmountDue, err)
	}
	b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0).Add(-time.Minute))
	if now := b.getSub(sub.ID); now.Items.Data[0].Price.UnitAmount != 2000 {
		t.Error("lowered before the period's end")
	}
	b.heard()
	b.advance(time.Hour + time.Minute)
	b.in(b.heard(), "subscription_schedule.updated", "customer.subscription.updated", "customer.subscription.updated", "invoice.created", "invoice.paid")
	now := b.getSub(sub.ID)
	if now.Items.Data[0].Price.ID != cheap || now.LatestInvoice.AmountPaid != 1000 || len(now.LatestInvoice.Lines.Data) != 1 ||
		now.CurrentPeriodStart != sub.CurrentPeriodEnd || now.BillingCycleAnchor != sub.BillingCycleAnchor {
		t.Errorf("after it %d was paid", now.LatestInvoice.AmountPaid)
	}
	b.advanceTo(time.Unix(now.CurrentPeriodEnd, 0))
	b.in(b.heard(), "subscription_schedule.released")
	done, err := b.stripe.SubscriptionSchedules.Get(set.ID, &stripe.SubscriptionScheduleParams{})
	b.must(err)
	if now = b.getSub(sub.ID); done.Status != "released" || done.ReleasedSubscription.ID != sub.ID || now.Schedule != nil || now.Items.Data[0].Price.ID != cheap {
		t.Errorf("in the end the schedule is %s", done.Status)
	}
}

// A year that becomes months begins a new cycle with its first month.
func TestDowngradeOfIntervalAtPeriodEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sub := b.subscribed(b.price(12000, "year").ID, "4242424242424242")
	b.lowered(sub, b.price(1500, "month").ID)
	b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0).Add(time.Hour))
	now := b.getSub(sub.ID)
	want := time.Unix(sub.CurrentPeriodEnd, 0).UTC().AddDate(0, 1, 0).Unix()
	if now.LatestInvoice.AmountPaid != 1500 || now.CurrentPeriodStart != sub.CurrentPeriodEnd || now.CurrentPeriodEnd > want || now.CurrentPeriodEnd < want-3*86400 {
		t.Errorf("%d was paid for %d to %d", now.LatestInvoice.AmountPaid, now.CurrentPeriodStart, now.CurrentPeriodEnd)
	}
	invoices := collect(b.stripe.Invoices.List(&stripe.InvoiceListParams{Subscription: &sub.ID}).Iter)
	if len(invoices) != 2 {
		t.Errorf("%d invoices, want the year's and the month's", len(invoices))
	}
}

func TestScheduleReleasedAndCancelled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dear, cheap := b.price(2000, "month").ID, b.price(1000, "month").ID
	sub := b.subscribed(dear, "4242424242424242")
	set := b.lowered(sub, cheap)
	if _, err := b.stripe.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{CancelAtPeriodEnd: stripe.Bool(true)}); b.stripeError(err).HTTPStatusCode != 400 {
		t.Error("a scheduled subscription was cancelled behind its schedule's back")
	}
	if _, err := b.stripe.SubscriptionSchedules.New(&stripe.SubscriptionScheduleParams{FromSubscription: &sub.ID}); b.stripeError(err).Param != "from_subscription" {
		t.Errorf("a second schedule: %v", err)
	}
	gone, err := b.stripe.SubscriptionSchedules.Release(set.ID, &stripe.SubscriptionScheduleReleaseParams{})
	b.must(err)
	if gone.Status != "released" {
		t.Errorf("released: %s", gone.Status)
	}
	if _, err := b.stripe.SubscriptionSchedules.Release(set.ID, &stripe.SubscriptionScheduleReleaseParams{}); b.stripeError(err).HTTPStatusCode != 400 {
		t.Error("released twice")
	}
	b.advanceTo(time.Unix(sub.CurrentPeriodEnd, 0).Add(time.Hour))
	now := b.getSub(sub.ID)
	if now.LatestInvoice.AmountPaid != 2000 || now.Schedule != nil {
		t.Errorf("after a release %d was paid", now.LatestInvoice.AmountPaid)
	}
	set = b.lowered(now, cheap)
	b.heard()
	ended, err := b.stripe.SubscriptionSchedules.Cancel(set.ID, &stripe.SubscriptionScheduleCancelParams{})
	b.must(err)
	b.in(b.heard(), "subscription_schedule.canceled", "customer.subscription.deleted")
	if ended.Status != "canceled" || b.getSub(sub.ID).Status != "canceled" {
		t.Errorf("cancelled: %s", ended.Status)
	}
	listed := collect(b.stripe.SubscriptionSchedules.List(&stripe.SubscriptionScheduleListParams{Customer: &sub.Customer.ID}).Iter)
	if len(listed) != 2 {
		t.Errorf("%d schedules are listed", len(listed))
	}
}
