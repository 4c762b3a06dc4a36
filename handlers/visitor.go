package handlers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/internal/id"
)

// The visitor's cookie holds a random id and a signature over it. The counts
// are on the server, so an old copy of the cookie is worth nothing, and a made
// up one is no cookie.
const (
	visitorCookie = "visitor"
	visitorAge    = 400 * 24 * time.Hour // browsers keep no cookie longer
	signatureLen  = 16
)

func (c Config) cookieName(name string) string {
	if c.Secure() {
		return "__Host-" + name
	}
	return name
}

// visitorID is the id of the device, "" if it has none that we signed.
func (s *Site) visitorID(c echo.Context) string {
	got, err := c.Cookie(s.Config.cookieName(visitorCookie))
	if err != nil {
		return ""
	}
	visitor, sig, ok := strings.Cut(got.Value, ".")
	if !ok || !id.Valid(visitor) || !hmac.Equal([]byte(sig), []byte(s.visitors.sign(visitor))) {
		return ""
	}
	return visitor
}

// giveVisitor sets a new device's id. It is first called when something of the
// device is stored.
func (s *Site) giveVisitor(c echo.Context, visitor string) {
	c.SetCookie(&http.Cookie{
		Name: s.Config.cookieName(visitorCookie), Value: visitor + "." + s.visitors.sign(visitor), Path: "/",
		MaxAge: int(visitorAge / time.Second), HttpOnly: true, Secure: s.Config.Secure(), SameSite: http.SameSiteLaxMode,
	})
}

// ensureVisitor is the device's id, made and set if it has none.
func (s *Site) ensureVisitor(c echo.Context) string {
	v := s.visitorID(c)
	if v == "" {
		v = id.New(s.wall())
		s.giveVisitor(c, v)
	}
	return v
}

// signer keeps ready what it makes of its key, which costs more than signing.
type signer struct{ macs sync.Pool }

func newSigner(key []byte) *signer {
	return &signer{sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

func (s *signer) sign(visitor string) string {
	mac := s.macs.Get().(hash.Hash)
	defer s.macs.Put(mac)
	var sum [sha256.Size]byte
	mac.Reset()
	mac.Write([]byte(visitor))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(sum[:0])[:signatureLen])
}

// carriesOurs reports whether the request carries any cookie of ours. Only
// answers to requests without one may be shared.
func (s *Site) carriesOurs(c echo.Context) bool {
	for _, line := range c.Request().Header["Cookie"] {
		if strings.Contains(line, s.Config.cookieName(visitorCookie)+"=") || strings.Contains(line, s.Config.cookieName(sessionCookie)+"=") {
			return true
		}
	}
	return false
}
