package storetest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/news"
	"broadsheet/store"
)

// desk is the editing of a paper with two sections and two authors.
type desk struct {
	*news.Editing
	t   *testing.T
	db  *store.DB
	due []news.Due
}

func newDesk(t *testing.T, open Opener) *desk {
	d := &desk{t: t, db: open(t)}
	paper(t, d.db)
	d.Editing = &news.Editing{Store: d.db, Calendar: func(_ context.Context, due news.Due) error {
		d.due = append(d.due, due)
		return nil
	}}
	return d
}

func draft(headline string, with ...func(*news.Copy)) news.Copy {
	c := news.Copy{Headline: headline, Section: "world", Author: "ada", Access: news.Metered, Source: "One two three."}
	for _, o := range with {
		o(&c)
	}
	return c
}

func source(text string) func(*news.Copy) { return func(c *news.Copy) { c.Source = text } }

func (d *desk) begin(c news.Copy) news.Manuscript {
	d.t.Helper()
	return must(d.Begin(d.t.Context(), c, "ada-1", noon))(d.t)
}

func (d *desk) publish(m news.Manuscript, at time.Time) news.Manuscript {
	d.t.Helper()
	return must(d.Publish(d.t.Context(), m.ID, m.Head, at))(d.t)
}

func (d *desk) save(m news.Manuscript, by string, c news.Copy, at time.Time, auto bool) news.Saving {
	d.t.Helper()
	return must(d.Save(d.t.Context(), news.Save{ID: m.ID, From: m.Head, Copy: c, By: by, At: at, Auto: auto}))(d.t)
}

func (d *desk) numbers(id string) []int64 {
	d.t.Helper()
	var out []int64
	for _, r := range must(d.db.Revisions(d.t.Context(), id, 0, 100))(d.t) {
		out = append(out, r.Number)
	}
	return out
}

func testEditing(t *testing.T, open Opener) {
	tests := []struct {
		name string
		run  func(t *testing.T, d *desk)
	}{
		{"what is published is what readers get, and nothing before", testPublishing},
		{"a half-done story is kept and cannot be published", testUnfit},
		{"of two who write on one revision neither loses a word", testRivals},
		{"many who save at once lose nothing", testManySaves},
		{"one person's automatic saves are one revision", testAutosaves},
		{"an old revision comes back and nothing goes", testRestore},
		{"a scheduled story goes out as it was scheduled", testSchedule},
		{"an embargo holds", testEmbargo},
		{"a withdrawn story is nowhere, and comes back", testWithdraw},
		{"an old address leads to the new one", testReaddressing},
		{"a correction is seen and changes nothing else", testCorrection},
		{"an imported story is adopted, and a later import follows", testAdopt},
		{"those who have it open are seen", testPresence},
		{"a preview link works until it ends", testPreviewLinks},
		{"the desk sets the front page", testFrontPicks},
		{"lists go by stage, section, owner and words", testManuscriptLists},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t, newDesk(t, open))
		})
	}
}

func testPublishing(t *testing.T, d *desk) {
	m := d.begin(draft("The tide table"))
	if _, err := d.db.StoryBySlug(t.Context(), "the-tide-table"); !fault.Is(err, fault.Missing) {
		t.Fatalf("readers have a story that was not published: %v", err)
	}
	m = d.publish(m, noon)
	s := must(d.db.StoryBySlug(t.Context(), "the-tide-table"))(t)
	same(t, "stage", news.Published, m.Stage())
	same(t, "identifier", m.ID, s.ID)
	same(t, "published", noon, s.Published)
	same(t, "updated", time.Time{}, s.Updated)
	later := noon.Add(time.Hour)
	kept := d.save(m, "ada-1", draft("The tide table", source("Four five six.")), later, false)
	same(t, "stage", news.Ahead, kept.Manuscript.Stage())
	if s = must(d.db.StoryByID(t.Context(), m.ID))(t); s.Source != "One two three." {
		t.Errorf("readers have what was only saved: %q", s.Source)
	}
	before := must(d.db.NewsVersion(t.Context()))(t)
	d.publish(kept.Manuscript, later)
	s = must(d.db.StoryByID(t.Context(), m.ID))(t)
	if s.Source != "Four five six." || !s.Published.Equal(noon) || !s.Updated.Equal(later) || s.Version != 2 {
		t.Errorf("the story is now %q, published %s, updated %s, version %d", s.Source, s.Published, s.Updated, s.Version)
	}
	if after := must(d.db.NewsVersion(t.Context()))(t); after == before {
		t.Error("the paper's version did not move")
	}
	// What somebody else saved since is not published unseen.
	newer := d.save(kept.Manuscript, "bo-1", draft("The tide table", source("Unseen.")), later, false)
	if _, err := d.Publish(t.Context(), m.ID, kept.Manuscript.Head, later); !fault.Is(err, fault.Conflict) {
		t.Errorf("an unseen text was published: %v", err)
	}
	if newer.Rival != nil {
		t.Error("a plain save lost a race that there was not")
	}
}

