package handlers

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/news"
	"broadsheet/views"
)

const revisionsShown = 40

// storyHistory lists a story's revisions, and shows what one of them changed.
func (s *Site) storyHistory(c echo.Context, m desk.Member) error {
	got, err := s.manuscript(c, m)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	before, _ := strconv.ParseInt(c.QueryParam("before"), 10, 64)
	found, err := s.Newsroom.Stories.Revisions(ctx, got.ID, before, revisionsShown+1)
	if err != nil {
		return err
	}
	at := views.DeskStoryPath(got.ID)
	page := views.HistoryPage{
		DeskFrame:  s.deskFrame(c, m, "History", storyTrail(views.DeskLink{Label: got.Copy.Headline, Href: at})...),
		Manuscript: got, Pager: views.Pager{What: "revision", Order: "newest first"},
	}
	if len(found) > revisionsShown {
		found = found[:revisionsShown]
		page.Pager.Older = at + "/history?before=" + strconv.FormatInt(found[revisionsShown-1].Number, 10)
	}
	if page.Pager.Shown = len(found); before > 0 {
		page.Pager.Newer = at + "/history"
	}
	ids := make([]string, len(found))
	for i, r := range found {
		ids[i] = r.By
	}
	names, err := s.Newsroom.Desk.Named(ctx, ids)
	if err != nil {
		return err
	}
	for _, r := range found {
		page.Rows = append(page.Rows, views.RevisionRow{Revision: r, By: names[r.By]})
	}
	if number, err := strconv.ParseInt(c.QueryParam("revision"), 10, 64); err == nil {
		if page.Shown, page.Changes, err = s.compared(ctx, got, number); err != nil {
			return err
		}
	}
	return s.render(c, http.StatusOK, views.History(page))
}

// compared is a revision, and what it changed of the one that it was written on.
func (s *Site) compared(ctx context.Context, got news.Manuscript, number int64) (*news.Revision, []news.FieldChange, error) {
	r, err := s.Newsroom.Stories.Revision(ctx, got.ID, number)
	if err != nil {
		return nil, nil, err
	}
	for _, base := range []int64{r.From, r.Number - 1} {
		before, err := s.Newsroom.Stories.Revision(ctx, got.ID, base)
		if err == nil {
			return &r, news.Differences(before.Copy, r.Copy), nil
		}
		if !fault.Is(err, fault.Missing) {
			return nil, nil, err
		}
	}
	first := news.Differences(news.Copy{}, r.Copy)
	for _, field := range first {
		for i := range field.Pieces {
			field.Pieces[i].IsNew = false // all of it is: no word stands out
		}
	}
	return &r, first, nil
}

// storyRestore makes a revision the working copy again.
func (s *Site) storyRestore(c echo.Context, m desk.Member) error {
	number, err := strconv.ParseInt(c.FormValue("revision"), 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "Choose a revision from the history; nothing was changed.", err)
	}
	return s.onStory(c, m, "restore", "Restored. What was there before is still in the history.", func(ctx context.Context, got news.Manuscript) (news.Manuscript, error) {
		return s.Newsroom.Editing.Restore(ctx, got.ID, number, m.ID, s.now())
	})
}
