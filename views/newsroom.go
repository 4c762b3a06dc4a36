package views

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"broadsheet/desk"
	"broadsheet/reader"
)

// The newsroom's pages share one frame, one navigation, one table style and the parts in newsroom.templ. To add a page:
//
//  1. Here or in a file beside this one: a struct that embeds DeskFrame and holds what the page shows, typed.
//  2. A templ component that begins with @deskLayout(p.DeskFrame) and holds <main> by @deskMain, built from the parts:
//     deskHead (title and its actions), deskFilter, deskTable, deskPager, deskEmpty, deskField, deskSelect. A step that
//     cannot be taken back goes by DeskConfirm first.
//  3. In handlers, a file newsroom_<room>.go with the handlers, func(c echo.Context, m desk.Member) error, and a method
//     that lists its routes: one line each, with the permission. newsroomRoutes in handlers/newsroom.go names it.
//  4. What changes something goes through s.change: the change and its entry in the record are one transaction. Then
//     s.flash and a redirect; a mistake redisplays the form with 422.
//  5. Its line in the navigation (deskNav in handlers/newsroom_nav.go), its form in the table of
//     handlers/newsroom_routes_test.go, which otherwise fails, and a drawing in views/newsroom_test.go.

// The newsroom's addresses.
const (
	DeskPath         = "/newsroom"
	DeskStaffPath    = "/newsroom/staff"
	DeskRecordPath   = "/newsroom/record" // who, kind, subject, id, from, to, before
	DeskYouPath      = "/newsroom/you"
	DeskCodesPath    = "/newsroom/you/codes"   // POST: new recovery codes
	DeskKeyPath      = "/newsroom/you/key"     // POST: name, answer: another passkey
	DeskKeyAskPath   = "/newsroom/you/key/ask" // POST: what the browser needs to make one, JSON
	DeskAppPath      = "/newsroom/you/app"     // GET shows the QR code, POST code: an authenticator app beside a passkey
	DeskRemovePath   = "/newsroom/you/remove"  // POST: which
	DeskDoorPath     = "/newsroom/signin"      // return
	DeskRecoveryPath = "/newsroom/signin/recovery"
	DeskDoorKeyPath  = "/newsroom/signin/key"
	DeskDoorAskPath  = "/newsroom/signin/key/ask"
	DeskEnrolPath    = "/newsroom/enrol"
	DeskEnrolKeyPath = "/newsroom/enrol/key"
	DeskEnrolAskPath = "/newsroom/enrol/key/ask"
)

// DeskMemberPath returns the address of a member's page.
func DeskMemberPath(id string) string { return DeskStaffPath + "/" + id }

// DeskFrame is what every page of the newsroom wears.
type DeskFrame struct {
	Frame
	Member desk.Member
	Nav    []DeskLink // what the role may see
	Trail  []DeskLink // where the page lies, the outermost first; nil for a page of the navigation
}

// DeskLink is a line of the navigation or of a trail.
type DeskLink struct {
	Label   string
	Href    string
	Count   int  // what waits there; 0 says nothing
	Current bool // this page, or one below it
}

func (f DeskFrame) title() string {
	title := "Newsroom"
	if f.Title != "" {
		title = f.Title + " · " + title
	}
	if f.Paper.Name != "" {
		title += " · " + f.Paper.Name
	}
	return title
}

// clock is "12 May, 07:40", with the year when it isn't this year.
func (f DeskFrame) clock(t time.Time) string { return f.day(t) + t.In(f.zone()).Format(", 15:04") }

// DeskMoment writes an instant as tables of the newsroom do.
func (f DeskFrame) DeskMoment(t time.Time) string { return f.clock(t) }

// RoleName is what the desk calls a role.
func RoleName(r reader.Role) string {
	if r == "" {
		return "No role"
	}
	return sentence(string(r))
}

// whoMay is "an owner or an editor": the roles that a rule names.
func whoMay(r desk.Rule) string {
	names := make([]string, len(r.Roles))
	for i, role := range r.Roles {
		names[i] = "a " + string(role)
		switch role {
		case reader.Owner, reader.Editor, reader.Writer:
			names[i] = "an " + string(role)
		case reader.Circulation, reader.Support:
			names[i] = string(role)
		}
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// DeskRefusedPage says that a role may not do this, and who may.
type DeskRefusedPage struct {
	DeskFrame
	Rule desk.Rule
}

// DeskProblemPage is a fault at the desk.
type DeskProblemPage struct {
	DeskFrame
	ErrorPage
}

// Pager is the foot of a list that goes on.
type Pager struct {
	Shown int    // rows on this page
	What  string // what a row is: "entry"
	Order string // "newest first"
	Older string // address of the rest; "" for none
	Newer string // address of the list's beginning, on its later pages; "" for none
}

// words is "20 entries, newest first".
func (p Pager) words() string {
	s := itoa(p.Shown) + " " + plural(p.Shown, p.What)
	if p.Order != "" && p.Shown > 1 {
		s += ", " + p.Order
	}
	return s
}

// Empty is said where there is nothing to list.
type Empty struct {
	Title, Text  string
	Link, Action string // at most one; "" for none
}

// Field is a line of a form.
type Field struct {
	ID, Label, Value string // ID names the field as well
	Type             string // "" is text
	Hint, Error      string
	Auto             string // autocomplete; "" is off
	Rows             int    // more than 0 makes it a text of that many lines
	Required         bool
	Placeholder      string
	Grow             bool // in a filter: takes what room there is
}

// fieldType is the input's type.
func (f Field) fieldType() string { return firstOf(f.Type, "text") }

// described names the lines that say more about the field.
func (f Field) described() string {
	var ids []string
	if f.Error != "" {
		ids = append(ids, f.ID+"-err")
	}
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	return strings.Join(ids, " ")
}

// Select is a choice of one.
type Select struct {
	ID, Label, Value string
	Options          []Option
	Hint, Error      string
}

func (s Select) field() Field { return Field{ID: s.ID, Hint: s.Hint, Error: s.Error} }

// Option is one of a choice.
type Option struct{ Value, Label string }

// Hidden is a field that a form carries along.
type Hidden struct{ Name, Value string }

// ConfirmPage asks before something that cannot be taken back.
type ConfirmPage struct {
	DeskFrame
	Heading string   // what is about to happen, as a question: "Reset the second factor of Ruth Bellamy?"
	Says    []string // what it means, a paragraph each
	Action  string   // where the form goes, by POST
	Fields  []Hidden
	Yes     string // what the button says: the verb
	Back    string // the way out
	Bad     bool   // something is lost by it
}

func roleWithArticle(r reader.Role) string { return whoMay(desk.Rule{Roles: []reader.Role{r}}) }

// deskAttrs are what a field has only sometimes.
func deskAttrs(f Field) templ.OrderedAttributes {
	a := templ.OrderedAttributes{{Key: "autocomplete", Value: firstOf(f.Auto, "off")}}
	if ids := f.described(); ids != "" {
		a = append(a, templ.KeyValue[string, any]{Key: "aria-describedby", Value: ids})
	}
	if f.Error != "" {
		a = append(a, templ.KeyValue[string, any]{Key: "aria-invalid", Value: "true"})
	}
	if f.Required {
		a = append(a, templ.KeyValue[string, any]{Key: "required", Value: true})
	}
	if f.Placeholder != "" {
		a = append(a, templ.KeyValue[string, any]{Key: "placeholder", Value: f.Placeholder})
	}
	return a
}
