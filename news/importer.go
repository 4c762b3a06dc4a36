package news

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"broadsheet/internal/fault"
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
