package views

import (
	"broadsheet/billing"
)

// turn is a stretch of a subscription's life in words.
type turn struct {
	Span  billing.Span
	Lines []string // what was new when it began, the weightiest first
}

// turns tells a subscription's life, the newest first.
func (p ReaderPage) turns(t ReaderTimeline) []turn {
	all := make([]turn, len(t.Spans))
	for i, s := range t.Spans {
		var before *billing.Subscription
		if i > 0 {
			before = &t.Spans[i-1].Subscription
		}
		all[len(all)-1-i] = turn{Span: s, Lines: p.whatChanged(before, s.Subscription)}
	}
	return all
}

// whatChanged says what differs between two states; before is nil for the first.
func (p ReaderPage) whatChanged(before *billing.Subscription, now billing.Subscription) []string {
	if before == nil {
		return append([]string{"Begun: " + p.planAndPrice(now)}, p.newStatus("", now)...)
	}
	was := *before
	var lines []string
	if was.Status != now.Status {
		lines = append(lines, p.newStatus(was.Status, now)...)
	}
	if was.PriceID != now.PriceID || was.Plan != now.Plan || was.Money != now.Money {
		lines = append(lines, "Changed from "+p.planAndPrice(was)+" to "+p.planAndPrice(now))
	}
	if now.Status == billing.Active && now.PeriodEnd.After(was.PeriodEnd) {
		lines = append(lines, "A new period began: until "+p.date(now.PeriodEnd))
	}
	lines = append(lines, p.newEnd(was, now)...)
	lines = append(lines, p.newPayment(was, now)...)
	lines = append(lines, p.newTerms(was, now)...)
	if len(lines) == 0 {
		lines = append(lines, "A detail changed at Stripe that nothing here rests on")
	}
	return lines
}

func (p ReaderPage) planAndPrice(s billing.Subscription) string {
	return planCalled(p.Catalogue, s.Plan) + ", " + Money(s.Money) + " " + each(s.Interval)
}

// newStatus says what a new status means.
func (p ReaderPage) newStatus(was billing.Status, s billing.Subscription) []string {
	switch s.Status {
	case billing.Active:
		switch was {
		case billing.PastDue, billing.Unpaid:
			return []string{"Paid: active again"}
		case billing.Trialing:
			return []string{"The trial is over: active"}
		}
		return []string{"Active: paid until " + p.date(s.PeriodEnd)}
	case billing.Trialing:
		return []string{"On trial until " + p.date(s.TrialEnd)}
	case billing.PastDue:
		return []string{"Past due: a payment failed. Open until " + p.date(billing.Access(s, s.SyncedAt).GraceUntil) + " all the same"}
	case billing.Unpaid:
		return []string{"Unpaid: Stripe gave up collecting"}
	case billing.Incomplete:
		return []string{"Waits for its first payment"}
	case billing.IncompleteExpired:
		return []string{"The first payment never came"}
	case billing.Paused:
		return []string{"Paused by Stripe: the trial ended without a card"}
	case billing.Canceled:
		return []string{"Ended" + endedBy(s.EndReason)}
	}
	return []string{"Stripe calls it “" + string(s.Status) + "” now, which this paper doesn’t know"}
}

// endedBy says why Stripe ended it.
func endedBy(reason string) string {
	switch reason {
	case "cancellation_requested":
		return ", as it was asked"
	case billing.EndedUnpaid:
		return ", because nobody paid"
	case "payment_disputed":
		return ", because the payment was disputed"
	}
	return ""
}

// newEnd says whether it was cancelled, or that taken back.
func (p ReaderPage) newEnd(was, now billing.Subscription) []string {
	switch {
	case was.CancelAt.Equal(now.CancelAt) || now.Status == billing.Canceled:
		return nil
	case now.CancelAt.IsZero():
		return []string{"The cancellation was taken back"}
	case was.CancelAt.IsZero():
		return []string{"Cancelled: ends on " + p.date(now.CancelAt)}
	}
	return []string{"Ends on " + p.date(now.CancelAt) + " now"}
}

// newPayment says how a payment went.
func (p ReaderPage) newPayment(was, now billing.Subscription) []string {
	var lines []string
	if now.Decline != "" && (was.Decline != now.Decline || was.Latest != now.Latest) {
		lines = append(lines, "The payment was refused ("+now.Decline+")")
	}
	if was.Latest != now.Latest || was.LatestStatus != now.LatestStatus {
		switch now.LatestStatus {
		case billing.InvoicePaid:
			lines = append(lines, "Its latest invoice is paid")
		case billing.InvoiceOpen:
			lines = append(lines, "Its latest invoice is open")
		case billing.InvoiceUncollectible:
			lines = append(lines, "Its latest invoice was given up")
		case "void":
			lines = append(lines, "Its latest invoice was voided")
		}
	}
	return lines
}

// newTerms says of pauses, trials, discounts and changes that wait.
func (p ReaderPage) newTerms(was, now billing.Subscription) []string {
	var lines []string
	switch {
	case !was.IsPaused && now.IsPaused && now.PausedUntil.IsZero():
		lines = append(lines, "Payments paused, without an end")
	case now.IsPaused && (!was.IsPaused || !was.PausedUntil.Equal(now.PausedUntil)):
		lines = append(lines, "Payments paused until "+p.date(now.PausedUntil))
	case was.IsPaused && !now.IsPaused:
		lines = append(lines, "The pause is over")
	}
	if !was.TrialEnd.Equal(now.TrialEnd) && !now.TrialEnd.IsZero() && was.Status == now.Status {
		lines = append(lines, "The next payment moved to "+p.date(now.TrialEnd))
	}
	switch {
	case was.Discount == now.Discount:
	case now.Discount.IsZero():
		lines = append(lines, "The discount ended")
	default:
		lines = append(lines, "A discount applies")
	}
	switch {
	case was.Coming == now.Coming:
	case now.Coming == billing.Coming{}:
		lines = append(lines, "The change that waited is done or given up")
	default:
		lines = append(lines, "A change of plan waits for its day")
	}
	return lines
}
