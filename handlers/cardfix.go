package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/views"
)

// cardForm is what the link in a letter about a failed payment opens. Programs
// that look through mail open links too: it changes nothing.
func (s *Site) cardForm(c echo.Context) error {
	link, err := s.cardLink(c)
	if err != nil {
		return s.cardLinkOver(c, err)
	}
	fix, err := s.Billing.LookAtCard(c.Request().Context(), link)
	if err != nil {
		return s.cardLinkOver(c, err)
	}
	return s.showCard(c, http.StatusOK, fix)
}

// cardChange leads to Stripe's page for another card, and nowhere else.
func (s *Site) cardChange(c echo.Context) error {
	link, err := s.cardLink(c)
	if err != nil {
		return s.cardLinkOver(c, err)
	}
	address, err := s.Billing.AskForCard(c.Request().Context(), link, views.CardDonePath(c.Param("token")))
	if fault.Is(err, fault.Conflict) {
		return c.Redirect(http.StatusSeeOther, views.CardPath(c.Param("token")))
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, address)
}

// cardDone is where Stripe's page leads back to. What is open is paid with the
// card that is on file now, if it is another one; by whom the address is opened
// makes no difference, and how often neither.
func (s *Site) cardDone(c echo.Context) error {
	link, err := s.cardLink(c)
	if err != nil {
		return s.cardLinkOver(c, err)
	}
	fix, err := s.Billing.FinishCard(c.Request().Context(), link)
	if err != nil {
		return err
	}
	return s.showCard(c, http.StatusOK, fix)
}

// cardLink reads the token. The page's address opens something: it stays out of
// what other sites are told.
func (s *Site) cardLink(c echo.Context) (billing.CardLink, error) {
	c.Response().Header().Set("Referrer-Policy", "same-origin")
	return s.Cards.Open(c.Param("token"), s.wall())
}

func (s *Site) showCard(c echo.Context, status int, fix billing.CardFix) error {
	plan, _ := s.furniture.now().catalogue.Plan(fix.Subscription.Plan)
	page := views.CardPage{Token: c.Param("token"), Plan: plan.Name, Money: fix.Invoice.Money, Of: fix.Invoice.Created, State: fix.State, Why: fix.Why}
	var err error
	if page.Frame, err = s.cardFrame(c, "Another card"); err != nil {
		return err
	}
	return s.render(c, status, views.Card(page))
}

// cardLinkOver answers a token that opens nothing.
func (s *Site) cardLinkOver(c echo.Context, err error) error {
	if !fault.Is(err, fault.Missing) {
		return err
	}
	f, err := s.cardFrame(c, "This link has run out")
	if err != nil {
		return err
	}
	return s.render(c, http.StatusNotFound, views.CardLinkOver(views.CardPage{Frame: f}))
}

// cardFrame leaves the token out of the page's own links.
func (s *Site) cardFrame(c echo.Context, title string) (views.Frame, error) {
	v, err := s.viewer(c)
	if err != nil {
		return views.Frame{}, err
	}
	f := s.frame(v, title, views.AccountPath)
	f.NoIndex, f.Notice = true, nil
	return f, nil
}
