package news

import (
	"slices"
	"time"
)

// Copy is the words of a story as the desk writes them. It may be half done:
// only publishing asks whether it can stand in the paper.
type Copy struct {
	Slug       string   `json:"slug"` // the last part of its address
	Headline   string   `json:"headline"`
	Standfirst string   `json:"standfirst"`
	Kicker     string   `json:"kicker"`
	Section    string   `json:"section"` // slug
	Author     string   `json:"author"`  // slug
	Form       Form     `json:"form"`
	Access     Access   `json:"access"`
	Figure     *Figure  `json:"figure,omitempty"`
	Source     string   `json:"source"`            // Markdown
	Related    []string `json:"related,omitempty"` // slugs
}

// Same reports whether two copies say the same.
func (c Copy) Same(o Copy) bool {
	if (c.Figure == nil) != (o.Figure == nil) || c.Figure != nil && *c.Figure != *o.Figure || !slices.Equal(c.Related, o.Related) {
		return false
	}
	return c.Slug == o.Slug && c.Headline == o.Headline && c.Standfirst == o.Standfirst && c.Kicker == o.Kicker &&
		c.Section == o.Section && c.Author == o.Author && c.Form == o.Form && c.Access == o.Access && c.Source == o.Source
}

// CopyOf is the copy that a story was made from.
func CopyOf(s Story) Copy {
	return Copy{
		Slug: s.Slug, Headline: s.Headline, Standfirst: s.Standfirst, Kicker: s.Kicker, Section: s.Section.Slug, Author: s.Author.Slug,
		Form: s.Form, Access: s.Access, Figure: s.Figure, Source: s.Source, Related: s.Related,
	}
}

// Stage is how far a manuscript has come.
type Stage string

// The stages. Ahead means that readers have it, and that the desk has since
// written on.
const (
	Writing   Stage = "writing"
	Ready     Stage = "ready" // its author is done; an editor may publish
	Scheduled Stage = "scheduled"
	Published Stage = "published"
	Ahead     Stage = "ahead"
	Withdrawn Stage = "withdrawn" // readers had it, and no longer have
)

// Stages in the order in which the desk chooses among them.
var Stages = []Stage{Writing, Ready, Scheduled, Published, Ahead, Withdrawn}

// Manuscript is a story as the desk works on it. Readers have of it only the
// revision that was published.
type Manuscript struct {
	ID       string // of the story, before and after it is published
	Copy     Copy
	Head     int64     // the revision that Copy is
	Last     int64     // the newest revision, which may be one that lost a race
	Released int64     // the revision that readers have; 0 for none
	Queued   int64     // the revision that goes out at QueuedAt; 0 for none
	QueuedAt time.Time // paper time; zero unless it is scheduled
	Stuck    string    // why it did not go out at its time; "" if nothing is wrong
	Embargo  time.Time // paper time before which it must not go out; zero for none
	IsReady  bool      // its author is done with it
	IsGone   bool      // readers had it, and no longer have
	Owner    string    // who began it: a reader's id; "" for one that was imported
	EditedBy string    // a reader's id; "" for the importer
	EditedAt time.Time // paper time
	Version  int64     // of the story that Released made: an import moves past it
}

// Stage says how far the manuscript has come.
func (m Manuscript) Stage() Stage {
	switch {
	case m.Queued != 0:
		return Scheduled
	case m.IsGone:
		return Withdrawn
	case m.Released != 0 && m.Released == m.Head:
		return Published
	case m.Released != 0:
		return Ahead
	case m.IsReady:
		return Ready
	}
	return Writing
}

// ManuscriptFilter chooses what a list of the desk shows. What is empty chooses
// all.
type ManuscriptFilter struct {
	Stage   Stage
	Section string // slug
	Owner   string // a reader's id
	Words   string // that stand in the headline
}

// RevisionKind says how a revision came about.
type RevisionKind string

// The kinds of revision. A Rival is a text that was saved over one that
// somebody else had saved meanwhile: it is kept, and is not the working copy.
const (
	Autosaved RevisionKind = "auto"
	SavedBy   RevisionKind = "saved"
	Rival     RevisionKind = "rival"
	Restored  RevisionKind = "restored"
	Imported  RevisionKind = "imported"
)

// Revision is a manuscript's text at one time.
type Revision struct {
	Manuscript string
	Number     int64
	Kind       RevisionKind
	From       int64 // the revision that it was written on, or restores
	By         string
	At         time.Time // paper time
	Copy       Copy
}

// together is how long one person's automatic saves go into one revision.
const together = 5 * time.Minute

// absorbs reports whether a save may take the place of r: both are automatic,
// by one person, and close together.
func (r Revision) absorbs(next Revision) bool {
	return r.Kind == Autosaved && next.Kind == Autosaved && r.By == next.By && next.At.Sub(r.At) < together && !next.At.Before(r.At)
}

// Correction is a note to readers that a published story was wrong.
type Correction struct {
	At   time.Time `json:"at"` // paper time
	Text string    `json:"text"`
}
