package store_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"broadsheet/internal/pgtest"
	"broadsheet/reader"
	"broadsheet/store"
	"broadsheet/store/storetest"
)

var noon = time.Date(2024, 4, 12, 12, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	pgtest.Prepare(storetest.Migrate)
	pgtest.Main(m)
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) *store.DB {
		return open(t, storetest.Lite(t))
	})
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	pgtest.URL(t) // says once, loudly, when there is none
	storetest.Run(t, func(t *testing.T) *store.DB { return open(t, pgtest.Copy(t)) })
}

// A statement with the outer context inside a transaction waits for the writer,
// or for a row, that the transaction holds: for ever, if nothing bounds it.
func TestAnOuterWriteNeverHangs(t *testing.T) {
	t.Parallel()
	for engine, url := range map[string]string{"SQLite": "sqlite://" + filepath.Join(t.TempDir(), "paper.db"), "PostgreSQL": pgtest.URL(t)} {
		db := open(t, url)
		store.SetPatience(db, time.Second)
		for what, write := range map[string]func(context.Context) error{
			"a write": func(ctx context.Context) error { _, err := db.UseCode(ctx, "id of a write", noon); return err },
			"a write that gives rows back": func(ctx context.Context) error {
				_, _, err := db.TryCode(ctx, "a write that gives rows back", noon)
				return err
			},
			"a transaction": func(ctx context.Context) error {
				return db.InTx(ctx, func(ctx context.Context) error { _, err := db.UseCode(ctx, "id of a transaction", noon); return err })
			},
		} {
			// A write that was given up may still happen, so each has a row of its own.
			code := reader.Code{ID: "id of " + what, LinkMAC: what, Address: reader.Address{Form: what}, Made: noon, Expires: noon.Add(time.Hour)}
			if _, err := db.PutCode(t.Context(), code, noon); err != nil {
				t.Fatal(err)
			}
			err := db.InTx(t.Context(), func(ctx context.Context) error {
				if _, ok, err := db.TryCode(ctx, what, noon); !ok || err != nil {
					t.Fatal(ok, err)
				}
				return write(context.WithoutCancel(t.Context()))
			})
			if err == nil {
				t.Errorf("%s: %s slipped past the transaction", engine, what)
			}
		}
	}
}

func open(t *testing.T, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}
