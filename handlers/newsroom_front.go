package handlers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/views"
)

func (s *Site) deskFrontRoutes() []deskRoute {
	return []deskRoute{get(views.DeskPath, desk.Enter, s.deskFront)}
}

// deskFront shows what waits for this member.
func (s *Site) deskFront(c echo.Context, m desk.Member) error {
	page := views.DeskFrontPage{DeskFrame: s.deskFrame(c, m, "")}
	for _, look := range []func(context.Context, desk.Member) ([]views.Waiting, error){s.waitingJobs, s.waitingOddities, s.waitingStaff} {
		found, err := look(c.Request().Context(), m)
		if err != nil {
			return err
		}
		page.Waits = append(page.Waits, found...)
	}
	return s.render(c, http.StatusOK, views.DeskFront(page))
}

// deadShown is how many failed jobs are counted.
const deadShown = 100

// waitingJobs tells of jobs that failed for good.
func (s *Site) waitingJobs(ctx context.Context, m desk.Member) ([]views.Waiting, error) {
	if !m.May(desk.HouseSee) {
		return nil, nil
	}
	dead, err := s.Newsroom.Desk.DeadJobs(ctx, deadShown)
	if err != nil || len(dead) == 0 {
		return nil, err
	}
	title := fmt.Sprintf("%d jobs have failed for good", len(dead))
	switch {
	case len(dead) == 1:
		title = "A job has failed for good"
	case len(dead) == deadShown:
		title = fmt.Sprintf("%d jobs or more have failed for good", deadShown)
	}
	return []views.Waiting{{
		Title: title, Bad: true, Link: views.DeskHousePath + "#dead", Label: "Look",
		Text: "The last was of the kind “" + dead[0].Kind + "”: mails, or what follows from a payment, that did not happen.",
	}}, nil
}

// waitingOddities tells of what stands at Stripe and fits nothing here.
func (s *Site) waitingOddities(ctx context.Context, m desk.Member) ([]views.Waiting, error) {
	if !m.May(desk.HouseSee) {
		return nil, nil
	}
	odd, err := s.Newsroom.Desk.Oddities(ctx)
	if err != nil || len(odd) == 0 {
		return nil, err
	}
	title := fmt.Sprintf("%d things at Stripe are set aside", len(odd))
	if len(odd) == 1 {
		title = "One thing at Stripe is set aside"
	}
	return []views.Waiting{{Title: title, Bad: true, Link: views.DeskHousePath + "#odd", Label: "Look", Text: "They fit no reader or no price of ours, so they count for nothing. The oldest: " + string(odd[0].Object.Kind) + " " + odd[0].Object.ID + "."}}, nil
}

// waitingStaff tells an owner who has not come yet.
func (s *Site) waitingStaff(ctx context.Context, m desk.Member) ([]views.Waiting, error) {
	if !m.May(desk.StaffManage) {
		return nil, nil
	}
	all, err := s.Newsroom.Staff.List(ctx, s.wall())
	if err != nil {
		return nil, err
	}
	var waits []views.Waiting
	for _, l := range all {
		if !l.Proven {
			waits = append(waits, views.Waiting{
				Title: calledOf(l) + " has not signed in yet", Text: "Was given the role on " + s.date(l.Since) + ".",
				Link: views.DeskMemberPath(l.ID), Label: "Look",
			})
		}
	}
	return waits, nil
}
