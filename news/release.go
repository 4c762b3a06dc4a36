package news

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/fault"
)

// FieldFault is one thing that keeps a copy from being printed.
type FieldFault struct {
	Field    string // of the form: headline, slug, section, author, access, figure, source, related
	Sentence string
}

// Unfit is the cause of an Invalid: the copy cannot stand in the paper yet.
type Unfit []FieldFault

func (u Unfit) Error() string {
	said := make([]string, len(u))
	for i, f := range u {
		said[i] = f.Sentence
	}
	return strings.Join(said, " ")
}

// At is what is wrong with a field; "" for nothing.
func (u Unfit) At(field string) string {
	for _, f := range u {
		if f.Field == field {
			return f.Sentence
		}
	}
	return ""
}

// UnfitOf finds what keeps a copy from being printed in an error.
func UnfitOf(err error) (Unfit, bool) { return errors.AsType[Unfit](err) }

// Compose makes the story that a copy describes, or says all that is wrong
// with it at once, as an Invalid with an Unfit cause.
// find says what stands behind a picture's address.
func Compose(c Copy, sections []Section, authors []Author, find FindPicture) (Story, error) {
	var wrong Unfit
	bad := func(isBad bool, field, sentence string) {
		if isBad {
			wrong = append(wrong, FieldFault{field, sentence})
		}
	}
	s := Story{Slug: c.Slug, Headline: strings.TrimSpace(c.Headline), Standfirst: strings.TrimSpace(c.Standfirst), Kicker: strings.TrimSpace(c.Kicker),
		Form: c.Form, Access: c.Access, Figure: c.Figure, Source: c.Source, Related: c.Related}
	if s.Slug == "" {
		s.Slug = Slugify(s.Headline)
	}
	bad(s.Headline == "", "headline", "A story needs a headline.")
	bad(!ValidSlug(s.Slug), "slug", "An address is made of a to z, 0 to 9 and hyphens, at most 80 of them.")
	bad(!s.Access.Valid(), "access", "Choose who may read it: everybody, the meter's readers, or subscribers.")
	bad(s.Form != Report && s.Form != Opinion, "form", "A story is a report or an opinion.")
	i := slices.IndexFunc(sections, func(x Section) bool { return x.Slug == c.Section })
	bad(i < 0, "section", "Choose a section.")
	if i >= 0 {
		s.Section = sections[i]
	}
	j := slices.IndexFunc(authors, func(a Author) bool { return a.Slug == c.Author })
	bad(j < 0, "author", "Choose an author.")
	if j >= 0 {
		s.Author = authors[j]
	}
	if c.Figure != nil {
		bad(!ownPicture(c.Figure.Src), "figure", "The picture isn't one of ours. Upload it here.")
		bad(strings.TrimSpace(c.Figure.Alt) == "", "figure", "Say what the picture shows, for those who cannot see it.")
	}
	for _, slug := range c.Related {
		bad(!ValidSlug(slug), "related", "“"+slug+"” is not the end of a story's address.")
	}
	var err error
	if s.Body, err = RenderWith(c.Source, find); err != nil {
		bad(true, "source", "The text cannot be set: "+err.Error()+".")
	} else {
		bad(!hasText(s.Body), "source", "A story needs a text.")
		bad(slices.ContainsFunc(s.Body, undescribed), "source", "A picture in the text says nothing to those who cannot see it: describe it between the square brackets.")
	}
	if len(wrong) > 0 {
		return s, fault.New(fault.Invalid, "The story cannot be published yet. "+wrong.Error(), wrong)
	}
	return s, nil
}

// undescribed reports whether a block holds a picture without words for it.
func undescribed(b Block) bool {
	return strings.Contains(string(b.HTML), `<img`) && strings.Contains(string(b.HTML), `alt=""`)
}

// Pictures finds what was uploaded, with its measures and its other widths.
func (e *Editing) Pictures(ctx context.Context) FindPicture {
	return func(src string) (Figure, error) {
		fig, err := ownFigure(src)
		if err != nil {
			return fig, err
		}
		known, ok, err := e.Store.Picture(ctx, src)
		if ok {
			fig.Width, fig.Height, fig.Set = known.Width, known.Height, known.Set
		}
		return fig, err
	}
}

// story composes a revision as the story that readers would get at that time.
func (e *Editing) story(ctx context.Context, m Manuscript, c Copy, now time.Time) (Story, error) {
	sections, err := e.Store.Sections(ctx)
	if err != nil {
		return Story{}, err
	}
	authors, err := e.Store.Authors(ctx)
	if err != nil {
		return Story{}, err
	}
	s, err := Compose(c, sections, authors, e.Pictures(ctx))
	if err != nil {
		return s, err
	}
	s.ID = m.ID
	holder, err := e.Store.AddressHolder(ctx, s.Slug)
	if err != nil {
		return s, err
	}
	if holder != "" && holder != m.ID {
		const taken = "Another story has that address, or had it once and is still found there. Choose another."
		return s, fault.New(fault.Invalid, "The story cannot be published yet. "+taken, Unfit{{"slug", taken}})
	}
	old, err := e.Store.StoredStory(ctx, m.ID)
	switch {
	case fault.Is(err, fault.Missing):
		s.Published = now
	case err != nil:
		return s, err
	default:
		s.Published, s.Updated = old.Published, old.Updated
		if textChanged(old, s) {
			s.Updated = now
		}
	}
	return s, nil
}

