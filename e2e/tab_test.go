package e2e

import (
	"net/http"
	"strings"
	"testing"

	"broadsheet/internal/browsertest"
	"broadsheet/news"
	"broadsheet/paywall"
)

// The same way in a real browser: with its content security policy, its
// form-action and its scripts, and once more without any.

// tab drives a page of a paper in Chromium. Every step checks that the browser
// had nothing to complain about.
type tab struct {
	*browsertest.Tab
	t     testing.TB
	paper *Paper
}

func newTab(t testing.TB, p *Paper) *tab {
	t.Helper()
	return &tab{Tab: browsertest.Open(t), t: t, paper: p}
}

func (b *tab) open(path string) *tab {
	b.t.Helper()
	address := path
	if strings.HasPrefix(path, "/") {
		address = b.paper.URL + path
	}
	status, err := b.Go(address)
	if err != nil {
		b.t.Fatal(err)
	}
	if status != http.StatusOK {
		b.t.Fatalf("%s: status %d", path, status)
	}
	return b.calm()
}

// calm fails if the browser complained.
func (b *tab) calm() *tab {
	b.t.Helper()
	for _, problem := range b.Problems() {
		at, _ := b.Address()
		b.t.Errorf("at %s: %s", at, problem)
	}
	return b
}

func (b *tab) press(selector string) *tab {
	b.t.Helper()
	if err := b.Press(selector); err != nil {
		b.t.Fatal(err)
	}
	return b.calm()
}

func (b *tab) fill(selector, text string) *tab {
	b.t.Helper()
	if err := b.Fill(selector, text); err != nil {
		b.t.Fatal(err)
	}
	return b
}

func (b *tab) text(selector string) string {
	b.t.Helper()
	text, err := b.Text(selector)
	if err != nil {
		b.t.Fatal(err)
	}
	return text
}

func (b *tab) says(words string) *tab {
	b.t.Helper()
	if got := b.text("main"); !strings.Contains(got, words) {
		at, _ := b.Address()
		b.t.Fatalf("%s does not say %q:\n%s", at, words, got)
	}
	return b
}

func (b *tab) at(path string) *tab {
	b.t.Helper()
	got, err := b.Address()
	if err != nil {
		b.t.Fatal(err)
	}
	if rest, ok := strings.CutPrefix(got, b.paper.URL); !ok || !strings.HasPrefix(rest, path) {
		b.t.Fatalf("the browser is at %s, not at %s:\n%s", got, path, b.text("body"))
	}
	return b
}

func (b *tab) gate(wall paywall.Wall, reason paywall.Reason) *tab {
	b.t.Helper()
	got, err := browsertest.Eval[string](b.Tab, `(() => { const a = document.querySelector("article[data-story]"); return a ? a.dataset.gate + " " + a.dataset.reason : "no story" })()`)
	if err != nil {
		b.t.Fatal(err)
	}
	if want := string(wall) + " " + string(reason); got != want {
		at, _ := b.Address()
		b.t.Fatalf("%s: the gate is %q, want %q", at, got, want)
	}
	return b
}

// register sends an address where the page asks for one, and enters the code.
func (b *tab) register(email string) *tab {
	b.t.Helper()
	b.fill(`form[action="/signin"] [name="email"]`, email).press(`form[action="/signin"] button`)
	return b.fill(`form[action="/signin/code"] [name="code"]`, b.paper.Code(b.t, email)).press(`form[action="/signin/code"] button`)
}

func (b *tab) buy(price string) *tab {
	b.t.Helper()
	b.press(`form[action="/checkout"] button[name="price"][value="` + price + `"]`)
	if at, _ := b.Address(); !strings.HasPrefix(at, b.paper.Standin+"/c/pay/") {
		b.t.Fatalf("the browser is at %s, where nobody pays:\n%s", at, b.text("body"))
	}
	return b
}

func (b *tab) pay(card string) *tab {
	b.t.Helper()
	b.fill(`[name="number"]`, card).fill(`[name="exp"]`, "12/40").fill(`[name="cvc"]`, "123").fill(`[name="name"]`, "A. Reader")
	return b.press(`form:has([name="number"]) button[value="pay"]`)
}

