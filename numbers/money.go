package numbers

import (
	"cmp"
	"slices"
	"time"

	"broadsheet/billing"
)

// Amounts of what recurs are kept by the year, as whole minor units: a month is a
// twelfth of it, rounded once, at the end.

// MoneyDay is how things stood at the end of a day, of one plan and interval.
type MoneyDay struct {
	Day         int64
	Currency    string
	Plan        string
	Every       billing.Interval
	Subscribers int64 // that pay, or are behind with a payment
	PastDue     int64 // of them, behind
	Trials      int64
	Paused      int64
	Yearly      int64 // what the subscribers pay in a year
}

// Kind is what moved.
type Kind string

// The kinds of moves. Subscribers at the end are those at the start and what
// came, less what went; the yearly sum likewise, with Up and Down.
const (
	New      Kind = "new"      // a reader's first plan
	Returned Kind = "returned" // one who had left
	Resumed  Kind = "resumed"  // out of a pause
	Paused   Kind = "paused"
	Lost     Kind = "lost"
	Up       Kind = "up"   // the same subscriber pays more
	Down     Kind = "down" // or less
)

// Why a subscriber was lost, beside the reasons that readers give
// (billing.PartingReasons).
const (
	Unsaid   = "unsaid"   // cancelled, and gave no reason
	Unpaid   = "unpaid"   // the payment failed for good
	Ended    = "ended"    // at once, by the desk
	Disputed = "disputed" // the bank took a payment back
)

// Move is how many moved on a day, and what their plans cost in a year: of Up and
// Down the difference. All amounts are positive.
type Move struct {
	Day      int64
	Kind     Kind
	Why      string // of Lost
	Plan     string
	Currency string
	N        int64
	Yearly   int64
}

// Cohort is the readers who first paid in a month, and how many of them are
// subscribers at the end of another, or now. Months are since the year 0.
type Cohort struct {
	First, Month int64
	Size         int64 // of the row whose months are one
	Kept         int64
}

// Reader is what became of one reader's subscriptions. Nothing of it is kept.
type Reader struct {
	Spans     []billing.Span       // by subscription, and in order
	FirstPaid time.Time            // zero if never
	Begun     map[string]time.Time // when each of their subscriptions began
	Ended     map[string]bool      // which were ended at once by the desk
	Said      map[string][]Parted  // what they said when they cancelled, in order
}

// Parted is what was said at a cancellation.
type Parted struct {
	At  time.Time
	Why string // "" for nothing
}

// Books are the figures of a run of days, reckoned from readers one by one.
type Books struct {
	r          Range
	zone       *time.Location
	start, end time.Time
	now        time.Time
	days       map[MoneyDay]*MoneyDay
	moves      map[Move]*Move
	cohorts    map[Cohort]*Cohort
}

// NewBooks begins the figures of these days, as far as they have come.
func NewBooks(r Range, now time.Time, zone *time.Location) *Books {
	b := &Books{r: r, zone: zone, now: now, start: DateOf(r.From, zone), end: DateOf(r.To, zone)}
	b.days, b.moves, b.cohorts = map[MoneyDay]*MoneyDay{}, map[Move]*Move{}, map[Cohort]*Cohort{}
	if now.Before(b.end) {
		b.end = now
	}
	return b
}

// stand is what a subscription is at an instant.
type stand struct {
	at      time.Time
	state   string // running, paused, trial, or "" for neither
	pastDue bool
	yearly  int64
	sub     billing.Subscription
}

const (
	running = "running"
	resting = "paused"
	trying  = "trial"
)

func standAt(s billing.Subscription, at time.Time) stand {
	out := stand{at: at, sub: s}
	switch {
	case s.Runs(at):
		out.state, out.yearly, out.pastDue = running, s.YearlySum(at).Amount, s.Status == billing.PastDue
	case s.Rests(at):
		out.state = resting
	case s.Plan != "" && s.Status == billing.Trialing:
		out.state = trying
	}
	return out
}

// stands are the instants at which one subscription may have become something
// else: those of which the paper heard, and those that come by themselves.
func stands(spans []billing.Span, until time.Time) []stand {
	var out []stand
	for _, span := range spans {
		s := span.Subscription
		points := []time.Time{span.From}
		for _, t := range []time.Time{s.PausedFrom, s.PausedUntil, s.Discount.Until} {
			if t.After(span.From) && (span.To.IsZero() || t.Before(span.To)) {
				points = append(points, t)
			}
		}
		slices.SortFunc(points, time.Time.Compare)
		for _, at := range points {
			if at.Before(until) {
				out = append(out, standAt(s, at))
			}
		}
	}
	return out
}

// Add reckons one reader in.
func (b *Books) Add(r Reader) {
	subscribes := false
	for spans := range bySubscription(r.Spans) {
		all := stands(spans, b.end)
		b.addMoves(r, all)
		b.addDays(all)
		if n := len(all); n > 0 && standAt(all[n-1].sub, b.end).state == running {
			subscribes = true
		}
	}
	if r.FirstPaid.IsZero() || !r.FirstPaid.Before(b.end) {
		return
	}
	first, month := MonthOf(DayOf(r.FirstPaid.In(b.zone))), MonthOf(b.r.From)
	if first == month {
		b.cohort(first, month).Size++
	}
	if subscribes {
		b.cohort(first, month).Kept++
	}
}

