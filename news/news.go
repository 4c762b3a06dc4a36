// Package news holds what the paper prints: stories, their sections and
// authors, the pages about the paper itself, and the Markdown that they are
// written in. It knows nothing of readers, of money, or of who may read what:
// a story carries its access level, and another room decides what that means.
package news

import "time"

// Access says who may read a story to its end.
type Access string

// The three levels of access. What is not Free is decided by the gate.
const (
	Free        Access = "free"
	Metered     Access = "metered"
	Subscribers Access = "subscribers"
)

// Valid reports whether a is one of the three levels.
func (a Access) Valid() bool { return a == Free || a == Metered || a == Subscribers }

// Form is how a story is told; an opinion is set in italics.
type Form string

// The forms of a story.
const (
	Report  Form = ""
	Opinion Form = "opinion"
)

// HTML is markup that our own sanitiser has passed. Only Render makes it;
// views print it as it is.
type HTML string

// Figure is a picture with the words that belong to it.
type Figure struct {
	Src           string // address below /media/, made by the importer
	Alt           string // what it shows, for those who cannot see it
	Caption       string
	Credit        string
	Width, Height int    // CSS pixels, for a layout that does not move
	Set           string // for srcset: its copies in other widths; "" for none
}

// Section is a part of the paper.
type Section struct {
	Slug, Name, Description string
	Position                int // order in the navigation, from 0
}

// Author writes stories.
type Author struct {
	Slug, Name string
	Role       string // "Writes on alliances and armies"
	Bio        string
}

// BlockKind is what a block of a story's body is.
type BlockKind string

// The kinds of block. Only paragraphs count towards what a closed gate shows.
const (
	Paragraph BlockKind = "paragraph"
	Heading   BlockKind = "heading"
	Quote     BlockKind = "quote"
	List      BlockKind = "list"
	Picture   BlockKind = "figure"
	Other     BlockKind = "other"
)

// Block is one top-level piece of a body, rendered and sanitised.
type Block struct {
	Kind  BlockKind `json:"kind"`
	HTML  HTML      `json:"html"`
	Text  string    `json:"text"`  // the same without markup, for feeds and search
	Words int       `json:"words"` // words in Text
}

// Body is a story's text in reading order. Whether all of it may leave the
// server is the gate's to say: paywall.Cut makes the part that a closed gate
// shows, and every format prints what Cut returns.
type Body []Block

// Words counts the words of the body.
func (b Body) Words() int {
	n := 0
	for _, block := range b {
		n += block.Words
	}
	return n
}

// Story is one piece of the paper, whole.
type Story struct {
	ID         string // time-ordered, never reused
	Slug       string // the last part of its address
	Headline   string
	Standfirst string
	Kicker     string // the subject, above the headline
	Section    Section
	Author     Author
	Form       Form
	Access     Access
	Published  time.Time
	Updated    time.Time // zero if never
	Figure     *Figure   // the opening picture; nil for none
	Body       Body
	Source     string   // the Markdown as it was imported
	Related    []string // slugs, as the desk chose them
	// Corrections say what was wrong in it, the oldest first.
	Corrections []Correction
	Version     int64 // grows with every change of anything a page shows
}

// Minutes is how long a story takes at 230 words a minute, at least one.
func (s Story) Minutes() int { return Minutes(s.Body.Words()) }

// Teaser is what a list shows of a story. It never carries the body.
type Teaser struct {
	ID, Slug, Headline, Standfirst, Kicker string
	Section                                Section
	Author                                 Author
	Form                                   Form
	Access                                 Access
	Published                              time.Time
	Minutes                                int
	Figure                                 *Figure
}

// Teaser is the story as a list shows it.
func (s Story) Teaser() Teaser {
	return Teaser{
		ID: s.ID, Slug: s.Slug, Headline: s.Headline, Standfirst: s.Standfirst, Kicker: s.Kicker,
		Section: s.Section, Author: s.Author, Form: s.Form, Access: s.Access,
		Published: s.Published, Minutes: s.Minutes(), Figure: s.Figure,
	}
}

const wordsPerMinute = 230

// Minutes is how long so many words take to read, at least one.
func Minutes(words int) int { return max(1, (words+wordsPerMinute/2)/wordsPerMinute) }
