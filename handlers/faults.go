package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/internal/fault"
	"broadsheet/views"
)

// statuses is the one table from kinds of fault to HTTP statuses.
var statuses = map[fault.Kind]int{
	fault.Internal:    http.StatusInternalServerError,
	fault.Missing:     http.StatusNotFound,
	fault.Invalid:     http.StatusUnprocessableEntity,
	fault.Forbidden:   http.StatusForbidden,
	fault.SignIn:      http.StatusSeeOther,
	fault.Conflict:    http.StatusConflict,
	fault.TooMany:     http.StatusTooManyRequests,
	fault.Unavailable: http.StatusServiceUnavailable,
	fault.TooLarge:    http.StatusRequestEntityTooLarge,
	fault.NotAllowed:  http.StatusMethodNotAllowed,
}

// retryAfter is what an overloaded or limited answer suggests, in seconds.
const (
	retryLimited     = 600
	retryUnavailable = 5
)

// answerFault sends the designed page of a fault. The cause stays in the log.
func (s *Site) answerFault(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	err = asFault(err)
	kind := fault.KindOf(err)
	h := c.Response().Header()
	h.Del("Content-Encoding")
	h.Del("Etag")
	switch kind {
	case fault.SignIn:
		h.Set("Cache-Control", "private, no-store")
		way := "/signin?return=" + url.QueryEscape(wayBack(c))
		if sends(c) {
			way += "&undone=1"
		}
		_ = c.Redirect(http.StatusSeeOther, way)
		return
	case fault.TooMany:
		h.Set("Retry-After", strconv.Itoa(retryAfter(err)))
	case fault.Unavailable:
		h.Set("Retry-After", strconv.Itoa(retryUnavailable))
	}
	page := views.ErrorPage{Frame: s.faultFrame(c), Status: statuses[kind], Sentence: fault.SentenceOf(err), RequestID: requestID(c)}
	if again := s.render(c, page.Status, views.Error(page)); again != nil {
		s.Log.Error("the page of a fault could not be drawn", "err", errors.Join(err, again))
		_ = c.String(http.StatusInternalServerError, "Something broke on our side, and we have been told.")
	}
}

// retryAfter is when a limit lets through again, in whole seconds, rounded up.
func retryAfter(err error) int {
	if known, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err); ok {
		return int((known.RetryAfter() + time.Second - 1) / time.Second)
	}
	return retryLimited
}

// wayBack is where a reader goes on who was asked to sign in: to the page they
// wanted, or after a form, which cannot be sent again, to that form; to their
// account if it does not say where it stands.
func wayBack(c echo.Context) string {
	if form, ok := c.Get(wayBackKey).(string); ok {
		return form
	}
	if sends(c) {
		return views.AccountPath
	}
	return localPath(c.Request().URL.RequestURI())
}

// sends reports whether the request asks for something to be done.
func sends(c echo.Context) bool {
	m := c.Request().Method
	return m != http.MethodGet && m != http.MethodHead
}

// faultFrame is a frame that needs nothing which may be broken.
func (s *Site) faultFrame(c echo.Context) views.Frame {
	if s.furniture.now() == nil {
		return views.Frame{}
	}
	f := s.frame(viewer{}, "", "")
	f.NoIndex = true
	f.Path = localPath(c.Request().URL.RequestURI())
	return f
}
