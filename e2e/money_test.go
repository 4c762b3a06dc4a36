package e2e

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/news"
	"broadsheet/paywall"
)

// Money, at the stand-in's pages.

const month = 31 * 24 * time.Hour

func TestDeclineThenSuccess(t *testing.T) {
	t.Parallel()
	for _, card := range []string{declinedCard, poorCard} {
		t.Run(card, func(t *testing.T) {
			t.Parallel()
			p, closed := Shared(t), slugs(t, news.Subscribers)[0]
			b := p.Browser(t)
			b.SignIn(newEmail())
			declined := b.Read(closed).Buy(digitalMonthly, "").Pay(card).Hosted()
			if !noCharge.MatchString(declined.Words()) {
				t.Errorf("the decline is not told:\n%s", declined.Words())
			}
			b.Read(closed).Gate(paywall.Subscribe, paywall.Subscribers)
			declined.Pay(goodCard).At("/checkout/done").Says(thanks)
			b.Read(closed).Gate(paywall.Open, paywall.Benefit)
		})
	}
}

// A reader who comes back after a decline hears why, and the same price goes on
// where it was; the story stays shut until it is paid.
func TestDeclineThenBackToThePaper(t *testing.T) {
	t.Parallel()
	p, closed := Shared(t), slugs(t, news.Subscribers)[0]
	b := p.Browser(t)
	b.SignIn(newEmail())
	hosted := b.Read(closed).Buy(digitalMonthly, "")
	first := hosted.URL.String()
	declined := hosted.Pay(declinedCard).Hosted()
	b.Read(closed).Gate(paywall.Subscribe, paywall.Subscribers)
	session := path.Base(hosted.URL.Path)
	b.Get("/checkout/done?session=" + session).Is(http.StatusOK).Says(`did not go through`).Says(`(?i)declined the card`)
	declined.Click(`a[href^="`+p.URL+`"]`).At(storyPath(closed)).Gate(paywall.Subscribe, paywall.Subscribers)
	again := b.Read(closed).Buy(digitalMonthly, "")
	if again.URL.String() != first {
		t.Errorf("the same price opened a second session: %s, then %s", first, again.URL)
	}
	again.Pay(goodCard).At("/checkout/done").Says(thanks).Click(`main a[href="`+storyPath(closed)+`"]`).Gate(paywall.Open, paywall.Benefit)
}

// Another price closes the session that was open: it cannot be paid any more.
func TestDeclineThenAnotherPrice(t *testing.T) {
	t.Parallel()
	p := Shared(t)
	b := p.Browser(t)
	b.SignIn(newEmail())
	first := b.Get("/subscribe").Buy(digitalMonthly, "")
	first.Pay(declinedCard).Hosted()
	second := b.Get("/subscribe").Buy(digitalYearly, "")
	if second.URL.String() == first.URL.String() {
		t.Fatal("another price resumed the first session")
	}
	if old := b.Get(first.URL.String()); old.Find(`[name="number"]`).Length() > 0 {
		t.Errorf("the first session can still be paid:\n%s", old.Words())
	}
	second.Pay(goodCard).At("/checkout/done").Says(thanks)
	b.Get("/account").Says(`€70`)
}

func Test3DSecure(t *testing.T) {
	t.Parallel()
	p, closed := Shared(t), slugs(t, news.Subscribers)[0]
	b := p.Browser(t)
	b.SignIn(newEmail())
	failed := b.Read(closed).Buy(digitalMonthly, "").Pay(askingCard).Press(`(?i)fail|refuse|decline`)
	b.Read(closed).Gate(paywall.Subscribe, paywall.Subscribers)
	failed.Hosted().Pay(askingCard).Press(`(?i)complete|approve|confirm`).At("/checkout/done").Says(thanks)
	b.Read(closed).Gate(paywall.Open, paywall.Benefit)
}

// A browser that closes before the return is unlocked by the webhook.
func TestClosedBeforeTheReturn(t *testing.T) {
	t.Parallel()
	p, closed := Shared(t), slugs(t, news.Subscribers)[0]
	b := p.Browser(t)
	b.SignIn(newEmail())
	hosted := b.Get("/subscribe").Buy(digitalMonthly, "")
	payAndClose(hosted)
	eventually(t, "the webhook opens the story", func() bool {
		return gateOf(string(b.Read(closed).Raw)) == "open benefit"
	})
}

// What was paid is not lost when the paper dies before it hears of it.
func TestKilledAfterPaying(t *testing.T) {
	t.Parallel()
	p, closed := Start(t, Options{}), slugs(t, news.Subscribers)[0]
	b := p.Browser(t)
	b.SignIn(newEmail())
	payAndClose(b.Get("/subscribe").Buy(digitalMonthly, ""))
	p.Kill()
	p.Restart(t)
	eventually(t, "the story opens after the restart", func() bool {
		return gateOf(string(b.Read(closed).Raw)) == "open benefit"
	})
}

