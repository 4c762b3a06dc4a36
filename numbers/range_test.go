package numbers

import (
	"testing"
	"time"
)

func TestPartsHoldEachDayOnce(t *testing.T) {
	t.Parallel()
	start := DayOf(time.Date(2023, 12, 20, 0, 0, 0, 0, time.UTC))
	for from := start; from < start+70; from++ {
		for length := range int64(140) {
			r := Range{from, from + length}
			seen := map[int64]int{}
			head, months, tail := r.Parts()
			for _, part := range []Range{head, tail} {
				for d := part.From; d < part.To; d++ {
					seen[d]++
				}
			}
			for m := months.From; m < months.To; m++ {
				for d := FirstOf(m); d < FirstOf(m+1); d++ {
					seen[d]++
				}
			}
			for d := r.From; d < r.To; d++ {
				if seen[d] != 1 {
					t.Fatalf("%v: day %d is read %d times", r, d, seen[d])
				}
			}
			if int64(len(seen)) != r.Days() || head.Days()+tail.Days() > 62 {
				t.Fatalf("%v: %d days, of them %d by themselves", r, len(seen), head.Days()+tail.Days())
			}
		}
	}
}

func TestTheWayBack(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][2]string{
		Way("/stories/clocks", Search):                          {"clocks", Search},
		Way("/stories/clocks", "example.org"):                   {"clocks", "example.org"},
		Way("/stories/clocks", Direct):                          {"clocks", Direct},
		"/stories/clocks?via=%3Cb%3E#comment-2":                 {"clocks", Direct},
		"/stories/clocks?via=a.b.example.org":                   {"clocks", Direct},
		"/subscribe?price=x&return=%2Fstories%2Fa%3Fvia%3Dmail": {"a", Mail},
		"/": {"", Direct}, "/stories/clocks/comments": {"", Direct}, "/stories/": {"", Direct}, "": {"", Direct}, "%": {"", Direct},
	} {
		if slug, source := OfWay(path); slug != want[0] || source != want[1] {
			t.Errorf("%q leads to %q by %q, want %q", path, slug, source, want)
		}
	}
}
