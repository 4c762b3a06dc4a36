package handlers_test

import (
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"broadsheet/desk"
	"broadsheet/handlers"
	"broadsheet/reader"
)

// deskForm says what a form of the newsroom is sent with, so that it changes
// something: the path's parameters are filled in by path. Whoever adds a POST
// adds its line here; a route without one fails the test.
type deskForm struct {
	path  func(w *deskWorld) string // "" fills :id with a member of the desk
	form  func(w *deskWorld) url.Values
	file  func() (field, name string, content []byte, more url.Values) // sent as an upload, if there is one
	fixed bool                                                         // the route names no subject; path only prepares
	// silent: it keeps what a browser is asked and changes nothing of the paper's.
	silent bool
	// outside: it is done at Stripe, so its intention is on record before it.
	outside bool
}

// deskWorld is what forms may name.
type deskWorld struct {
	*deskBench
	by    member        // who sends it
	other reader.Reader // somebody else of the desk, who has a second factor and is signed in
}

func deskForms() map[string]deskForm {
	form := func(pairs ...string) func(*deskWorld) url.Values {
		return func(*deskWorld) url.Values {
			v := url.Values{}
			for i := 0; i < len(pairs); i += 2 {
				v.Set(pairs[i], pairs[i+1])
			}
			return v
		}
	}
	all := map[string]deskForm{
		"/newsroom/signin":          {form: (*deskWorld).code},
		"/newsroom/signin/recovery": {form: (*deskWorld).recovery},
		"/newsroom/signin/key":      {silent: true, form: form("answer", "{}")}, // e2e has a browser that signs
		"/newsroom/signin/key/ask":  {silent: true},
		"/newsroom/enrol":           {form: (*deskWorld).enrolment},
		"/newsroom/enrol/key":       {silent: true, form: form("answer", "{}")},
		"/newsroom/enrol/key/ask":   {silent: true},

		"/newsroom/you/codes":   {},
		"/newsroom/you/app":     {form: (*deskWorld).enrolment},
		"/newsroom/you/key":     {silent: true, form: form("answer", "{}")},
		"/newsroom/you/key/ask": {silent: true},
		"/newsroom/you/remove":  {form: (*deskWorld).removal},

		"/newsroom/stories":                {form: form("headline", "A headline")},
		"/newsroom/stories/:id":            {path: story(""), form: text("source", "Other words.")},
		"/newsroom/stories/:id/page":       {path: story("/page"), form: text(), silent: true},
		"/newsroom/stories/:id/ready":      {path: story("/ready"), form: text("ready", "1")},
		"/newsroom/stories/:id/picture":    {path: story("/picture"), file: aPicture},
		"/newsroom/stories/:id/publish":    {path: story("/publish"), form: text()},
		"/newsroom/stories/:id/schedule":   {path: story("/schedule"), form: text("at", "2030-01-01T08:00")},
		"/newsroom/stories/:id/unschedule": {path: story("/unschedule")},
		"/newsroom/stories/:id/embargo":    {path: story("/embargo"), form: form("embargo", "2030-01-01T08:00")},
		"/newsroom/stories/:id/withdraw":   {path: published("/withdraw")},
		"/newsroom/stories/:id/correct":    {path: published("/correct"), form: form("correction", "It was seven.")},
		"/newsroom/stories/:id/link":       {path: story("/link"), form: form("days", "3")},
		"/newsroom/stories/:id/links":      {path: linked("/links")},
		"/newsroom/stories/:id/restore":    {path: story("/restore"), form: form("revision", "1")},
		"/newsroom/front":                  {path: published(""), form: (*deskWorld).lead, fixed: true},

		"/newsroom/gate": {form: form("anonymous", "3", "registered", "5", "window", "30", "network", "40", "mode-world", "free", "crawler", "googlebot")},

		"/newsroom/house/replay": {path: failedHook, fixed: true, form: form("event", "evt_failed")},
		"/newsroom/house/retry":  {form: deadJob},
		"/newsroom/house/forget": {form: deadJob},

		"/newsroom/staff":                 {form: form("email", "new@example.org", "role", "author")},
		"/newsroom/readers/:id/name":      {path: aLivedReader("/name"), form: form("name", "Ada Quill")},
		"/newsroom/readers/:id/email":     {path: aLivedReader("/email"), form: form("email", "another@example.org")},
		"/newsroom/readers/:id/grant":     {path: aLivedReader("/grant"), form: form("plan", "digital", "days", "3", "why", "Amends")},
		"/newsroom/readers/:id/grant/end": {path: aLivedReader("/grant/end"), form: form("grant", "desk-1")},
		"/newsroom/readers/:id/resend":    {path: aLivedReader("/resend"), form: form("letter", "job2")},
		"/newsroom/readers/:id/signout":   {path: aLivedReader("/signout")},
		"/newsroom/readers/:id/export":    {path: aLivedReader("/export")},
		"/newsroom/readers/:id/refund":    {path: aLivedReader("/refund"), form: form("invoice", "in_1", "amount", "3.50", "sure", "1"), outside: true},
		"/newsroom/readers/:id/cancel":    {path: aLivedReader("/cancel"), form: form("refund", "prorata", "subscription", "sub_1"), outside: true},
		"/newsroom/readers/:id/merge":     {path: aLivedReader("/merge"), form: form("into", "ed@example.org", "sure", "1")},
		"/newsroom/readers/:id/erase":     {path: anEndedReader, form: form("confirm", "maud@example.org")},

		"/newsroom/staff/:id/role":    {form: form("role", "moderator")},
		"/newsroom/staff/:id/signout": {},
		"/newsroom/staff/:id/reset":   {},
		"/newsroom/staff/:id/remove":  {},
	}
	maps.Copy(all, planForms())
	return all
}

