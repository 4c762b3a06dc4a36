package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"broadsheet/news"
	"broadsheet/paywall"
	"broadsheet/store"
)

// question is a metered story asked for by nobody in particular.
func question(story string, at time.Time) paywall.Ask {
	return paywall.Ask{Story: paywall.StoryFacts{ID: story, Access: news.Metered}, Rules: paywall.DefaultRules(), Now: at}
}

func meter(t *testing.T, db *store.DB) *paywall.Meter {
	m := paywall.NewMeter(db, 2)
	t.Cleanup(m.Close)
	return m
}

func testMeter(t *testing.T, open Opener) {
	t.Run("the allowance holds for tabs at once", func(t *testing.T) { t.Parallel(); testTabs(t, open(t)) })
	t.Run("a ceiling holds for visitors at once", func(t *testing.T) { t.Parallel(); testCeiling(t, open(t)) })
	t.Run("sign-in merges the pools", func(t *testing.T) { t.Parallel(); testMerge(t, open(t)) })
	t.Run("a count and a sign-in at once lose nothing", func(t *testing.T) { t.Parallel(); testCountWhileJoining(t, open(t)) })
	t.Run("counts and a merge of accounts at once lose nothing", func(t *testing.T) { t.Parallel(); testCountWhileMerging(t, open(t)) })
	t.Run("what memory holds does not bring an erased pool back", func(t *testing.T) { t.Parallel(); testCountAfterErase(t, open(t)) })
	t.Run("rules are kept with from and to", func(t *testing.T) { t.Parallel(); testRules(t, open(t)) })
}

// Twenty visitors open ten stories each in ten tabs at once, through two meters
// that know nothing of each other, as two instances would.
func testTabs(t *testing.T, db *store.DB) {
	meters := []*paywall.Meter{meter(t, db), meter(t, db)}
	const visitors, stories = 20, 10
	opened := make([]sync.Map, visitors)
	var all sync.WaitGroup
	for v := range visitors {
		for s := range stories {
			all.Go(func() {
				who := paywall.Who{Visitor: fmt.Sprintf("v%02d", v)}
				d, err := meters[s%2].Decide(t.Context(), who, question(fmt.Sprint("s", s), noon))
				if err != nil {
					t.Error(err)
				}
				if d.Open() {
					opened[v].Store(s, true)
				}
			})
		}
	}
	all.Wait()
	for v := range visitors {
		n := 0
		opened[v].Range(func(any, any) bool { n++; return true })
		if n != 2 {
			t.Errorf("visitor %d opened %d stories of 2", v, n)
		}
		pool, err := db.VisitorPool(t.Context(), fmt.Sprintf("v%02d", v))
		if err != nil || len(pool.Counts) != 2 {
			t.Errorf("visitor %d: %d counts are stored, err %v", v, len(pool.Counts), err)
		}
	}
}

func testCeiling(t *testing.T, db *store.DB) {
	meters := []*paywall.Meter{meter(t, db), meter(t, db)}
	var open sync.Map
	var all sync.WaitGroup
	for v := range 30 {
		all.Go(func() {
			ask := question("s", noon)
			ask.Rules.Network = 7
			who := paywall.Who{Visitor: fmt.Sprint("v", v), Fresh: true, Network: "192.0.2.7"}
			d, err := meters[v%2].Decide(t.Context(), who, ask)
			if err != nil {
				t.Error(err)
			}
			if d.Open() {
				open.Store(v, true)
			} else if d.Reason != paywall.Network || d.Wall != paywall.Register {
				t.Errorf("closed by %s with wall %s", d.Reason, d.Wall)
			}
		})
	}
	all.Wait()
	n := 0
	open.Range(func(any, any) bool { n++; return true })
	if n != 7 {
		t.Errorf("%d stories were opened under a ceiling of 7", n)
	}
	next := question("s", noon.Add(24*time.Hour))
	next.Rules.Network = 7
	d, err := meters[0].Decide(t.Context(), paywall.Who{Visitor: "later", Fresh: true, Network: "192.0.2.7"}, next)
	if err != nil || !d.Open() {
		t.Errorf("the next day is closed: %+v, %v", d, err)
	}
	// Once forgotten, nobody can tell that the network had met its ceiling.
	if err := db.PruneNetworks(t.Context(), news.Day(noon)+1); err != nil {
		t.Fatal(err)
	}
	again := question("s", noon)
	again.Rules.Network = 1
	if d, err := meter(t, db).Decide(t.Context(), paywall.Who{Visitor: "again", Fresh: true, Network: "192.0.2.7"}, again); err != nil || !d.Open() {
		t.Errorf("a forgotten network is remembered: %+v, %v", d, err)
	}
}

