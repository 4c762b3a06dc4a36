package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"broadsheet/internal/fault"
	"broadsheet/internal/id"
	"broadsheet/news"
	"broadsheet/numbers"
	"broadsheet/paywall"
	"broadsheet/reader"
	"broadsheet/views"
)

// story is a story's page, as the gate lets this asker read it.
func (s *Site) story(c echo.Context) error {
	ctx := c.Request().Context()
	shelved, err := s.stories.get(ctx, s.furniture.now().version, c.Param("slug"))
	if fault.Is(err, fault.Missing) {
		return s.moved(c, err)
	}
	if err != nil {
		return err
	}
	v, err := s.viewer(c)
	if err != nil {
		return err
	}
	ask, err := s.ask(c, v, shelved)
	if err != nil {
		return err
	}
	d, sent, err := s.decide(c, v, ask)
	if err != nil || sent {
		return err
	}
	s.metrics.gate(d)
	if d.Reason == paywall.Crawler {
		// A search engine may index the story, not show a copy of it.
		c.Response().Header()["X-Robots-Tag"] = []string{"noarchive"}
	}
	via := numbers.Direct
	if counts(c, ask) {
		via = s.count(c, shelved.story.ID, d)
	}
	key := s.pageKey("story", shelved.story.Slug, v, d)
	if !d.Open() && via != numbers.Direct {
		key.via = via // the wall's forms carry it
	}
	// The paper may have changed since the story was taken from the shelf.
	key.version, key.wall, key.reason = shelved.version, d.Wall, d.Reason
	if !d.Open() && d.Reason == paywall.Spent && !d.Resets.IsZero() {
		key.resets = dayOf(d.Resets, s.furniture.now().zone)
	}
	build := func(context.Context) (templ.Component, error) { return s.storyView(v, shelved, d, key.via), nil }
	return s.answer(c, v, key, build)
}

// moved leads from an address that a story had to the one that it has. missing
// is the fault of an address that leads nowhere.
func (s *Site) moved(c echo.Context, missing error) error {
	slug := c.Param("slug")
	if !news.ValidSlug(slug) {
		return missing
	}
	to, err := s.News.MovedTo(c.Request().Context(), slug)
	if err != nil {
		return err
	}
	if to == "" {
		return missing
	}
	target := url.URL{Path: views.StoryPath(to), RawQuery: c.Request().URL.RawQuery}
	return c.Redirect(http.StatusMovedPermanently, target.String())
}

// ask gathers what the decision rests on, but for the counts.
func (s *Site) ask(c echo.Context, v viewer, shelved *shelvedStory) (paywall.Ask, error) {
	ask := paywall.Ask{
		Story: paywall.StoryFacts{ID: shelved.story.ID, Access: shelved.story.Access, Section: shelved.story.Section.Slug},
		Rules: s.furniture.now().rules, Now: s.now(),
		Preview: v.role != "", Unlimited: v.unlimited,
	}
	if shelved.story.Access == news.Free {
		return ask, nil
	}
	ctx := c.Request().Context()
	if token := c.QueryParam("gift"); token != "" {
		var err error
		if ask.Gift, err = s.Gate.GiftOpens(ctx, token, ask.Story.ID, ask.Now); err != nil {
			return ask, err
		}
	}
	if v.audience == stranger {
		at, _ := s.client(c)
		ask.Engine = paywall.EngineOf(c.Request().UserAgent())
		ask.Crawler, ask.Bot = s.Crawlers.Judge(ctx, c.Request().UserAgent(), at)
	}
	return ask, nil
}

// decide asks the meter. A request that would not show the story to a person
// is never counted, so it is never given one: a prefetch is refused and HEAD
// has no body. sent reports that the answer is already written.
func (s *Site) decide(c echo.Context, v viewer, ask paywall.Ask) (d paywall.Decision, sent bool, err error) {
	ctx, req := c.Request().Context(), c.Request()
	who := v.who
	if who.Visitor == "" {
		who.Visitor, who.Fresh = id.New(s.wall()), true
	}
	if idle := isPrefetch(req); idle || req.Method == http.MethodHead {
		if d, err = s.Meter.Peek(ctx, who, ask); err != nil || !d.MustCount {
			return d, false, err
		}
		c.Response().Header()["Cache-Control"] = noStoreHeader
		if idle {
			return d, true, c.NoContent(http.StatusServiceUnavailable)
		}
		c.Response().Header()["Content-Type"] = typeHTML
		return d, true, c.NoContent(http.StatusOK)
	}
	if d, err = s.Meter.Decide(ctx, who, ask); err != nil {
		return d, false, err
	}
	if d.MustCount && who.Fresh && who.Reader == "" {
		s.giveVisitor(c, who.Visitor)
	}
	return d, false, nil
}

