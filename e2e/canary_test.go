package e2e

import (
	"compress/gzip"
	"crypto/sha256"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"broadsheet/news"
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
