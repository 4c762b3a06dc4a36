package handlers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/internal/fault"
)

// Pace is the paper's own work that waits for paper time. Whoever moves the
// clock from another process asks it what is due, and waits until it is done.
type Pace interface {
	NextDue(ctx context.Context) (due time.Time, found bool, err error)
	Settle(ctx context.Context) error
}

// Where the pace is asked, in development only: a stand-in that runs alone
// steers by it.
const (
	paceNext   = "/_clock/next"
	paceSettle = "/_clock/settle"
)

// paceRoutes mounts them where paper time can be moved.
func (s *Site) paceRoutes(get func(path string, h echo.HandlerFunc), post func(path string, h echo.HandlerFunc)) {
	if !s.Config.Development || s.Pace == nil {
		return
	}
	get(paceNext, s.nextDue)
	post(paceSettle, s.settle)
}

// nextDue says when the paper has something to do next.
func (s *Site) nextDue(c echo.Context) error {
	at, found, err := s.Pace.NextDue(c.Request().Context())
	if err != nil {
		return err
	}
	out := map[string]any{"next": nil}
	if found {
		out["next"] = at.UTC().Format(time.RFC3339Nano)
	}
	return s.sayPace(c, out)
}

// settle does what is due at the present paper time, for at most the time given,
// and says whether all of it is done.
func (s *Site) settle(c echo.Context) error {
	ctx := c.Request().Context()
	if raw := c.FormValue("within"); raw != "" {
		d, err := time.ParseDuration(raw)
		if err != nil || d <= 0 {
			return fault.New(fault.Invalid, "within must be a duration like 2s.", err)
		}
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	err := s.Pace.Settle(ctx)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return s.sayPace(c, map[string]any{"settled": err == nil})
}

func (s *Site) sayPace(c echo.Context, v map[string]any) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, v)
}
