package handlers

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/internal/fault"
	"broadsheet/reader"
	"broadsheet/views"
)

// keptCookie holds what was typed into a form whose sender turned out to be
// signed out: they find it again when they come back from signing in. It lies in
// the browser that typed it, is sent to that form's address only, and is taken
// away when the form has been shown.
const (
	keptCookie = "kept"
	keptLife   = 15 * time.Minute // that of a sign-in code
	keptMost   = 2800             // bytes, of the 4,096 that browsers give a cookie once it is in base 64
)

// wayBackKey is where a request that was refused for want of a sign-in keeps the
// address of its form.
const wayBackKey = "way back"

// signedInTo is signedIn for what a form sends. To somebody who is signed out it
// leaves the way back to the form, at the address form, and what they typed into
// these fields.
func (s *Site) signedInTo(c echo.Context, form string, fields ...string) (*reader.Principal, error) {
	who, err := s.signedIn(c)
	if fault.Is(err, fault.SignIn) {
		c.Set(wayBackKey, form)
		s.keep(c, form, fields)
	}
	return who, err
}

func (s *Site) keep(c echo.Context, form string, fields []string) {
	typed := map[string]string{}
	for _, name := range fields {
		if v := c.FormValue(name); v != "" {
			typed[name] = v
		}
	}
	raw, _ := json.Marshal(typed) // strings: it cannot fail
	if len(typed) == 0 || len(raw) > keptMost {
		return
	}
	s.setKept(c, form, base64.RawURLEncoding.EncodeToString(raw), int(keptLife/time.Second))
}

func (s *Site) setKept(c echo.Context, form, value string, age int) {
	c.SetCookie(&http.Cookie{
		Name: keptCookie, Value: value, Path: keptPath(form), MaxAge: age,
		HttpOnly: true, Secure: s.Config.Secure(), SameSite: http.SameSiteLaxMode,
	})
}

// keptPath is the part of the site that a form's cookie is sent to.
func keptPath(form string) string {
	if u, err := url.Parse(form); err == nil {
		return u.Path
	}
	return "/"
}

// takeKept gives what was typed into the form at this address before its sender
// signed in, once; nil for nothing.
func (s *Site) takeKept(c echo.Context, form string) url.Values {
	got, err := c.Cookie(keptCookie)
	if err != nil {
		return nil
	}
	s.setKept(c, form, "", -1)
	raw, err := base64.RawURLEncoding.DecodeString(got.Value)
	var typed map[string]string
	if err != nil || json.Unmarshal(raw, &typed) != nil {
		return nil
	}
	values := url.Values{}
	for name, v := range typed {
		values.Set(name, v)
	}
	return values
}

// keptNotice stands above a form that came back with what was typed.
func keptNotice() *views.Notice {
	return &views.Notice{Text: "You had been signed out, so nothing has been done yet. What you typed is still here."}
}
