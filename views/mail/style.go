package mail

import "github.com/a-h/templ"

// cell is the style of a receipt's cell.
func cell(l Line, amount bool) templ.SafeCSS {
	s := "padding:10px 0;border-bottom:1px solid #d5dad9;font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:22px"
	if amount {
		s += ";text-align:right;white-space:nowrap"
	}
	if l.Bold {
		s += ";font-weight:bold"
	}
	return templ.SafeCSS(s)
}

func languageOf(h House) string {
	if h.Paper.Language == "" {
		return "en"
	}
	return h.Paper.Language
}
