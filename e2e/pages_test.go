package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"broadsheet/internal/browsertest"
	"broadsheet/internal/proof"
	"broadsheet/news"
)

// Every page that the router lists, as a browser and as somebody who cannot see
// it or use a mouse meets it: axe-core finds nothing, in light and dark, small
// and large; nothing scrolls sideways; the console stays silent.

func clickOn(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(selector))
}

// axe is axe-core's source. `tools/setup.sh` installs it; AXE_DIR names another
// folder.
var axe = sync.OnceValues(func() (string, error) {
	dir := os.Getenv("AXE_DIR")
	if dir == "" {
		dir = filepath.Join("..", ".cache", "axe", "node_modules", "axe-core")
	}
	source, err := os.ReadFile(filepath.Join(dir, "axe.min.js"))
	return string(source), err
})

func needAxe(t testing.TB) string {
	t.Helper()
	source, err := axe()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("axe-core is needed under CI: %v", err)
		}
		t.Skipf("NOT TESTED FOR ACCESSIBILITY: there is no axe-core (tools/setup.sh installs it): %v", err)
	}
	return source
}

// Widths at which nothing may scroll sideways, in CSS pixels.
var widths = []int64{320, 360, 768, 1280, 1600}

// look is one way to look at a page.
type look struct {
	width int64
	dark  bool
}

// looks are all four in the proofs; on every change the two that differ most.
func looks() []look {
	if proof.Full() {
		return []look{{390, false}, {390, true}, {1280, false}, {1280, true}}
	}
	return []look{{390, true}, {1280, false}}
}

// tooWide names what makes a page scroll sideways, "" if it doesn't.
const tooWide = `(() => {
	const room = document.documentElement.clientWidth, wide = document.documentElement.scrollWidth;
	if (wide <= room) return "";
	const over = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > room + 0.5 && ![...e.children].some(c => c.getBoundingClientRect().right > room + 0.5));
	return wide + " wide: " + over.slice(0, 3).map(e => e.tagName.toLowerCase() + "." + e.className + " in " + e.parentElement.tagName.toLowerCase() + "." + e.parentElement.className).join(", ");
})()`

// audit looks at the page that the tab shows from every side.
func (b *tab) audit(name string) {
	b.t.Helper()
	source := needAxe(b.t)
	b.calm()
	for _, width := range widths {
		must(b.t, b.Size(width, 900))
		wide, err := browsertest.Eval[string](b.Tab, tooWide)
		if must(b.t, err); wide != "" {
			b.t.Errorf("%s scrolls sideways at %d: %s", name, width, wide)
		}
	}
	if _, err := browsertest.Eval[bool](b.Tab, source+"\n;true"); err != nil {
		b.t.Fatal(err)
	}
	for _, l := range looks() {
		must(b.t, b.Size(l.width, 900))
		must(b.t, b.Dark(l.dark))
		for _, found := range b.violations() {
			b.t.Errorf("%s at %d, dark %v: %s", name, l.width, l.dark, found)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// violations is what axe-core finds on the page by the rules of WCAG 2.2 AA and
// of good practice.
func (b *tab) violations() []string {
	b.t.Helper()
	answer, err := browsertest.Eval[string](b.Tab, `axe.run(document, {
		runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
		resultTypes: ["violations"],
	}).then(found => JSON.stringify(found.violations.map(v => v.id + ": " + v.help + ": " +
		v.nodes.slice(0, 4).map(n => n.target.join(" ") + " " + (n.any[0]?.message ?? "")).join(" | "))))`)
	must(b.t, err)
	var list []string
	must(b.t, json.Unmarshal([]byte(answer), &list))
	return list
}

func TestPagesForEverybody(t *testing.T) {
	t.Parallel()
	needAxe(t)
	p := Shared(t)
	list, paths := routes(t, p), knownPaths(t, p)
	metered := slugs(t, news.Metered)
	visits := map[string]struct {
		enter func(b *tab)
		show  func(path string) bool
	}{
		"visitor": {
			func(b *tab) { b.open(storyPath(metered[0])).open(storyPath(metered[1])) },
			func(path string) bool {
				return !strings.HasPrefix(path, "/account") && !strings.HasPrefix(path, "/newsroom")
			},
		},
		"registered reader": {
			func(b *tab) {
				b.open("/signin").register(newEmail())
				for _, slug := range metered[:5] {
					b.open(storyPath(slug))
				}
			},
			func(path string) bool {
				return slices.Contains([]string{"/", "/account", "/meter", "/subscribe"}, path) || strings.HasPrefix(path, "/stories/")
			},
		},
		"subscriber": {
			func(b *tab) {
				b.open("/signin").register(newEmail()).open("/subscribe").buy(digitalMonthly).pay(goodCard).at("/checkout/done")
				b.audit("the page after paying")
			},
			func(path string) bool {
				return path == "/" || path == "/subscribe" || strings.HasPrefix(path, "/account") || strings.HasPrefix(path, "/stories/")
			},
		},
	}
	for who, visit := range visits {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			b := newTab(t, p)
			visit.enter(b)
			for _, path := range samplePages(t, p, list, paths) {
				if !visit.show(path) {
					continue
				}
				if _, err := b.Go(p.URL + path); err != nil {
					t.Fatal(err)
				}
				b.audit(who + " at " + path)
			}
		})
	}
}

// samplePages are the paths of every route that answers GET with HTML: all of
// them in the proofs, some of each on every change.
func samplePages(t testing.TB, p *Paper, list []route, paths known) []string {
	t.Helper()
	var pages []string
	for _, r := range list {
		if r.Method != http.MethodGet || strings.HasPrefix(r.Pattern, "/static/") || strings.HasPrefix(r.Pattern, "/media/") {
			continue
		}
		found := paths.fill(t, r.Pattern)
		if r.Pattern == "/stories/:slug" && !proof.Full() {
			found = []string{storyPath(slugs(t, news.Free)[0]), storyPath(slugs(t, news.Metered)[0]), storyPath(slugs(t, news.Metered)[9]), storyPath(slugs(t, news.Subscribers)[0])}
		}
		for i, path := range found {
			if i >= proof.Size(1, 1000) && r.Pattern != "/stories/:slug" {
				break
			}
			if strings.HasPrefix(path, "/_mail/") { // letters are for mail programs
				continue
			}
			if res, _ := raw(t, http.MethodGet, p.URL+path, "User-Agent", "walker (bot)"); strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") || res.StatusCode == http.StatusSeeOther {
				pages = append(pages, path)
			}
		}
	}
	pages = append(pages, "/search?q=tide", "/search?q=nothinglikethis")
	if len(pages) < 12 {
		t.Errorf("only %d pages: %s", len(pages), fmt.Sprint(pages))
	}
	return pages
}

// Pages on the way that only a form leads to.
func TestPagesOnTheWay(t *testing.T) {
	t.Parallel()
	needAxe(t)
	p := Shared(t)
	b, email := newTab(t, p), newEmail()
	b.open("/signin").fill(`[name="email"]`, email).press(`form[action="/signin"] button`)
	b.audit("the code's page")
	p.Code(t, email)
	b.fill(`[name="code"]`, "000000")
	b.press(`form[action="/signin/code"] button`)
	b.audit("the code's page after a wrong one")
	if _, err := b.Go(p.URL + "/nowhere"); err != nil {
		t.Fatal(err)
	}
	b.audit("a missing page")
}
