package handlers_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/prometheus/client_golang/prometheus"

	"broadsheet/billing"
	"broadsheet/handlers"
	"broadsheet/internal/clock"
	"broadsheet/internal/id"
	"broadsheet/news"
	"broadsheet/paywall"
	"broadsheet/store"
	"broadsheet/store/storetest"
)

var noon = time.Date(2024, 4, 12, 12, 0, 0, 0, time.UTC)

// bench is a site on a fresh database, with a clock in the test's hand.
type bench struct {
	t     *testing.T
	db    *store.DB
	site  *handlers.Site
	url   string
	paper *hands
	log   *logBook
	shop  *shop
	file  string // of the database
}

// shop is what readers bought, in the test's hand.
type shop struct {
	mu   sync.Mutex
	subs map[string][]billing.Subscription
}

func (s *shop) Catalogue(context.Context) (billing.Catalogue, error) {
	return billing.Catalogue{Plans: []billing.Plan{{Key: "digital", Name: "Digital", Benefits: []billing.Benefit{billing.Unlimited},
		Prices: []billing.Price{{LookupKey: "digital_monthly", Plan: "digital", Interval: billing.Monthly, Money: billing.Money{Amount: 700, Currency: "eur"}}}}}}, nil
}

func (s *shop) SubscriptionsOf(_ context.Context, readerID string) ([]billing.Subscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.subs[readerID], nil
}

func (s *shop) GrantsOf(context.Context, string) ([]billing.Grant, error) { return nil, nil }

// hands is a clock that stands until it is set.
type hands struct {
	mu sync.Mutex
	at time.Time
}

func (h *hands) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hands) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// logBook is what the site logged.
type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func newBench(t *testing.T, change ...func(*handlers.Deps)) *bench {
	t.Helper()
	ctx := t.Context()
	file := strings.TrimPrefix(storetest.Lite(t), "sqlite://")
	db, err := store.Open(ctx, "sqlite://"+file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, db: db, paper: &hands{at: noon}, log: &logBook{}, shop: &shop{subs: map[string][]billing.Subscription{}}, file: file}
	b.furnish()
	server := httptest.NewUnstartedServer(nil)
	base, err := url.Parse("http://" + server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	deps := handlers.Deps{
		Config: handlers.Config{BaseURL: base, VisitorKey: []byte("visitor key"), TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
		Paper:  b.paper, Wall: clock.Wall{}, Log: slog.New(slog.NewTextHandler(b.log, nil)), Metrics: prometheus.NewRegistry(),
		News: db, Gate: db, Plans: b.shop, Meter: paywall.NewMeter(db, 1), Crawlers: paywall.NewCrawlers(nil),
		Holdings: handlers.NewHoldings(b.shop), Ready: func(context.Context) error { return nil },
		Accounts: handlers.Accounts{Sessions: handlers.NewSessions(handlers.SessionParts{Table: db.Sessions(clock.Wall{}), Store: db, Wall: clock.Wall{}})},
	}
	for _, f := range change {
		f(&deps)
	}
	if b.site, err = handlers.New(ctx, deps); err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = b.site
	server.Start()
	b.url = server.URL
	t.Cleanup(func() {
		server.Close()
		b.site.Close(context.Background())
		deps.Meter.Close()
		deps.Holdings.Close()
		deps.Sessions.Close()
		deps.Crawlers.Close()
	})
	return b
}

func (b *bench) furnish() {
	b.t.Helper()
	ctx := b.t.Context()
	must := func(err error) {
		b.t.Helper()
		if err != nil {
			b.t.Fatal(err)
		}
	}
	must(b.db.SavePublication(ctx, news.Publication{Name: "The Test", Timezone: "Europe/Amsterdam", Currency: "eur"}))
	must(b.db.SaveSection(ctx, news.Section{Slug: "world", Name: "World"}))
	must(b.db.SaveAuthor(ctx, news.Author{Slug: "ada", Name: "Ada Wells"}))
}

// story prints a story of ten paragraphs, each with a sentence of its own.
func (b *bench) story(slug string, access news.Access) news.Story {
	b.t.Helper()
	s := news.Story{ID: id.New(noon), Slug: slug, Headline: "On " + slug, Standfirst: "What there is to say of " + slug + ".", Access: access,
		Section: news.Section{Slug: "world", Name: "World"}, Author: news.Author{Slug: "ada", Name: "Ada Wells"}, Published: noon.Add(-time.Hour)}
	for i := range 10 {
		text := fmt.Sprintf("Sentence %d of %s: %s", i, slug, strings.TrimSpace(strings.Repeat("some more words ", 10)))
		s.Body = append(s.Body, news.Block{Kind: news.Paragraph, Text: text, HTML: news.HTML("<p>" + text + "</p>"), Words: news.CountWords(text)})
	}
	saved, err := b.db.SaveStory(b.t.Context(), s, slug, noon)
	if err != nil {
		b.t.Fatal(err)
	}
	if b.site != nil {
		if err := b.site.Refresh(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
	}
	return saved.Story
}

// browser keeps cookies and follows no redirect.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
}

func (b *bench) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return &browser{b.t, b.url, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answer is a response that was read to its end.
type answer struct {
	*http.Response
	body string
}

func (a answer) page(t *testing.T) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// gate is what the page says of its gate: "open allowance".
func (a answer) gate(t *testing.T) string {
	t.Helper()
	article := a.page(t).Find("article[data-story]")
	if article.Length() != 1 {
		t.Fatalf("%d articles carry data-story (status %d)", article.Length(), a.StatusCode)
	}
	return article.AttrOr("data-gate", "") + " " + article.AttrOr("data-reason", "")
}

func (w *browser) get(path string, head ...string) answer {
	return w.send(http.MethodGet, path, nil, head...)
}

// send makes a request; head is names and values in turn.
func (w *browser) send(method, path string, form url.Values, head ...string) answer {
	w.t.Helper()
	if form == nil {
		return w.sendBody(method, path, nil, head...)
	}
	return w.sendBody(method, path, strings.NewReader(form.Encode()), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, head...)...)
}

func (w *browser) sendBody(method, path string, body io.Reader, head ...string) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i+1 < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	res, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{res, string(raw)}
}
