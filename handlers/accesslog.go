package handlers

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"broadsheet/internal/fault"
	"broadsheet/paywall"
)

// entry is one request as the log keeps it. It holds no cookie, no query, no form
// and no token of a link: those must not be written down.
type entry struct {
	at      time.Time
	took    time.Duration
	id      string
	method  string
	route   string
	path    string
	status  int
	size    int64
	network string
	err     error
}

const (
	slow     = time.Second
	logQueue = 8192
)

// AccessLog is where requests are written down. Flush, which may be nil, is
// called when none waits, and between many: a write to the system for each
// request costs a reader of a finished page a tenth of the whole.
type AccessLog struct {
	Log   *slog.Logger
	Flush func()
}

// together is how many entries go to the system at once at most.
const together = 64

// accessLog writes entries on a goroutine of its own. When it falls behind,
// ordinary entries are dropped and counted; errors and slow requests never are.
type accessLog struct {
	to      *AccessLog
	queue   chan entry
	dropped atomic.Int64
	done    sync.WaitGroup
}

func newAccessLog(to *AccessLog) *accessLog {
	l := &accessLog{to: to, queue: make(chan entry, logQueue)}
	l.done.Go(l.run)
	return l
}

func (l *accessLog) run() {
	unsent := 0
	for e := range l.queue {
		l.write(e)
		if unsent++; l.to.Flush != nil && (len(l.queue) == 0 || unsent >= together) {
			l.to.Flush()
			unsent = 0
		}
	}
}

func (l *accessLog) add(e entry) {
	if e.err != nil && e.status >= 500 || e.took >= slow {
		l.queue <- e
		return
	}
	select {
	case l.queue <- e:
	default:
		l.dropped.Add(1)
	}
}

func (l *accessLog) write(e entry) {
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("id", e.id), slog.String("method", e.method), slog.String("path", e.path),
		slog.Int("status", e.status), slog.Int64("bytes", e.size), slog.Duration("took", e.took),
	}
	if e.err != nil && (e.status >= 500 || fault.KindOf(e.err) == fault.Forbidden) {
		level = slog.LevelWarn
		if e.status >= 500 {
			level = slog.LevelError
		}
		attrs = append(attrs, slog.String("err", e.err.Error()))
	}
	if n := l.dropped.Swap(0); n > 0 {
		attrs = append(attrs, slog.Int64("entries_dropped_before", n))
	}
	l.to.Log.LogAttrs(context.Background(), level, "request", attrs...)
}

// close writes what is queued and stops.
func (l *accessLog) close() {
	close(l.queue)
	l.done.Wait()
}

// siteMetrics counts requests by route and class of status.
type siteMetrics struct {
	took  *prometheus.HistogramVec
	gates *prometheus.CounterVec
	known sync.Map // observerKey → prometheus.Observer
	walls sync.Map // gateKey → prometheus.Counter
}

func newSiteMetrics(reg prometheus.Registerer) *siteMetrics {
	m := &siteMetrics{
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "broadsheet_request_seconds", Help: "Time to answer a request, in seconds.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
		}, []string{"method", "route", "class"}),
		gates: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "broadsheet_gate_decisions_total", Help: "Decisions of the gate by wall and reason.",
		}, []string{"wall", "reason"}),
	}
	reg.MustRegister(m.took, m.gates)
	return m
}

type observerKey struct {
	method, route string
	class         int
}

var classes = [...]string{"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"}

func (s *Site) record(e entry) {
	key := observerKey{knownMethod(e.method), e.route, min(e.status/100, 5)}
	o, ok := s.metrics.known.Load(key)
	if !ok {
		route := e.route
		if route == "" {
			route = "none"
		}
		o, _ = s.metrics.known.LoadOrStore(key, s.metrics.took.WithLabelValues(key.method, route, classes[key.class]))
	}
	o.(prometheus.Observer).Observe(e.took.Seconds())
	s.log.add(e)
}

// knownMethod keeps invented methods from growing the metrics without bound.
func knownMethod(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return m
	}
	return "other"
}

type gateKey struct {
	wall   paywall.Wall
	reason paywall.Reason
}

// gate counts a decision.
func (m *siteMetrics) gate(d paywall.Decision) {
	key := gateKey{d.Wall, d.Reason}
	c, ok := m.walls.Load(key)
	if !ok {
		c, _ = m.walls.LoadOrStore(key, m.gates.WithLabelValues(string(d.Wall), string(d.Reason)))
	}
	c.(prometheus.Counter).Inc()
}
