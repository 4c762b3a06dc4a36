package handlers_test

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/handlers"
	"broadsheet/internal/id"
	"broadsheet/internal/jobs"
	"broadsheet/news"
	"broadsheet/reader"
	"broadsheet/store"
)

// deskBench is a site with a newsroom, whose wall clock is in the test's hand
// and whose mailbox is open.
type deskBench struct {
	*entrance
	secrets *desk.Secrets
}

const benchSecret = "the secret of this bench"

func newDeskBench(t *testing.T, change ...func(*handlers.Deps)) *deskBench {
	t.Helper()
	b := &deskBench{}
	b.entrance = newEntrance(t, append([]func(*handlers.Deps){func(d *handlers.Deps) {
		db := d.Gate.(*store.DB)
		keys, err := desk.NewKeys(benchSecret)
		if err != nil {
			t.Fatal(err)
		}
		limits, err := reader.NewKeys(benchSecret)
		if err != nil {
			t.Fatal(err)
		}
		b.secrets = desk.NewSecrets(desk.SecretParts{Store: db, Keys: keys, Limits: limits, Paper: desk.Paper{
			Origin: "http://localhost", Name: func(context.Context) (string, error) { return "The Test", nil },
		}})
		d.Newsroom = handlers.Newsroom{Desk: db, Staff: desk.NewStaff(db, reader.Addresses{}), Secrets: b.secrets, Journal: desk.NewJournal(db),
			Gate: db, House: db, Numbers: db, Stories: db,
			Vitals: func(ctx context.Context) (desk.Vitals, error) { return db.Vitals(ctx, b.wall.Now(), noon) }, Media: news.MediaDir(filepath.Join(t.TempDir(), "media")),
			Editing: &news.Editing{Store: db, Calendar: func(context.Context, news.Due) error { return nil }}}
		d.Newsroom.Readers, d.Newsroom.Support, d.Newsroom.Plans = db, benchSupport(db, d.Box), db
		if d.Till.Billing == nil {
			d.Till.Billing = benchBilling(db, d)
		}
	}}, change...)...)
	return b
}

// member is somebody of the desk with a browser that has opened it.
type member struct {
	*browser
	reader.Reader
	session string
}

// anAccount is an account with a proven address; role "" is a reader's.
func (b *deskBench) anAccount(name string, role reader.Role) reader.Reader {
	b.t.Helper()
	ctx := b.t.Context()
	r := reader.Reader{ID: id.New(noon), Email: name + "@example.org", Name: strings.ToUpper(name[:1]) + name[1:], Created: noon, Verified: noon}
	if made, err := b.db.AddReader(ctx, r, r.Email); err != nil || !made {
		b.t.Fatal(made, err)
	}
	if role != "" {
		if _, err := b.db.SetStaff(ctx, r.ID, role, noon); err != nil {
			b.t.Fatal(err)
		}
	}
	return r
}

// signedIn is the account in a browser, without the second factor.
func (b *deskBench) signedIn(r reader.Reader) member {
	b.t.Helper()
	m := member{browser: b.browser(), Reader: r}
	b.signInAs(m.browser, r.Email)
	open, err := b.db.SessionsOf(b.t.Context(), r.ID, b.wall.Now())
	if err != nil || len(open) == 0 {
		b.t.Fatal(open, err)
	}
	m.session = open[0].ID
	return m
}

// atDesk is a member of a role who has opened the desk.
func (b *deskBench) atDesk(name string, role reader.Role) member {
	b.t.Helper()
	m := b.signedIn(b.anAccount(name, role))
	now := b.wall.Now()
	if err := b.db.MarkSession(b.t.Context(), m.session, desk.Mark{Method: desk.ByTOTP, Shown: now, Seen: now}); err != nil {
		b.t.Fatal(err)
	}
	return m
}

// entries is the whole record, the oldest first.
func (b *deskBench) entries() []desk.Entry {
	b.t.Helper()
	all, err := b.db.EntriesAfter(b.t.Context(), 0, 1000)
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

func TestTheNewsroomIsNotThereForOthers(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	for _, path := range []string{"/newsroom", "/newsroom/staff", "/newsroom/record", "/newsroom/signin", "/newsroom/enrol"} {
		if a := b.browser().get(path); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/signin?return=%2Fnewsroom") {
			t.Errorf("%s, for a stranger: %d to %q", path, a.StatusCode, a.Header.Get("Location"))
		}
	}
	r := b.signedIn(b.anAccount("maud", ""))
	for _, path := range []string{"/newsroom", "/newsroom/staff", "/newsroom/signin", "/newsroom/enrol"} {
		if a := r.get(path); a.StatusCode != http.StatusNotFound || strings.Contains(a.body, "Newsroom") {
			t.Errorf("%s, for a reader: %d", path, a.StatusCode)
		}
	}
}

