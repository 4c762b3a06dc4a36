package drill

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// agent is what a browser calls itself: machines are not counted.
const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

// transport is shared: a thousand readers need no thousand idle connections.
var transport = &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: 30 * time.Second}

// browser is a reader's: it keeps cookies, follows redirects, and sends only
// forms that stand on a page.
type browser struct {
	client *http.Client
	paper  string // the paper's own address
}

func newBrowser(paper string) *browser {
	jar, _ := cookiejar.New(nil) // without options it cannot fail
	return &browser{client: &http.Client{Transport: transport, Jar: jar, Timeout: 8 * time.Second}, paper: paper}
}

// turnedAway is an answer that asks to come back later: the paper is down, or
// something failed that will not fail for ever.
type turnedAway struct{ error }

func later(format string, args ...any) error { return turnedAway{fmt.Errorf(format, args...)} }

// page is what a browser shows.
type page struct {
	url    *url.URL
	status int
	root   *html.Node
	raw    []byte
	b      *browser
}

// get opens an address: a path of the paper, or absolute.
func (b *browser) get(ctx context.Context, address string) (*page, error) {
	if strings.HasPrefix(address, "/") {
		address = b.paper + address
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Sec-Fetch-Site", "none")
	return b.do(req)
}

func (b *browser) do(req *http.Request) (*page, error) {
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
	res, err := b.client.Do(req)
	if err != nil {
		return nil, turnedAway{err}
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, turnedAway{err}
	}
	p := &page{url: res.Request.URL, status: res.StatusCode, raw: raw, b: b}
	switch {
	case p.status >= 500 || p.status == http.StatusConflict || p.status == http.StatusTooManyRequests:
		return p, later("%s %s: %d", req.Method, p.url.Path, p.status)
	case p.status == http.StatusNotFound:
		return p, fmt.Errorf("%s %s: %d", req.Method, p.url.Path, p.status)
	}
	p.root, err = html.Parse(bytes.NewReader(raw))
	return p, err
}

// form is a form on a page, with its fields as they stand.
type form struct {
	page   *page
	node   *html.Node
	action *url.URL
	values url.Values
}

// form finds the first form that is sent to a path with that beginning; nil if
// there is none.
func (p *page) form(action string) *form { return p.formWith(action, "", "") }

// formWith is form that also has that button, or that field with that value.
func (p *page) formWith(action, name, value string) *form {
	for n := range elements(p.root, "form") {
		to, err := p.url.Parse(attr(n, "action"))
		if err != nil || !strings.HasPrefix(to.Path, action) {
			continue
		}
		if name != "" && !hasControl(n, name, value) {
			continue
		}
		return &form{page: p, node: n, action: to, values: controls(n)}
	}
	return nil
}

// link reports whether the page leads to that path.
func (p *page) link(path string) bool {
	for n := range elements(p.root, "a") {
		if to, err := p.url.Parse(attr(n, "href")); err == nil && to.Path == path {
			return true
		}
	}
	return false
}

// at reports whether the browser is at a path with that beginning.
func (p *page) at(path string) bool { return strings.HasPrefix(p.url.Path, path) }

// send fills fields in, pairs of name and value, and sends the form.
func (f *form) send(ctx context.Context, fields ...string) (*page, error) {
	for i := 0; i+1 < len(fields); i += 2 {
		f.values.Set(fields[i], fields[i+1])
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.action.String(), strings.NewReader(f.values.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	origin := f.page.url.Scheme + "://" + f.page.url.Host
	req.Header.Set("Origin", origin)
	req.Header.Set("Sec-Fetch-Site", map[bool]string{true: "same-origin", false: "same-site"}[f.action.Host == f.page.url.Host])
	return f.page.b.do(req)
}

// elements walks the elements of that name.
func elements(root *html.Node, name string) func(yield func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		if root == nil {
			return
		}
		for n := range root.Descendants() {
			if n.Type == html.ElementNode && n.Data == name && !yield(n) {
				return
			}
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func hasControl(form *html.Node, name, value string) bool {
	for _, kind := range []string{"button", "input", "select", "textarea"} {
		for n := range elements(form, kind) {
			if attr(n, "name") == name && (value == "" || attr(n, "value") == value) {
				return true
			}
		}
	}
	return false
}

// controls are a form's fields as a browser would send them untouched.
func controls(form *html.Node) url.Values {
	out := url.Values{}
	for n := range elements(form, "input") {
		kind := attr(n, "type")
		if name := attr(n, "name"); name == "" || (kind == "radio" || kind == "checkbox") && !hasAttr(n, "checked") {
			continue
		}
		out.Add(attr(n, "name"), attr(n, "value"))
	}
	for n := range elements(form, "textarea") {
		out.Add(attr(n, "name"), "")
	}
	for n := range elements(form, "select") {
		chosen, first := "", true
		for o := range elements(n, "option") {
			value := attr(o, "value")
			if value == "" && o.FirstChild != nil {
				value = o.FirstChild.Data
			}
			if first || hasAttr(o, "selected") {
				chosen = value
			}
			first = false
		}
		out.Add(attr(n, "name"), chosen)
	}
	return out
}
