package views

import (
	"testing"
	"time"

	"broadsheet/desk"
	"broadsheet/reader"
)

// atDesk is the frame of a member who has opened the desk.
func atDesk() DeskFrame {
	return DeskFrame{
		Frame:  rich(),
		Member: desk.Member{ID: "7", Email: "ruth@example.org", Name: "Ruth Bellamy", Role: reader.Owner, Mark: desk.Mark{Method: desk.ByTOTP, Shown: noon, Seen: noon}},
		Nav:    []DeskLink{{Label: "Desk", Href: DeskPath}, {Label: "Comments", Href: "/newsroom/comments", Count: 7, Current: true}},
	}
}

func TestTheDeskFrame(t *testing.T) {
	t.Parallel()
	f := atDesk()
	f.Notice = &Notice{Kind: Good, Text: "It is done."}
	f.Trail = []DeskLink{{Label: "Staff", Href: DeskStaffPath}}
	doc := draw(t, Member(MemberPage{DeskFrame: f, Who: desk.Listed{ID: "8", Email: "ada@example.org", Role: reader.Support, Since: noon, TOTP: true, Passkeys: 2, Recovery: 1}, Rules: desk.Rules(), Error: "No."}))
	many(t, doc, "nav.desk-nav a", 2)
	holds(t, doc, "nav.desk-nav a[aria-current=page]", "Comments", "7 waiting")
	want(t, doc, "main [role=status]", "It is done.")
	want(t, doc, ".desk-head nav a", "Staff")
	want(t, doc, "h1", "ada@example.org")
	holds(t, doc, ".facts", "App and two passkeys", "One recovery code left")
	many(t, doc, ".desk-who form[action='/signout'][method=post]", 1)
	many(t, doc, "meta[name=robots][content=noindex]", 1)
	holds(t, doc, ".may", "Give money back")
	many(t, draw(t, Member(MemberPage{})), "nav.desk-nav", 0)
}

func TestTheDeskFrontPage(t *testing.T) {
	t.Parallel()
	holds(t, draw(t, DeskFront(DeskFrontPage{DeskFrame: atDesk()})), ".empty", "Nothing waits")
	doc := draw(t, DeskFront(DeskFrontPage{DeskFrame: atDesk(), Waits: []Waiting{{Title: "Two jobs", Text: "Mails.", Bad: true}, {Title: "Ada", Link: "/newsroom/staff/8", Label: "Look"}}}))
	many(t, doc, ".rows > li", 2)
	many(t, doc, ".rows .pill-bad", 1)
}

func TestTheStaffList(t *testing.T) {
	t.Parallel()
	doc := draw(t, StaffList(StaffPage{
		DeskFrame: atDesk(),
		Staff:     []desk.Listed{{ID: "7", Name: "Ruth Bellamy", Email: "ruth@example.org", Role: reader.Owner, Proven: true, Seen: noon, Sessions: 2}, {ID: "8", Email: "ada@example.org", Role: reader.Writer}},
		Add:       StaffForm{Email: "ada@", Role: reader.Support, Error: "An address needs a part after the @."},
	}))
	many(t, doc, "tbody tr", 2)
	holds(t, doc, "tbody", "None yet", "Has not signed in yet")
	many(t, doc, "input[name=email][value='ada@'][aria-invalid=true][aria-describedby='email-err email-hint']", 1)
	many(t, doc, "select[name=role] option[selected][value=support]", 1)
	draw(t, StaffList(StaffPage{}))
}

func TestTheDoor(t *testing.T) {
	t.Parallel()
	f := atDesk()
	f.Nav = nil
	keys := desk.Factors{TOTP: noon, Passkeys: []desk.Passkey{{ID: "k", Name: "A key", Added: noon, Used: noon}}, Recovery: 3}
	doc := draw(t, Door(DoorPage{DeskFrame: f, Factors: keys, Passkeys: true, Return: "/newsroom/staff", Error: "No.", Code: "123", Lost: true}))
	many(t, doc, "form[data-passkey=sign][hidden] input[name=return][value='/newsroom/staff']", 1)
	many(t, doc, "form[action='/newsroom/signin'] input[name=code][value='123'][aria-invalid=true]", 1)
	holds(t, doc, "main", "so nothing was changed")
	many(t, doc, "a[href='/newsroom/signin/recovery?return=%2Fnewsroom%2Fstaff']", 1)
	many(t, draw(t, Door(DoorPage{DeskFrame: f, Factors: desk.Factors{TOTP: noon}, Passkeys: true})), "form[data-passkey]", 0)
	many(t, draw(t, Door(DoorPage{DeskFrame: f, Factors: keys})), "form[data-passkey]", 0)
	many(t, draw(t, Door(DoorPage{DeskFrame: f, Factors: keys, Recovering: true})), "form[action='/newsroom/signin/recovery'] input[name=code]", 1)
	draw(t, Door(DoorPage{}))
}

