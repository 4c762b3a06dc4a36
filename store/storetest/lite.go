package storetest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// pattern is a SQLite database of this program's schema, as bytes: migrating
// once is cheaper than in every test.
var pattern = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "broadsheet-lite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "paper.db")
	if err := Migrate("sqlite://" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // closing brought the log into the file
})

// Lite makes a fresh, migrated SQLite database and gives its address.
func Lite(t testing.TB) string {
	t.Helper()
	raw, err := pattern()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "paper.db")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite://" + path
}
