package e2e

import (
	"strings"
	"testing"
	"time"

	"broadsheet/internal/pgtest"
	"broadsheet/internal/proof"
	"broadsheet/news"
	"broadsheet/paywall"
)

// Two machines on one PostgreSQL are one paper: they count in one meter, and
// what ends on one has ended on the other a moment later.
func TestTwoInstances(t *testing.T) {
	t.Parallel()
	same := Options{Database: pgtest.Copy(t), Env: []string{"APP_SECRET=" + strings.Repeat("secret ", 8)}}
	east := Start(t, same)
	west := Start(t, same)
	tabs := proof.Size(40, 200)
	list := manyStories(t, east, tabs+1)
	eventually(t, "the other machine has the stories too", func() bool {
		return west.Browser(t).Get(storyPath(list[tabs])).Status == 200
	})

	visitor := east.Browser(t)
	visitor.Read(list[tabs]).Gate(paywall.Open, paywall.Allowance)
	visitor.at(west).Read(list[tabs]).Gate(paywall.Open, paywall.Counted)
	if got := opened(t, list[:tabs], visitor, visitor.at(west)); got != 1 {
		t.Errorf("%d tabs on two machines opened %d more stories, want 1", tabs, got)
	}

	reader := east.Browser(t)
	reader.SignIn(newEmail())
	closed := slugs(t, news.Subscribers)[0]
	if !reader.at(west).Read(closed).SignedIn() {
		t.Error("the other machine does not know the session")
	}
	reader.Subscribe(digitalMonthly, "")
	eventually(t, "the other machine knows what was bought", func() bool {
		return gateOf(string(reader.at(west).Read(closed).Raw)) == "open benefit"
	})
	session := reader.Cookie("session")
	reader.Get("/account").Press("Sign out everywhere")
	ended := time.Now()
	thief := west.Browser(t)
	thief.SetCookie("session", session)
	eventually(t, "the other machine has ended the session", func() bool { return !thief.Get("/").SignedIn() })
	if took := time.Since(ended); took > 2*time.Second {
		t.Errorf("the session lived on for %s elsewhere", took)
	}
}

// at is the same browser, with the same cookies, sent to another machine.
func (b *Browser) at(p *Paper) *Browser {
	elsewhere := *b
	elsewhere.paper = p
	return &elsewhere
}