func TestBrowserWalk(t *testing.T) {
	t.Parallel()
	browserWalk(t, newTab(t, Shared(t)))
}

func TestBrowserWalkWithoutScript(t *testing.T) {
	t.Parallel()
	b := newTab(t, Shared(t))
	if err := b.NoScript(); err != nil {
		t.Fatal(err)
	}
	browserWalk(t, b)
}

func browserWalk(t *testing.T, b *tab) {
	t.Helper()
	metered, closed := slugs(t, news.Metered), slugs(t, news.Subscribers)
	b.open("/").open(storyPath(metered[0])).gate(paywall.Open, paywall.Allowance)
	b.open(storyPath(metered[1])).gate(paywall.Open, paywall.Allowance)
	b.open(storyPath(metered[2])).gate(paywall.Register, paywall.Spent)
	b.register(newEmail()).at(storyPath(metered[2])).gate(paywall.Open, paywall.Allowance)
	b.open(storyPath(metered[3])).open(storyPath(metered[4])).gate(paywall.Open, paywall.Allowance)
	b.open(storyPath(metered[5])).gate(paywall.Subscribe, paywall.Spent)
	b.buy(digitalMonthly).pay(goodCard).at("/checkout/done").says(thanks)
	b.press(`main a[href="`+storyPath(metered[5])+`"]`).gate(paywall.Open, paywall.Benefit)
	b.open(storyPath(closed[0])).gate(paywall.Open, paywall.Benefit)
	b.open("/account").says("Digital")
}

func TestBrowserDeclineThenSuccess(t *testing.T) {
	t.Parallel()
	b, closed := newTab(t, Shared(t)), slugs(t, news.Subscribers)[0]
	b.open("/signin").register(newEmail())
	b.open(storyPath(closed)).gate(paywall.Subscribe, paywall.Subscribers).buy(digitalMonthly).pay(declinedCard)
	if said := b.text("body"); !noCharge.MatchString(said) {
		t.Fatalf("the decline is not told:\n%s", said)
	}
	b.pay(goodCard).at("/checkout/done").says(thanks)
	b.press(`main a[href="`+storyPath(closed)+`"]`).gate(paywall.Open, paywall.Benefit)
}

func TestBrowser3DSecure(t *testing.T) {
	t.Parallel()
	b, closed := newTab(t, Shared(t)), slugs(t, news.Subscribers)[0]
	b.open("/signin").register(newEmail())
	b.open(storyPath(closed)).buy(digitalMonthly).pay(askingCard)
	b.press(approve).at("/checkout/done").says(thanks)
	b.press(`main a[href="`+storyPath(closed)+`"]`).gate(paywall.Open, paywall.Benefit)
}

// approve is the button of the bank's 3D Secure page that lets a payment pass.
const approve = `form button[value="complete"]`

// Choosing to pay yearly changes the prices in place, with and without script.
func TestBrowserYearly(t *testing.T) {
	t.Parallel()
	b := newTab(t, Shared(t))
	b.open("/signin").register(newEmail()).open("/subscribe")
	if err := b.Do(clickOn(`input[name="every"][value="yearly"]`)); err != nil {
		t.Fatal(err)
	}
	b.buy(digitalYearly).pay(goodCard).at("/checkout/done").says(thanks)
	b.open("/account").says("€70")
}

// Leaving takes two clicks from the account, asks why, and can be undone.
func TestBrowserCancelAndUndo(t *testing.T) {
	t.Parallel()
	b := newTab(t, Shared(t))
	plain := b.paper.Browser(t)
	plain.SignIn(newEmail())
	plain.Subscribe(digitalMonthly, "")
	must(t, b.enterAs(plain))
	b.open("/account").says("Active").press(`main a[href="/account/cancel"]`).at("/account/cancel").says("You keep everything until")
	must(t, b.Do(clickOn(`[name="reason"][value="unused"]`)))
	b.fill(`[name="comment"]`, "Too little time.").press(`form[action="/account/cancel"] button`)
	b.at("/account").says("Everything stays open until").says("None")
	b.open(storyPath(slugs(t, news.Subscribers)[0])).gate(paywall.Open, paywall.Benefit) // what is paid for stays
	b.open("/account").press(`form[action="/account/resume"] button`).at("/account").says("Active").says("Cancel Digital")
}
