package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	"broadsheet/reader"
	"broadsheet/store"
)

func aGift(buyer string) billing.Gift {
	return billing.Gift{
		ID: "g-" + buyer, ReaderID: buyer, Buyer: billing.Person{Name: "Ada", Email: "ada@example.org"}, BuyerForm: "ada@example.org", Visitor: "v1",
		Plan: "digital", LookupKey: "gift_digital_6", Months: 6, Money: billing.Money{Amount: 3900, Currency: "eur"},
		To: billing.Person{Name: "Bo Berg", Email: "bo@example.org"}, Message: "Many happy returns", DeliverAt: monday.Add(time.Hour),
		State: billing.GiftPaid, Serial: 1, CodeHash: "hash-" + buyer, Sending: 1, SessionID: "cs-" + buyer, Customer: "cus_9", Charge: "ch_9",
		Invoice: "in_9", Number: "N-9", Receipt: "https://pay.example/in_9", Created: monday, Paid: monday.Add(time.Minute),
	}
}

// shelf is a database that sells a gift.
func shelf(t *testing.T, open Opener) *store.DB {
	t.Helper()
	db := open(t)
	gift := billing.GiftPrice{LookupKey: "gift_digital_6", Plan: "digital", Months: 6, Money: billing.Money{Amount: 3900, Currency: "eur"}}
	plan := billing.Plan{Key: "digital", Name: "Digital", Benefits: []billing.Benefit{billing.Unlimited}, Gifts: []billing.GiftPrice{gift}}
	noError(t, db.SaveCatalogue(t.Context(), billing.Catalogue{Plans: []billing.Plan{plan}}))
	return db
}

func testGifts(t *testing.T, open Opener) {
	t.Run("what is given is what the catalogue says", func(t *testing.T) {
		t.Parallel()
		db := shelf(t, open)
		c, err := db.Catalogue(t.Context())
		noError(t, err)
		if _, g, ok := c.GiftPrice("gift_digital_6"); !ok || g.Months != 6 || g.Money.Amount != 3900 {
			t.Error("not sold", g)
		}
		c.Plans[0].Gifts[0].Money.Amount = 4000
		noError(t, db.SaveCatalogue(t.Context(), c))
		if c, err = db.Catalogue(t.Context()); err != nil || c.Plans[0].Gifts[0].Money.Amount != 4000 {
			t.Error("a price did not change", err)
		}
		c.Plans[0].Gifts = nil
		noError(t, db.SaveCatalogue(t.Context(), c))
		if c, err = db.Catalogue(t.Context()); err != nil || c.SellsGifts() {
			t.Error("a plan without gifts sells some", err)
		}
	})
	t.Run("of two changes one happens, and a session makes one gift", func(t *testing.T) {
		t.Parallel()
		db := shelf(t, open)
		ctx := t.Context()
		r := aReader(t, db, "ada@example.org")
		g := aGift(r.ID)
		noError(t, db.AddGift(ctx, g))
		got, ok, err := db.GiftByID(ctx, g.ID)
		if diff := cmp.Diff(g, got); diff != "" || !ok || err != nil {
			t.Error(diff, err)
		}
		g.State, g.Sent, g.To.Email, g.Closed = billing.GiftRedeemed, monday.Add(2*time.Hour), "cy@example.org", monday.Add(3*time.Hour)
		g.Failure, g.Dispute = "unknown", billing.GiftDispute{ID: "dp_1", Status: "needs_response", Reason: "fraudulent", Due: monday.Add(time.Hour), URL: "https://desk.example"}
		for i, want := range []bool{true, false} {
			if ok, err := db.ChangeGift(ctx, g); ok != want || err != nil {
				t.Errorf("change %d: %t %v", i, ok, err)
			}
		}
		g.Rev++
		for _, find := range []func() (billing.Gift, bool, error){
			func() (billing.Gift, bool, error) { return db.GiftByCode(ctx, g.CodeHash) },
			func() (billing.Gift, bool, error) { return db.GiftBySession(ctx, g.SessionID) },
		} {
			got, ok, err := find()
			if diff := cmp.Diff(g, got); diff != "" || !ok || err != nil {
				t.Error(diff, err)
			}
		}
		twin := aGift(r.ID)
		twin.ID, twin.CodeHash = "g2", "hash2"
		if err := db.AddGift(ctx, twin); err == nil {
			t.Error("a session made two gifts")
		}
		open := aGift(r.ID)
		open.ID, open.State, open.SessionID, open.CodeHash = "g3", billing.GiftOpen, "", ""
		noError(t, db.AddGift(ctx, open))
		if page, err := db.OpenGifts(ctx, "", 9); err != nil || len(page) != 1 || page[0].ID != "g3" {
			t.Error(page, err)
		}
		if page, err := db.OpenGifts(ctx, "g3", 9); err != nil || len(page) != 0 {
			t.Error(page, err)
		}
	})
	t.Run("a gift has one reader", func(t *testing.T) {
		t.Parallel()
		db := shelf(t, open)
		ctx := t.Context()
		r := aReader(t, db, "bo@example.org")
		noError(t, db.AddGift(ctx, aGift("")))
		want := billing.Redemption{
			Gift: "g-", ReaderID: r.ID, At: monday, From: monday, To: monday.AddDate(0, 6, 0),
			Ship: billing.Postal{Name: "Bo", Line1: "1 Rua", Line2: "2nd", PostalCode: "4050", City: "Porto", Country: "PT"},
		}
		noError(t, db.AddRedemption(ctx, want))
		if err := db.AddRedemption(ctx, want); err == nil {
			t.Error("a gift was redeemed twice")
		}
		want.Push = billing.GiftPush{Subscription: "sub_1", Span: 90 * 24 * time.Hour, Base: monday, Until: monday.AddDate(0, 3, 0), Set: monday.AddDate(0, 2, 0), Done: true}
		noError(t, db.SavePush(ctx, "g-", want.Push))
		got, ok, err := db.RedemptionOf(ctx, "g-")
		if diff := cmp.Diff(want, got); diff != "" || !ok || err != nil {
			t.Error(diff, err)
		}
		if list, err := db.RedemptionsOf(ctx, r.ID); err != nil || len(list) != 1 {
			t.Error(list, err)
		}
	})
	t.Run("an address that is proven has what it gave before", func(t *testing.T) {
		t.Parallel()
		db := shelf(t, open)
		ctx := t.Context()
		r := reader.Reader{ID: "unproven", Email: "ada@example.org", Created: monday}
		noError(t, failed(db.AddReader(ctx, r, "ada@example.org")))
		noError(t, db.AddGift(ctx, aGift("")))
		before, err := db.GiftsBoughtBy(ctx, r.ID)
		noError(t, err)
		noError(t, failed(db.VerifyReader(ctx, r.ID, monday)))
		after, err := db.GiftsBoughtBy(ctx, r.ID)
		noError(t, err)
		if len(before) != 0 || len(after) != 1 {
			t.Errorf("%d before the address was proven, %d after", len(before), len(after))
		}
	})
	t.Run("buyer and recipient export, erase and merge", func(t *testing.T) { t.Parallel(); testGiftPersons(t, shelf(t, open)) })
}