func testUnfit(t *testing.T, d *desk) {
	bad := news.Copy{Headline: " ", Slug: "No Slug!", Access: "everyone", Source: "![](/media/x.png)\n", Section: "nowhere", Figure: &news.Figure{Src: "https://else.example/a.png"}}
	m := d.begin(bad)
	_, err := d.Publish(t.Context(), m.ID, m.Head, noon)
	unfit, ok := news.UnfitOf(err)
	if !fault.Is(err, fault.Invalid) || !ok {
		t.Fatalf("an unfit story was published: %v", err)
	}
	for _, field := range []string{"headline", "slug", "access", "section", "author", "figure", "source"} {
		if unfit.At(field) == "" {
			t.Errorf("nothing is said of %s", field)
		}
	}
	if got := must(d.db.Manuscript(t.Context(), m.ID))(t); !got.Copy.Same(bad) {
		t.Errorf("what was typed is not kept: %+v", got.Copy)
	}
	_, err = d.Save(t.Context(), news.Save{ID: m.ID, From: m.Head, Copy: draft("Long", source(strings.Repeat("x", news.MaxSource+1))), At: noon})
	if !fault.Is(err, fault.TooLarge) {
		t.Errorf("a text of any size is taken: %v", err)
	}
}

func testRivals(t *testing.T, d *desk) {
	m := d.begin(draft("The alliance"))
	first := d.save(m, "ada-1", draft("The alliance", source("Ada's text.")), noon.Add(time.Minute), false)
	second := d.save(m, "bo-1", draft("The alliance", source("Bo's text.")), noon.Add(2*time.Minute), false)
	if first.Rival != nil || second.Rival == nil {
		t.Fatalf("rivals: first %v, second %v", first.Rival, second.Rival)
	}
	got := must(d.db.Manuscript(t.Context(), m.ID))(t)
	same(t, "working copy", "Ada's text.", got.Copy.Source)
	same(t, "kept beside it", "Bo's text.", must(d.db.Revision(t.Context(), m.ID, second.Rival.Number))(t).Copy.Source)
	// Bo looks at both and writes on what is there.
	third := d.save(second.Manuscript, "bo-1", draft("The alliance", source("Ada's and Bo's text.")), noon.Add(3*time.Minute), false)
	if third.Rival != nil {
		t.Error("a save on the newest text is a rival")
	}
	same(t, "revisions", []int64{4, 3, 2, 1}, d.numbers(m.ID))
}

func testManySaves(t *testing.T, d *desk) {
	m := d.begin(draft("The race"))
	const many = 12
	var all sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for i := range many {
		all.Go(func() {
			text := strings.Repeat("x", i+1)
			for {
				kept, err := d.Save(t.Context(), news.Save{ID: m.ID, From: m.Head, Copy: draft("The race", source(text)), By: text, At: noon})
				if fault.Is(err, fault.Conflict) {
					continue // told to try again
				}
				if err != nil {
					t.Error(err)
					return
				}
				if kept.Rival == nil {
					mu.Lock()
					won++
					mu.Unlock()
				}
				return
			}
		})
	}
	all.Wait()
	same(t, "how many became the working copy", 1, won)
	texts := map[string]bool{}
	for _, r := range must(d.db.Revisions(t.Context(), m.ID, 0, 100))(t) {
		texts[r.Copy.Source] = true
	}
	same(t, "texts that are kept", many+1, len(texts))
}

