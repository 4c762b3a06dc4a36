package views

import (
	"strconv"
	"strings"
	"time"

	"broadsheet/news"
)

// The addresses of the desk's pages about stories.
const (
	DeskStoriesPath  = "/newsroom/stories" // words, stage, section, mine, before
	DeskNewStoryPath = "/newsroom/stories/new"
	DeskFrontPath    = "/newsroom/front"
	previewPrefix    = "/preview/"
)

// DeskStoryPath returns the address of a story's editor.
func DeskStoryPath(id string) string { return DeskStoriesPath + "/" + id }

// PreviewLinkPath returns the address of a preview for somebody outside.
func PreviewLinkPath(token string) string { return previewPrefix + token }

// StoriesPage lists what the desk works on.
type StoriesPage struct {
	DeskFrame
	Filter StoryFilter
	Rows   []StoryRow
	Pager  Pager
}

// StoryFilter is what was asked of the list.
type StoryFilter struct {
	Words, Stage, Section string
	Mine                  bool
}

func (f StoryFilter) any() bool { return f != StoryFilter{} }

// StoryRow is a story in the desk's list.
type StoryRow struct {
	ID, Headline, Author, Section string
	Stage                         news.Stage
	Access                        news.Access
	Edited                        time.Time
	Queued                        time.Time // zero unless it is scheduled
	Stuck                         string    // why it did not go out; "" if nothing is wrong
	Reads                         int64
}

// byline is "Sunniva Rao · World".
func (r StoryRow) byline() string {
	switch {
	case r.Author == "":
		return firstOf(r.Section, "No section yet")
	case r.Section == "":
		return r.Author
	}
	return r.Author + " · " + r.Section
}

// when says when it was last edited, or goes out.
func (p StoriesPage) when(r StoryRow) string {
	if r.Stage == news.Scheduled {
		return p.clock(r.Queued)
	}
	return "Edited " + p.clock(r.Edited)
}

// stageNames are the stages in the desk's words.
var stageNames = map[news.Stage]string{
	news.Writing: "Draft", news.Ready: "Ready", news.Scheduled: "Scheduled", news.Published: "Published", news.Ahead: "Changed since", news.Withdrawn: "Withdrawn",
}

func stagePill(s news.Stage) string {
	switch s {
	case news.Published:
		return "pill pill-good"
	case news.Ready, news.Ahead:
		return "pill pill-accent"
	}
	return "pill"
}

func stageOptions() []Option {
	out := []Option{{"", "Any"}}
	for _, s := range news.Stages {
		out = append(out, Option{string(s), stageNames[s]})
	}
	return out
}

func sectionOptions(sections []news.Section, none string) []Option {
	out := []Option{{"", none}}
	for _, s := range sections {
		out = append(out, Option{s.Slug, s.Name})
	}
	return out
}

var accessNames = map[news.Access]string{news.Free: "Free", news.Metered: "Metered", news.Subscribers: "Subscribers"}

// NewStoryPage asks for a headline.
type NewStoryPage struct {
	DeskFrame
	Error string
}

// EditorPage is a story at the desk.
type EditorPage struct {
	DeskFrame
	Manuscript news.Manuscript
	Copy       news.Copy // what stands in the form
	From       int64     // the revision that it was written on
	Story      *news.Story
	Authors    []Option
	Others     []string // who else has it open
	EditedBy   string
	Links      []news.PreviewLink
	Unfit      news.Unfit
	Rival      *news.Revision
	Wrong      string // why the last thing was not done; "" for nothing
	MayPublish bool
}

func (p EditorPage) at(more string) string { return DeskStoryPath(p.Manuscript.ID) + more }

func (p EditorPage) page(as string) string { return p.at("/page") + "?as=" + as }

// saved is "Revision 7, saved on 12 April, 07:38 by Ruth Bellamy".
func (p EditorPage) saved() string {
	m := p.Manuscript
	s := "Revision " + strconv.FormatInt(m.Head, 10) + ", saved on " + p.clock(m.EditedAt)
	if p.EditedBy != "" {
		s += " by " + p.EditedBy
	}
	return s
}

