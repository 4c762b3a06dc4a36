package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/reader"
	"broadsheet/store"
)

// testTerms is what was agreed beside a price: pauses, trials, discounts.
func testTerms(t *testing.T, open Opener) {
	now := time.Date(2024, 4, 10, 12, 0, 0, 0, time.UTC)
	withReaders := func(t *testing.T) *store.DB {
		t.Helper()
		db := open(t)
		for _, id := range []string{"r1", "r2"} {
			email := id + "@example.org"
			noError(t, failed(db.AddReader(t.Context(), reader.Reader{ID: id, Email: email, Created: now}, email)))
			noError(t, db.SaveCustomer(t.Context(), billing.Customer{ID: "cus_" + id, ReaderID: id}))
		}
		return db
	}
	sub := func(id, whose string) billing.Subscription {
		return billing.Subscription{
			ID: id, Customer: "cus_" + whose, ReaderID: whose, Plan: "digital", Interval: billing.Monthly, Status: billing.Active,
			Money: billing.Money{Amount: 700, Currency: "eur"}, PeriodStart: now, PeriodEnd: now.AddDate(0, 1, 0), SyncedAt: now,
		}
	}
	t.Run("terms are kept with the subscription and with its past", func(t *testing.T) {
		t.Parallel()
		db, ctx := withReaders(t), t.Context()
		bare, full := sub("sub_1", "r1"), sub("sub_1", "r1")
		full.SyncedAt = now.Add(time.Hour)
		full.IsPaused, full.PausedUntil = true, now.AddDate(0, 2, 0)
		full.Terms = billing.Terms{
			Anchor: now.AddDate(0, -1, 0), PauseBehavior: billing.PauseVoid, PausedFrom: now.AddDate(0, 1, 0), TrialThen: "cancel",
			Discount: billing.Discount{Coupon: "half", Code: "HALF", Percent: 5000, Duration: "repeating", Until: now.AddDate(0, 3, 0)},
		}
		for _, want := range []billing.Subscription{bare, full} {
			noError(t, db.RecordSubscription(ctx, want))
			got, _, err := db.SubscriptionByID(ctx, want.ID)
			noError(t, err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			then, err := db.SubscriptionsAt(ctx, "r1", want.SyncedAt)
			noError(t, err)
			if diff := cmp.Diff([]billing.Subscription{want}, then); diff != "" {
				t.Error(diff)
			}
		}
	})
	t.Run("pauses are kept, and follow accounts that are joined", func(t *testing.T) {
		t.Parallel()
		db, ctx := withReaders(t), t.Context()
		noError(t, db.RecordSubscription(ctx, sub("sub_1", "r1")))
		p := billing.PauseTaken{Subscription: "sub_1", ReaderID: "r1", Asked: now, From: now.AddDate(0, 1, 0), Until: now.AddDate(0, 3, 0)}
		noError(t, db.SavePause(ctx, p))
		p.Until = now.AddDate(0, 2, 0) // it was ended early
		noError(t, db.SavePause(ctx, p))
		got, err := db.PausesOf(ctx, "r1")
		noError(t, err)
		if diff := cmp.Diff([]billing.PauseTaken{p}, got); diff != "" {
			t.Error(diff)
		}
		all, err := db.BillingData().Export(ctx, "r1")
		noError(t, err)
		if diff := cmp.Diff([]billing.PauseTaken{p}, all["pauses"]); diff != "" {
			t.Error("export", diff)
		}
		noError(t, db.BillingData().Merge(ctx, "r1", "r2"))
		p.ReaderID = "r2"
		got, err = db.PausesOf(ctx, "r2")
		noError(t, err)
		if diff := cmp.Diff([]billing.PauseTaken{p}, got); diff != "" {
			t.Error("joined", diff)
		}
	})
	t.Run("a price keeps its trial", func(t *testing.T) {
		t.Parallel()
		db, ctx := open(t), t.Context()
		price := billing.Price{LookupKey: "digital_monthly", Plan: "digital", Interval: billing.Monthly, Money: billing.Money{Amount: 700, Currency: "eur"}}
		for _, days := range []int{0, 14, 30, 0} {
			price.TrialDays, price.TrialCard = days, ""
			if days > 0 {
				price.TrialCard = billing.TrialCardOptional
			}
			plan := billing.Plan{Key: "digital", Name: "Digital", Benefits: []billing.Benefit{billing.Unlimited}, Prices: []billing.Price{price}}
			noError(t, db.SaveCatalogue(ctx, billing.Catalogue{Plans: []billing.Plan{plan}}))
			got, err := db.Catalogue(ctx)
			noError(t, err)
			if diff := cmp.Diff([]billing.Plan{plan}, got.Plans); diff != "" {
				t.Error(days, diff)
			}
		}
	})
	t.Run("a checkout keeps what it was opened with", func(t *testing.T) {
		t.Parallel()
		db, ctx := withReaders(t), t.Context()
		c := billing.Checkout{ID: "c1", ReaderID: "r1", LookupKey: "digital_monthly", State: billing.CheckoutOpen, Created: now, TrialDays: 14, Code: "HALF"}
		for range 2 {
			noError(t, db.SaveCheckout(ctx, c))
			got, _, err := db.OpenCheckout(ctx, "r1")
			noError(t, err)
			if diff := cmp.Diff(c, got); diff != "" {
				t.Error(diff)
			}
			c.TrialDays, c.Code = 0, "TWO"
		}
	})
	t.Run("who had a trial, and whose ends before long", func(t *testing.T) {
		t.Parallel()
		db, ctx := withReaders(t), t.Context()
		for id, how := range map[string]func(*billing.Subscription){
			"sub_a": func(*billing.Subscription) {},
			"sub_b": func(s *billing.Subscription) { s.TrialEnd = now },
			"sub_c": func(s *billing.Subscription) { s.TrialEnd = now.Add(time.Hour + time.Microsecond) },
			"sub_d": func(s *billing.Subscription) { s.CancelAt = s.TrialEnd },
			"sub_e": func(s *billing.Subscription) { s.Status = billing.Active },
		} {
			s := sub(id, "r1")
			s.Status, s.TrialEnd = billing.Trialing, now.Add(time.Hour)
			how(&s)
			noError(t, db.RecordSubscription(ctx, s))
		}
		noError(t, db.RecordSubscription(ctx, sub("sub_f", "r2")))
		for id, want := range map[string]bool{"r1": true, "r2": false} {
			if had, err := db.HadTrial(ctx, id); err != nil || had != want {
				t.Errorf("%s had a trial: %t %v", id, had, err)
			}
		}
		list, err := db.TrialsEnding(ctx, now, now.Add(time.Hour), "", 9)
		noError(t, err)
		if len(list) != 1 || list[0].ID != "sub_a" {
			t.Errorf("%+v", list)
		}
		if list, err = db.TrialsEnding(ctx, now, now.Add(time.Hour), "sub_a", 9); err != nil || len(list) != 0 {
			t.Errorf("the next page: %+v %v", list, err)
		}
	})
	t.Run("whose pause ends before long", func(t *testing.T) {
		t.Parallel()
		db, ctx := withReaders(t), t.Context()
		for id, how := range map[string]func(*billing.Subscription){
			"sub_a": func(*billing.Subscription) {},
			"sub_b": func(s *billing.Subscription) { s.PausedUntil = now },
			"sub_c": func(s *billing.Subscription) { s.PausedUntil = now.Add(time.Hour + time.Microsecond) },
			"sub_d": func(s *billing.Subscription) { s.CancelAt = s.PausedUntil },
			"sub_e": func(s *billing.Subscription) { s.IsPaused = false },
			"sub_f": func(s *billing.Subscription) { s.Status = billing.Canceled },
			"sub_g": func(s *billing.Subscription) { s.PausedUntil = now.Add(time.Microsecond) },
			"sub_h": func(s *billing.Subscription) { s.PausedUntil = time.Time{} },
		} {
			s := sub(id, "r1")
			s.IsPaused, s.PausedUntil = true, now.Add(time.Hour)
			how(&s)
			noError(t, db.RecordSubscription(ctx, s))
		}
		var seen []string
		for after := ""; ; {
			page, err := db.PausesEnding(ctx, now, now.Add(time.Hour), after, 1)
			noError(t, err)
			if len(page) == 0 {
				break
			}
			after = page[0].ID
			seen = append(seen, after)
		}
		if diff := cmp.Diff([]string{"sub_a", "sub_g"}, seen); diff != "" {
			t.Error(diff)
		}
	})
}
