package handlers_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"broadsheet/handlers"
	"broadsheet/internal/clock"
	"broadsheet/news"
	"broadsheet/paywall"
	"broadsheet/reader"
)

// gateAs are the default rules as the form sends them, with changes.
func gateAs(pairs ...string) url.Values {
	form := url.Values{"anonymous": {"2"}, "registered": {"5"}, "window": {"30"}, "network": {"40"}, "crawler": paywall.Engines()}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func TestTheDeskSetsTheGate(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	b.story("one", news.Metered)
	editor := b.atDesk("ruth", reader.Editor)
	if a := editor.get("/newsroom/gate"); !strings.Contains(a.body, "Two stories without an account, five with one, in 30 days.") || !strings.Contains(a.body, "nobody has changed them") {
		t.Fatalf("%d: the rules in force are not told", a.StatusCode)
	}
	if a := editor.send(http.MethodPost, "/newsroom/gate", gateAs()); a.StatusCode != http.StatusSeeOther || len(b.entries()) != 0 {
		t.Errorf("the same rules again: %d, %d entries", a.StatusCode, len(b.entries()))
	}
	for name, form := range map[string]url.Values{
		"no number":      gateAs("anonymous", "a few"),
		"too many":       gateAs("registered", "101"),
		"no window":      gateAs("window", "a while"),
		"too long":       gateAs("window", "367"),
		"no rule":        gateAs("asking", "sometimes"),
		"no mode":        gateAs("mode-world", "odd"),
		"no own numbers": gateAs("mode-world", "own"),
	} {
		a := editor.send(http.MethodPost, "/newsroom/gate", form)
		if a.StatusCode != http.StatusUnprocessableEntity || a.page(t).Find("#anonymous").AttrOr("value", "") != form.Get("anonymous") {
			t.Errorf("%s: %d, and the form holds %q", name, a.StatusCode, a.page(t).Find("#anonymous").AttrOr("value", ""))
		}
	}
	if got, err := b.db.GateRules(t.Context(), noon); err != nil || !got.Equal(paywall.DefaultRules()) || len(b.entries()) != 0 {
		t.Fatalf("a bad form changed something: %+v, %v", got, err)
	}
	expectGate(t, b.browser().get("/stories/one"), "open allowance")
	if a := editor.send(http.MethodPost, "/newsroom/gate", gateAs("anonymous", "0", "window", "36h")); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d: %s", a.StatusCode, a.page(t).Find("main").Text())
	}
	expectGate(t, b.browser().get("/stories/one"), "register spent")
	if a := editor.get("/newsroom/gate"); !strings.Contains(a.body, "set by Ruth") || !strings.Contains(a.body, "No story without an account, five with one, in 36 hours.") {
		t.Error("it is not told who set the rules")
	}
	entries := b.entries()
	if len(entries) != 1 || entries[0].Kind != "gate.edit" || !strings.Contains(entries[0].After, `"window":"36h0m0s"`) {
		t.Errorf("on record: %+v", entries)
	}
	// A form that was made from older rules overwrites nothing.
	a := editor.send(http.MethodPost, "/newsroom/gate", gateAs("anonymous", "9"))
	if a.StatusCode != http.StatusConflict || a.page(t).Find("#anonymous").AttrOr("value", "") != "9" {
		t.Errorf("a stale form: %d", a.StatusCode)
	}
}

func TestASectionOfItsOwn(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	b.story("one", news.Metered)
	b.story("closed", news.Subscribers)
	editor := b.atDesk("ruth", reader.Editor)
	if a := editor.send(http.MethodPost, "/newsroom/gate", gateAs("anonymous", "0", "mode-world", "free")); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode)
	}
	a := b.browser().get("/stories/one")
	expectGate(t, a, "open free")
	if len(a.Cookies()) != 0 || !strings.Contains(a.body, `"isAccessibleForFree":true`) {
		t.Error("a story of a free section is counted, or search engines are told that it is closed")
	}
	expectGate(t, b.browser().get("/stories/closed"), "subscribe subscribers")
}

// Two processes on one database: what one sets holds in the other within a
// second, without a word between them.
func TestTheGateHoldsEverywhereWithinASecond(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	b.story("one", news.Metered)
	base, err := url.Parse("http://localhost")
	if err != nil {
		t.Fatal(err)
	}
	deps := handlers.Deps{
		Config: handlers.Config{BaseURL: base, VisitorKey: []byte("visitor key")}, Paper: b.paper, Wall: clock.Wall{},
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), News: b.db, Gate: b.db, Plans: b.shop,
		Meter: paywall.NewMeter(b.db, 1), Crawlers: paywall.NewCrawlers(nil), Holdings: handlers.NewHoldings(b.shop),
		Ready:    func(context.Context) error { return nil },
		Accounts: handlers.Accounts{Sessions: handlers.NewSessions(handlers.SessionParts{Table: b.db.Sessions(clock.Wall{}), Store: b.db, Wall: clock.Wall{}})},
	}
	other, err := handlers.New(t.Context(), deps)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() { other.Run(ctx); close(stopped) }()
	t.Cleanup(func() {
		stop()
		<-stopped
		other.Close(context.Background())
		deps.Meter.Close()
		deps.Holdings.Close()
		deps.Sessions.Close()
		deps.Crawlers.Close()
	})
	asks := func() string {
		w := httptest.NewRecorder()
		other.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/stories/one", nil))
		return w.Body.String()
	}
	if !strings.Contains(asks(), `data-reason="allowance"`) {
		t.Fatal("the other process does not open what is allowed")
	}
	if a := b.atDesk("ruth", reader.Editor).send(http.MethodPost, "/newsroom/gate", gateAs("anonymous", "0")); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode)
	}
	set := time.Now()
	for !strings.Contains(asks(), `data-reason="spent"`) {
		if time.Since(set) > time.Second {
			t.Fatal("a second later the other process still goes by the old rules")
		}
	}
}
