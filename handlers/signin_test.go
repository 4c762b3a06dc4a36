package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"broadsheet/handlers"
	"broadsheet/internal/clock"
	"broadsheet/internal/mail"
	"broadsheet/journey"
	"broadsheet/news"
	"broadsheet/reader"
	letters "broadsheet/views/mail"
)

// atOnce sends a mail where a paper would queue it.
type atOnce struct{ mail.Sender }

func (a atOnce) Post(ctx context.Context, m mail.Message) error { return a.Send(ctx, m) }

// entrance is a site that people sign in to, with its mailbox open and its wall
// clock in the test's hand.
type entrance struct {
	*bench
	wall *hands
	box  *mail.Box
}

func newEntrance(t *testing.T, change ...func(*handlers.Deps)) *entrance {
	t.Helper()
	e := &entrance{wall: &hands{at: time.Now().UTC()}}
	var err error
	if e.box, err = mail.OpenBox(t.TempDir(), "post@paper.example", e.wall); err != nil {
		t.Fatal(err)
	}
	keys, err := reader.NewKeys("the secret of this bench")
	if err != nil {
		t.Fatal(err)
	}
	e.bench = newBench(t, append([]func(*handlers.Deps){func(d *handlers.Deps) {
		db, base := d.Gate.(storeOf), d.Config.BaseURL.String()
		d.Config.Development, d.Wall, d.Box = true, e.wall, e.box
		d.Entry = journey.NewSignIn(journey.SignInParts{
			Store: db, Pools: d.Meter, Outbox: atOnce{e.box}, Keys: keys, Counts: countsOf(d),
			House: func(context.Context) (letters.House, error) {
				return letters.House{Paper: news.Publication{Name: "The Test"}, BaseURL: base}, nil
			},
			Link: func(token string) string { return base + "/signin/link/" + token },
		})
	}}, change...)...)
	return e
}

// storeOf is the part of the store that signing in needs.
type storeOf interface {
	reader.SignInStore
	reader.AccountStore
}

// mailed is what the newest mail to an address holds.
func (e *entrance) mailed(w *browser, to string) (digits, link string) {
	w.t.Helper()
	a := w.get("/_mail/latest?to=" + url.QueryEscape(to))
	if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") {
		w.t.Fatalf("no mail to %s: %d", to, a.StatusCode)
	}
	return regexp.MustCompile(`\b\d{6}\b`).FindString(a.body), regexp.MustCompile(`/signin/link/[a-z2-7]{26}`).FindString(a.body)
}

// signInAs signs a browser in by code.
func (e *entrance) signInAs(w *browser, email string) {
	w.t.Helper()
	if a := w.send(http.MethodPost, "/signin", url.Values{"email": {email}}); a.StatusCode != http.StatusOK {
		w.t.Fatalf("asking for a code: %d", a.StatusCode)
	}
	digits, _ := e.mailed(w, email)
	if a := w.send(http.MethodPost, "/signin/code", url.Values{"email": {email}, "code": {digits}}); a.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("signing in: %d", a.StatusCode)
	}
}

// signedIn reports what the masthead says.
func (w *browser) signedIn() bool {
	w.t.Helper()
	return w.get("/").page(w.t).Find(`header a[href="/account"]`).Length() > 0
}

// logged waits until the log tells of a request, and so of those before it.
func (e *entrance) logged(id string) {
	e.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(10 * time.Second); !strings.Contains(e.log.String(), id); {
		select {
		case <-tick.C:
		case <-end:
			e.t.Fatal("the log never told of", id)
		}
	}
}

