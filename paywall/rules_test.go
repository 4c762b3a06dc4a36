package paywall_test

import (
	"encoding/json"
	"strings"
	"testing"

	"broadsheet/paywall"
)

func TestRulesThatCannotHold(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*paywall.Rules){
		"anonymous must":         func(r *paywall.Rules) { r.Anonymous = -1 },
		"registered must":        func(r *paywall.Rules) { r.Registered = 101 },
		"window must":            func(r *paywall.Rules) { r.Window = 0 },
		"network must":           func(r *paywall.Rules) { r.Network = -1 },
		"asked to register":      func(r *paywall.Rules) { r.Asking = "sometimes" },
		"one rule of its own":    func(r *paywall.Rules) { r.Sections = []paywall.SectionRule{{Section: "a"}, {Section: "a"}} },
		"The stories of a secti": func(r *paywall.Rules) { r.Sections = []paywall.SectionRule{{Section: "a", Registered: 101}} },
		"no crawler nobot":       func(r *paywall.Rules) { r.ShutOut = []string{"nobot"} },
	} {
		r := paywall.DefaultRules()
		if wrong := r.Validate(); len(wrong) > 0 {
			t.Fatal(wrong)
		}
		change(&r)
		if got := strings.Join(r.Validate(), " "); !strings.Contains(got, want) {
			t.Errorf("%q, want %q in it", got, want)
		}
		if r.Equal(paywall.DefaultRules()) {
			t.Errorf("%s: they are held to be the same", want)
		}
	}
}

// What was kept before there were more rules reads as it was meant, and the
// defaults are kept as they always were.
func TestRulesAsKept(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(paywall.DefaultRules())
	if err != nil || string(raw) != `{"anonymous":2,"registered":5,"window":2592000000000000,"network":40}` {
		t.Error(string(raw), err)
	}
}

func TestWhoseCrawler(t *testing.T) {
	t.Parallel()
	if got := paywall.EngineOf("Mozilla/5.0 (compatible; BingBot/2.0)"); got != "bingbot" {
		t.Error(got)
	}
	if got := paywall.EngineOf("Mozilla/5.0 (X11; Linux)"); got != "" {
		t.Error(got)
	}
}
