package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/news"
	"broadsheet/views"
)

// storyRoutes are the desk's pages about stories.
func (s *Site) storyRoutes() []deskRoute {
	one := views.DeskStoryPath(":id")
	return []deskRoute{
		get(views.DeskStoriesPath, desk.StoryWrite, s.storyList),
		post(views.DeskStoriesPath, desk.StoryWrite, s.storyBegin),
		get(views.DeskNewStoryPath, desk.StoryWrite, s.storyNew),
		get(one, desk.StoryWrite, s.storyEdit),
		post(one, desk.StoryWrite, s.storySave),
		get(one+"/page", desk.StoryWrite, s.storyPage),
		post(one+"/page", desk.StoryWrite, s.storyPage),
		post(one+"/ready", desk.StoryWrite, s.storyReady),
		post(one+"/picture", desk.StoryWrite, s.storyPicture),
		post(one+"/publish", desk.StoryPublish, s.storyPublish),
		post(one+"/schedule", desk.StoryPublish, s.storySchedule),
		post(one+"/unschedule", desk.StoryPublish, s.storyUnschedule),
		post(one+"/embargo", desk.StoryPublish, s.storyEmbargo),
		get(one+"/withdraw", desk.StoryPublish, s.storyWithdrawForm),
		post(one+"/withdraw", desk.StoryPublish, s.storyWithdraw),
		post(one+"/correct", desk.StoryPublish, s.storyCorrect),
		post(one+"/link", desk.StoryWrite, s.storyLink),
		post(one+"/links", desk.StoryWrite, s.storyLinksEnd),
		get(one+"/history", desk.StoryWrite, s.storyHistory),
		post(one+"/restore", desk.StoryWrite, s.storyRestore),
	}
}

// storiesShown is how many rows a page of the desk's list has.
const storiesShown = 30

// storyList lists what the desk works on, the last edited first.
func (s *Site) storyList(c echo.Context, m desk.Member) error {
	ctx := c.Request().Context()
	if err := s.adoptStories(ctx); err != nil {
		return err
	}
	form := views.StoryFilter{Words: strings.TrimSpace(c.QueryParam("words")), Stage: c.QueryParam("stage"), Section: c.QueryParam("section"), Mine: c.QueryParam("mine") != ""}
	if !storable(form.Words, form.Stage, form.Section) {
		form = views.StoryFilter{}
	}
	before, err := news.ParseCursor(c.QueryParam("before"))
	if err != nil {
		before = news.Cursor{}
	}
	f := news.ManuscriptFilter{Words: form.Words, Stage: news.Stage(form.Stage), Section: form.Section}
	if form.Mine {
		f.Owner = m.ID
	}
	found, err := s.Newsroom.Stories.Manuscripts(ctx, f, before, storiesShown+1)
	if err != nil {
		return err
	}
	page := views.StoriesPage{DeskFrame: s.deskFrame(c, m, "Stories"), Filter: form, Pager: views.Pager{What: "story", Order: "last edited first"}}
	if len(found) > storiesShown {
		found = found[:storiesShown]
		last := found[storiesShown-1]
		page.Pager.Older = storiesLink(form, news.Cursor{At: last.EditedAt, ID: last.ID}.String())
	}
	if !before.IsZero() {
		page.Pager.Newer = storiesLink(form, "")
	}
	page.Pager.Shown = len(found)
	page.Rows, err = s.storyRows(ctx, found)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Stories(page))
}

func storiesLink(f views.StoryFilter, before string) string {
	q := url.Values{}
	for name, value := range map[string]string{"words": f.Words, "stage": f.Stage, "section": f.Section, "before": before} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Mine {
		q.Set("mine", "1")
	}
	if len(q) == 0 {
		return views.DeskStoriesPath
	}
	return views.DeskStoriesPath + "?" + q.Encode()
}

// adoptStories takes in what was imported since the last look: the command line
// imports without telling us.
func (s *Site) adoptStories(ctx context.Context) error {
	version, err := s.News.NewsVersion(ctx)
	if err != nil || version == s.adopted.Load() {
		return err
	}
	if err := s.Newsroom.Editing.AdoptAll(ctx, s.now()); err != nil {
		return err
	}
	s.adopted.Store(version)
	return nil
}