func testAutosaves(t *testing.T, d *desk) {
	m := d.begin(draft("The draft"))
	for i := range 4 {
		m = d.save(m, "ada-1", draft("The draft", source(strings.Repeat("word ", i+2))), noon.Add(time.Duration(i)*time.Minute), true).Manuscript
	}
	same(t, "one revision for a sitting", []int64{5, 1}, d.numbers(m.ID))
	m = d.save(m, "bo-1", draft("The draft", source("Bo's.")), noon.Add(4*time.Minute), true).Manuscript
	same(t, "another person's is another", []int64{6, 5, 1}, d.numbers(m.ID))
	m = d.publish(m, noon.Add(4*time.Minute))
	m = d.save(m, "bo-1", draft("The draft", source("Bo's, later.")), noon.Add(5*time.Minute), true).Manuscript
	same(t, "what was published stays", []int64{7, 6, 5, 1}, d.numbers(m.ID))
	again := d.save(m, "bo-1", m.Copy, noon.Add(time.Hour), false)
	same(t, "the same text is no revision", m.Last, again.Manuscript.Last)
}

func testRestore(t *testing.T, d *desk) {
	m := d.begin(draft("The river"))
	m = d.save(m, "ada-1", draft("The river", source("Second.")), noon, false).Manuscript
	m = must(d.Restore(t.Context(), m.ID, 1, "bo-1", noon))(t)
	same(t, "text", "One two three.", m.Copy.Source)
	same(t, "revisions", []int64{3, 2, 1}, d.numbers(m.ID))
	if _, err := d.Restore(t.Context(), m.ID, 9, "bo-1", noon); !fault.Is(err, fault.Missing) {
		t.Errorf("a revision that is not there: %v", err)
	}
}

func testSchedule(t *testing.T, d *desk) {
	m := d.begin(draft("The morning"))
	at := noon.Add(18 * time.Hour)
	if _, err := d.Schedule(t.Context(), m.ID, m.Head, noon, noon); !fault.Is(err, fault.Invalid) {
		t.Errorf("scheduled for a time that is past: %v", err)
	}
	m = must(d.Schedule(t.Context(), m.ID, m.Head, at, noon))(t)
	same(t, "stage", news.Scheduled, m.Stage())
	m = d.save(m, "ada-1", draft("The morning", source("Half a sent")), noon.Add(time.Hour), false).Manuscript
	if err := d.Release(t.Context(), d.due[0], at); err != nil {
		t.Fatal(err)
	}
	s := must(d.db.StoryBySlug(t.Context(), "the-morning"))(t)
	same(t, "what went out", "One two three.", s.Source)
	same(t, "when", at, s.Published)
	same(t, "stage", news.Ahead, must(d.db.Manuscript(t.Context(), m.ID))(t).Stage())
	// The job runs again, and one of a schedule that was changed: nothing happens.
	for _, due := range []news.Due{d.due[0], {Manuscript: m.ID, Revision: m.Head, At: at}, {Manuscript: "gone"}} {
		if err := d.Release(t.Context(), due, at.Add(time.Hour)); err != nil {
			t.Error(err)
		}
	}
	same(t, "version", int64(1), must(d.db.StoryByID(t.Context(), m.ID))(t).Version)

	other := d.begin(draft("The evening"))
	other = must(d.Schedule(t.Context(), other.ID, other.Head, at, noon))(t)
	other = must(d.Unschedule(t.Context(), other.ID))(t)
	if err := d.Release(t.Context(), d.due[1], at); err != nil {
		t.Fatal(err)
	}
	same(t, "taken off the schedule", news.Writing, must(d.db.Manuscript(t.Context(), other.ID))(t).Stage())

	// A section that is gone by then: it stays, and says why.
	stuck := d.begin(draft("The night", func(c *news.Copy) { c.Section = "ideas" }))
	must(d.Schedule(t.Context(), stuck.ID, stuck.Head, at, noon))(t)
	must(d.db.DropSection(t.Context(), "ideas"))(t)
	if err := d.Release(t.Context(), d.due[2], at); err != nil {
		t.Fatal(err)
	}
	if got := must(d.db.Manuscript(t.Context(), stuck.ID))(t); got.Stage() != news.Scheduled || !strings.Contains(got.Stuck, "section") {
		t.Errorf("stage %s, stuck %q", got.Stage(), got.Stuck)
	}
}

