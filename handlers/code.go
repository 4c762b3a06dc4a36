package handlers

import (
	"errors"

	"github.com/labstack/echo/v4"

	"broadsheet/billing"
	"broadsheet/internal/fault"
	"broadsheet/views"
)

// useCode looks a typed code up and puts it, or what is wrong with it, into the
// page. Nothing else of the page is lost by a code that is not good.
func (s *Site) useCode(c echo.Context, page *views.SubscribePage, typed string) error {
	if page.CodeTyped = typed; typed == "" {
		return nil
	}
	code, err := s.lookUp(c, typed, page.Selected)
	if errors.Is(err, billing.ErrCode) || fault.Is(err, fault.TooMany) || fault.Is(err, fault.Unavailable) {
		page.CodeError = fault.SentenceOf(err)
		return nil
	}
	page.Code = code
	return err
}

// lookUp asks whether this viewer can use a code for a price.
func (s *Site) lookUp(c echo.Context, typed, price string) (billing.Promotion, error) {
	ctx := c.Request().Context()
	if err := s.Buying.TryCode(ctx, s.network(c), s.wall()); err != nil {
		return billing.Promotion{}, err
	}
	who, err := s.session(c)
	if err != nil {
		return billing.Promotion{}, err
	}
	reader := ""
	if who != nil {
		reader = who.Reader.ID
	}
	return s.Billing.Code(ctx, reader, typed, price)
}
