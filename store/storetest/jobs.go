package storetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/internal/clock"
	"broadsheet/internal/jobs"
	"broadsheet/internal/proof"
	"broadsheet/store"
)

func testJobs(t *testing.T, open Opener) {
	for name, run := range map[string]func(*testing.T, *store.DB){
		"a rolled back enqueue leaves nothing":           jobRolledBack,
		"a key is taken once, also after it is done":     jobKeyOnce,
		"two runners never run a job at once":            jobNotTwice,
		"a lease that ends gives the job to another":     jobLeaseEnds,
		"who lost a lease cannot record anything":        jobLostLease,
		"failures pause, then die and can be revived":    jobDies,
		"a panic is a failure":                           jobPanics,
		"paper time moves to what is due":                jobPaperTime,
		"what recurs runs once in a period":              jobRecurs,
		"a stop lets running jobs finish":                jobStops,
		"a job of an unknown kind is left alone":         jobUnknownKind,
		"done jobs lose their payload and are forgotten": jobForgotten,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, open(t))
		})
	}
}

// jobBench is a runner on real wall time and a paper clock that can be moved.
type jobBench struct {
	*jobs.Runner
	paper *clock.Paper
}

func newJobBench(t *testing.T, db *store.DB) jobBench {
	t.Helper()
	paper, err := clock.OpenPaper(filepath.Join(t.TempDir(), "clock.json"))
	if err != nil {
		t.Fatal(err)
	}
	r := jobs.NewRunner(db, jobs.Clocks{Paper: paper, Wall: clock.Wall{}}, slog.New(slog.DiscardHandler))
	return jobBench{r, paper}
}

// eventually waits for a condition, up to a limit that only a failure meets.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("never happened: %s", what)
		case <-tick.C:
		}
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func jobRolledBack(t *testing.T, db *store.DB) {
	b := newJobBench(t, db)
	var ran atomic.Int32
	b.Handle("mail", func(context.Context, jobs.Job) error { ran.Add(1); return nil })
	broke := errors.New("broke")
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		noError(t, b.Enqueue(ctx, jobs.New{Kind: "mail", Key: "never"}))
		return broke
	})
	if !errors.Is(err, broke) {
		t.Fatalf("err = %v", err)
	}
	noError(t, b.Settle(t.Context()))
	if ran.Load() != 0 {
		t.Error("a job of a rolled back transaction ran")
	}
	noError(t, db.InTx(t.Context(), func(ctx context.Context) error {
		return b.Enqueue(ctx, jobs.New{Kind: "mail", Key: "once"})
	}))
	noError(t, b.Settle(t.Context()))
	if ran.Load() != 1 {
		t.Errorf("a committed job ran %d times", ran.Load())
	}
}

func jobKeyOnce(t *testing.T, db *store.DB) {
	b := newJobBench(t, db)
	var got []string
	b.Handle("mail", func(_ context.Context, j jobs.Job) error {
		var s string
		if err := j.Into(&s); err != nil {
			return err
		}
		got = append(got, s)
		return nil
	})
	for _, text := range []string{"first", "second"} {
		noError(t, b.Enqueue(t.Context(), jobs.New{Kind: "mail", Key: "welcome/1", Payload: text}))
	}
	noError(t, b.Settle(t.Context()))
	noError(t, b.Enqueue(t.Context(), jobs.New{Kind: "mail", Key: "welcome/1", Payload: "third"}))
	noError(t, b.Settle(t.Context()))
	if diff := cmp.Diff([]string{"first"}, got); diff != "" {
		t.Error(diff)
	}
}

func jobNotTwice(t *testing.T, db *store.DB) {
	n := proof.Size(60, 1500)
	ctx, stop := context.WithCancel(t.Context())
	runs := make([]atomic.Int32, n)
	var done atomic.Int32
	var runners sync.WaitGroup
	for range proof.Size(2, 6) {
		b := newJobBench(t, db)
		b.Handle("work", func(_ context.Context, j jobs.Job) error {
			var i int
			if err := j.Into(&i); err != nil {
				return err
			}
			runs[i].Add(1)
			done.Add(1)
			return nil
		})
		runners.Go(func() { b.Run(ctx) })
	}
	asker := newJobBench(t, db)
	for i := range n {
		noError(t, asker.Enqueue(t.Context(), jobs.New{Kind: "work", Payload: i}))
	}
	eventually(t, "every job ran", func() bool { return int(done.Load()) >= n })
	stop()
	runners.Wait()
	for i := range runs {
		if got := runs[i].Load(); got != 1 {
			t.Errorf("job %d ran %d times", i, got)
		}
	}
}

