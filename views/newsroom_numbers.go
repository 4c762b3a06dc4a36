package views

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"time"

	"broadsheet/billing"
	"broadsheet/numbers"
)

// The addresses of the numbers. Each takes days, or from and to.
const (
	DeskNumbersPath = "/newsroom/numbers"
	DeskStoriesRead = "/newsroom/numbers/stories" // sort
	DeskMoneyPath   = "/newsroom/numbers/money"
	DeskCSVPath     = "/newsroom/numbers/csv/" // and then the table
)

// NumbersSpan is the time that a page of numbers is about.
type NumbersSpan struct {
	numbers.Range
	Preset             int // how many days up to today; 0 for dates that were typed
	From, To           string
	FromError, ToError string
}

// query is the span as an address carries it.
func (s NumbersSpan) query() url.Values {
	if s.Preset > 0 {
		return url.Values{"days": {strconv.Itoa(s.Preset)}}
	}
	return url.Values{"from": {s.From}, "to": {s.To}}
}

func (s NumbersSpan) at(path string) string { return path + "?" + s.query().Encode() }

func (s NumbersSpan) csv(table string) string { return s.at(DeskCSVPath + table) }

// NumbersFrame is what each page of numbers wears.
type NumbersFrame struct {
	DeskFrame
	Span NumbersSpan
	Here string // the page's path
}

// numbersPages are the pages of numbers, in their order.
var numbersPages = []Option{{DeskNumbersPath, "Readers"}, {DeskStoriesRead, "Stories"}, {DeskMoneyPath, "Subscriptions"}}

var numbersPresets = []struct {
	days  int
	label string
}{{7, "7 days"}, {30, "30 days"}, {90, "90 days"}, {365, "A year"}}

// date is a day as a sentence has it.
func (f NumbersFrame) date(day int64) string { return f.DeskFrame.day(numbers.DateOf(day, f.zone())) }

// short is a day as an axis has it: "12 Apr".
func (f NumbersFrame) short(day int64) string { return numbers.DateOf(day, time.UTC).Format("2 Jan") }

func isoDay(day int64) string { return numbers.DateOf(day, time.UTC).Format(time.DateOnly) }

// span is "in the 30 days up to today", or "from 1 April to 12 April".
func (f NumbersFrame) span() string {
	switch {
	case f.Span.Preset == 365:
		return "the last year"
	case f.Span.Preset > 0:
		return "the last " + itoa(f.Span.Preset) + " days"
	}
	return f.date(f.Span.Range.From) + " to " + f.date(f.Span.Range.To-1)
}

// Cell is one value of a table, as a page and as a file has it.
type Cell struct{ Text, CSV string }

func cellOf(s string) Cell { return Cell{s, s} }

func cellN(n int64) Cell { return Cell{thousands(n), strconv.FormatInt(n, 10)} }

// cellMoney is an amount; a file has it as a plain number, its currency in a column beside.
func cellMoney(m billing.Money) Cell { return Cell{Money(m), plainAmount(m)} }

// plainAmount is "1234.50", or "1234" of a currency without cents.
func plainAmount(m billing.Money) string {
	text := m.String()
	return text[:len(text)-len(m.Currency)-1]
}

// cellShare is a percentage; a file has it in whole hundredths of one.
func cellShare(n, of int64) Cell {
	if of == 0 {
		return Cell{"–", ""}
	}
	return Cell{percent(n, of), strconv.FormatInt((n*10000+of/2)/of, 10)}
}

// Listing is a table that can be seen on a page and taken away as a file.
type Listing struct {
	Name  string   // in its address
	Label string   // for who does not see it
	Head  []string // the first column names the row
	Texts int      // how many columns from the left are words
	Rows  [][]Cell
}

// listingMost is how many rows a page shows of a table; a file has all.
const listingMost = 60

func (s Listing) shown() [][]Cell { return s.Rows[:min(len(s.Rows), listingMost)] }

// KPI is one figure at the head of a page.
type KPI struct {
	Label, Value string
	Change       string // "+412", against the time before
	Good         bool   // that it changed so
	Note         string
	Line         []int64
}

// AudiencePage is what was read, and what came of it.
type AudiencePage struct {
	NumbersFrame
	Days    []numbers.DayTally // buckets of the span, in order
	Step    int64              // days in a bucket
	Sum     numbers.Tally
	Before  numbers.Tally // of as many days before
	Stories []numbers.StoryTally
	Sources []numbers.NamedTally
	Sort    string // of the page about stories
}

