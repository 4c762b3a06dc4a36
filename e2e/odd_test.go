package e2e

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"broadsheet/internal/pgtest"
)

// Whatever is typed into an address or a form, it is the asker's mistake and
// not the paper's: nothing answers with a fault of ours, on either database.

func TestOddInput(t *testing.T) {
	t.Parallel()
	oddInput(t, Shared(t))
}

func TestOddInputPostgreSQL(t *testing.T) {
	t.Parallel()
	oddInput(t, Start(t, Options{Database: pgtest.Copy(t)}))
}

// odd values, escaped for an address.
var odd = []string{
	"%00", "a%00b", "%ff%fe", "%c3%28", "%ed%a0%80", "%f0%9f%93%b0", "'%22%3B--", "%25", "..%2f..%2fetc%2fpasswd", "%5c", "%0d%0aSet-Cookie:%20x=1",
	"-1", "9223372036854775808", "{}", "[]", strings.Repeat("x", 3000), strings.Repeat("%C3%A9", 600),
}

var parameter = regexp.MustCompile(`:[a-z]+|\*$`)

func oddInput(t *testing.T, p *Paper) {
	t.Helper()
	reader := p.Browser(t)
	reader.SignIn(newEmail())
	list := routes(t, Shared(t))
	for _, v := range []*viewer{{name: "visitor", agent: agent}, newViewer("reader", reader, nil)} {
		for _, r := range list {
			if r.Pattern == "/signout" || r.Pattern == "/account/sessions" {
				continue // would end the session; sent below
			}
			v.sendOdd(t, p, r)
		}
	}
	ends := newViewer("reader", reader, nil)
	ends.sendOdd(t, p, route{http.MethodPost, "/account/sessions"})
	ends.sendOdd(t, p, route{http.MethodPost, "/signout"})
}

// sendOdd sends every odd value wherever the route takes one.
func (v *viewer) sendOdd(t *testing.T, p *Paper, r route) {
	t.Helper()
	if r.Method == http.MethodHead {
		return
	}
	check := func(path string, form url.Values, header ...string) {
		res, _ := v.send(t, p, r.Method, path, form, header...)
		if res.StatusCode >= 500 {
			t.Errorf("%s: %s %.80s %.80v %.80q: status %d", v.name, r.Method, path, form, header, res.StatusCode)
		}
		if res.Header.Get("Set-Cookie") == "x=1" {
			t.Errorf("%s %.80s: a header was smuggled in", r.Method, path)
		}
	}
	fields := []string{"q", "before", "gift", "return", "email", "code", "token", "price", "session", "checkout", "to", "every"}
	for _, value := range odd {
		path := parameter.ReplaceAllString(r.Pattern, value)
		query := "?" + strings.Join(fields, "="+value+"&") + "=" + value
		raw, err := url.PathUnescape(value)
		if err != nil {
			t.Fatal(err)
		}
		if r.Method == http.MethodGet {
			check(path, nil)
			check(path+query, nil)
			continue
		}
		form := url.Values{}
		for _, name := range fields {
			form.Set(name, raw)
		}
		check(path, form, "Origin", p.URL)
		for name, usual := range map[string]string{"email": newEmail(), "price": digitalMonthly, "session": "all"} {
			form.Set(name, usual)
			check(path, form, "Origin", p.URL)
			form.Set(name, raw)
		}
	}
}
