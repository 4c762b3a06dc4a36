package paywall

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
)

// Resolver asks the DNS; net.DefaultResolver is one.
type Resolver interface {
	LookupAddr(ctx context.Context, addr string) ([]string, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// crawler is a search engine that documents how its machines can be confirmed.
type crawler struct {
	agent   string   // in the user agent, lower case
	domains []string // its machines' names end in one of these
}

// The search engines whose crawlers may read to the end, with the domains of
// their machines as their operators publish them:
// https://developers.google.com/search/docs/crawling-indexing/verifying-googlebot
// https://www.bing.com/webmasters/help/how-to-verify-bingbot-3905dc26
// https://support.apple.com/en-us/119829
var crawlers = []crawler{
	{"googlebot", []string{".googlebot.com.", ".google.com."}},
	{"bingbot", []string{".search.msn.com."}},
	{"applebot", []string{".applebot.apple.com."}},
}

// machines are words by which crawlers name themselves. Tools that fetch for a
// person (curl, a browser under test) are people: they are counted.
var machines = []string{"bot", "crawl", "spider", "slurp", "externalhit"}

// people takes the names of people's devices out in which such a word stands:
// Cubot makes telephones.
var people = strings.NewReplacer("cubot", "")

const (
	dnsWait     = 800 * time.Millisecond
	confirmFor  = 24 * time.Hour
	refuseFor   = 10 * time.Minute
	maxVerdicts = 20_000
)

// Crawlers tells search engines from those that only say they are one: the
// address's name must be the engine's, and that name must lead back to the
// address. A user agent alone is nothing.
type Crawlers struct {
	dns      Resolver
	verdicts *otter.Cache[string, bool]
}

// NewCrawlers asks dns; nil asks the system's.
func NewCrawlers(dns Resolver) *Crawlers {
	if dns == nil {
		dns = net.DefaultResolver
	}
	return &Crawlers{dns: dns, verdicts: otter.Must(&otter.Options[string, bool]{
		MaximumSize: maxVerdicts,
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[string, bool]) time.Duration {
			if e.Value {
				return confirmFor
			}
			return refuseFor
		}),
	})}
}

// Close ends what the memory of verdicts runs in the background.
func (c *Crawlers) Close() { c.verdicts.StopAllGoroutines() }

// Engines are the names by which the crawlers that can be confirmed call
// themselves.
func Engines() []string {
	names := make([]string, len(crawlers))
	for i, engine := range crawlers {
		names[i] = engine.agent
	}
	return names
}

// EngineOf is whose crawler a user agent says it is; "" for none.
func EngineOf(agent string) string {
	agent = strings.ToLower(agent)
	for _, engine := range crawlers {
		if strings.Contains(agent, engine.agent) {
			return engine.agent
		}
	}
	return ""
}

// Judge says what a request is by its user agent and its address: a confirmed
// crawler, another machine, or neither. The zero address confirms nothing.
func (c *Crawlers) Judge(ctx context.Context, agent string, at netip.Addr) (confirmed, bot bool) {
	agent = strings.ToLower(agent)
	for _, engine := range crawlers {
		if strings.Contains(agent, engine.agent) {
			return c.confirm(ctx, engine, at), true
		}
	}
	return false, IsMachine(agent)
}

// IsMachine reports whether a user agent names itself as a program's that reads
// for nobody, an engine's or another.
func IsMachine(agent string) bool {
	agent = people.Replace(strings.ToLower(agent))
	for _, word := range machines {
		if strings.Contains(agent, word) {
			return true
		}
	}
	return false
}

func (c *Crawlers) confirm(ctx context.Context, engine crawler, at netip.Addr) bool {
	if !at.IsValid() {
		return false
	}
	key := engine.agent + " " + at.String()
	if verdict, ok := c.verdicts.GetIfPresent(key); ok {
		return verdict
	}
	ctx, cancel := context.WithTimeout(ctx, dnsWait)
	defer cancel()
	verdict := c.ask(ctx, engine, at)
	if ctx.Err() == nil { // a slow name server is no verdict
		c.verdicts.Set(key, verdict)
	}
	return verdict
}

func (c *Crawlers) ask(ctx context.Context, engine crawler, at netip.Addr) bool {
	names, err := c.dns.LookupAddr(ctx, at.String())
	if err != nil {
		return false
	}
	for _, name := range names {
		name = strings.ToLower(strings.TrimSuffix(name, ".")) + "."
		for _, domain := range engine.domains {
			if !strings.HasSuffix(name, domain) {
				continue
			}
			back, err := c.dns.LookupNetIP(ctx, "ip", name)
			if err != nil {
				continue
			}
			for _, b := range back {
				if b.Unmap() == at.Unmap() {
					return true
				}
			}
		}
	}
	return false
}
