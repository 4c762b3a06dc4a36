package handlers

import (
	"context"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"broadsheet/news"
	"broadsheet/paywall"
	"broadsheet/views"
)

// How many stories the front page takes of each kind.
const (
	frontLatest    = 12
	frontBlock     = 6
	frontRow       = 4
	frontSecondary = 3
	frontAlso      = 3
	frontMostRead  = 6
)

// front is the front page.
func (s *Site) front(c echo.Context) error {
	v, d, err := s.glance(c)
	if err != nil {
		return err
	}
	return s.answer(c, v, s.pageKey("front", "", v, d), func(ctx context.Context) (templ.Component, error) {
		return s.frontView(ctx, v, d)
	})
}

// glance is the viewer of a page on which nothing is counted, with the meter
// as it stands.
func (s *Site) glance(c echo.Context) (viewer, paywall.Decision, error) {
	v, err := s.viewer(c)
	if err != nil {
		return v, paywall.Decision{}, err
	}
	pool, err := s.Meter.Pool(c.Request().Context(), v.who)
	if err != nil {
		return v, paywall.Decision{}, err
	}
	return v, paywall.Standing(s.furniture.now().rules, pool.Counts, pool.Reader, s.now()), nil
}

func (s *Site) frontView(ctx context.Context, v viewer, d paywall.Decision) (templ.Component, error) {
	set := s.furniture.now()
	frame := s.frame(v, "", "/")
	frame.Canonical, frame.Meter = s.absolute("/"), s.strip(v, d)
	page := views.FrontPage{Frame: frame, Catalogue: set.catalogue}
	latest, err := s.News.Latest(ctx, news.Cursor{}, frontLatest)
	if err != nil {
		return nil, err
	}
	chosen, err := s.News.TeasersBySlug(ctx, set.chosen())
	if err != nil {
		return nil, err
	}
	pick := newPicker(append(chosen, latest.Teasers...))
	if lead := pick.take(1, nil); len(lead) > 0 {
		page.Lead = lead[0]
	}
	page.Secondary = pick.take(frontSecondary, nil)
	page.Row = pick.take(frontRow, func(t news.Teaser) bool { return t.Figure != nil })
	page.Also = pick.take(frontAlso, nil)
	if page.Blocks, err = s.frontBlocks(ctx, set, pick); err != nil {
		return nil, err
	}
	page.MostRead, err = s.mostRead(ctx, set, latest.Teasers)
	return views.Front(page), err
}

// chosen are the slugs of what stands first: by the desk, or else by the
// publication's own file.
func (s *set) chosen() []string {
	if len(s.picks) == 0 {
		return append([]string{s.paper.Front.Lead}, s.paper.Front.Secondary...)
	}
	var slugs []string
	for _, place := range []news.FrontPlace{news.FrontLead, news.FrontPin, news.FrontSecond} {
		for _, p := range s.picks {
			if p.Place == place {
				slugs = append(slugs, p.Slug)
			}
		}
	}
	return slugs
}

func (s *Site) frontBlocks(ctx context.Context, set *set, pick *picker) ([]views.SectionBlock, error) {
	var blocks []views.SectionBlock
	for _, sec := range set.sections {
		list, err := s.News.LatestIn(ctx, sec.Slug, news.Cursor{}, frontBlock+len(pick.used))
		if err != nil {
			return nil, err
		}
		pick.list = list.Teasers
		blocks = append(blocks, views.SectionBlock{Section: sec, Teasers: pick.take(frontBlock, nil)})
	}
	return blocks, nil
}

// mostRead is what was read most in a week, filled up with the latest while a
// paper is young.
func (s *Site) mostRead(ctx context.Context, set *set, latest []news.Teaser) ([]news.Teaser, error) {
	read, err := s.News.MostRead(ctx, s.now().Add(-mostReadSince).In(set.zone), frontMostRead)
	if err != nil {
		return nil, err
	}
	return newPicker(append(read, latest...)).take(frontMostRead, nil), nil
}

// picker hands out stories so that none stands on a page twice.
type picker struct {
	list []news.Teaser
	used map[string]bool
}

func newPicker(list []news.Teaser) *picker { return &picker{list: list, used: map[string]bool{}} }

// take hands out up to n stories that fit; nil fits all.
func (p *picker) take(n int, fits func(news.Teaser) bool) []news.Teaser {
	var got []news.Teaser
	for _, t := range p.list {
		if len(got) == n {
			break
		}
		if p.used[t.ID] || fits != nil && !fits(t) {
			continue
		}
		p.used[t.ID] = true
		got = append(got, t)
	}
	return got
}
