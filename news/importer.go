package news

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"broadsheet/internal/fault"
	"broadsheet/internal/id"
)

// ImportStore is the storage that an import needs. What it writes for one file
// it writes in one transaction.
type ImportStore interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	NewsVersion(ctx context.Context) (int64, error)
	Publication(ctx context.Context) (Publication, error)
	Sections(ctx context.Context) ([]Section, error)
	Authors(ctx context.Context) ([]Author, error)
	PageBySlug(ctx context.Context, slug string) (Page, error)
	SavePublication(ctx context.Context, p Publication) error
	SaveSection(ctx context.Context, s Section) error
	// DropSection removes a section that has no stories, and says whether it did.
	DropSection(ctx context.Context, slug string) (bool, error)
	SaveAuthor(ctx context.Context, a Author) error
	SavePage(ctx context.Context, p Page) error
	// StoryOrigin says which file the story at slug came from.
	StoryOrigin(ctx context.Context, slug string) (origin string, story Story, found bool, err error)
	SaveStory(ctx context.Context, s Story, origin string, now time.Time) (Saved, error)
}

// Importer takes stories, pages and the paper itself from files.
type Importer struct {
	Store ImportStore
	Media Media
	Now   func() time.Time // paper time
}

// Line is what became of one file.
type Line struct {
	Path    string
	Change  Change // or Refused
	Address string // local; "" when refused
	Reason  string // why it was refused, or what to know about it; "" for nothing
}

// Refused is the change that a bad file makes: none.
const Refused Change = "refused"

// String is the line as the command prints it.
func (l Line) String() string {
	s := fmt.Sprintf("%-8s %s", l.Change, l.Path)
	if l.Address != "" {
		s += "  " + l.Address
	}
	if l.Reason != "" {
		s += "  (" + l.Reason + ")"
	}
	return s
}

// Result sums up an import. Plans is what publication.yaml says of them, still
// as YAML: what they mean is billing's to know. It is nil if the file was not
// there or was refused, or says nothing of plans.
type Result struct {
	Added, Changed, Kept, Refused int
	Plans                         *yaml.Node
}

func (r *Result) count(l Line) {
	switch l.Change {
	case Added:
		r.Added++
	case Changed:
		r.Changed++
	case Kept:
		r.Kept++
	case Refused:
		r.Refused++
	}
}

// The paper's answers to what a file leaves out.
const (
	houseAuthor  = "The desk"
	firstSection = "News"
)

// Import takes everything at src and reports a line for each file, in order. A
// bad file is refused with its reason, changes nothing and stops no other. The
// error is about the storage or the folder itself, never about a file's
// content. The story of a file stands at its slug, or else at its file's name,
// so that a second import changes or keeps it and never doubles it.
func (im *Importer) Import(ctx context.Context, src Source, report func(Line)) (Result, error) {
	run := &importRun{Importer: im, src: src, taken: map[string]string{}, sections: map[string]Section{}, authors: map[string]Author{}}
	files, err := src.files()
	if err != nil {
		return Result{}, err
	}
	for _, file := range files {
		line, err := run.file(ctx, file)
		if err != nil {
			return run.result, fmt.Errorf("import %s: %w", src.shown(file), err)
		}
		run.result.count(line)
		report(line)
	}
	return run.result, nil
}

type importRun struct {
	*Importer
	src      Source
	result   Result
	taken    map[string]string // slug → the file of this run that it belongs to
	sections map[string]Section
	order    []Section
	authors  map[string]Author // by slug
	zone     *time.Location    // nil until the paper was looked up
	stated   bool              // the paper says which sections it has
}

// refuse makes the error of a file that cannot be taken.
func refuse(cause error) error {
	return fault.New(fault.Invalid, strings.ReplaceAll(cause.Error(), "\n", "; "), nil)
}

func refusef(format string, args ...any) error { return refuse(fmt.Errorf(format, args...)) }

