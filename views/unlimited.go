package views

// Unlimited is why nothing is counted for a reader.
type Unlimited string

// The reasons.
const (
	Counted        Unlimited = "" // it is counted
	UnlimitedPlan  Unlimited = "plan"
	UnlimitedGiven Unlimited = "given" // a gift, or days on the house
	UnlimitedDesk  Unlimited = "desk"  // staff
)

// while ends "Not counted …".
func (u Unlimited) while() string {
	switch u {
	case UnlimitedGiven:
		return "while your gift runs"
	case UnlimitedDesk:
		return "for the desk"
	}
	return "while you subscribe"
}
