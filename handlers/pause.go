package handlers

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/views"
)

// pauseForm says what a pause would be, or what ending one does.
func (s *Site) pauseForm(c echo.Context) error {
	page := views.PausePage{}
	if typed := s.takeKept(c, views.PausePath); typed != nil {
		page.Months, _ = strconv.Atoi(typed.Get("months")) // none is none
		page.Kept = true
	}
	return s.showPause(c, http.StatusOK, page)
}

// pausePlan pauses the plan when what is paid for ends.
func (s *Site) pausePlan(c echo.Context) error {
	if _, err := s.signedInTo(c, views.PausePath, "months"); err != nil {
		return err
	}
	months, err := strconv.Atoi(c.FormValue("months"))
	if err != nil {
		months = 0 // none was chosen, and the page says so
	}
	return s.pauseTry(c, s.changePlan(c, func(ctx context.Context, readerID string) error { return s.Billing.Pause(ctx, readerID, months) }))
}

// pauseEnd brings the plan back.
func (s *Site) pauseEnd(c echo.Context) error {
	if _, err := s.signedInTo(c, views.PausePath); err != nil {
		return err
	}
	return s.pauseTry(c, s.changePlan(c, s.Billing.Unpause))
}

// pauseTry shows the page again with what was wrong, if the reader can mend it.
func (s *Site) pauseTry(c echo.Context, err error) error {
	if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
		return err
	}
	page := views.PausePage{Error: fault.SentenceOf(err)}
	status := http.StatusUnprocessableEntity
	if fault.Is(err, fault.Conflict) {
		status = http.StatusConflict
	}
	if _, declined := errors.AsType[*billing.Declined](err); declined {
		page.ErrorHint = "Nothing was charged, and the plan stays paused. Another card can be given in your account."
	}
	return s.showPause(c, status, page)
}

func (s *Site) showPause(c echo.Context, status int, page views.PausePage) error {
	who, err := s.signedIn(c)
	if err != nil {
		return err
	}
	v, err := s.viewer(c)
	if err != nil {
		return err
	}
	ctx, now := c.Request().Context(), s.now()
	page.Frame = s.frame(v, "Pause", views.PausePath)
	if page.NoIndex, page.Notice = true, nil; page.Kept {
		page.Notice = keptNotice()
	}
	page.Catalogue = s.furniture.now().catalogue
	sub, offers, err := s.Billing.PauseOffer(ctx, who.Reader.ID)
	if err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	page.Plan, _ = page.Catalogue.Plan(sub.Plan)
	if err == nil {
		page.Offers = offers
	} else {
		page.WhyNot = fault.SentenceOf(err)
	}
	if sub.InPause(now) && sub.Stops() && sub.CancelAt.IsZero() {
		page.Paused, page.Begun = true, !billing.Access(sub, now).Grants
		page.From, page.Until, page.Price = sub.PausedFrom, sub.NextPayment(), sub.Money
		customer, _, err := s.Billing.Store.CustomerByID(ctx, sub.Customer)
		if err != nil {
			return err
		}
		if customer.Card.Last4 != "" {
			page.Card = "the card ending " + customer.Card.Last4
		}
	}
	if !page.Paused && page.Error == page.WhyNot {
		page.Error = "" // the page itself says it
	}
	return s.render(c, status, views.Pause(page))
}
