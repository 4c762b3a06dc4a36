package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/reader"
)

// testPlans is about what the desk sets of the plans.
func testPlans(t *testing.T, open Opener) {
	db, ctx := open(t), t.Context()
	now := time.Date(2024, 4, 10, 12, 0, 0, 0, time.UTC)
	price := billing.Price{LookupKey: "digital_monthly", Plan: "digital", Interval: billing.Monthly, Money: billing.Money{Amount: 700, Currency: "eur"}}
	first := billing.Catalogue{Plans: []billing.Plan{{Key: "digital", Name: "Digital", Benefits: []billing.Benefit{billing.Unlimited}, Prices: []billing.Price{price}}}}
	noError(t, db.SaveCatalogue(ctx, first))
	first, err := db.Catalogue(ctx)
	noError(t, err)
	dearer := price
	dearer.Money.Amount = 900
	second := first.WithPrice(dearer)
	noError(t, db.KeepPastCatalogue(ctx, first, now))
	noError(t, db.SaveCatalogue(ctx, second))
	noError(t, db.KeepPastCatalogue(ctx, second, now)) // at the same instant: what held before stays
	for at, want := range map[time.Time]int64{now.Add(-time.Hour): 700, now: 900, now.Add(time.Hour): 900} {
		then, err := db.CatalogueAt(ctx, at)
		noError(t, err)
		if _, p, ok := then.Price("digital_monthly"); !ok || p.Money.Amount != want {
			t.Errorf("at %s it cost %d, want %d", at, p.Money.Amount, want)
		}
	}
	noError(t, db.ClaimPlans(ctx, []string{"price:digital_monthly", "order"}, now))
	noError(t, db.ClaimPlans(ctx, []string{"order"}, now.Add(time.Hour)))
	claims, err := db.PlanClaims(ctx)
	noError(t, err)
	if diff := cmp.Diff(map[string]time.Time{"price:digital_monthly": now, "order": now.Add(time.Hour)}, claims); diff != "" {
		t.Error(diff)
	}
	noError(t, db.DropPlanClaims(ctx))
	if claims, err = db.PlanClaims(ctx); err != nil || len(claims) > 0 {
		t.Error(claims, err)
	}

	noError(t, db.KeepPrice(ctx, "price_old", "digital_monthly"))
	for i, status := range []billing.Status{billing.Active, billing.PastDue, billing.Canceled, billing.Incomplete, billing.Active} {
		id := string(rune('a' + i))
		noError(t, failed(db.AddReader(ctx, reader.Reader{ID: id, Email: id + "@example.org", Created: now}, id+"@example.org")))
		noError(t, db.SaveCustomer(ctx, billing.Customer{ID: "cus_" + id, ReaderID: id}))
		s := billing.Subscription{ID: "sub_" + id, Customer: "cus_" + id, ReaderID: id, Plan: "digital", PriceID: "price_old", Interval: billing.Monthly, Money: price.Money, Status: status, SyncedAt: now.Add(time.Duration(i) * time.Minute)}
		if i == 4 {
			s.PriceID, s.LookupKey, s.Money.Amount = "price_new", "digital_monthly", 900
		}
		noError(t, db.RecordSubscription(ctx, s))
		noError(t, db.AddGrant(ctx, billing.Grant{ID: "g" + id, ReaderID: "a", Plan: "digital", Why: "Amends", From: now.AddDate(0, 0, i-3), To: now.AddDate(0, 0, i-1)}))
	}
	has, err := db.Holders(ctx, now)
	noError(t, err)
	want := []billing.Holders{
		{Plan: "digital", Readers: 1},
		{Plan: "digital", LookupKey: "digital_monthly", Interval: billing.Monthly, Money: price.Money, Readers: 2},
		{Plan: "digital", LookupKey: "digital_monthly", Interval: billing.Monthly, Money: dearer.Money, Readers: 1},
	}
	if diff := cmp.Diff(want, has); diff != "" {
		t.Error(diff)
	}
	if id, err := db.PriceInUse(ctx); err != nil || id != "price_new" {
		t.Errorf("in use is %q, %v", id, err)
	}
}
