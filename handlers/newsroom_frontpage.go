package handlers

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/news"
	"broadsheet/views"
)

// How much of the front page the desk can fill, and how many stories it is
// offered to choose from.
const (
	frontPins    = 3
	frontSeconds = 12
	frontOffered = 60
)

func (s *Site) frontPageRoutes() []deskRoute {
	return []deskRoute{
		get(views.DeskFrontPath, desk.FrontCurate, s.frontDesk),
		post(views.DeskFrontPath, desk.FrontCurate, s.frontSet),
	}
}

// frontDesk shows how the front page is arranged.
func (s *Site) frontDesk(c echo.Context, m desk.Member) error {
	var page views.FrontDeskPage
	var second []string
	for _, p := range s.furniture.now().picks {
		switch p.Place {
		case news.FrontLead:
			page.Lead = p.Slug
		case news.FrontSecond:
			second = append(second, p.Slug)
		case news.FrontPin:
			page.Pins = append(page.Pins, views.FrontPin{Slug: p.Slug, Until: s.fieldMoment(p.Until)})
		}
	}
	page.Second = strings.Join(second, "\n")
	return s.showFrontDesk(c, m, http.StatusOK, page)
}

// fieldMoment is an instant as a field of a form holds it; "" for none.
func (s *Site) fieldMoment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.furniture.now().zone).Format("2006-01-02T15:04")
}

func (s *Site) showFrontDesk(c echo.Context, m desk.Member, status int, page views.FrontDeskPage) error {
	latest, err := s.News.Latest(c.Request().Context(), news.Cursor{}, frontOffered)
	if err != nil {
		return err
	}
	for _, t := range latest.Teasers {
		page.Known = append(page.Known, views.Option{Value: t.Slug, Label: t.Headline})
	}
	for len(page.Pins) < frontPins {
		page.Pins = append(page.Pins, views.FrontPin{})
	}
	page.DeskFrame = s.deskFrame(c, m, "Front page")
	return s.render(c, status, views.FrontDesk(page))
}

// frontSet arranges the front page from now on.
func (s *Site) frontSet(c echo.Context, m desk.Member) error {
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	page := views.FrontDeskPage{Lead: strings.TrimSpace(form.Get("lead")), Second: strings.TrimSpace(form.Get("second"))}
	for i, slug := range form["pin"] {
		pin := views.FrontPin{Slug: strings.TrimSpace(slug)}
		if i < len(form["until"]) {
			pin.Until = form["until"][i]
		}
		if pin.Slug != "" && len(page.Pins) < frontPins {
			page.Pins = append(page.Pins, pin)
		}
	}
	picks, err := s.frontPicks(c.Request().Context(), page)
	if fault.Is(err, fault.Invalid) {
		page.Error = fault.SentenceOf(err)
		return s.showFrontDesk(c, m, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	err = s.change(c, m, func(ctx context.Context) (desk.Change, error) {
		before := s.furniture.now().picks
		return desk.Change{Kind: "front.set", Subject: "front", Before: frontRecord(before), After: frontRecord(picks)}, s.Newsroom.Stories.SetFront(ctx, picks, s.now())
	})
	if err != nil {
		return err
	}
	if err := s.Refresh(c.Request().Context()); err != nil {
		return err
	}
	return s.done(c, views.DeskFrontPath, "The front page is set. Readers see it within a second.")
}

// frontPicks turns what was typed into stories. Its fault names the first that
// is none.
func (s *Site) frontPicks(ctx context.Context, page views.FrontDeskPage) ([]news.FrontPick, error) {
	var picks []news.FrontPick
	seen := map[string]bool{}
	add := func(place news.FrontPlace, slug string, until time.Time) error {
		found, err := s.News.TeasersBySlug(ctx, []string{slug})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.New(fault.Invalid, "Readers have no story at “"+slug+"”. The front page is as it was.", nil)
		}
		if !seen[found[0].ID] {
			seen[found[0].ID] = true
			picks = append(picks, news.FrontPick{Place: place, Story: found[0].ID, Slug: slug, Until: until})
		}
		return nil
	}
	if page.Lead != "" {
		if err := add(news.FrontLead, page.Lead, time.Time{}); err != nil {
			return nil, err
		}
	}
	for _, pin := range page.Pins {
		until, err := s.momentOf(pin.Until)
		if err != nil {
			return nil, err
		}
		if !until.After(s.now()) {
			return nil, fault.New(fault.Invalid, "Say until when “"+pin.Slug+"” is pinned, in the future. The front page is as it was.", nil)
		}
		if err := add(news.FrontPin, pin.Slug, until); err != nil {
			return nil, err
		}
	}
	slugs := strings.Fields(page.Second)
	if len(slugs) > frontSeconds {
		return nil, fault.New(fault.Invalid, "Twelve stories beside the lead are enough. The front page is as it was.", nil)
	}
	for _, slug := range slugs {
		if err := add(news.FrontSecond, slug, time.Time{}); err != nil {
			return nil, err
		}
	}
	return picks, nil
}

func frontRecord(picks []news.FrontPick) []string {
	out := []string{}
	for _, p := range picks {
		out = append(out, string(p.Place)+" "+p.Slug)
	}
	return out
}
