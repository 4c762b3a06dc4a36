package handlers

import (
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"broadsheet/internal/fault"
	"broadsheet/news"
	"broadsheet/views"
)

// maxQuery bounds a question, in letters; the field says the same.
const maxQuery = 200

// search lists the stories that hold the words asked for.
func (s *Site) search(c echo.Context) error {
	query := strings.Join(strings.Fields(strings.ToValidUTF8(c.QueryParam("q"), "")), " ")
	if letters := []rune(query); len(letters) > maxQuery {
		query = string(letters[:maxQuery])
	}
	after, err := news.ParseCursor(c.QueryParam("before"))
	if err != nil {
		return fault.New(fault.Missing, "That part of the list does not exist. Search again for its beginning.", err)
	}
	v, d, err := s.glance(c)
	if err != nil {
		return err
	}
	var found news.Listing
	if query != "" {
		if found, err = s.News.Search(c.Request().Context(), query, after, listLength); err != nil {
			return err
		}
	}
	here := views.SearchPath
	if query != "" {
		here += "?" + url.Values{"q": {query}}.Encode()
	}
	frame := s.frame(v, "Search", here)
	frame.Canonical, frame.NoIndex, frame.Meter = s.absolute(here), true, s.strip(v, d)
	page := views.SearchPage{Frame: frame, Query: query, Results: found.Teasers}
	if !found.Next.IsZero() {
		page.Next = here + "&" + url.Values{"before": {found.Next.String()}}.Encode()
	}
	return s.render(c, 200, views.Search(page))
}
