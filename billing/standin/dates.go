package standin

import "time"

// interval is a price's rhythm: every so many days, weeks, months or years.
type interval struct {
	unit  string // day, week, month, year
	count int
}

func intervalOf(price obj) interval {
	return interval{price.str("recurring", "interval"), int(price.num("recurring", "interval_count"))}
}

// from is the anchor plus n intervals, in UTC. A day that the month doesn't
// have becomes its last one, and later months get it back: an anchor on
// 31 January renews on 28 February and then on 31 March.
// https://docs.stripe.com/billing/subscriptions/billing-cycle
func (i interval) from(anchor time.Time, n int) time.Time {
	n *= i.count
	switch i.unit {
	case "day":
		return anchor.AddDate(0, 0, n)
	case "week":
		return anchor.AddDate(0, 0, 7*n)
	case "year":
		n *= 12
	}
	return addMonths(anchor, n)
}

func addMonths(t time.Time, n int) time.Time {
	t = t.UTC()
	y, m, d := t.Date()
	first := time.Date(y, m+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(d, last)-1)
}

// next is the first renewal after the given second of paper time.
func (i interval) next(anchor, after int64) int64 {
	if i.count < 1 {
		i.count = 1
	}
	start := time.Unix(anchor, 0).UTC()
	for n := 1; ; n++ {
		if at := i.from(start, n).Unix(); at > after {
			return at
		}
	}
}
