package handlers

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/internal/fault"
	"broadsheet/numbers"
	"broadsheet/views"
)

// numbersDesk is what the pages of numbers read.
type numbersDesk interface {
	CountsByDay(ctx context.Context, r numbers.Range) ([]numbers.DayTally, error)
	CountsBySource(ctx context.Context, r numbers.Range) ([]numbers.NamedTally, error)
	CountsByStory(ctx context.Context, r numbers.Range) ([]numbers.StoryTally, error)
	MoneyDays(ctx context.Context, r numbers.Range) ([]numbers.MoneyDay, error)
	Moves(ctx context.Context, r numbers.Range) ([]numbers.Move, error)
	Takings(ctx context.Context, r numbers.Range) ([]numbers.Taken, error)
	Cohorts(ctx context.Context, from, to int64) ([]numbers.Cohort, error)
	MoneyReckoned(ctx context.Context) (time.Time, error)
}

// What a page of numbers can be about.
const (
	numbersPreset = 30
	numbersMost   = 3 * 366 // days
	daysInChart   = 92      // more are shown by the week
)

func (s *Site) numbersRoutes() []deskRoute {
	return []deskRoute{
		get(views.DeskNumbersPath, desk.NumbersSee, s.audience),
		get(views.DeskStoriesRead, desk.NumbersSee, s.storiesRead),
		get(views.DeskMoneyPath, desk.NumbersSee, s.moneyNumbers),
		get(views.DeskCSVPath+":table", desk.NumbersSee, s.numbersFile),
	}
}

// audience shows what was read, and what came of it.
func (s *Site) audience(c echo.Context, m desk.Member) error {
	page, err := s.audienceOf(c, m, views.DeskNumbersPath)
	if err != nil {
		return err
	}
	return s.render(c, spanStatus(page.Span), views.Audience(page))
}

// storiesRead lists stories by what happened at them.
func (s *Site) storiesRead(c echo.Context, m desk.Member) error {
	page, err := s.audienceOf(c, m, views.DeskStoriesRead)
	if err != nil {
		return err
	}
	return s.render(c, spanStatus(page.Span), views.StoriesRead(page))
}

func spanStatus(span views.NumbersSpan) int {
	if span.FromError+span.ToError != "" {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

func (s *Site) audienceOf(c echo.Context, m desk.Member, here string) (views.AudiencePage, error) {
	ctx, in := c.Request().Context(), s.Newsroom.Numbers
	page := views.AudiencePage{Sort: "reads"}
	page.Here, page.Span = here, s.span(c)
	if sort := c.QueryParam("sort"); sort != "" {
		page.Sort = sort
	}
	r := page.Span.Range
	days, err := in.CountsByDay(ctx, numbers.Range{From: r.Before().From, To: r.To})
	if err != nil {
		return page, err
	}
	page.Step = 1
	if r.Days() > daysInChart {
		page.Step = 7
	}
	page.Days, page.Sum, page.Before = numbers.Buckets(r, days, page.Step)
	if page.Stories, err = in.CountsByStory(ctx, r); err != nil {
		return page, err
	}
	if page.Sources, err = in.CountsBySource(ctx, r); err != nil {
		return page, err
	}
	page.DeskFrame = s.deskFrame(c, m, "Numbers")
	return page, nil
}

// span reads which days are asked for: so many up to today, or from one date to
// another. A mistake shows the usual days and says so.
func (s *Site) span(c echo.Context) views.NumbersSpan {
	zone := s.furniture.now().zone
	today := numbers.DayOf(s.now().In(zone))
	last := func(days int) numbers.Range { return numbers.Range{From: today - int64(days) + 1, To: today + 1} }
	span := views.NumbersSpan{Preset: numbersPreset, Range: last(numbersPreset)}
	if n, err := strconv.Atoi(c.QueryParam("days")); err == nil && n > 0 && n <= numbersMost {
		span.Preset, span.Range = n, last(n)
	}
	from, to := strings.TrimSpace(idParam(c, "from")), strings.TrimSpace(idParam(c, "to"))
	if from == "" && to == "" {
		return span
	}
	span.Preset, span.From, span.To = 0, from, to
	a, b, wrong := dates(from, to, today, zone)
	if wrong.FromError+wrong.ToError != "" {
		span.FromError, span.ToError = wrong.FromError, wrong.ToError
		return span
	}
	span.From, span.To = a.Format(time.DateOnly), b.Format(time.DateOnly)
	span.Range = numbers.Range{From: numbers.DayOf(a), To: numbers.DayOf(b) + 1}
	return span
}

// dates reads two dates. One that is missing is today, or as many days before the
// other as usual.
func dates(from, to string, today int64, zone *time.Location) (a, b time.Time, wrong views.NumbersSpan) {
	const noDate = "That is no date. Write it as 2026-11-25."
	var ok bool
	if a, ok = day(from, zone); !ok {
		wrong.FromError = noDate
	}
	if b, ok = day(to, zone); !ok {
		wrong.ToError = noDate
	}
	if b.IsZero() {
		b = numbers.DateOf(today, zone)
	}
	if a.IsZero() {
		a = b.AddDate(0, 0, 1-numbersPreset)
	}
	switch n := numbers.DayOf(b) - numbers.DayOf(a) + 1; {
	case wrong.FromError+wrong.ToError != "":
	case n < 1:
		wrong.ToError = "That is before the first date."
	case n > numbersMost:
		wrong.FromError = "At most three years can be seen at once."
	}
	return a, b, wrong
}

// numbersFile gives one of the tables as a file.
func (s *Site) numbersFile(c echo.Context, m desk.Member) error {
	page, err := s.audienceOf(c, m, views.DeskNumbersPath)
	if err != nil {
		return err
	}
	for _, sheet := range page.Listings() {
		if sheet.Name == c.Param("table") {
			return sendCSV(c, sheet, page.Span.Range)
		}
	}
	if found, err := s.moneyFile(c, m); found || err != nil {
		return err
	}
	return fault.New(fault.Missing, "There is no such table. The pages of numbers name those that there are.", nil)
}

// sendCSV writes a table as RFC 4180 has it: lines end in CR LF, and the first
// names the columns. https://www.rfc-editor.org/rfc/rfc4180
func sendCSV(c echo.Context, sheet views.Listing, r numbers.Range) error {
	var out strings.Builder
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	rows := [][]string{sheet.Head}
	for _, cells := range sheet.Rows {
		row := make([]string, len(cells))
		for i, cell := range cells {
			row[i] = cell.CSV
			if i < sheet.Texts {
				row[i] = tame(cell.CSV)
			}
		}
		rows = append(rows, row)
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	date := func(day int64) string { return numbers.DateOf(day, time.UTC).Format(time.DateOnly) }
	name := sheet.Name + "-" + date(r.From) + "-" + date(r.To-1) + ".csv"
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8; header=present", []byte(out.String()))
}

// tame keeps a spreadsheet from reading a text as a formula.
// https://owasp.org/www-community/attacks/CSV_Injection
func tame(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}