// kpis are the four figures at the head.
func (p AudiencePage) kpis() []KPI {
	line := func(of func(numbers.Tally) int64) []int64 {
		out := make([]int64, len(p.Days))
		for i, d := range p.Days {
			out[i] = of(d.Tally)
		}
		return out
	}
	kpi := func(label, note string, of func(numbers.Tally) int64, more bool) KPI {
		now, before := of(p.Sum), of(p.Before)
		return KPI{Label: label, Value: thousands(now), Change: changed(now, before), Good: now >= before == more, Note: note, Line: line(of)}
	}
	return []KPI{
		kpi("Stories read", "", func(t numbers.Tally) int64 { return t.Reads }, true),
		kpi("Walls met", "", numbers.Tally.Walls, true),
		kpi("Accounts made", "", func(t numbers.Tally) int64 { return t.Registered }, true),
		kpi("Plans bought", "", func(t numbers.Tally) int64 { return t.Bought }, true),
	}
}

// changed is "+3.1%"; "" when there was nothing before.
func changed(now, before int64) string {
	switch {
	case before == 0:
		return ""
	case now >= before:
		return "+" + percent(now-before, before)
	}
	return percent(now-before, before)
}

func (p AudiencePage) per() string {
	if p.Step > 1 {
		return "a week"
	}
	return "a day"
}

func (p AudiencePage) daysChart() lineChart {
	c := lineChart{ID: "c-days", Title: "Stories read and walls met " + p.per() + ", " + p.span(), Text: thousandsShort}
	reads, walls := series{Name: "Read"}, series{Name: "Walls"}
	for _, d := range p.Days {
		c.Labels = append(c.Labels, p.short(d.Day))
		reads.Values, walls.Values = append(reads.Values, d.Reads), append(walls.Values, d.Walls())
	}
	c.Series = []series{reads, walls}
	c.Says = "In all " + thousands(p.Sum.Reads) + " reads and " + thousands(p.Sum.Walls()) + " walls. Reads " + extremes(c, reads) + "."
	return c
}

// extremes says between what and what a line runs, and when it was highest.
func extremes(c lineChart, s series) string {
	if len(s.Values) == 0 {
		return "have not begun"
	}
	low, high := 0, 0
	for i, v := range s.Values {
		if v < s.Values[low] {
			low = i
		}
		if v > s.Values[high] {
			high = i
		}
	}
	return "run from " + c.Text(s.Values[low]) + " on " + c.Labels[low] + " to " + c.Text(s.Values[high]) + " on " + c.Labels[high]
}

// thousandsShort is how an axis counts: "950", "12k", "1.5k".
func thousandsShort(n int64) string {
	if n < 10_000 {
		return thousands(n)
	}
	if n%1000 == 0 || n >= 100_000 {
		return thousands(n/1000) + "k"
	}
	return itoa(int(n/1000)) + "." + itoa(int(n%1000/100)) + "k"
}

func (p AudiencePage) funnel() funnel {
	s := p.Sum
	return funnel{ID: "c-funnel", Title: "From reading to subscribing, " + p.span(), Steps: []step{
		{Label: "Stories opened", N: s.Reads + s.Walls()},
		{Label: "At the wall", N: s.Walls(), Of: s.Reads + s.Walls(), Whose: "of those"},
		{Label: "Accounts made", N: s.Registered, Of: s.Walls(), Whose: "of the walls"},
		{Label: "Payment pages", N: s.Begun, Of: s.Walls(), Whose: "of the walls"},
		{Label: "Plans bought", N: s.Bought, Of: s.Begun, Whose: "of the pages"},
	}}
}

// storyName is a story's headline, or what stands for one that is none.
func storyName(s numbers.StoryTally) string {
	return firstOf(s.Headline, "Elsewhere, or no longer there")
}

const barsMost = 8

// topBars are the first rows by some figure, without those that have none.
func topBars[T any](list []T, name func(T) string, of func(T) int64) []bar {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b T) int { return cmp.Compare(of(b), of(a)) })
	var out []bar
	for _, one := range list[:min(len(list), barsMost)] {
		if n := of(one); n > 0 {
			out = append(out, bar{Label: name(one), Value: n, Text: thousands(n)})
		}
	}
	return out
}

func (p AudiencePage) sellers() barChart {
	return barChart{ID: "c-sell", Title: "Plans bought by story, " + p.span(), Bars: topBars(p.Stories, storyName, func(s numbers.StoryTally) int64 { return s.Bought })}
}

func (p AudiencePage) sourceBars() barChart {
	return barChart{ID: "c-sources", Title: "Stories opened by where readers came from, " + p.span(),
		Bars: topBars(p.Sources, func(s numbers.NamedTally) string { return sourceName(s.Name) }, func(s numbers.NamedTally) int64 { return s.Reads + s.Walls() })}
}

