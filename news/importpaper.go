package news

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"

	"broadsheet/internal/fault"
)

// paperSheet is publication.yaml. The wordmark, icon and cover are paths.
type paperSheet struct {
	Publication `yaml:",inline"`
	Sections    []struct {
		Slug        string `yaml:"slug"`
		Name        string `yaml:"name"`
		Description string `yaml:"description"`
	} `yaml:"sections"`
	Authors []struct {
		Slug string `yaml:"slug"`
		Name string `yaml:"name"`
		Role string `yaml:"role"`
		Bio  string `yaml:"bio"`
	} `yaml:"authors"`
	Plans    yaml.Node `yaml:"plans"`
	Benefits yaml.Node `yaml:"benefits"`
	ShipsTo  yaml.Node `yaml:"ships_to"` // countries that print is sent to, billing's too
}

// paper takes publication.yaml: the paper, its sections and its authors in one
// transaction.
func (r *importRun) paper(ctx context.Context, file string) (Line, error) {
	sheet, err := r.readSheet(file)
	if err != nil {
		return Line{}, refuse(err)
	}
	pics := newPictures(r.src, file)
	if err := sheet.draw(r.src, pics); err != nil {
		return Line{}, refuse(err)
	}
	sections, authors, err := sheet.people()
	if err != nil {
		return Line{}, refuse(err)
	}
	sheet.Stated = len(sections) > 0
	for _, p := range pics.images {
		if err := r.Media.Put(ctx, p); err != nil {
			return Line{}, err
		}
	}
	change, err := r.tell(ctx, func() error { _, err := r.Store.Publication(ctx); return err }, func(ctx context.Context) error {
		for _, s := range sections {
			if err := r.Store.SaveSection(ctx, s); err != nil {
				return err
			}
		}
		if err := r.retire(ctx, sections); err != nil {
			return err
		}
		for _, a := range authors {
			if err := r.Store.SaveAuthor(ctx, a); err != nil {
				return err
			}
		}
		return r.Store.SavePublication(ctx, sheet.Publication)
	})
	if err != nil {
		return Line{}, err
	}
	r.zone = nil // what stories refer to has changed
	if !sheet.Plans.IsZero() {
		r.result.Plans = &sheet.Plans
	}
	return Line{Change: change, Address: "/"}, nil
}