// file takes one file. Its error is not the file's fault.
func (r *importRun) file(ctx context.Context, file string) (Line, error) {
	take := r.story
	switch {
	case r.src.isPaper(file):
		take = r.paper
	case r.src.isPage(file):
		take = r.page
	}
	line, err := Line{}, r.lookUp(ctx)
	if err == nil {
		line, err = take(ctx, file)
	}
	line.Path = r.src.shown(file)
	if fault.Is(err, fault.Invalid) {
		return Line{Path: line.Path, Change: Refused, Reason: fault.SentenceOf(err)}, nil
	}
	return line, err
}

// lookUp reads what stories refer to, once, and again after the paper changed.
func (r *importRun) lookUp(ctx context.Context) error {
	if r.zone != nil {
		return nil
	}
	zone := time.UTC
	paper, err := r.Store.Publication(ctx)
	if err == nil && paper.Timezone != "" {
		zone, err = time.LoadLocation(paper.Timezone)
	}
	if err != nil && !fault.Is(err, fault.Missing) {
		return err
	}
	r.stated = paper.Stated
	if r.order, err = r.Store.Sections(ctx); err != nil {
		return err
	}
	for _, s := range r.order {
		r.sections[strings.ToLower(s.Name)], r.sections[s.Slug] = s, s
	}
	authors, err := r.Store.Authors(ctx)
	if err != nil {
		return err
	}
	for _, a := range authors {
		r.authors[a.Slug] = a
	}
	r.zone = zone
	return nil
}

// read reads a file as a draft.
func (r *importRun) read(file string) (draft, error) {
	if !isStory(file) {
		return draft{}, refusef("a story is a file ending in .md or .txt")
	}
	raw, err := r.src.read(file, maxFile)
	if err != nil {
		return draft{}, refuse(err)
	}
	text, err := readable(raw)
	if err != nil {
		return draft{}, refuse(err)
	}
	d := parseText(text)
	if isMarkdown(file) {
		if d, err = parseMarkdown(text); err != nil {
			return draft{}, refuse(err)
		}
	}
	switch {
	case d.title == "":
		err = refusef("it has no headline")
	case utf8.RuneCountInString(d.title) > maxTitle:
		err = refusef("its headline is longer than %d letters", maxTitle)
	case utf8.RuneCountInString(d.standfirst) > maxStandfirst:
		err = refusef("its standfirst is longer than %d letters", maxStandfirst)
	}
	return d, err
}

// slug is the end of the story's or page's address.
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

func isMarkdown(file string) bool {
	ext := strings.ToLower(path.Ext(file))
	return ext == ".md" || ext == ".markdown"
}

func isStory(file string) bool {
	return isMarkdown(file) || strings.ToLower(path.Ext(file)) == ".txt"
}

// baseName is what a story is called by its file; one called index takes its
// folder's name.
func baseName(file string) string {
	base := path.Base(file)
	base = strings.TrimSuffix(base, path.Ext(base))
	if strings.EqualFold(base, "index") && path.Dir(file) != "." {
		return path.Base(path.Dir(file))
	}
	return base
}

// shown is a file's path as the one who imports wrote it.
func (s Source) shown(file string) string {
	rel, err := filepath.Rel(filepath.FromSlash(s.Start), filepath.FromSlash(file))
	if err != nil || rel == "." {
		return s.Shown
	}
	return filepath.Join(s.Shown, rel)
}

// origin is a file's own address, the same from wherever it is imported.
func (s Source) origin(file string) string { return path.Join(s.Origin, file) }

var errOutside = errors.New("it lies outside the folder that is imported")

// isPaper reports whether file describes the paper itself.
func (s Source) isPaper(file string) bool { return file == paperFile }

// isPage reports whether file is a page about the paper: one of the folder
// pages beside publication.yaml.
func (s Source) isPage(file string) bool {
	if !strings.HasPrefix(file, "pages/") || !isMarkdown(file) {
		return false
	}
	_, err := fs.Stat(s.FS, paperFile)
	return err == nil
}