func testGiftPersons(t *testing.T, db *store.DB) {
	ctx := t.Context()
	buyer, into, taker := aReader(t, db, "ada@example.org"), aReader(t, db, "maud@example.org"), aReader(t, db, "bo@example.org")
	waits, sent := aGift(buyer.ID), aGift(buyer.ID)
	sent.ID, sent.SessionID, sent.CodeHash, sent.State, sent.Sent = "g-sent", "cs-sent", "hash-sent", billing.GiftRedeemed, monday
	noError(t, db.AddGift(ctx, waits))
	noError(t, db.AddGift(ctx, sent))
	noError(t, db.AddRedemption(ctx, billing.Redemption{Gift: "g-sent", ReaderID: taker.ID, At: monday, From: monday, To: monday, Ship: billing.Postal{Name: "Bo", Line1: "1 Rua", City: "Porto"}}))
	room := db.GiftData()
	noError(t, room.Merge(ctx, buyer.ID, into.ID))
	gave, err := room.Export(ctx, into.ID)
	noError(t, err)
	got, err := room.Export(ctx, taker.ID)
	noError(t, err)
	for _, what := range []string{"bo@example.org", "Many happy returns", "digital", "3900"} {
		if !strings.Contains(asJSON(t, gave), what) {
			t.Errorf("the buyer's export lacks %q: %s", what, asJSON(t, gave))
		}
	}
	if !strings.Contains(asJSON(t, got), "1 Rua") || strings.Contains(asJSON(t, got), "ada@example.org") {
		t.Error("the recipient's export:", asJSON(t, got))
	}
	noError(t, room.Erase(ctx, into.ID))
	noError(t, room.Erase(ctx, taker.ID))
	a, _, err := db.GiftByID(ctx, waits.ID)
	noError(t, err)
	z, _, err := db.GiftByID(ctx, sent.ID)
	noError(t, err)
	if a.Buyer != (billing.Person{}) || a.To.Email != "bo@example.org" || a.CodeHash == "" {
		t.Error("a gift that waits for its day must go out, without its buyer:", a)
	}
	if z.Buyer != (billing.Person{}) || z.To != (billing.Person{}) || z.Message != "" || z.BuyerForm != "" {
		t.Error("left of a gift that was sent:", z)
	}
	if r, _, err := db.RedemptionOf(ctx, "g-sent"); err != nil || r.Ship != (billing.Postal{}) || r.ReaderID != taker.ID {
		t.Error("left of a redemption:", r, err)
	}
}