// code is what the sender's app shows.
func (w *deskWorld) code() url.Values {
	w.t.Helper()
	if err := w.secrets.GiveApp(w.t.Context(), w.by.ID, w.wall.Now()); err != nil {
		w.t.Fatal(err)
	}
	code, _, _, err := w.secrets.CodeNow(w.t.Context(), w.by.ID, w.wall.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return url.Values{"code": {code}}
}

func (w *deskWorld) recovery() url.Values {
	w.t.Helper()
	if err := w.secrets.GiveApp(w.t.Context(), w.by.ID, w.wall.Now()); err != nil {
		w.t.Fatal(err)
	}
	codes, err := w.secrets.NewRecovery(w.t.Context(), desk.Member{ID: w.by.ID}, desk.Now{Wall: w.wall.Now(), Paper: noon})
	if err != nil {
		w.t.Fatal(err)
	}
	return url.Values{"code": {codes[0]}}
}

func (w *deskWorld) enrolment() url.Values {
	w.t.Helper()
	path := "/newsroom/enrol"
	if w.by.get("/newsroom/you").StatusCode == http.StatusOK {
		path = "/newsroom/you/app"
	}
	return url.Values{"code": {codeAt(w.t, secretOn(w.t, w.by.get(path)), w.wall.Now())}}
}

func (w *deskWorld) removal() url.Values {
	w.t.Helper()
	w.code()
	if err := w.db.AddPasskey(w.t.Context(), w.by.ID, desk.Passkey{ID: "key of " + w.by.ID, Name: "A key", Credential: "{}", Added: noon}); err != nil {
		w.t.Fatal(err)
	}
	return url.Values{"which": {desk.ThisApp}}
}

// world makes a fresh sender and somebody to do things to.
func (b *deskBench) world(role reader.Role, atDoor bool, n int) *deskWorld {
	b.t.Helper()
	w := &deskWorld{deskBench: b}
	w.other = b.anAccount(fmt.Sprintf("other%d", n), reader.Writer)
	if err := b.secrets.GiveApp(b.t.Context(), w.other.ID, b.wall.Now()); err != nil {
		b.t.Fatal(err)
	}
	b.signedIn(w.other)
	name := fmt.Sprintf("sender%d", n)
	if w.by = (member{}); atDoor {
		w.by = b.signedIn(b.anAccount(name, role))
	} else {
		w.by = b.atDesk(name, role)
	}
	return w
}

func (w *deskWorld) fill(path string, f deskForm) string {
	if f.path != nil {
		if at := f.path(w); !f.fixed {
			return at
		}
	}
	return strings.ReplaceAll(path, ":id", w.other.ID)
}

// rows is the number and the content of all that the paper keeps, but for the
// record itself, sessions and their marks, limits, who has what open, and what browsers
// are asked.
func rows(t *testing.T, w *deskWorld) string {
	t.Helper()
	db, err := sql.Open("sqlite", w.file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tables, err := w.db.Columns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range tables {
		if !slices.Contains([]string{"audit", "audit_head", "sessions", "desk_marks", "desk_challenges", "throttles", "signin_codes", "jobs", "manuscript_readers", "goose_db_version", "sqlite_sequence"}, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var all strings.Builder
	for _, name := range names {
		found, err := db.Query(`SELECT * FROM ` + name)
		if err != nil {
			t.Fatal(err)
		}
		columns, _ := found.Columns()
		for found.Next() {
			values, at := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				at[i] = &values[i]
			}
			if err := found.Scan(at...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&all, name, values)
		}
		found.Close()
	}
	return all.String()
}

// Every line of the table and every role, over HTTP: whom the table names gets
// in, and whom it doesn't is told who may.
func TestEveryRoleAtEveryRoute(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	roles := append([]reader.Role{""}, reader.Roles...)
	members := map[reader.Role]member{}
	for _, role := range reader.Roles {
		members[role] = b.atDesk(string(role), role)
	}
	members[""] = b.signedIn(b.anAccount("maud", ""))
	target := b.anAccount("target", reader.Writer)
	cells := 0
	for _, r := range b.site.DeskRoutes() {
		// A subject that is not there is Missing, which is no refusal.
		path := parameter.ReplaceAllString(strings.ReplaceAll(r.Path, ":id", target.ID), "none")
		for _, role := range roles {
			a := members[role].send(r.Method, path, url.Values{"nothing": {"here"}})
			cells++
			switch may := desk.Can(role, r.May); {
			case role == "" && a.StatusCode != http.StatusNotFound:
				t.Errorf("%s %s, for a reader: %d", r.Method, r.Path, a.StatusCode)
			case role != "" && may && (a.StatusCode == http.StatusForbidden || a.StatusCode >= 500):
				t.Errorf("%s %s, for %s: %d", r.Method, r.Path, role, a.StatusCode)
			case role != "" && !may && (a.StatusCode != http.StatusForbidden || !strings.Contains(a.body, "Only ") || !strings.Contains(a.body, "owner")):
				t.Errorf("%s %s, for %s: %d, and the page doesn't say who may", r.Method, r.Path, role, a.StatusCode)
			}
			if got := a.Header.Get("Cache-Control"); got != "private, no-store" {
				t.Errorf("%s %s, for %s: Cache-Control %q", r.Method, r.Path, role, got)
			}
		}
		if a := b.browser().send(r.Method, path, url.Values{}); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/signin") {
			t.Errorf("%s %s, for nobody: %d", r.Method, r.Path, a.StatusCode)
		}
	}
	t.Logf("%d cells", cells)
}

// parameter is what stands for a subject in a route.
var parameter = regexp.MustCompile(`:[a-z]+`)

// Nothing is mounted in the newsroom past the table.
func TestTheTableIsWhole(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	listed := map[string]bool{}
	for _, r := range b.site.DeskRoutes() {
		listed[r.Method+" "+r.Path] = true
		if r.Method != http.MethodGet && r.Method != http.MethodPost {
			t.Errorf("%s %s: forms send GET and POST only", r.Method, r.Path)
		}
	}
	for _, r := range b.site.Routes() {
		method := strings.Replace(r.Method, http.MethodHead, http.MethodGet, 1)
		if strings.HasPrefix(r.Path, "/newsroom") && !listed[method+" "+r.Path] {
			t.Errorf("%s %s is mounted and not in the table", r.Method, r.Path)
		}
	}
}

// A form that changes something leaves an entry, and one that is refused
// changes nothing.
func TestEveryChangeIsOnRecord(t *testing.T) {
	t.Parallel()
	forms := deskForms()
	for i, r := range newDeskBench(t).site.DeskRoutes() {
		if r.Method != http.MethodPost {
			continue
		}
		f, ok := forms[r.Path]
		if !ok {
			t.Errorf("%s: say in deskForms what it is sent with", r.Path)
			continue
		}
		t.Run(r.Path, func(t *testing.T) {
			t.Parallel()
			b := newDeskBench(t)
			bare := b.world(roleFor(r), r.Door, 2*i)
			path := bare.fill(r.Path, f)
			before, known := rows(t, bare), len(bare.entries())
			if a := bare.by.send(r.Method, path, url.Values{}); rows(t, bare) != before && len(bare.entries()) == known {
				t.Errorf("an empty form changed something off the record (%d)", a.StatusCode)
			}
			leavesAnEntry(t, b.world(roleFor(r), r.Door, 2*i+1), r, f)
		})
	}
}

// roleFor is a role that may; not the owner where another may as well.
func roleFor(r handlers.DeskRoute) reader.Role {
	rule, _ := desk.RuleOf(r.May)
	return rule.Roles[len(rule.Roles)-1]
}

func leavesAnEntry(t *testing.T, w *deskWorld, r handlers.DeskRoute, f deskForm) {
	path, form := w.fill(r.Path, f), url.Values{}
	if f.form != nil {
		form = f.form(w)
	}
	before, known := rows(t, w), len(w.entries())
	var a answer
	if f.file != nil {
		a = w.by.upload(path, f.file)
	} else {
		a = w.by.send(r.Method, path, form)
	}
	after := w.entries()
	switch {
	case f.silent && (rows(t, w) != before || len(after) != known):
		t.Errorf("it says that it changes nothing, and does (%d)", a.StatusCode)
	case f.silent:
	case f.outside && (len(after) != known+2 || after[known].Kind != after[known+1].Kind+".begun"):
		t.Fatalf("the intention and the outcome are not on record (%d): %+v", a.StatusCode, after[known:])
	case !f.outside && len(after) != known+1:
		t.Fatalf("%d entries were added (%d):\n%s", len(after)-known, a.StatusCode, a.page(t).Find("main").Text())
	case after[known].Staff != w.by.ID || after[known].Session != w.by.session:
		t.Errorf("the entry names %q in %q", after[known].Staff, after[known].Session)
	}
	if c, err := desk.CheckChain(t.Context(), w.db, 0); err != nil || c.Broken != "" {
		t.Error(c.Broken, err)
	}
}