// Sections adds stories up by the section in which they stand now.
func (p AudiencePage) Sections() []numbers.NamedTally {
	sums := map[string]numbers.Tally{}
	for _, s := range p.Stories {
		sums[s.Section] = sums[s.Section].Plus(s.Tally)
	}
	var out []numbers.NamedTally
	for name, t := range sums {
		out = append(out, numbers.NamedTally{Name: firstOf(name, "None"), Tally: t})
	}
	slices.SortFunc(out, func(a, b numbers.NamedTally) int {
		return cmp.Or(cmp.Compare(b.Reads, a.Reads), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func (p AudiencePage) sectionBars() barChart {
	return barChart{ID: "c-sections", Title: "Stories opened by section, " + p.span(),
		Bars: topBars(p.Sections(), func(s numbers.NamedTally) string { return s.Name }, func(s numbers.NamedTally) int64 { return s.Reads + s.Walls() })}
}

// sourceName is what the desk calls a source.
func sourceName(s string) string {
	switch s {
	case numbers.Direct:
		return "Nowhere that says so"
	case numbers.Own:
		return "Another page of the paper"
	case numbers.Search:
		return "Search engines"
	case numbers.Social:
		return "Social networks"
	case numbers.Mail:
		return "Mail"
	case numbers.Other:
		return "Other sites"
	}
	return s
}

var tallyHead = []string{"Read", "Asked to register", "Asked to subscribe", "Accounts made", "Payment pages", "Plans bought"}

func tallyCells(t numbers.Tally) []Cell {
	return []Cell{cellN(t.Reads), cellN(t.RegisterWalls), cellN(t.SubscribeWalls), cellN(t.Registered), cellN(t.Begun), cellN(t.Bought)}
}

func (p AudiencePage) daysSheet() Listing {
	s := Listing{Name: "days", Label: "What happened " + p.per(), Head: append([]string{"Day"}, tallyHead...), Texts: 1}
	if p.Step > 1 {
		s.Head[0] = "Week from"
	}
	for _, d := range slices.Backward(p.Days) {
		s.Rows = append(s.Rows, append([]Cell{{p.date(d.Day), isoDay(d.Day)}}, tallyCells(d.Tally)...))
	}
	return s
}

func namedSheet(name, label, head string, list []numbers.NamedTally, called func(string) string) Listing {
	s := Listing{Name: name, Label: label, Head: append([]string{head}, tallyHead...), Texts: 1}
	for _, n := range list {
		s.Rows = append(s.Rows, append([]Cell{{called(n.Name), n.Name}}, tallyCells(n.Tally)...))
	}
	return s
}

func (p AudiencePage) sourcesSheet() Listing {
	return namedSheet("sources", "By where readers came from", "From", p.Sources, sourceName)
}

func (p AudiencePage) sectionsSheet() Listing {
	return namedSheet("sections", "By section", "Section", p.Sections(), func(s string) string { return s })
}

func (p AudiencePage) funnelSheet() Listing {
	s := Listing{Name: "funnel", Label: "From reading to subscribing", Head: []string{"Step", "How often", "Share", "Of what"}, Texts: 1}
	for _, step := range p.funnel().Steps {
		row := []Cell{cellOf(step.Label), cellN(step.N), {"", ""}, {"", ""}}
		if step.Whose != "" {
			row[2], row[3] = cellShare(step.N, step.Of), cellOf(step.Whose)
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// storySorts are the orders of the table of stories.
var storySorts = []struct {
	Option
	of func(numbers.Tally) int64
}{
	{Option{"reads", "Most read"}, func(t numbers.Tally) int64 { return t.Reads }},
	{Option{"walls", "Most walls"}, numbers.Tally.Walls},
	{Option{"registered", "Most accounts"}, func(t numbers.Tally) int64 { return t.Registered }},
	{Option{"bought", "Most plans"}, func(t numbers.Tally) int64 { return t.Bought }},
}

// sorted are the stories in the order that was asked for.
func (p AudiencePage) sorted() []numbers.StoryTally {
	out := slices.Clone(p.Stories)
	for _, s := range storySorts {
		if s.Value == p.Sort {
			slices.SortStableFunc(out, func(a, b numbers.StoryTally) int { return cmp.Compare(s.of(b.Tally), s.of(a.Tally)) })
		}
	}
	return out
}

func (p AudiencePage) storiesSheet() Listing {
	s := Listing{Name: "stories", Label: "By story", Head: append([]string{"Story", "Section"}, tallyHead...), Texts: 2}
	for _, st := range p.sorted() {
		s.Rows = append(s.Rows, append([]Cell{cellOf(storyName(st)), cellOf(st.Section)}, tallyCells(st.Tally)...))
	}
	return s
}

// Listings are the page's tables, to be taken away.
func (p AudiencePage) Listings() []Listing {
	return []Listing{p.daysSheet(), p.funnelSheet(), p.sourcesSheet(), p.sectionsSheet(), p.storiesSheet()}
}

// zoneName is the paper's time zone in words.
func (f NumbersFrame) zoneName() string { return f.zone().String() }
