package views

import (
	"strings"
	"time"

	"broadsheet/paywall"
)

// DeskGatePath is where the gate is set.
const DeskGatePath = "/newsroom/gate"

// GatePage shows the gate's rules, and the form that changes them.
type GatePage struct {
	DeskFrame
	Rules   paywall.Rules // in force
	Form    GateForm
	History []GateEra // the newest first
	Error   string    // what is wrong with the form as a whole
}

// GateForm is what was typed.
type GateForm struct {
	Anonymous, Registered, Window, Network string
	Asking                                 string
	Sections                               []GateSection
	Crawlers                               []GateCrawler
	Since                                  string // the rules that the form was made from
}

// GateSection is the rule of one section, as typed.
type GateSection struct {
	Slug, Name            string
	Mode                  string // one of the Gate modes
	Anonymous, Registered string
}

// What can hold in a section.
const (
	GateSame = "same"
	GateFree = "free"
	GateOwn  = "own"
)

// GateCrawler is a search engine that can be confirmed.
type GateCrawler struct {
	Agent string
	In    bool
}

// GateEra is a time in which rules held, and who set them.
type GateEra struct {
	paywall.Era
	Who string
}

// GateSentence says what a reader will see: "Two stories without an account,
// five with one, in 30 days."
func GateSentence(r paywall.Rules) string {
	without, with := r.Anonymous, r.Registered
	if r.Asking == paywall.AskFirst {
		without = 0
	}
	s := sentence(stories(without)) + " without an account, "
	switch {
	case with == without:
		s = sentence(stories(without)) + " with or without an account, "
	case with == 0:
		s += "none with one, "
	default:
		s += number(with) + " with one, "
	}
	return s + "in " + gateWindow(r.Window) + "."
}

func stories(n int) string {
	if n == 0 {
		return "no story"
	}
	return count(n, "story")
}

// gateWindow is "30 days", in figures, or "36 hours".
func gateWindow(d time.Duration) string {
	n, what := int(d/time.Hour), "hour"
	if d%(24*time.Hour) == 0 {
		n, what = int(d/(24*time.Hour)), "day"
	} else if d%time.Hour != 0 {
		return strings.TrimSuffix(d.String(), "0s")
	}
	return itoa(n) + " " + plural(n, what)
}

// GateMore says what else holds, a sentence each.
func GateMore(r paywall.Rules, name func(slug string) string) []string {
	var more []string
	switch r.Asking {
	case paywall.AskFirst:
		more = append(more, "Nothing that counts opens without an account.")
	case paywall.AskNever:
		more = append(more, "Who has used their stories up is asked to subscribe, not to register.")
	}
	for _, s := range r.Sections {
		if s.Free {
			more = append(more, name(s.Section)+" is free, but for its stories for subscribers.")
			continue
		}
		own := r.For(s.Section)
		more = append(more, name(s.Section)+": "+lowerFirst(GateSentence(own)))
	}
	if r.Network == 0 {
		more = append(more, "There is no ceiling for a network.")
	} else {
		more = append(more, "After "+itoa(r.Network)+" counted stories in a day, a network is asked to register.")
	}
	for _, agent := range r.ShutOut {
		more = append(more, CrawlerName(agent)+" is shut out.")
	}
	return more
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// CrawlerName is how a search engine's operator writes its crawler.
func CrawlerName(agent string) string {
	if name, ok := strings.CutSuffix(agent, "bot"); ok {
		return sentence(name) + "bot"
	}
	return sentence(agent)
}

func (p GatePage) sectionName(slug string) string {
	for _, s := range p.Form.Sections {
		if s.Slug == slug {
			return s.Name
		}
	}
	return slug
}

func (p GatePage) more(r paywall.Rules) []string { return GateMore(r, p.sectionName) }

func gateAskings() []Option {
	return []Option{
		{string(paywall.AskSpent), "Once their stories are used up"},
		{string(paywall.AskFirst), "Before the first story that counts"},
		{string(paywall.AskNever), "Never: ask them to subscribe"},
	}
}

func gateModes() []Option {
	return []Option{{GateSame, "As everywhere"}, {GateFree, "Free"}, {GateOwn, "Its own allowance"}}
}
