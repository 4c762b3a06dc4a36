// Shots takes pictures of a running development paper, for people to look at:
// the main pages at three widths, light and dark. It is a tool for those who
// change how the paper looks, and no part of the program.
//
//	make run &
//	go run ./e2e/shots -out /tmp/shots -base http://127.0.0.1:8080
//
// It reads stories until the walls appear, signs in with codes from the
// development mailbox, and opens a checkout without paying. -as names an
// account whose own pages are wanted, such as a subscriber of the demo; without
// it a new reader is registered. -desk owner@example.org takes the newsroom
// instead. Pictures are named PAGE-WIDTH[-dark].png.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"broadsheet/internal/browsertest"
)

func main() {
	out := flag.String("out", "shots", "folder for the pictures")
	base := flag.String("base", "http://127.0.0.1:8080", "address of a running development paper")
	as := flag.String("as", "", "e-mail of the account to sign in to; none registers a new reader")
	desk := flag.String("desk", "", "e-mail of a member of the desk: the newsroom's pages instead of the paper's")
	flag.Parse()
	if err := run(*out, strings.TrimRight(*base, "/"), *as, *desk); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Widths in CSS pixels.
var widths = []int64{360, 768, 1280}

func run(out, base, as, desk string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	browser, err := browsertest.Launch()
	if err != nil {
		return err
	}
	defer browser.Close()
	s := &shooter{out: out, base: base}
	trips := []func(*browsertest.Tab) error{s.signedOut, func(tab *browsertest.Tab) error { return s.signedIn(tab, as) }}
	if desk != "" {
		trips = []func(*browsertest.Tab) error{func(tab *browsertest.Tab) error { return s.atDesk(tab, desk) }}
	}
	for _, trip := range trips {
		tab, err := browser.Tab()
		if err != nil {
			return err
		}
		err = trip(tab)
		tab.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

type shooter struct{ out, base string }

// signedOut is what a visitor sees until the wall.
func (s *shooter) signedOut(tab *browsertest.Tab) error {
	if err := s.page(tab, "front", "/"); err != nil {
		return err
	}
	first := func(prefix string) (string, error) {
		return browsertest.Eval[string](tab, fmt.Sprintf(`document.querySelector('a[href^="%s"]')?.getAttribute("href") ?? ""`, prefix))
	}
	section, err := first("/sections/")
	if err != nil {
		return err
	}
	stories, err := browsertest.Eval[[]string](tab, `[...new Set([...document.querySelectorAll('main a[href^="/stories/"]')].map(a => a.getAttribute("href")))]`)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, path := range stories {
		if _, err := tab.Go(s.base + path); err != nil {
			return err
		}
		gate, err := browsertest.Eval[string](tab, `document.querySelector("article[data-story]")?.dataset.gate ?? ""`)
		if err != nil {
			return err
		}
		if gate != "" && !seen[gate] {
			seen[gate] = true
			if err := s.shoot(tab, "story-"+gate); err != nil {
				return err
			}
		}
	}
	author, err := first("/authors/")
	if err != nil {
		return err
	}
	pages := [][2]string{
		{"section", section}, {"author", author}, {"subscribe", "/subscribe"}, {"signin", "/signin"}, {"meter", "/meter"},
		{"search", "/search?q=the"}, {"missing", "/nowhere"}, {"mailbox", "/_mail"},
	}
	for _, page := range pages {
		if err := s.page(tab, page[0], page[1]); err != nil {
			return err
		}
	}
	return nil
}

// signedIn is what a reader sees of an account.
func (s *shooter) signedIn(tab *browsertest.Tab, as string) error {
	email := as
	if email == "" {
		email = fmt.Sprintf("shots-%d@example.org", time.Now().UnixNano())
	}
	if _, err := tab.Go(s.base + "/signin"); err != nil {
		return err
	}
	err := errors.Join(tab.Fill(`main [name="email"]`, email), tab.Press(`form[action="/signin"] button`))
	if err != nil {
		return err
	}
	if err := s.shoot(tab, "code"); err != nil {
		return err
	}
	code, err := s.code(email)
	if err != nil {
		return err
	}
	if err := errors.Join(tab.Fill(`[name="code"]`, code), tab.Press(`form[action="/signin/code"] button`)); err != nil {
		return err
	}
	for _, page := range [][2]string{{"account", "/account"}, {"front-reader", "/"}, {"subscribe-reader", "/subscribe"}} {
		if err := s.page(tab, page[0], page[1]); err != nil {
			return err
		}
	}
	const buy = `form[action="/checkout"] button[name="price"]`
	if sells, err := tab.Has("main " + buy); err != nil || !sells {
		return err
	}
	if err := tab.Press("main " + buy); err != nil {
		return err
	}
	return s.shoot(tab, "checkout")
}

var digits = regexp.MustCompile(`(?m)^\s*(\d{6})\s*$`)

// code waits for the sign-in code in the development mailbox.
func (s *shooter) code(email string) (string, error) {
	over := time.After(20 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		res, err := http.Get(s.base + "/_mail/latest?to=" + url.QueryEscape(email))
		if err != nil {
			return "", err
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			return "", err
		}
		if found := digits.FindSubmatch(text); found != nil {
			return string(found[1]), nil
		}
		select {
		case <-over:
			return "", fmt.Errorf("no code came for %s", email)
		case <-tick.C:
		}
	}
}

func (s *shooter) page(tab *browsertest.Tab, name, path string) error {
	if _, err := tab.Go(s.base + path); err != nil {
		return err
	}
	return s.shoot(tab, name)
}

// loadAll loads the pictures that would wait until somebody scrolls to them.
const loadAll = `Promise.all([...document.images].map(i => { i.loading = "eager"; return i.decode().catch(() => null); })).then(() => true)`

// shoot takes the page that the tab shows at every width, light and dark.
func (s *shooter) shoot(tab *browsertest.Tab, name string) error {
	if _, err := browsertest.Eval[bool](tab, loadAll); err != nil {
		return err
	}
	for _, dark := range []bool{false, true} {
		for _, width := range widths {
			if err := errors.Join(tab.Size(width, 900), tab.Dark(dark)); err != nil {
				return err
			}
			picture, err := tab.Shot()
			if err != nil {
				return err
			}
			file := fmt.Sprintf("%s-%d", name, width)
			if dark {
				file += "-dark"
			}
			if err := os.WriteFile(filepath.Join(s.out, file+".png"), picture, 0o644); err != nil {
				return err
			}
		}
	}
	return errors.Join(tab.Size(1280, 900), tab.Dark(false))
}
