package e2e

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/prometheus/client_golang/prometheus"

	"broadsheet/handlers"
	"broadsheet/internal/clock"
	"broadsheet/internal/mail"
	"broadsheet/store"
)

// still is a pace with nothing to do: its routes are walked like any other.
type still struct{}

func (still) NextDue(context.Context) (time.Time, bool, error) { return time.Time{}, false, nil }
func (still) Settle(context.Context) error                     { return nil }

// route is one address pattern that the paper answers.
type route struct{ Method, Pattern string }

// routes asks the router for every route of a development paper, so that a walk
// forgets none. The site that is asked stands on the running paper's database
// and serves nobody.
func routes(t testing.TB, p *Paper) []route {
	t.Helper()
	database := "sqlite://" + filepath.Join(p.dir, "broadsheet.db")
	db, err := store.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	box, err := mail.OpenBox(t.TempDir(), "The Paper <paper@example.org>", clock.Wall{})
	if err != nil {
		t.Fatal(err)
	}
	site, err := handlers.New(t.Context(), handlers.Deps{
		Config: handlers.Config{BaseURL: base, Development: true},
		Paper:  clock.Wall{}, Wall: clock.Wall{}, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
		News: db, Gate: db, Plans: db, Accounts: handlers.Accounts{Box: box}, Pace: still{},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		site.Close(context.Background())
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	var list []route
	for _, r := range site.Routes() {
		list = append(list, route{r.Method, r.Path})
	}
	slices.SortFunc(list, func(a, b route) int {
		return strings.Compare(a.Pattern+" "+a.Method, b.Pattern+" "+b.Method)
	})
	if len(list) < 20 {
		t.Fatalf("the router has %d routes only", len(list))
	}
	return slices.Compact(list)
}

// known are values for the parameters of routes.
type known map[string][]string

// fill gives the paths that a pattern stands for. A route that nobody knows how
// to fill fails the test: whoever adds one says here what it shows.
func (k known) fill(t testing.TB, pattern string) []string {
	t.Helper()
	if !strings.ContainsAny(pattern, ":*") {
		return []string{pattern}
	}
	values, ok := k[pattern]
	if !ok || len(values) == 0 {
		t.Errorf("the walk cannot fill the route %s: add what it takes to knownPaths", pattern)
	}
	return values
}

// knownPaths reads from the running paper's own pages what its routes can be
// filled with.
func knownPaths(t testing.TB, p *Paper) known {
	t.Helper()
	all, err := stories()
	if err != nil {
		t.Fatal(err)
	}
	k := known{}
	add := func(pattern string, paths ...string) {
		for _, path := range paths {
			if path, _, _ = strings.Cut(path, "?"); path != "" && !slices.Contains(k[pattern], path) {
				k[pattern] = append(k[pattern], path)
			}
		}
	}
	for _, s := range all {
		add("/stories/:slug", storyPath(s.Slug))
	}
	b := p.Browser(t)
	b.Header.Set("User-Agent", "walker (bot)") // is given nothing and counted nowhere
	pages := []string{"/"}
	for _, s := range all {
		pages = append(pages, storyPath(s.Slug))
	}
	for _, path := range pages {
		page := b.Get(path).Is(http.StatusOK)
		for pattern, prefix := range map[string]string{
			"/sections/:slug": "/sections/", "/authors/:slug": "/authors/", "/pages/:slug": "/pages/",
			"/static/*": "/static/", "/media/:file": "/media/",
		} {
			for _, attribute := range []string{"href", "src"} {
				page.Find("[" + attribute + `^="` + prefix + `"]`).Each(func(_ int, found *goquery.Selection) {
					add(pattern, found.AttrOr(attribute, ""))
				})
			}
		}
	}
	add("/*", "/nowhere", "/stories", "/stories/", "/.env", "/newsroom", "/api/v1/stories", "/index.html")
	for _, s := range all {
		add("/*", storyPath(s.Slug)+".json", storyPath(s.Slug)+".md", storyPath(s.Slug)+"/", storyPath(s.Slug)+"/amp", "/api/v1/stories/"+s.Slug)
	}
	email := newEmail()
	p.Browser(t).Get("/signin").Submit(`form[action="/signin"]`, "email", email)
	add("/signin/link/:token", p.Link(t, email), "/signin/link/made-up")
	add("/account/invoices/:id", "/account/invoices/in_made_up", "/account/invoices/in_made_up.pdf")
	add("/preview/:token", "/preview/made-up")
	for _, page := range []string{"", "/page", "/history", "/withdraw", "/ready", "/picture", "/publish", "/schedule", "/unschedule", "/embargo", "/correct", "/link", "/links", "/restore"} {
		add("/newsroom/stories/:id"+page, "/newsroom/stories/made-up"+page)
	}
	add("/account/card/:token", "/account/card/made-up")
	add("/newsroom/numbers/csv/:table", "/newsroom/numbers/csv/stories", "/newsroom/numbers/csv/made-up")
	add("/account/card/:token/done", "/account/card/made-up/done")
	for _, form := range []string{"", "/role", "/signout", "/reset", "/remove"} {
		add("/newsroom/staff/:id"+form, "/newsroom/staff/made-up"+form)
	}
	for _, form := range []string{"", "/why", "/name", "/email", "/grant", "/grant/end", "/resend", "/signout", "/export", "/refund", "/cancel", "/merge", "/erase", "/view"} {
		add("/newsroom/readers/:id"+form, "/newsroom/readers/made-up"+form)
	}
	add("/newsroom/readers/:id/view/:slug", "/newsroom/readers/made-up/view/made-up")
	for _, form := range []string{"", "/price", "/gifts"} {
		add("/newsroom/plans/plan/:id"+form, "/newsroom/plans/plan/digital"+form, "/newsroom/plans/plan/made-up"+form)
	}
	add("/newsroom/plans/price/:id", "/newsroom/plans/price/digital_monthly", "/newsroom/plans/price/made-up")
	add("/newsroom/plans/codes/:code/end", "/newsroom/plans/codes/made-up/end")
	gift := giftPath(t, p)
	add("/gifts/of/:token", gift, "/gifts/of/made-up")
	add("/gifts/of/:token/card", gift+"/card", "/gifts/of/made-up/card")
	box := b.Get("/_mail").Is(http.StatusOK)
	add("/_mail/:id", box.One(`a[href^="/_mail/"]`).AttrOr("href", ""))
	return k
}