// payAndClose pays and follows no redirect back.
func payAndClose(hosted *Page) {
	client := hosted.browser.client
	follow := client.CheckRedirect
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	defer func() { client.CheckRedirect = follow }()
	hosted.browser.t.Helper()
	hosted.Pay(goodCard).Is(http.StatusSeeOther)
}

// The page after paying asks Stripe itself: webhooks may be late or lost.
func TestWebhooksMuted(t *testing.T) {
	t.Parallel()
	p, closed := Start(t, Options{}), slugs(t, news.Subscribers)[0]
	p.Mute(t)
	b := p.Browser(t)
	b.SignIn(newEmail())
	b.Read(closed).Buy(digitalMonthly, "").Pay(goodCard).At("/checkout/done").Says(thanks)
	b.Read(closed).Gate(paywall.Open, paywall.Benefit)
}

// Whoever types a new address may pay at once. The address is proven later, and
// then every other session ends and the owner sees what was bought.
func TestNewAddressBuysAtOnce(t *testing.T) {
	t.Parallel()
	p, email, closed := Shared(t), newEmail(), slugs(t, news.Subscribers)[0]
	buyer := p.Browser(t)
	done := buyer.Read(closed).Buy(digitalMonthly, email).Pay(goodCard).At("/checkout/done").Says(thanks)
	done.Click(`main a[href="`+storyPath(closed)+`"]`).Gate(paywall.Open, paywall.Benefit)
	buyer.Read(slugs(t, news.Metered)[0]).Gate(paywall.Open, paywall.Benefit)
	p.mailed(t, email, `(?i)your address|receipt|welcome|is yours`)

	owner := p.Browser(t)
	account := owner.SignIn(email).At("/account").Says(`(?i)was bought`).Says(`Digital`)
	if !account.SignedIn() {
		t.Error("the owner is not signed in")
	}
	owner.Read(closed).Gate(paywall.Open, paywall.Benefit)
	if buyer.Get("/").SignedIn() {
		t.Error("the unproven session outlived the owner's first sign-in")
	}
	buyer.Read(closed).Gate(paywall.Subscribe, paywall.Subscribers)
	owner.Get("/account").Is(http.StatusOK) // and it is not said again
}

// Typing an address at the checkout without paying gains nothing: no larger
// allowance, and no way in for the next who types it.
func TestTypedAddressGainsNothing(t *testing.T) {
	t.Parallel()
	p, metered, email := Shared(t), slugs(t, news.Metered), newEmail()
	b := p.Browser(t)
	b.Spend(metered, 2)
	b.Get("/subscribe").Buy(digitalMonthly, email)
	b.Read(metered[0]).Gate(paywall.Open, paywall.Counted)
	if wall := b.Read(metered[2]).One("article[data-story]").AttrOr("data-gate", ""); wall == string(paywall.Open) {
		t.Error("an address that nobody proved opened another story")
	}
	other := p.Browser(t)
	button := `form[action="/checkout"] button[name="price"][value="` + digitalMonthly + `"]`
	page := other.Get("/subscribe").Submit(button, "email", email)
	if page.SignedIn() || strings.HasPrefix(page.URL.String(), p.Standin) {
		t.Errorf("the second who typed the address is at %s, signed in: %v", page.URL, page.SignedIn())
	}
}

// A known address has to sign in before it buys.
func TestKnownAddressSignsInFirst(t *testing.T) {
	t.Parallel()
	p, email := Shared(t), newEmail()
	p.Browser(t).SignIn(email)
	b := p.Browser(t)
	button := `form[action="/checkout"] button[name="price"][value="` + digitalMonthly + `"]`
	page := b.Get("/subscribe").Submit(button, "email", email)
	if strings.HasPrefix(page.URL.String(), p.Standin) {
		t.Fatal("a known address went on to pay without signing in")
	}
	if page.SignedIn() {
		t.Fatal("typing a known address signed in")
	}
	if page.Find(`form[action="/signin"], form[action="/signin/code"]`).Length() == 0 {
		t.Errorf("a known address is not asked to sign in: %s\n%s", page.URL, page.Main())
	}
}

func TestSubscriberIsNotSoldASecondPlan(t *testing.T) {
	t.Parallel()
	b := Shared(t).Browser(t)
	b.SignIn(newEmail())
	b.Subscribe(digitalMonthly, "")
	b.Post("/checkout", "price", printMonthly, "return", "/").At("/account").Is(http.StatusOK).Says("Digital")
	if b.Get("/subscribe").Is(http.StatusOK).Find(`main button[name="price"]`).Length() > 0 {
		t.Error("a subscriber is sold a plan again")
	}
}

