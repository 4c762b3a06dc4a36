package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/internal/fault"
	"broadsheet/internal/id"
	"broadsheet/reader"
	"broadsheet/store"
)

// monday is when these tests begin.
var monday = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// aReader is an account with a proven address.
func aReader(t *testing.T, db *store.DB, email string) reader.Reader {
	t.Helper()
	r := reader.Reader{ID: id.New(monday), Email: email, Created: monday, Verified: monday}
	made, err := db.AddReader(t.Context(), r, email)
	if err != nil || !made {
		t.Fatalf("add %s: %v, %v", email, made, err)
	}
	return r
}

func testReaders(t *testing.T, open Opener) {
	t.Run("an account is found by its form and its id", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		want := aReader(t, db, "maud@example.org")
		byForm, ok, err := db.ReaderByForm(t.Context(), "maud@example.org")
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		byID, err := db.Reader(t.Context(), want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]reader.Reader{want, want}, []reader.Reader{byForm, byID}); diff != "" {
			t.Error(diff)
		}
		if _, ok, err := db.ReaderByForm(t.Context(), "nobody@example.org"); ok || err != nil {
			t.Error("nobody was found", ok, err)
		}
		if _, err := db.Reader(t.Context(), "none"); !fault.Is(err, fault.Missing) {
			t.Error("a missing reader is", err)
		}
	})
	t.Run("one address makes one account, also at once", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		var made atomic.Int32
		together(8, func(int) {
			ok, err := db.AddReader(t.Context(), reader.Reader{ID: id.New(monday), Email: "Maud@example.org", Created: monday}, "maud@example.org")
			if err != nil {
				t.Error(err)
			}
			if ok {
				made.Add(1)
			}
		})
		if made.Load() != 1 {
			t.Errorf("%d accounts were made", made.Load())
		}
	})
	t.Run("an address is proven for the first time once, also at once", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		r := reader.Reader{ID: id.New(monday), Email: "maud@example.org", Created: monday, Bought: true}
		if _, err := db.AddReader(t.Context(), r, r.Email); err != nil {
			t.Fatal(err)
		}
		var first atomic.Int32
		together(8, func(int) {
			ok, err := db.VerifyReader(t.Context(), r.ID, monday)
			if err != nil {
				t.Error(err)
			}
			if ok {
				first.Add(1)
			}
		})
		if first.Load() != 1 {
			t.Errorf("%d proofs were the first", first.Load())
		}
		got, err := db.Reader(t.Context(), r.ID)
		if err != nil || !got.IsVerified() || !got.Bought {
			t.Fatal(got, err)
		}
		if err := db.SeenBought(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		if got, err := db.Reader(t.Context(), r.ID); err != nil || got.Bought {
			t.Error("what was bought would be shown for ever", err)
		}
	})
	t.Run("roles are kept with from and to", func(t *testing.T) { t.Parallel(); testStaff(t, open(t)) })
}

