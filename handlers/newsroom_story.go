package handlers

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/news"
	"broadsheet/views"
)

// watched is how long somebody counts as writing after a sign of life.
const watched = 2 * time.Minute

// storyEdit is the editor.
func (s *Site) storyEdit(c echo.Context, m desk.Member) error {
	got, err := s.manuscript(c, m)
	if err != nil {
		return err
	}
	return s.showEditor(c, m, http.StatusOK, editor{manuscript: got, copy: got.Copy, from: got.Head})
}

// editor is what the page shows besides the manuscript.
type editor struct {
	manuscript news.Manuscript
	copy       news.Copy // what stands in the form
	from       int64     // the revision that it was written on
	unfit      news.Unfit
	rival      *news.Revision // what was written over somebody else's save
	wrong      string
}

func (s *Site) showEditor(c echo.Context, m desk.Member, status int, e editor) error {
	ctx, now := c.Request().Context(), s.wall()
	others, err := s.Newsroom.Stories.SeeManuscript(ctx, e.manuscript.ID, m.ID, now, now.Add(-watched))
	if err != nil {
		return err
	}
	page := views.EditorPage{
		DeskFrame: s.deskFrame(c, m, e.copy.Headline, storyTrail()...), Manuscript: e.manuscript, Copy: e.copy, From: e.from,
		Unfit: e.unfit, Rival: e.rival, Wrong: e.wrong, MayPublish: m.May(desk.StoryPublish),
	}
	ids := append(others, e.manuscript.EditedBy)
	names, err := s.Newsroom.Desk.Named(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range others {
		page.Others = append(page.Others, names[id])
	}
	page.EditedBy = names[e.manuscript.EditedBy]
	authors, err := s.Newsroom.Stories.Authors(ctx)
	if err != nil {
		return err
	}
	for _, a := range authors {
		page.Authors = append(page.Authors, views.Option{Value: a.Slug, Label: a.Name})
	}
	if page.Links, err = s.Newsroom.Stories.PreviewLinks(ctx, e.manuscript.ID, s.now()); err != nil {
		return err
	}
	if story, err := s.Newsroom.Stories.StoredStory(ctx, e.manuscript.ID); err == nil {
		page.Story = &story
	} else if !fault.Is(err, fault.Missing) {
		return err
	}
	h := c.Response().Header()
	h["Content-Security-Policy"] = []string{s.headers.Get("Content-Security-Policy") + "; frame-src 'self'"} // the preview
	return s.render(c, status, views.Editor(page))
}

// copyFrom reads the form. The picture's file is the manuscript's own; the form
// says only the words that belong to it.
func copyFrom(c echo.Context, figure *news.Figure) news.Copy {
	line := func(name string) string { return strings.Join(strings.Fields(c.FormValue(name)), " ") }
	copy := news.Copy{
		Slug: line("slug"), Headline: line("headline"), Standfirst: line("standfirst"), Kicker: line("kicker"), Section: c.FormValue("section"),
		Author: c.FormValue("author"), Form: news.Form(c.FormValue("form")), Access: news.Access(c.FormValue("access")),
		Source:  strings.ReplaceAll(c.FormValue("source"), "\r\n", "\n"),
		Related: strings.FieldsFunc(c.FormValue("related"), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }),
	}
	if figure != nil && c.FormValue("nopicture") == "" {
		f := *figure
		f.Alt, f.Caption, f.Credit = line("alt"), line("caption"), line("credit")
		copy.Figure = &f
	}
	if len(copy.Related) == 0 {
		copy.Related = nil
	}
	return copy
}

// written is the form as a save.
func (s *Site) written(c echo.Context, m desk.Member, got news.Manuscript) news.Save {
	from, err := strconv.ParseInt(c.FormValue("from"), 10, 64)
	if err != nil {
		from = got.Head
	}
	return news.Save{ID: got.ID, From: from, Copy: copyFrom(c, got.Copy.Figure), By: m.ID, Auto: c.FormValue("auto") != "", At: s.now()}
}

// blank reports whether the form of an editor came at all: a bare POST must not
// empty a story.
func blank(c echo.Context) bool {
	form, err := c.FormParams()
	return err != nil || !form.Has("source") || !form.Has("headline")
}

func errBlank() error {
	return fault.New(fault.Invalid, "The form came without the story's text, so nothing was changed. Go back and send it again.", nil)
}

