package paywall_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"broadsheet/paywall"
)

const googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"

// names is a DNS of a few entries.
type names struct {
	back map[string][]string
	to   map[string]string
	asks *int
}

func (n names) LookupAddr(_ context.Context, addr string) ([]string, error) {
	*n.asks++
	if got, ok := n.back[addr]; ok {
		return got, nil
	}
	return nil, errors.New("no such name")
}

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if got, ok := n.to[host]; ok {
		return []netip.Addr{netip.MustParseAddr(got)}, nil
	}
	return nil, errors.New("no such host")
}

func TestCrawlersAreConfirmedBothWays(t *testing.T) {
	t.Parallel()
	dns := names{asks: new(int),
		back: map[string][]string{
			"192.0.2.1": {"crawl-1.googlebot.com."},
			"192.0.2.2": {"crawl-2.googlebot.com."}, // its name leads elsewhere
			"192.0.2.3": {"googlebot.com.evil.example."},
			"192.0.2.4": {"evilgooglebot.com."},
			"192.0.2.5": {"msnbot-1.search.msn.com."},
		},
		to: map[string]string{
			"crawl-1.googlebot.com.": "192.0.2.1", "crawl-2.googlebot.com.": "198.51.100.1",
			"googlebot.com.evil.example.": "192.0.2.3", "evilgooglebot.com.": "192.0.2.4",
			"msnbot-1.search.msn.com.": "192.0.2.5",
		}}
	tests := []struct {
		name, agent, at string
		confirmed, bot  bool
	}{
		{"the engine itself", googlebot, "192.0.2.1", true, true},
		{"a name that leads elsewhere", googlebot, "192.0.2.2", false, true},
		{"the domain as a mere prefix", googlebot, "192.0.2.3", false, true},
		{"the domain as a mere suffix", googlebot, "192.0.2.4", false, true},
		{"another engine's machine", googlebot, "192.0.2.5", false, true},
		{"no name at all", googlebot, "192.0.2.9", false, true},
		{"an unknown bot", "SomeBot/1.0", "192.0.2.1", false, true},
		{"a person", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "192.0.2.1", false, false},
		{"a person's telephone", "Mozilla/5.0 (Linux; Android 14; CUBOT X90) Chrome/140.0 Mobile", "192.0.2.1", false, false},
		{"a bot on such a telephone", "Mozilla/5.0 (Linux; Android 14; CUBOT X90) SomeBot/1.0", "192.0.2.1", false, true},
		{"a person's tool", "curl/8.5", "192.0.2.1", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := paywall.NewCrawlers(dns)
			defer c.Close()
			confirmed, bot := c.Judge(t.Context(), tt.agent, netip.MustParseAddr(tt.at))
			if confirmed != tt.confirmed || bot != tt.bot {
				t.Errorf("confirmed %v, bot %v", confirmed, bot)
			}
		})
	}
	t.Run("an unknown address confirms nothing", func(t *testing.T) {
		c := paywall.NewCrawlers(dns)
		defer c.Close()
		if confirmed, bot := c.Judge(t.Context(), googlebot, netip.Addr{}); confirmed || !bot {
			t.Errorf("confirmed %v, bot %v", confirmed, bot)
		}
	})
}

func TestAVerdictIsRemembered(t *testing.T) {
	t.Parallel()
	asks := 0
	c := paywall.NewCrawlers(names{asks: &asks})
	defer c.Close()
	for range 5 {
		c.Judge(t.Context(), googlebot, netip.MustParseAddr("192.0.2.1"))
	}
	if asks != 1 {
		t.Errorf("the DNS was asked %d times", asks)
	}
}
