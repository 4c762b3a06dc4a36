package mail

import (
	"strings"
	"unicode/utf8"

	"broadsheet/views"
)

// width is how long a line of plain text gets. https://www.rfc-editor.org/rfc/rfc3676#section-4.2
const width = 72

// text is the plain twin of a letter.
func text(h House, l letter) string {
	var b strings.Builder
	para := func(s string) {
		if s != "" {
			b.WriteString(wrap(s) + "\n\n")
		}
	}
	para(l.title)
	if l.big != "" {
		b.WriteString("    " + l.big + "\n\n")
	}
	para(l.under)
	if len(l.table) > 0 {
		b.WriteString(sheet(l.table) + "\n")
	}
	for _, p := range l.paras {
		para(p)
	}
	if l.link != "" {
		b.WriteString(l.button + ":\n" + l.link + "\n\n") // on a line of its own, so that nothing breaks it
	}
	if l.also != "" {
		b.WriteString(l.also + ":\n" + l.alsoTo + "\n\n")
	}
	para(l.after)
	para(l.foot)
	if l.leave {
		b.WriteString("Your account: " + h.account("") + "\nCancel:       " + h.account("#cancel") + "\n\n")
	}
	b.WriteString(wrap(h.colophon()) + "\n")
	return b.String()
}

// colophon is who sends the letter.
func (h House) colophon() string {
	s := h.Paper.Name
	if at := h.address(); at != "" {
		s += ", " + at
	}
	return s + "."
}

// sheet sets the lines of a receipt in two columns.
func sheet(lines []Line) string {
	var b strings.Builder
	for _, l := range lines {
		sum := views.Money(l.Money)
		gap := width - utf8.RuneCountInString(l.Text) - utf8.RuneCountInString(sum)
		b.WriteString(l.Text + strings.Repeat(" ", max(2, gap)) + sum + "\n")
	}
	return b.String()
}

// wrap breaks a paragraph at spaces; a word longer than the line, such as an address, stays whole.
func wrap(s string) string {
	var b strings.Builder
	n := 0
	for i, word := range strings.Fields(strings.ReplaceAll(s, "\u00a0", " ")) {
		w := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case n+1+w > width:
			b.WriteByte('\n')
			n = 0
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(word)
		n += w
	}
	return b.String()
}
