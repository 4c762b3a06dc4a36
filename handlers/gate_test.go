package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/news"
)

func expectGate(t *testing.T, a answer, want string) {
	t.Helper()
	if got := a.gate(t); got != want {
		t.Errorf("gate is %q, want %q", got, want)
	}
}

func TestAVisitorReadsAndMeetsTheWall(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 4 {
		b.story(fmt.Sprint("s", i), news.Metered)
	}
	w := b.browser()
	expectGate(t, w.get("/stories/s0"), "open allowance")
	expectGate(t, w.get("/stories/s1"), "open allowance")
	closed := w.get("/stories/s2")
	expectGate(t, closed, "register spent")
	if closed.StatusCode != http.StatusOK {
		t.Errorf("a closed story answers %d", closed.StatusCode)
	}
	if !strings.Contains(closed.body, "Sentence 1 of s2") || strings.Contains(closed.body, "Sentence 3 of s2") {
		t.Error("the cut is not where it belongs")
	}
	expectGate(t, w.get("/stories/s0"), "open counted")
	b.paper.pass(30 * 24 * time.Hour)
	expectGate(t, w.get("/stories/s2"), "open allowance")
}

func TestWhatIsNotCountedIsNotGiven(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.story("s", news.Metered)
	w := b.browser()
	if a := w.get("/stories/s", "Sec-Purpose", "prefetch;prerender"); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Cache-Control") != "no-store" || a.body != "" {
		t.Errorf("a prefetch got %d with %d bytes", a.StatusCode, len(a.body))
	}
	if a := w.send(http.MethodHead, "/stories/s", nil); a.StatusCode != http.StatusOK || len(a.Cookies()) != 0 {
		t.Errorf("HEAD got %d and %d cookies", a.StatusCode, len(a.Cookies()))
	}
	expectGate(t, w.get("/stories/s", "User-Agent", "Googlebot/2.1 (+http://www.google.com/bot.html)"), "register spent")
	expectGate(t, w.get("/stories/s"), "open allowance")
	if a := w.get("/stories/s", "Sec-Purpose", "prefetch"); a.StatusCode != http.StatusOK {
		t.Errorf("a prefetch of what is counted already got %d", a.StatusCode)
	}
}

func TestTabsAtOnceDoNotPassTheAllowance(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 20 {
		b.story(fmt.Sprint("s", i), news.Metered)
	}
	w := b.browser()
	expectGate(t, w.get("/stories/s0"), "open allowance")
	var mu sync.Mutex
	open := 0
	var all sync.WaitGroup
	for i := 1; i < 20; i++ {
		all.Go(func() {
			if a := w.get(fmt.Sprint("/stories/s", i)); a.gate(t) == "open allowance" {
				mu.Lock()
				open++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if open != 1 {
		t.Errorf("%d more stories opened, want 1", open)
	}
}

func TestForgedAndStaleCookiesAreUseless(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 4 {
		b.story(fmt.Sprint("s", i), news.Metered)
	}
	w := b.browser()
	first := w.get("/stories/s0")
	kept := first.Cookies()[0]
	if !kept.HttpOnly || kept.SameSite != http.SameSiteLaxMode || kept.Secure {
		t.Errorf("the visitor's cookie is %s", kept)
	}
	w.get("/stories/s1")
	// An old copy of the cookie knows no more and no less.
	replay := b.browser()
	expectGate(t, replay.get("/stories/s3", "Cookie", kept.Name+"="+kept.Value), "register spent")
	// A made-up one is none: the visitor starts anew and is given a new one.
	forged := replay.get("/stories/s3", "Cookie", kept.Name+"=01jq0000000000000000000000.AAAAAAAAAAAAAAAAAAAAAA")
	expectGate(t, forged, "open allowance")
	if len(forged.Cookies()) != 1 {
		t.Error("what was read with a forged cookie was not counted")
	}
}

func TestTheNetworkCeilingAsksToRegister(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.story("s", news.Metered)
	rules, err := b.db.GateRules(t.Context(), noon)
	if err != nil {
		t.Fatal(err)
	}
	rules.Network = 3
	if err := b.db.SetGateRules(t.Context(), rules, noon.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := b.site.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		expectGate(t, b.browser().get("/stories/s", "X-Forwarded-For", "2001:db8:0:100::1"), "open allowance")
	}
	// Another address of the same household's /56.
	expectGate(t, b.browser().get("/stories/s", "X-Forwarded-For", "2001:db8:0:1ff::7"), "register network")
	expectGate(t, b.browser().get("/stories/s", "X-Forwarded-For", "2001:db8:0:200::1"), "open allowance")
}

func TestAGiftLinkOpensItsStoryOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	given := b.story("given", news.Subscribers)
	b.story("other", news.Subscribers)
	if err := b.db.AddGiftLink(t.Context(), "token", given.ID, "giver", noon.Add(-time.Hour), noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	expectGate(t, b.browser().get("/stories/given?gift=token"), "open gift")
	expectGate(t, b.browser().get("/stories/given?gift=nonsense"), "subscribe subscribers")
	expectGate(t, b.browser().get("/stories/other?gift=token"), "subscribe subscribers")
	b.paper.pass(time.Hour)
	expectGate(t, b.browser().get("/stories/given?gift=token"), "subscribe subscribers")
}

func TestWhatRestsOnTheAskerIsNeverShared(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.story("s", news.Metered)
	for name, agent := range map[string]string{"a bot": "SomeBot/1.0", "a person": "Firefox"} {
		if a := b.browser().get("/stories/s", "User-Agent", agent); a.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s was answered %s, Cache-Control %q", name, a.gate(t), a.Header.Get("Cache-Control"))
		}
	}
}
