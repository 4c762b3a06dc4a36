package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/mail"
	"broadsheet/views"
)

// The way into the newsroom: a session of a reader is stepped up by a second
// factor, and the first time a factor is set up.

func (s *Site) doorRoutes() []deskRoute {
	return []deskRoute{
		door(http.MethodGet, views.DeskDoorPath, s.doorForm),
		door(http.MethodPost, views.DeskDoorPath, s.doorCode),
		door(http.MethodPost, views.DeskDoorAskPath, s.doorAsk),
		door(http.MethodPost, views.DeskDoorKeyPath, s.doorKey),
		door(http.MethodGet, views.DeskRecoveryPath, s.recoveryForm),
		door(http.MethodPost, views.DeskRecoveryPath, s.recoveryCode),
		door(http.MethodGet, views.DeskEnrolPath, s.enrolForm),
		door(http.MethodPost, views.DeskEnrolPath, s.enrolApp),
		door(http.MethodPost, views.DeskEnrolAskPath, s.enrolAsk),
		door(http.MethodPost, views.DeskEnrolKeyPath, s.enrolKey),
	}
}

// deskBack is where a member was going: a page of the newsroom.
func deskBack(c echo.Context, raw string) string {
	if back := localPath(raw); back != "/" {
		return back
	}
	return views.DeskPath
}

// doorForm asks for the second factor, or leads to setting up the first.
func (s *Site) doorForm(c echo.Context, m desk.Member) error {
	back := deskBack(c, c.QueryParam(views.ReturnParameter))
	if m.Mark.Holds(s.wall()) {
		return c.Redirect(http.StatusSeeOther, back)
	}
	page := views.DoorPage{Return: back, Lost: c.QueryParam(lostParameter) != ""}
	return s.askFactor(c, m, http.StatusOK, page)
}

// askFactor draws the door.
func (s *Site) askFactor(c echo.Context, m desk.Member, status int, page views.DoorPage) error {
	ctx := c.Request().Context()
	var err error
	if page.Factors, err = s.Newsroom.Secrets.Of(ctx, m.ID); err != nil {
		return err
	}
	if !page.Factors.Any() {
		return c.Redirect(http.StatusSeeOther, withReturn(views.DeskEnrolPath, page.Return))
	}
	if status == http.StatusOK && !page.Recovering {
		if page.InBox, err = s.mailSecondCode(ctx, m); err != nil {
			return err
		}
	}
	page.Passkeys = s.Newsroom.Secrets.PasskeysWork()
	page.DeskFrame = s.deskFrame(c, m, "One more proof")
	return s.render(c, status, views.Door(page))
}

// mailSecondCode puts the code that the member's app shows into the mailbox of
// a development paper, so that its demo desk can be opened at once. In
// production there is no such mailbox, and SecondCodes is nil.
func (s *Site) mailSecondCode(ctx context.Context, m desk.Member) (bool, error) {
	if !s.Config.Development || s.Newsroom.SecondCodes == nil {
		return false, nil
	}
	code, from, ok, err := s.Newsroom.Secrets.CodeNow(ctx, m.ID, s.wall())
	if err != nil || !ok {
		return false, err
	}
	text := "This is the second code for the newsroom, as " + m.Email + "’s authenticator app shows it:\n\n" + code + "\n\nIt works once"
	if from.After(s.wall()) {
		text += ", from " + from.Format("15:04:05") + " UTC on: the one before it was used"
	}
	return true, s.Newsroom.SecondCodes.Post(ctx, mail.Message{
		To: m.Email, Subject: code + " is the second code", Text: text + ". Only a development paper mails it.\n", Key: "second-code/" + m.ID + "/" + code + "/" + s.wall().Format(time.RFC3339Nano),
	})
}

// doorCode opens the desk with the app's code.
func (s *Site) doorCode(c echo.Context, m desk.Member) error {
	typed, back := c.FormValue("code"), deskBack(c, c.FormValue(views.ReturnParameter))
	err := s.Newsroom.Secrets.CheckTOTP(c.Request().Context(), m, typed, s.deskNow())
	if fault.Is(err, fault.Invalid) {
		return s.askFactor(c, m, http.StatusUnprocessableEntity, views.DoorPage{Return: back, Code: typed, Error: fault.SentenceOf(err)})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, back)
}

// doorAsk is what a passkey is to sign.
func (s *Site) doorAsk(c echo.Context, m desk.Member) error {
	return s.asksKey(c, func(ctx context.Context) (any, error) { return s.Newsroom.Secrets.AskPasskey(ctx, m, s.wall()) })
}

// asksKey answers the script, which shows no page: a fault is its status.
func (s *Site) asksKey(c echo.Context, ask func(ctx context.Context) (any, error)) error {
	options, err := ask(c.Request().Context())
	if fault.Is(err, fault.Invalid) {
		return c.JSON(http.StatusUnprocessableEntity, map[string]string{"error": fault.SentenceOf(err)})
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, options)
}

// doorKey opens the desk with what a passkey signed.
func (s *Site) doorKey(c echo.Context, m desk.Member) error {
	back := deskBack(c, c.FormValue(views.ReturnParameter))
	err := s.Newsroom.Secrets.CheckPasskey(c.Request().Context(), m, c.FormValue("answer"), s.deskNow())
	if fault.Is(err, fault.Invalid) {
		s.Log.Warn("a passkey was refused", "err", err, "id", requestID(c))
		return s.askFactor(c, m, http.StatusUnprocessableEntity, views.DoorPage{Return: back, PasskeyFailed: fault.SentenceOf(err)})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, back)
}

