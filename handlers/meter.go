package handlers

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"broadsheet/news"
	"broadsheet/paywall"
	"broadsheet/views"
)

// meter shows what was counted, what is left and when it resets.
func (s *Site) meter(c echo.Context) error {
	v, d, err := s.glance(c)
	if err != nil {
		return err
	}
	rows, hidden, err := s.countRows(c, v)
	if err != nil {
		return err
	}
	rules := s.furniture.now().rules
	pooled, more := d.Allowance == rules.Registered, 0
	if v.principal == nil && !pooled {
		more = rules.Registered - d.Allowance
	}
	why, err := s.unlimitedFor(c, v)
	if err != nil {
		return err
	}
	frame := s.frame(v, "How we count", "/meter")
	frame.Canonical, frame.NoIndex = s.absolute("/meter"), true
	return s.render(c, http.StatusOK, views.Meter(views.MeterPage{
		Frame: frame, Allowance: d.Allowance, Left: d.Left, Window: rules.Window, Counts: rows, Hidden: hidden, Resets: d.Resets,
		Registered: pooled, Unlimited: why, More: more,
	}))
}

// unlimitedFor says why nothing is counted for whoever is signed in.
func (s *Site) unlimitedFor(c echo.Context, v viewer) (views.Unlimited, error) {
	if v.principal == nil {
		return views.Counted, nil
	}
	has, err := s.Holdings.of(c.Request().Context(), v.principal.Reader.ID)
	return has.why(v, s.now()), err
}

// countRows lists the stories that count now, newest first. A device that was
// signed out stays in its reader's pool, but whoever sits at it now need not be
// that reader: the titles stay hidden until they sign in.
func (s *Site) countRows(c echo.Context, v viewer) (rows []views.MeterCount, hidden bool, err error) {
	ctx := c.Request().Context()
	pool, err := s.Meter.Pool(ctx, v.who)
	if err != nil || pool.Reader && v.who.Reader == "" {
		return nil, pool.Reader, err
	}
	window, now := s.furniture.now().rules.Window, s.now()
	latest := map[string]paywall.Count{}
	var ids []string
	for _, count := range slices.Backward(pool.Counts) {
		if _, seen := latest[count.Story]; !seen && count.At.Add(window).After(now) {
			latest[count.Story] = count
			ids = append(ids, count.Story)
		}
	}
	teasers, err := s.News.TeasersByID(ctx, ids)
	if err != nil {
		return nil, false, err
	}
	byID := make(map[string]news.Teaser, len(teasers))
	for _, t := range teasers {
		byID[t.ID] = t
	}
	for _, id := range ids {
		if t, ok := byID[id]; ok {
			at := latest[id].At
			rows = append(rows, views.MeterCount{Teaser: t, At: at, Leaves: at.Add(window)})
		}
	}
	return rows, false, nil
}
