package handlers

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/billing"
	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/jobs"
	"broadsheet/views"
)

// How much of each list the machine room shows.
const (
	hooksShown  = 50
	runsShown   = 20
	errorsShown = 300 // characters of an error
)

// houseDesk is what the machine room reads, and what it can set going again.
type houseDesk interface {
	FailedEvents(ctx context.Context, n int) ([]desk.FailedHook, error)
	Reconciliations(ctx context.Context, n int) ([]billing.Reconciled, error)
	Oddities(ctx context.Context) ([]billing.Oddity, error)
	DeadJobs(ctx context.Context, limit int) ([]jobs.Letter, error)
	LastBackup(ctx context.Context) (desk.Backup, bool, error)
	Instances(ctx context.Context) ([]desk.Instance, error)
	ReplayEvent(ctx context.Context, id string, at time.Time) (desk.FailedHook, bool, error)
	ReviveJob(ctx context.Context, id string) (bool, error)
	ForgetJob(ctx context.Context, id string, now time.Time) (bool, error)
}

func (s *Site) houseRoutes() []deskRoute {
	return []deskRoute{
		get(views.DeskHousePath, desk.HouseSee, s.houseDesk),
		post(views.DeskReplayPath, desk.HouseReplay, s.houseReplay),
		post(views.DeskRetryPath, desk.HouseReplay, s.houseRetry),
		post(views.DeskForgetPath, desk.HouseReplay, s.houseForget),
	}
}

// houseDesk shows the state of the house.
func (s *Site) houseDesk(c echo.Context, m desk.Member) error {
	ctx, house := c.Request().Context(), s.Newsroom.House
	vitals, err := s.Newsroom.Vitals(ctx)
	if err != nil {
		return err
	}
	page := views.HousePage{
		Vitals: vitals, Troubles: desk.Troubles(vitals), Version: s.Config.Version, Started: s.started,
		May: m.May(desk.HouseReplay),
	}
	if page.Failed, err = house.FailedEvents(ctx, hooksShown); err != nil {
		return err
	}
	for i := range page.Failed {
		page.Failed[i].Error = clipped(page.Failed[i].Error)
	}
	dead, err := house.DeadJobs(ctx, deadShown)
	if err != nil {
		return err
	}
	for _, j := range dead {
		page.Dead = append(page.Dead, views.DeadJob{ID: j.ID, Kind: j.Kind, Error: clipped(j.Error), Attempts: j.Attempts, Died: j.Died})
	}
	if page.Instances, err = house.Instances(ctx); err != nil {
		return err
	}
	if page.Odd, err = house.Oddities(ctx); err != nil {
		return err
	}
	if page.Runs, err = house.Reconciliations(ctx, runsShown); err != nil {
		return err
	}
	for i := range page.Runs {
		page.Runs[i].Error = clipped(page.Runs[i].Error)
	}
	if page.Backup, _, err = house.LastBackup(ctx); err != nil {
		return err
	}
	page.DeskFrame = s.deskFrame(c, m, "State of the house")
	return s.render(c, http.StatusOK, views.House(page))
}

// clipped is the beginning of an error, which may be long.
func clipped(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if runes := []rune(s); len(runes) > errorsShown {
		return string(runes[:errorsShown]) + "…"
	}
	return s
}

// named is a short id that a form sends.
func named(c echo.Context, field string) string {
	id := strings.TrimSpace(c.FormValue(field))
	if len(id) > maxID || !storable(id) {
		return ""
	}
	return id
}

// houseReplay has what an event names fetched from Stripe again.
func (s *Site) houseReplay(c echo.Context, m desk.Member) error {
	found := false
	err := s.change(c, m, func(ctx context.Context) (desk.Change, error) {
		now := s.wall()
		e, ok, err := s.Newsroom.House.ReplayEvent(ctx, named(c, "event"), now)
		if found = ok; err != nil || !ok {
			return desk.Change{}, err
		}
		return desk.Change{Kind: "house.replay", Subject: "event", ID: e.ID, Before: map[string]any{"tries": e.Attempts}, After: map[string]any{"due": now, "type": e.Type}}, nil
	})
	if err != nil {
		return err
	}
	if !found {
		return fault.New(fault.Missing, "There is no such event here, or it names nothing that the paper keeps. Nothing was done.", nil)
	}
	return s.done(c, views.DeskHousePath+"#hooks", "What the event names is fetched from Stripe again, within a second or two. If it fails again it stands here with the new error.")
}

func (s *Site) houseRetry(c echo.Context, m desk.Member) error {
	return s.onDeadJob(c, m, "house.retry", "The job is due again, with all its tries.", s.Newsroom.House.ReviveJob)
}

func (s *Site) houseForget(c echo.Context, m desk.Member) error {
	return s.onDeadJob(c, m, "house.forget", "The job is forgotten, and what it carried is wiped.", func(ctx context.Context, id string) (bool, error) {
		return s.Newsroom.House.ForgetJob(ctx, id, s.wall())
	})
}

// onDeadJob does something with a dead job and records it.
func (s *Site) onDeadJob(c echo.Context, m desk.Member, kind, did string, do func(ctx context.Context, id string) (bool, error)) error {
	id, found := named(c, "job"), false
	err := s.change(c, m, func(ctx context.Context) (desk.Change, error) {
		ok, err := do(ctx, id)
		if found = ok; err != nil || !ok {
			return desk.Change{}, err
		}
		return desk.Change{Kind: kind, Subject: "job", ID: id, Before: map[string]any{"state": "dead"}, After: map[string]any{"state": strings.TrimPrefix(kind, "house.")}}, nil
	})
	if err != nil {
		return err
	}
	if !found {
		return fault.New(fault.Missing, "That job is not there any more, or somebody has seen to it already. Nothing was done.", nil)
	}
	return s.done(c, views.DeskHousePath+"#dead", did)
}