// cookie is the value of a cookie that the browser holds.
func (w *browser) cookie(name string) string {
	u, err := url.Parse(w.base)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range w.client.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func TestSigningInByCode(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	w := e.browser()
	if w.signedIn() {
		t.Fatal("a stranger is signed in")
	}
	form := w.get("/signin?return=/stories/bread").page(t).Find(`form[action="/signin"]`)
	if form.Find(`input[name="email"]`).Length() != 1 || form.Find(`input[name="return"]`).AttrOr("value", "") != "/stories/bread" {
		t.Error("the form for an address is not whole")
	}
	a := w.send(http.MethodPost, "/signin", url.Values{"email": {" Maud@Example.org"}, "return": {"/stories/bread"}})
	page := a.page(t).Find(`form[action="/signin/code"]`)
	if a.StatusCode != http.StatusOK || page.Find(`input[name="email"]`).AttrOr("value", "") != "Maud@example.org" ||
		page.Find(`input[name="return"]`).AttrOr("value", "") != "/stories/bread" || page.Find(`input[name="code"]`).Length() != 1 {
		t.Fatalf("the form for a code is not whole (%d)", a.StatusCode)
	}
	digits, _ := e.mailed(w, "maud@example.org")
	wrong := "000000"
	if digits == wrong {
		wrong = "111111"
	}
	a = w.send(http.MethodPost, "/signin/code", url.Values{"email": {"Maud@example.org"}, "code": {wrong}, "return": {"/stories/bread"}})
	if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, "4 tries are left") || a.page(t).Find(`input[name="code"]`).AttrOr("value", "") != wrong {
		t.Errorf("a wrong code: %d", a.StatusCode)
	}
	a = w.send(http.MethodPost, "/signin/code", url.Values{"email": {"Maud@example.org"}, "code": {digits}, "return": {"/stories/bread"}})
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/stories/bread" || a.Header.Get("Cache-Control") != "private, no-store" {
		t.Fatalf("the right code: %d to %q", a.StatusCode, a.Header.Get("Location"))
	}
	if !w.signedIn() {
		t.Error("the code signed nobody in")
	}
	if a := w.get("/signin?return=/meter"); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/meter" {
		t.Error("somebody who is signed in is asked again")
	}
}

// The address need not come with the code: the browser knows it.
func TestTheCodeAloneIsEnough(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	w := e.browser()
	w.send(http.MethodPost, "/signin", url.Values{"email": {"maud@example.org"}})
	if a := w.get("/signin/code"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "maud@example.org") {
		t.Error("the form cannot be come back to:", a.StatusCode)
	}
	digits, _ := e.mailed(w, "maud@example.org")
	if a := w.send(http.MethodPost, "/signin/code", url.Values{"code": {digits}}); a.StatusCode != http.StatusSeeOther || !w.signedIn() {
		t.Error("not signed in:", a.StatusCode)
	}
	stranger := e.browser()
	if a := stranger.send(http.MethodPost, "/signin/code", url.Values{"code": {"123456"}}); a.StatusCode != http.StatusUnprocessableEntity {
		t.Error("a code of nobody's:", a.StatusCode)
	}
	if a := stranger.get("/signin/code"); a.StatusCode != http.StatusSeeOther {
		t.Error("a form for no address:", a.StatusCode)
	}
}

// Programs that look through mail open links, with GET and with HEAD.
func TestOpeningALinkChangesNothing(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	w, scanner, phone := e.browser(), e.browser(), e.browser()
	w.send(http.MethodPost, "/signin", url.Values{"email": {"maud@example.org"}, "return": {"/stories/bread"}})
	_, link := e.mailed(w, "maud@example.org")
	for range 3 {
		a := scanner.get(link)
		if a.StatusCode != http.StatusOK || len(a.Cookies()) != 0 || a.page(t).Find(`form[action="`+link+`"] button`).Length() != 1 {
			t.Fatalf("opened: %d, %d cookies", a.StatusCode, len(a.Cookies()))
		}
		if h := scanner.send(http.MethodHead, link, nil); h.StatusCode != http.StatusOK || len(h.Cookies()) != 0 {
			t.Fatalf("looked at: %d", h.StatusCode)
		}
	}
	if scanner.signedIn() {
		t.Fatal("opening it signed in")
	}
	a := phone.send(http.MethodPost, link, url.Values{})
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/stories/bread" || !phone.signedIn() {
		t.Errorf("pressed on another device: %d to %q", a.StatusCode, a.Header.Get("Location"))
	}
	if a := scanner.send(http.MethodPost, link, url.Values{}); a.StatusCode != http.StatusUnprocessableEntity || scanner.signedIn() {
		t.Error("pressed again:", a.StatusCode)
	}
	if a := scanner.get(link); a.StatusCode != http.StatusNotFound || a.page(t).Find(`form[action="/signin"]`).Length() != 1 {
		t.Error("opened again:", a.StatusCode)
	}
	e.logged(scanner.get("/signin").Header.Get("X-Request-Id"))
	if token := link[strings.LastIndexByte(link, '/')+1:]; strings.Contains(e.log.String(), token) {
		t.Error("the log holds the link's token")
	}
}