// claimAs takes what is due the way a process does that then dies.
func claimAs(t *testing.T, db *store.DB, holder string, wall time.Time, lease time.Duration) []jobs.Job {
	t.Helper()
	got, err := db.ClaimJobs(t.Context(), jobs.Claim{Holder: holder, Kinds: []string{"work"},
		Paper: time.Now().Add(time.Hour), Wall: wall, Until: wall.Add(lease), Limit: 10})
	noError(t, err)
	return got
}

func jobLeaseEnds(t *testing.T, db *store.DB) {
	b := newJobBench(t, db)
	noError(t, b.Enqueue(t.Context(), jobs.New{Kind: "work"}))
	wall := time.Now()
	if got := claimAs(t, db, "dead", wall, time.Minute); len(got) != 1 || got[0].Attempts != 1 {
		t.Fatalf("claimed %+v", got)
	}
	if got := claimAs(t, db, "early", wall.Add(59*time.Second), time.Minute); len(got) != 0 {
		t.Fatal("a held job was claimed")
	}
	if got := claimAs(t, db, "heir", wall.Add(time.Minute), time.Minute); len(got) != 1 || got[0].Attempts != 2 {
		t.Fatalf("the heir got %+v", got)
	}
}

func jobLostLease(t *testing.T, db *store.DB) {
	b := newJobBench(t, db)
	noError(t, b.Enqueue(t.Context(), jobs.New{Kind: "work"}))
	wall := time.Now()
	j := claimAs(t, db, "dead", wall, time.Second)[0]
	claimAs(t, db, "heir", wall.Add(time.Minute), time.Minute)
	renewed, err := db.RenewJob(t.Context(), j.ID, "dead", wall.Add(time.Hour))
	noError(t, err)
	finished, err := db.FinishJob(t.Context(), j.ID, "dead", wall)
	noError(t, err)
	failed, err := db.FailJob(t.Context(), jobs.Failure{ID: j.ID, Holder: "dead", Dead: true, Now: wall})
	noError(t, err)
	if renewed || finished || failed {
		t.Errorf("a lost lease still renewed=%v finished=%v failed=%v", renewed, finished, failed)
	}
	finished, err = db.FinishJob(t.Context(), j.ID, "heir", wall)
	noError(t, err)
	if !finished {
		t.Error("the heir could not finish")
	}
}

func jobDies(t *testing.T, db *store.DB) {
	b := newJobBench(t, db)
	b.MaxAttempts = 3
	b.Backoff = func(int) time.Duration { return 0 }
	var tries atomic.Int32
	mended := false
	b.Handle("work", func(context.Context, jobs.Job) error {
		if mended {
			return nil
		}
		return fmt.Errorf("try %d", tries.Add(1))
	})
	b.Handle("final", func(context.Context, jobs.Job) error { return jobs.GiveUp(errors.New("never")) })
	noError(t, b.Enqueue(t.Context(), jobs.New{Kind: "work", Payload: "kept"}))
	noError(t, b.Settle(t.Context()))
	dead, err := db.DeadJobs(t.Context(), 10)
	noError(t, err)
	if len(dead) != 1 || dead[0].Attempts != 3 || dead[0].Error != "try 3" || string(dead[0].Payload) != `"kept"` || dead[0].Died.IsZero() {
		t.Fatalf("dead letters: %+v", dead)
	}
	health, err := db.JobHealth(t.Context(), b.paper.Now())
	noError(t, err)
	if health.Dead != 1 || health.Behind != 0 {
		t.Errorf("health = %+v", health)
	}
	mended = true
	revived, err := db.ReviveJob(t.Context(), dead[0].ID)
	noError(t, err)
	noError(t, b.Settle(t.Context()))
	dead, err = db.DeadJobs(t.Context(), 10)
	noError(t, err)
	if !revived || len(dead) != 0 {
		t.Errorf("revived=%v, still dead: %+v", revived, dead)
	}
	noError(t, b.Enqueue(t.Context(), jobs.New{Kind: "final"}))
	noError(t, b.Settle(t.Context()))
	dead, err = db.DeadJobs(t.Context(), 10)
	noError(t, err)
	if len(dead) != 1 || dead[0].Attempts != 1 {
		t.Errorf("a final failure was tried again: %+v", dead)
	}
}

func jobPanics(t *testing.T, db *store.DB) {
	b := newJobBench(t, db)
	b.MaxAttempts = 1
	b.Handle("work", func(context.Context, jobs.Job) error { panic("no paper in the tray") })
	noError(t, b.Enqueue(t.Context(), jobs.New{Kind: "work"}))
	noError(t, b.Settle(t.Context()))
	dead, err := db.DeadJobs(t.Context(), 10)
	noError(t, err)
	if len(dead) != 1 {
		t.Fatalf("a panic left %d dead letters", len(dead))
	}
}

