package billing

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Parting is what somebody says when they cancel. They are asked, and need say
// nothing.
type Parting struct {
	Feedback string // one of PartingReasons' keys; "" for none
	Comment  string // their own words
}

// PartingReason is an answer to choose from. The keys are Stripe's, so that its
// own figures can be read beside ours.
// https://docs.stripe.com/api/subscriptions/object#subscription_object-cancellation_details-feedback
type PartingReason struct{ Key, Text string }

// PartingReasons in the order in which they are offered.
var PartingReasons = []PartingReason{
	{"too_expensive", "It costs too much"},
	{"unused", "I read too little of it"},
	{"low_quality", "The stories are not what I hoped for"},
	{"switched_service", "I read something else now"},
	{"missing_features", "Something is missing"},
	{"too_complex", "The site is hard to use"},
	{"customer_service", "Something went wrong, and was not put right"},
	{"other", "Something else"},
}

// partingLimit is how many characters of a comment are kept, Stripe's limit for
// text of that kind.
const partingLimit = 500

// tidy drops what is no answer: nobody is held up for how they said it.
func (p Parting) tidy() Parting {
	known := func(r PartingReason) bool { return r.Key == p.Feedback }
	if !slices.ContainsFunc(PartingReasons, known) {
		p.Feedback = ""
	}
	p.Comment = strings.TrimSpace(p.Comment)
	if words := []rune(p.Comment); len(words) > partingLimit {
		p.Comment = string(words[:partingLimit])
	}
	return p
}

// Cancellation is a plan that its reader cancelled, whether or not they took
// that back later.
type Cancellation struct {
	Subscription string
	ReaderID     string
	At           time.Time // paper time
	Parting
}

// leavingStore keeps who left, and what was ended at once.
type leavingStore interface {
	AddCancellation(ctx context.Context, c Cancellation) error
	// EndingOf is how a subscription was, or is being, ended at once.
	EndingOf(ctx context.Context, subscription string) (Ending, bool, error)
	// SaveEnding writes one; only what was refunded can change.
	SaveEnding(ctx context.Context, e Ending) error
}