func TestKnownAndUnknownAddressesLookAlike(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	e.signInAs(e.browser(), "maud@example.org")
	known := e.browser().send(http.MethodPost, "/signin", url.Values{"email": {"maud@example.org"}})
	unknown := e.browser().send(http.MethodPost, "/signin", url.Values{"email": {"nell@example.org"}})
	if known.StatusCode != unknown.StatusCode || strings.ReplaceAll(known.body, "maud", "nell") != unknown.body {
		t.Error("the answers tell which address has an account")
	}
}

func TestASecondPressSendsNoSecondMail(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	w := e.browser()
	for i, again := range []bool{false, true} {
		a := w.send(http.MethodPost, "/signin", url.Values{"email": {"maud@example.org"}})
		if a.StatusCode != http.StatusOK || strings.Contains(a.body, "less than a minute ago") != again {
			t.Errorf("press %d: %d", i+1, a.StatusCode)
		}
	}
	if all, err := e.box.List(); err != nil || len(all) != 1 {
		t.Error(len(all), err)
	}
}

func TestMistypedAddressesAreShownAgain(t *testing.T) {
	t.Parallel()
	w := newEntrance(t).browser()
	a := w.send(http.MethodPost, "/signin", url.Values{"email": {"maud.example.org"}, "return": {"/meter"}})
	page := a.page(t)
	if a.StatusCode != http.StatusUnprocessableEntity || page.Find(`input[name="email"]`).AttrOr("value", "") != "maud.example.org" ||
		page.Find(`input[name="return"]`).AttrOr("value", "") != "/meter" || !strings.Contains(page.Find(".error").Text(), "has an @ in it") {
		t.Errorf("%d: %s", a.StatusCode, page.Find(".error").Text())
	}
}

func TestAnExpiredCodeOffersANewOne(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	w := e.browser()
	w.send(http.MethodPost, "/signin", url.Values{"email": {"maud@example.org"}})
	digits, link := e.mailed(w, "maud@example.org")
	e.wall.pass(reader.CodeLife)
	a := w.send(http.MethodPost, "/signin/code", url.Values{"email": {"maud@example.org"}, "code": {digits}})
	form := a.page(t).Find(`form[action="/signin"]`)
	if a.StatusCode != http.StatusUnprocessableEntity || form.Find(`input[name="email"]`).AttrOr("value", "") != "maud@example.org" || w.signedIn() {
		t.Error("an expired code:", a.StatusCode)
	}
	if a := w.send(http.MethodPost, link, url.Values{}); a.StatusCode != http.StatusUnprocessableEntity || w.signedIn() {
		t.Error("an expired link:", a.StatusCode)
	}
}

