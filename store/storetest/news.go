package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/internal/fault"
	"broadsheet/internal/id"
	"broadsheet/news"
	"broadsheet/store"
)

// noon is the instant at which these tests happen.
var noon = time.Date(2024, 4, 12, 12, 0, 0, 0, time.UTC)

// paper makes the section and the author that stories here belong to.
func paper(t *testing.T, db *store.DB) {
	t.Helper()
	for _, s := range []news.Section{{Slug: "world", Name: "World", Position: 0}, {Slug: "ideas", Name: "Ideas", Position: 1}} {
		if err := db.SaveSection(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range []news.Author{{Slug: "ada", Name: "Ada Vance", Role: "Writes"}, {Slug: "bo", Name: "Bo Ring"}} {
		if err := db.SaveAuthor(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
}

// A StoryOption changes what matters of a test's story.
type storyOption func(*news.Story)

func story(slug string, with ...storyOption) news.Story {
	s := news.Story{
		ID: id.New(noon), Slug: slug, Headline: "Headline of " + slug, Access: news.Metered, Published: noon,
		Section: news.Section{Slug: "world", Name: "World"}, Author: news.Author{Slug: "ada", Name: "Ada Vance", Role: "Writes"},
		Body: news.Body{{Kind: news.Paragraph, HTML: "<p>One two three.</p>", Text: "One two three.", Words: 3}}, Source: "One two three.",
	}
	for _, o := range with {
		o(&s)
	}
	return s
}

func published(at time.Time) storyOption { return func(s *news.Story) { s.Published = at } }
func section(slug string) storyOption {
	return func(s *news.Story) { s.Section = news.Section{Slug: slug} }
}
func author(slug string) storyOption {
	return func(s *news.Story) { s.Author = news.Author{Slug: slug} }
}
func access(a news.Access) storyOption    { return func(s *news.Story) { s.Access = a } }
func related(slugs ...string) storyOption { return func(s *news.Story) { s.Related = slugs } }
func paragraphs(texts ...string) storyOption {
	return func(s *news.Story) {
		s.Body = nil
		for _, text := range texts {
			s.Body = append(s.Body, news.Block{Kind: news.Paragraph, HTML: news.HTML("<p>" + text + "</p>"), Text: text, Words: news.CountWords(text)})
		}
	}
}

func save(t *testing.T, db *store.DB, s news.Story) news.Saved {
	t.Helper()
	saved, err := db.SaveStory(t.Context(), s, "test", noon)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func slugs(list []news.Teaser) []string {
	out := []string{}
	for _, t := range list {
		out = append(out, t.Slug)
	}
	return out
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func testNews(t *testing.T, open Opener) {
	for name, run := range map[string]func(*testing.T, *store.DB){
		"a story comes back whole":                           testStoryWhole,
		"saving says what changed, and moves the version":    testStoryChanges,
		"a section with stories stays":                       testDropSection,
		"access is kept with from and to":                    testStoryAccess,
		"lists page by keyset without loss or repeat":        testKeyset,
		"related: the desk's choice, the section, the paper": testRelated,
		"most read counts from the day given":                testMostRead,
		"counts add up by the hour":                          testHours,
		"search finds heads and openings":                    testSearch,
		"search never finds what is closed":                  testSearchClosed,
		"publication, authors and pages":                     testFurniture,
		"addresses run through all stories":                  testAddresses,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			paper(t, db)
			run(t, db)
		})
	}
}

func testStoryWhole(t *testing.T, db *store.DB) {
	want := story("clocks", related("b", "a"), func(s *news.Story) {
		s.Standfirst, s.Kicker, s.Form, s.Updated = "الأمواج 🌊", "Sea", news.Opinion, noon.Add(time.Hour)
		s.Figure = &news.Figure{Src: "/media/x.svg", Alt: "A clock", Caption: "Noon", Credit: "Desk", Width: 600, Height: 400}
	})
	save(t, db, want)
	want.Version = 1
	same(t, "by slug", want, must(db.StoryBySlug(t.Context(), "clocks"))(t))
	same(t, "by id", want, must(db.StoryByID(t.Context(), want.ID))(t))
	same(t, "teaser", []news.Teaser{want.Teaser()}, must(db.TeasersByID(t.Context(), []string{"nobody", want.ID}))(t))
	if _, err := db.StoryBySlug(t.Context(), "nothing"); !fault.Is(err, fault.Missing) {
		t.Errorf("an unknown story: %v", err)
	}
	if _, err := db.SaveStory(t.Context(), story("orphan", section("nowhere")), "", noon); err == nil {
		t.Error("a story was saved in a section that isn't there")
	}
}

func testDropSection(t *testing.T, db *store.DB) {
	save(t, db, story("clocks"))
	for slug, want := range map[string]bool{"world": false, "ideas": true, "nowhere": false} {
		same(t, slug, want, must(db.DropSection(t.Context(), slug))(t))
	}
	same(t, "sections", 1, len(must(db.Sections(t.Context()))(t)))
}

func testStoryChanges(t *testing.T, db *store.DB) {
	version := func() int64 { return must(db.NewsVersion(t.Context()))(t) }
	first := save(t, db, story("clocks"))
	at := version()
	again := save(t, db, story("clocks"))
	same(t, "the same again", news.Kept, again.Change)
	same(t, "its identifier", first.Story.ID, again.Story.ID)
	same(t, "its version", int64(1), again.Story.Version)
	same(t, "the paper's version", at, version())
	changed := save(t, db, story("clocks", func(s *news.Story) { s.Headline = "Other" }))
	same(t, "another headline", news.Changed, changed.Change)
	same(t, "identifier after a change", first.Story.ID, changed.Story.ID)
	same(t, "version after a change", int64(2), changed.Story.Version)
	if version() <= at {
		t.Error("the paper's version stood still while a story changed")
	}
}

func testStoryAccess(t *testing.T, db *store.DB) {
	saveAt := func(a news.Access, at time.Time) string {
		return must(db.SaveStory(t.Context(), story("clocks", access(a)), "", at))(t).Story.ID
	}
	id := saveAt(news.Free, noon)
	saveAt(news.Free, noon.Add(time.Hour))
	saveAt(news.Subscribers, noon.Add(2*time.Hour))
	saveAt(news.Metered, noon.Add(3*time.Hour))
	for at, want := range map[time.Duration]news.Access{0: news.Free, time.Hour: news.Free, 2 * time.Hour: news.Subscribers, 150 * time.Minute: news.Subscribers, 4 * time.Hour: news.Metered} {
		got, err := db.AccessAt(t.Context(), id, noon.Add(at))
		if err != nil || got != want {
			t.Errorf("access after %v = %q, %v; want %q", at, got, err, want)
		}
	}
	if _, err := db.AccessAt(t.Context(), id, noon.Add(-time.Hour)); !fault.Is(err, fault.Missing) {
		t.Errorf("access before the story was there: %v", err)
	}
}

func testKeyset(t *testing.T, db *store.DB) {
	var want []string
	for i := range 23 {
		slug := fmt.Sprintf("s%02d", i)
		// Three stories share each instant, so the identifier has to settle ties.
		save(t, db, story(slug, published(noon.Add(time.Duration(i/3)*time.Hour)), section([]string{"world", "ideas"}[i%2]), author([]string{"ada", "bo"}[i%2])))
		want = append(want, slug)
	}
	for name, list := range map[string]struct {
		page func(news.Cursor) (news.Listing, error)
		want int
	}{
		"all":     {func(c news.Cursor) (news.Listing, error) { return db.Latest(t.Context(), c, 5) }, 23},
		"section": {func(c news.Cursor) (news.Listing, error) { return db.LatestIn(t.Context(), "ideas", c, 5) }, 11},
		"author":  {func(c news.Cursor) (news.Listing, error) { return db.LatestBy(t.Context(), "ada", c, 5) }, 12},
		"search":  {func(c news.Cursor) (news.Listing, error) { return db.Search(t.Context(), "headline", c, 5) }, 23},
	} {
		seen := map[string]bool{}
		var last news.Teaser
		for cursor, pages := (news.Cursor{}), 0; ; pages++ {
			got := must(list.page(cursor))(t)
			for _, teaser := range got.Teasers {
				if seen[teaser.Slug] || last.ID != "" && teaser.Published.After(last.Published) {
					t.Errorf("%s: %s comes twice or out of order", name, teaser.Slug)
				}
				seen[teaser.Slug], last = true, teaser
			}
			if got.Next.IsZero() || pages > 10 {
				break
			}
			cursor = must(news.ParseCursor(got.Next.String()))(t)
		}
		same(t, name, list.want, len(seen))
	}
	same(t, "stories", len(want), must(db.CountStories(t.Context()))(t))
}

func testRelated(t *testing.T, db *store.DB) {
	main := save(t, db, story("main", related("far", "gone", "main"))).Story
	save(t, db, story("far", section("ideas")))
	save(t, db, story("old", published(noon.Add(-48*time.Hour))))
	save(t, db, story("new", published(noon.Add(-24*time.Hour))))
	same(t, "three", []string{"far", "new", "old"}, slugs(must(db.Related(t.Context(), main, 3))(t)))
	same(t, "one", []string{"far"}, slugs(must(db.Related(t.Context(), main, 1))(t)))
	alone := save(t, db, story("alone", section("ideas"), published(noon.Add(-time.Hour)))).Story
	same(t, "a section that has too few", []string{"far", "main", "new"}, slugs(must(db.Related(t.Context(), alone, 3))(t)))
}

func testMostRead(t *testing.T, db *store.DB) {
	a, b := save(t, db, story("a")).Story.ID, save(t, db, story("b")).Story.ID
	add := func(at time.Time, reads map[string]int) {
		t.Helper()
		if err := db.AddReads(t.Context(), at, reads); err != nil {
			t.Fatal(err)
		}
	}
	add(noon.AddDate(0, 0, -9), map[string]int{a: 100})
	add(noon, map[string]int{a: 1, b: 2})
	add(noon, map[string]int{b: 3})
	add(noon, nil)
	same(t, "this week", []string{"b", "a"}, slugs(must(db.MostRead(t.Context(), noon.AddDate(0, 0, -7), 5))(t)))
	same(t, "this month", []string{"a", "b"}, slugs(must(db.MostRead(t.Context(), noon.AddDate(0, 0, -30), 5))(t)))
}

func found(t *testing.T, db *store.DB, query string) []string {
	t.Helper()
	return slugs(must(db.Search(t.Context(), query, news.Cursor{}, 10))(t).Teasers)
}

func testSearch(t *testing.T, db *store.DB) {
	save(t, db, story("free", access(news.Free), func(s *news.Story) { s.Headline = "Überfahrt nach Tromsø" }, paragraphs("The ferry’s engine stopped.", "Nobody spoke of zinnias.")))
	for query, want := range map[string][]string{
		"tromso": {"free"}, "UBERFAHRT": {"free"}, "ferrys zinnia": {"free"}, "ada vance": {"free"},
		"zinnias submarine": {}, "": {}, "%": {}, "_____": {}, "'; DROP TABLE stories; --": {}, "innias": {},
	} {
		same(t, "search for "+query, want, found(t, db, query))
	}
	save(t, db, story("tokyo", access(news.Free), func(s *news.Story) { s.Headline = "東京の時計" }))
	same(t, "a script without spaces", []string{"tokyo"}, found(t, db, "時計"))
	save(t, db, story("free", access(news.Free)))
	same(t, "words that are gone", []string{}, found(t, db, "zinnias"))
}

func testSearchClosed(t *testing.T, db *store.DB) {
	text := paragraphs("Opening.", "Two three four five six seven.", "Eight nine ten xylophone eleven twelve thirteen fourteen.", "And a zephyr.")
	for _, a := range []news.Access{news.Metered, news.Subscribers} {
		save(t, db, story("closed", access(a), text))
		same(t, "the opening", []string{"closed"}, found(t, db, "opening"))
		same(t, "behind the cut", []string{}, append(found(t, db, "xylophone"), found(t, db, "zephyr")...))
	}
	save(t, db, story("closed", access(news.Free), text))
	same(t, "now free", []string{"closed"}, found(t, db, "xylophone zephyr"))
	save(t, db, story("closed", access(news.Metered), text))
	same(t, "closed again", []string{}, found(t, db, "xylophone"))
}

func testFurniture(t *testing.T, db *store.DB) {
	if _, err := db.Publication(t.Context()); !fault.Is(err, fault.Missing) {
		t.Errorf("no publication yet: %v", err)
	}
	page := news.Page{Slug: "privacy", Title: "Privacy", Position: 2, Body: news.Body{{Kind: news.Paragraph, HTML: "<p>None.</p>", Text: "None.", Words: 1}}}
	pub := news.Publication{Name: "The Gazette", Timezone: "Europe/Oslo", Accent: news.Accent{Light: "#a3125f"}}
	write := func() int64 {
		for _, err := range []error{db.SavePublication(t.Context(), pub), db.SavePage(t.Context(), page), db.SaveAuthor(t.Context(), news.Author{Slug: "cy", Name: "Cy"})} {
			if err != nil {
				t.Fatal(err)
			}
		}
		return must(db.NewsVersion(t.Context()))(t)
	}
	at := write()
	same(t, "the version after writing the same again", at, write())
	same(t, "publication", pub, must(db.Publication(t.Context()))(t))
	same(t, "page", page, must(db.PageBySlug(t.Context(), "privacy"))(t))
	same(t, "author", news.Author{Slug: "cy", Name: "Cy"}, must(db.AuthorBySlug(t.Context(), "cy"))(t))
	same(t, "pages", 1, len(must(db.Pages(t.Context()))(t)))
	same(t, "authors", 3, len(must(db.Authors(t.Context()))(t)))
	pub.Tagline = "Daily"
	if write() <= at {
		t.Error("the version stood still while the publication changed")
	}
}

func testAddresses(t *testing.T, db *store.DB) {
	for _, slug := range []string{"b", "a", "c"} {
		save(t, db, story(slug, func(s *news.Story) {
			if slug == "b" {
				s.Updated = noon.Add(time.Hour)
			}
		}))
	}
	same(t, "first two", []news.Address{{Slug: "a", Changed: noon}, {Slug: "b", Changed: noon.Add(time.Hour)}}, must(db.StoryAddresses(t.Context(), "", 2))(t))
	same(t, "the rest", []news.Address{{Slug: "c", Changed: noon}}, must(db.StoryAddresses(t.Context(), "b", 2))(t))
	same(t, "every one but the last", []string{"a", "b"}, must(db.StoryMarks(t.Context(), 1))(t))
	same(t, "every second", []string{"b"}, must(db.StoryMarks(t.Context(), 2))(t))
	same(t, "no part is needed", []string(nil), must(db.StoryMarks(t.Context(), 3))(t))
}
