package numbers

import "time"

// Range is a run of days in the paper's time zone, as days since 1970. To is
// the first day that is no longer of it.
type Range struct{ From, To int64 }

// DayOf is the day of an instant in the zone that the time carries.
func DayOf(t time.Time) int64 { return KeyAt(t, "", "", "").Day }

// MonthOf is the month of a day, as months since the year 0.
func MonthOf(day int64) int64 {
	y, m, _ := DateOf(day, time.UTC).Date()
	return monthOf(y, m)
}

// FirstOf is the first day of a month.
func FirstOf(month int64) int64 {
	return time.Date(int(month/12), time.Month(month%12)+1, 1, 0, 0, 0, 0, time.UTC).Unix() / daySeconds
}

// DateOf is the first instant of a day in a zone.
func DateOf(day int64, zone *time.Location) time.Time {
	y, m, d := time.Unix(day*daySeconds, 0).UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// Days is how many there are.
func (r Range) Days() int64 { return r.To - r.From }

// Before is the range of as many days that comes before.
func (r Range) Before() Range { return Range{r.From - r.Days(), r.From} }

// Parts splits a range into whole months and what of days is left at its ends,
// so that a long one reads few rows. Without a whole month in it there are only days.
func (r Range) Parts() (head Range, months Range, tail Range) {
	first := MonthOf(r.From)
	if FirstOf(first) < r.From {
		first++
	}
	last := MonthOf(r.To)
	if first >= last {
		return r, Range{}, Range{}
	}
	return Range{r.From, FirstOf(first)}, Range{first, last}, Range{FirstOf(last), r.To}
}

// DayTally is what happened on a day, or from that day on.
type DayTally struct {
	Day int64
	Tally
}

// NamedTally is what happened by a source.
type NamedTally struct {
	Name string
	Tally
}

// StoryTally is what happened at a story. All but the tally is empty for what
// leads to none, or to one that is no longer there.
type StoryTally struct {
	Story, Slug, Headline, Section string
	Tally
}

// Buckets sorts days into runs of step, the last of which ends with the range,
// and adds up the range and as many days before it. list is in order.
func Buckets(r Range, list []DayTally, step int64) (runs []DayTally, sum, before Tally) {
	n := (r.Days() + step - 1) / step
	for i := range n {
		runs = append(runs, DayTally{Day: max(r.From, r.To-(n-i)*step)})
	}
	for _, d := range list {
		if d.Day < r.From {
			before = before.Plus(d.Tally)
			continue
		}
		sum = sum.Plus(d.Tally)
		i := n - 1 - (r.To-1-d.Day)/step
		runs[i].Tally = runs[i].Plus(d.Tally)
	}
	return runs, sum, before
}
