package stripepay_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"broadsheet/billing"
	"broadsheet/internal/fault"
)

func TestBehaviour30CancelAtADate(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		before := b.buys("digital_monthly", visa)
		date := before.PeriodStart.Add(20 * day)
		if got := b.edit(&stripe.SubscriptionParams{CancelAt: stripe.Int64(date.Unix())}); !got.CancelAt.Equal(date) || got.Status != billing.Active {
			t.Errorf("to be cancelled: %+v", got)
		}
		if got := b.stands(); got.State != billing.StandsEnding || !got.EndsAt.Equal(date) {
			t.Errorf("it stands %+v", got)
		}
		b.must(b.standin.Advance(t.Context(), date.Add(-time.Second)))
		b.has(billing.Unlimited)
		b.faults(muted) // nobody needs to tell us what day it is
		b.must(b.standin.Advance(t.Context(), date))
		b.has()
		b.faults(url.Values{"clear": {"1"}})
		b.quiet()
		if got := b.sub(); got.Status != billing.Canceled || !got.EndedAt.Equal(date) {
			t.Errorf("on its day: %+v", got)
		}
		b.noDrift()
	})
}

func TestBehaviour31CancelNowWhileScheduled(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		before := b.buys("print_monthly", visa)
		schedule, err := b.desk().SubscriptionSchedules.New(&stripe.SubscriptionScheduleParams{FromSubscription: &before.ID})
		b.must(err)
		_, err = b.desk().SubscriptionSchedules.Update(schedule.ID, &stripe.SubscriptionScheduleParams{
			EndBehavior: stripe.String("release"),
			Phases: []*stripe.SubscriptionSchedulePhaseParams{
				{StartDate: stripe.Int64(before.PeriodStart.Unix()), EndDate: stripe.Int64(before.PeriodEnd.Unix()),
					Items: []*stripe.SubscriptionSchedulePhaseItemParams{{Price: stripe.String(b.priceID("print_monthly"))}}},
				{Items: []*stripe.SubscriptionSchedulePhaseItemParams{{Price: stripe.String(b.priceID("digital_monthly"))}}},
			}})
		b.must(err)
		b.quiet()
		b.has(billing.Print, billing.Unlimited)
		b.advance(15 * day)
		end, err := b.EndNow(t.Context(), before.ID, billing.RefundProrata, "support")
		b.must(err)
		b.quiet()
		b.has()
		if got := b.sub(); got.Status != billing.Canceled {
			t.Errorf("ended at once: %+v", got)
		}
		after, err := b.desk().SubscriptionSchedules.Get(schedule.ID, nil)
		b.must(err)
		if after.Status == "active" || after.Status == "not_started" {
			t.Errorf("its schedule is %s", after.Status)
		}
		kept := b.takings()
		if kept != 1400-end.Refund.Amount || end.Refund.Amount < 600 || end.Refund.Amount > 800 {
			t.Errorf("%d was kept, %d went back", kept, end.Refund.Amount)
		}
		b.advance(40 * day) // the day of the downgrade passes
		if b.takings() != kept {
			t.Errorf("%d was taken after the end", b.takings()-kept)
		}
		b.has()
		b.noDrift()
	})
}

// A cancellation can be taken back while the time that was paid for runs, and
// not after.
func TestBehaviour32ResumeOnlyInGrace(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		first := b.buys("digital_monthly", visa)
		b.must(b.Cancel(ctx, b.reader, billing.Parting{}))
		if got := b.sub(); !got.CancelAt.Equal(got.PeriodEnd) {
			t.Errorf("cancelled: %+v", got)
		}
		b.must(b.standin.Advance(ctx, first.PeriodEnd.Add(-time.Minute)))
		b.has(billing.Unlimited)
		b.must(b.Resume(ctx, b.reader))
		if got := b.sub(); !got.CancelAt.IsZero() || b.stands().State != billing.StandsActive {
			t.Errorf("undone: %+v", got)
		}
		b.must(b.standin.Advance(ctx, first.PeriodEnd.Add(2*time.Hour)))
		b.has(billing.Unlimited)
		if b.takings() != 1400 {
			t.Errorf("the renewal was not charged: %d", b.takings())
		}
		b.must(b.Cancel(ctx, b.reader, billing.Parting{}))
		b.faults(muted) // even before we hear of the end
		b.must(b.standin.Advance(ctx, b.sub().PeriodEnd))
		if err := b.Resume(ctx, b.reader); !fault.Is(err, fault.Conflict) {
			t.Errorf("taken back after the end: %v", err)
		}
		b.faults(url.Values{"clear": {"1"}})
		b.quiet()
		if err := b.Resume(ctx, b.reader); !fault.Is(err, fault.Conflict) {
			t.Errorf("taken back after it was over: %v", err)
		}
		b.has()
		if b.takings() != 1400 {
			t.Errorf("%d was taken", b.takings())
		}
		b.noDrift()
	})
}

func TestBehaviour35CustomerDeleted(t *testing.T) {
	engines(t, func(t *testing.T, b *bench) {
		before := b.buys("digital_monthly", visa)
		_, err := b.desk().Customers.Del(before.Customer, nil)
		b.must(err)
		b.quiet()
		b.has()
		if got := b.sub(); got.Status != billing.Canceled {
			t.Errorf("its subscription: %+v", got)
		}
		if got := b.failed(); len(got) > 0 {
			t.Errorf("failed: %v", got)
		}
		b.noDrift()
		again := b.buys("digital_monthly", visa)
		if again.Customer == before.Customer {
			t.Error("a deleted customer was sold to")
		}
		b.has(billing.Unlimited)
	})
}
