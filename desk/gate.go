package desk

import (
	"strconv"
	"time"

	"broadsheet/paywall"
)

// GateID names the rules that began at that paper time, in the record.
func GateID(from time.Time) string {
	return from.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
}

// GateChange is what the record says of new rules for the gate, which begin at
// that paper time.
func GateChange(was, is paywall.Rules, from time.Time) Change {
	return Change{Kind: "gate.edit", Subject: "gate", ID: GateID(from), Before: gateWords(was), After: gateWords(is)}
}

// gateWords are rules as a person reads them.
func gateWords(r paywall.Rules) map[string]any {
	words := map[string]any{
		"anonymous": r.Anonymous, "registered": r.Registered, "window": r.Window.String(), "network": r.Network,
	}
	if r.Asking != paywall.AskSpent {
		words["asking"] = r.Asking
	}
	for _, s := range r.Sections {
		words["section "+s.Section] = SectionWords(s)
	}
	for _, agent := range r.ShutOut {
		words["crawler "+agent] = "shut out"
	}
	return words
}

// SectionWords are a section's rule in short: "free", or its two allowances.
func SectionWords(s paywall.SectionRule) string {
	if s.Free {
		return "free"
	}
	return strconv.Itoa(s.Anonymous) + ", " + strconv.Itoa(s.Registered) + " registered"
}
