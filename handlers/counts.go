package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"broadsheet/numbers"
	"broadsheet/paywall"
)

// countStore keeps what happened at stories, by the hour.
type countStore interface {
	AddHours(ctx context.Context, lines map[numbers.Key]int) error
}

// count counts a story that was shown to a person, or the gate that was.
func (s *Site) count(c echo.Context, story string, d paywall.Decision) {
	what := numbers.Read
	switch {
	case d.Open():
		s.reads.add(story)
	case d.Wall == paywall.Register:
		what = numbers.RegisterWall
	default:
		what = numbers.SubscribeWall
	}
	s.counts.Add(s.now(), story, what, numbers.SourceOf(c.Request().Referer(), s.Config.BaseURL.Hostname()))
}

func (s *Site) flushCounts(ctx context.Context) {
	taken := s.counts.Take()
	if taken == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushWait)
	defer cancel()
	if err := s.News.AddHours(ctx, taken); err != nil {
		s.Log.Error("counts by the hour could not be written; the numbers miss them", "err", err)
	}
}
