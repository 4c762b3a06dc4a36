package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"broadsheet/demo"
	"broadsheet/news"
	"broadsheet/paywall"
)

// revised imports the demo paper with its publication.yaml changed.
func (p *Paper) revised(t testing.TB, from, to string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, demo.Files); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "publication.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), from) != 1 {
		t.Fatalf("the demo's publication.yaml holds %q %d times", from, strings.Count(string(text), from))
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Do(t, "import", dir)
}

// Two weeks free, a mail three days before they end, and then a receipt.
func TestTwoWeeksFree(t *testing.T) {
	t.Parallel()
	p, closed := Start(t, Options{}), slugs(t, news.Subscribers)[0]
	p.revised(t, "lookup_key: digital_monthly,", "lookup_key: digital_monthly, trial_days: 14,")
	b, email := p.Browser(t), newEmail()
	eventually(t, "the free days are offered", func() bool {
		return strings.Contains(b.Get("/subscribe").Main(), "14 days free, then €7.00 a month; we write to you three days before.")
	})
	b.SignIn(email)
	b.Get("/subscribe").Buy(digitalMonthly, "").Says(`14 days free, then €7\.00 every month`).Pay(goodCard).Says(`free until \d+ \w+ \d+`)
	b.Read(closed).Gate(paywall.Open, paywall.Benefit)
	p.mailed(t, email, `free\s+until\s+\d+\s+\w+\s+\d+`)
	p.Advance(t, 11*24*time.Hour+time.Minute)
	p.mailed(t, email, `Your\s+free\s+days\s+with\s+Digital\s+end\s+on`)
	b.Get("/account").Says(`Free until`)
	p.Advance(t, 3*24*time.Hour+2*time.Hour)
	p.mailed(t, email, `This is your receipt`)
	b.Get("/account").Says(`Active`)
	b.Read(closed).Gate(paywall.Open, paywall.Benefit)
}
