package clock_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"broadsheet/internal/clock"
)

func TestPaperTimeIsSharedAndSurvives(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "clock.json")
	one, err := clock.OpenPaper(path)
	if err != nil {
		t.Fatal(err)
	}
	two, err := clock.OpenPaper(path)
	if err != nil {
		t.Fatal(err)
	}
	month := one.Now().Add(720 * time.Hour)
	if err := one.MoveTo(month); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); two.Now().Before(month); {
		if time.Now().After(deadline) {
			t.Fatal("a second process never saw the clock move")
		}
	}
	again, err := clock.OpenPaper(path)
	if err != nil {
		t.Fatal(err)
	}
	if again.Now().Before(month) {
		t.Error("the offset did not survive a restart")
	}
}

func TestPaperTimeNeverGoesBack(t *testing.T) {
	t.Parallel()
	p, err := clock.OpenPaper(filepath.Join(t.TempDir(), "clock.json"))
	if err != nil {
		t.Fatal(err)
	}
	before := p.Offset()
	if err := p.MoveTo(p.Now().Add(-time.Hour)); err == nil {
		t.Fatal("time went back")
	}
	if p.Offset() != before {
		t.Error("a refused move changed the offset")
	}
}

func TestDamagedFileIsNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "clock.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := clock.OpenPaper(path); err == nil {
		t.Fatal("a damaged clock file was accepted")
	}
}
