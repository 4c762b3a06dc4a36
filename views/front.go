package views

import (
	"broadsheet/billing"
	"broadsheet/news"
)

// FrontPage is the paper's first page. A story stands on it once: whoever fills it takes care of that.
type FrontPage struct {
	Frame
	Lead      news.Teaser   // with the zero value the page says that nothing is printed yet
	Also      []news.Teaser // below the lead, as lines; at most three are drawn
	Secondary []news.Teaser // beside the lead, the first with its picture; at most three are drawn
	Row       []news.Teaser // across the page; at most four are drawn
	Blocks    []SectionBlock
	MostRead  []news.Teaser // at most six are drawn
	Catalogue billing.Catalogue
}

// SectionBlock is a section on the front page, with up to six of its stories; a block without stories isn't drawn.
type SectionBlock struct {
	Section news.Section
	Teasers []news.Teaser
}

// first returns at most n of the list.
func first(n int, list []news.Teaser) []news.Teaser { return list[:min(n, len(list))] }

// between returns list[from:to] as far as it goes.
func between(from, to int, list []news.Teaser) []news.Teaser {
	return list[min(from, len(list)):min(to, len(list))]
}

// blockGrid mirrors every second block, and gives the room of a missing column to the others.
func blockGrid(i, stories int) string {
	s := "block-grid"
	if i%2 == 1 {
		s += " block-flip"
	}
	switch {
	case stories == 1:
		s += " block-one"
	case stories <= 3:
		s += " block-two"
	}
	return s
}

// shown leaves out the blocks without stories.
func (p FrontPage) shown() []SectionBlock {
	var blocks []SectionBlock
	for _, b := range p.Blocks {
		if len(b.Teasers) > 0 {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// alsoLine says how long a story of the lines below the lead is, and that it's an opinion when it is.
func alsoLine(t news.Teaser) string {
	s := itoa(max(1, t.Minutes)) + " min"
	if t.Form == news.Opinion {
		return "Opinion · " + s
	}
	return s
}
