package main

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"broadsheet/internal/clock"
	"broadsheet/internal/jobs"
	"broadsheet/store"
)

// What leads from a network to its counts is gone the night after.
func TestYesterdaysNetworksAreForgotten(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "paper.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	night := time.Date(2024, 4, 12, 0, 0, 1, 0, time.UTC)
	today := night.Unix() / 86400
	salt := func(day int64) []byte {
		t.Helper()
		s, err := db.NetworkSalt(t.Context(), day)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	yesterdays, todays := salt(today-1), salt(today)
	if err := forgetNetworks(db, clock.Fixed(night))(t.Context(), jobs.Job{}); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(salt(today-1), yesterdays) {
		t.Error("yesterday's salt is still there")
	}
	if !bytes.Equal(salt(today), todays) {
		t.Error("today's salt is gone")
	}
}