func testStaff(t *testing.T, db *store.DB) {
	ctx := t.Context()
	r := reader.Reader{ID: id.New(monday), Email: "ed@example.org", Created: monday}
	if _, err := db.AddReader(ctx, r, r.Email); err != nil {
		t.Fatal(err)
	}
	set := func(role reader.Role, at time.Time, want bool) {
		t.Helper()
		if got, err := db.SetStaff(ctx, r.ID, role, at); err != nil || got != want {
			t.Fatalf("set %q: %v, %v", role, got, err)
		}
	}
	holds := func(want reader.Role) {
		t.Helper()
		if got, err := db.StaffRole(ctx, r.ID); err != nil || got != want {
			t.Fatalf("role = %q, %v; want %q", got, err, want)
		}
	}
	holds("")
	set(reader.Editor, monday, true)
	holds("") // the address isn't proven: whoever made the account may be anybody
	if _, err := db.VerifyReader(ctx, r.ID, monday); err != nil {
		t.Fatal(err)
	}
	holds(reader.Editor)
	set(reader.Editor, monday.Add(time.Hour), false)
	set(reader.Owner, monday.Add(2*time.Hour), true)
	holds(reader.Owner)
	set("", monday.Add(3*time.Hour), true)
	holds("")
	out, err := db.ReaderData().Export(ctx, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"role":"editor","from":"2026-03-02T12:00:00Z","to":"2026-03-02T14:00:00Z"},` +
		`{"role":"owner","from":"2026-03-02T14:00:00Z","to":"2026-03-02T15:00:00Z"}]`
	if diff := cmp.Diff(want, asJSON(t, out["roles"])); diff != "" {
		t.Error(diff)
	}
}

func testCodes(t *testing.T, open Opener) {
	t.Run("twenty tries at once take five", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		putCode(t, db, aCode("one"), true)
		var got atomic.Int32
		together(20, func(int) {
			_, ok, err := db.TryCode(t.Context(), "maud@example.org", monday)
			if err != nil {
				t.Error(err)
			}
			if ok {
				got.Add(1)
			}
		})
		if got.Load() != reader.CodeTries {
			t.Errorf("%d tries got the code to compare with", got.Load())
		}
	})
	t.Run("a code is used once, also at once", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		putCode(t, db, aCode("one"), true)
		var used atomic.Int32
		together(8, func(int) {
			ok, err := db.UseCode(t.Context(), "one", monday)
			if err != nil {
				t.Error(err)
			}
			if ok {
				used.Add(1)
			}
		})
		if used.Load() != 1 {
			t.Errorf("used %d times", used.Load())
		}
		if _, ok, err := db.TryCode(t.Context(), "maud@example.org", monday); ok || err != nil {
			t.Error("a used code can be tried", err)
		}
	})
	t.Run("a new code replaces an older one that has rested, is used or out of tries", func(t *testing.T) { t.Parallel(); testReplace(t, open) })
	t.Run("a code dies on time", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		c := aCode("one")
		putCode(t, db, c, true)
		if _, ok, err := db.TryCode(t.Context(), c.Address.Form, c.Expires.Add(-time.Microsecond)); !ok || err != nil {
			t.Error("dead too soon", err)
		}
		if _, ok, err := db.TryCode(t.Context(), c.Address.Form, c.Expires); ok || err != nil {
			t.Error("can be tried after its end", err)
		}
		if ok, err := db.UseCode(t.Context(), c.ID, c.Expires); ok || err != nil {
			t.Error("can be used after its end", err)
		}
		got, ok, err := db.CodeByLink(t.Context(), c.LinkMAC)
		c.Tries = 1
		if diff := cmp.Diff(c, got); diff != "" || !ok || err != nil {
			t.Error(diff, ok, err)
		}
	})
}

func testReplace(t *testing.T, open Opener) {
	for name, wear := range map[string]func(db *store.DB) error{
		"used": func(db *store.DB) error { _, err := db.UseCode(t.Context(), "one", monday); return err },
		"out of tries": func(db *store.DB) error {
			for range reader.CodeTries {
				if _, _, err := db.TryCode(t.Context(), "maud@example.org", monday); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		db := open(t)
		putCode(t, db, aCode("one"), true)
		putCode(t, db, aCode("two"), false)
		if err := wear(db); err != nil {
			t.Fatal(err)
		}
		putCode(t, db, aCode("two"), true)
		if _, ok, err := db.CodeByLink(t.Context(), "link of one"); ok || err != nil {
			t.Errorf("%s: the older link still works, %v", name, err)
		}
		if got, ok, err := db.TryCode(t.Context(), "maud@example.org", monday); !ok || err != nil || got.ID != "two" || got.Tries != 1 {
			t.Errorf("%s: the new code is %+v, %v", name, got, err)
		}
	}
}

func aCode(name string) reader.Code {
	return reader.Code{
		ID: name, Address: reader.Address{Email: "Maud@example.org", Form: "maud@example.org"},
		CodeMAC: "code of " + name, LinkMAC: "link of " + name, Return: "/stories/bread", Made: monday, Expires: monday.Add(reader.CodeLife),
	}
}

// putCode puts a code a moment after another would have been made.
func putCode(t *testing.T, db *store.DB, c reader.Code, want bool) {
	t.Helper()
	if got, err := db.PutCode(t.Context(), c, monday.Add(-reader.CodeRest)); err != nil || got != want {
		t.Fatalf("put code %s: %v, %v; want %v", c.ID, got, err, want)
	}
}

func testThrottle(t *testing.T, open Opener) {
	t.Run("holds exactly, also at once", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		var got atomic.Int32
		together(20, func(int) {
			_, ok, err := db.Take(t.Context(), "key", 5, time.Hour, monday)
			if err != nil {
				t.Error(err)
			}
			if ok {
				got.Add(1)
			}
		})
		if got.Load() != 5 {
			t.Errorf("%d of 5 were given", got.Load())
		}
	})
	t.Run("runs from the first and says when it ends", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		for i, step := range []struct {
			after time.Duration
			ok    bool
			wait  time.Duration
		}{
			{0, true, 0},
			{20 * time.Minute, true, 0},
			{40 * time.Minute, false, 20 * time.Minute},
			{time.Hour - time.Microsecond, false, time.Second},
			{time.Hour, true, 0},
			{110 * time.Minute, true, 0},
			{119 * time.Minute, false, time.Minute},
		} {
			wait, ok, err := db.Take(t.Context(), "key", 2, time.Hour, monday.Add(step.after))
			if err != nil || ok != step.ok || wait != step.wait {
				t.Errorf("step %d: %v, %v, %v", i, wait, ok, err)
			}
		}
		if _, ok, err := db.Take(t.Context(), "another", 2, time.Hour, monday); !ok || err != nil {
			t.Error("one key limits another", err)
		}
	})
	t.Run("is swept with what else has ended", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		if _, _, err := db.Take(t.Context(), "key", 2, time.Hour, monday); err != nil {
			t.Fatal(err)
		}
		putCode(t, db, aCode("one"), true)
		r := aReader(t, db, "maud@example.org")
		aSession(t, db, "hash", reader.NewSession("s1", r.ID, false, "", monday))
		for _, step := range []struct {
			after time.Duration
			gone  int
		}{{time.Minute, 0}, {time.Hour, 1}, {25 * time.Hour, 1}, {reader.SessionLife, 1}, {reader.SessionLife, 0}} {
			if n, err := db.Sweep(t.Context(), monday.Add(step.after)); err != nil || n != step.gone {
				t.Errorf("after %s %d rows went, %v", step.after, n, err)
			}
		}
	})
}

// together runs fn n times at once.
func together(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() { <-start; fn(i) })
	}
	close(start)
	wg.Wait()
}
