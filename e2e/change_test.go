package e2e

import (
	"strings"
	"testing"
	"time"
)

// Changing a plan in a browser: what the preview says is what is charged; a
// declined card keeps the old plan.
func TestBrowserUpgradeWithPreview(t *testing.T) {
	t.Parallel()
	p := Start(t, Options{})
	b := newTab(t, p)
	b.open("/signin").register(newEmail()).open("/subscribe").buy(digitalMonthly).pay(goodCard).at("/checkout/done")
	p.Advance(t, 10*24*time.Hour)
	b.open("/account").press(`main a[href="/account/change"]`).at("/account/change").says("You have Digital")
	b.press(`button[name="price"][value="print_monthly"]`).at("/account/change/preview").says("To pay today").says("Unused time on Digital")
	due := b.text(`table.sheet tr:last-child td.num`)
	for field, value := range map[string]string{"name": "A. Reader", "line1": "12 Harbour Street", "postal": "1011 AB", "city": "Amsterdam"} {
		b.fill(`main [name="`+field+`"]`, value)
	}
	b.press(`form[action="/account/change"] button`).at("/account/change/done").says("You have Print + Digital now").says(due + " was charged")
	b.open("/account").says("Print + Digital").says(due)
	// Back again: it waits for the period's end, and can be taken back.
	b.press(`#cancel a[href^="/account/change/preview"]`).says("Nothing is due today")
	b.press(`form[action="/account/change"] button`).at("/account/change/done").says("Digital begins on")
	b.open("/account").says("Changes to Digital").press(`form[action="/account/change/undo"] button`).at("/account")
	if got := b.text("main"); len(got) == 0 {
		t.Error("the account is empty")
	}
}

func TestBrowserDeclineOnUpgradeKeepsTheOldPlan(t *testing.T) {
	t.Parallel()
	p := Shared(t)
	plain, email := p.Browser(t), newEmail()
	plain.SignIn(email)
	plain.Subscribe(digitalMonthly, "")
	changeCard(plain, laterCard)
	b := newTab(t, p)
	b.open("/signin").register(email)
	b.open("/account/change/preview?price=print_monthly")
	for field, value := range map[string]string{"name": "A. Reader", "line1": "12 Harbour Street", "postal": "1011 AB", "city": "Amsterdam"} {
		b.fill(`main [name="`+field+`"]`, value)
	}
	b.press(`form[action="/account/change"] button`).says("Your bank declined the payment").says("you keep Digital as before")
	b.open("/account").says("Digital").says("Active")
	if said := b.text(".facts"); strings.Contains(said, "Print") {
		t.Errorf("the old plan is not kept: %s", said)
	}
}