// storySave keeps what was written. A browser that saves by itself is answered
// in JSON.
func (s *Site) storySave(c echo.Context, m desk.Member) error {
	got, err := s.manuscript(c, m)
	if err != nil {
		return err
	}
	if blank(c) {
		return errBlank()
	}
	save := s.written(c, m, got)
	var kept news.Saving
	err = s.change(c, m, func(ctx context.Context) (desk.Change, error) {
		var err error
		if kept, err = s.Newsroom.Editing.Save(ctx, save); err != nil || kept.Manuscript.Last == got.Last {
			return desk.Change{}, err
		}
		return storyChange("write", got.ID, storyState(got), storyState(kept.Manuscript)), nil
	})
	if err != nil {
		return s.unsaved(c, m, got, save, err)
	}
	if save.Auto {
		return s.autosaved(c, m, kept)
	}
	if kept.Rival != nil {
		return s.showEditor(c, m, http.StatusConflict, editor{manuscript: kept.Manuscript, copy: save.Copy, from: kept.Manuscript.Head, rival: kept.Rival})
	}
	return s.done(c, views.DeskStoryPath(got.ID), "Saved.")
}

// unsaved shows the form again with what was typed.
func (s *Site) unsaved(c echo.Context, m desk.Member, got news.Manuscript, save news.Save, err error) error {
	if k := fault.KindOf(err); save.Auto || k != fault.TooLarge && k != fault.Invalid && k != fault.Conflict {
		return err
	}
	e := editor{manuscript: got, copy: save.Copy, from: save.From, wrong: fault.SentenceOf(err)}
	e.unfit, _ = news.UnfitOf(err)
	status := http.StatusUnprocessableEntity
	if fault.Is(err, fault.Conflict) {
		status = http.StatusConflict
	}
	return s.showEditor(c, m, status, e)
}

// autosaved tells the page what it must know to save again.
func (s *Site) autosaved(c echo.Context, m desk.Member, kept news.Saving) error {
	ctx, now := c.Request().Context(), s.wall()
	others, err := s.Newsroom.Stories.SeeManuscript(ctx, kept.Manuscript.ID, m.ID, now, now.Add(-watched))
	if err != nil {
		return err
	}
	names, err := s.Newsroom.Desk.Named(ctx, others)
	if err != nil {
		return err
	}
	answer := struct {
		From   int64    `json:"from"`
		Rival  bool     `json:"rival"`
		At     string   `json:"at"`
		Others []string `json:"others"`
	}{kept.Manuscript.Head, kept.Rival != nil, s.now().In(s.furniture.now().zone).Format("15:04"), []string{}}
	for _, id := range others {
		answer.Others = append(answer.Others, names[id])
	}
	return c.JSON(http.StatusOK, answer)
}

// onStory does something to a story and says so on its page. What was refused
// is shown there, with nothing changed.
func (s *Site) onStory(c echo.Context, m desk.Member, what, said string, do func(ctx context.Context, got news.Manuscript) (news.Manuscript, error)) error {
	got, err := s.manuscript(c, m)
	if err != nil {
		return err
	}
	err = s.change(c, m, func(ctx context.Context) (desk.Change, error) {
		after, err := do(ctx, got)
		if err != nil {
			return desk.Change{}, err
		}
		return storyChange(what, got.ID, storyState(got), storyState(after)), nil
	})
	if err == nil {
		if err := s.Refresh(c.Request().Context()); err != nil {
			return err
		}
		return s.done(c, views.DeskStoryPath(got.ID), said)
	}
	k := fault.KindOf(err)
	if k != fault.Invalid && k != fault.Conflict {
		return err
	}
	e := editor{manuscript: got, copy: got.Copy, from: got.Head, wrong: fault.SentenceOf(err)}
	if !blank(c) {
		e.copy = copyFrom(c, got.Copy.Figure)
	}
	e.unfit, _ = news.UnfitOf(err)
	status := http.StatusUnprocessableEntity
	if k == fault.Conflict {
		status = http.StatusConflict
	}
	return s.showEditor(c, m, status, e)
}

// savedFirst keeps what is in the form before something is done with it, in the
// same transaction, and refuses when somebody else was quicker: what nobody has
// looked at does not go out.
func (s *Site) savedFirst(ctx context.Context, c echo.Context, m desk.Member, got news.Manuscript) (news.Manuscript, error) {
	if blank(c) {
		return got, errBlank()
	}
	kept, err := s.Newsroom.Editing.Save(ctx, s.written(c, m, got))
	if err != nil {
		return got, err
	}
	if kept.Rival != nil {
		return got, fault.New(fault.Conflict, "Somebody else saved this story while you were writing. Save yours first, look at both, and publish then; nothing went out.", nil)
	}
	return kept.Manuscript, nil
}

