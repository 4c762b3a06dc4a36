package handlers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"broadsheet/internal/fault"
	"broadsheet/news"
	"broadsheet/views"
)

// Bounds on what a request may bring.
const (
	maxForm    = 64 << 10
	maxWebhook = 256 << 10
	maxID      = 255 // Stripe's own bound, https://docs.stripe.com/upgrades
)

// request ids: unique among the processes of a paper and cheap to make.
var (
	requestPrefix = strconv.FormatInt(time.Now().UnixMilli(), 36) + "-"
	requestCount  atomic.Uint64
)

const requestIDKey = "request id"

// statusGone is what the log says of a request that its sender gave up; nginx
// uses the number for the same.
const statusGone = 499

// around is what every request passes through, in one layer: an id, security
// headers, the cross-origin check, a bound on the body, a recovered panic, the
// designed page for a fault, the log and the metrics. Separate layers for each
// cost a fifth of the throughput.
func (s *Site) around(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := s.wall()
		req, res := c.Request(), c.Response()
		id := requestPrefix + strconv.FormatUint(requestCount.Add(1), 36)
		c.Set(requestIDKey, id)
		head := res.Header()
		for name, value := range s.headers {
			head[name] = value
		}
		head["X-Request-Id"] = []string{id}
		err := s.guarded(c, next)
		switch {
		case err == nil:
		case errors.Is(err, context.Canceled) && req.Context().Err() != nil:
			// There is nobody to answer, and nothing of ours is broken.
			res.Status, err = statusGone, nil
		default:
			s.answerFault(err, c)
		}
		s.record(entry{
			at: start, took: s.wall().Sub(start), id: id, method: req.Method, route: c.Path(), path: loggedPath(c),
			status: res.Status, size: res.Size, network: s.network(c), err: err,
		})
		return nil
	}
}

func (s *Site) guarded(c echo.Context, next echo.HandlerFunc) (err error) {
	defer func() {
		switch p := recover(); {
		case p == nil:
		case p == http.ErrAbortHandler: // net/http's own way to end a connection
			panic(p)
		default:
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if !storable(c.Request().URL.Path) {
		return fault.New(fault.Missing, noPage, nil)
	}
	if m := c.Request().Method; m != http.MethodGet && m != http.MethodHead {
		if err := s.admitForm(c); err != nil {
			return err
		}
	}
	return next(c)
}

// admitForm takes a form from our own pages only, and reads it whole before
// any handler acts on a part of it.
func (s *Site) admitForm(c echo.Context) error {
	req := c.Request()
	if err := s.cross.Check(req); err != nil {
		return fault.New(fault.Forbidden, "That form was sent from another site, so nothing was changed. Open the page here and send it again.", err)
	}
	if strings.HasPrefix(req.URL.Path, "/webhooks/") {
		req.Body = http.MaxBytesReader(c.Response(), req.Body, maxWebhook)
		return nil
	}
	req.Body = http.MaxBytesReader(c.Response(), req.Body, s.largest(c))
	err := req.ParseForm()
	if multi := req.ParseMultipartForm(maxForm); err == nil && !errors.Is(multi, http.ErrNotMultipart) {
		err = multi
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return err
	}
	if err == nil {
		for _, values := range req.Form {
			if !storable(values...) {
				err = errors.New("a field holds what is no text")
			}
		}
	}
	if err != nil {
		return fault.New(fault.Invalid, unreadable, err)
	}
	return nil
}

// largest is how large a form may be, in bytes. Only who is signed in may send
// the desk a story or a picture: their room is asked for their role a step later.
func (s *Site) largest(c echo.Context) int64 {
	path := c.Request().URL.Path
	if !strings.HasPrefix(path, views.DeskStoriesPath+"/") || s.Sessions.token(c) == "" {
		return maxForm
	}
	if strings.HasSuffix(path, "/picture") {
		return news.MaxPicture + maxForm
	}
	return 3*news.MaxSource + maxForm // a letter may take three in a form
}

// storable reports whether all are text as a database takes it: PostgreSQL
// refuses a zero byte and what is not UTF-8.
func storable(all ...string) bool {
	return !slices.ContainsFunc(all, func(s string) bool { return !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 })
}

// idParam is an identifier in the query; "" for what can be none, which spares
// the database what it may not even take.
func idParam(c echo.Context, name string) string {
	v := c.QueryParam(name)
	if len(v) > maxID || !storable(v) {
		return ""
	}
	return v
}

// Sentences for faults that are found in more than one place.
const (
	noPage     = "There is no page at this address. It may have moved, or the link may have lost a piece."
	unreadable = "That form could not be read. Go back and send it again."
)

// requestID is the id that the log and an error page share.
func requestID(c echo.Context) string {
	id, _ := c.Get(requestIDKey).(string)
	return id
}

// asFault gives errors of Echo, net/http and the network to the database a kind
// and a sentence.
func asFault(err error) error {
	if _, ok := errors.AsType[*fault.Fault](err); ok {
		return err
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, context.DeadlineExceeded) {
		return fault.New(fault.Unavailable, "Something that the paper needs does not answer. Please try again in a moment.", err)
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.New(fault.TooLarge, "That is more than this page takes. Nothing was changed.", err)
	}
	known, ok := errors.AsType[*echo.HTTPError](err)
	if !ok {
		return err
	}
	switch known.Code {
	case http.StatusNotFound:
		return fault.New(fault.Missing, noPage, err)
	case http.StatusMethodNotAllowed:
		return fault.New(fault.NotAllowed, "This address does not take that kind of request.", err)
	case http.StatusRequestEntityTooLarge:
		return fault.New(fault.TooLarge, "That is more than this page takes. Nothing was changed.", err)
	case http.StatusBadRequest, http.StatusUnsupportedMediaType:
		return fault.New(fault.Invalid, unreadable, err)
	}
	return err
}