// retire takes out of the paper the sections that it no longer states. One that
// has stories stays, behind the others, so that no address is lost.
func (r *importRun) retire(ctx context.Context, stated []Section) error {
	if len(stated) == 0 {
		return nil
	}
	have, err := r.Store.Sections(ctx)
	if err != nil {
		return err
	}
	position := len(stated)
	for _, s := range have {
		if slices.ContainsFunc(stated, func(other Section) bool { return other.Slug == s.Slug }) {
			continue
		}
		gone, err := r.Store.DropSection(ctx, s.Slug)
		if err != nil {
			return err
		}
		if !gone {
			s.Position = position
			position++
			if err := r.Store.SaveSection(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell runs fn in a transaction and says whether it changed anything; known
// fails with fault.Missing if there was nothing before.
func (r *importRun) tell(ctx context.Context, known func() error, fn func(context.Context) error) (Change, error) {
	change, different := Kept, Changed
	if err := known(); fault.Is(err, fault.Missing) {
		different = Added
	} else if err != nil {
		return "", err
	}
	err := r.Store.InTx(ctx, func(ctx context.Context) error {
		before, err := r.Store.NewsVersion(ctx)
		if err != nil {
			return err
		}
		if err := fn(ctx); err != nil {
			return err
		}
		after, err := r.Store.NewsVersion(ctx)
		if after != before {
			change = different
		}
		return err
	})
	return change, err
}

func (r *importRun) readSheet(file string) (paperSheet, error) {
	var sheet paperSheet
	raw, err := r.src.read(file, maxFile)
	if err != nil {
		return sheet, err
	}
	text, err := readable(raw)
	if err != nil {
		return sheet, err
	}
	dec := yaml.NewDecoder(strings.NewReader(text))
	dec.KnownFields(true) // a misspelt key would be a setting that silently does nothing
	if err := dec.Decode(&sheet); err != nil && !errors.Is(err, io.EOF) {
		return sheet, fmt.Errorf("it is not as it should be: %s", yamlReason(err))
	}
	return sheet, sheet.check()
}

var (
	hexColour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	currency  = regexp.MustCompile(`^[a-z]{3}$`)
)

// check fills in what may be left out and refuses what no page could use. All
// faults are named at once.
func (s *paperSheet) check() error {
	var faults []error
	bad := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	p := &s.Publication
	if p.Name = oneLine(p.Name); p.Name == "" {
		bad("name: the paper needs one")
	}
	if p.Language == "" {
		p.Language = "en"
	}
	if _, err := language.Parse(p.Language); err != nil {
		bad("language: %q is not one, like en or pt-BR", p.Language)
	}
	if p.Timezone == "" {
		p.Timezone = "UTC"
	}
	if _, err := time.LoadLocation(p.Timezone); err != nil || p.Timezone == "Local" {
		bad("timezone: %q is not one, like Europe/Lisbon", p.Timezone)
	}
	if p.Currency = strings.ToLower(p.Currency); p.Currency != "" && !currency.MatchString(p.Currency) {
		bad("currency: %q is not one, like eur", p.Currency)
	}
	for _, c := range []string{p.Accent.Light, p.Accent.Dark} {
		if c != "" && !hexColour.MatchString(c) {
			bad("accent: %q is not a colour, like #a3125f", c)
		}
	}
	if p.Email != "" && !strings.Contains(p.Email, "@") {
		bad("email: %q is not an address", p.Email)
	}
	return errors.Join(faults...)
}

// draw reads the paper's pictures and puts their addresses, or for the
// wordmark the drawing itself, in the place of their paths.
func (s *paperSheet) draw(src Source, pics *pictures) error {
	if s.Wordmark != "" {
		content, err := src.read(s.Wordmark, maxFile)
		if err == nil {
			s.Wordmark, err = InlineSVG(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")))
		}
		if err != nil {
			return fmt.Errorf("wordmark: %w", err)
		}
	}
	if s.Icon != "" {
		fig, err := pics.find(s.Icon)
		if err != nil {
			return fmt.Errorf("icon: %w", err)
		}
		s.Icon = fig.Src
	}
	if s.Cover != nil {
		fig, err := pics.find(s.Cover.Src)
		if err != nil {
			return fmt.Errorf("cover: %w", err)
		}
		s.Cover.Src, s.Cover.Width, s.Cover.Height = fig.Src, fig.Width, fig.Height
	}
	return nil
}

// people makes the sections, in the order of the file, and the authors.
func (s *paperSheet) people() (sections []Section, authors []Author, err error) {
	seen := map[string]bool{}
	take := func(what, slug, name string) (string, string) {
		if name = oneLine(name); name == "" && err == nil {
			err = fmt.Errorf("%s: one of them has no name", what)
		}
		if slug == "" {
			slug = Slugify(name)
		}
		if (!ValidSlug(slug) || seen[what+slug]) && err == nil {
			err = fmt.Errorf("%s: %q stands there twice, or cannot stand in an address", what, slug)
		}
		seen[what+slug] = true
		return slug, name
	}
	for i, sec := range s.Sections {
		slug, name := take("sections", sec.Slug, sec.Name)
		sections = append(sections, Section{Slug: slug, Name: name, Description: oneLine(sec.Description), Position: i})
	}
	for _, a := range s.Authors {
		slug, name := take("authors", a.Slug, a.Name)
		authors = append(authors, Author{Slug: slug, Name: name, Role: oneLine(a.Role), Bio: oneLine(a.Bio)})
	}
	return sections, authors, err
}

// page takes a page about the paper.
func (r *importRun) page(ctx context.Context, file string) (Line, error) {
	d, err := r.read(file)
	if err != nil {
		return Line{}, err
	}
	p := Page{Title: d.title, Standfirst: d.standfirst, Position: d.position}
	if p.Slug, err = d.address(file); err != nil {
		return Line{}, err
	}
	if other, ok := r.taken["pages/"+p.Slug]; ok {
		return Line{}, refusef("%s has the same address, /pages/%s", other, p.Slug)
	}
	pics := newPictures(r.src, file)
	if p.Body, err = RenderWith(d.body, pics.find); err != nil {
		return Line{}, refuse(err)
	}
	if !hasText(p.Body) {
		return Line{}, refusef("it has a headline and no text")
	}
	for _, image := range pics.images {
		if err := r.Media.Put(ctx, image); err != nil {
			return Line{}, err
		}
	}
	change, err := r.tell(ctx, func() error { _, err := r.Store.PageBySlug(ctx, p.Slug); return err }, func(ctx context.Context) error { return r.Store.SavePage(ctx, p) })
	if err != nil {
		return Line{}, err
	}
	r.taken["pages/"+p.Slug] = r.src.shown(file)
	return Line{Change: change, Address: "/pages/" + p.Slug}, nil
}
