package handlers

import (
	"context"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/reader"
	"broadsheet/views"
)

func (s *Site) youRoutes() []deskRoute {
	return []deskRoute{
		get(views.DeskYouPath, desk.Enter, s.you),
		post(views.DeskCodesPath, desk.Enter, s.newCodes),
		get(views.DeskAppPath, desk.Enter, s.appForm),
		post(views.DeskAppPath, desk.Enter, s.appAdd),
		post(views.DeskKeyAskPath, desk.Enter, s.keyAsk),
		post(views.DeskKeyPath, desk.Enter, s.keyAdd),
		post(views.DeskRemovePath, desk.Enter, s.factorRemove),
	}
}

// you shows a member their own second factors.
func (s *Site) you(c echo.Context, m desk.Member) error { return s.showYou(c, m, http.StatusOK, "") }

func (s *Site) showYou(c echo.Context, m desk.Member, status int, wrong string) error {
	had, err := s.Newsroom.Secrets.Of(c.Request().Context(), m.ID)
	if err != nil {
		return err
	}
	page := views.YouPage{DeskFrame: s.deskFrame(c, m, "You at the desk"), Factors: had, Passkeys: s.Newsroom.Secrets.PasskeysWork(), Error: wrong}
	return s.render(c, status, views.You(page))
}

// newCodes makes new recovery codes; the old ones are void.
func (s *Site) newCodes(c echo.Context, m desk.Member) error {
	codes, err := s.Newsroom.Secrets.NewRecovery(c.Request().Context(), m, s.deskNow())
	if err != nil {
		return err
	}
	return s.showCodes(c, m, codes, views.DeskYouPath)
}

// appForm offers an authenticator app beside a passkey.
func (s *Site) appForm(c echo.Context, m desk.Member) error {
	return s.askApp(c, m, http.StatusOK, views.EnrolPage{})
}

func (s *Site) askApp(c echo.Context, m desk.Member, status int, page views.EnrolPage) error {
	app, err := s.Newsroom.Secrets.BeginTOTP(c.Request().Context(), m, s.wall())
	if err != nil {
		return err
	}
	page.App, page.Action, page.Return = &app, views.DeskAppPath, views.DeskYouPath
	page.DeskFrame = s.deskFrame(c, m, "Add an authenticator app")
	return s.render(c, status, views.Enrol(page))
}

func (s *Site) appAdd(c echo.Context, m desk.Member) error {
	typed := c.FormValue("code")
	_, err := s.Newsroom.Secrets.ConfirmTOTP(c.Request().Context(), m, typed, s.deskNow())
	if fault.Is(err, fault.Invalid) {
		return s.askApp(c, m, http.StatusUnprocessableEntity, views.EnrolPage{Code: typed, Error: fault.SentenceOf(err)})
	}
	if err != nil {
		return err
	}
	return s.done(c, views.DeskYouPath, "The app is set up.")
}

func (s *Site) keyAsk(c echo.Context, m desk.Member) error {
	return s.asksKey(c, func(ctx context.Context) (any, error) { return s.Newsroom.Secrets.BeginPasskey(ctx, m, s.wall()) })
}

func (s *Site) keyAdd(c echo.Context, m desk.Member) error {
	codes, err := s.addKey(c, m)
	if fault.Is(err, fault.Invalid) {
		return s.showYou(c, m, http.StatusUnprocessableEntity, fault.SentenceOf(err))
	}
	if err != nil {
		return err
	}
	if len(codes) > 0 {
		return s.showCodes(c, m, codes, views.DeskYouPath)
	}
	return s.done(c, views.DeskYouPath, "The passkey is set up.")
}

func (s *Site) factorRemove(c echo.Context, m desk.Member) error {
	err := s.Newsroom.Secrets.Remove(c.Request().Context(), m, c.FormValue("which"), s.deskNow())
	if fault.Is(err, fault.Invalid) {
		return s.showYou(c, m, http.StatusUnprocessableEntity, fault.SentenceOf(err))
	}
	if err != nil {
		return err
	}
	return s.done(c, views.DeskYouPath, "It opens the desk no more.")
}

// deviceOf names the request's browser.
func deviceOf(c echo.Context) string { return reader.Session{Agent: c.Request().UserAgent()}.Device() }

// withReturn adds where to come back to.
func withReturn(path, back string) string {
	if back == "" || back == views.DeskPath {
		return path
	}
	return path + "?" + url.Values{views.ReturnParameter: {back}}.Encode()
}