func TestNoWayBackLeadsElsewhere(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	for i, back := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)", "/a\r\nSet-Cookie: x=y"} {
		w, email := e.browser(), fmt.Sprintf("r%d@example.org", i)
		w.send(http.MethodPost, "/signin", url.Values{"email": {email}, "return": {back}})
		digits, _ := e.mailed(w, email)
		a := w.send(http.MethodPost, "/signin/code", url.Values{"email": {email}, "code": {digits}, "return": {back}})
		if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/" {
			t.Errorf("%q leads to %q (%d)", back, a.Header.Get("Location"), a.StatusCode)
		}
		if a := w.send(http.MethodPost, "/signout", url.Values{"return": {back}}); a.Header.Get("Location") != "/" {
			t.Errorf("signing out to %q leads to %q", back, a.Header.Get("Location"))
		}
	}
}

func TestSigningOutHereAndEverywhere(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	here, there, away := e.browser(), e.browser(), e.browser()
	for _, w := range []*browser{here, there, away} {
		e.signInAs(w, "maud@example.org")
	}
	token := here.cookie("session")
	if a := here.send(http.MethodPost, "/signout", url.Values{}); a.StatusCode != http.StatusSeeOther || here.signedIn() || !there.signedIn() {
		t.Fatal("signing out here:", a.StatusCode)
	}
	if a := e.browser().get("/", "Cookie", "session="+token); a.page(t).Find(`header a[href="/account"]`).Length() > 0 {
		t.Error("the cookie works after signing out")
	}
	if a := there.send(http.MethodPost, "/account/sessions", url.Values{"session": {"all"}}); a.StatusCode != http.StatusSeeOther {
		t.Error(a.StatusCode)
	}
	if there.signedIn() || away.signedIn() {
		t.Error("signing out everywhere left somebody in")
	}
	if a := there.send(http.MethodPost, "/account/sessions", url.Values{"session": {"all"}}); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/signin") {
		t.Error("a stranger ends sessions:", a.StatusCode)
	}
}

func TestEndingOneSession(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	here, there, other := e.browser(), e.browser(), e.browser()
	e.signInAs(there, "maud@example.org")
	e.wall.pass(time.Minute + time.Second)
	e.signInAs(here, "maud@example.org")
	e.signInAs(other, "ed@example.org")
	maud, ok, err := e.db.ReaderByForm(t.Context(), "maud@example.org")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	all, err := e.db.SessionsOf(t.Context(), maud.ID, e.wall.Now())
	if err != nil || len(all) != 2 {
		t.Fatal(len(all), err)
	}
	older := all[1].ID
	other.send(http.MethodPost, "/account/sessions", url.Values{"session": {older}})
	if !there.signedIn() {
		t.Fatal("another reader ended it")
	}
	here.send(http.MethodPost, "/account/sessions", url.Values{"session": {older}})
	if there.signedIn() || !here.signedIn() {
		t.Error("ending one ended", there.signedIn(), here.signedIn())
	}
}

func TestFormsFromElsewhereSignNobodyInOrOut(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	w := e.browser()
	e.signInAs(w, "maud@example.org")
	for _, path := range []string{"/signin", "/signin/code", "/signin/link/abc", "/signout", "/account/sessions"} {
		a := w.send(http.MethodPost, path, url.Values{"email": {"nell@example.org"}, "session": {"all"}}, "Sec-Fetch-Site", "cross-site")
		if a.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	if !w.signedIn() {
		t.Error("another site signed the reader out")
	}
	if _, ok, err := e.box.Latest("nell@example.org"); ok || err != nil {
		t.Error("another site sent a mail", err)
	}
}

func TestLimitsAnswer429AndSayWhen(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	w := e.browser()
	ask := func() answer { return w.send(http.MethodPost, "/signin", url.Values{"email": {"maud@example.org"}}) }
	for range reader.MailsToAddress.Most {
		if a := ask(); a.StatusCode != http.StatusOK {
			t.Fatal(a.StatusCode)
		}
		e.wall.pass(2 * time.Minute)
	}
	a := ask()
	if a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") != "3000" || !strings.Contains(a.body, "50 minutes") {
		t.Errorf("%d, Retry-After %q", a.StatusCode, a.Header.Get("Retry-After"))
	}
	e.wall.pass(50 * time.Minute)
	if a := ask(); a.StatusCode != http.StatusOK {
		t.Error("the limit never ends:", a.StatusCode)
	}
}

