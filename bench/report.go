package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// Row is what was measured of one cell, medians of the rounds.
type Row struct {
	Engine      string  `json:"engine"`
	Asked       string  `json:"asked"`
	Connections int     `json:"connections"`
	Encoding    string  `json:"encoding"`
	Visitors    int     `json:"visitors"`
	Bytes       int     `json:"bytes"`
	Rate        float64 `json:"requests_per_second"`
	BareRate    float64 `json:"bare_requests_per_second"`
	Ratio       float64 `json:"ratio"` // of rates in the same round
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	BareP99     float64 `json:"bare_p99_ms"`
	CPU         float64 `json:"cpu_us_per_request"`
	BareCPU     float64 `json:"bare_cpu_us_per_request"`
	Allocs      float64 `json:"allocations_per_request"`
	ResidentMiB float64 `json:"resident_mib"` // under this load
	BaseRate    float64 `json:"base_requests_per_second,omitempty"`
	BaseCPU     float64 `json:"base_cpu_us_per_request,omitempty"`
	AgainstBase float64 `json:"against_base,omitempty"` // of rates in the same round
}

// Start is how long the program took to be ready, with its database there.
type Start struct {
	Engine string  `json:"engine"`
	MS     float64 `json:"ms"`
}

// Report is the whole of a run.
type Report struct {
	Go      string    `json:"go"`
	Cores   int       `json:"cores"`
	Rounds  int       `json:"rounds"`
	SpanMS  float64   `json:"span_ms"`
	Base    string    `json:"base,omitempty"`
	Started time.Time `json:"started"`
	StartMS []Start   `json:"start"`
	Rows    []Row     `json:"rows"`
}

func summary(c cell, r *row, rounds []round) Row {
	of := func(f func(round) float64) float64 {
		var all []float64
		for _, r := range rounds {
			all = append(all, f(r))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	out := Row{
		Engine: c.engine, Asked: c.row, Connections: c.connections, Encoding: c.encoding(), Visitors: c.visitors, Bytes: len(r.body),
		Rate:     of(func(r round) float64 { return r.page.rate }),
		BareRate: of(func(r round) float64 { return r.bare.rate }),
		Ratio:    of(func(r round) float64 { return r.page.rate / r.bare.rate }),
		P50:      of(func(r round) float64 { return r.page.p50 }), P99: of(func(r round) float64 { return r.page.p99 }),
		BareP99: of(func(r round) float64 { return r.bare.p99 }),
		CPU:     of(func(r round) float64 { return r.page.cpu }), BareCPU: of(func(r round) float64 { return r.bare.cpu }),
		Allocs:      of(func(r round) float64 { return r.page.allocs }),
		ResidentMiB: of(func(r round) float64 { return r.page.resident }),
	}
	if rounds[0].base.rate > 0 {
		out.BaseRate = of(func(r round) float64 { return r.base.rate })
		out.BaseCPU = of(func(r round) float64 { return r.base.cpu })
		out.AgainstBase = of(func(r round) float64 { return r.page.rate / r.base.rate })
	}
	return out
}

func (r Report) print(out io.Writer) {
	fmt.Fprintf(out, "%s, %d cores, medians of %d rounds of %.0f ms.", r.Go, r.Cores, r.Rounds, r.SpanMS)
	for _, s := range r.StartMS {
		fmt.Fprintf(out, " Started on %s in %.0f ms.", s.Engine, s.MS)
	}
	fmt.Fprintf(out, "\n\n%-14s %-10s %5s %-8s %5s %7s %8s %8s %6s %7s %7s %8s %7s %8s %7s %6s", "asked", "engine", "conns", "encoding", "users",
		"bytes", "req/s", "bare", "ratio", "p50 ms", "p99 ms", "bare p99", "CPU µs", "bare CPU", "allocs", "MiB")
	if r.Base != "" {
		fmt.Fprintf(out, " %8s %7s %6s", "base r/s", "CPU µs", "now/b.")
	}
	fmt.Fprintln(out)
	for _, row := range r.Rows {
		fmt.Fprintf(out, "%-14s %-10s %5d %-8s %5d %7d %8.0f %8.0f %6.2f %7.2f %7.2f %8.2f %7.1f %8.1f %7.0f %6.1f",
			row.Asked, row.Engine, row.Connections, row.Encoding, row.Visitors, row.Bytes, row.Rate, row.BareRate,
			row.Ratio, row.P50, row.P99, row.BareP99, row.CPU, row.BareCPU, row.Allocs, row.ResidentMiB)
		if r.Base != "" {
			fmt.Fprintf(out, " %8.0f %7.1f %6.2f", row.BaseRate, row.BaseCPU, row.AgainstBase)
		}
		fmt.Fprintln(out)
	}
}
