package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// healthz answers while the process lives.
func (s *Site) healthz(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.String(http.StatusOK, "ok\n")
}

// readyz answers 200 when everything that the paper needs is there: the
// migrations, and in development the demo and the stand-in.
func (s *Site) readyz(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	if err := s.Ready(c.Request().Context()); err != nil {
		s.Log.Warn("not ready", "err", err)
		return c.String(http.StatusServiceUnavailable, "not ready\n")
	}
	return c.String(http.StatusOK, "ready\n")
}
