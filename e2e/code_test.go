package e2e

import (
	"testing"
	"time"
)

// A code from a link goes through to the payment page and into the account, and
// the payment after it is what the account said.
func TestACodeFromALink(t *testing.T) {
	t.Parallel()
	p := Start(t, Options{})
	p.Do(t, "plans", "code", "SPRING", "--percent", "50", "--duration", "repeating", "--months", "2")
	b, email := p.Browser(t), newEmail()
	b.SignIn(email)
	page := b.Get("/subscribe?code=spring").Says(`With SPRING €3\.50 a month for two months, then €7\.00 a month`)
	page.Buy(digitalMonthly, "").Says(`3\.50`).Pay(goodCard).Says(`the next payment is €3\.50 on`)
	b.Get("/account").Says(`50 % off, until`).Says(`With the code SPRING`).Says(`€3\.50 on`)
	p.mailed(t, email, `Discount`)
	p.Advance(t, month+3*time.Hour)
	b.Get("/account").Says(`€7\.00 on`).Says(`It ends before the next payment`)
}
