package store_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"broadsheet/desk"
	"broadsheet/internal/pgtest"
	"broadsheet/internal/proof"
	"broadsheet/reader"
	"broadsheet/store"
)

// searches are one of each kind, and the place where their second page begins.
func searches(t *testing.T, db *store.DB) map[string]desk.Lookup {
	t.Helper()
	all := map[string]desk.Lookup{}
	for _, typed := range []string{"", "mar", "m", "mar number 1", "mar1", "mar1@", "zzz", "cus_1", "01hv0000000000000000000007"} {
		l := desk.ParseLookup(typed)
		l.Limit = 51
		all[typed] = l
		page, err := db.FindReaders(t.Context(), l)
		if err != nil {
			t.Fatal(typed, err)
		}
		if len(page) > 50 {
			end := page[49]
			l.After = desk.Place{Reader: end.ID, ByEmail: !l.IsZero() && (l.Name == "" || !strings.HasPrefix(reader.NameForm(end.Name), l.Name))}
			all[typed+", page two"] = l
		}
	}
	return all
}

// Finding a reader takes an index, whatever was typed, and so the same time
// among a million as among few.
func TestFindingReadersAmongMany(t *testing.T) {
	t.Parallel()
	n := proof.Size(2_000, 1_000_000)
	db := open(t, "sqlite://"+filepath.Join(t.TempDir(), "paper.db"))
	if err := store.Fill(t.Context(), db, n); err != nil {
		t.Fatal(err)
	}
	all := searches(t, db)
	if _, ok := all["m, page two"]; !ok {
		t.Fatal("no search has a second page")
	}
	for typed, l := range all {
		plans, err := store.ExplainFind(t.Context(), db, l)
		if err != nil {
			t.Fatal(err)
		}
		for _, plan := range plans {
			if !strings.Contains(plan, "SEARCH r USING") && !strings.Contains(plan, "SCAN r USING INDEX sqlite_autoindex_readers_1") || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("%q does not go by an index, or sorts:\n%s", typed, plan)
			}
		}
		var took []time.Duration
		for range 5 {
			start := time.Now()
			if _, err := db.FindReaders(t.Context(), l); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		t.Logf("%-40q among %d: %s", typed, n, took[2])
		if proof.Full() && took[2] > 50*time.Millisecond {
			t.Errorf("%q took %s among %d", typed, took[2], n)
		}
	}
}

func TestFindingReadersByIndexOnPostgreSQL(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.URL(t))
	for _, typed := range []string{"mar", "mar1@", ""} {
		l := desk.ParseLookup(typed)
		l.Limit, l.After = 51, desk.Place{}
		plans, err := store.ExplainFind(t.Context(), db, l)
		if err != nil || len(plans) == 0 {
			t.Fatal(plans, err)
		}
		for _, plan := range plans {
			if strings.Contains(plan, "Seq Scan on readers") || strings.Contains(plan, "Sort") {
				t.Errorf("%q does not go by an index, or sorts:\n%s", typed, plan)
			}
		}
	}
}
