package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

func TestLocalPath(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"/":                        "/",
		"/stories/a?gift=x#wall":   "/stories/a?gift=x#wall",
		"/subscribe?price=digital": "/subscribe?price=digital",
		"":                         "/",
		"stories/a":                "/",
		"//evil.example":           "/",
		"///evil.example":          "/",
		`/\evil.example`:           "/",
		"https://evil.example":     "/",
		"javascript:alert(1)":      "/",
		"/\tx":                     "/",
		"/a\r\nSet-Cookie: x=1":    "/",
		"/%2f/evil.example":        "/",
		"/.//evil.example":         "/",
	}
	for raw, want := range tests {
		if got := localPath(raw); got != want {
			t.Errorf("localPath(%q) = %q, want %q", raw, got, want)
		}
	}
}

func FuzzLocalPathStaysHere(f *testing.F) {
	for _, seed := range []string{"/", "//x", `/\x`, "/%5cx", "/..//x", "http:/x", "/a?b=//c", "/./\\x"} {
		f.Add(seed)
	}
	base := &url.URL{Scheme: "https", Host: "paper.example", Path: "/signin"}
	f.Fuzz(func(t *testing.T, raw string) {
		got := localPath(raw)
		ref, err := url.Parse(got)
		if err != nil {
			t.Fatalf("%q is no address: %v", got, err)
		}
		if at := base.ResolveReference(ref); at.Host != base.Host || at.Scheme != base.Scheme {
			t.Fatalf("%q leads to %s", raw, at)
		}
		// Browsers read a backslash as a slash.
		if strings.HasPrefix(strings.ReplaceAll(got, `\`, "/"), "//") {
			t.Fatalf("%q becomes %q, which a browser takes for another site", raw, got)
		}
	})
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := []struct {
		name    string
		trusted []netip.Prefix
		peer    string
		forward []string
		want    string
	}{
		{"no proxy is trusted: unknown", nil, "198.51.100.9:1234", []string{"192.0.2.1"}, ""},
		{"the proxy says whom", trusted, "10.1.1.1:80", []string{"192.0.2.1"}, "192.0.2.1"},
		{"what the client invented is not believed", trusted, "10.1.1.1:80", []string{"203.0.113.5, 192.0.2.1"}, "192.0.2.1"},
		{"two proxies of ours", trusted, "10.1.1.1:80", []string{"192.0.2.1, 10.2.2.2"}, "192.0.2.1"},
		{"header in two lines", trusted, "10.1.1.1:80", []string{"203.0.113.5", "192.0.2.1"}, "192.0.2.1"},
		{"not through a proxy: the peer itself", trusted, "198.51.100.9:1234", []string{"192.0.2.1"}, "198.51.100.9"},
		{"the proxy says nothing", trusted, "10.1.1.1:80", nil, ""},
		{"nonsense", trusted, "10.1.1.1:80", []string{"<script>"}, ""},
		{"IPv6 by household", trusted, "[fd00::1]:80", []string{"2001:db8:aa:bbcc:1:2:3:4"}, "2001:db8:aa:bb00::/56"},
		{"IPv4 in IPv6", trusted, "[::ffff:10.1.1.1]:80", []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			req.RemoteAddr = tt.peer
			for _, f := range tt.forward {
				req.Header.Add("X-Forwarded-For", f)
			}
			s := &Site{Deps: Deps{Config: Config{TrustedProxies: tt.trusted}}}
			if got := s.network(echo.New().NewContext(req, httptest.NewRecorder())); got != tt.want {
				t.Errorf("network = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAccepts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		header, coding string
		want           bool
	}{
		{"br, gzip", "br", true},
		{"gzip;q=1.0, br;q=0", "br", false},
		{"gzip; q=0.5", "gzip", true},
		{"identity", "gzip", false},
		{"brotli", "br", false},
		{"BR", "br", true},
		{"br;q=nonsense", "br", false},
	}
	for _, tt := range tests {
		if got := accepts(tt.header, tt.coding); got != tt.want {
			t.Errorf("accepts(%q, %q) = %v", tt.header, tt.coding, got)
		}
	}
}

func TestVisitorCookieCannotBeMadeUp(t *testing.T) {
	t.Parallel()
	s := &Site{Deps: Deps{Config: Config{BaseURL: &url.URL{Scheme: "http"}}}, visitors: newSigner([]byte("key"))}
	const visitor = "01jq0000000000000000000000"
	read := func(value string) string {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.AddCookie(&http.Cookie{Name: "visitor", Value: value})
		return s.visitorID(echo.New().NewContext(req, httptest.NewRecorder()))
	}
	if got := read(visitor + "." + s.visitors.sign(visitor)); got != visitor {
		t.Fatalf("our own cookie reads as %q", got)
	}
	for _, forged := range []string{visitor, visitor + ".", visitor + ".AAAAAAAAAAAAAAAAAAAAAA", "01jq0000000000000000000001." + s.visitors.sign(visitor), "." + s.visitors.sign(""), "x." + s.visitors.sign("x")} {
		if got := read(forged); got != "" {
			t.Errorf("%q was believed to be %q", forged, got)
		}
	}
}
