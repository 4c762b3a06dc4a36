package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	newsroom "broadsheet/desk"
	"broadsheet/reader"
	"broadsheet/store"
)

// testDesk is about who works at the paper: the record, the second factors and
// the marks of their sessions.
func testDesk(t *testing.T, open Opener) {
	for name, run := range map[string]func(*testing.T, *store.DB){
		"the record is a chain, also when many write at once":       testChain,
		"an entry exists exactly when its change does":              testRecordInTx,
		"the record is searched by person, kind, subject and time":  testRecordSearch,
		"a code, a challenge and a recovery code are good for once": testOnce,
		"a mark ends with its session":                              testMark,
		"a member is who the database says":                         testMember,
		"an erased member leaves entries that name nobody":          testErasedMember,
		"two owners who end each other at once leave one":           testLastOwner,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); run(t, open(t)) })
	}
}

func anEntry(staff, kind string, at time.Time) newsroom.Entry {
	subject, _, _ := strings.Cut(kind, ".")
	return newsroom.Entry{Wall: at, Paper: at, Staff: staff, Role: reader.Owner, Session: "s", Network: "192.0.2.1", Kind: kind, Subject: subject, ID: "7", Before: `{"a":1}`, After: `{"a":2}`}
}

func testChain(t *testing.T, db *store.DB) {
	const writers, each = 6, 5
	together(writers, func(n int) {
		for range each {
			if err := db.AppendEntry(t.Context(), anEntry(fmt.Sprint("w", n), "gate.edit", monday)); err != nil {
				t.Error(err)
			}
		}
	})
	c, err := newsroom.CheckChain(t.Context(), db, 0)
	noError(t, err)
	if want := (newsroom.Chain{Total: writers * each, Checked: writers * each, Whole: true, Since: monday}); c != want {
		t.Errorf("chain = %+v", c)
	}
	if c, err = newsroom.CheckChain(t.Context(), db, 7); err != nil || c.Checked != 7 || c.Whole || c.Broken != "" {
		t.Errorf("its newest seven = %+v, %v", c, err)
	}
}

func testRecordInTx(t *testing.T, db *store.DB) {
	j, by := newsroom.NewJournal(db), newsroom.Member{ID: "olive", Role: reader.Owner}
	now := newsroom.Now{Wall: monday, Paper: monday}
	done := newsroom.Change{Kind: "demo.mark", Subject: "demo"}
	refused := errors.New("not today")
	err := j.Do(t.Context(), by, now, func(ctx context.Context) (newsroom.Change, error) {
		noError(t, db.SetMark(ctx, "demo", "refused"))
		return done, refused
	})
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	err = j.Do(t.Context(), newsroom.Member{}, now, func(ctx context.Context) (newsroom.Change, error) { return done, db.SetMark(ctx, "demo", "by nobody") })
	if err == nil {
		t.Error("nobody changed something")
	}
	noError(t, j.Do(t.Context(), by, now, func(context.Context) (newsroom.Change, error) { return newsroom.Change{}, nil }))
	if mark, err := db.Mark(t.Context(), "demo"); mark != "" || err != nil {
		t.Errorf("the change stands without its entry: %q, %v", mark, err)
	}
	if seq, _, err := db.RecordHead(t.Context()); seq != 0 || err != nil {
		t.Errorf("%d entries stand without their change, %v", seq, err)
	}
	noError(t, j.Do(t.Context(), by, now, func(ctx context.Context) (newsroom.Change, error) { return done, db.SetMark(ctx, "demo", "done") }))
	if seq, _, err := db.RecordHead(t.Context()); seq != 1 || err != nil {
		t.Errorf("%d entries, %v", seq, err)
	}
}

