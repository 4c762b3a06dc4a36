package handlers

import (
	"context"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"broadsheet/internal/fault"
	"broadsheet/news"
	"broadsheet/views"
)

const listLength = 20

// section lists a section's stories, newest first.
func (s *Site) section(c echo.Context) error {
	set := s.furniture.now()
	sec, ok := set.section(c.Param("slug"))
	if !ok {
		return fault.New(fault.Missing, "The paper has no section of that name.", nil)
	}
	path := views.SectionPath(sec.Slug)
	return s.list(c, "section", path, func(ctx context.Context, after news.Cursor) (news.Listing, error) {
		return s.News.LatestIn(ctx, sec.Slug, after, listLength)
	}, func(f views.Frame, teasers []news.Teaser, next string) templ.Component {
		f.Title, f.Section, f.Description = sec.Name, sec.Slug, sec.Description
		return views.Section(views.SectionPage{Frame: f, Section: sec, Teasers: teasers, Next: next})
	})
}

// author lists what an author wrote, newest first.
func (s *Site) author(c echo.Context) error {
	who, err := s.News.AuthorBySlug(c.Request().Context(), c.Param("slug"))
	if err != nil {
		return err
	}
	path := views.AuthorPath(who.Slug)
	return s.list(c, "author", path, func(ctx context.Context, after news.Cursor) (news.Listing, error) {
		return s.News.LatestBy(ctx, who.Slug, after, listLength)
	}, func(f views.Frame, teasers []news.Teaser, next string) templ.Component {
		f.Title, f.Description = who.Name, who.Bio
		return views.Author(views.AuthorPage{Frame: f, Author: who, Teasers: teasers, Next: next})
	})
}

// list answers one page of a list that goes on by its last story.
func (s *Site) list(c echo.Context, kind, path string,
	read func(context.Context, news.Cursor) (news.Listing, error),
	view func(views.Frame, []news.Teaser, string) templ.Component,
) error {
	after, err := news.ParseCursor(c.QueryParam("before"))
	if err != nil {
		return fault.New(fault.Missing, "That part of the list does not exist. The newest stories are on its first page.", err)
	}
	v, d, err := s.glance(c)
	if err != nil {
		return err
	}
	return s.answer(c, v, s.pageKey(kind, path+"?"+after.String(), v, d), func(ctx context.Context) (templ.Component, error) {
		listing, err := read(ctx, after)
		if err != nil {
			return nil, err
		}
		here := path
		if !after.IsZero() {
			here += "?before=" + after.String()
		}
		frame := s.frame(v, "", here)
		frame.Canonical, frame.Meter = s.absolute(here), s.strip(v, d)
		next := ""
		if !listing.Next.IsZero() {
			next = path + "?before=" + listing.Next.String()
		}
		return view(frame, listing.Teasers, next), nil
	})
}

// textPage is a page about the paper itself.
func (s *Site) textPage(c echo.Context) error {
	page, err := s.News.PageBySlug(c.Request().Context(), c.Param("slug"))
	if err != nil {
		return err
	}
	v, d, err := s.glance(c)
	if err != nil {
		return err
	}
	path := views.PagePath(page.Slug)
	return s.answer(c, v, s.pageKey("page", page.Slug, v, d), func(context.Context) (templ.Component, error) {
		frame := s.frame(v, page.Title, path)
		frame.Canonical, frame.Description = s.absolute(path), page.Standfirst
		return views.Text(views.TextPage{Frame: frame, Page: page}), nil
	})
}

// accent is the sheet with the publication's colour.
func (s *Site) accent(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "public, max-age=86400")
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", s.furniture.now().accent)
}
