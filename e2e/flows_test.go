package e2e

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"broadsheet/paywall"
)

// The test cards, as Stripe names them.
const (
	goodCard     = "4242424242424242"
	declinedCard = "4000000000000002"
	poorCard     = "4000000000009995" // insufficient funds
	askingCard   = "4000002500003155" // asks for 3D Secure
	failingCard  = "4000000000000341" // can be saved, and every charge fails
)

// The prices of the demo paper.
const (
	digitalMonthly = "digital_monthly"
	digitalYearly  = "digital_yearly"
	printMonthly   = "print_monthly"
)

// newEmail is an address that nobody used.
func newEmail() string { return "reader-" + strings.ToLower(rand.Text()[:10]) + "@example.org" }

func storyPath(slug string) string { return "/stories/" + slug }

// Read opens a story.
func (b *Browser) Read(slug string) *Page {
	b.t.Helper()
	return b.Get(storyPath(slug)).Is(http.StatusOK)
}

// Gate fails unless the page is a story whose gate stands like this.
func (pg *Page) Gate(wall paywall.Wall, reason paywall.Reason) *Page {
	pg.browser.t.Helper()
	article := pg.One("article[data-story]")
	gotWall, gotReason := article.AttrOr("data-gate", ""), article.AttrOr("data-reason", "")
	if gotWall != string(wall) || gotReason != string(reason) {
		pg.browser.t.Fatalf("%s: the gate is %s because of %s, want %s because of %s", pg.URL, gotWall, gotReason, wall, reason)
	}
	return pg
}

// usedCodes are the last codes that tests took, by paper and address.
var usedCodes sync.Map

// Code is the six digits that were mailed to an address, a code that was not
// taken before.
func (p *Paper) Code(t testing.TB, email string) string {
	t.Helper()
	key := p.URL + " " + email
	before, _ := usedCodes.Load(key)
	var code string
	eventually(t, "a new code for "+email, func() bool {
		found := sixDigits.FindStringSubmatch(p.Mail(t, email))
		if found != nil {
			code = found[1]
		}
		return code != "" && code != before
	})
	usedCodes.Store(key, code)
	return code
}

var sixDigits = regexp.MustCompile(`(?m)^\s*(\d{6})\s*$`)

// Link is the path of the sign-in link that was mailed to an address.
func (p *Paper) Link(t testing.TB, email string) string {
	t.Helper()
	return p.mailed(t, email, regexp.QuoteMeta(p.URL)+`(/signin/link/\S+)`)
}

// waited are the letters that tests waited for last, by paper and address.
var waited sync.Map

// mailed waits for a letter that holds something and answers with its first
// group. It is the letter that was waited for last, or one that came after it.
// It need not be the newest: letters that are due together, such as a welcome and
// a receipt, leave side by side, and either may be there first.
func (p *Paper) mailed(t testing.TB, email, pattern string) string {
	t.Helper()
	says, key := regexp.MustCompile(pattern), p.URL+" "+email
	last, _ := waited.Load(key)
	var all []letter
	var found []string
	if !within(patience, func() bool {
		all = p.letters(t, email)
		for _, one := range all {
			if found = says.FindStringSubmatch(one.subject + "\n\n" + one.text); found != nil {
				waited.Store(key, one.path)
				return true
			}
			if one.path == last {
				break // what is older has been waited for before
			}
		}
		return false
	}) {
		var said strings.Builder
		for _, one := range all {
			fmt.Fprintf(&said, "\n%s %s\n%s", one.path, one.subject, one.text)
		}
		t.Fatalf("waited %s for a letter to %s that holds %q; there are %d, the newest first:\n%s", patience, email, pattern, len(all), said.String())
	}
	return found[len(found)-1]
}

// letter is one in the mailbox.
type letter struct{ path, subject, text string }

// letters are those to an address, the newest first.
func (p *Paper) letters(t testing.TB, email string) (all []letter) {
	t.Helper()
	page := p.Browser(t).Get("/_mail?to=" + url.QueryEscape(email)).Is(http.StatusOK)
	for _, one := range page.Find(".mails > section").EachIter() {
		path := one.Find(`a[href^="/_mail/"]`).AttrOr("href", "")
		if path == "" {
			t.Fatalf("a letter has no address:\n%s", one.Text())
		}
		all = append(all, letter{path, one.Find("h2").Text(), one.Find("pre").Text()})
	}
	return all
}

