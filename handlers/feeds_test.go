package handlers_test

import (
	"encoding/xml"
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/handlers"
	"broadsheet/news"
)

var update = flag.Bool("update", false, "write the golden files again")

// golden compares a text with the file of that name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// publish prints a story from Markdown.
func (b *bench) publish(slug, markdown string, with func(*news.Story)) {
	b.t.Helper()
	s := b.story(slug, news.Free)
	body, err := news.Render(markdown)
	if err != nil {
		b.t.Fatal(err)
	}
	s.Body = body
	with(&s)
	if _, err := b.db.SaveStory(b.t.Context(), s, "", noon); err != nil {
		b.t.Fatal(err)
	}
	if err := b.site.Refresh(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

var guid = regexp.MustCompile(`(isPermaLink="false">)[0-9a-z]{26}<`)

func TestFeed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const text = "The *opening* says [where](/stories/open).\n\n## Behind\n\nThis is not for the feed of a closed story, and is <b>long</b> enough to be cut off by a quarter of all words.\n\n" +
		"![A dot](/media/dot.svg \"Behind too\")\n\nAnd it goes on & on, with words that nobody may read who has not come through the gate.\n"
	b.publish("open", text, func(s *news.Story) { s.Headline = "Tea & <em>cake</em>" })
	b.publish("closed", text, func(s *news.Story) {
		s.Access, s.Published, s.Updated = news.Metered, noon.Add(-2*time.Hour), noon.Add(-time.Minute)
	})
	a := b.browser().get("/feed.xml")
	if got := a.Header.Get("Content-Type"); got != "application/rss+xml; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	if len(a.Cookies()) > 0 || a.Header.Get("Cache-Control") != "public, max-age=60" {
		t.Errorf("a feed is nobody's own: %v", a.Header)
	}
	golden(t, "feed.xml", guid.ReplaceAllString(strings.ReplaceAll(a.body, b.url, "https://paper.test"), "${1}ID<"))
	if again := b.browser().get("/feed.xml", "If-None-Match", a.Header.Get("Etag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("a revalidation got %d", again.StatusCode)
	}
	b.publish("news", "More.", func(*news.Story) {})
	if !strings.Contains(b.browser().get("/feed.xml").body, "/stories/news") {
		t.Error("a new story is not in the feed")
	}
}

func TestFeedNeverCarriesWhatIsClosed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, a := range []news.Access{news.Metered, news.Subscribers} {
		b.story(string(a), a)
	}
	got := b.browser().get("/feed.xml").body
	for _, want := range []string{"Sentence 0 of metered", "Sentence 1 of subscribers"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, not := range []string{"Sentence 2 of metered", "Sentence 9 of metered", "Sentence 2 of subscribers", "Sentence 5 of subscribers"} {
		if strings.Contains(got, not) {
			t.Errorf("%q came out", not)
		}
	}
}

func locs(t *testing.T, b *bench, body string) []string {
	t.Helper()
	var doc struct {
		URLs  []string `xml:"url>loc"`
		Parts []string `xml:"sitemap>loc"`
	}
	if err := xml.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	all := append(doc.URLs, doc.Parts...)
	for i := range all {
		all[i] = strings.TrimPrefix(all[i], b.url)
	}
	return all
}

func TestSitemap(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.story("b", news.Subscribers)
	b.story("a", news.Free)
	got := b.browser().get("/sitemap.xml")
	want := []string{"/", "/sections/world", "/authors/ada", "/subscribe", "/stories/a", "/stories/b"}
	if diff := cmp.Diff(want, locs(t, b, got.body)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(got.body, "<lastmod>2024-04-12T13:00:00+02:00</lastmod>") {
		t.Error("no story says when it changed")
	}
}

func TestSitemapInParts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	handlers.PartSitemaps(b.site, 2)
	for _, slug := range []string{"a", "b", "c", "d", "e"} {
		b.story(slug, news.Free)
	}
	w := b.browser()
	parts := locs(t, b, w.get("/sitemap.xml").body)
	if diff := cmp.Diff([]string{"/sitemap.xml?after=", "/sitemap.xml?after=b", "/sitemap.xml?after=d"}, parts); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	var stories []string
	for _, part := range parts {
		for _, loc := range locs(t, b, w.get(part).body) {
			if strings.HasPrefix(loc, "/stories/") {
				stories = append(stories, strings.TrimPrefix(loc, "/stories/"))
			}
		}
	}
	if got := strings.Join(stories, ""); got != "abcde" {
		t.Errorf("the parts list %q", got)
	}
	if got := w.get("/sitemap.xml?after=c").StatusCode; got != http.StatusNotFound {
		t.Errorf("a part that isn't there: %d", got)
	}
}

func TestRobots(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.browser().get("/robots.txt")
	for _, want := range []string{"User-agent: *\n", "Disallow: /account\n", "Sitemap: " + b.url + "/sitemap.xml\n"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("%q is missing in %q", want, a.body)
		}
	}
}

func TestSearchPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.story("metered", news.Metered)
	w := b.browser()
	ask := func(q string) answer { return w.get("/search?q=" + url.QueryEscape(q)) }
	if n := ask("sentence metered").page(t).Find(`main a[href="/stories/metered"]`).Length(); n != 1 {
		t.Errorf("the story is linked %d times", n)
	}
	empty := ask(`<script>"nothing`)
	if empty.StatusCode != http.StatusOK || strings.Contains(empty.body, "<script>\"") || empty.page(t).Find(`input[name=q]`).AttrOr("value", "") != `<script>"nothing` {
		t.Errorf("the question does not come back as it was asked: %d", empty.StatusCode)
	}
	if empty.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("Cache-Control %q", empty.Header.Get("Cache-Control"))
	}
	for path, want := range map[string]int{"/search": 200, "/search?q=%ff%00": 200, "/search?q=a&before=x": 404, "/search?q=" + strings.Repeat("x", 5000): 200} {
		if got := w.get(path).StatusCode; got != want {
			t.Errorf("%.40s: %d, want %d", path, got, want)
		}
	}
	for i := range 25 {
		b.story("many-"+string(rune('a'+i)), news.Free)
	}
	next, ok := ask("many").page(t).Find(`main a[href*="before="]`).Attr("href")
	if !ok {
		t.Fatal("there is no way to the older ones")
	}
	if n := w.get(next).page(t).Find(`main a[href^="/stories/many"]`).Length(); n != 5 {
		t.Errorf("the second page lists %d", n)
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	dir := news.MediaDir(t.TempDir())
	image, err := news.ReadPicture([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 2"/>`))
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Put(t.Context(), image); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(string(dir), "secret.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, func(d *handlers.Deps) { d.Media = dir })
	w := b.browser()
	a := w.get(image.Src())
	for name, want := range map[string]string{
		"Content-Type": "image/svg+xml", "Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if a.body != string(image.Content) || len(a.Cookies()) > 0 {
		t.Errorf("status %d, %q", a.StatusCode, a.body)
	}
	if got := w.get(image.Src(), "If-None-Match", a.Header.Get("Etag")).StatusCode; got != http.StatusNotModified {
		t.Errorf("a revalidation got %d", got)
	}
	part := w.get(image.Src(), "Range", "bytes=1-3")
	if part.StatusCode != http.StatusPartialContent || part.body != "svg" {
		t.Errorf("a range got %d, %q", part.StatusCode, part.body)
	}
	for _, path := range []string{"/media/secret.txt", "/media/..%2Fsecret.txt", "/media/" + strings.Repeat("0", 64) + ".svg", "/media/" + strings.ToUpper(image.Name), "/media/"} {
		if got := w.get(path).StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: %d", path, got)
		}
	}
}
