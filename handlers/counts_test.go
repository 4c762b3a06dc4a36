package handlers_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/handlers"
	"broadsheet/internal/id"
	"broadsheet/journey"
	"broadsheet/news"
	"broadsheet/numbers"
	"broadsheet/reader"
	"broadsheet/store"
)

// counted is what the numbers hold of a story once the site has written down
// what is in memory, as "what source" and how often.
func (b *bench) counted(story string) map[string]int {
	b.t.Helper()
	handlers.Flush(b.t.Context(), b.site)
	lines, err := b.db.Hours(b.t.Context(), story, 0, math.MaxInt64)
	if err != nil {
		b.t.Fatal(err)
	}
	got := map[string]int{}
	for _, l := range lines {
		got[string(l.What)+" "+l.Source] += l.N
	}
	return got
}

func TestStoriesAreCountedByWhereReadersCameFrom(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	free, closed := b.story("free", news.Free), b.story("closed", news.Subscribers)
	w := b.browser()
	w.get("/stories/free", "Referer", "https://www.google.com/search?q=jane")
	w.get("/stories/free", "Referer", "https://www.google.com/")
	w.get("/stories/free")
	w.get("/stories/closed", "Referer", "https://blog.example.org/jane?id=7")
	// Nobody reads these.
	w.send(http.MethodHead, "/stories/free", nil)
	w.get("/stories/free", "Sec-Purpose", "prefetch")
	w.get("/stories/free", "User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1)")
	w.get("/stories/closed", "User-Agent", "SomeSpider/1.0")
	if diff := cmp.Diff(map[string]int{"read search": 2, "read direct": 1}, b.counted(free.ID)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"wall.subscribe example.org": 1}, b.counted(closed.ID)); diff != "" {
		t.Error(diff)
	}
}

// The desk does not count, at its own stories or anywhere.
func TestTheDeskIsNotCounted(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	free, closed := b.story("free", news.Free), b.story("closed", news.Subscribers)
	m := b.atDesk("ruth", reader.Editor)
	m.get("/stories/free")
	m.get("/stories/closed")
	if got := len(b.counted(free.ID)) + len(b.counted(closed.ID)); got != 0 {
		t.Errorf("the desk was counted in %d lines", got)
	}
}

// What is counted is written while the site runs, seconds later at most.
func TestCountsAreWrittenWhileTheSiteRuns(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	free := b.story("free", news.Free)
	b.browser().get("/stories/free")
	go b.site.Run(t.Context())
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(10 * time.Second); ; {
		lines, err := b.db.Hours(t.Context(), free.ID, 0, math.MaxInt64)
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) == 1 {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("nothing was written down")
		}
	}
}

// What led to a wall stands in its forms, on a page that is then nobody else's.
func TestAWallRemembersWhatLedThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.story("closed", news.Subscribers)
	for referrer, want := range map[string]string{
		"": "/stories/closed", "https://www.google.com/": "/stories/closed?via=search", b.url + "/": "/stories/closed?via=own",
		"https://blog.example.org/x": "/stories/closed?via=example.org",
	} {
		a := b.browser().get("/stories/closed", "Referer", referrer)
		if got := a.page(t).Find("article input[name=return]").First().AttrOr("value", ""); got != want {
			t.Errorf("from %q the form leads back to %q, want %q", referrer, got, want)
		}
		if shared := strings.Contains(a.Header.Get("Cache-Control"), "public"); shared != (referrer == "") {
			t.Errorf("from %q the page is %q", referrer, a.Header.Get("Cache-Control"))
		}
	}
}

// Sites that somebody makes up fill neither the numbers nor the memory of pages:
// past a bound all of them are one.
func TestMadeUpSitesAreOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.story("closed", news.Subscribers)
	w, ways := b.browser(), map[string]bool{}
	for i := range 300 {
		a := w.get("/stories/closed", "Referer", fmt.Sprintf("https://site%d.example/", i))
		ways[a.page(t).Find("article input[name=return]").First().AttrOr("value", "")] = true
	}
	if len(ways) > 201 || !ways["/stories/closed?via=other"] {
		t.Errorf("%d pages were drawn for 300 made-up sites", len(ways))
	}
}

// From the wall to the receipt: an account, a checkout and a purchase are each
// counted once, for the story whose wall was met and the site that led there.
func TestAPurchaseIsCountedForItsStoryAndSource(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	closed := c.story("closed", news.Subscribers)
	w := c.browser()
	w.get("/stories/closed", "Referer", "https://news.example.org/")
	form := url.Values{"price": {"digital_monthly"}, "email": {"ada@example.org"}, "return": {"/stories/closed?via=example.org"}}
	page := w.send(http.MethodPost, "/checkout", form).Header.Get("Location")
	if again := w.send(http.MethodPost, "/checkout", form).Header.Get("Location"); again != page {
		t.Fatalf("the second click leads to %s", again)
	}
	want := map[string]int{"wall.subscribe example.org": 1, "begun example.org": 1, "registered example.org": 1}
	if diff := cmp.Diff(want, c.counted(closed.ID)); diff != "" {
		t.Error(diff)
	}
	done := w.pay(page, "4242424242424242")
	w.get(done)
	c.quiet()
	w.get(done)
	want["bought example.org"] = 1
	if diff := cmp.Diff(want, c.counted(closed.ID)); diff != "" {
		t.Error(diff)
	}
}

// countsOf adds to the numbers of a bench.
func countsOf(d *handlers.Deps) *journey.Counts {
	return &journey.Counts{Store: d.Gate.(*store.DB), Paper: d.Paper, Zone: func(context.Context) (*time.Location, error) { return time.UTC, nil }}
}

// Signing in for the first time counts once, and a made-up source as none.
func TestARegistrationIsCounted(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	s := e.story("closed", news.Subscribers)
	for range 2 {
		w := e.browser()
		w.send(http.MethodPost, "/signin", url.Values{"email": {"maud@example.org"}, "return": {"/subscribe?" + url.Values{"price": {"x"}, "return": {"/stories/closed?via=%3Cb%3E"}}.Encode()}})
		digits, _ := e.mailed(w, "maud@example.org")
		w.send(http.MethodPost, "/signin/code", url.Values{"email": {"maud@example.org"}, "code": {digits}})
		e.wall.pass(2 * time.Minute)
	}
	if diff := cmp.Diff(map[string]int{"registered direct": 1}, e.counted(s.ID)); diff != "" {
		t.Error(diff)
	}
}

// Counting takes no part of a page's time that anybody would notice.
func BenchmarkCount(b *testing.B) {
	c := numbers.NewCounter()
	stories := make([]string, 2000)
	for i := range stories {
		stories[i] = id.New(noon.Add(time.Duration(i) * time.Second))
	}
	for i := range b.N {
		source := numbers.SourceOf("https://www.google.com/search?q=x", "paper.example")
		c.Add(noon, stories[i%len(stories)], numbers.Read, source)
		if i%100_000 == 0 {
			c.Take()
		}
	}
}
