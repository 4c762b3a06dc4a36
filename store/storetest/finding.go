package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/billing"
	newsroom "broadsheet/desk"
	"broadsheet/internal/id"
	"broadsheet/internal/jobs"
	"broadsheet/reader"
	"broadsheet/store"
)

// calledReader makes an account with a name.
func calledReader(t *testing.T, db *store.DB, name, email string, at time.Time) reader.Reader {
	t.Helper()
	r := reader.Reader{ID: id.New(at), Email: email, Name: name, Created: at}
	if made, err := db.AddReader(t.Context(), r, email); err != nil || !made {
		t.Fatal(made, err)
	}
	return r
}

// foundBy is whom a typed search finds, by their addresses, page by page.
func foundBy(t *testing.T, db *store.DB, typed string, size int) []string {
	t.Helper()
	l := newsroom.ParseLookup(typed)
	l.Limit = size
	var emails []string
	for {
		page, err := db.FindReaders(t.Context(), l)
		if err != nil {
			t.Fatal(typed, err)
		}
		for _, f := range page {
			emails = append(emails, f.Email)
		}
		if len(page) < size || l.ID+l.Stripe+l.Gift != "" {
			return emails
		}
		end := page[len(page)-1]
		l.After = newsroom.Place{Reader: end.ID, ByEmail: l.Name == "" || reader.NameForm(end.Name) < l.Name || reader.NameForm(end.Name) > l.Name+"\U0010FFFF"}
	}
}

func testFinding(t *testing.T, open Opener) {
	t.Run("by what was typed, in pages of any size", func(t *testing.T) { t.Parallel(); testFindTyped(t, open(t)) })
	t.Run("by Stripe's ids and by a gift's code", func(t *testing.T) { t.Parallel(); testFindIDs(t, open(t)) })
	t.Run("the states of a subscription in their order", func(t *testing.T) { t.Parallel(); testStates(t, open(t)) })
	t.Run("letters are kept, erased and merged", func(t *testing.T) { t.Parallel(); testLetters(t, open(t)) })
}

func testFindTyped(t *testing.T, db *store.DB) {
	at := func(n int) time.Time { return monday.Add(time.Duration(n) * time.Second) }
	maud := calledReader(t, db, "Maud Ferreira", "mf@example.org", at(1))
	calledReader(t, db, "maude Okoye", "okoye@example.org", at(2))
	calledReader(t, db, "Élodie  Núñez", "elodie@example.net", at(3))
	calledReader(t, db, "", "maud@example.org", at(4))
	calledReader(t, db, "Maud Zorn", "maudzorn@example.org", at(5))
	gone := calledReader(t, db, "Maud Gone", "maud.gone@example.org", at(6))
	if err := db.ReaderData().Erase(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string][]string{
		"":                 {"maudzorn@example.org", "maud@example.org", "elodie@example.net", "okoye@example.org", "mf@example.org"},
		"maud":             {"mf@example.org", "maudzorn@example.org", "okoye@example.org", "maud@example.org"},
		" MAUD  f":         {"mf@example.org"},
		"élodie nunez":     {"elodie@example.net"},
		"elo":              {"elodie@example.net"},
		"maud@":            {"maud@example.org"},
		"Maud@Example.org": {"maud@example.org"},
		maud.ID:            {"mf@example.org"},
		gone.ID:            nil,
		"erased:":          nil,
		"%":                nil,
		"erreira":          nil,
	} {
		for _, size := range []int{1, 2, 3, 50} {
			if diff := cmp.Diff(want, foundBy(t, db, typed, size)); diff != "" {
				t.Errorf("%q in pages of %d: %s", typed, size, diff)
			}
		}
	}
	if err := db.RenameReader(t.Context(), maud.ID, "Ada Quill"); err != nil {
		t.Fatal(err)
	}
	if got := foundBy(t, db, "ada", 2); !slices.Equal(got, []string{"mf@example.org"}) {
		t.Error("by the new name:", got)
	}
}