func (s *Site) storyReady(c echo.Context, m desk.Member) error {
	ready := c.FormValue("ready") != ""
	said := "Taken back: the story is being written."
	if ready {
		said = "Handed over. An editor finds it under “Ready”."
	}
	return s.onStory(c, m, "ready", said, func(ctx context.Context, got news.Manuscript) (news.Manuscript, error) {
		if ready {
			var err error
			if got, err = s.savedFirst(ctx, c, m, got); err != nil {
				return got, err
			}
		}
		return s.Newsroom.Editing.HandOver(ctx, got.ID, ready)
	})
}

func (s *Site) storyPublish(c echo.Context, m desk.Member) error {
	return s.onStory(c, m, "publish", "Published. Readers have it now.", func(ctx context.Context, got news.Manuscript) (news.Manuscript, error) {
		got, err := s.savedFirst(ctx, c, m, got)
		if err != nil {
			return got, err
		}
		return s.Newsroom.Editing.Publish(ctx, got.ID, got.Head, s.now())
	})
}

// formMoment reads a moment as forms send it, in the paper's zone; zero for
// none, an Invalid for what is no moment.
func (s *Site) formMoment(c echo.Context, name string) (time.Time, error) {
	return s.momentOf(c.FormValue(name))
}

func (s *Site) momentOf(typed string) (time.Time, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, typed, s.furniture.now().zone); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fault.New(fault.Invalid, "“"+typed+"” is no time that we can read. Write it as 2026-11-25 18:00.", nil)
}

func (s *Site) storySchedule(c echo.Context, m desk.Member) error {
	return s.onStory(c, m, "schedule", "Scheduled. What you write from now on is not in it until you schedule again.", func(ctx context.Context, got news.Manuscript) (news.Manuscript, error) {
		at, err := s.formMoment(c, "at")
		if err != nil {
			return got, err
		}
		if at.IsZero() {
			return got, fault.New(fault.Invalid, "Say when it is to go out.", nil)
		}
		if got, err = s.savedFirst(ctx, c, m, got); err != nil {
			return got, err
		}
		return s.Newsroom.Editing.Schedule(ctx, got.ID, got.Head, at, s.now())
	})
}

func (s *Site) storyUnschedule(c echo.Context, m desk.Member) error {
	return s.onStory(c, m, "unschedule", "Off the schedule. It goes out when somebody publishes it.", func(ctx context.Context, got news.Manuscript) (news.Manuscript, error) {
		return s.Newsroom.Editing.Unschedule(ctx, got.ID)
	})
}

func (s *Site) storyEmbargo(c echo.Context, m desk.Member) error {
	return s.onStory(c, m, "embargo", "The embargo is set.", func(ctx context.Context, got news.Manuscript) (news.Manuscript, error) {
		until, err := s.formMoment(c, "embargo")
		if err != nil {
			return got, err
		}
		return s.Newsroom.Editing.SetEmbargo(ctx, got.ID, until)
	})
}

func (s *Site) storyWithdrawForm(c echo.Context, m desk.Member) error {
	got, err := s.manuscript(c, m)
	if err != nil {
		return err
	}
	at := views.DeskStoryPath(got.ID)
	return s.render(c, http.StatusOK, views.DeskConfirm(views.ConfirmPage{
		DeskFrame: s.deskFrame(c, m, "Withdraw", storyTrail(views.DeskLink{Label: got.Copy.Headline, Href: at})...),
		Heading:   "Withdraw “" + got.Copy.Headline + "”?",
		Says: []string{
			"It leaves every page, list, feed and search at once, and its address says that it is not there.",
			"The text stays here, and publishing brings it back at the same address.",
		},
		Action: at + "/withdraw", Yes: "Withdraw the story", Back: at, Bad: true,
	}))
}

func (s *Site) storyWithdraw(c echo.Context, m desk.Member) error {
	return s.onStory(c, m, "withdraw", "Withdrawn. Readers no longer have it.", func(ctx context.Context, got news.Manuscript) (news.Manuscript, error) {
		if got.Released == 0 || got.IsGone {
			return got, fault.New(fault.Conflict, "Readers do not have this story, so there is nothing to withdraw.", nil)
		}
		return s.Newsroom.Editing.Withdraw(ctx, got.ID, s.now())
	})
}

func (s *Site) storyCorrect(c echo.Context, m desk.Member) error {
	return s.onStory(c, m, "correct", "The correction stands under the story.", func(ctx context.Context, got news.Manuscript) (news.Manuscript, error) {
		return got, s.Newsroom.Editing.Correct(ctx, got.ID, c.FormValue("correction"), s.now())
	})
}
