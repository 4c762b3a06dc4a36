package e2e

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"broadsheet/news"
)

// In production there is no mailbox, no stand-in and no clock to move, and
// cookies are bound to the host and to https.
func TestProduction(t *testing.T) {
	t.Parallel()
	p := Start(t, Options{Env: []string{
		"APP_ENV=production", "BASE_URL=https://paper.example.org", "APP_SECRET=" + strings.Repeat("secret ", 8),
		"STRIPE_SECRET_KEY=sk_test_nobody", "STRIPE_WEBHOOK_SECRET=whsec_nobody", "STRIPE_API_BASE=http://127.0.0.1:1",
		"SMTP_URL=smtp://127.0.0.1:1", "MAIL_FROM=The Paper <paper@example.org>", "STANDIN_ADDR=",
	}})
	res, body := raw(t, http.MethodGet, p.URL+storyPath(slugs(t, news.Metered)[0]))
	if got := gateOf(body); got != "open allowance" {
		t.Fatalf("the gate is %q", got)
	}
	if len(res.Cookies()) != 1 {
		t.Fatalf("%d cookies", len(res.Cookies()))
	}
	c := res.Cookies()[0]
	if c.Name != "__Host-visitor" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("the visitor's cookie is %s", c)
	}
	if res.Header.Get("Strict-Transport-Security") == "" {
		t.Error("https is not asked for")
	}
	if _, body := raw(t, http.MethodGet, p.URL+storyPath(slugs(t, news.Metered)[0]), "Cookie", c.Name+"="+c.Value); gateOf(body) != "open counted" {
		t.Errorf("the paper does not know its own cookie: %q", gateOf(body))
	}
	for _, path := range []string{"/_mail", "/_mail/latest?to=a@example.org", "/_clock/advance", "/metrics", "/debug/pprof/"} {
		if res, _ := raw(t, http.MethodGet, p.URL+path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", path, res.StatusCode)
		}
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(p.Standin, "http://")); err == nil {
		conn.Close()
		t.Error("something listens where the stand-in would")
	}
	if out, err := p.Command("standin"); err == nil {
		t.Errorf("the stand-in starts in production: %s", out)
	}
}

// A form that another site sends changes nothing, and the answer is a page.
func TestFormsFromElsewhere(t *testing.T) {
	t.Parallel()
	b := Shared(t).Browser(t)
	b.SignIn(newEmail())
	for _, path := range []string{"/signout", "/account/sessions", "/checkout", "/signin"} {
		page := b.send(http.MethodPost, b.absolute(path), pairs(t, []string{"session", "all", "email", newEmail()}), "https://example.com")
		page.Is(http.StatusForbidden).Says(`sent from another site`)
	}
	if !b.Get("/").SignedIn() {
		t.Error("another site signed the reader out")
	}
}