func jobPaperTime(t *testing.T, db *store.DB) {
	b := newJobBench(t, db)
	var ran []string
	b.Handle("work", func(_ context.Context, j jobs.Job) error { ran = append(ran, j.Key); return nil })
	start := b.paper.Now()
	for key, days := range map[string]int{"renewal": 30, "reminder": 23} {
		noError(t, b.Enqueue(t.Context(), jobs.New{Kind: "work", Key: key, RunAt: start.AddDate(0, 0, days)}))
	}
	noError(t, b.Settle(t.Context()))
	if len(ran) != 0 {
		t.Fatalf("ran before it was due: %v", ran)
	}
	if late, err := db.JobHealth(t.Context(), start.AddDate(0, 0, 24)); err != nil || late.Behind < 23*time.Hour || late.Behind > 25*time.Hour {
		t.Errorf("a day after the reminder was due: %+v, %v", late, err)
	}
	for range 2 {
		next, ok, err := b.NextDue(t.Context())
		noError(t, err)
		if !ok {
			t.Fatal("nothing is due")
		}
		noError(t, b.paper.MoveTo(next))
		noError(t, b.Settle(t.Context()))
	}
	if diff := cmp.Diff([]string{"reminder", "renewal"}, ran); diff != "" {
		t.Error(diff)
	}
	if at, ok, err := b.NextDue(t.Context()); ok || err != nil {
		t.Errorf("something is still due at %v, %v", at, err)
	}
}

func jobRecurs(t *testing.T, db *store.DB) {
	b := newJobBench(t, db)
	var ran atomic.Int32
	b.Every("nightly", 24*time.Hour, func(_ context.Context, j jobs.Job) error {
		if j.Attempts == 1 { // where time is short, it may be tried again in this very test
			ran.Add(1)
		}
		return errors.New("the series goes on")
	})
	b.Every("hourly", time.Hour, func(context.Context, jobs.Job) error { return nil })
	for range 2 { // two starts of the program ask for one series
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { b.Run(ctx) })
		eventually(t, "the series is asked for", func() bool {
			ok, err := db.JobsDue(t.Context(), jobs.Claim{Kinds: []string{"nightly"},
				Paper: time.Now().AddDate(0, 0, 2), Wall: time.Now()})
			return ok && err == nil
		})
		stop()
		running.Wait()
	}
	for day := range 3 {
		next, ok, err := b.NextDue(t.Context())
		noError(t, err)
		if !ok || next.Truncate(24*time.Hour) != next {
			t.Fatalf("day %d: next = %v, %v", day, next, ok)
		}
		noError(t, b.paper.MoveTo(next.Add(time.Second)))
		noError(t, b.Settle(t.Context()))
	}
	if ran.Load() != 3 {
		t.Errorf("ran %d times in three days", ran.Load())
	}
}

func jobStops(t *testing.T, db *store.DB) {
	b := newJobBench(t, db)
	begun, finish := make(chan struct{}), make(chan struct{})
	b.Handle("work", func(ctx context.Context, _ jobs.Job) error {
		close(begun)
		select {
		case <-finish:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	noError(t, b.Enqueue(ctx, jobs.New{Kind: "work"}))
	var running sync.WaitGroup
	running.Go(func() { b.Run(ctx) })
	<-begun
	stop()
	close(finish)
	running.Wait()
	after := newJobBench(t, db)
	after.Handle("work", func(context.Context, jobs.Job) error { t.Error("the finished job ran again"); return nil })
	noError(t, after.Settle(t.Context()))
}

func jobUnknownKind(t *testing.T, db *store.DB) {
	b := newJobBench(t, db)
	noError(t, b.Enqueue(t.Context(), jobs.New{Kind: "of-a-newer-version"}))
	noError(t, b.Settle(t.Context()))
	dead, err := db.DeadJobs(t.Context(), 10)
	noError(t, err)
	ran := false
	b.Handle("of-a-newer-version", func(_ context.Context, j jobs.Job) error { ran = j.Attempts == 1; return nil })
	noError(t, b.Settle(t.Context()))
	if len(dead) != 0 || !ran {
		t.Errorf("dead=%v, ran on its first attempt=%v", dead, ran)
	}
}

func jobForgotten(t *testing.T, db *store.DB) {
	b := newJobBench(t, db)
	b.Handle("work", func(context.Context, jobs.Job) error { return nil })
	noError(t, b.Enqueue(t.Context(), jobs.New{Kind: "work", Key: "k", Payload: "code 123456"}))
	noError(t, b.Settle(t.Context()))
	for _, c := range []struct {
		before time.Time
		want   int
	}{{time.Now().Add(-time.Hour), 0}, {time.Now().Add(time.Hour), 1}} {
		n, err := db.PurgeJobs(t.Context(), c.before, 100)
		noError(t, err)
		if n != c.want {
			t.Errorf("purged %d, want %d", n, c.want)
		}
	}
}
