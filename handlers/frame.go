package handlers

import (
	"strings"
	"time"

	"broadsheet/news"
	"broadsheet/paywall"
	"broadsheet/views"
)

// frame is what every page wears, for this viewer.
func (s *Site) frame(v viewer, title, path string) views.Frame {
	set := s.furniture.now()
	return views.Frame{
		Paper: set.paper, Sections: set.sections, Pages: set.links, Accent: set.accentURL,
		Title: title, Description: set.paper.Description, Path: path,
		Day:      s.now().In(set.zone),
		SignedIn: v.principal != nil, Desk: v.role != "", Subscribed: v.unlimited, Resting: v.notice != nil && !v.unlimited,
		Notice: v.notice, Still: v.still,
	}
}

// strip is the meter under the navigation, nil for whom nothing is counted.
func (s *Site) strip(v viewer, d paywall.Decision) *views.MeterStrip {
	if v.audience == subscriber || v.audience == staff {
		return nil
	}
	rules := s.furniture.now().rules
	strip := &views.MeterStrip{Allowance: d.Allowance, Left: d.Left, Registered: v.who.Reader != ""}
	if v.audience == stranger && d.Allowance < rules.Registered {
		strip.More = rules.Registered - d.Allowance
	}
	return strip
}

func (s *Site) absolute(path string) string {
	return strings.TrimSuffix(s.Config.BaseURL.String(), "/") + path
}

// absoluteFigure is the figure as other sites must be given it.
func (s *Site) absoluteFigure(f *news.Figure) *news.Figure {
	if f == nil {
		return nil
	}
	shared := *f
	if strings.HasPrefix(shared.Src, "/") {
		shared.Src = s.absolute(shared.Src)
	}
	return &shared
}

// mostReadSince is how far back "most read" looks.
const mostReadSince = 7 * 24 * time.Hour