func testMerge(t *testing.T, db *store.DB) {
	ctx, m := t.Context(), meter(t, db)
	read := func(who paywall.Who, story string) paywall.Decision {
		t.Helper()
		d, err := m.Decide(ctx, who, question(story, noon))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	phone, laptop := paywall.Who{Visitor: "phone"}, paywall.Who{Visitor: "laptop"}
	read(phone, "a")
	read(phone, "b")
	read(laptop, "b")
	read(laptop, "c")
	for _, device := range []string{"phone", "laptop", "tablet"} {
		if err := m.Join(ctx, device, "reader"); err != nil {
			t.Fatal(err)
		}
	}
	in := paywall.Who{Visitor: "phone", Reader: "reader"}
	if d := read(in, "d"); !d.Open() || d.Left != 1 {
		t.Errorf("after a, b, c: the fourth is %s with %d left", d.Wall, d.Left)
	}
	if d := read(in, "a"); d.Reason != paywall.Counted {
		t.Errorf("what the phone read before is %s", d.Reason)
	}
	// Signed out, every device stays in the pool, the one that read nothing too.
	if d := read(paywall.Who{Visitor: "tablet"}, "e"); !d.Open() || d.Left != 0 {
		t.Errorf("signed out: the fifth is %s with %d left", d.Wall, d.Left)
	}
	if d := read(laptop, "f"); d.Wall != paywall.Subscribe || d.Reason != paywall.Spent {
		t.Errorf("the sixth: wall %s, reason %s", d.Wall, d.Reason)
	}
}

func testCountWhileJoining(t *testing.T, db *store.DB) {
	ctx, m := t.Context(), meter(t, db)
	var all sync.WaitGroup
	for i := range 10 {
		visitor, reader := fmt.Sprint("visitor", i), fmt.Sprint("reader", i)
		all.Go(func() {
			if _, err := m.Decide(ctx, paywall.Who{Visitor: visitor}, question("s", noon)); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if err := m.Join(ctx, visitor, reader); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i := range 10 {
		pool, err := db.ReaderPool(ctx, fmt.Sprint("reader", i))
		if err != nil {
			t.Fatal(err)
		}
		if len(pool.Counts) != 1 {
			t.Errorf("reader %d has %d counts of 1", i, len(pool.Counts))
		}
	}
}

// Two accounts become one while their devices read on, on two instances.
func testCountWhileMerging(t *testing.T, db *store.DB) {
	ctx := t.Context()
	meters := []*paywall.Meter{meter(t, db), meter(t, db)}
	for _, r := range []string{"old", "new"} {
		if err := meters[0].Join(ctx, r+" phone", r); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	const stories = 40
	for i := range stories {
		all.Go(func() {
			ask := question(fmt.Sprint("s", i), noon)
			ask.Rules.Registered = 100
			who := []paywall.Who{{Reader: "old"}, {Visitor: "old phone"}, {Reader: "new"}, {Visitor: "new phone"}}[i%4]
			if d, err := meters[i/4%2].Decide(ctx, who, ask); err != nil || !d.Open() {
				t.Errorf("story %d: %+v, %v", i, d, err)
			}
		})
		if i == stories/2 {
			all.Go(func() {
				if err := db.MeterData().Merge(ctx, "old", "new"); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	for _, who := range []string{"old", "new"} {
		pool, err := db.ReaderPool(ctx, who)
		if err != nil || pool.ID != "new" || !pool.Reader || len(pool.Counts) != stories {
			t.Errorf("%s reads from pool %s with %d counts of %d, %v", who, pool.ID, len(pool.Counts), stories, err)
		}
	}
	if pool, err := db.VisitorPool(ctx, "old phone"); err != nil || pool.ID != "new" {
		t.Errorf("the device of the account that ended reads from %s, %v", pool.ID, err)
	}
}

// A device reads again while its instance still remembers the pool.
func testCountAfterErase(t *testing.T, db *store.DB) {
	ctx, m := t.Context(), meter(t, db)
	if err := m.Join(ctx, "phone", "reader"); err != nil {
		t.Fatal(err)
	}
	for _, story := range []string{"a", "b"} {
		if _, err := m.Decide(ctx, paywall.Who{Visitor: "phone"}, question(story, noon)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.MeterData().Erase(ctx, "reader"); err != nil {
		t.Fatal(err)
	}
	if d, err := m.Decide(ctx, paywall.Who{Visitor: "phone"}, question("c", noon)); err != nil || !d.Open() || d.Allowance != paywall.DefaultRules().Anonymous {
		t.Errorf("the device does not begin anew: %+v, %v", d, err)
	}
	if pool, err := db.ReaderPool(ctx, "reader"); err != nil || len(pool.Counts) != 0 {
		t.Errorf("%d counts came back, %v", len(pool.Counts), err)
	}
}

func testRules(t *testing.T, db *store.DB) {
	ctx := t.Context()
	strict := paywall.Rules{Anonymous: 1, Registered: 3, Window: 7 * 24 * time.Hour, Network: 5}
	if err := db.SetGateRules(ctx, strict, noon); err != nil {
		t.Fatal(err)
	}
	looser := strict
	looser.Anonymous = 4
	if err := db.SetGateRules(ctx, looser, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time]paywall.Rules{
		noon.Add(-time.Second):     paywall.DefaultRules(),
		noon:                       strict,
		noon.Add(59 * time.Minute): strict,
		noon.Add(time.Hour):        looser,
	} {
		got, err := db.GateRules(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("at %s (-want +got):\n%s", at, diff)
		}
	}
	late := looser
	late.Asking, late.ShutOut = paywall.AskFirst, []string{"bingbot"}
	late.Sections = []paywall.SectionRule{{Section: "world", Free: true}, {Section: "arts", Registered: 3}}
	if err := db.SetGateRules(ctx, late, noon.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	got, err := db.GateHistory(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]paywall.Era{
		{Rules: late, From: noon.Add(2 * time.Hour)},
		{Rules: looser, From: noon.Add(time.Hour), To: noon.Add(2 * time.Hour)},
	}, got); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}