// Eight clicks at once open one page to pay on, for somebody who is signed in
// and for somebody new.
func TestImpatientClicks(t *testing.T) {
	t.Parallel()
	p := Shared(t)
	in, fresh := p.Browser(t), p.Browser(t)
	in.SignIn(newEmail())
	fresh.Spend(slugs(t, news.Metered), 1) // a device that the paper knows
	for name, b := range map[string]*Browser{"reader": in, "newcomer": fresh} {
		form := url.Values{"price": {digitalMonthly}, "return": {"/"}}
		if name == "newcomer" {
			form.Set("email", newEmail())
		}
		b.client.CheckRedirect = plain.CheckRedirect
		led := make([]string, 8)
		var all sync.WaitGroup
		for i := range led {
			all.Go(func() { led[i] = b.send(http.MethodPost, p.URL+"/checkout", form, p.URL).Header.Get("Location") })
		}
		all.Wait()
		pages := map[string]bool{}
		for _, where := range led {
			switch {
			case strings.HasPrefix(where, p.Standin+"/c/pay/"):
				pages[where] = true
			case name == "reader" || !strings.HasPrefix(where, "/signin"):
				t.Errorf("%s: a click led to %q", name, where)
			}
		}
		if len(pages) != 1 {
			t.Errorf("%s: eight clicks opened %d pages to pay on: %q", name, len(pages), led)
		}
	}
}

// Only the plan with the magazine asks for an address, and the success page
// believes no query string.
func TestPrintAsksForAnAddress(t *testing.T) {
	t.Parallel()
	p := Shared(t)
	b := p.Browser(t)
	b.SignIn(newEmail())
	if b.Get("/subscribe").Buy(digitalMonthly, "").Find(`[name="line1"]`).Length() > 0 {
		t.Error("the digital plan asks where the magazine goes")
	}
	hosted := b.Get("/subscribe").Buy(printMonthly, "")
	for _, name := range []string{"line1", "city", "postal", "country"} {
		hosted.One(`[name="` + name + `"]`)
	}
	hosted.Pay(goodCard).At("/checkout/done").Says(thanks)
	b.Get("/account").Says(`Print \+ Digital`).Says(`€14`)
}

func TestSuccessPageBelievesNoQuery(t *testing.T) {
	t.Parallel()
	p, closed := Shared(t), slugs(t, news.Subscribers)[0]
	payer := p.Browser(t)
	payer.SignIn(newEmail())
	done := payer.Subscribe(digitalMonthly, "")
	thief := p.Browser(t)
	thief.SignIn(newEmail())
	for _, address := range []string{done.URL.String(), "/checkout/done?session_id=cs_test_made_up", "/checkout/done?paid=1&status=complete", "/checkout/done"} {
		page := thief.Get(address)
		if strings.Contains(page.Main(), "Everything is open") {
			t.Errorf("%s thanks somebody who did not pay", address)
		}
		if page.Status >= 500 {
			t.Errorf("%s: status %d", address, page.Status)
		}
	}
	thief.Read(closed).Gate(paywall.Subscribe, paywall.Subscribers)
}

// The way back leads nowhere but into the paper.
func TestNoOpenRedirect(t *testing.T) {
	t.Parallel()
	p := Shared(t)
	for _, back := range []string{"https://example.com/", "//example.com/", `/\example.com`, "/%5cexample.com", "javascript:alert(1)", "/\t/example.com"} {
		b := p.Browser(t)
		b.client.CheckRedirect = func(req *http.Request, _ []*http.Request) error {
			if !strings.HasPrefix(req.URL.String(), p.URL+"/") {
				t.Errorf("the return path %q leads to %s", back, req.URL)
			}
			return nil
		}
		email := newEmail()
		b.Post("/signin", "email", email, "return", back)
		in := b.Post("/signin/code", "email", email, "code", p.Code(t, email), "return", back)
		if !in.SignedIn() {
			t.Errorf("%q: not signed in: %d at %s", back, in.Status, in.URL)
		}
	}
}

func TestCancelAndUndo(t *testing.T) {
	t.Parallel()
	p, closed := Shared(t), slugs(t, news.Subscribers)[0]
	b := p.Browser(t)
	b.SignIn(newEmail())
	b.Subscribe(digitalMonthly, "")
	asks := b.Get("/account").Click(`main a[href="/account/cancel"]`).At("/account/cancel")
	b.Get("/account").One(`a[href="/account/cancel"]`) // asking changed nothing
	asks.Submit(`main form[action="/account/cancel"] button`).At("/account").Is(http.StatusOK)
	eventually(t, "the account says that the plan ends", func() bool {
		return b.Get("/account").Find(`form[action="/account/resume"]`).Length() == 1
	})
	b.Read(closed).Gate(paywall.Open, paywall.Benefit) // what is paid for stays
	b.Get("/account").Submit(`form[action="/account/resume"] button`).At("/account").Is(http.StatusOK)
	eventually(t, "the account says that the plan goes on", func() bool {
		return b.Get("/account").Find(`a[href="/account/cancel"]`).Length() == 1
	})
}