func (b *Books) cohort(first, month int64) *Cohort {
	key := Cohort{First: first, Month: month}
	if b.cohorts[key] == nil {
		b.cohorts[key] = &Cohort{First: first, Month: month}
	}
	return b.cohorts[key]
}

// bySubscription walks runs of spans that are one subscription's.
func bySubscription(spans []billing.Span) func(yield func([]billing.Span) bool) {
	return func(yield func([]billing.Span) bool) {
		for from := 0; from < len(spans); {
			to := from + 1
			for to < len(spans) && spans[to].ID == spans[from].ID {
				to++
			}
			if !yield(spans[from:to]) {
				return
			}
			from = to
		}
	}
}

// addDays notes how the subscription stood at the end of each day.
func (b *Books) addDays(all []stand) {
	i := 0
	for day := b.r.From; day < b.r.To; day++ {
		end := DateOf(day+1, b.zone)
		if end.After(b.end) {
			end = b.end
		}
		for i < len(all) && all[i].at.Before(end) {
			i++
		}
		if i == 0 {
			continue
		}
		b.addDay(day, all[i-1])
		if !end.Before(b.end) {
			return
		}
	}
}

func (b *Books) addDay(day int64, s stand) {
	if s.state == "" {
		return
	}
	key := MoneyDay{Day: day, Currency: s.sub.Money.Currency, Plan: s.sub.Plan, Every: s.sub.Interval}
	d := b.days[key]
	if d == nil {
		made := key
		d = &made
		b.days[key] = d
	}
	switch s.state {
	case running:
		d.Subscribers++
		d.Yearly += s.yearly
		if s.pastDue {
			d.PastDue++
		}
	case resting:
		d.Paused++
	case trying:
		d.Trials++
	}
}

// addMoves notes what changed, and on which day.
func (b *Books) addMoves(r Reader, all []stand) {
	var was stand
	for _, is := range all {
		if !is.at.Before(b.start) {
			b.move(r, was, is)
		}
		was = is
	}
}

func (b *Books) move(r Reader, was, is stand) {
	m := Move{Day: DayOf(is.at.In(b.zone)), Plan: is.sub.Plan, Currency: is.sub.Money.Currency}
	yearly := is.yearly
	switch {
	case was.state != running && is.state == running:
		m.Kind = came(r, was, is)
	case was.state == running && is.state == resting:
		m.Kind, yearly = Paused, was.yearly
	case was.state == running && is.state != running:
		m.Kind, m.Why, m.Plan, yearly = Lost, r.why(is), was.sub.Plan, was.yearly
	case is.state != running || is.yearly == was.yearly:
		return
	case is.yearly > was.yearly:
		m.Kind, yearly = Up, is.yearly-was.yearly
	default:
		m.Kind, yearly = Down, was.yearly-is.yearly
	}
	if b.moves[m] == nil {
		made := m
		b.moves[m] = &made
	}
	b.moves[m].N++
	b.moves[m].Yearly += yearly
}

// came says how somebody became a subscriber.
func came(r Reader, was, is stand) Kind {
	if was.state == resting {
		return Resumed
	}
	if was.sub.Status == billing.Unpaid {
		return Returned
	}
	for id, begun := range r.Begun {
		if id != is.sub.ID && begun.Before(is.sub.Started) {
			return Returned
		}
	}
	return New
}

// why says why a subscriber was lost.
func (r Reader) why(is stand) string {
	s := is.sub
	switch {
	case s.Status == billing.Unpaid || s.EndReason == billing.EndedUnpaid:
		return Unpaid
	case s.Dispute == billing.DisputedLost || s.EndReason == "payment_disputed":
		return Disputed
	case r.Ended[s.ID]:
		return Ended
	}
	why := ""
	for _, p := range r.Said[s.ID] {
		if !p.At.After(is.at) {
			why = p.Why
		}
	}
	return cmp.Or(why, Unsaid)
}

// Month is what a month's books come to.
type Month struct {
	Days    []MoneyDay
	Moves   []Move
	Taken   []Taken
	Cohorts []Cohort
}

// Close gives the figures in a fixed order.
func (b *Books) Close() Month {
	var out Month
	for _, d := range b.days {
		out.Days = append(out.Days, *d)
	}
	for _, m := range b.moves {
		out.Moves = append(out.Moves, *m)
	}
	for _, c := range b.cohorts {
		out.Cohorts = append(out.Cohorts, *c)
	}
	slices.SortFunc(out.Days, func(a, b MoneyDay) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Plan, b.Plan), cmp.Compare(a.Every, b.Every))
	})
	slices.SortFunc(out.Moves, func(a, b Move) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Why, b.Why), cmp.Compare(a.Plan, b.Plan), cmp.Compare(a.Currency, b.Currency))
	})
	slices.SortFunc(out.Cohorts, func(a, b Cohort) int { return cmp.Compare(a.First, b.First) })
	return out
}