func testRecordSearch(t *testing.T, db *store.DB) {
	for i, e := range []newsroom.Entry{anEntry("a", "staff.role", monday), anEntry("b", "story.publish", monday.Add(time.Hour)), anEntry("a", "story.publish", monday.Add(2*time.Hour)), anEntry("a", "storyboard.edit", monday.Add(3*time.Hour))} {
		e.ID = fmt.Sprint(i)
		noError(t, db.AppendEntry(t.Context(), e))
	}
	for name, tt := range map[string]struct {
		search newsroom.Search
		want   []int64
	}{
		"everything":          {newsroom.Search{}, []int64{4, 3, 2, 1}},
		"a person":            {newsroom.Search{Staff: "a"}, []int64{4, 3, 1}},
		"a kind":              {newsroom.Search{Kind: "story.publish"}, []int64{3, 2}},
		"a family of kinds":   {newsroom.Search{Kind: "story"}, []int64{3, 2}},
		"a subject":           {newsroom.Search{Subject: "staff"}, []int64{1}},
		"one of them":         {newsroom.Search{Subject: "story", ID: "2"}, []int64{3}},
		"a time":              {newsroom.Search{From: monday.Add(time.Hour), To: monday.Add(2 * time.Hour)}, []int64{2}},
		"the page after":      {newsroom.Search{Before: 3}, []int64{2, 1}},
		"two at most":         {newsroom.Search{Limit: 2}, []int64{4, 3}},
		"a person and a kind": {newsroom.Search{Staff: "b", Kind: "story"}, []int64{2}},
	} {
		if tt.search.Limit == 0 {
			tt.search.Limit = 10
		}
		found, err := db.Entries(t.Context(), tt.search)
		noError(t, err)
		var got []int64
		for _, e := range found {
			got = append(got, e.Seq)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func testOnce(t *testing.T, db *store.DB) {
	r := aReader(t, db, "olive@example.org")
	aSession(t, db, "hash", reader.NewSession("s1", r.ID, false, "", monday))
	if added, err := db.AddTOTP(t.Context(), newsroom.TOTP{Member: r.ID, Secret: "x", Made: monday}); !added || err != nil {
		t.Fatal(added, err)
	}
	if added, err := db.AddTOTP(t.Context(), newsroom.TOTP{Member: r.ID, Secret: "y", Made: monday}); added || err != nil {
		t.Error("a second app took the place of the first", err)
	}
	noError(t, db.PutRecovery(t.Context(), r.ID, []string{"mac"}))
	noError(t, db.PutChallenge(t.Context(), "s1", "enter", "doc", monday.Add(time.Minute)))
	var steps, codes, challenges atomic.Int32
	together(8, func(int) {
		count := func(into *atomic.Int32, ok bool, err error) {
			if err != nil {
				t.Error(err)
			}
			if ok {
				into.Add(1)
			}
		}
		ok, err := db.TakeStep(t.Context(), r.ID, 100)
		count(&steps, ok, err)
		ok, err = db.UseRecovery(t.Context(), r.ID, "mac", monday)
		count(&codes, ok, err)
		_, ok, err = db.TakeChallenge(t.Context(), "s1", "enter", monday)
		count(&challenges, ok, err)
	})
	if steps.Load() != 1 || codes.Load() != 1 || challenges.Load() != 1 {
		t.Errorf("taken: a code %d times, a recovery code %d, a challenge %d", steps.Load(), codes.Load(), challenges.Load())
	}
	if ok, err := db.TakeStep(t.Context(), r.ID, 99); ok || err != nil {
		t.Error("an older code was taken", err)
	}
	noError(t, db.PutChallenge(t.Context(), "s1", "enter", "doc", monday.Add(time.Minute)))
	if _, ok, err := db.TakeChallenge(t.Context(), "s1", "enter", monday.Add(time.Minute)); ok || err != nil {
		t.Error("an expired challenge was taken", err)
	}
}

func testMark(t *testing.T, db *store.DB) {
	r := aReader(t, db, "olive@example.org")
	_, err := db.SetStaff(t.Context(), r.ID, reader.Owner, monday)
	noError(t, err)
	aSession(t, db, "hash", reader.NewSession("s1", r.ID, false, "", monday))
	noError(t, db.MarkSession(t.Context(), "s1", newsroom.Mark{Method: newsroom.ByTOTP, Shown: monday, Seen: monday}))
	seen := func(at time.Time) time.Time {
		t.Helper()
		m, err := db.MemberByToken(t.Context(), "hash", at)
		noError(t, err)
		if m == nil {
			t.Fatal("nobody")
		}
		again, err := db.MemberByToken(t.Context(), "hash", at)
		noError(t, err)
		return again.Mark.Seen
	}
	if got := seen(monday.Add(newsroom.SeenEvery - time.Second)); !got.Equal(monday) {
		t.Error("a request within minutes was written down")
	}
	if got, at := seen(monday.Add(newsroom.SeenEvery)), monday.Add(newsroom.SeenEvery); !got.Equal(at) {
		t.Error("the desk would close while somebody is there:", got)
	}
	noError(t, db.Sessions(hand{monday}).DeleteCtx(t.Context(), "hash"))
	aSession(t, db, "hash", reader.NewSession("s1", r.ID, false, "", monday))
	if m, err := db.MemberByToken(t.Context(), "hash", monday); err != nil || m == nil || !m.Mark.Shown.IsZero() {
		t.Error("a mark outlived its session", m, err)
	}
}

// hand is a clock that stands.
type hand struct{ at time.Time }

func (h hand) Now() time.Time { return h.at }

func testMember(t *testing.T, db *store.DB) {
	r := aReader(t, db, "olive@example.org")
	aSession(t, db, "hash", reader.NewSession("s1", r.ID, false, "", monday))
	aSession(t, db, "weak", reader.NewSession("s2", r.ID, true, "", monday))
	role := func(hash string, at time.Time) reader.Role {
		t.Helper()
		m, err := db.MemberByToken(t.Context(), hash, at)
		noError(t, err)
		if m == nil {
			return ""
		}
		return m.Role
	}
	if got := role("hash", monday); got != "" {
		t.Errorf("a reader is %q", got)
	}
	for _, want := range []reader.Role{reader.Editor, reader.Owner, ""} {
		_, err := db.SetStaff(t.Context(), r.ID, want, monday)
		noError(t, err)
		if got := role("hash", monday); got != want {
			t.Errorf("role %q, want %q", got, want)
		}
		if got := role("weak", monday); got != "" {
			t.Errorf("a session that proved nothing is %q", got)
		}
	}
	_, err := db.SetStaff(t.Context(), r.ID, reader.Editor, monday)
	noError(t, err)
	if got := role("hash", monday.Add(2*reader.SessionLife)); got != "" {
		t.Errorf("an expired session is %q", got)
	}
}

func testErasedMember(t *testing.T, db *store.DB) {
	r := aReader(t, db, "olive@example.org")
	_, err := db.SetStaff(t.Context(), r.ID, reader.Owner, monday)
	noError(t, err)
	_, err = db.AddTOTP(t.Context(), newsroom.TOTP{Member: r.ID, Secret: "x", Made: monday})
	noError(t, err)
	noError(t, db.AddPasskey(t.Context(), r.ID, newsroom.Passkey{ID: "k", Name: "Olive’s telephone", Credential: "{}", Added: monday}))
	noError(t, db.PutRecovery(t.Context(), r.ID, []string{"mac"}))
	noError(t, db.AppendEntry(t.Context(), anEntry(r.ID, "gate.edit", monday)))
	exported, err := db.DeskData().Export(t.Context(), r.ID)
	noError(t, err)
	if doc := asJSON(t, exported); !strings.Contains(doc, "Olive’s telephone") || strings.Contains(doc, "mac") {
		t.Error("exported:", doc)
	}
	for _, room := range db.Personal() {
		noError(t, room.Erase(t.Context(), r.ID))
	}
	if had, err := db.FactorsOf(t.Context(), r.ID); had.Any() || had.Recovery > 0 || err != nil {
		t.Error("factors are left", had, err)
	}
	if names, err := db.Named(t.Context(), []string{r.ID}); len(names) != 0 || err != nil {
		t.Error("still named", names, err)
	}
	if c, err := newsroom.CheckChain(t.Context(), db, 0); c.Broken != "" || c.Checked != 1 || err != nil {
		t.Error("the record suffered", c, err)
	}
}

func testLastOwner(t *testing.T, db *store.DB) {
	var owners []reader.Reader
	for _, name := range []string{"olive", "otto"} {
		r := aReader(t, db, name+"@example.org")
		_, err := db.SetStaff(t.Context(), r.ID, reader.Owner, monday)
		noError(t, err)
		owners = append(owners, r)
	}
	staff, now := newsroom.NewStaff(db, reader.Addresses{}), newsroom.Now{Wall: monday.Add(time.Hour), Paper: monday.Add(time.Hour)}
	together(2, func(n int) {
		by := newsroom.Member{ID: owners[n].ID, Role: reader.Owner}
		_, _ = staff.SetRole(t.Context(), by, owners[1-n].ID, reader.Editor, now)
	})
	left := 0
	for _, r := range owners {
		role, err := db.RoleOf(t.Context(), r.ID)
		noError(t, err)
		if role == reader.Owner {
			left++
		}
	}
	if left != 1 {
		t.Errorf("%d owners are left", left)
	}
}
