package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// Browser reads the paper as a person without JavaScript does: it keeps
// cookies, follows redirects, and sends only forms that it finds on a page.
type Browser struct {
	t      testing.TB
	paper  *Paper
	client *http.Client
	Jar    http.CookieJar
	Header http.Header // sent with every request
}

// agent is what a real browser calls itself: machines are not counted.
const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

// Browser opens a browser that was never here.
func (p *Paper) Browser(t testing.TB) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{
		t: t, paper: p, Jar: jar, client: &http.Client{Transport: transport, Jar: jar, Timeout: 20 * time.Second},
		Header: http.Header{"User-Agent": {agent}, "Accept": {"text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}},
	}
}

// Page is what a browser shows.
type Page struct {
	*goquery.Document
	URL    *url.URL
	Status int
	Header http.Header
	Raw    []byte

	browser *Browser
}

// Get opens an address: a path of the paper, or absolute.
func (b *Browser) Get(address string) *Page {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.absolute(address), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "none")
	return b.Do(req)
}

func (b *Browser) absolute(address string) string {
	if strings.HasPrefix(address, "/") {
		return b.paper.URL + address
	}
	return address
}

// Do sends a request with the browser's headers and cookies.
func (b *Browser) Do(req *http.Request) *Page {
	b.t.Helper()
	for name, values := range b.Header {
		if req.Header.Get(name) == "" {
			req.Header[name] = values
		}
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(raw))
	if err != nil {
		b.t.Fatal(err)
	}
	return &Page{Document: doc, URL: res.Request.URL, Status: res.StatusCode, Header: res.Header, Raw: raw, browser: b}
}

// Post sends fields that no form on a page would send.
func (b *Browser) Post(path string, fields ...string) *Page {
	b.t.Helper()
	return b.send(http.MethodPost, b.absolute(path), pairs(b.t, fields), b.paper.URL)
}

func (b *Browser) send(method, target string, values url.Values, origin string) *Page {
	b.t.Helper()
	var body io.Reader
	if method == http.MethodGet {
		target, _, _ = strings.Cut(target, "?")
		target += "?" + values.Encode()
	} else {
		body = strings.NewReader(values.Encode())
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, target, body)
	if err != nil {
		b.t.Fatal(err)
	}
	site := "same-site" // papers and stand-ins differ by port only
	if strings.HasPrefix(target, origin+"/") {
		site = "same-origin"
	}
	req.Header.Set("Sec-Fetch-Site", site)
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", origin)
	}
	return b.Do(req)
}

func pairs(t testing.TB, fields []string) url.Values {
	t.Helper()
	if len(fields)%2 != 0 {
		t.Fatal("fields come in pairs of name and value")
	}
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	return values
}

// Forget throws the cookies away.
func (b *Browser) Forget() {
	jar, _ := cookiejar.New(nil)
	b.Jar, b.client = jar, &http.Client{Transport: b.client.Transport, Jar: jar, Timeout: b.client.Timeout}
}

