package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/internal/clock"
	"broadsheet/internal/id"
	"broadsheet/reader"
	"broadsheet/store"
)

func aSession(t *testing.T, db *store.DB, hash string, s reader.Session) {
	t.Helper()
	raw, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Sessions(clock.Fixed(monday)).CommitCtx(t.Context(), hash, raw, s.Created.Add(reader.SessionLife)); err != nil {
		t.Fatal(err)
	}
}

func testSessions(t *testing.T, open Opener) {
	t.Run("are kept, found, expired and ended", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		r := aReader(t, db, "maud@example.org")
		want := reader.NewSession("s1", r.ID, false, "Firefox/140", monday)
		aSession(t, db, "hash", want)
		raw, ok, err := db.Sessions(clock.Fixed(monday)).FindCtx(t.Context(), "hash")
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		var got reader.Session
		if err := got.UnmarshalBinary(raw); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		end := clock.Fixed(monday.Add(reader.SessionLife))
		if _, ok, err := db.Sessions(end).FindCtx(t.Context(), "hash"); ok || err != nil {
			t.Error("an expired session was found", err)
		}
		if p, err := db.PrincipalByToken(t.Context(), "hash", end.Now()); p != nil || err != nil {
			t.Error("somebody stands behind an expired session", err)
		}
		if err := db.Sessions(end).DeleteCtx(t.Context(), "hash"); err != nil {
			t.Fatal(err)
		}
		if p, err := db.PrincipalByToken(t.Context(), "hash", monday); p != nil || err != nil {
			t.Error("somebody stands behind an ended session", err)
		}
	})
	t.Run("tell who stands behind them", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		r := aReader(t, db, "ed@example.org")
		if _, err := db.SetStaff(t.Context(), r.ID, reader.Editor, monday); err != nil {
			t.Fatal(err)
		}
		aSession(t, db, "hash", reader.NewSession("s1", r.ID, false, "", monday))
		got, err := db.PrincipalByToken(t.Context(), "hash", monday)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&reader.Principal{SessionID: "s1", Reader: r, Role: reader.Editor}, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("are noted as seen hourly", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		r := aReader(t, db, "maud@example.org")
		aSession(t, db, "hash", reader.NewSession("s1", r.ID, false, "", monday))
		for _, step := range []struct{ at, seen time.Duration }{
			{59 * time.Minute, 0}, {time.Hour, time.Hour}, {90 * time.Minute, time.Hour}, {3 * time.Hour, 3 * time.Hour},
		} {
			if _, err := db.PrincipalByToken(t.Context(), "hash", monday.Add(step.at)); err != nil {
				t.Fatal(err)
			}
			all, err := db.SessionsOf(t.Context(), r.ID, monday)
			if err != nil || len(all) != 1 || !all[0].Seen.Equal(monday.Add(step.seen)) {
				t.Errorf("after %s: %+v, %v", step.at, all, err)
			}
		}
	})
	t.Run("that are unverified are nothing once the address is proven", func(t *testing.T) { t.Parallel(); testUnverified(t, open(t)) })
	t.Run("end one by one, all others, or all", func(t *testing.T) { t.Parallel(); testEnding(t, open(t)) })
}

func testUnverified(t *testing.T, db *store.DB) {
	ctx := t.Context()
	r := reader.Reader{ID: id.New(monday), Email: "maud@example.org", Created: monday, Bought: true}
	if _, err := db.AddReader(ctx, r, r.Email); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SetStaff(ctx, r.ID, reader.Owner, monday); err != nil {
		t.Fatal(err)
	}
	aSession(t, db, "before", reader.NewSession("s1", r.ID, true, "", monday))
	p, err := db.PrincipalByToken(ctx, "before", monday)
	if err != nil || p == nil || !p.Unverified || p.Role != "" {
		t.Fatalf("the buyer is %+v, %v", p, err)
	}
	if _, err := db.VerifyReader(ctx, r.ID, monday); err != nil {
		t.Fatal(err)
	}
	aSession(t, db, "late", reader.NewSession("s2", r.ID, true, "", monday)) // a purchase that finished a moment later
	for _, hash := range []string{"before", "late"} {
		if p, err := db.PrincipalByToken(ctx, hash, monday); p != nil || err != nil {
			t.Errorf("the session %s outlived the proof: %+v, %v", hash, p, err)
		}
	}
	if all, err := db.SessionsOf(ctx, r.ID, monday); len(all) != 0 || err != nil {
		t.Error("the owner is shown them", all, err)
	}
}

func testEnding(t *testing.T, db *store.DB) {
	ctx := t.Context()
	maud, ed := aReader(t, db, "maud@example.org"), aReader(t, db, "ed@example.org")
	for i, hash := range []string{"m1", "m2", "m3", "m4"} {
		aSession(t, db, hash, reader.NewSession("id-"+hash, maud.ID, false, "", monday.Add(time.Duration(i)*time.Minute)))
	}
	aSession(t, db, "e1", reader.NewSession("id-e1", ed.ID, false, "", monday))
	ended := func(got []string, err error, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, got, sorted); diff != "" || err != nil {
			t.Fatal(diff, err)
		}
	}
	got, err := db.EndSession(ctx, maud.ID, "id-e1")
	ended(got, err) // another reader's session is not hers to end
	got, err = db.EndSession(ctx, maud.ID, "id-m2")
	ended(got, err, "m2")
	all, err := db.SessionsOf(ctx, maud.ID, monday)
	if err != nil || len(all) != 3 || all[0].ID != "id-m4" {
		t.Fatalf("left: %+v, %v", all, err)
	}
	got, err = db.EndSessions(ctx, maud.ID, "id-m3")
	ended(got, err, "m1", "m4")
	got, err = db.EndSessions(ctx, maud.ID, "")
	ended(got, err, "m3")
	if p, err := db.PrincipalByToken(ctx, "e1", monday); p == nil || err != nil {
		t.Error("another reader's session ended too", err)
	}
}