// A session that is only a reader's opens nothing, however high the role.
func TestASignInByMailIsNotEnough(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	owner := b.signedIn(b.anAccount("olive", reader.Owner))
	if a := owner.get("/newsroom/staff"); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/newsroom/signin?return=%2Fnewsroom%2Fstaff" {
		t.Fatalf("%d to %q", a.StatusCode, a.Header.Get("Location"))
	}
	// Without a factor the door leads to setting one up.
	if a := owner.get("/newsroom/signin?return=%2Fnewsroom%2Fstaff"); a.Header.Get("Location") != "/newsroom/enrol?return=%2Fnewsroom%2Fstaff" {
		t.Fatalf("%d to %q", a.StatusCode, a.Header.Get("Location"))
	}
	a := owner.send(http.MethodPost, "/newsroom/staff", url.Values{"email": {"x@example.org"}, "role": {"owner"}}, "Referer", b.url+"/newsroom/staff")
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/newsroom/signin?lost=1&return=%2Fnewsroom%2Fstaff" {
		t.Errorf("a form: %d to %q", a.StatusCode, a.Header.Get("Location"))
	}
	if all, err := b.db.Staff(t.Context(), b.wall.Now()); err != nil || len(all) != 1 {
		t.Error("the form was taken", err)
	}
}

// secretOn is the key that the enrolment page shows.
func secretOn(t *testing.T, a answer) string {
	t.Helper()
	key := a.page(t).Find("code.key").Text()
	if key == "" {
		t.Fatalf("no key on the page (%d)", a.StatusCode)
	}
	return key
}

func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := desk.TOTPCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestTheFirstSecondFactorAndEveryDayAfter(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	olive := b.anAccount("olive", reader.Owner)
	owner := b.signedIn(olive)
	page := owner.get("/newsroom/enrol?return=%2Fnewsroom%2Frecord")
	secret := secretOn(t, page)
	if page.page(t).Find("svg.qr path").Length() != 1 {
		t.Error("there is nothing to scan")
	}
	if again := secretOn(t, owner.get("/newsroom/enrol")); again != secret {
		t.Error("a reload spoils what was scanned")
	}
	if other := secretOn(t, b.signedIn(olive).get("/newsroom/enrol")); other == secret {
		t.Error("another session is offered the same secret")
	}
	wrong := owner.send(http.MethodPost, "/newsroom/enrol", url.Values{"code": {"12345"}})
	if wrong.StatusCode != http.StatusUnprocessableEntity || wrong.page(t).Find("#code").AttrOr("value", "") != "12345" || wrong.page(t).Find("#code-err").Text() == "" {
		t.Errorf("five digits: %d", wrong.StatusCode)
	}
	first := codeAt(t, secret, b.wall.Now())
	done := owner.send(http.MethodPost, "/newsroom/enrol", url.Values{"code": {first}, "return": {"/newsroom/record"}})
	codes := done.page(t).Find(".codes code")
	if done.StatusCode != http.StatusOK || codes.Length() != 10 || done.page(t).Find("main a.btn").AttrOr("href", "") != "/newsroom/record" {
		t.Fatalf("%d, %d recovery codes", done.StatusCode, codes.Length())
	}
	if got := owner.get("/newsroom/record").StatusCode; got != http.StatusOK {
		t.Fatalf("the desk is shut: %d", got)
	}

	// Another browser meets the door, where the very same code is spent.
	second := b.signedIn(olive)
	if a := second.get("/newsroom/enrol"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("who has a factor is offered another: %d", a.StatusCode)
	}
	replay := second.send(http.MethodPost, "/newsroom/signin", url.Values{"code": {first}})
	if replay.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(replay.body, "was used already") {
		t.Errorf("a code opened twice: %d", replay.StatusCode)
	}
	b.wall.pass(time.Minute)
	if a := second.send(http.MethodPost, "/newsroom/signin", url.Values{"code": {codeAt(t, secret, b.wall.Now())}, "return": {"/newsroom/staff"}}); a.Header.Get("Location") != "/newsroom/staff" {
		t.Fatalf("%d to %q", a.StatusCode, a.Header.Get("Location"))
	}
	// A recovery code works once.
	third := b.signedIn(olive)
	recovery := url.Values{"code": {strings.ToUpper(codes.First().Text())}}
	if a := third.send(http.MethodPost, "/newsroom/signin/recovery", recovery); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/newsroom/you" {
		t.Fatalf("a recovery code: %d", a.StatusCode)
	}
	if a := third.get("/newsroom/you"); !strings.Contains(a.body, "Nine of ten left") {
		t.Error("the page does not say what is left")
	}
	if a := b.signedIn(olive).send(http.MethodPost, "/newsroom/signin/recovery", recovery); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a recovery code worked twice: %d", a.StatusCode)
	}
	var kinds []string
	for _, e := range b.entries() {
		kinds = append(kinds, e.Kind+" "+e.After)
	}
	if got, want := strings.Join(kinds, ", "), `factor.add {"method":"totp"}, desk.enter {"method":"totp"}, desk.enter {"method":"recovery"}`; got != want {
		t.Errorf("on record: %s", got)
	}
}

