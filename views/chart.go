package views

import (
	"strings"
)

// Charts are drawn here as SVG, with whole numbers: a coordinate is in tenths of a unit. Each has a title, a sentence
// that says what it shows, and a table beside it with the same numbers.

// tenths writes a coordinate: 1234 is "123.4".
func tenths(n int64) string {
	minus := ""
	if n < 0 {
		minus, n = "-", -n
	}
	if n%10 == 0 {
		return minus + itoa(int(n/10))
	}
	return minus + itoa(int(n/10)) + "." + itoa(int(n%10))
}

// series is a line of a chart.
type series struct {
	Name   string
	Values []int64
}

// lineChart is how numbers went, point by point.
type lineChart struct {
	ID     string
	Title  string
	Says   string // what it shows, for who does not see it
	Labels []string
	Series []series             // at most two, and then the first is the one that matters
	Text   func(v int64) string // a value on the axis
}

// The size of a line chart, in tenths of a unit: the plot within it.
const (
	plotLeft, plotRight, plotTop, plotBottom = 560, 8960, 140, 2680
	chartTicks                               = 5
)

// top is the highest tick, and the step between two.
func (c lineChart) top() (top, step int64) {
	most := int64(1)
	for _, s := range c.Series {
		for _, v := range s.Values {
			most = max(most, v)
		}
	}
	step = roundStep((most + chartTicks - 1) / chartTicks)
	return (most + step - 1) / step * step, step
}

// roundStep is the next number that people count in: 1, 2, 5, 10, 20, 50, …
func roundStep(n int64) int64 {
	for unit := int64(1); ; unit *= 10 {
		for _, m := range []int64{1, 2, 5} {
			if unit*m >= n {
				return unit * m
			}
		}
	}
}

func (c lineChart) y(v int64) int64 {
	top, _ := c.top()
	return plotBottom - v*(plotBottom-plotTop)/top
}

func (c lineChart) x(i int) int64 {
	n := int64(len(c.Labels) - 1)
	if n < 1 {
		return plotRight
	}
	return plotLeft + int64(i)*(plotRight-plotLeft)/n
}

// tick is a mark at an axis.
type tick struct {
	at     int64
	text   string
	anchor string
}

func (c lineChart) yTicks() []tick {
	top, step := c.top()
	var out []tick
	for v := int64(0); v <= top; v += step {
		out = append(out, tick{at: c.y(v), text: c.Text(v)})
	}
	return out
}

// xTicks are at most six labels, the first and the last among them.
func (c lineChart) xTicks() []tick {
	last := len(c.Labels) - 1
	if last < 0 {
		return nil
	}
	n := min(last, 5)
	out := []tick{}
	for k := 0; k <= n; k++ {
		i := last
		if n > 0 {
			i = k * last / n
		}
		anchor := "middle"
		if k == n {
			anchor = "end"
		}
		out = append(out, tick{at: c.x(i), text: c.Labels[i], anchor: anchor})
	}
	return out
}

// path is a line, "M56 268L…".
func (c lineChart) path(s series) string {
	var b strings.Builder
	for i, v := range s.Values {
		b.WriteByte("ML"[min(i, 1)])
		b.WriteString(tenths(c.x(i)) + " " + tenths(c.y(v)))
	}
	return b.String()
}

// end is where a line ends.
func (c lineChart) end(s series) (x, y string) {
	last := len(s.Values) - 1
	return tenths(c.x(last)), tenths(c.y(s.Values[last]))
}

// labelAt is the height of a line's name at its end: above it, but below the lower of two that end close together.
func (c lineChart) labelAt(i int) string {
	last := len(c.Labels) - 1
	y := c.y(c.Series[i].Values[last])
	up := y - 120
	if len(c.Series) == 2 {
		other := c.y(c.Series[1-i].Values[last])
		if gap := y - other; gap > 0 && gap < 260 || gap == 0 && i == 1 {
			up = y + 210
		}
	}
	return tenths(max(up, 110))
}

// spark is a small line without axes, in a box of 120 by 28.
func spark(values []int64) string {
	if len(values) < 2 {
		return ""
	}
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	var b strings.Builder
	for i, v := range values {
		y := int64(140)
		if high > low {
			y = 250 - (v-low)*220/(high-low)
		}
		b.WriteByte("ML"[min(i, 1)])
		b.WriteString(tenths(10+int64(i)*1180/int64(len(values)-1)) + " " + tenths(y))
	}
	return b.String()
}

// bar is a row of a bar chart.
type bar struct {
	Label string
	Value int64
	Text  string // the value as it stands beside the bar
}

// barChart compares things, the largest first.
type barChart struct {
	ID, Title, Says string
	Bars            []bar
}

// The size of a bar chart, in tenths of a unit.
const (
	barStep, barLongest = 440, 4300
	barLabelMost        = 52 // characters of a name that fit on a telephone
)

func (c barChart) height() int64 { return int64(len(c.Bars)) * barStep / 10 }

func (c barChart) width(v int64) int64 {
	most := int64(1)
	for _, b := range c.Bars {
		most = max(most, b.Value)
	}
	return max(0, v) * barLongest / most
}

func (c barChart) says() string {
	parts := make([]string, len(c.Bars))
	for i, b := range c.Bars {
		parts[i] = b.Label + " " + b.Text
	}
	return strings.TrimSpace(c.Says + " " + strings.Join(parts, "; ") + ".")
}

// shorter cuts a name that would run out of the picture.
func shorter(s string) string {
	if runes := []rune(s); len(runes) > barLabelMost {
		return strings.TrimSpace(string(runes[:barLabelMost-1])) + "…"
	}
	return s
}

// ladderRungs is a share drawn as the paper's ladder: so many of 24.
const ladderRungs = 24

// ladder draws the filled ladderRungs, or those that are left.
func ladder(y int64, from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		b.WriteString("M" + tenths(int64(i)*5600/ladderRungs) + " " + tenths(y) + "h21.3v12h-21.3z")
	}
	return b.String()
}

// step is a row of the funnel.
type step struct {
	Label string
	N     int64
	Of    int64  // what it is a share of; 0 for the first
	Whose string // "of the walls"
}

func (s step) text() string {
	if s.Whose == "" || s.Of == 0 {
		return thousands(s.N)
	}
	return thousands(s.N) + " · " + percent(s.N, s.Of) + " " + s.Whose
}

// filled is how many ladderRungs the row has: one at least when there is anything.
func (s step) filled() int {
	if s.Whose == "" && s.N > 0 {
		return ladderRungs
	}
	if s.N == 0 || s.Of == 0 {
		return 0
	}
	return int(min(ladderRungs, max(1, (s.N*ladderRungs+s.Of/2)/s.Of)))
}

type funnel struct {
	ID, Title string
	Steps     []step
}

func (f funnel) says() string {
	parts := make([]string, len(f.Steps))
	for i, s := range f.Steps {
		parts[i] = s.Label + " " + s.text()
	}
	return strings.Join(parts, "; ") + "."
}

// percent is "17%", and with a digit behind the point below ten: "0.9%". "–" of nothing.
func percent(n, of int64) string {
	if of == 0 {
		return "–"
	}
	minus := ""
	if n < 0 != (of < 0) && n != 0 {
		minus = "−"
	}
	n, of = max(n, -n), max(of, -of)
	if per := (n*1000 + of/2) / of; per < 100 {
		return minus + itoa(int(per/10)) + "." + itoa(int(per%10)) + "%"
	}
	return minus + thousands((n*100+of/2)/of) + "%"
}
