package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"broadsheet/internal/config"
	"broadsheet/internal/cork"
	"broadsheet/store"
)

// drain is how long requests that have begun may take after the program was
// asked to stop.
const drain = 15 * time.Second

func serve(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "serve", "serve", `
Runs the paper at ADDR until it is told to stop (Ctrl-C or SIGTERM); then it
finishes the requests and jobs that it has begun. In development it also makes
what is missing: the database, the secrets, a mailbox at /_mail and, when
STRIPE_SECRET_KEY is empty, a Stripe stand-in. With DEMO=1 it loads the demo
stories and, in development, sign-ins to try it with.`)
	if _, err := f.parse(args, 0, 0); err != nil {
		return err
	}
	conf, err := settings(w)
	if err != nil {
		return err
	}
	// Addresses first: a paper that cannot be reached must not touch its data.
	on, err := takeAddresses(conf)
	if err != nil {
		return err
	}
	p, err := openPaper(ctx, w, conf, on)
	if err != nil {
		return errors.Join(err, on.close())
	}
	p.announce(w.stdout)
	return p.serve(ctx)
}

// addresses are where the paper listens. metrics and standin may be nil.
type addresses struct{ paper, metrics, standin net.Listener }

func takeAddresses(conf config.Config) (on addresses, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, on.close())
		}
	}()
	if on.paper, err = listen("ADDR", conf.Addr); err != nil {
		return on, err
	}
	if conf.UsesStandin() {
		if on.standin, err = listen("STANDIN_ADDR", conf.StandinAddr); err != nil {
			return on, err
		}
	}
	if conf.MetricsAddr != "" {
		on.metrics, err = listen("METRICS_ADDR", conf.MetricsAddr)
	}
	return on, err
}

func (a addresses) close() error {
	var all error
	for _, l := range []net.Listener{a.paper, a.metrics, a.standin} {
		if l == nil {
			continue
		}
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			all = errors.Join(all, err)
		}
	}
	return all
}

// serve answers until ctx ends, then stops in the order in which things lean on
// each other: requests, jobs and money, the site's memory, the stand-in, the
// database.
func (p *paper) serve(ctx context.Context) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	var working sync.WaitGroup
	for _, run := range p.background {
		working.Go(func() { run(work) })
	}
	failed := make(chan error, 2)
	site := newServer(patient(p.site))
	site.ErrorLog, site.ConnContext = p.errorLog(), cork.Context
	go func() { failed <- site.Serve(cork.Listener{Listener: p.on.paper}) }()
	metrics := newServer(p.metricsMux())
	if p.on.metrics != nil {
		go func() { failed <- metrics.Serve(p.on.metrics) }()
	}
	var err error
	select {
	case <-ctx.Done():
		p.log.Info("stopping: what has begun is finished first")
	case err = <-failed:
		err = fmt.Errorf("the server ended: %w", err)
	}
	if p.standin != nil {
		p.standin.quiet()
	}
	last, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	if down := site.Shutdown(last); down != nil {
		err = errors.Join(err, fmt.Errorf("requests were still running after %s: %w", drain, down), site.Close())
	}
	stopWork()
	working.Wait()
	return errors.Join(err, p.close(), metrics.Close())
}

// metricsMux serves Prometheus and Go's own profiles on an address of its own,
// so that no reader can ask for them.
func (p *paper) metricsMux() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	return mux
}

func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// queueGauges tells Prometheus of the job queue, which is asked when Prometheus
// asks.
type queueGauges struct {
	dead, behind *prometheus.Desc
	look         func(ctx context.Context) (store.JobHealth, error)
}

func (p *paper) newQueueGauges() queueGauges {
	return queueGauges{
		dead:   prometheus.NewDesc("broadsheet_jobs_dead", "Jobs that failed for good and wait for somebody to look.", nil, nil),
		behind: prometheus.NewDesc("broadsheet_jobs_behind_seconds", "By how much the oldest waiting job is late.", nil, nil),
		look: func(ctx context.Context) (store.JobHealth, error) {
			return p.db.JobHealth(ctx, p.clocks.Paper.Now())
		},
	}
}

// Describe names the gauges.
func (g queueGauges) Describe(to chan<- *prometheus.Desc) { to <- g.dead; to <- g.behind }

// Collect reads them. A database that does not answer shows as a failed scrape.
func (g queueGauges) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	health, err := g.look(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(g.dead, err)
		return
	}
	to <- prometheus.MustNewConstMetric(g.dead, prometheus.GaugeValue, float64(health.Dead))
	to <- prometheus.MustNewConstMetric(g.behind, prometheus.GaugeValue, health.Behind.Seconds())
}