func testFindIDs(t *testing.T, db *store.DB) {
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	maud, ed := aReader(t, db, "maud@example.org"), aReader(t, db, "ed@example.org")
	must(db.SaveCatalogue(ctx, billing.Catalogue{Plans: []billing.Plan{{Key: "digital", Name: "Digital"}}}))
	must(db.SaveCustomer(ctx, billing.Customer{ID: "cus_1", ReaderID: maud.ID}))
	must(db.RecordSubscription(ctx, billing.Subscription{ID: "sub_1", Customer: "cus_1", ReaderID: maud.ID, Plan: "digital", Status: billing.Active, Started: monday, SyncedAt: monday}))
	must(db.SaveInvoice(ctx, maud.ID, billing.Invoice{ID: "in_1", Customer: "cus_1", Status: "paid", Created: monday}))
	hash, err := billing.GiftCodeHash("3333-3333-3333-3333-3333")
	must(err)
	must(db.AddGift(ctx, billing.Gift{ID: "g1", ReaderID: maud.ID, Plan: "digital", Months: 3, State: billing.GiftRedeemed, CodeHash: hash, SessionID: "cs_gift", Created: monday}))
	must(db.AddRedemption(ctx, billing.Redemption{Gift: "g1", ReaderID: ed.ID, At: monday, From: monday, To: monday.AddDate(0, 3, 0)}))
	for typed, want := range map[string][]string{
		"cus_1": {"maud@example.org"}, "sub_1": {"maud@example.org"}, "in_1": {"maud@example.org"}, "cs_gift": {"maud@example.org"},
		"cus_2": nil, "ch_1": nil, "3333 3333 3333 3333 3333": {"maud@example.org", "ed@example.org"},
	} {
		got := foundBy(t, db, typed, 10)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	found, err := db.FindReaders(ctx, newsroom.Lookup{Stripe: "sub_1", Limit: 1})
	if err != nil || len(found) != 1 || len(found[0].Subs) != 1 || found[0].Subs[0].ID != "sub_1" {
		t.Error("without what was bought:", found, err)
	}
}

func testStates(t *testing.T, db *store.DB) {
	ctx := t.Context()
	maud := aReader(t, db, "maud@example.org")
	if err := db.SaveCustomer(ctx, billing.Customer{ID: "cus_1", ReaderID: maud.ID}); err != nil {
		t.Fatal(err)
	}
	states := []billing.Status{billing.Incomplete, billing.Active, billing.Canceled}
	for i, status := range states {
		s := billing.Subscription{ID: "sub_1", Customer: "cus_1", ReaderID: maud.ID, Plan: "digital", Status: status, Started: monday, SyncedAt: monday.AddDate(0, 0, i)}
		if err := db.RecordSubscription(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	spans, err := db.StatesOf(ctx, maud.ID)
	if err != nil || len(spans) != len(states) {
		t.Fatal(spans, err)
	}
	for i, span := range spans {
		end := monday.AddDate(0, 0, i+1)
		if i == len(spans)-1 {
			end = time.Time{}
		}
		if span.Status != states[i] || !span.From.Equal(monday.AddDate(0, 0, i)) || !span.To.Equal(end) {
			t.Errorf("%d is %s from %s to %s", i, span.Status, span.From, span.To)
		}
	}
	if _, err := db.SetStaff(ctx, maud.ID, reader.Editor, monday); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SetStaff(ctx, maud.ID, "", monday.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Duration]reader.Role{-1: "", 0: reader.Editor, time.Hour - time.Microsecond: reader.Editor, time.Hour: ""} {
		if got, err := db.RoleAt(ctx, maud.ID, monday.Add(at)); got != want || err != nil {
			t.Errorf("the role at %s is %q, want %q (%v)", at, got, want, err)
		}
	}
}

func testLetters(t *testing.T, db *store.DB) {
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	maud, ed := aReader(t, db, "maud@example.org"), aReader(t, db, "ed@example.org")
	must(db.AddJob(ctx, jobs.Job{ID: "j2", Kind: "mail", Key: "k2", Payload: []byte(`"to maud"`), RunAt: monday}))
	_, err := db.ClaimJobs(ctx, jobs.Claim{Holder: "h", Kinds: []string{"mail"}, Paper: monday, Wall: monday, Until: monday.Add(time.Hour), Limit: 1})
	must(err)
	_, err = db.FailJob(ctx, jobs.Failure{ID: "j2", Holder: "h", Error: "no such mailbox", Dead: true, Now: monday})
	must(err)
	must(db.KeepLetter(ctx, newsroom.Letter{ID: "j1", ReaderID: maud.ID, Key: "k1", Email: "maud@example.org", Subject: "One", Kind: "receipt", Cause: `{"a":1}`, At: monday}))
	must(db.KeepLetter(ctx, newsroom.Letter{ID: "j2", ReaderID: maud.ID, Key: "k2", Email: "maud@example.org", Subject: "Two", Failed: true, Error: "no such mailbox", At: monday.Add(time.Hour)}))
	must(db.KeepLetter(ctx, newsroom.Letter{ID: "j3", ReaderID: "nobody", At: monday}))
	list, err := db.LettersOf(ctx, maud.ID, "", 10)
	if err != nil || len(list) != 2 || list[0].Subject != "Two" || !list[0].Failed || list[0].Again() || list[1].Failed || !list[1].Again() {
		t.Fatalf("%+v, %v", list, err)
	}
	if older, err := db.LettersOf(ctx, maud.ID, "j2", 10); err != nil || len(older) != 1 || older[0].ID != "j1" {
		t.Error("the next page:", older, err)
	}
	must(db.KeepLetter(ctx, newsroom.Letter{ID: "j2", ReaderID: maud.ID, At: monday.Add(2 * time.Hour)})) // it was revived, and left
	if l, ok, err := db.LetterOf(ctx, maud.ID, "j2"); !ok || err != nil || l.Failed || l.Error != "" || l.Subject != "Two" {
		t.Error("a letter that left after all:", l, ok, err)
	}
	if _, ok, err := db.LetterOf(ctx, ed.ID, "j2"); ok || err != nil {
		t.Error("somebody else's letter", err)
	}
	must(db.LetterData().Merge(ctx, maud.ID, ed.ID))
	if list, err := db.LettersOf(ctx, ed.ID, "", 10); err != nil || len(list) != 2 {
		t.Error("merged:", list, err)
	}
	must(db.LetterData().Erase(ctx, ed.ID))
	left, err := db.LetterData().Export(ctx, ed.ID)
	if err != nil || asJSON(t, left) != `{"letters":[]}` {
		t.Error("left:", asJSON(t, left), err)
	}
	dead, err := db.DeadJobs(ctx, 10)
	if err != nil || len(dead) != 1 || string(dead[0].Payload) != "null" {
		t.Errorf("a mail that never left still says what it said: %+v, %v", dead, err)
	}
}