func TestTheDeskClosesByItself(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	m := b.atDesk("ruth", reader.Editor)
	open := func() bool { return m.get("/newsroom").StatusCode == http.StatusOK }
	for range 14 { // an hour's pause never comes
		b.wall.pass(50 * time.Minute)
		if !open() {
			t.Fatal("it closed while somebody was there")
		}
	}
	b.wall.pass(desk.StrongLife - 14*50*time.Minute)
	if open() {
		t.Error("it is open after twelve hours")
	}
	n := b.atDesk("milo", reader.Moderator)
	b.wall.pass(desk.IdleLife)
	if n.get("/newsroom").StatusCode == http.StatusOK {
		t.Error("it is open after an hour without anybody")
	}
	if !n.signedIn() {
		t.Error("the reader was signed out with the desk")
	}
}

func TestGuessingIsLimited(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	r := b.anAccount("olive", reader.Owner)
	if err := b.secrets.GiveApp(t.Context(), r.ID, b.wall.Now()); err != nil {
		t.Fatal(err)
	}
	m := b.signedIn(r)
	for i := range 9 {
		a := m.send(http.MethodPost, "/newsroom/signin", url.Values{"code": {"000000"}})
		switch {
		case i < 8 && a.StatusCode != http.StatusUnprocessableEntity:
			t.Fatalf("try %d: %d", i, a.StatusCode)
		case i == 8 && (a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == ""):
			t.Fatalf("the ninth try: %d", a.StatusCode)
		}
	}
	if a := m.send(http.MethodPost, "/newsroom/signin/recovery", url.Values{"code": {"aaaaa-aaaaa"}}); a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the other way in is not limited: %d", a.StatusCode)
	}
}

// What the owner does to a member holds with the member's next request, in this
// process and in every other: it rests on the database, not on a cache.
func TestARoleEndsAtOnce(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	owner, editor := b.atDesk("olive", reader.Owner), b.atDesk("ruth", reader.Editor)
	if got := editor.get("/newsroom").StatusCode; got != http.StatusOK {
		t.Fatal(got)
	}
	if _, err := b.db.SetStaff(t.Context(), editor.ID, reader.Writer, b.paper.Now()); err != nil { // as another process would
		t.Fatal(err)
	}
	if a := editor.get("/newsroom"); a.page(t).Find(".desk-role").Text() != "author" {
		t.Errorf("the role of before holds: %q", a.page(t).Find(".desk-role").Text())
	}
	if a := owner.send(http.MethodPost, "/newsroom/staff/"+editor.ID+"/role", url.Values{"role": {"moderator"}}); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode)
	}
	if editor.get("/newsroom").StatusCode != http.StatusSeeOther || editor.signedIn() {
		t.Error("the member is signed in after a change of role")
	}
	again := b.signedIn(editor.Reader)
	if a := owner.send(http.MethodPost, "/newsroom/staff/"+editor.ID+"/remove", url.Values{}); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode)
	}
	if again.get("/newsroom").StatusCode != http.StatusSeeOther || again.signedIn() {
		t.Error("the member is signed in after being taken off the desk")
	}
	if back := b.signedIn(editor.Reader); back.get("/newsroom").StatusCode != http.StatusNotFound {
		t.Error("who was taken off the desk finds a newsroom")
	}
}

