package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"broadsheet/billing"
	"broadsheet/news"
)

func importPaths(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "import", "import [--plans] PATH…", `
Takes stories from files, or from folders with all that is in them, and prints a
line for each with its address. A second import of the same file changes or
keeps its story and never doubles it. A bad file is named with its reason and
stops no other; the exit code is then 1.

A file is Markdown with front matter (title, standfirst, author, section, date,
access, figure), or plain text: the first line is the headline, blank lines part
paragraphs. Without front matter a story is metered and stands in the first
section. A folder may hold a publication.yaml that describes the paper itself,
and its plans, which "broadsheet plans push" then makes in Stripe. What the
newsroom has set of the plans stays as it is, and a line says so; --plans takes
the file's word for all of it instead.`)
	whole := f.Bool("plans", false, "the file's plans hold, also where the newsroom has set others")
	paths, err := f.parse(args, 1, -1)
	if err != nil {
		return err
	}
	b, err := openBase(ctx, w)
	if err != nil {
		return err
	}
	var total news.Result
	for _, path := range paths {
		if err = b.importPath(ctx, w, path, *whole, &total); err != nil {
			break
		}
	}
	if err := errors.Join(err, b.close()); err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "%d added, %d changed, %d kept, %d refused\n", total.Added, total.Changed, total.Kept, total.Refused)
	if total.Refused > 0 {
		return fmt.Errorf("files that were refused: %d", total.Refused)
	}
	return nil
}

// importPath takes one path. A path that cannot be read is refused like a bad
// file.
func (b *base) importPath(ctx context.Context, w world, path string, whole bool, total *news.Result) error {
	show := func(l news.Line) { fmt.Fprintln(w.stdout, l) }
	src, closer, err := news.OpenSource(path)
	if err != nil {
		show(news.Line{Path: path, Change: news.Refused, Reason: err.Error()})
		total.Refused++
		return nil
	}
	defer closer.Close()
	got, err := b.importSource(ctx, src, whole, show)
	total.Added, total.Changed = total.Added+got.Added, total.Changed+got.Changed
	total.Kept, total.Refused = total.Kept+got.Kept, total.Refused+got.Refused
	return err
}

// importSource takes everything at src, and the plans that the paper's own file
// may describe; whole takes them also where the desk has set others.
func (b *base) importSource(ctx context.Context, src news.Source, whole bool, show func(news.Line)) (news.Result, error) {
	im := &news.Importer{Store: b.db, Media: news.MediaDir(b.conf.MediaDir), Now: b.clocks.Paper.Now}
	got, err := im.Import(ctx, src, show)
	if err != nil || got.Plans == nil {
		return got, err
	}
	raw, err := fs.ReadFile(src.FS, "publication.yaml")
	if err != nil {
		return got, err
	}
	sold, err := billing.ParseSheet(raw)
	if err != nil {
		return got, err
	}
	return got, b.takePlans(ctx, sold, whole, func(says string) {
		show(news.Line{Path: "publication.yaml", Change: news.Kept, Reason: says})
	})
}
