package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
)

// The least lengths of APP_SECRET, in bytes: 32 characters of base64 are 192
// bits, and what is derived from fewer than 16 is no secret even at home.
const (
	minSecret     = 32
	minHomeSecret = 16
)

// derive fills in what was left out and follows from the rest.
func (c *Config) derive() {
	if c.MediaDir == "" {
		c.MediaDir = filepath.Join(c.DataDir(), "media")
	}
	if c.Env != Development {
		return
	}
	c.standin = c.StripeKey.IsZero()
	if c.BaseURL == (url.URL{}) {
		c.BaseURL = url.URL{Scheme: "http", Host: c.Addr}
	}
	if c.MailFrom == "" {
		c.MailFrom = "paper@localhost"
	}
}

// check collects faults; a variable gets its first one only.
type check struct {
	faults Faults
	seen   map[string]bool
}

func (k *check) that(ok bool, name, wrong string, args ...any) {
	if ok || k.seen[name] {
		return
	}
	k.seen[name] = true
	k.faults = append(k.faults, sentence(name, fmt.Sprintf(wrong, args...)))
}

// validate reports every setting that cannot hold.
func (c Config) validate() Faults {
	k := &check{seen: map[string]bool{}}
	k.that(c.Env != "", "APP_ENV", "is not set; say development or production")
	c.checkAddresses(k)
	c.checkBaseURL(k)
	c.checkDatabase(k)
	c.checkStripe(k)
	c.checkMail(k)
	if c.Env == Production {
		c.checkProduction(k)
	}
	k.that(c.AppSecret.IsZero() || len(c.AppSecret.Reveal()) >= minHomeSecret, "APP_SECRET", "is shorter than %d characters", minHomeSecret)
	return k.faults
}

func (c Config) checkAddresses(k *check) {
	k.that(isAddr(c.Addr), "ADDR", "%q is not an address with a port", c.Addr)
	k.that(isAddr(c.StandinAddr), "STANDIN_ADDR", "%q is not an address with a port", c.StandinAddr)
	k.that(c.MetricsAddr == "" || isAddr(c.MetricsAddr), "METRICS_ADDR", "%q is not an address with a port", c.MetricsAddr)
	if c.Env == Development {
		k.that(isLoopback(c.Addr), "ADDR", "%q can be reached from outside, and in development the mailbox shows sign-in codes to whoever asks; use a loopback address", c.Addr)
	}
	k.that(isLoopback(c.StandinAddr), "STANDIN_ADDR", "%q can be reached from outside; the stand-in takes a loopback address only", c.StandinAddr)
	k.that(c.MetricsAddr == "" || c.MetricsAddr != c.Addr, "METRICS_ADDR", "is the same as ADDR; metrics have an address of their own")
}

func (c Config) checkBaseURL(k *check) {
	u := c.BaseURL
	if u == (url.URL{}) {
		return // checkProduction asks for it
	}
	k.that(u.Scheme == "https" || u.Scheme == "http", "BASE_URL", "does not begin with https://")
	k.that(u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" && strings.Trim(u.Path, "/") == "",
		"BASE_URL", "must be a scheme and a host and nothing more")
	if c.Env == Production {
		k.that(u.Scheme == "https" || isLoopbackHost(u.Hostname()), "BASE_URL", "must begin with https:// in production; http:// is for loopback only")
	}
}

func (c Config) checkDatabase(k *check) {
	const form = "must be sqlite:// and a path, or postgres://user:password@host/name"
	raw := c.Database.Reveal()
	path, isLite := strings.CutPrefix(raw, "sqlite://")
	isPG := strings.HasPrefix(raw, "postgres://") || strings.HasPrefix(raw, "postgresql://")
	k.that(isLite && path != "" || isPG, "DATABASE_URL", form)
	if isPG {
		_, err := url.Parse(raw)
		k.that(err == nil, "DATABASE_URL", form)
	}
}

func (c Config) checkStripe(k *check) {
	key, hook := c.StripeKey.Reveal(), c.WebhookSecret.Reveal()
	k.that(key == "" || isLive(key) || isTest(key), "STRIPE_SECRET_KEY",
		"is not a secret key (sk_live_… or sk_test_…) or a restricted key (rk_live_… or rk_test_…)")
	k.that(hook == "" || strings.HasPrefix(hook, "whsec_"), "STRIPE_WEBHOOK_SECRET", "does not begin with whsec_")
	base, err := url.Parse(c.StripeBase)
	ok := err == nil && base.Host != "" && (base.Scheme == "https" || base.Scheme == "http")
	k.that(ok, "STRIPE_API_BASE", "%q is not an address", c.StripeBase)
	if !ok {
		return
	}
	real := base.Scheme == "https" && base.Host == "api.stripe.com"
	k.that(real || !isLive(key), "STRIPE_API_BASE",
		"is not Stripe's own address, and STRIPE_SECRET_KEY is a live key; a live key goes to Stripe only")
	k.that(real || base.Scheme == "https" || isLoopbackHost(base.Hostname()), "STRIPE_API_BASE",
		"%q would carry the key over the network in the clear", c.StripeBase)
	if c.Env == Development && key != "" && real {
		k.that(hook != "", "STRIPE_WEBHOOK_SECRET", "is not set, and with a key of Stripe's own no webhook could be verified without it")
	}
}

func isLive(key string) bool {
	return strings.HasPrefix(key, "sk_live_") || strings.HasPrefix(key, "rk_live_")
}

func isTest(key string) bool {
	return strings.HasPrefix(key, "sk_test_") || strings.HasPrefix(key, "rk_test_")
}

func (c Config) checkMail(k *check) {
	if !c.SMTP.IsZero() {
		u, err := url.Parse(c.SMTP.Reveal())
		k.that(err == nil && u.Hostname() != "" && (u.Scheme == "smtp" || u.Scheme == "smtps"), "SMTP_URL",
			"must begin with smtp:// or smtps:// and name a host")
	}
	if c.MailFrom != "" {
		_, err := mail.ParseAddress(c.MailFrom)
		k.that(err == nil, "MAIL_FROM", "%q is not a mail address", c.MailFrom)
	}
}

func (c Config) checkProduction(k *check) {
	k.that(c.BaseURL != (url.URL{}), "BASE_URL", "is not set, and production needs it")
	k.that(!c.AppSecret.IsZero(), "APP_SECRET", "is not set, and production needs it")
	k.that(len(c.AppSecret.Reveal()) >= minSecret, "APP_SECRET", "is shorter than %d characters", minSecret)
	k.that(!c.StripeKey.IsZero(), "STRIPE_SECRET_KEY", "is not set, and production needs it")
	k.that(!c.WebhookSecret.IsZero(), "STRIPE_WEBHOOK_SECRET", "is not set, and production needs it")
	k.that(!c.SMTP.IsZero(), "SMTP_URL", "is not set, and production needs it")
	k.that(c.MailFrom != "", "MAIL_FROM", "is not set, and production needs it")
	k.that(c.StandinAddr == defaultOf("STANDIN_ADDR"), "STANDIN_ADDR", "is set, but the Stripe stand-in does not exist in production; leave it out")
}

func defaultOf(name string) string {
	for _, f := range Fields() {
		if f.Name == name {
			return f.Default
		}
	}
	return ""
}

func isAddr(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	_, err = net.LookupPort("tcp", port)
	return err == nil
}

// isLoopback reports whether only this machine can reach an address to listen
// on. An address without a host is every interface.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && isLoopbackHost(host)
}

func isLoopbackHost(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
