package numbers

import (
	"fmt"
	"testing"
	"time"
)

func TestSourceOf(t *testing.T) {
	for referrer, want := range map[string]string{
		"":                                      Direct,
		"https://paper.example/story/a?x=1":     Own,
		"https://www.google.co.uk/search?q=me":  Search,
		"https://mail.google.com/mail/u/0":      Mail,
		"https://l.facebook.com/l.php?u=secret": Social,
		"https://a.b.example.co.uk/~jane?id=7":  "example.co.uk",
		"https://EXAMPLE.org:8443/":             "example.org",
		"http://10.0.0.7/x":                     Other,
		"http://co.uk/":                         Other,
		"about:blank":                           Other,
		"://":                                   Other,
		"https://=cmd.example.org/":             "example.org",
		"https://=cmd|x.org/":                   Other,
	} {
		if got := SourceOf(referrer, "paper.example"); got != want {
			t.Errorf("%q comes from %q, want %q", referrer, got, want)
		}
	}
}

func TestCounterIsBounded(t *testing.T) {
	c, at := NewCounter(), time.Unix(7200, 0)
	for i := range maxLines + 500 {
		c.Add(at.Add(time.Second), fmt.Sprint("s", i), Read, fmt.Sprintf("site%d.example", i))
	}
	lines := c.Take()
	sites, sum := map[string]bool{}, 0
	for k, n := range lines {
		sites[k.Source] = true
		sum += n
		if k.Hour != 7200 {
			t.Fatalf("hour %d", k.Hour)
		}
	}
	if len(lines) > maxLines+1 || len(sites) != maxSites+1 || sum != maxLines+500 {
		t.Errorf("%d lines, %d sites, %d counted", len(lines), len(sites), sum)
	}
	if c.Take() != nil {
		t.Error("taken twice")
	}
}
