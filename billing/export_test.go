package billing

// Refundable is the rule of what goes back, for its property test.
var Refundable = refundable
