package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/news"
	"broadsheet/numbers"
	"broadsheet/paywall"
)

// countStore keeps what happened at stories, by the hour.
type countStore interface {
	AddHours(ctx context.Context, lines map[numbers.Key]int) error
}

// flushCountsEvery is how long counts lie in memory, and so what a killed
// process loses.
const flushCountsEvery = 2 * time.Second

// counts reports whether a request is somebody's who is counted: a person that
// is not of the desk, and really looks.
func counts(c echo.Context, ask paywall.Ask) bool {
	req := c.Request()
	return !ask.Crawler && !ask.Bot && !ask.Preview && req.Method == http.MethodGet && !isPrefetch(req) &&
		(ask.Story.Access != news.Free || !paywall.IsMachine(req.UserAgent()))
}

// count counts a story that was shown to a person, or the gate that was, and
// gives where they came from as it was counted. Anybody can make up a site that
// led here; how many are told apart is bounded there, and so are the pages that
// carry one.
func (s *Site) count(c echo.Context, story string, d paywall.Decision) (via string) {
	if d.Open() {
		s.reads.add(story)
	}
	source := numbers.SourceOf(c.Request().Referer(), s.Config.BaseURL.Hostname())
	return s.counts.Add(s.now().In(s.furniture.now().zone), story, CountedAs(d), source)
}

// CountedAs is what a decision that a person met counts as.
func CountedAs(d paywall.Decision) numbers.What {
	switch {
	case d.Open():
		return numbers.Read
	case d.Wall == paywall.Register:
		return numbers.RegisterWall
	}
	return numbers.SubscribeWall
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
