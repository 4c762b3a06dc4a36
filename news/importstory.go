package news

import (
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/id"
)

// address is the end of the story's or page's address.
func (d draft) address(file string) (string, error) {
	if d.slug == "" {
		return Slugify(baseName(file)), nil
	}
	if !ValidSlug(d.slug) {
		return "", refusef("slug: %q cannot stand in an address; use a to z, 0 to 9 and hyphens, at most %d", d.slug, slugMax)
	}
	return d.slug, nil
}

func (r *importRun) story(ctx context.Context, file string) (Line, error) {
	d, err := r.read(file)
	if err != nil {
		return Line{}, err
	}
	s, pictures, err := r.compose(file, d)
	if err != nil {
		return Line{}, err
	}
	if other, ok := r.taken[s.Slug]; ok {
		return Line{}, refusef("%s has the same address, /stories/%s; give one of them a slug of its own", other, s.Slug)
	}
	for _, p := range pictures {
		if err := r.Media.Put(ctx, p); err != nil {
			return Line{}, err
		}
	}
	var saved Saved
	err = r.Store.InTx(ctx, func(ctx context.Context) error {
		if err := r.againstKept(ctx, &s, d, file); err != nil {
			return err
		}
		if err := r.referTo(ctx, s); err != nil {
			return err
		}
		saved, err = r.Store.SaveStory(ctx, s, r.src.origin(file), r.Now())
		return err
	})
	if err != nil {
		return Line{}, err
	}
	r.taken[s.Slug], r.authors[s.Author.Slug] = r.src.shown(file), s.Author
	if _, ok := r.sections[s.Section.Slug]; !ok {
		r.order = append(r.order, s.Section)
		r.sections[strings.ToLower(s.Section.Name)], r.sections[s.Section.Slug] = s.Section, s.Section
	}
	return Line{Change: saved.Change, Address: "/stories/" + s.Slug, Reason: d.remark(saved.Story, r.Now())}, nil
}

// remark is what the one who imports should know of a story that was taken.
func (d draft) remark(s Story, now time.Time) string {
	var notes []string
	if len(d.unknown) > 0 {
		notes = append(notes, "not understood: "+strings.Join(d.unknown, ", "))
	}
	if s.Published.After(now) {
		notes = append(notes, "dated in the future, and readable now")
	}
	return strings.Join(notes, "; ")
}

// compose makes the story that a draft describes, as far as the file says, and
// reads its pictures.
func (r *importRun) compose(file string, d draft) (s Story, pictures []Image, err error) {
	s = Story{Headline: d.title, Standfirst: d.standfirst, Kicker: d.kicker, Access: Metered, Related: d.related}
	if s.Slug, err = d.address(file); err != nil {
		return s, nil, err
	}
	if d.access != "" {
		if s.Access = Access(strings.ToLower(d.access)); !s.Access.Valid() {
			return s, nil, refusef("access: %q is not free, metered or subscribers", d.access)
		}
	}
	switch strings.ToLower(d.form) {
	case "", "report":
	case string(Opinion):
		s.Form = Opinion
	default:
		return s, nil, refusef("form: %q is not report or opinion", d.form)
	}
	for i, rel := range s.Related {
		s.Related[i] = strings.TrimSuffix(path.Base(rel), ".md")
		if !ValidSlug(s.Related[i]) {
			return s, nil, refusef("related: %q is not the end of a story's address", rel)
		}
	}
	if s.Published, err = parseDate(d.date, r.zone); err != nil {
		return s, nil, refusef("date: %w", err)
	}
	if s.Updated, err = parseDate(d.updated, r.zone); err != nil {
		return s, nil, refusef("updated: %w", err)
	}
	if s.Section, err = r.section(d.section); err != nil {
		return s, nil, err
	}
	s.Author = r.author(d.author)
	pics := newPictures(r.src, file)
	if d.figure != nil {
		if s.Figure, err = pics.opening(*d.figure); err != nil {
			return s, nil, refusef("figure: %w", err)
		}
	}
	if s.Body, err = RenderWith(d.body, pics.find); err != nil {
		return s, nil, refuse(err)
	}
	s.Source = pics.rewrite(d.body)
	if !hasText(s.Body) {
		return s, nil, refusef("it has a headline and no text")
	}
	return s, pics.images, nil
}