func testEmbargo(t *testing.T, d *desk) {
	m := d.begin(draft("The report"))
	end := noon.Add(6 * time.Hour)
	m = must(d.SetEmbargo(t.Context(), m.ID, end))(t)
	if _, err := d.Publish(t.Context(), m.ID, m.Head, end.Add(-time.Second)); !fault.Is(err, fault.Conflict) {
		t.Errorf("published under embargo: %v", err)
	}
	if _, err := d.Schedule(t.Context(), m.ID, m.Head, end.Add(-time.Second), noon); !fault.Is(err, fault.Conflict) {
		t.Errorf("scheduled under embargo: %v", err)
	}
	m = must(d.Schedule(t.Context(), m.ID, m.Head, end, noon))(t)
	if _, err := d.SetEmbargo(t.Context(), m.ID, end.Add(time.Hour)); !fault.Is(err, fault.Conflict) {
		t.Errorf("an embargo beyond the schedule: %v", err)
	}
	if err := d.Release(t.Context(), d.due[0], end); err != nil {
		t.Fatal(err)
	}
	must(d.db.StoryByID(t.Context(), m.ID))(t)
}

func testWithdraw(t *testing.T, d *desk) {
	m := d.publish(d.begin(draft("The mistake")), noon)
	m = must(d.Withdraw(t.Context(), m.ID, noon.Add(time.Hour)))(t)
	same(t, "stage", news.Withdrawn, m.Stage())
	if _, err := d.db.StoryBySlug(t.Context(), "the-mistake"); !fault.Is(err, fault.Missing) {
		t.Errorf("by slug: %v", err)
	}
	if _, err := d.db.StoryByID(t.Context(), m.ID); !fault.Is(err, fault.Missing) {
		t.Errorf("by id: %v", err)
	}
	same(t, "latest", []string{}, slugs(must(d.db.Latest(t.Context(), news.Cursor{}, 9))(t).Teasers))
	same(t, "search", []string{}, slugs(must(d.db.Search(t.Context(), "mistake", news.Cursor{}, 9))(t).Teasers))
	same(t, "named", []string{}, slugs(must(d.db.TeasersBySlug(t.Context(), []string{"the-mistake"}))(t)))
	same(t, "sitemap", 0, len(must(d.db.StoryAddresses(t.Context(), "", 9))(t)))
	same(t, "count", 0, must(d.db.CountStories(t.Context()))(t))
	if _, err := d.Begin(t.Context(), draft("The mistake"), "bo-1", noon); err != nil {
		t.Fatal(err)
	}
	m = d.publish(m, noon.Add(2*time.Hour))
	s := must(d.db.StoryBySlug(t.Context(), "the-mistake"))(t)
	same(t, "published as it was first", noon, s.Published)
	same(t, "stage", news.Published, m.Stage())
}

func testReaddressing(t *testing.T, d *desk) {
	m := d.publish(d.begin(draft("First name")), noon)
	rename := func(slug string) {
		t.Helper()
		m = d.save(m, "ada-1", draft("First name", func(c *news.Copy) { c.Slug = slug }), noon, false).Manuscript
		m = d.publish(m, noon)
	}
	rename("second-name")
	rename("third-name")
	for _, old := range []string{"first-name", "second-name"} {
		same(t, old, "third-name", must(d.db.MovedTo(t.Context(), old))(t))
	}
	same(t, "its own", "", must(d.db.MovedTo(t.Context(), "third-name"))(t))
	other := d.begin(draft("First name"))
	_, err := d.Publish(t.Context(), other.ID, other.Head, noon)
	if unfit, ok := news.UnfitOf(err); !ok || unfit.At("slug") == "" {
		t.Errorf("an address that leads elsewhere was taken: %v", err)
	}
	rename("first-name")
	same(t, "back again", "first-name", must(d.db.MovedTo(t.Context(), "third-name"))(t))
	same(t, "no circle", "", must(d.db.MovedTo(t.Context(), "first-name"))(t))
	// A file that still has the old name is the same story.
	saved := save(t, d.db, story("second-name"))
	same(t, "identifier", m.ID, saved.Story.ID)
	same(t, "slug", "first-name", saved.Story.Slug)
}

