package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"broadsheet/news"
	"broadsheet/paywall"
)

// laterCard attaches, and then every charge of it fails.
const laterCard = "4000000000000341"

// changeCard goes to the portal and gives another card there.
func changeCard(b *Browser, number string) {
	b.t.Helper()
	portal := b.Get("/account").Submit(`form[action="/account/portal"] button`).Is(http.StatusOK)
	portal.Submit(`button[value="card"]`, "number", number, "exp", "12/40", "cvc", "123")
}

// A renewal that fails is told with its dates, and mended from the mail in a
// browser that never signed in. Where nobody pays the plan ends after the last
// try, and one mail says what stays.
func TestCardFixFromAMail(t *testing.T) {
	t.Parallel()
	p, closed := Start(t, Options{}), slugs(t, news.Subscribers)[0]
	idle, never := p.Browser(t), newEmail()
	idle.SignIn(never)
	idle.Subscribe(digitalMonthly, "")
	changeCard(idle, laterCard)
	b, email := p.Browser(t), newEmail()
	b.SignIn(email)
	b.Subscribe(digitalMonthly, "")
	changeCard(b, laterCard)
	p.Advance(t, month+3*time.Hour)
	p.mailed(t, email, `declined\s+the\s+payment\s+of\s+\d+\s+\w+\.\s+Nothing\s+changes\s+until\s+\d+\s+\w+;\s+we\s+try\s+again\s+on`)
	letter := p.Mail(t, email)
	link := regexp.MustCompile(`/account/card/\S+`).FindString(letter)
	if link == "" {
		t.Fatalf("the letter has no link:\n%s", letter)
	}
	b.Read(closed).Gate(paywall.Open, paywall.Benefit)
	b.Get("/account").Says(`Your bank declined the last payment`).Says(`Card ending 0341`)

	phone := p.Browser(t)
	asks := phone.Get(link).Is(http.StatusOK).Says(`was declined`)
	page := asks.Submit(`main form button`)
	if !strings.HasPrefix(page.URL.String(), p.Standin+"/p/session/") {
		t.Fatalf("the button leads to %s", page.URL)
	}
	page.Submit(`button[value="card"]`, "number", goodCard, "exp", "12/40", "cvc", "123").Is(http.StatusOK).Says(`Paid\. Nothing was lost`)
	if phone.Get("/").SignedIn() {
		t.Error("the link signed somebody in")
	}
	eventually(t, "the mail that says that nothing was lost", func() bool {
		return strings.Contains(p.Browser(t).Get("/_mail").Is(http.StatusOK).Words(), "Paid: Digital goes on")
	})
	b.Get("/account").Says(`Active`).Says(`Card ending 4242`)
	phone.Get(link).Is(http.StatusOK).Says(`Paid\. Nothing was lost`)

	p.Advance(t, month)
	p.mailed(t, never, `has ended: the payment of .* never went\s+through`)
	idle.Read(closed).Gate(paywall.Subscribe, paywall.Subscribers)
	idle.Get("/account").Is(http.StatusOK).Says(`Ended`)
	b.Read(closed).Gate(paywall.Open, paywall.Benefit)
}

// The same in a real browser, which follows the form to the payment page and back
// and is nobody before and after.
func TestBrowserCardFixFromAMail(t *testing.T) {
	t.Parallel()
	phone := newTab(t, Start(t, Options{}))
	p := phone.paper
	b, email := p.Browser(t), newEmail()
	b.SignIn(email)
	b.Subscribe(digitalMonthly, "")
	changeCard(b, laterCard)
	p.Advance(t, month+3*time.Hour)
	link := p.mailed(t, email, regexp.QuoteMeta(p.URL)+`(/account/card/\S+)`)
	phone.open(link).says("was declined").press(`main form button`)
	phone.fill(`[name="number"]`, laterCard).fill(`[name="exp"]`, "12/41").fill(`[name="cvc"]`, "123").press(`button[value="card"]`)
	phone.at("/account/card/").says("declined") // another card that fails is told, and can be followed by one that pays
	phone.press(`main form button`)
	phone.fill(`[name="number"]`, goodCard).fill(`[name="exp"]`, "12/40").fill(`[name="cvc"]`, "123").press(`button[value="card"]`)
	phone.at("/account/card/").says("Paid. Nothing was lost")
	if in, err := phone.Has(`header a[href="/account"]`); err != nil || in {
		t.Errorf("the link signed somebody in: %v, %v", in, err)
	}
	b.Get("/account").Says(`Active`).Says(`Card ending 4242`)
}

// Support ends a plan at once from the command line; what is left of the period
// goes back, and a second call changes nothing.
func TestSupportEndsAPlanAtOnce(t *testing.T) {
	t.Parallel()
	p, closed := Start(t, Options{}), slugs(t, news.Subscribers)[0]
	b, email := p.Browser(t), newEmail()
	b.SignIn(email)
	b.Subscribe(digitalMonthly, "")
	p.Advance(t, 10*24*time.Hour)
	said := p.Do(t, "billing", "cancel-now", email)
	if !regexp.MustCompile(`^Digital \(sub_\w+\) ended on .*\. €4\.\d\d goes back: re_\w+\.\n$`).MatchString(said) {
		t.Errorf("the command says %q", said)
	}
	if again := p.Do(t, "billing", "cancel-now", email); again != said {
		t.Errorf("a second time it says %q", again)
	}
	eventually(t, "the story closes", func() bool {
		return gateOf(string(b.Read(closed).Raw)) == "subscribe subscribers"
	})
	if _, err := p.Command("billing", "cancel-now", newEmail()); err == nil {
		t.Error("an address that nobody has was no error")
	}
}
