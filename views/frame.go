package views

import (
	"strings"
	"time"

	"broadsheet/billing"
	"broadsheet/news"
)

// Frame is what every page wears: masthead, sections, meter strip, notice and footer, and what the page says about
// itself in its head. Nothing in it is personal beyond the variants SignedIn, Desk and Subscribed, so that a finished
// page can be kept and given to the next viewer of the same variant. Its zero value draws a bare page, so that a fault
// can be shown when nothing else can be read.
type Frame struct {
	Paper    news.Publication
	Sections []news.Section // in the order of the navigation
	Pages    []PageLink     // pages about the paper, for the footer
	Accent   string         // address of the sheet that static.AccentCSS wrote; "" keeps the tokens' colour

	Title       string // without the paper's name; "" on the front page
	Description string
	Canonical   string       // absolute; "" for pages that have no address of their own
	Image       *news.Figure // for those who share the page; its Src absolute. nil for none
	JSONLD      string       // JSON, as news writes it; "" for none
	NoIndex     bool         // keep the page out of search engines
	Still       bool         // the page is to be looked at only: no script runs in it
	Path        string       // the page's own local address with its query: the way back after signing in
	Section     string       // slug of the section that the page belongs to

	Day        time.Time // now in paper time, in the publication's zone: every date of the page is shown in that zone
	SignedIn   bool
	Desk       bool // signed in with a role
	Subscribed bool // holds the unlimited benefit: no plans, no advertising, no strip
	Resting    bool // has a plan that brings nothing now, so another is not offered: it is paused, or waits for its payment

	Meter  *MeterStrip // nil shows none: nothing is counted for this viewer, or on this page
	Notice *Notice

	full  bool // the large masthead, which holds the page's h1: the front page asks for it
	alone bool // no sections below the masthead: asked for by pages with one thing to do
}

// fully and byItself are how a page asks for another masthead than the usual one.
func (f Frame) fully() Frame    { f.full = true; return f }
func (f Frame) byItself() Frame { f.alone = true; return f }

// PageLink names a page about the paper.
type PageLink struct{ Slug, Title string }

// MeterStrip is what is said under the navigation. When the next story comes free stands at MeterPath: it differs by
// reader, and this strip is kept for many.
type MeterStrip struct {
	Allowance  int    // stories in a window for this viewer
	Left       int    // stories of it that are left, this one taken off
	Registered bool   // the allowance is a registered reader's
	More       int    // how many more registering would open; 0 doesn't say
	NotCounted string // said instead of the count when this page's story is outside it: "Free story"
}

// Kind colours a notice or a pill. It always comes with words.
type Kind string

// The kinds.
const (
	Plain Kind = ""
	Good  Kind = "good"
	Bad   Kind = "bad"
)

// Notice is a message above the page: what happened, what it means, perhaps where to go.
type Notice struct {
	Kind     Kind
	Title    string // set bold before the text; "" for none
	Text     string
	Link     string // local address; "" for none
	LinkText string
}

func (f Frame) zone() *time.Location { return f.Day.Location() }

func (f Frame) language() string {
	if f.Paper.Language == "" {
		return "en"
	}
	return f.Paper.Language
}

// title is the text of <title>.
func (f Frame) title() string {
	switch {
	case f.Title == "" && f.Day.IsZero():
		return f.Paper.Name
	case f.Title == "":
		return f.Paper.Name + " · " + f.longDay(f.Day)
	case f.Paper.Name == "":
		return f.Title
	}
	return f.Title + " · " + f.Paper.Name
}

func (f Frame) ogType() string {
	if strings.HasPrefix(f.Path, storyPrefix) {
		return "article"
	}
	return "website"
}

// ldJSON is the page's JSON-LD, safe inside a script element: no "<" is left that could end it.
func (f Frame) ldJSON() string { return strings.ReplaceAll(f.JSONLD, "<", `\u003c`) }

// home is what the way back to the front page is called.
func (f Frame) home() string {
	if f.Paper.Name == "" {
		return "Front page"
	}
	return f.Paper.Name
}

// page returns the address of a page about the paper, "" if the paper has none of that name.
func (f Frame) page(slug string) string {
	for _, p := range f.Pages {
		if p.Slug == slug {
			return PagePath(slug)
		}
	}
	return ""
}

// sells reports whether the page may show plans, the strip and the house's own advertising.
func (f Frame) sells() bool { return !f.Subscribed && !f.Desk && !f.Resting }

// cheapest is the plan that costs the least a month, nil without prices.
func cheapest(c billing.Catalogue) *billing.Plan {
	var least *billing.Plan
	for i := range c.Plans {
		p := priceOf(c.Plans[i], billing.Monthly)
		if p != nil && (least == nil || p.Money.Amount < priceOf(*least, billing.Monthly).Money.Amount) {
			least = &c.Plans[i]
		}
	}
	return least
}

// priceOf is the plan's price for the interval, nil if it isn't sold so.
func priceOf(plan billing.Plan, every billing.Interval) *billing.Price {
	for i := range plan.Prices {
		if plan.Prices[i].Interval == every {
			return &plan.Prices[i]
		}
	}
	return nil
}
