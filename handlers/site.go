// Package handlers is the site: its routes, one file for each of its rooms, and
// what every request passes through. A handler reads, permits, asks a subject,
// shapes a page and answers; it decides nothing about stories, readers or money
// itself. It is the only package that knows Echo, cookies and statuses.
package handlers

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"broadsheet/internal/clock"
	"broadsheet/numbers"
	"broadsheet/paywall"
)

// Config is what the site must know of where it runs.
type Config struct {
	BaseURL        *url.URL       // the paper's public address; https makes cookies Secure
	Development    bool           // mounts the mailbox
	VisitorKey     []byte         // signs the visitor's id
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed; none leaves networks unknown
	FormTargets    []string       // origins that a form may end at: Stripe's pages, or the stand-in's
	Version        string         // of the program, for the log
}

// Secure reports whether the paper is read over https.
func (c Config) Secure() bool { return c.BaseURL.Scheme == "https" }

// Deps is what the site stands on.
type Deps struct {
	Config   Config
	Paper    clock.Clock // paper time
	Wall     clock.Clock // wall time
	Log      *slog.Logger
	Access   *AccessLog // where requests are written down; nil for Log
	Metrics  prometheus.Registerer
	News     NewsStore
	Media    pictureFiles // the stories' pictures
	Gate     gateStore
	Meter    *paywall.Meter
	Crawlers *paywall.Crawlers
	Holdings *Holdings
	Plans    catalogueStore
	Accounts
	Till
	Ready    func(ctx context.Context) error // nil when everything the paper needs is there
	Pace     Pace                            // what waits for paper time; nil where nobody moves it
	Newsroom Newsroom
}

// Site answers every request to the paper.
type Site struct {
	Deps
	echo      *echo.Echo
	furniture *furniture
	stories   *storyShelf
	pages     *pageCache
	reads     *readCounter
	counts    *numbers.Counter
	documents *documents
	log       *accessLog
	cross     *http.CrossOriginProtection
	headers   http.Header
	metrics   *siteMetrics
	visitors  *signer
	adopted   atomic.Int64 // the paper's version at which the desk took in what was imported
	started   time.Time
	darkroom  chan struct{} // one picture at a time
}

// New builds the site and reads what every page needs once, so that a site that
// starts can answer.
func New(ctx context.Context, deps Deps) (*Site, error) {
	s := &Site{
		Deps:     deps,
		echo:     echo.New(),
		started:  deps.Wall.Now(),
		darkroom: make(chan struct{}, 1),
		stories:  newStoryShelf(deps.News),
		pages:    newPageCache(),
		reads:    newReadCounter(),
		counts:   numbers.NewCounter(),
		log:      newAccessLog(cmp.Or(deps.Access, &AccessLog{Log: deps.Log})),
		cross:    http.NewCrossOriginProtection(),
		headers:  securityHeaders(deps.Config),
		metrics:  newSiteMetrics(deps.Metrics),
		visitors: newSigner(deps.Config.VisitorKey),
	}
	if err := s.cross.AddTrustedOrigin(deps.Config.BaseURL.Scheme + "://" + deps.Config.BaseURL.Host); err != nil {
		return nil, fmt.Errorf("BASE_URL: %w", err)
	}
	s.cross.AddInsecureBypassPattern("POST /webhooks/stripe") // signed by Stripe instead
	s.documents = newDocuments(s.pages.finish)
	s.furniture = newFurniture(deps)
	if err := s.Refresh(ctx); err != nil {
		return nil, err
	}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.HTTPErrorHandler = s.answerFault
	s.echo.Use(s.around)
	if err := s.routes(s.echo); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Routes lists every route as method and pattern, for tests that walk them all.
func (s *Site) Routes() []*echo.Route { return s.echo.Routes() }

// follow is how often the site looks whether another process changed anything.
const follow = 300 * time.Millisecond

// Run keeps the site's memory at most a second behind the database and writes
// down what was read, until ctx ends.
func (s *Site) Run(ctx context.Context) {
	tick := time.NewTicker(follow)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.Refresh(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("the paper's furniture could not be read; the last one stays", "err", err)
		}
		s.flushReads(ctx)
		if n%int(flushCountsEvery/follow) == 0 {
			s.flushCounts(ctx)
		}
	}
}

// Refresh reads what changed, now.
func (s *Site) Refresh(ctx context.Context) error {
	changed, err := s.furniture.refresh(ctx, s.Paper.Now())
	if changed {
		s.stories.clear()
		s.pages.clear()
	}
	return err
}

// Close writes down what is still in memory. Call it when no request can come.
func (s *Site) Close(ctx context.Context) {
	s.flushReads(ctx)
	s.flushCounts(ctx)
	s.pages.close()
	s.log.close()
}

func (s *Site) now() time.Time  { return s.Paper.Now() }
func (s *Site) wall() time.Time { return s.Wall.Now() }
