package drill

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/pgtest"
	"broadsheet/internal/proof"
)

var scratch string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if scratch, err = os.MkdirTemp("", "broadsheet-drill-test-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(scratch)
		defer pgtest.Stop()
		return m.Run()
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

// seed is the clock's, or DRILL_SEED, so that what failed can be run again.
func seed() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("DRILL_SEED"), 10, 64); err == nil {
		return n
	}
	return uint64(time.Now().UnixNano()%1_000_000) + 1
}

type result struct {
	Options
	e   *evidence
	out strings.Builder
}

// drilled runs one and says what it printed.
func drilled(o Options) (*result, error) {
	r := &result{}
	bin, err := program()
	if err != nil {
		return r, err
	}
	o.Program, o.Seed, o.Out = bin, seed()+o.Seed, &r.out
	if o.Dir, err = os.MkdirTemp(scratch, "drill-"); err != nil {
		return r, err
	}
	r.Options = o
	r.e, err = run(context.Background(), o)
	return r, err
}

// small is the drill of every test run, on SQLite; its folder is also what
// errors are planted in.
var small = sync.OnceValues(func() (*result, error) {
	return drilled(Options{Database: "sqlite", Readers: 12, Life: 60 * day, Kills: 2})
})

func verdict(t *testing.T, r *result, err error) {
	t.Helper()
	t.Log(r.out.String())
	if err == nil {
		err = r.e.judge(r.Options)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// papers is how many full drills run beside each other, and beside the one on
// PostgreSQL: a drill waits for half of its time. What make proof has time for is
// three hundred readers in each; `broadsheet drill billing` takes any number.
const papers = 2

func TestBilling(t *testing.T) {
	t.Parallel()
	if !proof.Full() {
		r, err := small()
		verdict(t, r, err)
		return
	}
	var running sync.WaitGroup
	var done [papers]*result
	var errs [papers]error
	for n := range papers {
		running.Go(func() {
			done[n], errs[n] = drilled(Options{Database: "sqlite", Readers: 300, Life: 730 * day, Kills: -1, Seed: uint64(n)})
		})
	}
	running.Wait()
	for n, r := range done {
		t.Run(fmt.Sprint("paper ", n+1), func(t *testing.T) { verdict(t, r, errs[n]) })
	}
}

func TestBillingPostgreSQL(t *testing.T) {
	t.Parallel()
	r, err := drilled(Options{
		Database: pgtest.URL(t), Readers: proof.Size(4, 100), Life: proof.Size(30*day, 180*day), Kills: proof.Size(1, 6),
	})
	verdict(t, r, err)
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{
		{Readers: 0, Life: 60 * day, Database: "sqlite"},
		{Readers: 1, Life: day, Database: "sqlite"},
		{Readers: 1, Life: 60 * day, Database: "mysql://here"},
	} {
		if o.check() == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
