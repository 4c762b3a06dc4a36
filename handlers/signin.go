package handlers

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/internal/fault"
	"broadsheet/journey"
	"broadsheet/reader"
	"broadsheet/views"
)

// pendingCookie remembers which address a code was sent to, so that the code
// alone is enough. It lasts as long as the code.
const pendingCookie = "signin"

var linkPrefix = views.SignInLinkPath("")

// signInForm asks for an address.
func (s *Site) signInForm(c echo.Context) error {
	back := localPath(c.QueryParam(views.ReturnParameter))
	who, err := s.session(c)
	if err != nil {
		return err
	}
	if who != nil && !who.Unverified {
		return c.Redirect(http.StatusSeeOther, back)
	}
	page := views.SignInPage{Email: c.QueryParam("email"), Return: back}
	if strings.HasPrefix(back, views.SubscribePath+"?price=") {
		page.Why = "There is an account with this address already. Sign in first, and your purchase goes on from there."
	}
	if c.QueryParam("undone") != "" {
		page.Why = "You had been signed out, so nothing was done. Sign in, and you go on from where you were."
	}
	return s.askAddress(c, http.StatusOK, page)
}

// signInAsk mails a code and asks for it. It does and says the same whether the
// address has an account or not.
func (s *Site) signInAsk(c echo.Context) error {
	typed, back := c.FormValue("email"), localPath(c.FormValue(views.ReturnParameter))
	asked, err := s.Entry.Ask(c.Request().Context(), reader.Ask{Email: typed, Network: s.network(c), Return: back, Now: s.wall()})
	if fault.Is(err, fault.Invalid) {
		return s.askAddress(c, http.StatusUnprocessableEntity, views.SignInPage{Email: typed, Error: fault.SentenceOf(err), Return: back})
	}
	if err != nil {
		return err
	}
	s.setPending(c, asked.Email)
	page := views.CodePage{Email: asked.Email, Return: back}
	if asked.Again {
		page.Notice = &views.Notice{Text: "A code went to that address less than a minute ago, so we sent no second one. It may take a moment to arrive."}
	}
	return s.askCode(c, http.StatusOK, page)
}

// codeForm shows the form for a code again, to somebody who left it.
func (s *Site) codeForm(c echo.Context) error {
	email := s.pending(c)
	if email == "" {
		return c.Redirect(http.StatusSeeOther, views.SignInPath)
	}
	return s.askCode(c, http.StatusOK, views.CodePage{Email: email, Return: localPath(c.QueryParam(views.ReturnParameter))})
}

// signInCode signs in with the six digits.
func (s *Site) signInCode(c echo.Context) error {
	email, typed, back := c.FormValue("email"), c.FormValue("code"), c.FormValue(views.ReturnParameter)
	if email == "" {
		email = s.pending(c)
	}
	if email == "" {
		return s.askAddress(c, http.StatusUnprocessableEntity, views.SignInPage{Return: localPath(back), Error: "Which address was the code sent to? We can send you another."})
	}
	in, err := s.Entry.ByCode(c.Request().Context(), email, typed, s.device(c))
	switch {
	case errors.Is(err, reader.ErrSpent):
		return s.askAddress(c, http.StatusUnprocessableEntity, views.SignInPage{Email: email, Error: fault.SentenceOf(err), Return: localPath(back)})
	case fault.Is(err, fault.Invalid):
		return s.askCode(c, http.StatusUnprocessableEntity, views.CodePage{Email: email, Code: typed, Error: fault.SentenceOf(err), Return: localPath(back)})
	case err != nil:
		return err
	}
	return s.entered(c, in, back)
}

// linkForm is what a mail's link opens. It changes nothing, since programs that
// look through mail open links too.
func (s *Site) linkForm(c echo.Context) error {
	token := c.Param("token")
	proof, err := s.Entry.Peek(c.Request().Context(), token, s.wall())
	if errors.Is(err, reader.ErrSpent) {
		return s.askAddress(c, http.StatusNotFound, views.SignInPage{Why: fault.SentenceOf(err), Return: "/"})
	}
	if err != nil {
		return err
	}
	f, err := s.signInFrame(c, "Sign in")
	if err != nil {
		return err
	}
	f.Path = views.SignInPath // the token stays out of the page's links
	c.Response().Header().Set("Referrer-Policy", "same-origin")
	return s.render(c, http.StatusOK, views.Link(views.LinkPage{Frame: f, Token: token, Email: proof.Address.Email, Return: proof.Return}))
}