func (s *Site) recoveryForm(c echo.Context, m desk.Member) error {
	return s.askFactor(c, m, http.StatusOK, views.DoorPage{Recovering: true, Return: deskBack(c, c.QueryParam(views.ReturnParameter))})
}

// recoveryCode opens the desk with a recovery code, and says what is left.
func (s *Site) recoveryCode(c echo.Context, m desk.Member) error {
	typed, back := c.FormValue("code"), deskBack(c, c.FormValue(views.ReturnParameter))
	err := s.Newsroom.Secrets.CheckRecovery(c.Request().Context(), m, typed, s.deskNow())
	if fault.Is(err, fault.Invalid) {
		return s.askFactor(c, m, http.StatusUnprocessableEntity, views.DoorPage{Recovering: true, Return: back, Code: typed, Error: fault.SentenceOf(err)})
	}
	if err != nil {
		return err
	}
	s.flash(c, views.Plain, "That recovery code is used up. Is the other factor lost? Set up a new one here, and remove the old.")
	return c.Redirect(http.StatusSeeOther, views.DeskYouPath)
}

// enrolForm offers what can be a first second factor.
func (s *Site) enrolForm(c echo.Context, m desk.Member) error {
	return s.askEnrol(c, m, http.StatusOK, views.EnrolPage{Return: deskBack(c, c.QueryParam(views.ReturnParameter))})
}

// askEnrol draws the page of the first factor. Whoever has one is at the door.
func (s *Site) askEnrol(c echo.Context, m desk.Member, status int, page views.EnrolPage) error {
	ctx := c.Request().Context()
	had, err := s.Newsroom.Secrets.Of(ctx, m.ID)
	if err != nil {
		return err
	}
	if had.Any() {
		return c.Redirect(http.StatusSeeOther, withReturn(views.DeskDoorPath, page.Return))
	}
	app, err := s.Newsroom.Secrets.BeginTOTP(ctx, m, s.wall())
	if err != nil {
		return err
	}
	page.App, page.First, page.Action = &app, true, views.DeskEnrolPath
	page.Passkeys = s.Newsroom.Secrets.PasskeysWork()
	page.DeskFrame = s.deskFrame(c, m, "Set up a second factor")
	return s.render(c, status, views.Enrol(page))
}

// enrolApp keeps the app as the first factor, and shows the recovery codes.
func (s *Site) enrolApp(c echo.Context, m desk.Member) error {
	typed, back := c.FormValue("code"), deskBack(c, c.FormValue(views.ReturnParameter))
	codes, err := s.Newsroom.Secrets.ConfirmTOTP(c.Request().Context(), m, typed, s.deskNow())
	if fault.Is(err, fault.Invalid) {
		return s.askEnrol(c, m, http.StatusUnprocessableEntity, views.EnrolPage{Return: back, Code: typed, Error: fault.SentenceOf(err)})
	}
	if err != nil {
		return err
	}
	return s.showCodes(c, m, codes, back)
}

// showCodes shows new recovery codes, or goes on where there are none to show.
func (s *Site) showCodes(c echo.Context, m desk.Member, codes []string, next string) error {
	if len(codes) == 0 {
		return c.Redirect(http.StatusSeeOther, next)
	}
	page := views.CodesPage{DeskFrame: s.deskFrame(c, desk.Member{ID: m.ID, Email: m.Email, Name: m.Name, Role: m.Role}, "Recovery codes"), Codes: codes, Next: next}
	return s.render(c, http.StatusOK, views.Codes(page))
}

func (s *Site) enrolAsk(c echo.Context, m desk.Member) error {
	had, err := s.Newsroom.Secrets.Of(c.Request().Context(), m.ID)
	if err != nil {
		return err
	}
	if had.Any() && !m.Mark.Holds(s.wall()) {
		return fault.New(fault.Forbidden, "This account has a second factor already. Show that one first.", nil)
	}
	return s.asksKey(c, func(ctx context.Context) (any, error) { return s.Newsroom.Secrets.BeginPasskey(ctx, m, s.wall()) })
}

// enrolKey keeps a passkey as the first factor, and shows the recovery codes.
func (s *Site) enrolKey(c echo.Context, m desk.Member) error {
	back := deskBack(c, c.FormValue(views.ReturnParameter))
	codes, err := s.addKey(c, m)
	if fault.Is(err, fault.Invalid) {
		return s.askEnrol(c, m, http.StatusUnprocessableEntity, views.EnrolPage{Return: back, PasskeyFailed: fault.SentenceOf(err)})
	}
	if err != nil {
		return err
	}
	return s.showCodes(c, m, codes, back)
}

func (s *Site) addKey(c echo.Context, m desk.Member) ([]string, error) {
	name := c.FormValue("name")
	if name == "" {
		name = deviceOf(c)
	}
	codes, err := s.Newsroom.Secrets.AddPasskey(c.Request().Context(), m, name, c.FormValue("answer"), s.deskNow())
	if fault.Is(err, fault.Invalid) {
		s.Log.Warn("a passkey was refused", "err", err, "id", requestID(c))
	}
	return codes, err
}
