package e2e

import (
	"net/http"
	"strings"
	"testing"

	"broadsheet/internal/pgtest"
	"broadsheet/news"
	"broadsheet/paywall"
)

// The way that the paper lives on, on both databases and without JavaScript.

func TestReadRegisterSubscribeReadOn(t *testing.T) {
	t.Parallel()
	walkToSubscription(t, Shared(t))
}

func TestReadRegisterSubscribeReadOnPostgreSQL(t *testing.T) {
	t.Parallel()
	walkToSubscription(t, Start(t, Options{Database: pgtest.URL(t)}))
}

func walkToSubscription(t *testing.T, p *Paper) {
	t.Helper()
	metered, closed := slugs(t, news.Metered), slugs(t, news.Subscribers)
	b, email := p.Browser(t), newEmail()

	front := b.Get("/").Is(http.StatusOK)
	front.Click(`main a[href^="/stories/"]`).Is(http.StatusOK).One("article[data-story] .story-body p")
	b.Forget()

	// Two stories are free, and reading one again costs nothing.
	b.Read(metered[0]).Gate(paywall.Open, paywall.Allowance)
	second := b.Read(metered[1]).Gate(paywall.Open, paywall.Allowance)
	if words := second.Words(); !strings.Contains(words, "0 of 2 free stories left") {
		t.Errorf("the meter is not seen on the second story:\n%.400s", words)
	}
	b.Read(metered[0]).Gate(paywall.Open, paywall.Counted)

	// The third asks for an address, which opens it in place.
	wall := b.Read(metered[2]).Gate(paywall.Register, paywall.Spent)
	registered := wall.Register(email).At(storyPath(metered[2])).Gate(paywall.Open, paywall.Allowance)
	if !registered.SignedIn() {
		t.Error("the story does not know that its reader is signed in")
	}
	b.Read(metered[3]).Gate(paywall.Open, paywall.Allowance)
	b.Read(metered[4]).Gate(paywall.Open, paywall.Allowance)
	for _, slug := range metered[:5] {
		b.Read(slug).Gate(paywall.Open, paywall.Counted)
	}
	meter := b.Get("/meter").Is(http.StatusOK)
	for _, slug := range metered[:5] {
		meter.One(`main a[href="` + storyPath(slug) + `"]`)
	}

	// Five in all: the sixth asks for a plan, with prices in place.
	last := b.Read(metered[5]).Gate(paywall.Subscribe, paywall.Spent)
	paid := last.Buy(digitalMonthly, "").Pay(goodCard).At("/checkout/done").Is(http.StatusOK).Says(thanks)
	paid.Click(`main a[href="`+storyPath(metered[5])+`"]`).Gate(paywall.Open, paywall.Benefit)
	b.Read(closed[0]).Gate(paywall.Open, paywall.Benefit)

	b.Get("/account").Is(http.StatusOK).Says(`Digital`).Says(`€7`)
	p.mailed(t, email, `(?i)(receipt|welcome|is yours)`)
}

// A story for subscribers is shut for everybody else, whatever is left.
func TestSubscriberOnlyStory(t *testing.T) {
	t.Parallel()
	p := Shared(t)
	closed := slugs(t, news.Subscribers)[0]
	b := p.Browser(t)
	b.Read(closed).Gate(paywall.Subscribe, paywall.Subscribers)
	b.SignIn(newEmail())
	b.Read(closed).Gate(paywall.Subscribe, paywall.Subscribers)
}

func TestFreeStoriesAreNeverCounted(t *testing.T) {
	t.Parallel()
	b := Shared(t).Browser(t)
	for _, slug := range slugs(t, news.Free) {
		b.Read(slug).Gate(paywall.Open, paywall.Free)
	}
	if b.Cookie("visitor") != "" {
		t.Error("a free story set a cookie")
	}
	b.Read(slugs(t, news.Metered)[0]).Gate(paywall.Open, paywall.Allowance)
}

// The pool is the reader's: what a device read before counts once, and stays
// with the reader when another device signs in.
func TestOnePoolPerReader(t *testing.T) {
	t.Parallel()
	p, metered, email := Shared(t), slugs(t, news.Metered), newEmail()
	phone, laptop := p.Browser(t), p.Browser(t)
	phone.Spend(metered, 2)
	phone.Read(metered[2]).Register(email).Gate(paywall.Open, paywall.Allowance) // 3
	laptop.Read(metered[0]).Gate(paywall.Open, paywall.Allowance)                // the same as the phone's
	laptop.Read(metered[3]).Gate(paywall.Open, paywall.Allowance)                // 4
	laptop.SignIn(email)
	laptop.Read(metered[4]).Gate(paywall.Open, paywall.Allowance) // 5
	laptop.Read(metered[5]).Gate(paywall.Subscribe, paywall.Spent)
	phone.Read(metered[4]).Gate(paywall.Open, paywall.Counted)
	phone.Read(metered[5]).Gate(paywall.Subscribe, paywall.Spent)

	// A device stays in its reader's pool after sign-out.
	phone.Get("/account").Submit(`form[action="/signout"]`)
	again := phone.Read(metered[6])
	if again.SignedIn() {
		t.Fatal("signing out did not sign out")
	}
	if wall := again.One("article[data-story]").AttrOr("data-gate", ""); wall == string(paywall.Open) {
		t.Error("signing out opened a story that the reader's allowance does not cover")
	}
	phone.Read(metered[4]).Gate(paywall.Open, paywall.Counted)
}