// Register sends the address on a page that asks for one, a wall or the sign-in
// page, and enters the code that comes.
func (pg *Page) Register(email string) *Page {
	pg.browser.t.Helper()
	return pg.EnterCode(email, `form[action="/signin"]`)
}

// EnterCode asks for a code with the form that selector finds, and enters it.
func (pg *Page) EnterCode(email, selector string) *Page {
	t := pg.browser.t
	t.Helper()
	asked := pg.Submit(selector, "email", email).Is(http.StatusOK)
	return asked.Submit(`form[action="/signin/code"]`, "code", pg.browser.paper.Code(t, email))
}

// SignIn signs a browser in from the sign-in page.
func (b *Browser) SignIn(email string) *Page {
	b.t.Helper()
	return b.Get("/signin").Is(http.StatusOK).Register(email).Is(http.StatusOK)
}

// SignedIn reports whether the page is shown to somebody who is signed in.
func (pg *Page) SignedIn() bool { return pg.Find(`header a[href="/account"]`).Length() > 0 }

// Buy presses the button of a price, on a wall or where plans are compared, and
// answers with the page where it is paid. A signed-out reader gives the address
// where the page asks for it.
func (pg *Page) Buy(price, email string) *Page {
	t := pg.browser.t
	t.Helper()
	button := `form[action="/checkout"] button[name="price"][value="` + price + `"]`
	var next *Page
	if form := pg.One(button).Closest("form"); form.Find(`[name="email"]`).Length() > 0 {
		next = pg.Submit(button, "email", email)
	} else {
		next = pg.Submit(button)
	}
	if next.Find(`form[action="/checkout"] [name="email"]`).Length() > 0 && email != "" && next.Status == http.StatusOK {
		next = next.Submit(`form[action="/checkout"]`, "email", email)
	}
	return next.Hosted()
}

// Hosted fails unless the page is the stand-in's checkout; after a refusal it
// comes with Stripe's status for that.
func (pg *Page) Hosted() *Page {
	pg.browser.t.Helper()
	if !strings.HasPrefix(pg.URL.String(), pg.browser.paper.Standin+"/") || pg.Find(`form [name="number"]`).Length() == 0 {
		pg.browser.t.Fatalf("%s (%d) is not where one pays:\n%s", pg.URL, pg.Status, pg.Words())
	}
	if pg.Status != http.StatusOK && pg.Status != http.StatusPaymentRequired {
		pg.browser.t.Fatalf("%s: status %d:\n%s", pg.URL, pg.Status, pg.Words())
	}
	return pg
}

// Pay fills in the hosted checkout with a card and sends it.
func (pg *Page) Pay(card string) *Page {
	pg.browser.t.Helper()
	pg.Hosted()
	fields := []string{"number", card, "exp", "12/40", "cvc", "123", "name", "A. Reader"}
	if pg.Find(`[name="line1"]`).Length() > 0 {
		fields = append(fields, "line1", "1 Ladder Quay", "city", "Haverdam", "postal", "1011 AB", "country", "NL")
	}
	return pg.Submit(`form:has([name="number"])`, fields...)
}

// Subscribe buys a price from the page where plans are compared.
func (b *Browser) Subscribe(price, email string) *Page {
	b.t.Helper()
	return b.Get("/subscribe").Is(http.StatusOK).Buy(price, email).Pay(goodCard).At("/checkout/done").Is(http.StatusOK).Says(thanks)
}

// What is said after paying.
const thanks = `Everything is open`

var noCharge = regexp.MustCompile(`(?i)declined|insufficient`)

// Spend reads stories until the allowance n is used up.
func (b *Browser) Spend(list []string, n int) {
	b.t.Helper()
	for _, slug := range list[:n] {
		b.Read(slug).Gate(paywall.Open, paywall.Allowance)
	}
}