func hasText(body Body) bool {
	return slices.ContainsFunc(body, func(b Block) bool { return b.Words > 0 && b.Kind != Heading && b.Kind != Picture })
}

// section finds a section by name or slug; a story that names none stands in
// the first. A paper that has not said which sections it has gets those that
// its stories name.
func (r *importRun) section(name string) (Section, error) {
	if name == "" && len(r.order) > 0 {
		return r.order[0], nil
	}
	if s, ok := r.sections[strings.ToLower(name)]; ok {
		return s, nil
	}
	if !r.stated || len(r.order) == 0 {
		if name == "" {
			name = firstSection
		}
		return Section{Slug: Slugify(name), Name: name, Position: len(r.order)}, nil
	}
	var known []string
	for _, s := range r.order {
		known = append(known, s.Name)
	}
	return Section{}, refusef("section: there is no %q; the paper has %s", name, strings.Join(known, ", "))
}

// author finds an author by name, or makes one of that name.
func (r *importRun) author(name string) Author {
	if name == "" {
		name = houseAuthor
	}
	slug := Slugify(name)
	if a, ok := r.authors[slug]; ok {
		return a
	}
	return Author{Slug: slug, Name: name}
}

// referTo makes the section and the author that the story is the first to
// name, in the story's own transaction: a refused story leaves neither behind.
func (r *importRun) referTo(ctx context.Context, s Story) error {
	if _, ok := r.sections[s.Section.Slug]; !ok {
		if err := r.Store.SaveSection(ctx, s.Section); err != nil {
			return err
		}
	}
	if _, ok := r.authors[s.Author.Slug]; !ok {
		return r.Store.SaveAuthor(ctx, s.Author)
	}
	return nil
}

// againstKept compares the story with the one that stands at its address. A
// file from elsewhere that says nothing of its address must at least have the
// same headline to be taken for the same story that was moved. What the file
// leaves out stays as it was: its date, and when its text last changed.
func (r *importRun) againstKept(ctx context.Context, s *Story, d draft, file string) error {
	origin, old, found, err := r.Store.StoryOrigin(ctx, s.Slug)
	if err != nil {
		return err
	}
	now := r.Now()
	if !found {
		s.ID = id.New(now)
		if s.Published.IsZero() {
			s.Published = now
		}
	} else {
		if d.slug == "" && !sameFile(origin, r.src.origin(file)) && old.Headline != s.Headline {
			return refusef("/stories/%s is the story of %s, with another headline; rename one of the files, or give this one a slug", s.Slug, origin)
		}
		if s.Published.IsZero() {
			s.Published = old.Published
		}
		if s.Updated.IsZero() {
			s.Updated = old.Updated
			if textChanged(old, *s) {
				s.Updated = now
			}
			if s.Updated.Before(s.Published) {
				s.Updated = time.Time{}
			}
		}
	}
	if d.updated != "" && s.Updated.Before(s.Published) {
		return refusef("updated: it lies before the date")
	}
	return nil
}

// sameFile reports whether two origins may be one file: the same path, or one
// that ends in the other, as when a program's own copy and the folder that it
// was built from are both imported. A story without an origin is anybody's.
func sameFile(a, b string) bool {
	return a == "" || a == b || strings.HasSuffix(a, "/"+b) || strings.HasSuffix(b, "/"+a)
}

func textChanged(a, b Story) bool {
	return a.Headline != b.Headline || a.Standfirst != b.Standfirst || a.Source != b.Source
}
