package handlers

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/news"
	"broadsheet/paywall"
	"broadsheet/views"
)

// viewPolicy lets a page that is seen through a reader's eyes be looked at, and
// nothing else: no form is sent, no script runs.
const viewPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// viewFront is the front page as a reader sees it.
func (s *Site) viewFront(c echo.Context, m desk.Member) error {
	h, v, d, err := s.eyesFor(c, m)
	if err != nil {
		return err
	}
	page, err := s.frontView(c.Request().Context(), v, d)
	if err != nil {
		return err
	}
	return s.throughEyes(h, page)
}

// viewStory is a story as the gate would give it to a reader. Nothing is
// counted, no cookie changes.
func (s *Site) viewStory(c echo.Context, m desk.Member) error {
	h, v, _, err := s.eyesFor(c, m)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	shelved, err := s.stories.get(ctx, s.furniture.now().version, c.Param("slug"))
	if err != nil {
		return err
	}
	ask := paywall.Ask{
		Story: paywall.StoryFacts{ID: shelved.story.ID, Access: shelved.story.Access, Section: shelved.story.Section.Slug},
		Rules: s.furniture.now().rules, Now: s.now(), Preview: v.role != "", Unlimited: v.unlimited && shelved.story.Access != news.Free,
	}
	pool, err := s.Meter.Pool(ctx, v.who)
	if err != nil {
		return err
	}
	ask.Counts, ask.Registered = pool.Counts, h.who.IsVerified()
	return s.throughEyes(h, s.storyView(v, shelved, paywall.Decide(ask), ""))
}

// eyesFor is the reader whose eyes are borrowed.
func (s *Site) eyesFor(c echo.Context, m desk.Member) (help, viewer, paywall.Decision, error) {
	h, err := s.helpOf(c, m)
	if err != nil {
		return h, viewer{}, paywall.Decision{}, err
	}
	v, d, err := s.eyesOf(h.ctx(), h.who)
	return h, v, d, err
}

// throughEyes sends a page of the paper with a banner that says whose eyes these
// are. Links to stories stay within the view; all others lead out of it.
func (s *Site) throughEyes(h help, page templ.Component) error {
	if h.c.Request().Method == http.MethodGet {
		if err := s.noted(h.c, h.m, desk.Change{Kind: "reader.view", Subject: "reader", ID: h.who.ID, After: map[string]string{"page": h.c.Param("slug")}}); err != nil {
			return err
		}
	}
	var drawn, banner bytes.Buffer
	ctx := h.ctx()
	if err := page.Render(ctx, &drawn); err != nil {
		return err
	}
	if err := views.EyesBanner(readerCalled(h.who), h.path("")).Render(ctx, &banner); err != nil {
		return err
	}
	view := h.path("/view")
	html := strings.NewReplacer(`href="/stories/`, `href="`+view+`/`, `href="/"`, `href="`+view+`"`).Replace(drawn.String())
	before, after, ok := strings.Cut(html, "<body")
	if head, rest, skips := strings.Cut(after, "</a>"); ok && skips {
		html = before + "<body" + head + "</a>" + banner.String() + rest // behind the link that skips to the content
	}
	h.c.Response().Header().Set("Content-Security-Policy", viewPolicy)
	h.c.Response().Header().Set("X-Robots-Tag", "noindex")
	return h.c.HTML(http.StatusOK, html)
}
