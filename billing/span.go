package billing

import "time"

// Span is a state that a subscription was in, as the paper knew it.
type Span struct {
	Subscription
	From time.Time // paper time
	To   time.Time // zero while it lasts
}
