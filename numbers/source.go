package numbers

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// The classes of where a reader came from. Any other source is the registrable
// name of a site, such as "example.org".
const (
	Direct = "direct" // no referrer: typed, an app, or a browser that keeps it
	Own    = "own"    // another page of the paper
	Search = "search"
	Social = "social"
	Mail   = "mail"
	Other  = "other" // more sites than are counted by name, or no site's name
)

// maxHost is the longest name that is kept. Longer ones are somebody's play.
const maxHost = 64

var (
	// searches are names before the suffix, for engines that answer under many.
	searches = []string{"google", "bing", "yahoo", "yandex", "duckduckgo", "ecosia", "qwant", "startpage", "baidu"}
	socials  = []string{"facebook.com", "instagram.com", "twitter.com", "x.com", "t.co", "linkedin.com", "lnkd.in", "reddit.com",
		"bsky.app", "mastodon.social", "threads.net", "threads.com", "youtube.com", "tiktok.com", "pinterest.com", "whatsapp.com", "t.me"}
	// mails are whole hosts: some lie under a search engine's name.
	mails = []string{"mail.google.com", "mail.yahoo.com", "outlook.live.com", "outlook.office.com", "outlook.office365.com",
		"mail.proton.me", "app.fastmail.com", "com.google.android.gm"}
)

// SourceOf is the class or site that a Referer header names. Path, query and
// whatever else could tell one reader from another are dropped here. own is the
// paper's own host.
func SourceOf(referrer, own string) string {
	if referrer == "" {
		return Direct
	}
	u, err := url.Parse(referrer)
	if err != nil {
		return Other
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	switch {
	case host == "":
		return Other
	case host == strings.ToLower(own):
		return Own
	case slices.Contains(mails, host):
		return Mail
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return Other
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil || len(site) > maxHost || !plain(site) {
		return Other
	}
	name, _, _ := strings.Cut(site, ".")
	switch {
	case slices.Contains(socials, site):
		return Social
	case slices.Contains(searches, name):
		return Search
	}
	return site
}

// isSource reports whether s is a name that SourceOf gives: what comes back from a
// browser is its owner's to make up.
func isSource(s string) bool {
	if slices.Contains(classes, s) {
		return true
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(s)
	return err == nil && site == s && len(s) <= maxHost && plain(s)
}

// plain reports whether a name is made of a host name's letters only.
func plain(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' {
			return false
		}
	}
	return true
}
