package handlers

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/news"
	"broadsheet/paywall"
	"broadsheet/reader"
	"broadsheet/views"
)

// deskPast is what the paper knew at a past instant.
type deskPast interface {
	AccessAt(ctx context.Context, story string, at time.Time) (news.Access, error)
	SubscriptionsAt(ctx context.Context, readerID string, at time.Time) ([]billing.Subscription, error)
	ReaderPool(ctx context.Context, readerID string) (paywall.Pool, error)
}

// inputMoment is how a browser's datetime-local field writes an instant.
const inputMoment = "2006-01-02T15:04"

// readerWhy answers why a reader can or cannot read a story, now or then.
func (s *Site) readerWhy(c echo.Context, m desk.Member) error {
	ctx := c.Request().Context()
	who, err := s.Newsroom.Readers.Reader(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	page := views.WhyPage{Who: who, Story: strings.TrimSpace(idParam(c, "story")), At: idParam(c, "at")}
	status := http.StatusOK
	if page.Story != "" {
		if err := s.fillWhy(ctx, &page); fault.Is(err, fault.Invalid) || fault.Is(err, fault.Missing) {
			status, page.Verdicts = http.StatusUnprocessableEntity, nil
		} else if err != nil {
			return err
		}
	}
	page.DeskFrame = s.deskFrame(c, m, "Why", readerTrail(views.DeskLink{Label: readerCalled(who), Href: views.DeskReaderPath(who.ID)})...)
	return s.render(c, status, views.Why(page))
}

// fillWhy puts the question to the rules as they were. A fault says which field
// is wrong.
func (s *Site) fillWhy(ctx context.Context, page *views.WhyPage) error {
	at, zone := s.now(), s.furniture.now().zone
	if page.At != "" {
		var err error
		if at, err = time.ParseInLocation(inputMoment, page.At, zone); err != nil {
			page.AtError = "That is no moment. Write it as 2026-11-25T09:30, or leave it empty for now."
			return fault.New(fault.Invalid, page.AtError, err)
		}
		if at.After(s.now()) {
			page.AtError = "That moment has not come yet."
			return fault.New(fault.Invalid, page.AtError, nil)
		}
	}
	story, err := s.storyTyped(ctx, page.Story)
	if fault.Is(err, fault.Missing) {
		page.StoryError = "No story has that address, or it was withdrawn. Paste the story’s address, or what comes behind /stories/ in it."
		return err
	}
	if err != nil {
		return err
	}
	ask, notes, err := s.pastAsk(ctx, page.Who, story, at)
	if fault.Is(err, fault.Missing) {
		page.StoryError = "That story was not there at that moment."
		return err
	}
	if err != nil {
		return err
	}
	page.Headline, page.Moment, page.Ask, page.Notes = story.Headline, at, ask, notes
	page.Decision, page.Verdicts = paywall.Decide(ask), paywall.Explain(ask)
	return nil
}

// storyTyped finds a story by its slug or its address, also one that it had.
func (s *Site) storyTyped(ctx context.Context, typed string) (news.Story, error) {
	slug := typed
	if u, err := url.Parse(typed); err == nil {
		slug = path.Base(u.Path)
	}
	story, err := s.News.StoryBySlug(ctx, slug)
	if !fault.Is(err, fault.Missing) || !news.ValidSlug(slug) {
		return story, err
	}
	to, movedErr := s.News.MovedTo(ctx, slug)
	if movedErr != nil || to == "" {
		return story, err
	}
	return s.News.StoryBySlug(ctx, to)
}

// pastAsk is what the gate's decision rested on at an instant, from what was
// kept with from and to, and what can no longer be known of it.
func (s *Site) pastAsk(ctx context.Context, who reader.Reader, story news.Story, at time.Time) (paywall.Ask, []string, error) {
	ask := paywall.Ask{Story: paywall.StoryFacts{ID: story.ID, Section: story.Section.Slug}, Now: at}
	var err error
	if ask.Story.Access, err = s.Newsroom.Readers.AccessAt(ctx, story.ID, at); err != nil {
		return ask, nil, err
	}
	if at.Before(story.Published) {
		return ask, nil, fault.New(fault.Missing, "That story was not published yet.", nil)
	}
	if ask.Rules, err = s.Gate.GateRules(ctx, at); err != nil {
		return ask, nil, err
	}
	proven := who.IsVerified() && !at.Before(who.Verified)
	if proven {
		role, err := s.Newsroom.Readers.RoleAt(ctx, who.ID, at)
		if err != nil {
			return ask, nil, err
		}
		ask.Preview = role != ""
	}
	if ask.Unlimited, err = s.unlimitedAt(ctx, who.ID, at); err != nil {
		return ask, nil, err
	}
	pool, err := s.Newsroom.Readers.ReaderPool(ctx, who.ID)
	if err != nil {
		return ask, nil, err
	}
	if ask.Registered = proven; proven {
		for _, count := range pool.Counts {
			if !count.At.After(at) {
				ask.Counts = append(ask.Counts, count)
			}
		}
	}
	return ask, s.unknown(who, ask, pool), nil
}

// unlimitedAt reports whether subscriptions and grants opened every story then.
func (s *Site) unlimitedAt(ctx context.Context, readerID string, at time.Time) (bool, error) {
	subs, err := s.Newsroom.Readers.SubscriptionsAt(ctx, readerID, at)
	if err != nil {
		return false, err
	}
	grants, err := s.Newsroom.Readers.GrantsOf(ctx, readerID)
	if err != nil {
		return false, err
	}
	sold, err := s.Newsroom.Plans.CatalogueAt(ctx, at)
	return bought{subs, grants}.unlimited(sold, at), err
}

// unknown says what the answer cannot rest on.
func (s *Site) unknown(who reader.Reader, ask paywall.Ask, pool paywall.Pool) []string {
	notes := []string{
		"This is the answer for the reader signed in. Signed out, a device has the same counts, and no plan opens anything.",
		"Whether a gift link came with a request is not kept: such a link would have opened the story.",
	}
	if !ask.Registered {
		notes = append(notes, "The address was not proven at that moment, so each device was counted by itself. Those counts are not the account’s, and are not among these. Neither is the ceiling of the reader’s network kept: yesterday’s are deleted with their salt.")
	}
	if !ask.Now.Equal(s.now()) {
		notes = append(notes, "A day on the house whose end was changed since is taken as it stands today.",
			"What a device had counted before it signed in belongs to the reader’s counts since then, and stands among these also for moments before.")
	}
	if n := len(pool.Counts); n > 0 {
		// Each count drops those that are two windows old: see paywall.Meter.
		if whole := pool.Counts[n-1].At.Add(-2 * ask.Rules.Window); ask.Now.Add(-ask.Rules.Window).Before(whole) {
			notes = append(notes, "Counts from before "+s.date(whole)+" have left the reader’s row since: at that moment more may have counted than is listed.")
		}
	}
	return notes
}
