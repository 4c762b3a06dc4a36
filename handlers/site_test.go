package handlers_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"broadsheet/handlers"
	"broadsheet/news"
)

func TestSharedPagesCarryNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.story("metered", news.Metered)
	b.story("free", news.Free)
	b.story("closed", news.Subscribers)
	for _, path := range []string{"/", "/stories/free", "/stories/closed", "/sections/world", "/authors/ada"} {
		a := b.browser().get(path)
		if got := a.Header.Get("Cache-Control"); got != "public, s-maxage=60" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
		if got := a.Header.Get("Vary"); got != "Cookie, Accept-Encoding" {
			t.Errorf("%s: Vary %q", path, got)
		}
		if len(a.Cookies()) != 0 {
			t.Errorf("%s: a shared page sets a cookie", path)
		}
		if again := b.browser().get(path, "If-None-Match", a.Header.Get("Etag")); again.StatusCode != http.StatusNotModified {
			t.Errorf("%s: a revalidation got %d", path, again.StatusCode)
		}
	}
	w := b.browser()
	counted := w.get("/stories/metered")
	if len(counted.Cookies()) != 1 {
		t.Fatalf("a counted story set %d cookies", len(counted.Cookies()))
	}
	pages := map[string]answer{"the counted story": counted}
	for _, path := range []string{"/", "/stories/free", "/stories/closed", "/stories/metered", "/meter"} {
		pages[path] = w.get(path)
	}
	for path, a := range pages {
		if got := a.Header.Get("Cache-Control"); got != "private, no-store" {
			t.Errorf("%s, for a visitor: Cache-Control %q", path, got)
		}
		if a.Header.Get("Etag") != "" {
			t.Errorf("%s, for a visitor: has an ETag", path)
		}
	}
}

func TestEveryEncodingSaysTheSame(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.story("free", news.Free)
	decoders := map[string]func(io.Reader) (io.Reader, error){
		"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	}
	for _, path := range []string{"/stories/free", "/feed.xml", "/sitemap.xml"} {
		plain := b.browser().get(path, "Accept-Encoding", "identity")
		for coding, decode := range decoders {
			if got := unpacked(t, b, path, coding, decode); got != plain.body {
				t.Errorf("%s in %s is another", path, coding)
			}
		}
	}
}

// unpacked waits until an address is answered in that coding.
func unpacked(t *testing.T, b *bench, path, coding string, decode func(io.Reader) (io.Reader, error)) string {
	t.Helper()
	var packed answer
	for deadline := time.Now().Add(10 * time.Second); packed.Response == nil || packed.Header.Get("Content-Encoding") != coding; {
		if time.Now().After(deadline) {
			t.Fatalf("%s never came in %s", path, coding)
		}
		packed = b.browser().get(path, "Accept-Encoding", coding)
	}
	r, err := decode(strings.NewReader(packed.body))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

func TestFaultsAreDesignedAndSayNothingOfTheInside(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.browser()
	tests := []struct {
		method, path string
		head         []string
		status       int
	}{
		{http.MethodGet, "/nowhere", nil, 404},
		{http.MethodGet, "/stories/none", nil, 404},
		{http.MethodGet, "/stories/%00", nil, 404},
		{http.MethodGet, "/sections/world?before=junk", nil, 404},
		{http.MethodDelete, "/", nil, 405},
		{http.MethodPost, "/meter", []string{"Sec-Fetch-Site", "cross-site"}, 403},
	}
	for _, tt := range tests {
		a := w.send(tt.method, tt.path, nil, tt.head...)
		if a.StatusCode != tt.status {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, a.StatusCode, tt.status)
		}
		if a.page(t).Find("main h1").Length() != 1 {
			t.Errorf("%s %s: the page has no headline", tt.method, tt.path)
		}
		if a.Header.Get("X-Request-Id") == "" || !strings.Contains(a.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s %s: headers are missing", tt.method, tt.path)
		}
	}
}

// brokenNews is a store whose queries fail once the site runs.
type brokenNews struct {
	handlers.NewsStore
}

func (brokenNews) StoryBySlug(context.Context, string) (news.Story, error) {
	panic("secret of the inside")
}

func TestAPanicIsAPageAndALogLine(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(d *handlers.Deps) { d.News = brokenNews{d.News} })
	a := b.browser().get("/stories/any")
	if a.StatusCode != http.StatusInternalServerError || strings.Contains(a.body, "secret") {
		t.Errorf("status %d, or the page tells", a.StatusCode)
	}
	id := a.Header.Get("X-Request-Id")
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(b.log.String(), id); {
		if time.Now().After(deadline) {
			t.Fatal("the log says nothing")
		}
	}
	if !strings.Contains(b.log.String(), "secret of the inside") || !strings.Contains(a.body, id) {
		t.Error("log and page do not lead to each other")
	}
}

func TestABodyThatIsTooLarge(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	form := url.Values{"email": {strings.Repeat("x", 200<<10)}}
	if a := b.browser().send(http.MethodPost, "/signin", form); a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", a.StatusCode)
	}
}
