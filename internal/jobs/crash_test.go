package jobs_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"broadsheet/internal/clock"
	"broadsheet/internal/jobs"
	"broadsheet/internal/pgtest"
	"broadsheet/internal/proof"
	"broadsheet/store"
)

// victimOf tells this test binary to be a process that dies in a job of the
// database that it names.
const victimOf = "BROADSHEET_TEST_VICTIM_OF"

func TestMain(m *testing.M) {
	if url := os.Getenv(victimOf); url != "" {
		beVictim(url)
	}
	code := m.Run()
	pgtest.Stop()
	if code == 0 {
		if err := goleak.Find(goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

func newRunner(db *store.DB) *jobs.Runner {
	r := jobs.NewRunner(db, jobs.Clocks{Paper: clock.Wall{}, Wall: clock.Wall{}}, slog.New(slog.DiscardHandler))
	r.Lease = 600 * time.Millisecond
	return r
}

// beVictim says that it holds the job and then does it for ever.
func beVictim(url string) {
	db, err := store.Open(context.Background(), url)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	r := newRunner(db)
	r.Handle("work", func(context.Context, jobs.Job) error {
		fmt.Println("held")
		select {}
	})
	r.Run(context.Background())
}

func TestKilledMidJobRunsAgain(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite://" + filepath.Join(t.TempDir(), "paper.db") },
		"postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range proof.Size(1, 8) {
				killMidJob(t, url(t))
			}
		})
	}
}

func killMidJob(t *testing.T, url string) {
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	heir := newRunner(db)
	if err := heir.Enqueue(t.Context(), jobs.New{Kind: "work"}); err != nil {
		t.Fatal(err)
	}
	victim := exec.Command(os.Args[0], "-test.run=^$")
	victim.Env = append(os.Environ(), victimOf+"="+url)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("the victim said %q, %v", line, err)
	}
	// While the victim lives its heartbeats keep the job, however long it takes.
	early, cancel := context.WithTimeout(t.Context(), 2*heir.Lease)
	defer cancel()
	heir.Handle("work", func(_ context.Context, j jobs.Job) error {
		t.Errorf("a held job ran again, attempt %d", j.Attempts)
		return nil
	})
	if err := heir.Settle(early); err == nil {
		t.Error("the queue said it was settled while a job was held")
	}
	_ = victim.Process.Kill()
	_ = victim.Wait()
	attempts := 0
	heir.Handle("work", func(_ context.Context, j jobs.Job) error { attempts = j.Attempts; return nil })
	if err := heir.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if attempts != 2 {
		t.Errorf("after the kill the job ran as attempt %d, want 2", attempts)
	}
}
