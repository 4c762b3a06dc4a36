package views

import (
	"testing"
	"time"

	"broadsheet/paywall"
)

func TestTheGateInASentence(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	for want, r := range map[string]paywall.Rules{
		"Two stories without an account, five with one, in 30 days.": paywall.DefaultRules(),
		"One story without an account, three with one, in 36 hours.": {Anonymous: 1, Registered: 3, Window: 36 * time.Hour},
		"No story without an account, five with one, in 1 day.":      {Registered: 5, Window: day},
		"No story without an account, four with one, in 7 days.":     {Anonymous: 2, Registered: 4, Window: 7 * day, Asking: paywall.AskFirst},
		"Three stories with or without an account, in 7 days.":       {Anonymous: 3, Registered: 3, Window: 7 * day},
		"Two stories without an account, none with one, in 1h30m.":   {Anonymous: 2, Window: 90 * time.Minute},
		"No story with or without an account, in 30 days.":           {Window: 30 * day},
		"100 stories without an account, 20 with one, in 366 days.":  {Anonymous: 100, Registered: 20, Window: 366 * day},
	} {
		if got := GateSentence(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTheGatePage(t *testing.T) {
	t.Parallel()
	rules := paywall.DefaultRules()
	rules.Asking, rules.ShutOut = paywall.AskNever, []string{"bingbot"}
	rules.Sections = []paywall.SectionRule{{Section: "world", Free: true}, {Section: "arts", Registered: 3}}
	p := GatePage{DeskFrame: atDesk(), Rules: rules, Error: "Nothing was changed.",
		Form: GateForm{Anonymous: "two", Asking: "never", Since: "then",
			Sections: []GateSection{{Slug: "world", Name: "World", Mode: GateFree}, {Slug: "arts", Name: "Arts", Mode: GateOwn, Anonymous: "0", Registered: "3"}},
			Crawlers: []GateCrawler{{"googlebot", true}, {"bingbot", false}}},
		History: []GateEra{{Era: paywall.Era{Rules: rules, From: noon}, Who: "Ruth Bellamy"}, {Era: paywall.Era{Rules: paywall.DefaultRules(), From: noon.Add(-time.Hour), To: noon}, Who: "On the machine itself"}}}
	doc := draw(t, Gate(p))
	holds(t, doc, "main", "set by Ruth Bellamy", "World is free", "Arts: no story without an account, three with one", "Bingbot is shut out", "not to register", "On the machine itself")
	many(t, doc, "input[name=anonymous][value=two]", 1)
	many(t, doc, "select[name=mode-world] option[selected][value=free]", 1)
	many(t, doc, "input[name=crawler][checked]", 1)
	many(t, doc, "tbody tr", 2)
	holds(t, draw(t, Gate(GatePage{})), "main", "nobody has changed them", "Nothing was changed yet")
}