// signInLink signs in with a link whose button was pressed, on any device.
func (s *Site) signInLink(c echo.Context) error {
	in, err := s.Entry.ByLink(c.Request().Context(), c.Param("token"), s.device(c))
	if errors.Is(err, reader.ErrSpent) {
		return s.askAddress(c, http.StatusUnprocessableEntity, views.SignInPage{Why: fault.SentenceOf(err), Return: "/"})
	}
	if err != nil {
		return err
	}
	return s.entered(c, in, c.FormValue(views.ReturnParameter))
}

// loggedPath is the request's path as it may be written down: a sign-in link's
// token signs its owner in until it is used, and a card or preview link can be opened by
// whoever has it.
func loggedPath(c echo.Context) string {
	for _, secret := range []string{linkPrefix, views.CardPrefix, views.GiftPrefix, views.PreviewLinkPath("")} {
		if strings.HasPrefix(c.Request().URL.Path, secret) {
			return secret + "…"
		}
	}
	return c.Request().URL.Path
}

// entered opens the session and goes where the reader was going. An owner who
// proved an address that something was bought with sees first what that was.
func (s *Site) entered(c echo.Context, in journey.Entered, back string) error {
	s.Sessions.Forget(in.Ended...)
	if err := s.signIn(c, in.Reader, false); err != nil {
		return err
	}
	s.setPending(c, "")
	if back == "" {
		back = in.Return
	}
	if in.ShowBought {
		back = views.AccountPath
	}
	return c.Redirect(http.StatusSeeOther, localPath(back))
}

// signOut ends this browser's session.
func (s *Site) signOut(c echo.Context) error {
	if err := s.signOutHere(c); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, localPath(c.FormValue(views.ReturnParameter)))
}

// endSessions ends one of the reader's sessions, or all of them.
func (s *Site) endSessions(c echo.Context) error {
	who, err := s.session(c)
	if err != nil {
		return err
	}
	if who == nil {
		return fault.New(fault.SignIn, "Sign in to see where you are signed in.", nil)
	}
	ctx, which := c.Request().Context(), c.FormValue("session")
	switch which {
	case views.AllSessions:
		if err := s.Sessions.endAll(ctx, who.Reader.ID, ""); err != nil {
			return err
		}
		return s.signOut(c)
	case who.SessionID:
		return s.signOut(c)
	}
	if err := s.Sessions.end(ctx, who.Reader.ID, which); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.AccountPath)
}

// device is where somebody signs in. A device without an id is given one now:
// it belongs to its reader's pool from its first sign-in on, signed out or not.
func (s *Site) device(c echo.Context) journey.Device {
	return journey.Device{Visitor: s.ensureVisitor(c), Network: s.network(c), Wall: s.wall(), Paper: s.now()}
}

func (s *Site) askAddress(c echo.Context, status int, page views.SignInPage) (err error) {
	if page.Frame, err = s.signInFrame(c, "Sign in"); err != nil {
		return err
	}
	return s.render(c, status, views.SignIn(page))
}

func (s *Site) askCode(c echo.Context, status int, page views.CodePage) error {
	notice := page.Notice
	f, err := s.signInFrame(c, "Enter your code")
	if err != nil {
		return err
	}
	page.Frame = f
	page.Notice = notice
	return s.render(c, status, views.Code(page))
}

// signInFrame is the frame of a page on the way in. Its address is the form's:
// signing in from there leads to no page that has lost what it was sent.
func (s *Site) signInFrame(c echo.Context, title string) (views.Frame, error) {
	v, err := s.viewer(c)
	if err != nil {
		return views.Frame{}, err
	}
	f := s.frame(v, title, views.SignInPath)
	f.NoIndex = true
	return f, nil
}

// pending is the address that this browser asked a code for; "" if it didn't.
func (s *Site) pending(c echo.Context) string {
	got, err := c.Cookie(s.Config.cookieName(pendingCookie))
	if err != nil {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(got.Value)
	if err != nil {
		return ""
	}
	return string(raw)
}

func (s *Site) setPending(c echo.Context, email string) {
	age := int(reader.CodeLife / time.Second)
	if email == "" {
		age = -1
	}
	c.SetCookie(&http.Cookie{
		Name: s.Config.cookieName(pendingCookie), Value: base64.RawURLEncoding.EncodeToString([]byte(email)), Path: "/",
		MaxAge: age, HttpOnly: true, Secure: s.Config.Secure(), SameSite: http.SameSiteLaxMode,
	})
}