func embargoed(m Manuscript, at time.Time) error {
	if at.Before(m.Embargo) {
		return fault.New(fault.Conflict, "The story is under embargo, and cannot go out before it ends.", nil)
	}
	return nil
}

// Publish gives readers the working copy. from is the revision that was looked
// at: what somebody saved since is not published unseen.
func (e *Editing) Publish(ctx context.Context, id string, from int64, now time.Time) (Manuscript, error) {
	return e.change(ctx, id, func(ctx context.Context, m *Manuscript) error {
		if err := unmoved(*m, from); err != nil {
			return err
		}
		if err := embargoed(*m, now); err != nil {
			return err
		}
		return e.release(ctx, m, m.Head, m.Copy, now)
	})
}

func unmoved(m Manuscript, from int64) error {
	if m.Head != from {
		return fault.New(fault.Conflict, "Somebody has saved a newer text meanwhile. Look at it, and publish then; nothing was published now.", nil)
	}
	return nil
}

func (e *Editing) release(ctx context.Context, m *Manuscript, number int64, c Copy, now time.Time) error {
	s, err := e.story(ctx, *m, c, now)
	if err != nil {
		return err
	}
	saved, err := e.Store.ReleaseStory(ctx, s, now)
	if err != nil {
		return err
	}
	m.Released, m.Version = number, saved.Story.Version
	m.Queued, m.QueuedAt, m.Stuck = 0, time.Time{}, ""
	m.IsReady, m.IsGone = false, false
	return nil
}

// Schedule lets the working copy go out at a paper time. What is written
// afterwards is not in it, so that half a sentence never goes out by itself.
func (e *Editing) Schedule(ctx context.Context, id string, from int64, at, now time.Time) (Manuscript, error) {
	at = at.Truncate(time.Microsecond)
	return e.change(ctx, id, func(ctx context.Context, m *Manuscript) error {
		if err := unmoved(*m, from); err != nil {
			return err
		}
		if !at.After(now) {
			return fault.New(fault.Invalid, "That time is past. Choose a later one, or publish now.", nil)
		}
		if err := embargoed(*m, at); err != nil {
			return err
		}
		if _, err := e.story(ctx, *m, m.Copy, now); err != nil {
			return err
		}
		m.Queued, m.QueuedAt, m.Stuck = m.Head, at, ""
		return e.Calendar(ctx, Due{m.ID, m.Head, at})
	})
}

// Unschedule takes a story off the schedule.
func (e *Editing) Unschedule(ctx context.Context, id string) (Manuscript, error) {
	return e.change(ctx, id, func(_ context.Context, m *Manuscript) error {
		m.Queued, m.QueuedAt, m.Stuck = 0, time.Time{}, ""
		return nil
	})
}

// Release is the job of a Due: it publishes what was scheduled, as it was then,
// unless the schedule was changed since. A story that can no longer be
// published stays scheduled, and the manuscript says why it is stuck.
func (e *Editing) Release(ctx context.Context, d Due, now time.Time) error {
	_, err := e.change(ctx, d.Manuscript, func(ctx context.Context, m *Manuscript) error {
		if m.Queued != d.Revision || !m.QueuedAt.Equal(d.At) {
			return nil
		}
		r, err := e.Store.Revision(ctx, m.ID, m.Queued)
		if err != nil {
			return err
		}
		return e.release(ctx, m, r.Number, r.Copy, now)
	})
	switch {
	case fault.Is(err, fault.Missing):
		return nil
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict):
		why := fault.SentenceOf(err)
		_, err = e.change(ctx, d.Manuscript, func(_ context.Context, m *Manuscript) error { m.Stuck = why; return nil })
	}
	return err
}

// Withdraw takes a published story from readers. Its address says that it was
// there; its text stays with the desk, and publishing brings it back.
func (e *Editing) Withdraw(ctx context.Context, id string, now time.Time) (Manuscript, error) {
	return e.change(ctx, id, func(ctx context.Context, m *Manuscript) error {
		if m.Released == 0 || m.IsGone {
			return nil
		}
		m.IsGone, m.Queued, m.QueuedAt, m.Stuck = true, 0, time.Time{}, ""
		return e.Store.HideStory(ctx, m.ID, now)
	})
}

// Correct adds a note to a published story that says what was wrong in it.
func (e *Editing) Correct(ctx context.Context, id, text string, now time.Time) error {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return fault.New(fault.Invalid, "Say what was wrong, and what is right.", nil)
	}
	if len([]rune(text)) > maxCorrection {
		return fault.New(fault.Invalid, "A correction is a sentence or two, at most 600 letters.", nil)
	}
	return e.Store.InTx(ctx, func(ctx context.Context) error {
		m, err := e.Store.Manuscript(ctx, id)
		if err != nil {
			return err
		}
		if m.Released == 0 || m.IsGone {
			return fault.New(fault.Conflict, "Readers do not have this story, so there is nothing to correct.", nil)
		}
		return e.Store.AddCorrection(ctx, id, Correction{now.Truncate(time.Microsecond), text})
	})
}

const maxCorrection = 600