func TestSettingUpAFactor(t *testing.T) {
	t.Parallel()
	app := &desk.Enrolment{Secret: "ABCD EFGH", QR: desk.QR{Size: 21, Path: "M0 0h1v1h-1z"}}
	doc := draw(t, Enrol(EnrolPage{DeskFrame: atDesk(), App: app, Passkeys: true, First: true, Action: DeskEnrolPath}))
	if got := doc.Find("svg.qr[aria-label]").AttrOr("viewBox", ""); got != "-4 -4 29 29" {
		t.Errorf("the QR code stands in %q", got)
	}
	want(t, doc, "code.key", "ABCD EFGH")
	many(t, doc, "form[data-passkey=make][hidden]", 1)
	doc = draw(t, Enrol(EnrolPage{DeskFrame: atDesk(), App: app, Action: DeskAppPath}))
	want(t, doc, "h1", "Add an authenticator app")
	draw(t, Enrol(EnrolPage{}))
	many(t, draw(t, Codes(CodesPage{DeskFrame: atDesk(), Codes: []string{"aaaaa-bbbbb"}, Next: "/newsroom"})), ".codes code", 1)

	one := desk.Factors{Passkeys: []desk.Passkey{{ID: "k", Added: noon}}}
	doc = draw(t, You(YouPage{DeskFrame: atDesk(), Factors: one, Passkeys: true}))
	many(t, doc, "form[action='/newsroom/you/remove']", 0)
	holds(t, doc, "main", "The only second factor cannot be removed", "A passkey", "None left")
	one.TOTP = noon
	many(t, draw(t, You(YouPage{DeskFrame: atDesk(), Factors: one, Error: "No."})), "form[action='/newsroom/you/remove']", 2)
}

func TestTheRecord(t *testing.T) {
	t.Parallel()
	row := RecordRow{Who: "Ruth Bellamy", What: "Ada Quill", Entry: desk.Entry{
		Seq: 12, Wall: noon, Paper: noon.Add(48 * time.Hour), Role: reader.Owner, Network: "192.0.2.1", Kind: "staff.role", Subject: "staff", ID: "8",
		Before: `{"role":"author","same":1}`, After: `{"role":"editor","same":1,"more":"x"}`,
	}}
	p := RecordPage{DeskFrame: atDesk(), Rows: []RecordRow{row}, Chain: desk.Chain{Total: 40000, Checked: 10000, Since: noon}, CheckIn: "/newsroom/record?check=all",
		People: []Option{{Value: "", Label: "Everybody"}, {Value: "7", Label: "Ruth"}}, Search: RecordForm{Who: "7", From: "2024-04-01", ToError: "No date."},
		Pager: Pager{Shown: 1, What: "entry", Older: "/newsroom/record?before=12"}}
	doc := draw(t, Record(p))
	holds(t, doc, "main", "Unbroken since", "the newest 10,000 of 40,000 entries", "Staff: role", "Ada Quill", "192.0.2.1")
	want(t, doc, ".diffs del", "author")
	many(t, doc, ".diffs > div", 2)
	many(t, doc, "tbody td small:contains('paper')", 1)
	many(t, doc, "a[rel=next][href='/newsroom/record?before=12']", 1)
	many(t, doc, "select[name=who] option[selected][value='7']", 1)
	p.Chain = desk.Chain{Broken: "entry 3 is missing"}
	holds(t, draw(t, Record(p)), ".note-bad", "entry 3 is missing")
	holds(t, draw(t, Record(RecordPage{})), "main", "No entry fits")
	row.Before, row.After = "", `["odd"]`
	if got := row.diffs(); len(got) != 1 || got[0].After != `["odd"]` {
		t.Error(got)
	}
}

func TestWhoMay(t *testing.T) {
	t.Parallel()
	for want, rule := range map[string]desk.Rule{
		"an owner":                           {Roles: []reader.Role{reader.Owner}},
		"an owner, circulation or support":   {Roles: []reader.Role{reader.Owner, reader.Circulation, reader.Support}},
		"an owner, an editor or a moderator": {Roles: []reader.Role{reader.Owner, reader.Editor, reader.Moderator}},
	} {
		if got := whoMay(rule); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	doc := draw(t, DeskRefused(DeskRefusedPage{DeskFrame: atDesk(), Rule: desk.Rule{Doing: "send alerts", Roles: []reader.Role{reader.Editor}}}))
	holds(t, doc, "main", "Only an editor may send alerts.", "You are of the desk as an owner.", "Nothing was changed.")
	draw(t, DeskConfirm(ConfirmPage{DeskFrame: atDesk(), Heading: "Really?", Says: []string{"It goes."}, Action: "/newsroom/x", Fields: []Hidden{{"a", "b"}}, Yes: "Do it", Back: "/newsroom", Bad: true}))
	draw(t, DeskProblem(DeskProblemPage{DeskFrame: atDesk(), ErrorPage: ErrorPage{Status: 404}}))
}
