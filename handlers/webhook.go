package handlers

import (
	"errors"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"broadsheet/internal/fault"
)

// stripeWebhook takes what Stripe sends. The signature covers the bytes as they
// came, so nothing may read them before. 200 is a promise that the event is
// kept; anything else makes Stripe send it again.
func (s *Site) stripeWebhook(c echo.Context) error {
	raw, err := io.ReadAll(c.Request().Body)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return c.String(http.StatusRequestEntityTooLarge, "too large")
	}
	if err != nil {
		return c.String(http.StatusBadRequest, "the body broke off")
	}
	err = s.Billing.Receive(c.Request().Context(), raw, c.Request().Header.Get("Stripe-Signature"), s.wall())
	switch {
	case err == nil:
		return c.NoContent(http.StatusOK)
	case fault.Is(err, fault.Invalid):
		s.Log.Warn("a webhook was refused", "err", err, "id", requestID(c))
		return c.String(http.StatusBadRequest, "not accepted")
	}
	s.Log.Error("a webhook could not be kept; Stripe will send it again", "err", err, "id", requestID(c))
	return c.String(http.StatusInternalServerError, "try again")
}
