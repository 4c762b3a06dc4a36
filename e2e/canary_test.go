package e2e

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"broadsheet/demo"
	"broadsheet/news"
	"broadsheet/paywall"
)

// The canary: nothing that stands behind a wall leaves the server, by any route
// in any format, whoever read it before.

func TestNothingClosedLeavesTheServer(t *testing.T) {
	t.Parallel()
	p := Start(t, Options{})
	behind := behindTheCut(t)
	viewers, subscriber := canaryViewers(t, p)
	paths := knownPaths(t, p)
	list := routes(t, p)

	// A subscriber reads everything first, in every encoding, so that whatever
	// keeps finished pages holds open ones.
	etags := map[string][]string{}
	for _, path := range paths["/stories/:slug"] {
		for _, encoding := range []string{"identity", "gzip", "br", "br, gzip"} {
			res, body := subscriber.ask(t, p, http.MethodGet, path, "Accept-Encoding", encoding)
			if !strings.HasPrefix(gateOf(body), "open ") {
				t.Fatalf("the subscriber meets %q at %s", gateOf(body), path)
			}
			if tag := res.Header.Get("Etag"); tag != "" {
				etags[path] = append(etags[path], tag)
			}
		}
		if behind.found(bodyOf(t, p, subscriber, path), nil) == "" && !isFree(t, path) {
			t.Fatalf("the canary is blind: it finds nothing on the open page of %s", path)
		}
	}

	var all sync.WaitGroup
	for _, v := range viewers {
		all.Go(func() { v.walk(t, p, list, paths, etags, behind) })
	}
	all.Wait()
	asked := 0
	for _, v := range viewers {
		asked += v.asked
	}
	texts := 0
	for _, v := range viewers {
		texts += len(v.seen)
	}
	t.Logf("%d routes, %d requests by %d viewers, %d different answers", len(list), asked, len(viewers), texts)
}

func bodyOf(t testing.TB, p *Paper, v *viewer, path string) string {
	_, body := v.ask(t, p, http.MethodGet, path)
	return body
}

func isFree(t testing.TB, path string) bool {
	return slices.Contains(slugs(t, news.Free), strings.TrimPrefix(path, "/stories/"))
}

// viewer is somebody who may not read everything.
type viewer struct {
	name   string
	cookie string
	agent  string
	open   map[string]bool // slugs that this viewer was given
	asked  int
	seen   map[[sha256.Size]byte]bool // texts that were looked through
}