// standsAs says in a sentence what readers have of it.
func (p EditorPage) standsAs() string {
	m := p.Manuscript
	switch m.Stage() {
	case news.Scheduled:
		s := "Goes out on " + p.clock(m.QueuedAt) + ", as it was when it was scheduled."
		if m.Queued != m.Head {
			s += " What was written since is not in it."
		}
		return s
	case news.Published:
		return "Readers have this text."
	case news.Ahead:
		return "Readers have an earlier text: revision " + strconv.FormatInt(m.Released, 10) + "."
	case news.Withdrawn:
		return "Readers had it, and no longer have."
	case news.Ready:
		return "Its author is done. An editor may publish it."
	}
	return "Nobody outside the desk has seen it."
}

func (p EditorPage) others() string {
	switch len(p.Others) {
	case 1:
		return p.Others[0] + " has this story open too."
	}
	return strings.Join(p.Others[:len(p.Others)-1], ", ") + " and " + p.Others[len(p.Others)-1] + " have this story open too."
}

// moment is an instant as a datetime-local field holds it; "" for none.
func (p EditorPage) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(p.zone()).Format("2006-01-02T15:04")
}

func (p EditorPage) figure() news.Figure {
	if p.Copy.Figure == nil {
		return news.Figure{}
	}
	return *p.Copy.Figure
}

// soon is the next full hour in the paper's zone, which a schedule begins with.
func (p EditorPage) soon() string {
	at := p.Manuscript.QueuedAt
	if at.IsZero() {
		at = p.Day.Truncate(time.Hour).Add(time.Hour)
	}
	return p.moment(at)
}

// withdrawable reports whether readers have it.
func (p EditorPage) withdrawable() bool { return p.Manuscript.Released != 0 && !p.Manuscript.IsGone }

// words counts the words of the text.
func (p EditorPage) words() string { return count(news.CountWords(p.Copy.Source), "word") }

// HistoryPage lists a story's revisions.
type HistoryPage struct {
	DeskFrame
	Manuscript news.Manuscript
	Rows       []RevisionRow
	Pager      Pager
	Shown      *news.Revision // that is compared; nil for none
	Changes    []news.FieldChange
}

// RevisionRow is one revision and who wrote it.
type RevisionRow struct {
	news.Revision
	By string
}

func (p HistoryPage) at(more string) string { return DeskStoryPath(p.Manuscript.ID) + more }

// kind says how a revision came about.
func (r RevisionRow) kind() string {
	switch r.Kind {
	case news.Autosaved:
		return "Saved by itself"
	case news.Rival:
		return "Written at the same time as another"
	case news.Restored:
		return "Restored from revision " + strconv.FormatInt(r.From, 10)
	case news.Imported:
		return "Imported"
	}
	return "Saved"
}

// marks says what this revision is to the story today.
func (p HistoryPage) marks(r RevisionRow) []string {
	var out []string
	m := p.Manuscript
	if r.Number == m.Head {
		out = append(out, "Working copy")
	}
	if r.Number == m.Released && !m.IsGone {
		out = append(out, "Readers have it")
	}
	if r.Number == m.Queued {
		out = append(out, "Scheduled")
	}
	return out
}

var fieldNames = map[string]string{
	"headline": "Headline", "standfirst": "Standfirst", "kicker": "Kicker", "source": "Text", "access": "Gate", "form": "Form",
	"section": "Section", "author": "Author", "slug": "Address", "picture": "Opening picture",
}

// FrontDeskPage arranges the front page.
type FrontDeskPage struct {
	DeskFrame
	Lead   string // slug; "" is the newest
	Second string // slugs, a line each
	Pins   []FrontPin
	Known  []Option // the newest stories
	Error  string
}

// FrontPin is a story that stands beside the lead for a time.
type FrontPin struct{ Slug, Until string }

func related(c news.Copy) string { return strings.Join(c.Related, " ") }

func works(n int) string {
	if n == 1 {
		return "works"
	}
	return "work"
}
