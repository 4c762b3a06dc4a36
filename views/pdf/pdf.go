// Package pdf draws what a reader keeps: an invoice on A4 paper, from the same sheet of words as its page. The same
// sheet gives the same bytes.
//
// It knows fonts, millimetres and the look of the paper. It refuses to know what an invoice is: what stands on it, and
// in which words, the sheet says.
package pdf

import (
	"bytes"
	_ "embed" // the fonts
	"fmt"
	"strings"
	"time"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// The faces, made by tools/fonts.sh: figures are tabular. What the first three lack is set in the last.
var (
	//go:embed fonts/text.ttf
	textTTF []byte
	//go:embed fonts/bold.ttf
	boldTTF []byte
	//go:embed fonts/display.ttf
	displayTTF []byte
	//go:embed fonts/other.ttf
	otherTTF []byte
)

// face is a font, by the name under which the document knows it.
type face string

const (
	textFace    face = "text"
	boldFace    face = "bold"
	displayFace face = "display"
	otherFace   face = "other"
)

var ttf = map[face][]byte{textFace: textTTF, boldFace: boldTTF, displayFace: displayTTF, otherFace: otherTTF}

// glyphs finds what a face can draw. It is filled once and only read.
var glyphs = parse()

func parse() map[face]*sfnt.Font {
	out := map[face]*sfnt.Font{}
	for name, raw := range ttf {
		f, err := sfnt.Parse(raw)
		if err != nil {
			panic(fmt.Sprintf("the embedded font %s: %v", name, err))
		}
		out[name] = f
	}
	return out
}

func (f face) has(r rune) bool {
	var buf sfnt.Buffer
	i, err := glyphs[f].GlyphIndex(&buf, r)
	return err == nil && i != 0
}

// missing stands for what no face can draw: it is seen that something was there.
const missing = '?'

// lacks reports whether a text holds a letter that no face can draw.
func lacks(text string) bool {
	for _, r := range norm.NFC.String(text) {
		if !unicode.IsSpace(r) && unicode.IsPrint(r) && !textFace.has(r) && !otherFace.has(r) {
			return true
		}
	}
	return false
}

// run is a piece of text in one face.
type run struct {
	face face
	text string
}

// runs splits a line by the faces that it needs. Nothing vanishes.
func runs(want face, line string) []run {
	var out []run
	for _, r := range norm.NFC.String(line) {
		f := want
		switch {
		case unicode.IsSpace(r):
			r = ' '
		case !unicode.IsPrint(r):
			continue // marks of direction and the like have no shape anywhere
		case f.has(r):
		case otherFace.has(r):
			f = otherFace
		default:
			r = missing
		}
		if n := len(out); n > 0 && out[n-1].face == f {
			out[n-1].text += string(r)
		} else {
			out = append(out, run{f, string(r)})
		}
	}
	return out
}

// The inks of the look, as printed.
var (
	ink   = [3]int{0x10, 0x17, 0x1e}
	soft  = [3]int{0x5d, 0x68, 0x72}
	rule  = [3]int{0xd5, 0xda, 0xd9}
	white = [3]int{0xff, 0xff, 0xff}
)

// A4, in millimetres and points.
const (
	pageWidth  = 210.0
	pageHeight = 297.0
	left       = 24.0
	right      = pageWidth - 24
	top        = 22.0
	bottom     = pageHeight - 26
	point      = 25.4 / 72
)

// sheet is a document that is being drawn.
type sheet struct {
	*fpdf.Fpdf
	y float64 // of the next baseline
}

func newSheet(title, author string, made time.Time) *sheet {
	d := &sheet{Fpdf: fpdf.New("P", "mm", "A4", "")}
	d.SetCatalogSort(true)
	d.SetCreationDate(made)
	d.SetModificationDate(made)
	d.SetProducer("Broadsheet", true)
	d.SetTitle(title, true)
	d.SetAuthor(author, true)
	d.SetAutoPageBreak(false, 0)
	d.SetMargins(0, 0, 0)
	for _, f := range []face{textFace, boldFace, displayFace, otherFace} {
		d.AddUTF8FontFromBytes(string(f), "", bytes.Clone(ttf[f]))
	}
	return d
}

// width is how wide a line is, in millimetres.
func (d *sheet) width(f face, size float64, line string) (sum float64) {
	for _, r := range runs(f, line) {
		d.SetFont(string(r.face), "", size)
		sum += d.GetStringWidth(r.text)
	}
	return sum
}

// put sets a line with its left end at x, on the baseline y.
func (d *sheet) put(x, y float64, f face, size float64, colour [3]int, line string) {
	d.SetTextColor(colour[0], colour[1], colour[2])
	for _, r := range runs(f, line) {
		d.SetFont(string(r.face), "", size)
		d.Text(x, y, r.text)
		x += d.GetStringWidth(r.text)
	}
}

// putRight sets a line with its right end at x.
func (d *sheet) putRight(x, y float64, f face, size float64, colour [3]int, line string) {
	d.put(x-d.width(f, size, line), y, f, size, colour, line)
}

// wrap breaks text into lines of at most that width, within a word only when
// the word alone is wider.
func (d *sheet) wrap(f face, size, width float64, text string) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		for d.width(f, size, word) > width {
			n := 1
			letters := []rune(word)
			for n < len(letters)-1 && d.width(f, size, string(letters[:n+1])) <= width {
				n++
			}
			if line != "" {
				lines, line = append(lines, line), ""
			}
			lines, word = append(lines, string(letters[:n])), string(letters[n:])
		}
		if next := strings.TrimSpace(line + " " + word); line == "" || d.width(f, size, next) <= width {
			line = next
		} else {
			lines, line = append(lines, line), word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// hair draws a line across the column.
func (d *sheet) hair(y, from, thick float64, colour [3]int) {
	d.SetDrawColor(colour[0], colour[1], colour[2])
	d.SetLineWidth(thick)
	d.Line(from, y, right, y)
}

// rungs is how many hours the ladder has.
const rungs = 24

// ladder draws a chart's edge, an hour a rung; the one at noon carries the
// paper's colour.
func (d *sheet) ladder(y float64, accent [3]int) {
	const height = 1.5
	step := (right - left) / rungs
	for i := range rungs {
		fill := ink
		if i%2 == 1 {
			fill = white
		}
		if i == rungs/2 {
			fill = accent
		}
		d.SetFillColor(fill[0], fill[1], fill[2])
		d.Rect(left+float64(i)*step, y, step, height, "F")
	}
	d.SetDrawColor(ink[0], ink[1], ink[2])
	d.SetLineWidth(0.2)
	d.Rect(left, y, right-left, height, "D")
}
