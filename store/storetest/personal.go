package storetest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"broadsheet/internal/fault"
	"broadsheet/reader"
	"broadsheet/store"
)

var sorted = cmp.Options{cmpopts.SortSlices(strings.Compare), cmpopts.EquateEmpty()}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func testPersonal(t *testing.T, open Opener) {
	t.Run("every table with a reader's id has a room that answers for it", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		columns, err := db.Columns(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for table, names := range columns {
			if table == "readers" || slices.Contains(names, "reader_id") || slices.Contains(names, "reader") {
				want = append(want, table)
			}
		}
		for _, room := range db.Personal() {
			got = append(got, room.Tables()...)
		}
		if diff := cmp.Diff(want, got, sorted); diff != "" {
			t.Error("orphans (-) and tables that aren't there or are claimed twice (+):", diff)
		}
	})
	t.Run("an erased reader leaves nothing that names a person", func(t *testing.T) { t.Parallel(); testErase(t, open(t)) })
	t.Run("a merged account ends and its role does not travel", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		from, into := aReader(t, db, "ed@example.org"), aReader(t, db, "maud@example.org")
		if _, err := db.SetStaff(t.Context(), from.ID, reader.Owner, monday); err != nil {
			t.Fatal(err)
		}
		if err := db.ReaderData().Merge(t.Context(), from.ID, into.ID); err != nil {
			t.Fatal(err)
		}
		if role, err := db.StaffRole(t.Context(), into.ID); role != "" || err != nil {
			t.Error(role, err)
		}
		if _, err := db.Reader(t.Context(), from.ID); !fault.Is(err, fault.Missing) {
			t.Error("the merged account is still there", err)
		}
		if err := db.ReaderData().Merge(t.Context(), into.ID, into.ID); err == nil {
			t.Error("an account was merged into itself")
		}
	})
}

func testErase(t *testing.T, db *store.DB) {
	ctx := t.Context()
	r := aReader(t, db, "maud@example.org")
	if err := db.RenameReader(ctx, r.ID, "Maud Ferreira"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SetStaff(ctx, r.ID, reader.Editor, monday); err != nil {
		t.Fatal(err)
	}
	aSession(t, db, "hash", reader.NewSession("s1", r.ID, false, "Firefox/140 (X11; Linux)", monday))
	putCode(t, db, aCode("one"), true)
	before, err := db.ReaderData().Export(ctx, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"maud@example.org", "Maud Ferreira", "Firefox on Linux", "editor"} {
		if !strings.Contains(asJSON(t, before), what) {
			t.Errorf("the export lacks %q", what)
		}
	}
	if err := db.ReaderData().Erase(ctx, r.ID); err != nil {
		t.Fatal(err)
	}
	if after, err := db.ReaderData().Export(ctx, r.ID); err != nil || len(after) != 0 {
		t.Error("left:", asJSON(t, after), err)
	}
	if p, err := db.PrincipalByToken(ctx, "hash", monday); p != nil || err != nil {
		t.Error("still signed in", err)
	}
	if role, err := db.StaffRole(ctx, r.ID); role != "" || err != nil {
		t.Error("still", role, err)
	}
	if _, ok, err := db.TryCode(ctx, "maud@example.org", monday); ok || err != nil {
		t.Error("a code is left", err)
	}
	aReader(t, db, "maud@example.org") // the address is free again
}