func TestPortal(t *testing.T) {
	t.Parallel()
	p := Shared(t)
	b := p.Browser(t)
	b.SignIn(newEmail())
	b.Subscribe(digitalMonthly, "")
	portal := b.Get("/account").Submit(`form[action="/account/portal"] button`).Is(http.StatusOK)
	if !strings.HasPrefix(portal.URL.String(), p.Standin+"/p/session/") {
		t.Fatalf("the portal is at %s", portal.URL)
	}
}

// A month passes in a moment: the window rolls, the renewal is paid, access
// stays; and after a cancellation it ends with the period.
func TestMonthsPass(t *testing.T) {
	t.Parallel()
	p, metered, closed := Start(t, Options{}), slugs(t, news.Metered), slugs(t, news.Subscribers)[0]
	visitor := p.Browser(t)
	visitor.Spend(metered, 2)
	visitor.Read(metered[2]).Gate(paywall.Register, paywall.Spent)
	b, email := p.Browser(t), newEmail()
	b.SignIn(email)
	b.Subscribe(digitalMonthly, "")
	if n := invoices(b); n != 1 {
		t.Errorf("%d invoices after the first payment, want 1", n)
	}

	p.Advance(t, month+24*time.Hour)
	visitor.Read(metered[2]).Gate(paywall.Open, paywall.Allowance)
	visitor.Read(metered[3]).Gate(paywall.Open, paywall.Allowance)
	visitor.Read(metered[0]).Gate(paywall.Register, paywall.Spent) // its count has left the window too
	if n := invoices(b); n != 2 {
		t.Errorf("%d invoices after a month, want 2", n)
	}
	b.Read(closed).Gate(paywall.Open, paywall.Benefit)

	b.Get("/account/cancel").Submit(`main form[action="/account/cancel"] button`)
	b.Read(closed).Gate(paywall.Open, paywall.Benefit)
	p.Advance(t, month+24*time.Hour)
	b.Read(closed).Gate(paywall.Subscribe, paywall.Subscribers)
	if n := invoices(b); n != 2 {
		t.Errorf("%d invoices after the cancelled plan ended, want 2", n)
	}
	b.Read(metered[0]).Gate(paywall.Open, paywall.Allowance) // a lapsed reader has a registered reader's allowance
	b.Get("/subscribe").One(`main button[name="price"]`)
}

// A renewal that fails keeps everything open for a fortnight, under a banner,
// and then no longer; a new card in time mends it.
func TestFailedRenewal(t *testing.T) {
	t.Parallel()
	p, closed := Start(t, Options{}), slugs(t, news.Subscribers)[0]
	broke, mends := p.Browser(t), p.Browser(t)
	for _, b := range []*Browser{broke, mends} {
		b.SignIn(newEmail())
		b.Subscribe(digitalMonthly, "")
		b.changeCard(failingCard)
	}
	const day = 24 * time.Hour
	p.Advance(t, month+day)
	for _, b := range []*Browser{broke, mends} {
		warned := b.Read(closed).Gate(paywall.Open, paywall.Benefit)
		if said := warned.Words(); !strings.Contains(said, "declined the last payment") {
			t.Errorf("no banner tells of the failed payment:\n%.600s", said)
		}
	}
	mends.changeCard(goodCard)
	p.Advance(t, 11*day)
	broke.Read(closed).Gate(paywall.Open, paywall.Benefit)
	mended := mends.Read(closed).Gate(paywall.Open, paywall.Benefit)
	if strings.Contains(mended.Words(), "declined the last payment") {
		t.Error("the banner stays though a new card has paid")
	}
	p.Advance(t, 4*day)
	broke.Read(closed).Gate(paywall.Subscribe, paywall.Subscribers)
	mends.Read(closed).Gate(paywall.Open, paywall.Benefit)
}

// changeCard puts another card on file at the portal.
func (b *Browser) changeCard(card string) {
	b.t.Helper()
	portal := b.Get("/account").Submit(`form[action="/account/portal"] button`).Is(http.StatusOK)
	portal.Submit(`button[value="card"]`, "number", card, "exp", "12/40", "cvc", "123").Is(http.StatusOK)
}

func invoices(b *Browser) int {
	b.t.Helper()
	return b.Get("/account").Is(http.StatusOK).Find(`#invoices tbody tr`).Length()
}
