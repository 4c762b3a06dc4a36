package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/reader"
)

func testChanges(t *testing.T, open Opener) {
	now := time.Date(2024, 4, 10, 12, 0, 0, 0, time.UTC)
	db := open(t)
	ctx := t.Context()
	for _, id := range []string{"r1", "r2"} {
		noError(t, failed(db.AddReader(ctx, reader.Reader{ID: id, Email: id + "@example.org", Created: now}, id+"@example.org")))
	}
	noError(t, db.SaveCustomer(ctx, billing.Customer{ID: "cus_1", ReaderID: "r1"}))
	sub := billing.Subscription{ID: "sub_1", Customer: "cus_1", ReaderID: "r1", Status: billing.Active, SyncedAt: now, Coming: billing.Coming{
		Plan: "digital", PriceID: "price_2", LookupKey: "digital_monthly", Interval: billing.Monthly, Money: billing.Money{Amount: 700, Currency: "eur"},
		At: now.AddDate(0, 1, 0), Schedule: "sub_sched_1",
	}}
	noError(t, db.RecordSubscription(ctx, sub))
	got, _, err := db.SubscriptionByID(ctx, sub.ID)
	noError(t, err)
	if got != sub { // a sync compares rows so: a change that is read differently would be drift for ever
		t.Errorf("what waits came back as %+v", got.Coming)
	}
	then, err := db.SubscriptionsAt(ctx, "r1", now)
	noError(t, err)
	if len(then) != 1 || then[0].Coming != sub.Coming {
		t.Errorf("the paper forgot what waited: %+v", then)
	}
	sub.Coming, sub.SyncedAt = billing.Coming{}, now.Add(time.Hour)
	noError(t, db.RecordSubscription(ctx, sub))
	if got, _, _ = db.SubscriptionByID(ctx, sub.ID); got.Coming != (billing.Coming{}) {
		t.Errorf("it waits still: %+v", got.Coming)
	}

	c := billing.PlanChange{
		ID: "c1", ReaderID: "r1", Subscription: sub.ID, FromPlan: "print", ToPlan: "digital", Interval: billing.Monthly, Timing: billing.AtPeriodEnd,
		Uncancel: true, Due: billing.Money{Amount: 350, Currency: "eur"}, State: billing.ChangeBegun, At: now,
	}
	if _, ok, err := db.PlanChange(ctx, c.ID); ok || err != nil {
		t.Fatalf("a change that nobody made: %t %v", ok, err)
	}
	noError(t, db.SavePlanChange(ctx, c))
	went := c
	went.State, went.Decline, went.Invoice, went.Due.Amount = billing.ChangeDeclined, "expired_card", "in_1", 1
	noError(t, db.SavePlanChange(ctx, went))
	went.Due = c.Due // what was agreed to never changes
	kept, ok, err := db.PlanChange(ctx, c.ID)
	noError(t, err)
	if diff := cmp.Diff(went, kept); !ok || diff != "" {
		t.Error(ok, diff)
	}
	noError(t, db.BillingData().Merge(ctx, "r1", "r2"))
	if moved, err := db.PlanChangesOf(ctx, "r2"); err != nil || len(moved) != 1 {
		t.Errorf("after a merge: %v %v", moved, err)
	}
	noError(t, db.BillingData().Erase(ctx, "r2"))
}