// Cookie is the value of a cookie that the paper set, "" for none.
func (b *Browser) Cookie(name string) string {
	at, _ := url.Parse(b.paper.URL)
	for _, c := range b.Jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// SetCookie puts a cookie into the browser.
func (b *Browser) SetCookie(name, value string) {
	at, _ := url.Parse(b.paper.URL)
	b.Jar.SetCookies(at, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// Submit sends the form that selector finds, or the form of the button that it
// finds, with these fields filled in. It refuses what a browser would refuse:
// fields that are not there, and empty required ones.
func (pg *Page) Submit(selector string, fields ...string) *Page {
	pg.browser.t.Helper()
	t := pg.browser.t
	at := pg.One(selector)
	form := at.Closest("form")
	if form.Length() != 1 {
		t.Fatalf("%s: %q is in no form", pg.URL, selector)
	}
	values := controls(form)
	for name, given := range pairs(t, fields) {
		if !values.Has(name) && form.Find(`[name="`+name+`"]`).Length() == 0 {
			t.Fatalf("%s: the form at %q has no field %q", pg.URL, selector, name)
		}
		values[name] = given
	}
	form.Find("[required]").Each(func(_ int, field *goquery.Selection) {
		if _, anyway := at.Attr("formnovalidate"); anyway {
			return
		}
		if name := field.AttrOr("name", ""); values.Get(name) == "" {
			t.Fatalf("%s: the form at %q needs %q", pg.URL, selector, name)
		}
	})
	action := form.AttrOr("action", "")
	if goquery.NodeName(at) == "button" {
		if name, ok := at.Attr("name"); ok {
			values.Set(name, at.AttrOr("value", ""))
		}
		action = at.AttrOr("formaction", action)
	}
	target, err := pg.URL.Parse(action)
	if err != nil {
		t.Fatal(err)
	}
	method := strings.ToUpper(form.AttrOr("method", http.MethodGet))
	return pg.browser.send(method, target.String(), values, pg.URL.Scheme+"://"+pg.URL.Host)
}

// controls are a form's fields as they stand.
func controls(form *goquery.Selection) url.Values {
	values := url.Values{}
	form.Find("input[name], textarea[name], select[name]").Each(func(_ int, field *goquery.Selection) {
		name, kind := field.AttrOr("name", ""), field.AttrOr("type", "text")
		_, off := field.Attr("disabled")
		_, checked := field.Attr("checked")
		switch {
		case off, kind == "submit", kind == "button", (kind == "radio" || kind == "checkbox") && !checked:
		case goquery.NodeName(field) == "textarea":
			values.Add(name, field.Text())
		case goquery.NodeName(field) == "select":
			chosen := field.Find("option[selected]")
			if chosen.Length() == 0 {
				chosen = field.Find("option").First()
			}
			values.Add(name, chosen.AttrOr("value", chosen.Text()))
		default:
			values.Add(name, field.AttrOr("value", ""))
		}
	})
	return values
}

// Click follows the link that selector finds.
func (pg *Page) Click(selector string) *Page {
	pg.browser.t.Helper()
	href, ok := pg.One(selector).Attr("href")
	if !ok {
		pg.browser.t.Fatalf("%s: %q is no link", pg.URL, selector)
	}
	target, err := pg.URL.Parse(href)
	if err != nil {
		pg.browser.t.Fatal(err)
	}
	return pg.browser.Get(target.String())
}

// Press sends the form of the button that says this.
func (pg *Page) Press(words string) *Page {
	pg.browser.t.Helper()
	says := regexp.MustCompile(words)
	var at *goquery.Selection
	pg.Find("button").EachWithBreak(func(_ int, button *goquery.Selection) bool {
		if says.MatchString(button.Text()) {
			at = button
		}
		return at == nil
	})
	if at == nil {
		pg.browser.t.Fatalf("%s: no button says %q:\n%s", pg.URL, words, pg.Words())
	}
	at.SetAttr("data-pressed", "1")
	defer at.RemoveAttr("data-pressed")
	return pg.Submit("button[data-pressed]")
}

// One is the first element that selector finds; a page without one fails.
func (pg *Page) One(selector string) *goquery.Selection {
	pg.browser.t.Helper()
	found := pg.Find(selector)
	if found.Length() == 0 {
		pg.browser.t.Fatalf("%s (%d): there is no %q:\n%s", pg.URL, pg.Status, selector, pg.Words())
	}
	return found.First()
}

// Words is the page's text without its white space.
func (pg *Page) Words() string { return strings.Join(strings.Fields(pg.Find("body").Text()), " ") }

// Main is the text of the page's own part.
func (pg *Page) Main() string { return strings.Join(strings.Fields(pg.Find("main").Text()), " ") }

// Says fails unless the page's own part says this, a regular expression.
func (pg *Page) Says(words string) *Page {
	pg.browser.t.Helper()
	if !regexp.MustCompile(words).MatchString(pg.Main()) {
		pg.browser.t.Fatalf("%s (%d) does not say %q:\n%s", pg.URL, pg.Status, words, pg.Main())
	}
	return pg
}

// Is fails unless the page came with this status.
func (pg *Page) Is(status int) *Page {
	pg.browser.t.Helper()
	if pg.Status != status {
		pg.browser.t.Fatalf("%s: status %d, want %d:\n%s", pg.URL, pg.Status, status, pg.Words())
	}
	return pg
}

// At fails unless the page is at this path of the paper.
func (pg *Page) At(path string) *Page {
	pg.browser.t.Helper()
	if pg.URL.Path != path || !strings.HasPrefix(pg.URL.String(), pg.browser.paper.URL+"/") {
		pg.browser.t.Fatalf("the browser is at %s (%d), not at %s:\n%s", pg.URL, pg.Status, path, pg.Words())
	}
	return pg
}
