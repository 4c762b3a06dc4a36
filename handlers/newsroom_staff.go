package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/reader"
	"broadsheet/views"
)

func (s *Site) staffRoutes() []deskRoute {
	one := views.DeskMemberPath(":id")
	return []deskRoute{
		get(views.DeskStaffPath, desk.StaffManage, s.staffList),
		post(views.DeskStaffPath, desk.StaffManage, s.staffAdd),
		get(one, desk.StaffManage, s.staffMember),
		post(one+"/role", desk.StaffManage, s.staffRole),
		post(one+"/signout", desk.StaffManage, s.staffSignOut),
		get(one+"/reset", desk.StaffManage, s.staffResetForm),
		post(one+"/reset", desk.StaffManage, s.staffReset),
		get(one+"/remove", desk.StaffManage, s.staffRemoveForm),
		post(one+"/remove", desk.StaffManage, s.staffRemove),
	}
}

// staffList lists who is of the desk.
func (s *Site) staffList(c echo.Context, m desk.Member) error {
	return s.showStaff(c, m, http.StatusOK, views.StaffForm{Role: reader.Writer})
}

func (s *Site) showStaff(c echo.Context, m desk.Member, status int, form views.StaffForm) error {
	all, err := s.Newsroom.Staff.List(c.Request().Context(), s.wall())
	if err != nil {
		return err
	}
	return s.render(c, status, views.StaffList(views.StaffPage{DeskFrame: s.deskFrame(c, m, "Staff"), Staff: all, Add: form}))
}

// staffAdd gives an address a role.
func (s *Site) staffAdd(c echo.Context, m desk.Member) error {
	form := views.StaffForm{Email: c.FormValue("email"), Name: c.FormValue("name")}
	role, ok := reader.ParseRole(c.FormValue("role"))
	if form.Role = role; !ok {
		form.RoleError = "Choose what they are to do here."
		return s.showStaff(c, m, http.StatusUnprocessableEntity, form)
	}
	given, err := s.Newsroom.Staff.Add(c.Request().Context(), m, form.Email, form.Name, role, s.deskNow())
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		form.Error = fault.SentenceOf(err)
		return s.showStaff(c, m, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	s.Sessions.Forget(given.Ended...)
	if !given.Changed {
		return s.done(c, views.DeskMemberPath(given.Member), "They had that role already.")
	}
	return s.done(c, views.DeskMemberPath(given.Member), "Added. They sign in with a code from their mailbox, and set up a second factor then.")
}

// listed is the member whom the address names.
func (s *Site) listed(c echo.Context) (desk.Listed, error) {
	all, err := s.Newsroom.Staff.List(c.Request().Context(), s.wall())
	if err != nil {
		return desk.Listed{}, err
	}
	for _, l := range all {
		if l.ID == c.Param("id") {
			return l, nil
		}
	}
	return desk.Listed{}, fault.New(fault.Missing, "That person is not of the desk, or not any more.", nil)
}

func staffTrail(more ...views.DeskLink) []views.DeskLink {
	return append([]views.DeskLink{{Label: "Staff", Href: views.DeskStaffPath}}, more...)
}

func (s *Site) staffMember(c echo.Context, m desk.Member) error {
	return s.showMember(c, m, http.StatusOK, "")
}

func (s *Site) showMember(c echo.Context, m desk.Member, status int, wrong string) error {
	who, err := s.listed(c)
	if err != nil {
		return err
	}
	page := views.MemberPage{DeskFrame: s.deskFrame(c, m, calledOf(who), staffTrail()...), Who: who, Rules: desk.Rules(), Error: wrong}
	return s.render(c, status, views.Member(page))
}

func calledOf(l desk.Listed) string { return desk.Member{Name: l.Name, Email: l.Email}.Called() }

// staffRole gives a member another role.
func (s *Site) staffRole(c echo.Context, m desk.Member) error {
	role, ok := reader.ParseRole(c.FormValue("role"))
	if !ok {
		return s.showMember(c, m, http.StatusUnprocessableEntity, "Choose one of the roles.")
	}
	given, err := s.Newsroom.Staff.SetRole(c.Request().Context(), m, c.Param("id"), role, s.deskNow())
	return s.gave(c, m, given, err, views.DeskMemberPath(c.Param("id")), "The role is changed, and they are signed out everywhere.", "They had that role already.")
}

func (s *Site) staffSignOut(c echo.Context, m desk.Member) error {
	given, err := s.Newsroom.Staff.EndSessions(c.Request().Context(), m, c.Param("id"), s.deskNow())
	return s.gave(c, m, given, err, views.DeskMemberPath(c.Param("id")), "They are signed out everywhere.", "They were not signed in anywhere.")
}

func (s *Site) staffReset(c echo.Context, m desk.Member) error {
	given, err := s.Newsroom.Staff.ResetFactors(c.Request().Context(), m, c.Param("id"), s.deskNow())
	return s.gave(c, m, given, err, views.DeskMemberPath(c.Param("id")), "Reset. They set up a new second factor when they next sign in.", "There was no second factor to reset.")
}

func (s *Site) staffRemove(c echo.Context, m desk.Member) error {
	given, err := s.Newsroom.Staff.SetRole(c.Request().Context(), m, c.Param("id"), "", s.deskNow())
	return s.gave(c, m, given, err, views.DeskStaffPath, "They are off the desk, and signed out everywhere.", "They were off the desk already.")
}

// gave ends a form about a member. Whoever ended their own session is asked to
// sign in by the next page.
func (s *Site) gave(c echo.Context, m desk.Member, given desk.Given, err error, next, did, didNot string) error {
	if fault.Is(err, fault.Conflict) {
		return s.showMember(c, m, http.StatusConflict, fault.SentenceOf(err))
	}
	if err != nil {
		return err
	}
	s.Sessions.Forget(given.Ended...)
	if !given.Changed {
		did = didNot
	}
	return s.done(c, next, did)
}

func (s *Site) staffResetForm(c echo.Context, m desk.Member) error {
	return s.confirmMember(c, m, "reset", "Reset the second factor of ", "Reset it", []string{
		"Their authenticator app, passkeys and recovery codes stop working, and they are signed out everywhere.",
		"The next time they sign in, by a code from their mailbox, they set up a new one. Make sure that it is they who asked: call them.",
	})
}

func (s *Site) staffRemoveForm(c echo.Context, m desk.Member) error {
	return s.confirmMember(c, m, "remove", "Take off the desk: ", "Take off the desk", []string{
		"They are signed out everywhere at once, and find no newsroom when they come back. Their account as a reader stays.",
		"What they did stays on the record.",
	})
}

// confirmMember asks before something that a member would notice.
func (s *Site) confirmMember(c echo.Context, m desk.Member, what, question, yes string, says []string) error {
	who, err := s.listed(c)
	if err != nil {
		return err
	}
	at := views.DeskMemberPath(who.ID)
	name := calledOf(who)
	heading := question + name
	if what == "reset" {
		heading += "?"
	}
	return s.render(c, http.StatusOK, views.DeskConfirm(views.ConfirmPage{
		DeskFrame: s.deskFrame(c, m, heading, staffTrail(views.DeskLink{Label: name, Href: at})...),
		Heading:   heading, Says: says, Action: at + "/" + what, Yes: yes, Back: at, Bad: true,
	}))
}
