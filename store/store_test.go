package store_test

import (
	"path/filepath"
	"testing"

	"broadsheet/internal/pgtest"
	"broadsheet/store"
	"broadsheet/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) *store.DB {
		return open(t, "sqlite://"+filepath.Join(t.TempDir(), "paper.db"))
	})
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	pgtest.URL(t) // says once, loudly, when there is none
	storetest.Run(t, func(t *testing.T) *store.DB { return open(t, pgtest.URL(t)) })
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
