package views

import (
	"time"

	"broadsheet/paywall"
	"broadsheet/reader"
)

// DeskWhyPath is the address of "why can, or can’t, they read this?". Query: story, at.
func DeskWhyPath(id string) string { return DeskReaderPath(id) + "/why" }

// WhyPage answers why a reader can or cannot read a story.
type WhyPage struct {
	DeskFrame
	Who                 reader.Reader
	Story, At           string // as typed
	StoryError, AtError string
	Headline            string
	Moment              time.Time
	Ask                 paywall.Ask
	Decision            paywall.Decision
	Verdicts            []paywall.Verdict // nil before the question was put
	Notes               []string          // what cannot be known
}

// answer is the whole answer in a sentence.
func (p WhyPage) answer() string {
	if p.Decision.Open() {
		return "Open: " + p.because(p.deciding())
	}
	return "Closed: " + p.because(p.deciding())
}

func (p WhyPage) deciding() paywall.Verdict {
	for _, v := range p.Verdicts {
		if v.Decides {
			return v
		}
	}
	return paywall.Verdict{}
}

// ruleAsks is what a rule asks, as a question.
func ruleAsks(rule string) string {
	switch rule {
	case string(paywall.Preview):
		return "Is the reader of the desk?"
	case string(paywall.Free):
		return "Is the story, or its section, free?"
	case string(paywall.Benefit):
		return "Does a plan open every story?"
	case string(paywall.Gift):
		return "Did a gift link come with it?"
	case string(paywall.Crawler):
		return "Is it a search engine’s crawler?"
	case string(paywall.Subscribers):
		return "Is the story for subscribers only?"
	case string(paywall.Counted):
		return "Was it counted already in this window?"
	case paywall.RuleMachine:
		return "Is it a machine that can’t be confirmed?"
	case string(paywall.Network):
		return "Is the network’s ceiling met?"
	case string(paywall.Allowance):
		return "Is anything left of the allowance?"
	}
	return "Is the allowance used up?"
}

// because says what a rule found.
func (p WhyPage) because(v paywall.Verdict) string {
	switch v.Rule {
	case string(paywall.Preview):
		return p.either(v, "the reader was of the desk, who read everything", "the reader was not of the desk")
	case string(paywall.Free):
		return p.either(v, "the story was free", "the story was not free: "+string(p.Ask.Story.Access))
	case string(paywall.Benefit):
		return p.either(v, "a plan opened every story", "no plan opened every story")
	case string(paywall.Gift):
		return p.either(v, "a gift link opened it", "not known; taken as no")
	case string(paywall.Crawler), paywall.RuleMachine:
		return p.either(v, "a machine asked", "a person who is signed in")
	case string(paywall.Subscribers):
		return p.either(v, "the story was for subscribers only", "the story was not for subscribers only")
	case string(paywall.Counted):
		return p.either(v, "it had been counted already, and reading again costs nothing", "it had not been counted in the window")
	case string(paywall.Network):
		return p.either(v, "the network’s ceiling was met", p.network())
	case string(paywall.Allowance):
		return p.either(v, "something was left of the allowance of "+itoa(p.Decision.Allowance), "nothing was left of the allowance of "+itoa(p.Decision.Allowance))
	}
	return p.either(v, "the allowance of "+itoa(p.Decision.Allowance)+" was used up", "the allowance of "+itoa(p.Decision.Allowance)+" was not used up")
}

func (p WhyPage) network() string {
	if p.Ask.Registered {
		return "does not concern readers with an account"
	}
	return "not kept; taken as no"
}

func (WhyPage) either(v paywall.Verdict, yes, no string) string {
	if v.Met {
		return yes
	}
	return no
}

// verdictPill says what a rule does to the answer.
func verdictPill(v paywall.Verdict) pill {
	switch {
	case v.Decides && v.Wall == paywall.Open:
		return pill{"Decides: open", "good"}
	case v.Decides:
		return pill{"Decides: " + string(v.Wall) + " wall", "bad"}
	case v.Met:
		return pill{"Yes, too late", ""}
	}
	return pill{"No", ""}
}
