package handlers

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// securityHeaders are sent with every answer. form-action names Stripe's pages
// because Chromium applies it to redirects that follow a form.
func securityHeaders(conf Config) http.Header {
	forms := strings.Join(append([]string{"form-action 'self'"}, conf.FormTargets...), " ")
	h := http.Header{
		"Content-Security-Policy": {"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
			"media-src 'self'; connect-src 'self'; manifest-src 'self'; " + forms + "; base-uri 'none'; frame-ancestors 'none'"},
		"X-Content-Type-Options":     {"nosniff"},
		"Referrer-Policy":            {"strict-origin-when-cross-origin"},
		"Cross-Origin-Opener-Policy": {"same-origin"},
		"Permissions-Policy":         {"camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
	}
	if conf.Secure() {
		h["Strict-Transport-Security"] = []string{"max-age=31536000"}
	}
	return h
}

// client is the address that a request comes from, and whether it can be told.
// Without trusted proxies it cannot: the peer may be a proxy that everybody
// shares, and the header may say anything.
func (s *Site) client(c echo.Context) (netip.Addr, bool) {
	if len(s.Config.TrustedProxies) == 0 {
		return netip.Addr{}, false
	}
	peer, err := netip.ParseAddrPort(c.Request().RemoteAddr)
	if err != nil {
		return netip.Addr{}, false
	}
	at := peer.Addr().Unmap()
	if !s.trusts(at) {
		return at, true
	}
	hops := strings.Split(strings.Join(c.Request().Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return netip.Addr{}, false
		}
		if hop = hop.Unmap().WithZone(""); !s.trusts(hop) {
			return hop, true
		}
	}
	return netip.Addr{}, false
}

func (s *Site) trusts(a netip.Addr) bool {
	for _, p := range s.Config.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// network is the client's network as ceilings and limits know it: one IPv4
// address, or an IPv6 /56, which is what one household is given. "" if unknown.
func (s *Site) network(c echo.Context) string {
	at, ok := s.client(c)
	if !ok {
		return ""
	}
	if at.Is6() {
		if p, err := at.Prefix(56); err == nil {
			return p.String()
		}
	}
	return at.String()
}

// localPath is a safe way back: a path of this site with its query, "/" for
// anything that a browser could read as another site.
func localPath(raw string) string {
	if len(raw) > maxReturn || !utf8.ValidString(raw) || !strings.HasPrefix(raw, "/") || strings.ContainsFunc(raw, notInPath) {
		return "/"
	}
	u, err := url.Parse(raw)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil {
		return "/"
	}
	// Two slashes together, also when written as %2f, could be read as a host.
	if !strings.HasPrefix(u.Path, "/") || strings.Contains(u.Path, "//") || strings.ContainsFunc(u.Path, notInPath) {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery, Fragment: u.Fragment}).String()
}

const maxReturn = 2048

// notInPath is true for what browsers drop from an address, or read as a slash.
func notInPath(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }
