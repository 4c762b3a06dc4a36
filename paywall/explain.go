package paywall

import "slices"

// Verdict is what one rule says of an ask.
type Verdict struct {
	Rule    string // the word of its reason; RuleMachine has none of its own
	Met     bool   // the rule holds for this ask
	Decides bool   // it is the first that does, and so the answer
	Wall    Wall   // the answer that it gives
	Reason  Reason
}

// RuleMachine is the rule that a machine which cannot be confirmed is given
// nothing that is counted. Readers see the reason "spent".
const RuleMachine = "machine"

// Explain asks every rule in its order, where Decide stops at the first that
// holds. The verdict that decides is Decide's answer.
func Explain(a Ask) []Verdict {
	isFree := a.Story.Access == free || a.Story.Access == metered && a.Rules.FreeSection(a.Story.Section)
	within := a.within()
	wall := Subscribe
	if !a.Registered && a.Rules.Asking != AskNever && a.Rules.For(a.Story.Section).Registered > within {
		wall = Register
	}
	all := []Verdict{
		{Rule: string(Preview), Met: a.Preview, Wall: Open, Reason: Preview},
		{Rule: string(Free), Met: isFree, Wall: Open, Reason: Free},
		{Rule: string(Benefit), Met: a.Unlimited, Wall: Open, Reason: Benefit},
		{Rule: string(Gift), Met: a.Gift, Wall: Open, Reason: Gift},
		{Rule: string(Crawler), Met: a.Crawler && !slices.Contains(a.Rules.ShutOut, a.Engine), Wall: Open, Reason: Crawler},
		{Rule: string(Subscribers), Met: a.Story.Access != metered && !isFree, Wall: Subscribe, Reason: Subscribers},
		{Rule: string(Counted), Met: a.counted(), Wall: Open, Reason: Counted},
		{Rule: RuleMachine, Met: a.Bot, Wall: Register, Reason: Spent},
		{Rule: string(Network), Met: a.NetworkMet && !a.Registered, Wall: Register, Reason: Network},
		{Rule: string(Allowance), Met: a.Rules.For(a.Story.Section).allowance(a.Registered) > within, Wall: Open, Reason: Allowance},
		{Rule: string(Spent), Met: a.Rules.For(a.Story.Section).allowance(a.Registered) <= within, Wall: wall, Reason: Spent},
	}
	if i := slices.IndexFunc(all, func(v Verdict) bool { return v.Met }); i >= 0 {
		all[i].Decides = true
	}
	return all
}
