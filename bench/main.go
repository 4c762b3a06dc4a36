// Command bench measures the story pages of the built program against a bare
// net/http server that writes the same bytes, in turns, on this machine. It
// knows the program from outside only: its command line and its addresses. It
// judges nothing; the ratios are for whoever changed something.
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
	"slices"
	"syscall"
	"time"
)

type options struct {
	bin, out    string
	connections int
	rounds      int
	span        time.Duration
	bare        string
	profile     string
}

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", "bin/broadsheet", "the program to measure")
	flag.StringVar(&o.out, "out", "bench.json", "where the numbers go as JSON")
	flag.IntVar(&o.connections, "c", 16, "connections at once")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds, of which the median counts")
	flag.DurationVar(&o.span, "span", 2*time.Second, "how long each page is asked for in a round")
	flag.StringVar(&o.profile, "profile", "", "a folder for CPU profiles of the program, one for each page")
	flag.StringVar(&o.bare, "bare", "", "be the bare server of the pages in this folder (the benchmark starts itself so)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := measure
	if o.bare != "" {
		err = serveBare
	}
	if err := err(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// Row is what was measured of one page, medians of the rounds.
type Row struct {
	Page        string  `json:"page"`
	Bytes       int     `json:"bytes"`
	Rate        float64 `json:"requests_per_second"`
	BareRate    float64 `json:"bare_requests_per_second"`
	Ratio       float64 `json:"ratio"` // of rates in the same round
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	BareP99     float64 `json:"bare_p99_ms"`
	CPU         float64 `json:"cpu_us_per_request"`
	BareCPU     float64 `json:"bare_cpu_us_per_request"`
	ResidentMiB float64 `json:"resident_mib"` // under this load
}

// Report is the whole of a run.
type Report struct {
	Go          string    `json:"go"`
	Cores       int       `json:"cores"`
	Connections int       `json:"connections"`
	Rounds      int       `json:"rounds"`
	Started     time.Time `json:"started"`
	StartMS     float64   `json:"start_ms"` // of the program, with its database there
	Rows        []Row     `json:"rows"`
}

func measure(ctx context.Context, o options) (err error) {
	dir, err := os.MkdirTemp("", "broadsheet-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	paper, err := startPaper(ctx, o.bin, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, paper.stop()) }()
	pages, err := preparePages(ctx, paper)
	if err != nil {
		return err
	}
	bare, err := startBare(dir, pages)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.stop()) }()

	report := Report{Go: runtime.Version(), Cores: runtime.NumCPU(), Connections: o.connections, Rounds: o.rounds,
		Started: time.Now().UTC(), StartMS: paper.startMS}
	got := make(map[string][]round, len(pages))
	for range o.rounds {
		for _, page := range pages {
			r, err := oneRound(ctx, o, page, paper.child, bare)
			if err != nil {
				return fmt.Errorf("%s: %w", page.name, err)
			}
			got[page.name] = append(got[page.name], r)
		}
	}
	for _, page := range pages {
		report.Rows = append(report.Rows, summary(page, got[page.name]))
	}
	report.print(os.Stdout)
	doc, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Clean(o.out), append(doc, '\n'), 0o644)
}

// round is one page and the bare server with its bytes, one after the other.
type round struct{ page, bare sample }

func oneRound(ctx context.Context, o options, p page, paper, bare *child) (r round, err error) {
	if r.bare, err = load(ctx, bare, p.bareRequest, p.body, o); err != nil {
		return r, fmt.Errorf("bare: %w", err)
	}
	profiled := profile(ctx, paper, p, o)
	r.page, err = load(ctx, paper, p.request, p.body, o)
	return r, errors.Join(err, profiled())
}

func summary(p page, rounds []round) Row {
	of := func(f func(round) float64) float64 {
		var all []float64
		for _, r := range rounds {
			all = append(all, f(r))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	return Row{
		Page: p.name, Bytes: len(p.body),
		Rate:     of(func(r round) float64 { return r.page.rate }),
		BareRate: of(func(r round) float64 { return r.bare.rate }),
		Ratio:    of(func(r round) float64 { return r.page.rate / r.bare.rate }),
		P50:      of(func(r round) float64 { return r.page.p50 }), P99: of(func(r round) float64 { return r.page.p99 }),
		BareP99: of(func(r round) float64 { return r.bare.p99 }),
		CPU:     of(func(r round) float64 { return r.page.cpu }), BareCPU: of(func(r round) float64 { return r.bare.cpu }),
		ResidentMiB: of(func(r round) float64 { return r.page.resident }),
	}
}

func (r Report) print(out *os.File) {
	fmt.Fprintf(out, "%d cores, %d connections, medians of %d rounds; started in %.0f ms\n\n", r.Cores, r.Connections, r.Rounds, r.StartMS)
	fmt.Fprintf(out, "%-14s %8s %9s %9s %6s %8s %8s %9s %8s %9s %8s\n",
		"page", "bytes", "req/s", "bare", "ratio", "p50 ms", "p99 ms", "bare p99", "CPU µs", "bare CPU", "MiB")
	for _, row := range r.Rows {
		fmt.Fprintf(out, "%-14s %8d %9.0f %9.0f %6.2f %8.2f %8.2f %9.2f %8.1f %9.1f %8.1f\n", row.Page, row.Bytes, row.Rate, row.BareRate,
			row.Ratio, row.P50, row.P99, row.BareP99, row.CPU, row.BareCPU, row.ResidentMiB)
	}
}