func testCorrection(t *testing.T, d *desk) {
	m := d.begin(draft("The sum"))
	if err := d.Correct(t.Context(), m.ID, "It was five.", noon); !fault.Is(err, fault.Conflict) {
		t.Errorf("corrected before anybody read it: %v", err)
	}
	m = d.publish(m, noon)
	for _, bad := range []string{" \n", strings.Repeat("x", 601)} {
		if err := d.Correct(t.Context(), m.ID, bad, noon); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.10q: %v", bad, err)
		}
	}
	later := noon.Add(time.Hour)
	for _, text := range []string{"It was five,\n not six.", "And seven."} {
		if err := d.Correct(t.Context(), m.ID, text, later); err != nil {
			t.Fatal(err)
		}
	}
	want := []news.Correction{{At: later, Text: "It was five, not six."}, {At: later, Text: "And seven."}}
	same(t, "corrections", want, must(d.db.StoryByID(t.Context(), m.ID))(t).Corrections)
	// A later text, and an import, leave them.
	m = d.save(m, "ada-1", draft("The sum", source("Five.")), later, false).Manuscript
	d.publish(m, later)
	save(t, d.db, story("the-sum"))
	same(t, "corrections", want, must(d.db.StoryByID(t.Context(), m.ID))(t).Corrections)
}