// canaryViewers are an unconfirmed machine, a visitor and a reader who have
// used up their allowances, and a reader whose plan has ended; and beside them
// a subscriber.
func canaryViewers(t testing.TB, p *Paper) (list []*viewer, subscriber *viewer) {
	t.Helper()
	metered := slugs(t, news.Metered)
	lapsed := p.Browser(t)
	lapsed.SignIn(newEmail())
	lapsed.Subscribe(digitalMonthly, "")
	lapsed.Get("/account/cancel").Submit(`main form[action="/account/cancel"] button`)
	p.Advance(t, month+24*time.Hour)

	subscribes := p.Browser(t)
	subscribes.SignIn(newEmail())
	subscribes.Subscribe(digitalYearly, "")

	visitor, registered := p.Browser(t), p.Browser(t)
	visitor.Spend(metered, 2)
	registered.SignIn(newEmail())
	registered.Spend(metered[2:], 5)
	lapsed.Spend(metered[7:], 5)
	list = []*viewer{
		{name: "machine", seen: map[[sha256.Size]byte]bool{}, agent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
		newViewer("visitor", visitor, metered[:2]),
		newViewer("registered reader", registered, metered[2:7]),
		newViewer("lapsed reader", lapsed, metered[7:12]),
	}
	return list, newViewer("subscriber", subscribes, nil)
}

func newViewer(name string, b *Browser, open []string) *viewer {
	v := &viewer{name: name, agent: agent, open: map[string]bool{}, seen: map[[sha256.Size]byte]bool{}}
	at, _ := url.Parse(b.paper.URL)
	for _, c := range b.Jar.Cookies(at) {
		v.cookie += c.Name + "=" + c.Value + "; "
	}
	v.cookie = strings.TrimSuffix(v.cookie, "; ")
	for _, slug := range open {
		v.open[slug] = true
	}
	return v
}

// ask sends one request and answers with the decoded body.
func (v *viewer) ask(t testing.TB, p *Paper, method, path string, header ...string) (*http.Response, string) {
	return v.send(t, p, method, path, nil, header...)
}

func (v *viewer) send(t testing.TB, p *Paper, method, path string, form url.Values, header ...string) (*http.Response, string) {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(t.Context(), method, p.URL+path, body)
	if err != nil {
		t.Error(err)
		return &http.Response{Header: http.Header{}}, ""
	}
	req.Header.Set("User-Agent", v.agent)
	req.Header.Set("Accept-Encoding", "identity")
	if v.cookie != "" {
		req.Header.Set("Cookie", v.cookie)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	v.asked++
	res, err := plain.Do(req)
	if err != nil {
		t.Errorf("%s %s: %v", method, path, err)
		return &http.Response{Header: http.Header{}}, ""
	}
	defer res.Body.Close()
	plainBody, err := decoded(res)
	if err != nil {
		t.Errorf("%s %s: %v", method, path, err)
	}
	return res, plainBody
}

func decoded(res *http.Response) (string, error) {
	var from io.Reader = res.Body
	switch res.Header.Get("Content-Encoding") {
	case "gzip":
		unzip, err := gzip.NewReader(res.Body)
		if err == io.EOF {
			return "", nil // no body, as for HEAD
		}
		if err != nil {
			return "", err
		}
		from = unzip
	case "br":
		from = brotli.NewReader(res.Body)
	}
	body, err := io.ReadAll(from)
	if len(body) == 0 && (err == io.ErrUnexpectedEOF || res.Request.Method == http.MethodHead) {
		err = nil
	}
	return string(body), err
}

// walk sends every request that the viewer could think of.
func (v *viewer) walk(t *testing.T, p *Paper, list []route, paths known, etags map[string][]string, behind *secrets) {
	look := func(method, path string, form url.Values, header ...string) string {
		res, body := v.send(t, p, method, path, form, header...)
		if res.StatusCode >= 500 && res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s: %s %s: status %d", v.name, method, path, res.StatusCode)
		}
		if method == http.MethodHead && body != "" {
			t.Errorf("%s: HEAD %s has a body", v.name, path)
		}
		for _, text := range []string{body, headers(res)} {
			if !v.isNew(text, res.Header.Get("X-Request-Id")) {
				continue
			}
			if slug := behind.found(text, v.open); slug != "" {
				t.Errorf("%s reads what is closed of %s by %s %s %q %q", v.name, slug, method, path, form, header)
			}
		}
		return res.Header.Get("Etag")
	}
	for _, r := range list {
		if r.Method != http.MethodGet {
			continue
		}
		for _, path := range paths.fill(t, r.Pattern) {
			if strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/media/") {
				look(http.MethodGet, path, nil) // a file is the same for everybody
				continue
			}
			v.readPath(path, etags[path], look)
		}
	}
	for _, path := range paths["/*"] {
		look(http.MethodGet, path, nil)
	}
	for _, query := range behind.queries {
		look(http.MethodGet, "/search?q="+url.QueryEscape(query), nil)
	}
	v.postAll(t, p, list, paths, look)
}

// isNew reports whether the viewer meets a text for the first time. Most
// requests are answered by the same bytes, but for the request's id.
func (v *viewer) isNew(text, id string) bool {
	if id != "" {
		text = strings.ReplaceAll(text, id, "")
	}
	sum := sha256.Sum256([]byte(text))
	known := v.seen[sum]
	v.seen[sum] = true
	return !known
}

