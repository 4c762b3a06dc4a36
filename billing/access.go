package billing

import "time"

// Grace is how long benefits stay after an invoice that could not be paid was
// due: long enough for a reader who is travelling to notice.
const Grace = 14 * 24 * time.Hour

// State is how a subscription stands, as a reader would put it. Pages choose
// their words by it.
type State string

// The states.
const (
	StandsActive  State = "active"  // paid, and goes on
	StandsTrial   State = "trial"   // not paid yet, by agreement
	StandsEnding  State = "ending"  // holds until EndsAt and is not renewed
	StandsGrace   State = "grace"   // a payment failed; holds until GraceUntil
	StandsLapsed  State = "lapsed"  // a payment failed and the grace is over
	StandsPaused  State = "paused"  // nothing is charged and nothing is given
	StandsPausing State = "pausing" // paid until EndsAt, where a pause begins
	StandsWaiting State = "waiting" // the first payment was not made yet
	StandsEnded   State = "ended"
	StandsHeld    State = "held" // a bank took its payment back; nothing is given until that is decided
)

// Standing is what a subscription amounts to at an instant.
type Standing struct {
	State  State
	Live   bool // it takes the one place that a reader has; a second may not begin
	Grants bool // its plan's benefits are the reader's now
	// GraceUntil is when a failed payment ends the benefits; zero unless one did.
	GraceUntil time.Time
	// EndsAt is when the benefits end if nothing else happens, or ended; zero if
	// they go on.
	EndsAt time.Time
}

// Access says how s stands at that paper time. Nothing else in the paper decides
// who has paid. It trusts no period: Stripe rolls the period before it collects,
// so a period that lies ahead is no proof of a payment.
func Access(s Subscription, now time.Time) Standing {
	st := standingOf(s, now)
	if s.Plan == "" {
		st.Grants = false // an unknown price brings nothing that we could name
	}
	return st
}

func standingOf(s Subscription, now time.Time) Standing {
	switch s.Status {
	case Canceled, IncompleteExpired:
		return Standing{State: StandsEnded, EndsAt: firstTime(s.EndedAt, s.CanceledAt)}
	case Incomplete:
		return Standing{State: StandsWaiting, Live: true}
	case Paused:
		return Standing{State: StandsPaused, Live: true}
	case Unpaid:
		return Standing{State: StandsLapsed, Live: true, EndsAt: graceEnd(s)}
	case Active, Trialing, PastDue:
	default:
		// A status that this program does not know is somebody's money all the
		// same: it takes the place, and brings nothing until it is understood.
		return Standing{State: StandsWaiting, Live: true}
	}
	switch {
	case !s.CancelAt.IsZero() && !now.Before(s.CancelAt):
		return Standing{State: StandsEnded, Live: true, EndsAt: s.CancelAt}
	case s.Dispute == DisputedHeld || s.Dispute == DisputedLost:
		return Standing{State: StandsHeld, Live: true, EndsAt: s.CancelAt}
	case s.stoppedAt(now):
		return Standing{State: StandsPaused, Live: true, EndsAt: s.CancelAt}
	case s.Status == PastDue:
		return inGrace(s, now)
	}
	st := Standing{State: StandsActive, Live: true, Grants: true, EndsAt: s.CancelAt}
	switch {
	case !s.CancelAt.IsZero():
		st.State = StandsEnding
	case s.Status == Trialing:
		st.State = StandsTrial
	case s.pausedAt(now) && s.Stops():
		st.State, st.EndsAt = StandsPausing, s.PausedFrom
	}
	return st
}

// pausedAt reports whether collection is paused at that time. A pause ends on
// its day even when the news of it is late.
func (s Subscription) pausedAt(now time.Time) bool {
	return s.IsPaused && (s.PausedUntil.IsZero() || now.Before(s.PausedUntil))
}

// inGrace counts from when the oldest unpaid invoice was due, not from when the
// status changed: Stripe may take days of retries to say so.
func inGrace(s Subscription, now time.Time) Standing {
	until := graceEnd(s)
	st := Standing{State: StandsGrace, Live: true, Grants: now.Before(until), GraceUntil: until, EndsAt: until}
	if !st.Grants {
		st.State = StandsLapsed
	}
	if !s.CancelAt.IsZero() && s.CancelAt.Before(until) {
		st.EndsAt = s.CancelAt
	}
	return st
}

// graceEnd is zero, and so long past, when nothing says since when payment is due.
func graceEnd(s Subscription) time.Time {
	since := firstTime(s.PastDueSince, s.PeriodStart)
	if since.IsZero() {
		return time.Time{}
	}
	return since.Add(Grace)
}

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}
