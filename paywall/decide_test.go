package paywall_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"broadsheet/news"
	"broadsheet/paywall"
)

var noon = time.Date(2024, 4, 12, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// ask is a visitor without history before a metered story.
func ask(with ...func(*paywall.Ask)) paywall.Ask {
	a := paywall.Ask{
		Story: paywall.StoryFacts{ID: "s", Access: news.Metered},
		Rules: paywall.DefaultRules(), Now: noon,
	}
	for _, f := range with {
		f(&a)
	}
	return a
}

func access(level news.Access) func(*paywall.Ask) {
	return func(a *paywall.Ask) { a.Story.Access = level }
}

// read adds counts of other stories, each that long ago.
func read(ago ...time.Duration) func(*paywall.Ask) {
	return func(a *paywall.Ask) {
		for _, d := range ago {
			a.Counts = append(a.Counts, paywall.Count{Story: fmt.Sprint("other", len(a.Counts)), At: noon.Add(-d)})
		}
	}
}

func readThis(ago time.Duration) func(*paywall.Ask) {
	return func(a *paywall.Ask) {
		a.Counts = append(a.Counts, paywall.Count{Story: "s", At: noon.Add(-ago)})
	}
}

func set(f func(*paywall.Ask) *bool) func(*paywall.Ask) {
	return func(a *paywall.Ask) { *f(a) = true }
}

var (
	preview    = set(func(a *paywall.Ask) *bool { return &a.Preview })
	unlimited  = set(func(a *paywall.Ask) *bool { return &a.Unlimited })
	gift       = set(func(a *paywall.Ask) *bool { return &a.Gift })
	crawler    = set(func(a *paywall.Ask) *bool { return &a.Crawler })
	bot        = set(func(a *paywall.Ask) *bool { return &a.Bot })
	registered = set(func(a *paywall.Ask) *bool { return &a.Registered })
	networkMet = set(func(a *paywall.Ask) *bool { return &a.NetworkMet })
)

func in(section string, rules ...paywall.SectionRule) func(*paywall.Ask) {
	return func(a *paywall.Ask) { a.Story.Section, a.Rules.Sections = section, rules }
}

func asking(when paywall.Asking) func(*paywall.Ask) {
	return func(a *paywall.Ask) { a.Rules.Asking = when }
}

func shutOut(agent string) func(*paywall.Ask) {
	return func(a *paywall.Ask) { a.Engine, a.Rules.ShutOut = agent, []string{agent} }
}

func TestDecide(t *testing.T) {
	t.Parallel()
	window := paywall.DefaultRules().Window
	tests := []struct {
		name   string
		ask    paywall.Ask
		wall   paywall.Wall
		reason paywall.Reason
		left   int
		counts bool
	}{
		{"first story", ask(), paywall.Open, paywall.Allowance, 1, true},
		{"second story", ask(read(time.Hour)), paywall.Open, paywall.Allowance, 0, true},
		{"third story meets the registration wall", ask(read(time.Hour, time.Hour)), paywall.Register, paywall.Spent, 0, false},
		{"a re-read is free", ask(readThis(time.Hour), read(time.Hour)), paywall.Open, paywall.Counted, 0, false},
		{"registered: five in all", ask(registered, read(1, 2, 3)), paywall.Open, paywall.Allowance, 1, true},
		{"registered: the sixth meets the subscriber wall", ask(registered, read(1, 2, 3, 4, 5)), paywall.Subscribe, paywall.Spent, 0, false},
		{"the window is rolling", ask(read(window, time.Hour)), paywall.Open, paywall.Allowance, 0, true},
		{"a moment before it leaves the window it counts", ask(read(window-time.Nanosecond, time.Hour)), paywall.Register, paywall.Spent, 0, false},
		{"a story whose own count has left is counted again", ask(readThis(window), read(time.Hour)), paywall.Open, paywall.Allowance, 0, true},
		{"free is free to all", ask(access(news.Free), read(1, 2, 3), networkMet, bot), paywall.Open, paywall.Free, 0, false},
		{"subscribers only", ask(access(news.Subscribers)), paywall.Subscribe, paywall.Subscribers, 2, false},
		{"subscribers only, though read before", ask(access(news.Subscribers), readThis(1)), paywall.Subscribe, paywall.Subscribers, 1, false},
		{"the benefit opens all", ask(access(news.Subscribers), unlimited), paywall.Open, paywall.Benefit, 2, false},
		{"the desk previews", ask(access(news.Subscribers), preview), paywall.Open, paywall.Preview, 2, false},
		{"a gift opens", ask(access(news.Subscribers), gift), paywall.Open, paywall.Gift, 2, false},
		{"a confirmed crawler reads", ask(access(news.Subscribers), crawler), paywall.Open, paywall.Crawler, 2, false},
		{"an unconfirmed bot does not", ask(bot), paywall.Register, paywall.Spent, 2, false},
		{"the network's ceiling asks to register", ask(networkMet), paywall.Register, paywall.Network, 2, false},
		{"the ceiling spares a re-read", ask(networkMet, readThis(1)), paywall.Open, paywall.Counted, 1, false},
		{"the ceiling never asks a registered reader", ask(networkMet, registered), paywall.Open, paywall.Allowance, 4, true},
		{"unknown access is closed", ask(access("secret")), paywall.Subscribe, paywall.Subscribers, 2, false},
		{"a free section is free", ask(in("world", paywall.SectionRule{Section: "world", Free: true}), read(1, 2, 3), networkMet), paywall.Open, paywall.Free, 0, false},
		{"a free section frees nothing elsewhere", ask(in("sport", paywall.SectionRule{Section: "world", Free: true}), read(1, 2)), paywall.Register, paywall.Spent, 0, false},
		{"a free section keeps what is for subscribers", ask(in("world", paywall.SectionRule{Section: "world", Free: true}), access(news.Subscribers)), paywall.Subscribe, paywall.Subscribers, 2, false},
		{"a section with no allowance asks at once", ask(in("world", paywall.SectionRule{Section: "world", Registered: 3})), paywall.Register, paywall.Spent, 0, false},
		{"a section's allowance is held against the one pool", ask(in("world", paywall.SectionRule{Section: "world", Registered: 3}), registered, read(1, 2)), paywall.Open, paywall.Allowance, 0, true},
		{"a section's allowance is spent by the one pool", ask(in("world", paywall.SectionRule{Section: "world", Registered: 3}), registered, read(1, 2, 3)), paywall.Subscribe, paywall.Spent, 0, false},
		{"a larger allowance in a section", ask(in("world", paywall.SectionRule{Section: "world", Anonymous: 4, Registered: 9}), read(1, 2, 3)), paywall.Open, paywall.Allowance, 0, true},
		{"an account first", ask(asking(paywall.AskFirst)), paywall.Register, paywall.Spent, 0, false},
		{"an account first: who has one reads", ask(asking(paywall.AskFirst), registered), paywall.Open, paywall.Allowance, 4, true},
		{"an account first spares a re-read", ask(asking(paywall.AskFirst), readThis(1)), paywall.Open, paywall.Counted, 0, false},
		{"an account is never asked for", ask(asking(paywall.AskNever), read(1, 2)), paywall.Subscribe, paywall.Spent, 0, false},
		{"never asked, but by the network's ceiling", ask(asking(paywall.AskNever), networkMet), paywall.Register, paywall.Network, 2, false},
		{"a crawler that is shut out is any machine", ask(crawler, bot, shutOut("bingbot")), paywall.Register, paywall.Spent, 2, false},
		{"a crawler that is shut out reads no subscribers' story", ask(access(news.Subscribers), crawler, bot, shutOut("bingbot")), paywall.Subscribe, paywall.Subscribers, 2, false},
		{"registering opens nothing more: subscribe", ask(read(1, 2), func(a *paywall.Ask) { a.Rules.Registered = 2 }), paywall.Subscribe, paywall.Spent, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := paywall.Decide(tt.ask)
			want := paywall.Decision{Wall: tt.wall, Reason: tt.reason, Left: tt.left, MustCount: tt.counts,
				Allowance: got.Allowance, Resets: got.Resets}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("decision (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResetsWhenTheOldestLiveCountLeaves(t *testing.T) {
	t.Parallel()
	window := paywall.DefaultRules().Window
	got := paywall.Decide(ask(read(window+day, 10*day, 3*day)))
	if want := noon.Add(window - 10*day); !got.Resets.Equal(want) {
		t.Errorf("resets %s, want %s", got.Resets, want)
	}
}

// A life of reads at random moments: whatever the order, no window of the
// rules' length ever holds more opened stories than the allowance.
func TestNoWindowHoldsMoreThanTheAllowance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := paywall.Rules{
			Anonymous:  rapid.IntRange(0, 4).Draw(t, "anonymous"),
			Registered: rapid.IntRange(0, 6).Draw(t, "registered"),
			Window:     time.Duration(rapid.IntRange(1, 40).Draw(t, "days")) * day,
		}
		isRegistered := rapid.Bool().Draw(t, "is registered")
		allowance := rules.Anonymous
		if isRegistered {
			allowance = rules.Registered
		}
		now, counts := noon, []paywall.Count(nil)
		for range rapid.IntRange(1, 60).Draw(t, "reads") {
			now = now.Add(time.Duration(rapid.IntRange(0, 5*24).Draw(t, "hours")) * time.Hour)
			story := fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "story"))
			d := paywall.Decide(paywall.Ask{Story: paywall.StoryFacts{ID: story, Access: news.Metered},
				Rules: rules, Now: now, Counts: counts, Registered: isRegistered})
			if d.MustCount != (d.Reason == paywall.Allowance) {
				t.Fatalf("%+v: counts without reason", d)
			}
			if d.MustCount {
				counts = append(counts, paywall.Count{Story: story, At: now})
			}
			live := map[string]bool{}
			for _, c := range counts {
				if c.At.Add(rules.Window).After(now) {
					live[c.Story] = true
				}
			}
			if len(live) > allowance {
				t.Fatalf("%d stories in one window, allowance %d", len(live), allowance)
			}
			if d.Open() != live[story] {
				t.Fatalf("open = %v but counted = %v: what isn't counted isn't given", d.Open(), live[story])
			}
		}
	})
}
