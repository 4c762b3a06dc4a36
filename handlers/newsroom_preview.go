package handlers

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/news"
	"broadsheet/paywall"
	"broadsheet/views"
)

// framed lets a page of ours stand inside another page of ours, and nowhere
// else: a preview stands beside its form.
var framed = []string{"default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"}

// storyPage is the story as its page would be, by the paper's own renderer: as
// saved, or as it stands in the form that is sent here. It changes nothing.
func (s *Site) storyPage(c echo.Context, m desk.Member) error {
	got, err := s.manuscript(c, m)
	if err != nil {
		return err
	}
	copy := got.Copy
	if c.Request().Method == http.MethodPost && !blank(c) {
		copy = copyFrom(c, got.Copy.Figure)
	}
	story, err := s.composed(c.Request().Context(), got, copy)
	if err != nil {
		return err
	}
	d := paywall.Decision{Wall: paywall.Open, Reason: paywall.Preview}
	if c.FormValue("as") == "closed" || c.QueryParam("as") == "closed" {
		d = s.closedTo(story)
	}
	c.Response().Header()["Content-Security-Policy"] = framed
	return s.render(c, http.StatusOK, s.previewOf(story, d))
}

// composed sets a copy, as far as it can be set: what keeps it from being
// published does not keep it from being looked at.
func (s *Site) composed(ctx context.Context, got news.Manuscript, c news.Copy) (news.Story, error) {
	authors, err := s.Newsroom.Stories.Authors(ctx)
	if err != nil {
		return news.Story{}, err
	}
	story, err := news.Compose(c, s.furniture.now().sections, authors, s.Newsroom.Editing.Pictures(ctx))
	if err != nil && !fault.Is(err, fault.Invalid) {
		return story, err
	}
	story.ID = got.ID
	if story.Published = got.QueuedAt; story.Published.IsZero() {
		story.Published = s.now()
	}
	if have, err := s.Newsroom.Stories.StoredStory(ctx, got.ID); err == nil {
		story.Published, story.Corrections = have.Published, have.Corrections
	}
	return story, nil
}

// closedTo is the gate's answer to somebody without an account who has read
// what is free.
func (s *Site) closedTo(story news.Story) paywall.Decision {
	rules := s.furniture.now().rules
	ask := paywall.Ask{Story: paywall.StoryFacts{ID: story.ID, Access: story.Access, Section: story.Section.Slug}, Rules: rules, Now: s.now()}
	for i := range rules.For(story.Section.Slug).Anonymous {
		ask.Counts = append(ask.Counts, paywall.Count{Story: strconv.Itoa(i), At: ask.Now})
	}
	return paywall.Decide(ask)
}

// previewOf draws a story that is not on any shelf.
func (s *Site) previewOf(story news.Story, d paywall.Decision) templ.Component {
	set := s.furniture.now()
	body := d.Show(story.Body)
	frame := s.frame(viewer{}, story.Headline, "")
	frame.Section, frame.NoIndex, frame.Still = story.Section.Slug, true, true
	page := views.ArticlePage{
		Frame: frame, Story: story, Body: body, Gate: d, Minutes: story.Minutes(), Catalogue: set.catalogue, Registered: set.rules.For(story.Section.Slug).Registered,
	}
	page.Story.Body, page.Story.Source = nil, ""
	if !d.Open() {
		page.WordsLeft = story.Body.Words() - body.Words()
	}
	return views.Article(page)
}

// storyLink makes a preview link for somebody outside. Its token is shown once:
// only its hash is kept.
func (s *Site) storyLink(c echo.Context, m desk.Member) error {
	got, err := s.manuscript(c, m)
	if err != nil {
		return err
	}
	days, err := strconv.Atoi(c.FormValue("days"))
	life := time.Duration(days) * 24 * time.Hour
	known := false
	for _, l := range news.PreviewLives {
		known = known || l == life
	}
	if err != nil || !known {
		return fault.New(fault.Invalid, "Choose how long the link is to work; none was made.", err)
	}
	token := rand.Text()
	now := s.now()
	link := news.PreviewLink{Hash: previewHash(token), Manuscript: got.ID, By: m.ID, From: now, To: now.Add(life)}
	err = s.change(c, m, func(ctx context.Context) (desk.Change, error) {
		return storyChange("link", got.ID, nil, map[string]any{"until": link.To}), s.Newsroom.Stories.AddPreviewLink(ctx, link)
	})
	if err != nil {
		return err
	}
	return s.done(c, views.DeskStoryPath(got.ID)+"#links", "The link is "+s.absolute(views.PreviewLinkPath(token))+" and is shown only now. It works until "+s.date(link.To)+".")
}

func previewHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (s *Site) storyLinksEnd(c echo.Context, m desk.Member) error {
	got, err := s.manuscript(c, m)
	if err != nil {
		return err
	}
	err = s.change(c, m, func(ctx context.Context) (desk.Change, error) {
		links, err := s.Newsroom.Stories.PreviewLinks(ctx, got.ID, s.now())
		if err != nil || len(links) == 0 {
			return desk.Change{}, err
		}
		return storyChange("links.end", got.ID, map[string]any{"links": len(links)}, map[string]any{"links": 0}), s.Newsroom.Stories.EndPreviewLinks(ctx, got.ID, s.now())
	})
	if err != nil {
		return err
	}
	return s.done(c, views.DeskStoryPath(got.ID)+"#links", "Every preview link of this story has ended.")
}

// preview shows an unpublished story to whoever has a link, until it ends.
func (s *Site) preview(c echo.Context) error {
	ctx := c.Request().Context()
	token := c.Param("token")
	if len(token) > maxID || !storable(token) || s.Newsroom.Stories == nil {
		return fault.New(fault.Missing, noPage, nil)
	}
	link, err := s.Newsroom.Stories.PreviewLink(ctx, previewHash(token), s.now())
	if err != nil {
		return err
	}
	got, err := s.Newsroom.Stories.Manuscript(ctx, link.Manuscript)
	if err != nil {
		return err
	}
	story, err := s.composed(ctx, got, got.Copy)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h["X-Robots-Tag"] = []string{"noindex, noarchive"}
	h["Referrer-Policy"] = []string{"no-referrer"} // the address is a key
	return s.render(c, http.StatusOK, s.previewOf(story, paywall.Decision{Wall: paywall.Open, Reason: paywall.Preview}))
}
