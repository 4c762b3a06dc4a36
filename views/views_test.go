package views

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"broadsheet/billing"
	"broadsheet/news"
)

// draw renders a component and parses what it wrote, refusing what the policy of every page refuses: inline script and
// style, ids used twice, and headings that skip a level.
func draw(t *testing.T, c templ.Component) *goquery.Document {
	t.Helper()
	var buf bytes.Buffer
	if err := c.Render(t.Context(), &buf); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(buf.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=%q> is inline", goquery.NodeName(s), a.Key, a.Val)
			}
			if strings.Contains(a.Val, "about:invalid") {
				t.Errorf("<%s %s> was refused as an address", goquery.NodeName(s), a.Key)
			}
		}
	})
	if n := doc.Find("style, script:not([src]):not([type='application/ld+json'])").Length(); n > 0 {
		t.Errorf("%d inline scripts or styles", n)
	}
	checkOutline(t, doc)
	checkNames(t, doc)
	return doc
}

func checkOutline(t *testing.T, doc *goquery.Document) {
	t.Helper()
	level := 0
	doc.Find("h1, h2, h3, h4").Each(func(_ int, s *goquery.Selection) {
		now := int(goquery.NodeName(s)[1] - '0')
		if s.Closest("header.mast").Length() == 0 && level == 0 && now > 1 {
			t.Errorf("the first heading is an h%d: %q", now, text(s))
		}
		if now > level+1 {
			t.Errorf("h%d %q follows an h%d", now, text(s), level)
		}
		level = now
	})
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("%d h1", n)
	}
	if n := doc.Find("main#main").Length(); n != 1 {
		t.Errorf("%d main", n)
	}
}

// checkNames finds ids used twice, references to ids that aren't there, and fields without a label.
func checkNames(t *testing.T, doc *goquery.Document) {
	t.Helper()
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if seen[id] {
			t.Errorf("id %q twice", id)
		}
		seen[id] = true
	})
	for _, key := range []string{"aria-labelledby", "aria-describedby", "for"} {
		doc.Find("[" + key + "]").Each(func(_ int, s *goquery.Selection) {
			for id := range strings.FieldsSeq(s.AttrOr(key, "")) {
				if !seen[id] {
					t.Errorf("%s=%q leads nowhere", key, id)
				}
			}
		})
	}
	doc.Find("input:not([type=hidden]), textarea, select").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if s.Closest("label").Length() == 0 && (id == "" || doc.Find("label[for='"+id+"']").Length() == 0) {
			t.Errorf("field %q has no label", s.AttrOr("name", ""))
		}
	})
	doc.Find("img").Each(func(_ int, s *goquery.Selection) {
		if _, ok := s.Attr("alt"); !ok {
			t.Errorf("picture %q has no alt", s.AttrOr("src", ""))
		}
	})
}

func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// want fails unless the selection's text is as said.
func want(t *testing.T, doc *goquery.Document, selector, is string) {
	t.Helper()
	if got := text(doc.Find(selector).First()); got != is {
		t.Errorf("%s says %q, want %q", selector, got, is)
	}
}

// holds fails unless the selection's text contains each part.
func holds(t *testing.T, doc *goquery.Document, selector string, parts ...string) {
	t.Helper()
	got := strings.ReplaceAll(text(doc.Find(selector)), nbsp, " ")
	for _, part := range parts {
		if !strings.Contains(got, part) {
			t.Errorf("%s lacks %q: %q", selector, part, got)
		}
	}
}

// many fails unless the selector finds n elements.
func many(t *testing.T, doc *goquery.Document, selector string, n int) {
	t.Helper()
	if got := doc.Find(selector).Length(); got != n {
		t.Errorf("%s is there %d times, want %d", selector, got, n)
	}
}

var noon = time.Date(2024, time.April, 12, 12, 0, 0, 0, time.FixedZone("CEST", 2*60*60))