func headers(res *http.Response) string {
	var lines []string
	for name, values := range res.Header {
		if name != "Date" {
			lines = append(lines, name+" "+strings.Join(values, " "))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// oddQueries are what might ask for more than the page.
var oddQueries = []string{"?print=1", "?amp=1", "?format=json", "?format=rss", "?view=full", "?preview=1", "?gift=made-up", "?_escaped_fragment_=", "?gift=%00", "?before=zzz", "?page=2", "?q=the", "?utm_source=x&outputType=amp"}

func (v *viewer) readPath(path string, etags []string, look func(string, string, url.Values, ...string) string) {
	seen := []string{look(http.MethodGet, path, nil)}
	for _, encoding := range []string{"gzip", "br", "br, gzip", "gzip;q=0, br;q=0.5", "*", "zstd"} {
		look(http.MethodGet, path, nil, "Accept-Encoding", encoding)
	}
	for _, accept := range []string{"application/json", "text/markdown", "application/ld+json", "text/plain", "application/rss+xml"} {
		look(http.MethodGet, path, nil, "Accept", accept)
	}
	for _, query := range oddQueries {
		look(http.MethodGet, path+query, nil)
	}
	for _, span := range []string{"bytes=0-99999", "bytes=3000-", "bytes=-5000"} {
		look(http.MethodGet, path, nil, "Range", span)
	}
	for _, tag := range append(append(seen, etags...), "*") {
		if tag != "" {
			look(http.MethodGet, path, nil, "If-None-Match", tag)
			look(http.MethodGet, path, nil, "If-Range", tag, "Range", "bytes=1000-")
		}
	}
	look(http.MethodHead, path, nil)
	look(http.MethodGet, path, nil, "Sec-Purpose", "prefetch")
	look(http.MethodGet, path, nil, "HX-Request", "true")
	look(http.MethodGet, path, nil, "X-Forwarded-For", "66.249.66.1")
	look(http.MethodOptions, path, nil)
	look("PROPFIND", path, nil)
}

// postAll sends forms to everything that takes them. What ends the session comes
// last.
func (v *viewer) postAll(t *testing.T, p *Paper, list []route, paths known, look func(string, string, url.Values, ...string) string) {
	stories := paths["/stories/:slug"]
	back := stories[len(stories)-1]
	var ends []string
	send := func(path string) {
		look(http.MethodPost, path, url.Values{"return": {back}})                                   // from no page at all
		look(http.MethodPost, path, url.Values{"return": {back}}, "Origin", "https://example.com")  // from another site
		look(http.MethodPost, path, url.Values{}, "Origin", p.URL, "Sec-Fetch-Site", "same-origin") // an empty form
		look(http.MethodPost, path, url.Values{                                                     // and a full one
			"return": {back}, "email": {newEmail()}, "code": {"123456"}, "price": {"digital_monthly"}, "session": {"x"}, "q": {"the"},
		}, "Origin", p.URL, "Sec-Fetch-Site", "same-origin")
	}
	for _, r := range list {
		if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Pattern == "/*" {
			continue
		}
		for _, path := range paths.fill(t, r.Pattern) {
			if strings.HasPrefix(path, "/signout") || strings.HasPrefix(path, "/account") || strings.HasPrefix(path, "/signin") {
				ends = append(ends, path)
				continue
			}
			send(path)
		}
	}
	for _, path := range ends {
		send(path)
	}
}

// secrets are the stories' texts from beyond their cuts.
type secrets struct {
	owner   map[string]string // a run of letters → the slug of the story that it is from
	queries []string          // words from beyond cuts, to search for
}

// run is how many letters and digits in a row make text recognisable: shorter
// than nearly every sentence, longer than what two texts share by chance.
const run = 24

// behindTheCut takes every run of letters from beyond the cuts that stands
// nowhere in what is public.
func behindTheCut(t testing.TB) *secrets {
	t.Helper()
	all, err := stories()
	if err != nil {
		t.Fatal(err)
	}
	s := &secrets{owner: map[string]string{}}
	for _, story := range all {
		if story.Access == news.Free {
			continue
		}
		closed := story.Body[len(paywall.Cut(story.Body)):]
		if len(closed) < 3 {
			t.Fatalf("%s has almost nothing behind its cut", story.Slug)
		}
		for _, block := range closed {
			for _, text := range append(alternatives(block.HTML), block.Text) {
				letters := canonical(text)
				for i := 0; i+run <= len(letters); i++ {
					s.owner[letters[i:i+run]] = story.Slug
				}
			}
		}
		s.queries = append(s.queries, query(closed[1].Text), query(closed[len(closed)-1].Text))
	}
	for _, text := range publicTexts(t, all) {
		letters := canonical(text)
		for i := 0; i+run <= len(letters); i++ {
			delete(s.owner, letters[i:i+run])
		}
	}
	return s
}

// publicTexts are what everybody may read.
func publicTexts(t testing.TB, all []demoStory) []string {
	t.Helper()
	var public []string
	for _, story := range all {
		shown := paywall.Cut(story.Body)
		if story.Access == news.Free {
			shown = story.Body
		}
		for _, block := range shown {
			public = append(append(public, block.Text), alternatives(block.HTML)...)
		}
	}
	err := fs.WalkDir(demo.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, ".svg") {
			return err
		}
		raw, err := fs.ReadFile(demo.Files, path)
		text := string(raw)
		if strings.HasPrefix(path, "stories/") {
			_, text, _ = strings.Cut(text, "---\n")
			text, _, _ = strings.Cut(text, "\n---\n") // the front matter
		}
		public = append(public, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return public
}

var alternative = regexp.MustCompile(`(?:alt|title)="([^"]*)"`)

// alternatives are the texts in attributes of a block.
func alternatives(h news.HTML) []string {
	var texts []string
	for _, found := range alternative.FindAllStringSubmatch(string(h), -1) {
		texts = append(texts, html.UnescapeString(found[1]))
	}
	return texts
}

// query is a few words from the middle of a text, too few to be a run when the
// page repeats them between words of its own.
func query(text string) string {
	words := strings.Fields(text)
	words = words[len(words)/2:]
	for n := min(4, len(words)); n > 0; n-- {
		if q := strings.Join(words[:n], " "); len(canonical(q)) <= run-6 {
			return q
		}
	}
	return "the"
}

var (
	tag       = regexp.MustCompile(`<[^>]*>`)
	jsonEntry = regexp.MustCompile(`\\u[0-9a-fA-F]{4}`)
)

// found is the slug of a story that is closed and yet in an answer, "" for none.
func (s *secrets) found(answer string, open map[string]bool) string {
	once := html.UnescapeString(answer)
	twice := html.UnescapeString(once)
	forms := []string{once, tag.ReplaceAllString(answer, ""), tag.ReplaceAllString(once, ""), tag.ReplaceAllString(twice, "")}
	if strings.Contains(answer, "%20") {
		if unescaped, err := url.PathUnescape(strings.ReplaceAll(answer, "+", " ")); err == nil {
			forms = append(forms, unescaped)
		}
	}
	for i, form := range forms {
		if i > 0 && slices.Contains(forms[:i], form) {
			continue
		}
		letters := canonical(form)
		for j := 0; j+run <= len(letters); j++ {
			if slug, ok := s.owner[letters[j:j+run]]; ok && !open[slug] {
				return fmt.Sprintf("%s (%q)", slug, letters[j:min(len(letters), j+3*run)])
			}
		}
	}
	return ""
}

// canonical keeps the letters and digits of a text, in lower case: what is left
// is the same however the text is marked up, quoted or escaped.
func canonical(text string) string {
	text = jsonEntry.ReplaceAllString(html.UnescapeString(text), "")
	var b bytes.Buffer
	b.Grow(len(text))
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteByte(c)
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		}
	}
	return b.String()
}