// Mail scanners open links: a GET changes nothing, and the button works once.
func TestSignInLink(t *testing.T) {
	t.Parallel()
	p, email := Shared(t), newEmail()
	b := p.Browser(t)
	b.Get("/signin?return="+storyPath(slugs(t, news.Free)[0])).Submit(`form[action="/signin"]`, "email", email).Is(http.StatusOK)
	link := p.Link(t, email)
	scanner := p.Browser(t)
	for range 2 {
		if scanner.Get(link).Is(http.StatusOK).SignedIn() {
			t.Fatal("opening the link signed somebody in")
		}
	}
	page := b.Get(link).Is(http.StatusOK)
	in := page.Submit(`main form`).Is(http.StatusOK)
	if !in.SignedIn() {
		t.Fatalf("the button did not sign in: at %s", in.URL)
	}
	in.At(storyPath(slugs(t, news.Free)[0]))
	if used := scanner.Post(link); used.SignedIn() || used.Status < 400 {
		t.Errorf("the link worked twice: %d at %s", used.Status, used.URL)
	}
}

func TestWrongCode(t *testing.T) {
	t.Parallel()
	p, email := Shared(t), newEmail()
	b := p.Browser(t)
	page := b.Get("/signin").Submit(`form[action="/signin"]`, "email", email)
	right := p.Code(t, email)
	wrong := "000000"
	if right == wrong {
		wrong = "000001"
	}
	page = page.Submit(`form[action="/signin/code"]`, "code", wrong).Is(http.StatusUnprocessableEntity)
	if page.SignedIn() {
		t.Fatal("a wrong code signed in")
	}
	if !page.Submit(`form[action="/signin/code"]`, "code", right).Is(http.StatusOK).SignedIn() {
		t.Error("the right code after a wrong one did not sign in")
	}
}

// Guessing ends after five tries, whatever comes then.
func TestGuessingCodes(t *testing.T) {
	t.Parallel()
	p, email := Shared(t), newEmail()
	b := p.Browser(t)
	page := b.Get("/signin").Submit(`form[action="/signin"]`, "email", email)
	right := p.Code(t, email)
	form := controls(page.One(`form[action="/signin/code"]`))
	guess := func(code string) *Page {
		fields := []string{"code", code}
		for name := range form {
			if name != "code" {
				fields = append(fields, name, form.Get(name))
			}
		}
		return b.Post("/signin/code", fields...)
	}
	for i := range 5 {
		code := string(rune('0'+i)) + "12345"
		if code == right {
			continue
		}
		guess(code)
	}
	if guess(right).SignedIn() {
		t.Error("the right code still worked after five wrong ones")
	}
}

func TestSignOutEverywhere(t *testing.T) {
	t.Parallel()
	p, email := Shared(t), newEmail()
	here, there := p.Browser(t), p.Browser(t)
	here.SignIn(email)
	there.SignIn(email)
	session := there.Cookie("session")
	here.Get("/account").Is(http.StatusOK).Press("Sign out everywhere")
	for name, b := range map[string]*Browser{"here": here, "there": there} {
		if b.Get("/").SignedIn() {
			t.Errorf("%s is still signed in", name)
		}
	}
	// The cookie of an ended session is worth nothing, wherever it is put back.
	thief := p.Browser(t)
	thief.SetCookie("session", session)
	if thief.Get("/").SignedIn() || thief.Get("/account").URL.Path == "/account" {
		t.Error("an ended session came back with its old cookie")
	}
}

// Signing in makes a new token: one that somebody planted before is worth
// nothing.
func TestSessionIsRenewedAtSignIn(t *testing.T) {
	t.Parallel()
	p, email := Shared(t), newEmail()
	b := p.Browser(t)
	planted := strings.Repeat("A", 43)
	b.SetCookie("session", planted)
	b.SignIn(email)
	first := b.Cookie("session")
	if first == planted {
		t.Fatal("the session took the token that was planted")
	}
	b.Get("/account").Submit(`form[action="/signout"]`)
	b.SetCookie("session", first)
	if b.Get("/").SignedIn() {
		t.Error("the token outlived its sign-out")
	}
	b.SignIn(email)
	if b.Cookie("session") == first {
		t.Error("the next session has the same token")
	}
}
