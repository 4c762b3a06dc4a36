package views

import (
	"strings"

	"broadsheet/billing"
	"broadsheet/news"
)

// card says how a teaser is drawn. The zero value is a headline and a byline.
type card struct {
	class   string // further classes of .tease
	level   int    // of the headline: 2 or 3
	picture bool
	eager   bool // the picture is in the first screen
	kicker  bool
	text    bool
}

// class returns the classes of a teaser; an opinion is set in italics.
func (c card) classOf(t news.Teaser) string {
	s := "tease"
	if c.class != "" {
		s += " " + c.class
	}
	if t.Form == news.Opinion {
		s += " tease-voice"
	}
	return s
}

// kickerOf is the line above a headline in a list: the subject, or the section.
func kickerOf(t news.Teaser) string { return firstOf(t.Kicker, t.Section.Name) }

// offer is the plans as a form.
type offer struct {
	where     string // makes the ids of the page's headings unique
	level     int    // of the plans' headings: 2 or 3
	catalogue billing.Catalogue
	back      string // where to return to after paying
	yearly    bool   // the yearly price is chosen first
	askEmail  bool   // the viewer is signed out and gives an address here
	email     string // what was typed
	emailErr  string
	trials    bool              // free days are offered
	proven    bool              // the viewer's address is: they may begin without a card
	code      billing.Promotion // that is taken off; zero for none
	selected  string            // lookup key that was chosen before, "" for none
}

// benefitsOf lists what the plan brings and what it doesn't, in the catalogue's order and words.
func (o offer) benefitsOf(p billing.Plan) []planLine {
	lines := make([]planLine, 0, len(o.catalogue.Benefits))
	for _, b := range o.catalogue.Benefits {
		lines = append(lines, planLine{BenefitText: b, has: p.Has(b.Key)})
	}
	return lines
}

type planLine struct {
	billing.BenefitText
	has bool
}

// named reports whether the text begins with the benefit's name, which is then set bold: "Voices, our audio opinions".
func (l planLine) named() bool { return strings.HasPrefix(l.Text, l.Name) }

// rest is the text behind the name.
func (l planLine) rest() string { return strings.TrimPrefix(l.Text, l.Name) }

// gloss is what the table says below a benefit's name, without saying the name again.
func gloss(b billing.BenefitText) string {
	return strings.TrimLeft(strings.TrimPrefix(b.Text, b.Name), ", ")
}

// buyText is the label of a plan's button.
func buyText(p billing.Plan, every billing.Interval) string {
	if every == billing.Yearly {
		return "Choose a year of " + p.Name
	}
	return "Choose " + p.Name
}

// hasBoth reports whether there is anything to toggle.
func (o offer) hasBoth() bool {
	for _, p := range o.catalogue.Plans {
		if priceOf(p, billing.Monthly) != nil && priceOf(p, billing.Yearly) != nil {
			return true
		}
	}
	return false
}

// tag is the class that lets the toggle hide a price: m, y, or none when there is no other price to show.
func (o offer) tag(p billing.Plan, every billing.Interval) string {
	if priceOf(p, billing.Monthly) == nil || priceOf(p, billing.Yearly) == nil {
		return ""
	}
	if every == billing.Yearly {
		return "y"
	}
	return "m"
}