// isPrefetch reports whether a browser asks ahead of its reader.
// https://wicg.github.io/nav-speculation/prefetch.html#sec-purpose-header
func isPrefetch(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") || r.Header.Get("Purpose") == "prefetch"
}

// storyView shapes the page. The body passes through Show, so what is behind a
// closed gate is not even in the view.
func (s *Site) storyView(v viewer, shelved *shelvedStory, d paywall.Decision, via string) templ.Component {
	set := s.furniture.now()
	story := shelved.story
	body := d.Show(story.Body)
	address := s.absolute(views.StoryPath(story.Slug))
	frame := s.frame(v, story.Headline, numbers.Way(views.StoryPath(story.Slug), via))
	frame.Section = story.Section.Slug
	frame.Description = story.Standfirst
	frame.Canonical = address
	frame.Image = s.absoluteFigure(story.Figure)
	frame.Meter = s.storyStrip(v, d)
	frame.JSONLD = s.jsonLD(story)
	page := views.ArticlePage{
		Frame: frame, Story: story, Body: body, Gate: d, Minutes: story.Minutes(),
		Related: shelved.related, Catalogue: set.catalogue, ShareURL: address, Registered: set.rules.For(story.Section.Slug).Registered,
	}
	page.Story.Body, page.Story.Source = nil, ""
	if !d.Open() {
		page.WordsLeft = story.Body.Words() - body.Words()
	}
	return views.Article(page)
}

// storyStrip is the meter under the navigation of a story.
func (s *Site) storyStrip(v viewer, d paywall.Decision) *views.MeterStrip {
	strip := s.strip(v, d)
	if strip == nil {
		return nil
	}
	switch d.Reason {
	case paywall.Free:
		strip.NotCounted = "Free story"
	case paywall.Gift:
		strip.NotCounted = "A gift from a subscriber"
	case paywall.Crawler:
		return nil
	}
	return strip
}

// viewer is who looks at a page, as far as pages differ by it.
type viewer struct {
	audience  audience
	who       paywall.Who
	principal *reader.Principal
	role      reader.Role
	unlimited bool
	notice    *views.Notice // about this reader alone: the page is not kept
	still     bool          // the page is only to be looked at
}

// viewer reads the request's cookies and asks what they stand for.
func (s *Site) viewer(c echo.Context) (viewer, error) {
	v := viewer{who: paywall.Who{Visitor: s.visitorID(c), Network: s.network(c)}}
	var err error
	if v.principal, err = s.session(c); err != nil || v.principal == nil {
		return v, err
	}
	p := v.principal
	v.role, v.audience = p.Role, registered
	if p.Reader.IsVerified() && !p.Unverified {
		v.who.Reader = p.Reader.ID
	}
	has, err := s.Holdings.of(c.Request().Context(), p.Reader.ID)
	if err != nil {
		return v, err
	}
	now, set := s.now(), s.furniture.now()
	v.unlimited = has.unlimited(set.catalogue, now)
	v.notice = has.notice(now, set.zone)
	switch {
	case v.role != "":
		v.audience = staff
	case v.unlimited:
		v.audience = subscriber
	}
	return v, nil
}

// pageKey is the key of a page that shows the meter of this viewer.
func (s *Site) pageKey(kind, of string, v viewer, d paywall.Decision) pageKey {
	set := s.furniture.now()
	key := pageKey{kind: kind, id: of, version: set.version, day: dayOf(s.now(), set.zone), viewer: v.audience,
		pooled: v.who.Reader != "", unlimited: v.unlimited}
	if v.audience == stranger || v.audience == registered {
		key.meter, key.left, key.allowance = true, int16(d.Left), int16(d.Allowance)
	}
	return key
}

func dayOf(t time.Time, zone *time.Location) int32 { return int32(news.Day(t.In(zone))) }

// answer sends a page from memory, or draws it. A page with a notice for one
// reader is drawn for that reader and not kept.
func (s *Site) answer(c echo.Context, v viewer, key pageKey, build func(context.Context) (templ.Component, error)) error {
	ctx := c.Request().Context()
	if v.notice != nil {
		view, err := build(ctx)
		if err != nil {
			return err
		}
		return s.render(c, http.StatusOK, view)
	}
	pg, err := s.pages.get(ctx, key, build)
	if err != nil {
		return err
	}
	shared := v.audience == stranger && sameForStrangers(key.reason) && !s.carriesOurs(c) && key.via == ""
	return s.sendPage(c, pg, shared)
}

// sameForStrangers reports whether a gate decides so for every stranger. The
// other reasons rest on the network, the user agent or a link, which a cache
// between us and the readers does not look at.
func sameForStrangers(why paywall.Reason) bool {
	return why == "" || why == paywall.Free || why == paywall.Subscribers
}
