package billing

// Refundable is the rule of what goes back, for its property test.
var Refundable = refundable

// WhileAlive and its times, for tests that count the signs of life.
var WhileAlive = (*Service).whileAlive

const (
	HeldFor = heldFor
	Beat    = beat
)
