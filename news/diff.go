package news

import (
	"time"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// Piece is a run of a text that was kept, added or taken out.
type Piece struct {
	Text          string
	IsNew, IsGone bool
}

// diffWithin bounds how long a comparison may search for the least difference;
// a larger one that is found sooner says as much.
const diffWithin = 500 * time.Millisecond

// Diff compares two texts by words, and gives the pieces in reading order.
func Diff(before, after string) []Piece {
	d := diffmatchpatch.New()
	d.DiffTimeout = diffWithin
	var out []Piece
	for _, p := range d.DiffCleanupSemantic(d.DiffMain(before, after, true)) {
		out = append(out, Piece{Text: p.Text, IsNew: p.Type == diffmatchpatch.DiffInsert, IsGone: p.Type == diffmatchpatch.DiffDelete})
	}
	return out
}

// FieldChange is a part of a copy that two revisions say differently.
type FieldChange struct {
	Field  string // as forms name it
	Pieces []Piece
}

// Differences are the parts of two copies that differ, in the order of the form.
func Differences(before, after Copy) []FieldChange {
	var out []FieldChange
	add := func(field, a, b string) {
		if a != b {
			out = append(out, FieldChange{field, Diff(a, b)})
		}
	}
	add("headline", before.Headline, after.Headline)
	add("standfirst", before.Standfirst, after.Standfirst)
	add("kicker", before.Kicker, after.Kicker)
	add("source", before.Source, after.Source)
	add("access", string(before.Access), string(after.Access))
	add("form", string(before.Form), string(after.Form))
	add("section", before.Section, after.Section)
	add("author", before.Author, after.Author)
	add("slug", before.Slug, after.Slug)
	add("picture", figureWords(before.Figure), figureWords(after.Figure))
	return out
}

func figureWords(f *Figure) string {
	if f == nil {
		return ""
	}
	return f.Alt + "\n" + f.Caption + "\n" + f.Credit + "\n" + f.Src
}
