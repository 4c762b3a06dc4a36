package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"broadsheet/internal/archive"
	"broadsheet/internal/proof"
	"broadsheet/store"
)

const childRows = "BROADSHEET_TEST_ROWS"

// many is a source with many rows in one table and none in the others.
type many struct {
	tables []archive.Table
	n      int
}

func (m many) Tables() []archive.Table { return m.tables }

func (m many) Each(_ context.Context, table string, row func([]any) error) error {
	if table != "marks" {
		return nil
	}
	value := strings.Repeat("what is kept of a reader ", 12)
	for i := range m.n {
		if err := row([]any{fmt.Sprintf("mark %09d", i), value}); err != nil {
			return err
		}
	}
	return nil
}

// TestFlatChild fills, archives and restores a database of that many rows, and
// says how much memory it had at its most.
func TestFlatChild(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv(childRows))
	if err != nil {
		return
	}
	empty, err := open(t, lite(t)).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tables := empty.Tables()
	db := open(t, lite(t))
	if err := errors.Join(empty.Close(), db.Hurry(t.Context()), db.Load(t.Context(), many{tables, n})); err != nil {
		t.Fatal(err)
	}
	r := archived(t, db)
	if r.Manifest.Rows() != int64(n) {
		t.Errorf("%d rows, and not %d", r.Manifest.Rows(), n)
	}
	back := open(t, lite(t))
	if err := errors.Join(back.Hurry(t.Context()), back.Load(t.Context(), r), sameAs(t, r, back), back.Check(t.Context())); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(regexp.MustCompile(`VmHWM:.*kB`).FindString(string(raw)))
}

// Twenty times as many rows take no more memory, to write, to read and to load.
func TestABackupTakesNoMoreMemoryForMoreRows(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		return // only Linux tells
	}
	few := proof.Size(5_000, 50_000)
	bin := filepath.Join(t.TempDir(), "store.test")
	// Without the race detector, whose shadow memory is several times what it
	// watches and would be most of what is measured.
	if out, err := exec.Command("go", "test", "-c", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the tests: %v\n%s", err, out)
	}
	small, large := peak(t, bin, few), peak(t, bin, 20*few)
	t.Logf("%d rows: %d kB; %d rows: %d kB", few, small, 20*few, large)
	if large > small+40<<10 {
		t.Errorf("%d rows took %d kB, and %d rows %d kB", few, small, 20*few, large)
	}
}

func peak(t *testing.T, bin string, rows int) int {
	t.Helper()
	child := exec.Command(bin, "-test.run=^TestFlatChild$")
	child.Env = append(os.Environ(), fmt.Sprint(childRows, "=", rows), "GOGC=10") // what is garbage is no use of memory
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	kB, err := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(string(out[strings.Index(string(out), "VmHWM"):])))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return kB
}

// A backup that is killed leaves no archive that opens.
func TestHalfAnArchiveIsNone(t *testing.T) {
	t.Parallel()
	db := filled(t, lite(t))
	path := filepath.Join(t.TempDir(), "half")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := db.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	_, err = archive.Write(ctx, f, archive.About{Schema: s.Schema()}, ending{s, stop}, nil)
	if err == nil {
		t.Error("an export that was ended says that it is whole")
	}
	if err := errors.Join(s.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	if r, err := archive.Open(path); err == nil {
		t.Errorf("it opens, with %d rows", r.Manifest.Rows())
	}
}

// ending stops the work at its second table.
type ending struct {
	*store.Snapshot
	stop func()
}

func (e ending) Each(ctx context.Context, table string, row func([]any) error) error {
	if table != e.Tables()[0].Name {
		e.stop()
	}
	return e.Snapshot.Each(ctx, table, row)
}