func testAdopt(t *testing.T, d *desk) {
	saved := save(t, d.db, story("imported", published(noon.Add(-time.Hour))))
	if err := d.AdoptAll(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	m := must(d.db.Manuscript(t.Context(), saved.Story.ID))(t)
	same(t, "stage", news.Published, m.Stage())
	same(t, "edited", noon.Add(-time.Hour), m.EditedAt)
	// The file changes: the desk, which wrote nothing, has the new text.
	save(t, d.db, story("imported", published(noon.Add(-time.Hour)), func(s *news.Story) { s.Source = "Newer." }))
	if err := d.AdoptAll(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	m = must(d.db.Manuscript(t.Context(), m.ID))(t)
	same(t, "text", "Newer.", m.Copy.Source)
	same(t, "stage", news.Published, m.Stage())
	// The desk writes, and the file changes too: both are kept, and it is told.
	c := m.Copy
	c.Source = "The desk's."
	m = d.save(m, "ada-1", c, noon, false).Manuscript
	save(t, d.db, story("imported", published(noon.Add(-time.Hour)), func(s *news.Story) { s.Source = "Newest." }))
	m = must(d.Open(t.Context(), m.ID, noon))(t)
	same(t, "text", "The desk's.", m.Copy.Source)
	same(t, "stage", news.Ahead, m.Stage())
	same(t, "what readers have", "Newest.", must(d.db.Revision(t.Context(), m.ID, m.Released))(t).Copy.Source)
	if _, err := d.Open(t.Context(), "nothing", noon); !fault.Is(err, fault.Missing) {
		t.Errorf("a story that is nowhere: %v", err)
	}
}

func testPresence(t *testing.T, d *desk) {
	m := d.begin(draft("Open"))
	ada, bo := aReader(t, d.db, "ada@example.org"), aReader(t, d.db, "bo@example.org")
	see := func(who string, at time.Time) []string {
		t.Helper()
		return must(d.db.SeeManuscript(t.Context(), m.ID, who, at, at.Add(-time.Minute)))(t)
	}
	same(t, "alone", 0, len(see(ada.ID, noon)))
	same(t, "ada is there", []string{ada.ID}, see(bo.ID, noon.Add(30*time.Second)))
	same(t, "ada went", 0, len(see(bo.ID, noon.Add(5*time.Minute))))
	see(ada.ID, noon.Add(5*time.Minute))
	if err := d.db.LeaveManuscript(t.Context(), m.ID, bo.ID); err != nil {
		t.Fatal(err)
	}
	same(t, "bo left", 0, len(see(ada.ID, noon.Add(5*time.Minute))))
}

func testPreviewLinks(t *testing.T, d *desk) {
	m := d.begin(draft("Seen before"))
	ada := aReader(t, d.db, "ada@example.org")
	l := news.PreviewLink{Hash: "h1", Manuscript: m.ID, By: ada.ID, From: noon, To: noon.Add(24 * time.Hour)}
	if err := d.db.AddPreviewLink(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	same(t, "link", l, must(d.db.PreviewLink(t.Context(), "h1", noon))(t))
	if _, err := d.db.PreviewLink(t.Context(), "h1", l.To); !fault.Is(err, fault.Missing) {
		t.Errorf("after its end: %v", err)
	}
	same(t, "listed", []news.PreviewLink{l}, must(d.db.PreviewLinks(t.Context(), m.ID, noon))(t))
	if err := d.db.EndPreviewLinks(t.Context(), m.ID, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.PreviewLink(t.Context(), "h1", noon.Add(time.Hour)); !fault.Is(err, fault.Missing) {
		t.Errorf("after it was ended: %v", err)
	}
}

func testFrontPicks(t *testing.T, d *desk) {
	a, b := d.publish(d.begin(draft("Story A")), noon), d.publish(d.begin(draft("Story B")), noon)
	later := noon.Add(time.Hour)
	set := func(at time.Time, picks ...news.FrontPick) {
		t.Helper()
		if err := d.db.SetFront(t.Context(), picks, at); err != nil {
			t.Fatal(err)
		}
	}
	set(noon, news.FrontPick{Place: news.FrontLead, Story: a.ID}, news.FrontPick{Place: news.FrontPin, Story: b.ID, Until: later})
	want := []news.FrontPick{{Place: news.FrontLead, Story: a.ID, Slug: "story-a"}, {Place: news.FrontPin, Story: b.ID, Slug: "story-b", Until: later}}
	same(t, "picks", want, must(d.db.FrontPicks(t.Context(), noon))(t))
	same(t, "the pin is over", want[:1], must(d.db.FrontPicks(t.Context(), later))(t))
	set(later, news.FrontPick{Place: news.FrontLead, Story: b.ID})
	same(t, "how many there were", 2, len(must(d.db.FrontPicks(t.Context(), later.Add(-time.Second)))(t)))
	must(d.Withdraw(t.Context(), b.ID, later))(t)
	same(t, "a withdrawn story leaves", 0, len(must(d.db.FrontPicks(t.Context(), later))(t)))
}

func testManuscriptLists(t *testing.T, d *desk) {
	for i, c := range []news.Copy{draft("Fog 100%"), draft("Ships_and fog"), draft("Rain", func(c *news.Copy) { c.Section = "ideas" })} {
		must(d.Begin(t.Context(), c, []string{"ada-1", "bo-1", "bo-1"}[i], noon.Add(time.Duration(i)*time.Minute)))(t)
	}
	list := func(f news.ManuscriptFilter, before news.Cursor) []string {
		t.Helper()
		out := []string{}
		for _, m := range must(d.db.Manuscripts(t.Context(), f, before, 9))(t) {
			out = append(out, m.Copy.Headline)
		}
		return out
	}
	same(t, "all", []string{"Rain", "Ships_and fog", "Fog 100%"}, list(news.ManuscriptFilter{}, news.Cursor{}))
	same(t, "section", []string{"Rain"}, list(news.ManuscriptFilter{Section: "ideas"}, news.Cursor{}))
	same(t, "owner", []string{"Rain", "Ships_and fog"}, list(news.ManuscriptFilter{Owner: "bo-1"}, news.Cursor{}))
	same(t, "words", []string{"Ships_and fog", "Fog 100%"}, list(news.ManuscriptFilter{Words: "FOG"}, news.Cursor{}))
	same(t, "a percent sign is a letter", []string{"Fog 100%"}, list(news.ManuscriptFilter{Words: "0%"}, news.Cursor{}))
	same(t, "an underscore too", []string{"Ships_and fog"}, list(news.ManuscriptFilter{Words: "s_a"}, news.Cursor{}))
	same(t, "stage", []string{}, list(news.ManuscriptFilter{Stage: news.Published}, news.Cursor{}))
	top := must(d.db.Manuscripts(t.Context(), news.ManuscriptFilter{}, news.Cursor{}, 1))(t)[0]
	same(t, "the rest", []string{"Ships_and fog", "Fog 100%"}, list(news.ManuscriptFilter{}, news.Cursor{At: top.EditedAt, ID: top.ID}))
}
