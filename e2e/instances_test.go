package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
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
	west := Start(t, Options{Database: same.Database, Env: append(same.Env, east.stripe(t)...)})
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

// stripe is what tells another machine to ask this one's Stripe: either may be
// the one that looks at what a webhook told.
func (p *Paper) stripe(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(p.dir, "secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		Key  string `json:"standin_secret_key"`
		Hook string `json:"stripe_webhook_secret"`
	}
	if err := json.Unmarshal(raw, &made); err != nil {
		t.Fatal(err)
	}
	return []string{"STRIPE_API_BASE=" + p.Standin, "STRIPE_SECRET_KEY=" + made.Key, "STRIPE_WEBHOOK_SECRET=" + made.Hook}
}

// at is the same browser, with the same cookies, sent to another machine.
func (b *Browser) at(p *Paper) *Browser {
	elsewhere := *b
	elsewhere.paper = p
	return &elsewhere
}