func TestTheLastOwnerStays(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	owner := b.atDesk("olive", reader.Owner)
	for path, form := range map[string]url.Values{"/role": {"role": {"editor"}}, "/remove": {}} {
		a := owner.send(http.MethodPost, "/newsroom/staff/"+owner.ID+path, form)
		if a.StatusCode != http.StatusConflict || !strings.Contains(a.body, "last owner") {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	// An invited owner who never came is none to rely on.
	if a := owner.send(http.MethodPost, "/newsroom/staff", url.Values{"email": {"new@example.org"}, "role": {"owner"}}); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode)
	}
	if a := owner.send(http.MethodPost, "/newsroom/staff/"+owner.ID+"/remove", url.Values{}); a.StatusCode != http.StatusConflict {
		t.Errorf("beside an owner who never came: %d", a.StatusCode)
	}
	b.atDesk("otto", reader.Owner)
	if a := owner.send(http.MethodPost, "/newsroom/staff/"+owner.ID+"/remove", url.Values{}); a.StatusCode != http.StatusSeeOther {
		t.Errorf("beside another owner: %d", a.StatusCode)
	}
}

func TestAResetFactor(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	owner, ruth := b.atDesk("olive", reader.Owner), b.atDesk("ruth", reader.Editor)
	if err := b.secrets.GiveApp(t.Context(), ruth.ID, b.wall.Now()); err != nil {
		t.Fatal(err)
	}
	ask := owner.get("/newsroom/staff/" + ruth.ID + "/reset")
	if ask.StatusCode != http.StatusOK || ask.page(t).Find(`form[action="/newsroom/staff/`+ruth.ID+`/reset"] button`).Length() != 1 {
		t.Fatal("nobody is asked first", ask.StatusCode)
	}
	if a := owner.send(http.MethodPost, "/newsroom/staff/"+ruth.ID+"/reset", url.Values{}); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode)
	}
	if after := owner.get("/newsroom/staff/" + ruth.ID); !strings.Contains(after.body, "Reset. They set up") {
		t.Error("the page after it says nothing")
	} else if owner.get("/newsroom/staff/"+ruth.ID).page(t).Find(`[role="status"]`).Length() != 0 {
		t.Error("it is said twice")
	}
	if got := ruth.get("/newsroom"); got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), "/signin") {
		t.Error("the member is still signed in")
	}
	if a := b.signedIn(ruth.Reader).get("/newsroom/signin"); !strings.HasPrefix(a.Header.Get("Location"), "/newsroom/enrol") {
		t.Errorf("the next sign-in sets up no factor: %d", a.StatusCode)
	}
	last := b.entries()[len(b.entries())-1]
	if last.Kind != "factor.reset" || last.Staff != owner.ID || last.ID != ruth.ID || last.Role != reader.Owner || last.Session != owner.session {
		t.Errorf("on record: %+v", last)
	}
}

func TestTheSecondCodeOfADevelopmentPaper(t *testing.T) {
	t.Parallel()
	for _, development := range []bool{true, false} {
		b := newDeskBench(t, func(d *handlers.Deps) {
			d.Newsroom.SecondCodes = atOnce{d.Box}
			d.Config.Development = development
		})
		r := b.anAccount("olive", reader.Owner)
		if err := b.secrets.GiveApp(t.Context(), r.ID, b.wall.Now()); err != nil {
			t.Fatal(err)
		}
		m := member{browser: b.browser(), Reader: r}
		if !development { // there is no mailbox to read a code from
			if err := signInDirectly(b, m); err != nil {
				t.Fatal(err)
			}
			a := m.get("/newsroom/signin")
			if sent, err := b.box.List(); a.StatusCode != http.StatusOK || err != nil || len(sent) != 1 {
				t.Errorf("in production %d mails were sent (%d, %v)", len(sent), a.StatusCode, err)
			}
			continue
		}
		b.signInAs(m.browser, r.Email)
		if a := m.get("/newsroom/signin"); !strings.Contains(a.body, "/_mail") {
			t.Error("the page does not say where the code lies")
		}
		code, _ := b.mailed(m.browser, r.Email)
		if a := m.send(http.MethodPost, "/newsroom/signin", url.Values{"code": {code}}); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/newsroom" {
			t.Errorf("the code from the mailbox: %d", a.StatusCode)
		}
	}
}

// signInDirectly signs in with the code as it lies in the box of the test.
func signInDirectly(b *deskBench, m member) error {
	if a := m.send(http.MethodPost, "/signin", url.Values{"email": {m.Email}}); a.StatusCode != http.StatusOK {
		b.t.Fatal(a.StatusCode)
	}
	sent, _, err := b.box.Latest(m.Email)
	if err != nil {
		return err
	}
	if a := m.send(http.MethodPost, "/signin/code", url.Values{"email": {m.Email}, "code": {sent.Subject[:6]}}); a.StatusCode != http.StatusSeeOther {
		b.t.Fatal(a.StatusCode)
	}
	return nil
}