// rich is a frame with everything in it.
func rich() Frame {
	pub := news.Publication{
		Name: "The Example", Tagline: "A paper", Language: "en-GB", Publisher: "Example Press", Address: "1 Quay\nPorto",
		Icon: "icon.svg", Disclaimer: "A paper of examples.",
		Wordmark: `<svg viewBox="0 0 10 2" width="10" height="2" aria-hidden="true"><path d="M0 0h10"/></svg>`,
		Promise:  news.Note{Title: "What we promise you", Text: "Mistakes are corrected.\nYou can leave."},
		AINote:   news.Note{Title: "How we use AI", Text: "People write it.", Link: "/pages/machines"},
		Strip:    news.Note{Title: "Know where things stand", Text: "Digital is €7 a month."},
	}
	pub.Cover = &news.Figure{Src: "/media/cover.svg", Alt: "Two clocks.", Width: 480, Height: 640}
	pub.Edition.Number, pub.Edition.Day = 412, "Friday"
	return Frame{
		Paper: pub, Day: noon, Title: "A title", Description: "What it is.", Path: "/somewhere",
		Canonical: "https://paper.example/somewhere", Accent: "/accent.css",
		Sections: []news.Section{{Slug: "world", Name: "World"}, {Slug: "economy", Name: "Economy"}}, Section: "world",
		Pages:  []PageLink{{Slug: "privacy", Title: "Privacy"}, {Slug: "machines", Title: "Rules for machines"}},
		Image:  &news.Figure{Src: "https://paper.example/media/a.png", Alt: "A map."},
		JSONLD: `{"name":"</script><b>x"}`,
		Meter:  &MeterStrip{Allowance: 2, Left: 1},
		Notice: &Notice{Kind: Bad, Title: "The bank declined.", Text: "Nothing changes yet.", Link: "/account", LinkText: "Use another card"},
	}
}

func teasers(n int) []news.Teaser {
	list := make([]news.Teaser, n)
	for i := range list {
		list[i] = news.Teaser{
			ID: itoa(i), Slug: "story-" + itoa(i), Headline: "Story <" + itoa(i) + ">", Standfirst: "What it says.", Kicker: "Rivers",
			Section: news.Section{Slug: "world", Name: "World"}, Author: news.Author{Slug: "ann", Name: "Ann Ode"}, Minutes: i,
			Figure: &news.Figure{Src: "/media/a.svg", Alt: "A river.", Caption: "The river.", Credit: "Drawing: us", Width: 600, Height: 400},
		}
	}
	return list
}

func eur(cents int64) billing.Money { return billing.Money{Amount: cents, Currency: "eur"} }

func catalogue() billing.Catalogue {
	price := func(key, plan string, every billing.Interval, cents int64) billing.Price {
		return billing.Price{LookupKey: key, Plan: plan, Interval: every, Money: eur(cents)}
	}
	return billing.Catalogue{
		Plans: []billing.Plan{
			{Key: "print", Name: "Print + Digital", Summary: "The paper at your door.", Benefits: billing.AllBenefits, Prices: []billing.Price{
				price("print_monthly", "print", billing.Monthly, 1400), price("print_yearly", "print", billing.Yearly, 14000),
			}},
			{Key: "digital", Name: "Digital", Summary: "The same, without the paper.", Benefits: billing.AllBenefits[1:], Prices: []billing.Price{
				price("digital_monthly", "digital", billing.Monthly, 700), price("digital_yearly", "digital", billing.Yearly, 7000),
			}},
		},
		Benefits: []billing.BenefitText{
			{Key: billing.Print, Name: "The magazine", Text: "The magazine delivered to your door"},
			{Key: billing.Unlimited, Name: "Every story", Text: "without a count"},
			{Key: billing.Voices, Name: "Voices", Text: "Voices, our audio opinions"},
			{Key: billing.AdFree, Name: "No advertising", Text: "ours included"},
			{Key: billing.Comments, Name: "Comments", Text: "A say in the comments"},
			{Key: billing.App, Name: "App", Text: "updates on the go"},
		},
	}
}

func containsSecret(html string) bool { return strings.Contains(html, "SECRET") }

func TestFootLineNamesThePublisherOnce(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]news.Publication{
		"Fiction. Example Press, 1 Quay, Porto.": {Disclaimer: "Fiction.", Publisher: "Example Press", Address: "1 Quay\nPorto"},
		"Example Press, 1 Quay.":                 {Publisher: "Example Press", Address: "Example Press\n1 Quay"},
		"1 Quay.":                                {Address: "1 Quay"},
		"":                                       {},
	} {
		if got := footLine(p); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
