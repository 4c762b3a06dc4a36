package pdf

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"time"

	"broadsheet/views"
)

// The measures of an invoice.
const (
	bodySize  = 10.0
	noteSize  = 8.5
	labelSize = 8.0
	leading   = 5.0  // from line to line
	sumsFrom  = 96.0 // where the block of sums begins
)

// Invoice draws an invoice, dated made: the document says nothing of when it was fetched.
func Invoice(s views.Sheet, made time.Time) ([]byte, error) {
	if made.IsZero() {
		made = time.Unix(0, 0)
	}
	d := newSheet(s.Title, s.Paper, made.UTC())
	d.SetLang(s.Language)
	d.begin(s)
	d.parties(s)
	d.lines(s)
	d.sums(s)
	d.feet(s)
	var out bytes.Buffer
	if err := d.Output(&out); err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	return out.Bytes(), nil
}

// begin opens the first page with the masthead, the title and how it stands.
func (d *sheet) begin(s views.Sheet) {
	d.AddPage()
	d.put(left, top+4, displayFace, 25, ink, s.Paper)
	d.ladder(top+10, colour(s.Accent))
	d.y = top + 31
	for _, line := range d.wrap(displayFace, 21, right-left, s.Title) {
		d.put(left, d.y, displayFace, 21, ink, line)
		d.y += 9
	}
	d.y -= 1.5
	for _, line := range d.wrap(textFace, bodySize+0.5, right-left, s.State) {
		d.put(left, d.y, textFace, bodySize+0.5, soft, line)
		d.y += leading
	}
}

// parties sets who sells, who buys and when, side by side.
func (d *sheet) parties(s views.Sheet) {
	const columns, gap = 3, 8.0
	width := (right - left - (columns-1)*gap) / columns
	from := d.y + 9
	d.y = from
	block := func(n int, name string, lines []string) {
		x, y := left+float64(n)*(width+gap), from
		d.put(x, y, boldFace, labelSize, soft, name)
		y += leading + 0.6
		for _, text := range lines {
			for _, line := range d.wrap(textFace, bodySize, width, text) {
				d.put(x, y, textFace, bodySize, ink, line)
				y += leading
			}
		}
		d.y = max(d.y, y)
	}
	block(0, "From", s.From)
	block(1, "To", s.To)
	var dates []string
	for _, f := range s.Dates {
		dates = append(dates, f.Name+" "+f.Text)
	}
	block(2, "Dates", dates)
	d.y += 8
}

// head sets the head of the table of lines.
func (d *sheet) head() {
	d.put(left, d.y, boldFace, labelSize, soft, "For")
	d.putRight(right, d.y, boldFace, labelSize, soft, "Amount")
	d.hair(d.y+2.2, left, 0.4, ink)
	d.y += 2.2
}

func (d *sheet) lines(s views.Sheet) {
	d.head()
	for _, l := range s.Lines {
		d.line(l, left, textFace)
		d.hair(d.y, left, 0.2, rule)
	}
}

// sums stand at the right, in a block that begins further in.
func (d *sheet) sums(s views.Sheet) {
	d.y += 2
	for i, l := range s.Sums {
		f := textFace
		if l.Bold {
			f = boldFace
			if i > 0 {
				d.hair(d.y, sumsFrom, 0.4, ink)
			}
		}
		d.line(l, sumsFrom, f)
	}
}

// line sets a line of text, what is said below it in small, and its sum. It
// turns the page when it does not fit.
func (d *sheet) line(l views.SheetLine, from float64, f face) {
	const sum = 34.0 // kept free for the sum
	width := right - from - sum
	text, note := d.wrap(f, bodySize, width, l.Text), d.wrap(textFace, noteSize, width, l.Note)
	height := 2.4 + float64(len(text))*leading + float64(len(note))*4.3 + 1.4
	if d.y+height > bottom {
		d.AddPage()
		d.y = top + 4
		d.head()
	}
	y := d.y + 2.4 + 3.4
	for i, line := range text {
		d.put(from, y, f, bodySize, ink, line)
		if i == 0 { // beside its text for whoever copies it
			d.putRight(right, y, f, bodySize, ink, l.Sum)
		}
		y += leading
	}
	y -= 0.5
	for _, line := range note {
		d.put(from, y, textFace, noteSize, soft, line)
		y += 4.3
	}
	d.y += height
}

// Poor says below a page what a ? may stand for: the faces that come along write
// Latin, Greek and Cyrillic, and one for every script would be larger than the
// whole program.
const Poor = "A ? stands for a letter that this file cannot draw. The invoice in your account has every name in its own letters."

// feet closes each page with its number and what it belongs to.
func (d *sheet) feet(s views.Sheet) {
	n := d.PageCount()
	poor := slices.ContainsFunc(slices.Concat(s.From, s.To, []string{s.Paper, s.Title, s.State}), lacks) ||
		slices.ContainsFunc(s.Lines, func(l views.SheetLine) bool { return lacks(l.Text) || lacks(l.Note) })
	for page := 1; page <= n; page++ {
		d.SetPage(page)
		d.hair(pageHeight-20, left, 0.2, rule)
		d.put(left, pageHeight-15, textFace, labelSize, soft, s.Paper+", "+s.Title)
		if poor {
			d.put(left, pageHeight-10.5, textFace, labelSize, soft, Poor)
		}
		d.putRight(right, pageHeight-15, textFace, labelSize, soft, fmt.Sprintf("Page %d of %d", page, n))
	}
}

// colour reads #rrggbb; anything else is ink.
func colour(hex string) [3]int {
	n, err := strconv.ParseUint(hex[min(1, len(hex)):], 16, 32)
	if err != nil || len(hex) != 7 {
		return ink
	}
	return [3]int{int(n >> 16), int(n >> 8 & 0xff), int(n & 0xff)}
}
