// Package mail writes the letters that the paper sends, each as HTML and as plain text with the same words. The first
// line is the whole message, then comes the next date, then one button. There are no pictures and nothing that tells us
// whether a letter was read.
//
// It knows the publication and what a letter is about. It refuses to know to whom it goes, how it is sent, and whether:
// it has no I/O.
package mail

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"broadsheet/billing"
	"broadsheet/news"
	"broadsheet/static"
)

// Letter is what is sent.
type Letter struct {
	Subject string // one line
	Text    string // plain text, lines of at most 72 characters where words allow
	HTML    string
}

// House is who writes: it is the same for every letter.
type House struct {
	Paper   news.Publication
	Zone    *time.Location // of the publication; nil is UTC
	BaseURL string         // scheme and host of the paper without a slash at the end
}

// account is the address of the reader's account, with a fragment or without.
func (h House) account(fragment string) string { return h.BaseURL + "/account" + fragment }

// home is the paper without the scheme, as it is said in a sentence.
func (h House) home() string {
	if u, err := url.Parse(h.BaseURL); err == nil && u.Host != "" {
		return u.Host
	}
	return h.BaseURL
}

// zone is where the paper's days begin and end.
func (h House) zone() *time.Location {
	if h.Zone == nil {
		return time.UTC
	}
	return h.Zone
}

// date is "3 May 2024" in the publication's zone.
func (h House) date(t time.Time) string { return t.In(h.zone()).Format("2 January 2006") }

// day is "3 May" in the publication's zone, for dates that are near.
func (h House) day(t time.Time) string { return t.In(h.zone()).Format("2 January") }

// sameMonth reports whether two days need their month said only once.
func (h House) sameMonth(a, b time.Time) bool {
	return a.In(h.zone()).Format("2006-01") == b.In(h.zone()).Format("2006-01")
}

// address is the postal address in one line.
func (h House) address() string {
	var parts []string
	for _, line := range strings.Split(h.Paper.Address, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, ", ")
}

// Colours of a button, for light and dark. Those of the tokens stand in for a publication without its own.
func (h House) light() string { return colourOr(h.Paper.Accent.Light, "#a3125f") }
func (h House) dark() string  { return colourOr(h.Paper.Accent.Dark, "#e88ab5") }

func colourOr(own, other string) string {
	if static.ValidColour(own) {
		return own
	}
	return other
}

// darkSheet is the part of the style sheet that mail programs apply in the dark.
func (h House) darkSheet() string {
	return `.btn{background:` + h.dark() + ` !important}a.btn{color:` + static.TextOn(h.dark()) + ` !important}`
}

// button is the style of a letter's one button.
func (h House) button() templ.SafeCSS {
	return templ.SafeCSS("display:inline-block;padding:13px 24px;background:" + h.light() + ";color:" + static.TextOn(h.light()) +
		";font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:20px;font-weight:bold;text-decoration:none")
}

// letter is what every letter is laid out from; HTML and text are drawn from the same one, so that they can't differ.
type letter struct {
	subject string
	preview string // what a mail program shows beside the subject
	title   string // the whole message
	big     string // a code or a sum, set large; "" for none
	under   string // below it
	table   []Line
	paras   []string
	button  string // label; "" for none
	link    string // absolute
	also    string // label of a link below the button; "" for none
	alsoTo  string // absolute
	after   string // below the button; "" for none
	foot    string // why this letter came
	leave   bool   // the foot carries the way out of a plan
}

// Line is a line of a receipt.
type Line struct {
	Text  string
	Money billing.Money
	Bold  bool
}

func (h House) write(l letter) (Letter, error) {
	var html bytes.Buffer
	if err := layout(h, l).Render(context.Background(), &html); err != nil {
		return Letter{}, fmt.Errorf("drawing the letter %q: %w", l.subject, err)
	}
	return Letter{Subject: l.subject, Text: text(h, l), HTML: html.String()}, nil
}
