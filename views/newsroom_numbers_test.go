package views

import (
	"strconv"
	"strings"
	"testing"
)

func TestChartsStayInTheirPicture(t *testing.T) {
	t.Parallel()
	for _, values := range [][]int64{{0}, {0, 0, 0}, {1, 9, 4}, {999_999, 1, 1_000_001}, make([]int64, 400)} {
		c := lineChart{ID: "c", Title: "T", Text: thousandsShort, Series: []series{{"A", values}, {"B", values}}}
		for i := range values {
			c.Labels = append(c.Labels, strconv.Itoa(i))
		}
		ticks := c.yTicks()
		if n := len(ticks); n < 2 || n > chartTicks+1 || ticks[n-1].at < plotTop {
			t.Errorf("%v: %d ticks up to %d", values[:1], n, ticks[n-1].at)
		}
		for i, v := range values {
			if y := c.y(v); y < plotTop || y > plotBottom || c.x(i) < plotLeft || c.x(i) > plotRight {
				t.Errorf("%d is at %d, %d", v, c.x(i), y)
			}
		}
		if n := len(c.xTicks()); n > 6 {
			t.Errorf("%d labels below", n)
		}
		if c.labelAt(0) == c.labelAt(1) {
			t.Error("two names lie on each other")
		}
		if got := strings.Count(spark(values), "L"); len(values) > 1 && got != len(values)-1 {
			t.Errorf("a spark of %d has %d steps", len(values), got)
		}
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for want, of := range map[string][2]int64{"–": {3, 0}, "0.0%": {0, 7}, "0.9%": {9, 1000}, "17%": {1, 6}, "100%": {5, 5}, "−3.1%": {-31, 1000}, "1,200%": {12, 1}} {
		if got := percent(of[0], of[1]); got != want {
			t.Errorf("%v is %s, want %s", of, got, want)
		}
	}
	for want, of := range map[int]step{1: {N: 1, Of: 1000, Whose: "x"}, ladderRungs: {N: 5, Of: 2, Whose: "x"}, 0: {Whose: "x"}} {
		if got := of.filled(); got != want {
			t.Errorf("%+v fills %d rungs, want %d", of, got, want)
		}
	}
}
