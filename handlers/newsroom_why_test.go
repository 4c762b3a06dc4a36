package handlers_test

import (
	"database/sql"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"broadsheet/billing"
	"broadsheet/news"
	"broadsheet/reader"
)

// why asks for a verdict: what decides, and the rule's answer.
func (m member) why(id, story, at string) (rule, answer string) {
	m.t.Helper()
	a := m.get("/newsroom/readers/" + id + "/why?" + url.Values{"story": {story}, "at": {at}}.Encode())
	if a.StatusCode != http.StatusOK {
		m.t.Fatalf("%s at %q: %d %s", story, at, a.StatusCode, a.page(m.t).Find("main").Text())
	}
	rows := a.page(m.t).Find("tr[data-rule]")
	if rows.Length() != 11 {
		m.t.Fatalf("%d rules answer", rows.Length())
	}
	for _, row := range rows.EachIter() {
		if p := row.Find(".pill").Text(); strings.HasPrefix(p, "Decides: ") {
			return row.AttrOr("data-rule", ""), strings.TrimPrefix(p, "Decides: ")
		}
	}
	m.t.Fatal("nothing decides")
	return "", ""
}

// The answer for a moment is what the gate did at that moment.
func TestWhyTheyCanRead(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	for _, slug := range []string{"s0", "s1", "s2", "s3", "s4", "s5"} {
		b.story(slug, news.Metered)
	}
	b.story("closed", news.Subscribers)
	maud := b.anAccount("maud", "")
	b.aLife(maud)
	support := b.atDesk("suri", reader.Support)
	m := b.signedIn(maud)
	expect := func(story, at, wantRule, wantAnswer string) {
		t.Helper()
		if rule, answer := support.why(maud.ID, story, at); rule != wantRule || answer != wantAnswer {
			t.Errorf("%s at %q: %s, %s; want %s, %s", story, at, rule, answer, wantRule, wantAnswer)
		}
	}
	expect("s0", "", "benefit", "open")
	at := func(d time.Duration) string {
		zone, err := time.LoadLocation("Europe/Amsterdam")
		if err != nil {
			t.Fatal(err)
		}
		return noon.Add(d).In(zone).Format("2006-01-02T15:04")
	}
	// The subscription ends an hour on; then five stories are read.
	subs, err := b.db.SubscriptionsOf(t.Context(), maud.ID)
	if err != nil {
		t.Fatal(err)
	}
	subs[0].Status, subs[0].EndedAt, subs[0].SyncedAt = billing.Canceled, noon.Add(time.Hour), noon.Add(time.Hour)
	// What aLife told of the future is taken back: the state that held at noon ends here.
	forget(t, b, `DELETE FROM subscription_states WHERE rev > 1`, `UPDATE subscription_states SET to_at = NULL`)
	if err := b.db.RecordSubscription(t.Context(), subs[0]); err != nil {
		t.Fatal(err)
	}
	b.paper.pass(2 * time.Hour)
	for _, slug := range []string{"s0", "s1", "s2", "s3", "s4"} {
		expectGate(t, m.get("/stories/"+slug), "open allowance")
	}
	expectGate(t, m.get("/stories/s5"), "subscribe spent")
	b.paper.pass(time.Hour)
	expect("s5", "", "spent", "subscribe wall")
	expect("/stories/s0", "", "counted", "open")
	expect("s0", at(90*time.Minute), "allowance", "open")
	expect("s0", at(30*time.Minute), "benefit", "open")
	expect("http://paper.example/stories/closed?x=1", at(30*time.Minute), "benefit", "open")
	expect("closed", "", "subscribers", "subscribe wall")
	for field, form := range map[string]url.Values{
		"story": {"story": {"nowhere"}}, "at": {"story": {"s0"}, "at": {"yesterday"}},
	} {
		a := support.get("/newsroom/readers/" + maud.ID + "/why?" + form.Encode())
		if a.StatusCode != http.StatusUnprocessableEntity || a.page(t).Find("#"+field+"-err").Text() == "" || a.page(t).Find("#story").AttrOr("value", "") != form.Get("story") {
			t.Errorf("a wrong %s: %d", field, a.StatusCode)
		}
	}
	for _, bad := range []string{at(24 * time.Hour), at(-24 * time.Hour)} {
		a := support.get("/newsroom/readers/" + maud.ID + "/why?" + url.Values{"story": {"s0"}, "at": {bad}}.Encode())
		if a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("at %s: %d", bad, a.StatusCode)
		}
	}
	// Of the past it says what is not known.
	if a := support.get("/newsroom/readers/" + maud.ID + "/why?" + url.Values{"story": {"s0"}, "at": {at(30 * time.Minute)}}.Encode()); !strings.Contains(a.body, "as it stands today") {
		t.Error("nothing is said to be unknown")
	}
}

// forget runs statements as somebody with the file alone would.
func forget(t *testing.T, b *deskBench, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", b.file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}
