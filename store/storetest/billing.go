package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/reader"
	"broadsheet/store"
)

func testBilling(t *testing.T, open Opener) {
	now := time.Date(2024, 4, 10, 12, 0, 0, 0, time.UTC)
	withReader := func(t *testing.T) (*store.DB, string) {
		t.Helper()
		db := open(t)
		noError(t, failed(db.AddReader(t.Context(), reader.Reader{ID: "r1", Email: "ada@example.org", Created: now}, "ada@example.org")))
		return db, "r1"
	}
	t.Run("a retired price keeps its plan", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		ctx := t.Context()
		price := func(key string, every billing.Interval, amount int64) billing.Price {
			return billing.Price{LookupKey: key, Plan: "digital", Interval: every, Money: billing.Money{Amount: amount, Currency: "eur"}}
		}
		plan := billing.Plan{Key: "digital", Name: "Digital", Benefits: []billing.Benefit{billing.Unlimited, billing.App}}
		first, then := plan, plan
		first.Prices = []billing.Price{price("digital_monthly", billing.Monthly, 700), price("digital_yearly", billing.Yearly, 7000)}
		then.Prices = first.Prices[1:]
		texts := []billing.BenefitText{{Key: billing.Unlimited, Name: "Every story"}}
		noError(t, db.SaveCatalogue(ctx, billing.Catalogue{Plans: []billing.Plan{first}, Benefits: texts, ShipsTo: []string{"PT"}}))
		before, _ := db.NewsVersion(ctx)
		noError(t, db.SaveCatalogue(ctx, billing.Catalogue{Plans: []billing.Plan{first}, Benefits: texts, ShipsTo: []string{"PT"}}))
		if after, _ := db.NewsVersion(ctx); after != before {
			t.Error("saving the same catalogue emptied every cache")
		}
		noError(t, db.SaveCatalogue(ctx, billing.Catalogue{Plans: []billing.Plan{then}, Benefits: texts, ShipsTo: []string{"ES", "PT"}}))
		if after, _ := db.NewsVersion(ctx); after == before {
			t.Error("a new catalogue left caches as they were")
		}
		retired := plan
		retired.Prices = first.Prices[:1]
		want := billing.Catalogue{Plans: []billing.Plan{then}, Benefits: texts, ShipsTo: []string{"ES", "PT"}, Retired: []billing.Plan{retired}}
		got, err := db.Catalogue(ctx)
		noError(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if _, _, sold := got.Price("digital_monthly"); sold {
			t.Error("a retired price is on sale")
		}
		if p, ok := got.PlanOfPrice("digital_monthly"); !ok || !p.Has(billing.Unlimited) {
			t.Error("a subscriber at the retired price lost the plan")
		}
	})
	t.Run("a state is never overwritten", func(t *testing.T) {
		t.Parallel()
		db, r := withReader(t)
		ctx := t.Context()
		noError(t, db.SaveCustomer(ctx, billing.Customer{ID: "cus_1", ReaderID: r}))
		sub := billing.Subscription{
			ID: "sub_1", Customer: "cus_1", ReaderID: r, Plan: "digital", PriceID: "price_1", LookupKey: "digital_monthly",
			Interval: billing.Monthly, Money: billing.Money{Amount: 700, Currency: "eur"}, Status: billing.Active,
			Started: now, PeriodStart: now, PeriodEnd: now.AddDate(0, 1, 0), Latest: "in_1", LatestStatus: "paid", SyncedAt: now,
		}
		noError(t, db.RecordSubscription(ctx, sub))
		late := sub
		late.Status, late.PastDueSince, late.IsPaused, late.PausedUntil = billing.PastDue, now.Add(time.Hour), true, now.Add(2*time.Hour)
		late.Decline, late.CancelAt, late.SyncedAt = "expired_card", now.Add(9*time.Hour), now.Add(3*time.Hour)
		noError(t, db.RecordSubscription(ctx, late))
		got, err := db.SubscriptionsOf(ctx, r)
		noError(t, err)
		if diff := cmp.Diff([]billing.Subscription{late}, got); diff != "" {
			t.Error(diff)
		}
		for at, want := range map[time.Time]billing.Status{now: billing.Active, late.SyncedAt.Add(-time.Microsecond): billing.Active, late.SyncedAt: billing.PastDue} {
			then, err := db.SubscriptionsAt(ctx, r, at)
			noError(t, err)
			if len(then) != 1 || then[0].Status != want {
				t.Errorf("at %s the paper knew %+v, want %s", at, then, want)
			}
		}
		if none, _ := db.SubscriptionsAt(ctx, r, now.Add(-time.Second)); len(none) != 0 {
			t.Error("known before it was synced")
		}
	})
	t.Run("a mark that moved stays dirty", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		ctx := t.Context()
		ref := billing.Ref{Kind: "customer", ID: "cus_1"}
		event := billing.Event{ID: "evt_1", Type: "invoice.paid", Created: now, Object: billing.Ref{Kind: "invoice", ID: "in_1"}, Payload: []byte("{}")}
		for i, want := range []bool{true, false} {
			fresh, err := db.KeepEvent(ctx, event, ref, now)
			noError(t, err)
			if fresh != want {
				t.Errorf("keeping it a time %d: fresh %t", i, fresh)
			}
		}
		noError(t, db.MarkDirty(ctx, ref, now))
		claim := func(at time.Time) []billing.Mark {
			got, err := db.ClaimMarks(ctx, at, at.Add(time.Minute), 5)
			noError(t, err)
			return got
		}
		first := claim(now)
		if len(first) != 1 || len(claim(now)) != 0 {
			t.Fatal("a claimed mark was claimed again, or none was")
		}
		noError(t, db.MarkDirty(ctx, ref, now))
		noError(t, db.SettleMark(ctx, first[0], now))
		again := claim(now)
		if len(again) != 1 || again[0].Rev <= first[0].Rev {
			t.Fatalf("the newer mark was cleared by the older work: %v", again)
		}
		noError(t, db.FailMark(ctx, again[0], "no answer", now.Add(time.Hour)))
		if len(claim(now)) != 0 {
			t.Error("a failed mark did not wait")
		}
		broken, err := db.FailedEvents(ctx, 10)
		noError(t, err)
		if len(broken) != 1 || broken[0].Error != "no answer" || broken[0].Attempts != 1 {
			t.Errorf("the failure is not with the event: %+v", broken)
		}
		retry := claim(now.Add(time.Hour))
		if len(retry) != 1 || retry[0].Attempts != 1 {
			t.Fatalf("no retry: %v", retry)
		}
		noError(t, db.SettleMark(ctx, retry[0], now))
		if n, _ := db.Unsettled(ctx, now.Add(9*time.Hour)); n != 0 {
			t.Error("a settled mark is unsettled")
		}
		if broken, _ := db.FailedEvents(ctx, 10); len(broken) != 0 {
			t.Error("a done event still failed")
		}
		for before, want := range map[time.Time]int{now: 0, now.Add(time.Second): 1} {
			n, err := db.PrunePayloads(ctx, before, 10)
			noError(t, err)
			if n != want {
				t.Errorf("%d payloads of before %s were emptied, want %d", n, before, want)
			}
		}
		noError(t, db.MarkDirty(ctx, ref, now))
		held := claim(now)
		noError(t, db.ReleaseMark(ctx, held[0]))
		got := claim(now)
		if len(got) != 1 || got[0].Attempts != 0 {
			t.Fatalf("a released mark: %v", got)
		}
		noError(t, db.ExtendMark(ctx, got[0], now.Add(time.Hour)))
		if len(claim(now.Add(30*time.Minute))) != 0 || len(claim(now.Add(time.Hour))) != 1 {
			t.Error("a claim that was extended does not hold until its new end")
		}
	})
	t.Run("a lease that ran out fences its holder", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		ctx := t.Context()
		one, ok, err := db.TakeLease(ctx, "customer:x", now, now.Add(time.Minute))
		noError(t, err)
		if !ok {
			t.Fatal("a free lease was refused")
		}
		if _, ok, _ := db.TakeLease(ctx, "customer:x", now.Add(time.Second), now.Add(time.Hour)); ok {
			t.Fatal("a held lease was given away")
		}
		noError(t, db.HoldLease(ctx, "customer:x", one))
		noError(t, db.RenewLease(ctx, "customer:x", one, now.Add(2*time.Minute)))
		if _, ok, _ := db.TakeLease(ctx, "customer:x", now.Add(time.Minute), now.Add(time.Hour)); ok {
			t.Fatal("a renewed lease was given away")
		}
		noError(t, db.RenewLease(ctx, "customer:x", one, now.Add(time.Minute)))
		two, ok, err := db.TakeLease(ctx, "customer:x", now.Add(time.Minute), now.Add(time.Hour))
		noError(t, err)
		if !ok || two <= one {
			t.Fatalf("lease %d after %d, %t", two, one, ok)
		}
		if err := db.HoldLease(ctx, "customer:x", one); !errors.Is(err, billing.ErrFenced) {
			t.Errorf("the late holder may write: %v", err)
		}
		if err := db.RenewLease(ctx, "customer:x", one, now.Add(time.Hour)); !errors.Is(err, billing.ErrFenced) {
			t.Errorf("the late holder may renew: %v", err)
		}
		noError(t, db.DropLease(ctx, "customer:x", one)) // changes nothing
		noError(t, db.HoldLease(ctx, "customer:x", two))
		noError(t, db.DropLease(ctx, "customer:x", two))
		if _, ok, _ := db.TakeLease(ctx, "customer:x", now, now.Add(time.Minute)); !ok {
			t.Error("a lease that was given back is not free")
		}
	})
	t.Run("one checkout is open, and nothing opens again", func(t *testing.T) {
		t.Parallel()
		db, r := withReader(t)
		ctx := t.Context()
		c := billing.Checkout{ID: "c1", ReaderID: r, LookupKey: "digital_monthly", Return: "/stories/a", State: billing.CheckoutOpen, Created: now}
		noError(t, db.SaveCheckout(ctx, c))
		other := c
		other.ID = "c2"
		if err := db.SaveCheckout(ctx, other); err == nil {
			t.Fatal("two checkouts of one reader are open")
		}
		c.SessionID, c.Tries, c.State = "cs_1", 1, billing.CheckoutComplete
		noError(t, db.SaveCheckout(ctx, c))
		reopened := c
		reopened.State = billing.CheckoutOpen
		noError(t, db.SaveCheckout(ctx, reopened))
		got, ok, err := db.CheckoutBySession(ctx, "cs_1")
		noError(t, err)
		if diff := cmp.Diff(c, got); !ok || diff != "" {
			t.Error(ok, diff)
		}
		noError(t, db.SaveCheckout(ctx, other))
	})
	t.Run("invoices page by keyset, and all of it moves with the account", func(t *testing.T) {
		t.Parallel()
		db, r := withReader(t)
		ctx := t.Context()
		noError(t, failed(db.AddReader(ctx, reader.Reader{ID: "r2", Email: "b@example.org", Created: now}, "b@example.org")))
		for i, id := range []string{"in_a", "in_b", "in_c"} {
			noError(t, db.SaveInvoice(ctx, r, billing.Invoice{ID: id, Status: "paid", Money: billing.Money{Amount: 700, Currency: "eur"}, Created: now.Add(time.Duration(i/2) * time.Hour)}))
		}
		var seen []string
		for before := ""; ; {
			page, err := db.InvoicesOf(ctx, r, before, 1)
			noError(t, err)
			if len(page) == 0 {
				break
			}
			before = page[0].ID
			seen = append(seen, before)
		}
		if diff := cmp.Diff([]string{"in_c", "in_b", "in_a"}, seen); diff != "" {
			t.Error(diff)
		}
		noError(t, db.BillingData().Merge(ctx, r, "r2"))
		if left, _ := db.InvoicesOf(ctx, r, "", 9); len(left) != 0 {
			t.Error("invoices stayed behind")
		}
		if moved, _ := db.InvoicesOf(ctx, "r2", "", 9); len(moved) != 3 {
			t.Error("invoices were lost on the way")
		}
		noError(t, db.BillingData().Erase(ctx, "r2"))
	})
	t.Run("a card and an invoice are kept whole", func(t *testing.T) {
		t.Parallel()
		db, r := withReader(t)
		ctx := t.Context()
		c := billing.Customer{ID: "cus_1", ReaderID: r, Email: "ada@example.org", Created: now, Card: billing.Card{ID: "pm_1", Brand: "visa", Last4: "4242", ExpMonth: 8, ExpYear: 2027}}
		noError(t, db.SaveCustomer(ctx, c))
		got, _, err := db.CustomerByID(ctx, c.ID)
		noError(t, err)
		if diff := cmp.Diff(c, got); diff != "" {
			t.Error(diff)
		}
		inv := billing.Invoice{
			ID: "in_1", Customer: c.ID, Status: "open", Money: billing.Money{Amount: 763, Currency: "eur"}, Remaining: 763, Created: now, Due: now,
			Attempts: 2, Reason: "subscription_cycle", NextAttempt: now.Add(time.Hour), NeedsAction: true, Tax: 63, BillTo: "Ada\n1 Rua",
			Lines: []billing.InvoiceLine{{Text: "1 × Digital", Money: billing.Money{Amount: 700, Currency: "eur"}, From: now, To: now.AddDate(0, 1, 0)}},
		}
		noError(t, db.SaveInvoice(ctx, r, billing.Invoice{ID: "in_1", Customer: c.ID, Status: "draft", Money: inv.Money, Created: now}))
		noError(t, db.SaveInvoice(ctx, r, inv))
		kept, _, err := db.InvoiceByID(ctx, inv.ID)
		noError(t, err)
		if diff := cmp.Diff(inv, kept); diff != "" {
			t.Error(diff)
		}
		for whose, want := range map[string]bool{r: true, "somebody else": false} {
			if _, ok, err := db.InvoiceOf(ctx, whose, inv.ID); err != nil || ok != want {
				t.Errorf("the invoice for %s: %t %v", whose, ok, err)
			}
		}
		noError(t, db.BillingData().Erase(ctx, r))
		if got, _, _ := db.CustomerByID(ctx, c.ID); !got.Card.IsZero() {
			t.Error("the card outlived its owner's account")
		}
	})
	t.Run("who is warned of a card or a year", func(t *testing.T) {
		t.Parallel()
		db, r := withReader(t)
		ctx := t.Context()
		for id, change := range map[string]func(*billing.Customer, *billing.Subscription){
			"a": func(*billing.Customer, *billing.Subscription) {},
			"b": func(c *billing.Customer, s *billing.Subscription) { c.Card.ExpYear++; s.Interval = billing.Monthly },
			"c": func(c *billing.Customer, s *billing.Subscription) { c.Deleted = true; s.Status = billing.Canceled },
			"d": func(c *billing.Customer, s *billing.Subscription) { s.CancelAt = s.PeriodEnd },
			"e": func(c *billing.Customer, s *billing.Subscription) { c.Card = billing.Card{}; s.IsPaused = true },
			"f": func(c *billing.Customer, s *billing.Subscription) {
				c.Card.ExpMonth++
				s.PeriodEnd = now.Add(time.Minute)
			},
		} {
			c := billing.Customer{ID: "cus_" + id, ReaderID: r, Card: billing.Card{ID: "pm_" + id, ExpMonth: 12, ExpYear: 2024}}
			s := billing.Subscription{ID: "sub_" + id, Customer: c.ID, ReaderID: r, Status: billing.Active, Interval: billing.Yearly, PeriodEnd: now.Add(time.Hour), SyncedAt: now}
			change(&c, &s)
			if c.Card.ExpMonth == 13 {
				c.Card.ExpMonth, c.Card.ExpYear = 1, 2025
			}
			noError(t, db.SaveCustomer(ctx, c))
			noError(t, db.RecordSubscription(ctx, s))
		}
		december := time.Date(2024, 12, 9, 0, 0, 0, 0, time.UTC)
		for to, want := range map[time.Time][]string{december: {"cus_a"}, december.AddDate(0, 1, 0): {"cus_a", "cus_f"}} {
			var seen []string
			for after := ""; ; {
				page, err := db.CardsRunningOut(ctx, december, to, after, 1)
				noError(t, err)
				if len(page) == 0 {
					break
				}
				after = page[0].ID
				seen = append(seen, after)
			}
			if diff := cmp.Diff(want, seen); diff != "" {
				t.Error(to, diff)
			}
		}
		var seen []string
		for after := ""; ; {
			page, err := db.YearlyRenewals(ctx, now.Add(time.Minute), now.Add(time.Hour), after, 1)
			noError(t, err)
			if len(page) == 0 {
				break
			}
			after = page[0].ID
			seen = append(seen, after)
		}
		if diff := cmp.Diff([]string{"sub_a"}, seen); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("an effect happens once, an oddity keeps its first sight", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		ctx := t.Context()
		for _, want := range []bool{true, false} {
			first, err := db.FirstEffect(ctx, "receipt:in_1", now)
			noError(t, err)
			if first != want {
				t.Error("first is", first)
			}
		}
		odd := billing.Oddity{Object: billing.Ref{Kind: "customer", ID: "cus_x"}, Why: billing.ForeignCustomer, At: now}
		later := odd
		later.At = now.Add(time.Hour)
		noError(t, db.Quarantine(ctx, odd))
		noError(t, db.Quarantine(ctx, later))
		got, err := db.Oddities(ctx)
		noError(t, err)
		if diff := cmp.Diff([]billing.Oddity{odd}, got); diff != "" {
			t.Error(diff)
		}
		noError(t, db.Release(ctx, odd.Object, odd.Why, now))
		if got, _ := db.Oddities(ctx); len(got) != 0 {
			t.Error("released and still there")
		}
	})
}

// failed is the error of a call whose value the test does not need.
func failed[T any](_ T, err error) error { return err }
