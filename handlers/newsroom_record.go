package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/views"
)

func (s *Site) recordRoutes() []deskRoute {
	return []deskRoute{get(views.DeskRecordPath, desk.RecordSee, s.deskRecord)}
}

const (
	recordShown = 50
	// recordChecked is how many of the newest entries each look at the record
	// checks: some tens of milliseconds.
	recordChecked = 10_000
)

// deskRecord searches the record and says whether it holds together.
func (s *Site) deskRecord(c echo.Context, m desk.Member) error {
	ctx := c.Request().Context()
	form, search := s.recordSearch(c)
	entries, err := s.Newsroom.Desk.Entries(ctx, search)
	if err != nil {
		return err
	}
	page := views.RecordPage{Search: form, Pager: views.Pager{What: "entry", Order: "newest first"}}
	if len(entries) > recordShown {
		entries = entries[:recordShown]
		page.Pager.Older = recordLink(form, entries[recordShown-1].Seq)
	}
	if page.Pager.Shown = len(entries); search.Before > 0 {
		page.Pager.Newer = recordLink(form, 0)
	}
	most := int64(recordChecked)
	if c.QueryParam("check") == "all" {
		most = 0
	}
	if page.Chain, err = desk.CheckChain(ctx, s.Newsroom.Desk, most); err != nil {
		return err
	}
	if !page.Chain.Whole {
		page.CheckIn = views.DeskRecordPath + "?check=all"
	}
	if page.Rows, err = s.recordRows(ctx, entries); err != nil {
		return err
	}
	if page.People, err = s.recordPeople(ctx, form.Who); err != nil {
		return err
	}
	page.DeskFrame = s.deskFrame(c, m, "Record")
	status := http.StatusOK
	if form.FromError+form.ToError != "" {
		status = http.StatusUnprocessableEntity
	}
	return s.render(c, status, views.Record(page))
}

// recordSearch reads what is looked for.
func (s *Site) recordSearch(c echo.Context) (views.RecordForm, desk.Search) {
	word := func(name string) string { return strings.TrimSpace(idParam(c, name)) }
	form := views.RecordForm{Who: word("who"), Kind: word("kind"), Subject: word("subject"), ID: word("id"), From: word("from"), To: word("to")}
	search := desk.Search{Staff: form.Who, Kind: form.Kind, Subject: form.Subject, ID: form.ID, Limit: recordShown + 1}
	search.Before, _ = strconv.ParseInt(c.QueryParam("before"), 10, 64)
	zone := s.furniture.now().zone
	var ok bool
	if search.From, ok = day(form.From, zone); !ok {
		form.FromError = "That is no date. Write it as 2026-11-25."
	}
	if search.To, ok = day(form.To, zone); !ok {
		form.ToError = "That is no date. Write it as 2026-11-25."
	}
	if !search.To.IsZero() {
		search.To = search.To.AddDate(0, 0, 1) // the day itself belongs to it
	}
	return form, search
}

// day reads a date as forms send it; zero for none, false for what is no date.
func day(typed string, zone *time.Location) (time.Time, bool) {
	if typed == "" {
		return time.Time{}, true
	}
	t, err := time.ParseInLocation(time.DateOnly, typed, zone)
	return t, err == nil
}

func recordLink(f views.RecordForm, before int64) string {
	q := url.Values{}
	for name, v := range map[string]string{"who": f.Who, "kind": f.Kind, "subject": f.Subject, "id": f.ID, "from": f.From, "to": f.To} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if before > 0 {
		q.Set("before", strconv.FormatInt(before, 10))
	}
	if len(q) == 0 {
		return views.DeskRecordPath
	}
	return views.DeskRecordPath + "?" + q.Encode()
}

// readerSubjects are the kinds of subject whose id is an account's, and so has
// a name to show beside it.
var readerSubjects = []string{"staff", "reader"}

// recordRows gives entries the names of today. An entry itself has none.
func (s *Site) recordRows(ctx context.Context, entries []desk.Entry) ([]views.RecordRow, error) {
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.Staff)
		if slices.Contains(readerSubjects, e.Subject) {
			ids = append(ids, e.ID)
		}
	}
	slices.Sort(ids)
	names, err := s.Newsroom.Desk.Named(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	rows := make([]views.RecordRow, len(entries))
	for i, e := range entries {
		rows[i] = views.RecordRow{Entry: e, Who: names[e.Staff]}
		switch {
		case e.Staff == desk.CommandLine:
			rows[i].Who = "On the machine itself"
		case rows[i].Who == "":
			rows[i].Who = "Somebody who was erased"
		}
		if slices.Contains(readerSubjects, e.Subject) {
			rows[i].What = names[e.ID]
		}
	}
	return rows, nil
}

// recordPeople are whom one can look for: who is of the desk, and who was asked
// for.
func (s *Site) recordPeople(ctx context.Context, asked string) ([]views.Option, error) {
	all, err := s.Newsroom.Staff.List(ctx, s.wall())
	if err != nil {
		return nil, err
	}
	people := []views.Option{{Value: "", Label: "Everybody"}}
	found := asked == "" || asked == desk.CommandLine
	for _, l := range all {
		people = append(people, views.Option{Value: l.ID, Label: calledOf(l)})
		found = found || l.ID == asked
	}
	people = append(people, views.Option{Value: desk.CommandLine, Label: "On the machine itself"})
	if !found {
		names, err := s.Newsroom.Desk.Named(ctx, []string{asked})
		if err != nil {
			return nil, err
		}
		name := names[asked]
		if name == "" {
			name = "Somebody who was erased"
		}
		people = append(people, views.Option{Value: asked, Label: name})
	}
	return people, nil
}