func (s *Site) storyRows(ctx context.Context, found []news.Manuscript) ([]views.StoryRow, error) {
	authors, err := s.Newsroom.Stories.Authors(ctx)
	if err != nil {
		return nil, err
	}
	called := map[string]string{}
	for _, a := range authors {
		called[a.Slug] = a.Name
	}
	ids := make([]string, len(found))
	for i, m := range found {
		ids[i] = m.ID
	}
	reads, err := s.Newsroom.Stories.ReadsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]views.StoryRow, len(found))
	for i, m := range found {
		section, _ := s.furniture.now().section(m.Copy.Section)
		rows[i] = views.StoryRow{
			ID: m.ID, Headline: m.Copy.Headline, Author: called[m.Copy.Author], Section: section.Name, Stage: m.Stage(), Access: m.Copy.Access,
			Edited: m.EditedAt, Queued: m.QueuedAt, Stuck: m.Stuck, Reads: reads[m.ID],
		}
	}
	return rows, nil
}

// storyNew asks for a headline.
func (s *Site) storyNew(c echo.Context, m desk.Member) error {
	return s.render(c, http.StatusOK, views.NewStory(views.NewStoryPage{DeskFrame: s.deskFrame(c, m, "New story", storyTrail()...)}))
}

func storyTrail(more ...views.DeskLink) []views.DeskLink {
	return append([]views.DeskLink{{Label: "Stories", Href: views.DeskStoriesPath}}, more...)
}

// storyBegin begins a story with a headline.
func (s *Site) storyBegin(c echo.Context, m desk.Member) error {
	headline := strings.TrimSpace(c.FormValue("headline"))
	if headline == "" {
		page := views.NewStoryPage{DeskFrame: s.deskFrame(c, m, "New story", storyTrail()...), Error: "A working headline is enough; it can change until the story goes out, and after."}
		return s.render(c, http.StatusUnprocessableEntity, views.NewStory(page))
	}
	copy := news.Copy{Headline: headline, Access: news.Metered}
	if sections := s.furniture.now().sections; len(sections) > 0 {
		copy.Section = sections[0].Slug
	}
	var made news.Manuscript
	err := s.change(c, m, func(ctx context.Context) (desk.Change, error) {
		var err error
		if copy.Author, err = s.bylineOf(ctx, m); err != nil {
			return desk.Change{}, err
		}
		made, err = s.Newsroom.Editing.Begin(ctx, copy, m.ID, s.now())
		return storyChange("begin", made.ID, nil, storyState(made)), err
	})
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.DeskStoryPath(made.ID))
}

// bylineOf is the author whose name the member bears; "" for none.
func (s *Site) bylineOf(ctx context.Context, m desk.Member) (string, error) {
	authors, err := s.Newsroom.Stories.Authors(ctx)
	for _, a := range authors {
		if a.Name == m.Name {
			return a.Slug, nil
		}
	}
	return "", err
}

// storyChange is what the record says of a story. The texts are among its
// revisions.
func storyChange(what, id string, before, after any) desk.Change {
	return desk.Change{Kind: "story." + what, Subject: "story", ID: id, Before: before, After: after}
}

// storyState is what of a manuscript the record keeps.
func storyState(m news.Manuscript) map[string]any {
	return map[string]any{"headline": m.Copy.Headline, "stage": m.Stage(), "revision": m.Head}
}

// manuscript is the one that the address names, if it is the member's to write
// on. Faults: Missing, Forbidden.
func (s *Site) manuscript(c echo.Context, m desk.Member) (news.Manuscript, error) {
	got, err := s.Newsroom.Editing.Open(c.Request().Context(), c.Param("id"), s.now())
	if err != nil {
		return got, err
	}
	if got.Owner != m.ID && !m.May(desk.StoryWriteAny) {
		return got, fault.New(fault.Forbidden, "That story is somebody else's. Its author, or an editor, can change it.", nil)
	}
	return got, nil
}
