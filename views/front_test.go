package views

import (
	"strings"
	"testing"

	"broadsheet/news"
)

func frontPage(n int) FrontPage {
	f := rich()
	f.Title, f.Path, f.Section = "", "/", ""
	list := teasers(n)
	p := FrontPage{Frame: f, Catalogue: catalogue()}
	if n == 0 {
		return p
	}
	p.Lead, p.Also, p.Secondary, p.Row = list[0], first(5, list), first(5, list), first(6, list)
	for i := range min(n, 8) {
		p.Blocks = append(p.Blocks, SectionBlock{Section: news.Section{Slug: "s" + itoa(i), Name: "Section " + itoa(i)}, Teasers: first(i, list)})
	}
	p.MostRead = list
	return p
}

func TestFrontWithEverything(t *testing.T) {
	t.Parallel()
	doc := draw(t, Front(frontPage(9)))
	want(t, doc, "title", "The Example · Friday 12 April 2024")
	want(t, doc, "h1", "The Example")
	holds(t, doc, ".mast-date", "Friday 12 April 2024", "Edition 412")
	want(t, doc, ".lead-main h2", "Story <0>")
	many(t, doc, ".lead-main img[fetchpriority=high][width='600'][height='400'][alt='A river.']", 1)
	many(t, doc, ".lead-also li", 3)
	many(t, doc, ".lead-side .tease", 3)
	many(t, doc, ".row .tease", 4)
	many(t, doc, ".block:not(.end-grid)", 7) // the empty one is left out
	many(t, doc, ".block-flip", 3)
	many(t, doc, ".block-one", 1)
	many(t, doc, ".block-two", 2)
	many(t, doc, ".most li", 6)
	holds(t, doc, ".ad[data-ad=front-1]", "Advertisement from The Example")
	holds(t, doc, ".sell", "Know where things stand")
	holds(t, doc, ".meter", "1 of 2 free stories left")
	many(t, doc, ".meter .rungs i", 2)
	many(t, doc, ".meter .rungs i.left", 1)
	if src := doc.Find("script[type='application/ld+json']").Text(); strings.Contains(src, "<") {
		t.Errorf("the JSON-LD could end its element: %s", src)
	}
}

func TestFrontOfSubscriberSellsNothing(t *testing.T) {
	t.Parallel()
	p := frontPage(9)
	p.SignedIn, p.Subscribed = true, true
	doc := draw(t, Front(p))
	many(t, doc, "[data-ad], .sell, .meter, .mast .btn", 0)
	want(t, doc, ".mast-do", "Your account")
}

func TestFrontWithNothing(t *testing.T) {
	t.Parallel()
	doc := draw(t, Front(FrontPage{}))
	holds(t, doc, ".empty", "Nothing is printed yet")
	many(t, doc, "[data-ad], .sell, .row, .block", 0)
}
