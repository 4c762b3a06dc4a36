package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"broadsheet/desk"
	"broadsheet/internal/pgtest"
	"broadsheet/reader"
)

// The newsroom from outside: in at its door, every page for every role.

// Desk is a browser in which a new member of the desk has opened the newsroom,
// and the member's address.
func (p *Paper) Desk(t testing.TB, role reader.Role) (*Browser, string) {
	t.Helper()
	email := newEmail()
	p.Do(t, "staff", "add", email, "--role", string(role))
	b := p.Browser(t)
	b.SignIn(email)
	page := b.Get("/newsroom").At("/newsroom/enrol").Is(http.StatusOK)
	code, err := desk.TOTPCode(page.One("code.key").Text(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	page.Submit(`form[action="/newsroom/enrol"]`, "code", code).Is(http.StatusOK).Says("Keep these codes").Click("main a.btn").At("/newsroom").Is(http.StatusOK)
	return b, email
}

func TestTheNewsroom(t *testing.T) {
	t.Parallel()
	walkThroughTheNewsroom(t, Shared(t))
}

func TestTheNewsroomOnPostgreSQL(t *testing.T) {
	t.Parallel()
	walkThroughTheNewsroom(t, Start(t, Options{Database: pgtest.Copy(t)}))
}

func walkThroughTheNewsroom(t *testing.T, p *Paper) {
	owner, email := p.Desk(t, reader.Owner)
	staff := owner.Get("/newsroom/staff").Is(http.StatusOK).Says(email)
	invited := newEmail()
	member := staff.Submit(`form[action="/newsroom/staff"]`, "email", invited, "name", "Ada Quill", "role", "author").Is(http.StatusOK).Says("Added").Says("Ada Quill")
	owner.Get("/newsroom").Says("Ada Quill has not signed in yet")
	member.Submit(`form[action$="/role"]`, "role", "moderator").Is(http.StatusOK).Says("The role is changed")
	member.Click(`main a[href$="/remove"]`).Says("Take off the desk: Ada Quill").Submit(`form[action$="/remove"]`).At("/newsroom/staff").Says("off the desk")

	record := owner.Get("/newsroom/record?subject=staff").Is(http.StatusOK).Says("Unbroken since").Says("Staff: role").Says("Ada Quill").Says("On the machine itself")
	if got := record.Find("tbody tr").First().Find("del").Text(); got != "moderator" {
		t.Errorf("the newest entry says that the role was %q", got)
	}

	editor, _ := p.Desk(t, reader.Editor)
	editor.Get("/newsroom/staff").Is(http.StatusForbidden).Says("Only an owner may say who is of the desk")
	if editor.Get("/newsroom").Find(`nav.desk-nav a[href="/newsroom/staff"]`).Length() != 0 {
		t.Error("the navigation shows what the role may not open")
	}
}

// A demo paper's desk can be opened with what lies in the mailbox.
func TestTheDemoDesk(t *testing.T) {
	t.Parallel()
	p := Start(t, Options{})
	for _, role := range reader.Roles {
		email := string(role) + "@example.org"
		b := p.Browser(t)
		b.SignIn(email)
		door := b.Get("/newsroom").At("/newsroom/signin").Is(http.StatusOK)
		door.Submit(`form[action="/newsroom/signin"]`, "code", p.Code(t, email)).At("/newsroom").Is(http.StatusOK)
	}
}

// deskPaths are the pages of the newsroom that a member may open, by the router,
// and one that says who may.
func deskPaths(t testing.TB, p *Paper, b *Browser) []string {
	t.Helper()
	k := deskKnown(b)
	var paths []string
	refused := 0
	for _, r := range routes(t, p) {
		if r.Method != http.MethodGet || !strings.HasPrefix(r.Pattern, "/newsroom") {
			continue
		}
		for _, path := range k.fill(t, r.Pattern) {
			switch page := b.Get(path); {
			case page.URL.Path != strings.Split(path, "?")[0]: // leads elsewhere, such as the door to who is in
			case page.Status == http.StatusForbidden && refused > 0:
			case page.Status == http.StatusForbidden:
				refused++
				fallthrough
			default:
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// deskKnown are values for the parameters of the newsroom's pages. Whoever may
// not see a list sees that the page is not theirs, whatever it is about.
func deskKnown(b *Browser) known {
	one := b.Get("/newsroom/staff").Find(`tbody a[href^="/newsroom/staff/"]`).First().AttrOr("href", "/newsroom/staff/none")
	someone := b.Get("/newsroom/readers").Find(`tbody a[href^="/newsroom/readers/"]`).First().AttrOr("href", "/newsroom/readers/none")
	first := b.Get("/").Find(`main a[href^="/stories/"]`).First().AttrOr("href", "/stories/none")
	story := b.Get("/newsroom/stories").Find(`tbody a[href^="/newsroom/stories/"]`).First().AttrOr("href", "/newsroom/stories/none")
	return known{
		"/newsroom/stories/:id":            {story},
		"/newsroom/stories/:id/page":       {story + "/page"},
		"/newsroom/stories/:id/history":    {story + "/history?revision=1"},
		"/newsroom/stories/:id/withdraw":   {story + "/withdraw"},
		"/newsroom/readers/:id":            {someone},
		"/newsroom/readers/:id/name":       {someone + "/name"},
		"/newsroom/readers/:id/email":      {someone + "/email"},
		"/newsroom/readers/:id/grant":      {someone + "/grant"},
		"/newsroom/readers/:id/refund":     {someone + "/refund"},
		"/newsroom/readers/:id/cancel":     {someone + "/cancel"},
		"/newsroom/readers/:id/merge":      {someone + "/merge"},
		"/newsroom/readers/:id/erase":      {someone + "/erase"},
		"/newsroom/readers/:id/view":       {someone + "/view"},
		"/newsroom/readers/:id/view/:slug": {someone + "/view" + strings.TrimPrefix(first, "/stories")},
		"/newsroom/readers/:id/why":        {someone + "/why?story=" + first},
		"/newsroom/plans/plan/:id":         {"/newsroom/plans/plan/digital"},
		"/newsroom/plans/plan/:id/price":   {"/newsroom/plans/plan/digital/price"},
		"/newsroom/plans/plan/:id/gifts":   {"/newsroom/plans/plan/digital/gifts"},
		"/newsroom/plans/price/:id":        {"/newsroom/plans/price/digital_monthly"},
		"/newsroom/plans/codes/:code/end":  {"/newsroom/plans/codes/none/end"},
		"/newsroom/staff/:id":              {one},
		"/newsroom/numbers/csv/:table":     {"/newsroom/numbers/csv/made-up"}, // a file is none to look at
		"/newsroom/staff/:id/reset":        {one + "/reset"},
		"/newsroom/staff/:id/remove":       {one + "/remove"},
	}
}

func TestTheNewsroomForEverybody(t *testing.T) {
	t.Parallel()
	needAxe(t)
	p := Shared(t)
	for _, role := range reader.Roles {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			member, _ := p.Desk(t, role)
			paths := deskPaths(t, p, member)
			b := newTab(t, p)
			must(t, b.enterAs(member))
			for _, path := range paths {
				if _, err := b.Go(p.URL + path); err != nil {
					t.Fatal(err)
				}
				b.audit(string(role) + " at " + path)
			}
		})
	}
}

// The ways in, which whoever is in no longer sees.
func TestTheDoorForEverybody(t *testing.T) {
	t.Parallel()
	needAxe(t)
	p := Shared(t)
	email := newEmail()
	p.Do(t, "staff", "add", email, "--role", "author")
	b := newTab(t, p)
	b.open("/signin?return=/newsroom").register(email).at("/newsroom/enrol")
	b.audit("the page of the first factor")
	secret := b.text("code.key")
	code := func() string {
		code, err := desk.TOTPCode(secret, time.Now())
		must(t, err)
		return code
	}
	b.fill(`[name="code"]`, "12345").press(`form[action="/newsroom/enrol"] button`)
	b.audit("the page of the first factor after a wrong code")
	b.fill(`[name="code"]`, code()).press(`form[action="/newsroom/enrol"] button`)
	b.audit("the recovery codes")
	again := newTab(t, p)
	again.open("/signin?return=/newsroom").register(email).at("/newsroom/signin")
	again.audit("the door")
	again.open("/newsroom/signin/recovery")
	again.audit("the door for a recovery code")
}
