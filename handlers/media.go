package handlers

import (
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/internal/fault"
	"broadsheet/news"
)

// pictureFiles opens pictures by their names; the error is fs.ErrNotExist for
// one that isn't there.
type pictureFiles interface {
	OpenPicture(name string) (io.ReadSeekCloser, error)
}

// Header values of pictures. A name is a hash of its content, so that what was
// fetched once is good for ever. A drawing that is opened by itself may style
// itself and do nothing else.
var (
	foreverStore = []string{"public, max-age=31536000, immutable"}
	pictureCSP   = []string{"default-src 'none'; style-src 'unsafe-inline'; sandbox"}
)

// picture sends a story's picture, or the part of it that was asked for.
func (s *Site) picture(c echo.Context) error {
	name := c.Param("file")
	gone := fault.New(fault.Missing, "There is no picture at this address.", nil)
	if s.Media == nil || !news.ValidMediaName(name) {
		return gone
	}
	f, err := s.Media.OpenPicture(name)
	if err != nil {
		gone.Cause = err
		return gone
	}
	defer f.Close()
	h := c.Response().Header()
	h["Content-Type"] = []string{news.MediaType(name)}
	h["Cache-Control"], h["Content-Security-Policy"] = foreverStore, pictureCSP
	h["Etag"] = []string{`"` + strings.SplitN(name, ".", 2)[0] + `"`}
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, f)
	return nil
}
