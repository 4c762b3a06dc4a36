package store_test

import (
	"path/filepath"
	"sync"
	"testing"

	"broadsheet/internal/pgtest"
	"broadsheet/store"
)

// Two processes that start at once on an empty database both come up.
func TestMigratingAtOnce(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"sqlite":   "sqlite://" + filepath.Join(t.TempDir(), "paper.db"),
		"postgres": pgtest.URL(t),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					db, err := store.Open(t.Context(), url)
					if err != nil {
						t.Error(err)
						return
					}
					defer db.Close()
					if _, err := db.Migrate(t.Context()); err != nil {
						t.Error(err)
					}
					if ready, err := db.Migrated(t.Context()); !ready || err != nil {
						t.Errorf("not migrated: %v", err)
					}
				})
			}
			all.Wait()
		})
	}
}
