package e2e

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"broadsheet/news"
	"broadsheet/paywall"
)

// Cards whose holder takes the payment back as soon as they see it.
const takenBackCard = "4000000000000259"

// Support gives a part back from the command line: the account, the invoice and
// its PDF say so, and a second call in the same words gives nothing more.
func TestSupportGivesAPartBack(t *testing.T) {
	t.Parallel()
	p := Start(t, Options{})
	b, email := p.Browser(t), newEmail()
	b.SignIn(email)
	b.Subscribe(digitalMonthly, "")
	path, _ := b.Get("/account").Find(`#invoices tbody a`).Attr("href")
	id := strings.TrimPrefix(path, "/account/invoices/")
	said := p.Do(t, "billing", "refund", id, "--amount", "2.15", "--reason", "Edition 403 did not arrive")
	if !regexp.MustCompile(`^€2\.15 of invoice \S+ goes back: re_\w+\. €4\.85 of the €7\.00 that was paid is left\.\n$`).MatchString(said) {
		t.Errorf("the command says %q", said)
	}
	if again := p.Do(t, "billing", "refund", id, "--amount", "2.15"); !strings.Contains(again, "went back on") {
		t.Errorf("a second time it says %q", again)
	}
	for _, wrong := range [][]string{{id, "--amount", "4.86"}, {id, "--amount", "2,15"}, {"in_nobody"}} {
		if _, err := p.Command(append([]string{"billing", "refund"}, wrong...)...); err == nil {
			t.Errorf("%v was no error", wrong)
		} else if wrong[0] == id && wrong[2] == "4.86" && !strings.Contains(err.Error(), "4.85 EUR is left") {
			t.Errorf("it does not say what is left: %v", err)
		}
	}
	b.Get("/account").Says(`Credit: Edition 403 did not arrive`).Says(`Credited`).Says(`−€2\.15`)
	b.Get(path).Says(`€2\.15 of it went back`).Says(`Remains paid\s+€4\.85`)
	if file := b.Get(path + ".pdf").Is(http.StatusOK); !strings.HasPrefix(string(file.Raw), "%PDF-") {
		t.Error("the PDF is none")
	}
	p.mailed(t, email, `€2\.15 goes back to you`)
}

// A payment is taken back by its card's bank: the publication hears of it, the
// reader keeps everything; won, all is as before; lost, the plan ends.
func TestADisputeIsDecided(t *testing.T) {
	t.Parallel()
	for outcome, lost := range map[string]bool{"won": false, "lost": true} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			p, closed := Start(t, Options{}), slugs(t, news.Subscribers)[0]
			b, email := p.Browser(t), newEmail()
			b.SignIn(email)
			b.Get("/subscribe").Buy(digitalMonthly, "").Pay(takenBackCard).At("/checkout/done")
			p.Advance(t, time.Minute)
			letter := p.mailed(t, "desk@example.org", `(?s)taken\s+€7\.00\s+back.*(dp_\w+)`)
			b.Read(closed).Gate(paywall.Open, paywall.Benefit)
			b.Get("/account").Says(`Disputed`)
			res, err := slow.PostForm(p.Standin+"/_disputes", url.Values{"dispute": {letter}, "outcome": {outcome}})
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			p.mailed(t, "desk@example.org", `over\s+€7\.00\s+is\s+`+outcome)
			if !lost {
				b.Read(closed).Gate(paywall.Open, paywall.Benefit)
				b.Get("/account").Says(`Active`)
				return
			}
			eventually(t, "the plan has ended", func() bool { return gateOf(string(b.Read(closed).Raw)) == "subscribe subscribers" })
			b.Get("/account").Says(`Written off`).Says(`Ended`)
		})
	}
}
