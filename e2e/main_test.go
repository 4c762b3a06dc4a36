package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/browsertest"
	"broadsheet/internal/pgtest"
)

// scratch holds the built program and the shared paper's data.
var scratch string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if scratch, err = os.MkdirTemp("", "broadsheet-e2e-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(scratch)
		defer pgtest.Stop()
		pgtest.Prepare(migrated)
		defer browsertest.Stop()
		code := m.Run()
		if err := stopShared(); err != nil {
			fmt.Fprintln(os.Stderr, "the paper that tests shared:", err)
			code = max(code, 1)
		}
		if code != 0 && shared.paper != nil {
			fmt.Fprintf(os.Stderr, "the log of the paper that tests shared ends:\n%s", shared.paper.logTail())
		}
		return code
	}())
}

// program builds the binary once. E2E_RACE=1 builds it with the race detector.
var program = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(scratch, "broadsheet")
	args := []string{"build", "-o", bin}
	if os.Getenv("E2E_RACE") == "1" {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "broadsheet/cmd/broadsheet")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return bin, nil
})

// migrated brings a PostgreSQL database up to the program, once for all papers
// that start on a copy of it.
func migrated(database string) error {
	dir, err := os.MkdirTemp(scratch, "migrate-")
	if err != nil {
		return err
	}
	p, err := newPaper(dir, Options{Database: database})
	if err != nil {
		return err
	}
	_, err = p.Command("migrate")
	return err
}

const patience = 20 * time.Second

// eventually waits until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	if !within(patience, cond) {
		t.Fatalf("waited in vain: %s", what)
	}
}

// within asks cond again and again until it holds or the time is over.
func within(limit time.Duration, cond func() bool) bool {
	over := time.After(limit)
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for {
		if cond() {
			return true
		}
		select {
		case <-over:
			return cond()
		case <-tick.C:
		}
	}
}
