package e2e

import (
	"net/http"
	"testing"
	"time"

	"broadsheet/news"
	"broadsheet/paywall"
)

// A pause of a month: what is paid for stays open, then everything closes and
// nothing is charged, and on the day it returns.
func TestAPauseFromTheAccount(t *testing.T) {
	t.Parallel()
	p, closed := Start(t, Options{}), slugs(t, news.Subscribers)[0]
	b, email := p.Browser(t), newEmail()
	b.SignIn(email)
	b.Subscribe(digitalMonthly, "")
	page := b.Get("/account").Click(`a[href="/account/pause"]`).Is(http.StatusOK).Says(`Everything stays open until`)
	page.Submit(`form[action="/account/pause"] button`, "months", "1").Is(http.StatusOK).Says(`Pauses \d+ \w+`)
	p.mailed(t, email, `Digital\s+pauses\s+on\s+\d+\s+\w+\s+\d+\.`)
	b.Read(closed).Gate(paywall.Open, paywall.Benefit)
	p.Advance(t, month+24*time.Hour)
	b.Read(closed).Gate(paywall.Subscribe, paywall.Subscribers)
	b.Get("/account").Says(`Paused`).Says(`Paused until`)
	b.Get("/subscribe").Says(`You already have a plan`)
	p.Advance(t, month-6*24*time.Hour)
	p.mailed(t, email, `Digital\s+returns\s+on\s+\d+\s+\w+\s+\d+\.`)
	p.Advance(t, 7*24*time.Hour)
	b.Read(closed).Gate(paywall.Open, paywall.Benefit)
	p.mailed(t, email, `This is your receipt`)
	b.Get("/account").Says(`Active`)
}
