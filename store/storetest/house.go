package storetest

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"broadsheet/news"
	"broadsheet/store"
)

// testHouse is about the database as such: its marks and its copies.
func testHouse(t *testing.T, open Opener) {
	t.Run("a mark is the last that was set", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		for _, want := range []string{"", "one", "two"} {
			if want != "" {
				noError(t, db.SetMark(t.Context(), "demo", want))
			}
			got, err := db.Mark(t.Context(), "demo")
			noError(t, err)
			if got != want {
				t.Errorf("mark = %q, want %q", got, want)
			}
		}
	})
	t.Run("a backup is a whole database and overwrites nothing", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		path := filepath.Join(t.TempDir(), "it's a copy.db")
		noError(t, db.SaveSection(t.Context(), news.Section{Slug: "world", Name: "World"}))
		err := db.Backup(t.Context(), path)
		if db.Engine() == store.Postgres {
			if !errors.Is(err, store.ErrNoBackup) {
				t.Errorf("err = %v", err)
			}
			return
		}
		noError(t, err)
		if err := db.Backup(t.Context(), path); !errors.Is(err, fs.ErrExist) {
			t.Errorf("a second backup to the same file: %v", err)
		}
		restored, err := store.Open(t.Context(), "sqlite://"+path)
		noError(t, err)
		t.Cleanup(func() { restored.Close() })
		got, err := restored.Sections(t.Context())
		noError(t, err)
		if current, err := restored.Migrated(t.Context()); len(got) != 1 || !current || err != nil {
			t.Errorf("the copy has %d sections, current=%v, %v", len(got), current, err)
		}
	})
}