// What waits is told to whoever can do something about it.
func TestWhatWaits(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	support, author := b.atDesk("suri", reader.Support), b.atDesk("ada", reader.Writer)
	if a := support.get("/newsroom"); !strings.Contains(a.body, "Nothing waits") {
		t.Error("something waits on a new paper")
	}
	if err := b.db.Quarantine(t.Context(), billing.Oddity{Object: billing.Ref{Kind: "subscription", ID: "sub_odd"}, Why: billing.UnknownPrice, At: noon}); err != nil {
		t.Fatal(err)
	}
	if err := b.db.AddJob(t.Context(), jobs.Job{ID: "j1", Key: "j1", Kind: "mail", Payload: []byte("{}"), RunAt: noon}); err != nil {
		t.Fatal(err)
	}
	claimed, err := b.db.ClaimJobs(t.Context(), jobs.Claim{Holder: "h", Kinds: []string{"mail"}, Paper: noon, Wall: noon, Until: noon.Add(time.Minute), Limit: 1})
	if err != nil || len(claimed) != 1 {
		t.Fatal(claimed, err)
	}
	if ok, err := b.db.FailJob(t.Context(), jobs.Failure{ID: "j1", Holder: "h", Error: "no", Dead: true, FreeAt: noon, Now: noon}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	for _, want := range []string{"One thing at Stripe is set aside", "sub_odd", "A job has failed for good"} {
		if a := support.get("/newsroom"); !strings.Contains(a.body, want) {
			t.Errorf("support isn't told %q", want)
		}
		if a := author.get("/newsroom"); strings.Contains(a.body, want) {
			t.Errorf("an author is told %q", want)
		}
	}
}

// The record goes on by keyset: every entry once, the newest first, also while
// more come.
func TestTheRecordPageByPage(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	owner := b.atDesk("olive", reader.Owner)
	j, by := desk.NewJournal(b.db), desk.Member{ID: owner.ID, Role: reader.Owner}
	note := func(n int) {
		t.Helper()
		if err := j.Note(t.Context(), by, desk.Now{Wall: b.wall.Now(), Paper: noon}, desk.Change{Kind: "gate.edit", Subject: "gate", After: map[string]int{"n": n}}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 120 {
		note(n)
	}
	next, seen := "/newsroom/record?kind=gate", map[string]bool{}
	for pages := 0; next != ""; pages++ {
		if pages == 1 {
			note(1000) // comes too late for the pages that follow
		}
		a := owner.get(next)
		doc := a.page(t)
		doc.Find("tbody tr").Each(func(_ int, row *goquery.Selection) {
			id := row.AttrOr("id", "")
			if seen[id] {
				t.Errorf("%s is on two pages", id)
			}
			seen[id] = true
		})
		next = doc.Find("a[rel=next]").AttrOr("href", "")
	}
	if len(seen) != 120 {
		t.Errorf("%d entries", len(seen))
	}
	if a := owner.get("/newsroom/record?from=soon"); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, "That is no date") || a.page(t).Find("#from").AttrOr("value", "") != "soon" {
		t.Errorf("a date that is none: %d", a.StatusCode)
	}
	if a := owner.get("/newsroom/record?to=2020-01-01"); !strings.Contains(a.body, "No entry fits") {
		t.Error("the time narrows nothing down")
	}
	if a := owner.get("/newsroom/record?check=all"); !strings.Contains(a.body, "all 121 entries were checked just now") {
		t.Error("the page doesn't say that the record holds together")
	}
}

// A page of the newsroom runs no script of its own text, is framed by nobody
// and kept by nobody.
func TestPagesOfTheNewsroomAreGuarded(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	owner := b.atDesk("olive", reader.Owner)
	for _, r := range b.site.DeskRoutes() {
		if r.Method != http.MethodGet {
			continue
		}
		a := owner.get(strings.ReplaceAll(r.Path, ":id", owner.ID))
		policy := a.Header.Get("Content-Security-Policy")
		// A page that is only to be looked at runs no script at all.
		still := strings.HasPrefix(policy, "default-src 'none';") && !strings.Contains(policy, "script-src")
		if !still && !strings.Contains(policy, "script-src 'self';") || !strings.Contains(policy, "frame-ancestors 'none'") || a.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: %v", r.Path, a.Header)
		}
		if a.Header.Get("Etag") != "" {
			t.Errorf("%s has an ETag", r.Path)
		}
	}
	if a := owner.send(http.MethodPost, "/newsroom/staff", url.Values{"email": {"x@example.org"}, "role": {"owner"}}, "Sec-Fetch-Site", "cross-site"); a.StatusCode != http.StatusForbidden {
		t.Errorf("a form from another site: %d", a.StatusCode)
	}
}