// Without trusted proxies a network cannot be told, and all readers together
// must not be taken for one.
func TestAnUnknownNetworkIsNotLimited(t *testing.T) {
	t.Parallel()
	for _, proxies := range [][]netip.Prefix{nil, {netip.MustParsePrefix("192.0.2.0/24")}} {
		e := newEntrance(t, func(d *handlers.Deps) { d.Config.TrustedProxies = proxies })
		limited := false
		for i := range reader.MailsFromNetwork.Most + 1 {
			a := e.browser().send(http.MethodPost, "/signin", url.Values{"email": {fmt.Sprintf("r%d@example.org", i)}})
			limited = a.StatusCode == http.StatusTooManyRequests
		}
		if limited != (proxies != nil) {
			t.Errorf("trusting %v: limited is %v", proxies, limited)
		}
	}
}

func TestTheFirstProofEndsABuyersSession(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	buyer := e.browser()
	bought, err := reader.NewAccounts(e.db, reader.Addresses{}).Buy(t.Context(), "maud@example.org", noon)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := reader.NewSession("s", bought.ID, true, "", e.wall.Now()).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	token := strings.Repeat("b", 43)
	if err := e.db.Sessions(clock.Wall{}).Commit(handlers.TokenHash(token), raw, e.wall.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(e.url)
	if err != nil {
		t.Fatal(err)
	}
	buyer.client.Jar.SetCookies(u, []*http.Cookie{{Name: "session", Value: token, Path: "/"}})
	if !buyer.signedIn() {
		t.Fatal("the buyer is not signed in")
	}
	if a := buyer.get("/signin"); a.StatusCode != http.StatusOK {
		t.Error("an unverified buyer cannot prove the address:", a.StatusCode)
	}
	owner := e.browser()
	owner.send(http.MethodPost, "/signin", url.Values{"email": {"maud@example.org"}, "return": {"/stories/bread"}})
	digits, _ := e.mailed(owner, "maud@example.org")
	a := owner.send(http.MethodPost, "/signin/code", url.Values{"email": {"maud@example.org"}, "code": {digits}, "return": {"/stories/bread"}})
	if a.Header.Get("Location") != "/account" {
		t.Errorf("the owner is led to %q, not to what was bought", a.Header.Get("Location"))
	}
	if buyer.signedIn() || !owner.signedIn() {
		t.Error("signed in are the buyer:", buyer.signedIn(), "the owner:", owner.signedIn())
	}
}

func TestTheMailbox(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	w := e.browser()
	if a := w.get("/_mail/latest?to=maud@example.org"); a.StatusCode != http.StatusNotFound {
		t.Error("no mail:", a.StatusCode)
	}
	if a := w.get("/_mail"); a.StatusCode != http.StatusOK {
		t.Error("an empty mailbox:", a.StatusCode)
	}
	w.send(http.MethodPost, "/signin", url.Values{"email": {"maud@example.org"}})
	link, ok := w.get("/_mail").page(t).Find(`main a[href^="/_mail/"]`).Attr("href")
	if !ok {
		t.Fatal("the mail is not listed")
	}
	if a := w.get(link); a.StatusCode != http.StatusOK || !strings.Contains(a.Header.Get("Content-Security-Policy"), "default-src 'none'") || !strings.Contains(a.body, "/signin/link/") {
		t.Error("the mail as it looks:", a.StatusCode)
	}
	if a := w.get("/_mail/0000"); a.StatusCode != http.StatusNotFound {
		t.Error("no such mail:", a.StatusCode)
	}
	production := newEntrance(t, func(d *handlers.Deps) { d.Config.Development = false }).browser()
	for _, path := range []string{"/_mail", "/_mail/latest", link} {
		if a := production.get(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s in production: %d", path, a.StatusCode)
		}
	}
}
