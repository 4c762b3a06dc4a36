// Command bench measures the built program against a bare net/http server that
// writes the same bytes, in turns, on this machine. It knows the program from
// outside only: its command line and its addresses. It judges nothing; the
// ratios are for whoever changed something.
//
// Client and server share the machine's cores, so single rates say little and
// the ratio within a round, and CPU time for a request, say more.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

type options struct {
	bin, base, out string
	only           string
	rounds         int
	span           time.Duration
	bare           string
	profile        string
}

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", "bin/broadsheet", "the program to measure")
	flag.StringVar(&o.base, "base", "", "a revision of the repository to measure beside it")
	flag.StringVar(&o.out, "out", "bench.json", "where the numbers go as JSON")
	flag.StringVar(&o.only, "only", "", "measure only what has this in its name, such as \"closed\" or \"PostgreSQL\"")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds, of which the median counts")
	flag.DurationVar(&o.span, "span", time.Second, "how long each thing is asked for in a round")
	flag.StringVar(&o.profile, "profile", "", "a folder for CPU profiles of the program, one for each thing")
	flag.StringVar(&o.bare, "bare", "", "be the bare server of the answers in this folder (the benchmark starts itself so)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	do := measure
	if o.bare != "" {
		do = serveBare
	}
	if err := do(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measure starts what is measured, asks, and stops it again.
func measure(ctx context.Context, o options) (err error) {
	dir, err := os.MkdirTemp("", "broadsheet-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bins := []program{{"", o.bin}}
	if o.base != "" {
		old, err := buildRevision(ctx, o.base, dir)
		if err != nil {
			return err
		}
		bins = append(bins, program{o.base, old})
	}
	report := Report{Go: runtime.Version(), Cores: runtime.NumCPU(), Rounds: o.rounds, SpanMS: ms(o.span), Base: o.base, Started: time.Now().UTC()}
	for _, e := range engines {
		if err := measureOn(ctx, o, e, bins, filepath.Join(dir, e.name), &report); err != nil {
			return fmt.Errorf("on %s: %w", e.name, err)
		}
	}
	report.print(os.Stdout)
	doc, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Clean(o.out), append(doc, '\n'), 0o644)
}

// program is a binary and the revision that it is of; "" for the one at hand.
type program struct{ revision, bin string }

// measureOn measures all cells of one engine, the programs in turns.
func measureOn(ctx context.Context, o options, e engine, bins []program, dir string, report *Report) (err error) {
	var cells []cell
	for _, c := range e.cells() {
		if strings.Contains(c.name(), o.only) {
			cells = append(cells, c)
		}
	}
	if len(cells) == 0 {
		return nil
	}
	urls, stop, err := e.databases(len(bins), dir)
	if err != nil {
		return err
	}
	defer stop()
	papers := make([]*paperRows, len(bins))
	for i, p := range bins {
		if papers[i], err = openPaper(ctx, p, urls[i], filepath.Join(dir, fmt.Sprint("paper-", i)), cells); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, papers[i].stop()) }()
	}
	report.StartMS = append(report.StartMS, Start{Engine: e.name, MS: papers[0].paper.startMS})
	got := make([][]round, len(cells))
	for n := range o.rounds {
		for i, c := range cells {
			fmt.Fprintf(os.Stderr, "\r\033[K%s, round %d of %d: %s", e.name, n+1, o.rounds, c.name())
			r, err := oneRound(ctx, o, c, papers)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name(), err)
			}
			got[i] = append(got[i], r)
		}
	}
	fmt.Fprint(os.Stderr, "\r\033[K")
	for i, c := range cells {
		report.Rows = append(report.Rows, summary(c, papers[0].rows[c.key()], got[i]))
	}
	return nil
}

// round is one cell, the bare server with its bytes, and the revision to
// compare with, one after the other.
type round struct{ page, bare, base sample }

func oneRound(ctx context.Context, o options, c cell, papers []*paperRows) (r round, err error) {
	now, key := papers[0], c.key()
	if r.bare, err = load(ctx, now.bare, now.rows[key].bareRow(), c.connections, o.span); err != nil {
		return r, fmt.Errorf("bare: %w", err)
	}
	profiled := profile(ctx, now.paper.child, c, o)
	r.page, err = load(ctx, now.paper.child, now.rows[key], c.connections, o.span)
	if err = errors.Join(err, profiled()); err != nil || len(papers) == 1 {
		return r, err
	}
	r.base, err = load(ctx, papers[1].paper.child, papers[1].rows[key], c.connections, o.span)
	return r, err
}
