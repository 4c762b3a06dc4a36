package drill

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"
)

// grace is how long benefits stay after an unpaid invoice was due.
const grace = 14 * day

// grants states the rule of access a second time: a subscription opens stories
// while Stripe calls it active or trialing, and for fourteen days after the
// oldest invoice that is unpaid was due while it calls it past_due; not while
// collection is paused and what was paid for before has run out, not from the time on at which it is cancelled, and in no
// other status.
func (b *books) grants(s bookSub, now time.Time) bool {
	at := now.Unix()
	if s.CancelAt != nil && at >= *s.CancelAt {
		return false
	}
	if p := s.PauseCollection; p != nil && (p.ResumesAt == nil || at < *p.ResumesAt) && at >= b.paidUntil(s) {
		return false
	}
	switch s.Status {
	case "active", "trialing":
		return true
	case "past_due":
		return at < b.unpaidSince(s)+int64(grace/time.Second)
	}
	return false
}

// paidUntil is the end of the last stretch of time that an invoice of the
// subscription paid for.
func (b *books) paidUntil(s bookSub) int64 {
	until := s.CurrentPeriodStart
	for _, inv := range b.invoices {
		if inv.Subscription != s.ID || inv.Status != "paid" {
			continue
		}
		if inv.ID == s.LatestInvoice {
			return s.CurrentPeriodEnd
		}
		for _, line := range inv.Lines.Data {
			until = max(until, line.Period.End)
		}
	}
	return until
}

// unpaidSince is when the oldest invoice of a subscription that is still owed
// was due.
func (b *books) unpaidSince(s bookSub) int64 {
	var oldest int64
	for _, inv := range b.invoices {
		if inv.Subscription != s.ID || inv.Status != "open" && inv.Status != "uncollectible" || inv.AmountRemaining == 0 {
			continue
		}
		if at := inv.due(); oldest == 0 || at < oldest {
			oldest = at
		}
	}
	return oldest
}

// checkAccess: each reader's gate stands as the books say.
func checkAccess(e *evidence) (wrong []string) {
	open := map[string]string{} // address → what opens it
	for _, s := range e.books.subs {
		if reader := e.books.reader(s.Customer); reader != "" && e.books.grants(s, e.now) {
			open[e.rows.readers[reader]] = s.ID + ", " + s.Status
		}
	}
	for _, g := range e.rows.grants {
		if g.from <= micro(e.now) && (!g.to.Valid || micro(e.now) < g.to.Int64) {
			open[e.rows.readers[g.reader]] = "the grant " + g.id
		}
	}
	for _, address := range slices.Sorted(maps.Keys(e.gates)) {
		stood, why := e.gates[address], open[address]
		switch {
		case why != "" && stood != "open benefit":
			wrong = append(wrong, fmt.Sprintf("%s should read everything (%s), and meets %q", address, why, stood))
		case why == "" && stood != "subscribe subscribers":
			wrong = append(wrong, fmt.Sprintf("%s has nothing that opens a story for subscribers, and meets %q", address, stood))
		}
	}
	return wrong
}

// checkRows: each subscription stands in the paper's tables as in the books.
func checkRows(e *evidence) (wrong []string) {
	listed := map[string]bool{}
	for _, s := range e.books.subs {
		listed[s.ID] = true
		owner := e.books.reader(s.Customer)
		if owner == "" {
			continue
		}
		wrong = append(wrong, e.rows.differ(s, owner)...)
	}
	for id := range e.rows.subs {
		if !listed[id] {
			wrong = append(wrong, fmt.Sprintf("subscription %s is in the paper's tables and not in the books", id))
		}
	}
	return wrong
}

// differ says how the paper's row of a subscription is not as the books have it.
func (r *rows) differ(s bookSub, owner string) (wrong []string) {
	row, ok := r.subs[s.ID]
	if !ok {
		return []string{fmt.Sprintf("subscription %s (%s) is not in the paper's tables", s.ID, s.Status)}
	}
	said := fmt.Sprintf("%s %s to %d, cancelled at %s, reader %s", s.Status, s.lookup(), s.CurrentPeriodEnd, stamp(s.CancelAt), owner)
	have := fmt.Sprintf("%s %s to %d, cancelled at %s, reader %s", row.status, row.lookup, row.periodEnd.Int64/1e6, seconds(row.cancelAt), row.reader)
	if said != have {
		wrong = append(wrong, fmt.Sprintf("subscription %s\n  in the books: %s\n  in the paper: %s", s.ID, said, have))
	}
	if (s.PauseCollection != nil) != row.paused {
		wrong = append(wrong, fmt.Sprintf("subscription %s: paused in the books %t, in the paper %t", s.ID, s.PauseCollection != nil, row.paused))
	}
	return wrong
}

func stamp(at *int64) string {
	if at == nil {
		return "never"
	}
	return fmt.Sprint(*at)
}

func seconds(at sql.NullInt64) string {
	if !at.Valid || at.Int64 == 0 {
		return "never"
	}
	return fmt.Sprint(at.Int64 / 1e6)
}

// checkOnePlan: no reader has two subscriptions that live, in whatever status
// that is not over.
func checkOnePlan(e *evidence) (wrong []string) {
	live := map[string][]string{}
	for _, s := range e.books.subs {
		if reader := e.books.reader(s.Customer); reader != "" && !s.over() {
			live[reader] = append(live[reader], s.ID+" "+s.Status)
		}
	}
	for reader, subs := range live {
		if len(subs) > 1 {
			wrong = append(wrong, fmt.Sprintf("%s has %d live subscriptions: %q", e.rows.readers[reader], len(subs), subs))
		}
	}
	slices.Sort(wrong)
	return wrong
}
