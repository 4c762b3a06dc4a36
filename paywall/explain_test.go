package paywall_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"broadsheet/news"
	"broadsheet/paywall"
)

// What Explain says decides is what Decide decides, whatever is asked.
func TestExplainAgreesWithDecide(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		flip := func(name string) bool { return rapid.IntRange(0, 3).Draw(t, name) == 0 }
		a := paywall.Ask{
			Story: paywall.StoryFacts{ID: "1", Access: rapid.SampledFrom([]news.Access{news.Free, news.Metered, news.Metered, news.Metered, news.Subscribers}).Draw(t, "access"),
				Section: rapid.SampledFrom([]string{"world", "arts"}).Draw(t, "section")},
			Rules: paywall.Rules{
				Anonymous: rapid.IntRange(0, 3).Draw(t, "anonymous"), Registered: rapid.IntRange(0, 5).Draw(t, "registered"),
				Window: time.Duration(rapid.IntRange(1, 40).Draw(t, "days")) * day, Network: 40,
				Asking: rapid.SampledFrom([]paywall.Asking{paywall.AskSpent, paywall.AskFirst, paywall.AskNever}).Draw(t, "asking"),
			},
			Now: noon, Preview: flip("preview") && flip("of the desk"), Unlimited: flip("unlimited"), Gift: flip("gift"), Crawler: flip("crawler"), Bot: flip("bot"),
			Registered: rapid.Bool().Draw(t, "is registered"), NetworkMet: flip("network"),
		}
		if a.Crawler {
			a.Engine = "bingbot"
		}
		if flip("shut out") {
			a.Rules.ShutOut = []string{"bingbot"}
		}
		for range rapid.IntRange(0, 6).Draw(t, "counts") {
			a.Counts = append(a.Counts, paywall.Count{Story: fmt.Sprint(rapid.IntRange(1, 6).Draw(t, "story")), At: noon.Add(-time.Duration(rapid.IntRange(0, 60).Draw(t, "ago")) * day)})
		}
		d, verdicts := paywall.Decide(a), paywall.Explain(a)
		i := slices.IndexFunc(verdicts, func(v paywall.Verdict) bool { return v.Decides })
		if i < 0 || verdicts[i].Wall != d.Wall || verdicts[i].Reason != d.Reason {
			t.Fatalf("decided %+v, explained %+v", d, verdicts)
		}
		for n, v := range verdicts {
			if v.Decides != (n == i) || n < i && v.Met {
				t.Fatalf("%d does not decide alone, or came too late: %+v", n, verdicts)
			}
		}
	})
}

// Every rule decides something.
func TestExplainKnowsEveryRule(t *testing.T) {
	t.Parallel()
	spent := read(1, 2, 3, 4, 5)
	for rule, a := range map[string]paywall.Ask{
		"preview": ask(preview, unlimited), "free": ask(access(news.Free)), "benefit": ask(unlimited, gift), "gift": ask(gift, crawler),
		"crawler": ask(crawler), "subscribers": ask(access(news.Subscribers), readThis(1)), "counted": ask(readThis(1), bot),
		paywall.RuleMachine: ask(bot), "network": ask(networkMet), "allowance": ask(registered, networkMet), "spent": ask(registered, spent),
	} {
		for i, v := range paywall.Explain(a) {
			if v.Decides != (v.Rule == rule) {
				t.Errorf("%s: rule %d, %s, decides: %v", rule, i, v.Rule, v.Decides)
			}
		}
	}
}
