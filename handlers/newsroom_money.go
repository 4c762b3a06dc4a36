package handlers

import (
	"slices"

	"github.com/labstack/echo/v4"

	"broadsheet/desk"
	"broadsheet/numbers"
	"broadsheet/views"
)

// cohortMonths is how far back the page shows who stayed.
const cohortMonths = 13

// moneyNumbers shows what subscriptions bring, and who came and went.
func (s *Site) moneyNumbers(c echo.Context, m desk.Member) error {
	page, err := s.moneyOf(c, m)
	if err != nil {
		return err
	}
	return s.render(c, spanStatus(page.Span), views.MoneyNumbers(page))
}

func (s *Site) moneyOf(c echo.Context, m desk.Member) (views.MoneyPage, error) {
	ctx, in := c.Request().Context(), s.Newsroom.Numbers
	page := views.MoneyPage{Catalogue: s.furniture.now().catalogue}
	page.Here, page.Span = views.DeskMoneyPath, s.span(c)
	r := page.Span.Range
	var err error
	if page.Days, err = in.MoneyDays(ctx, numbers.Range{From: r.From - 1, To: r.To}); err != nil {
		return page, err
	}
	if page.Moves, err = in.Moves(ctx, r); err != nil {
		return page, err
	}
	if page.Taken, err = in.Takings(ctx, r); err != nil {
		return page, err
	}
	page.ThisMonth = numbers.MonthOf(min(r.To-1, numbers.DayOf(s.now().In(s.furniture.now().zone))))
	if page.Cohorts, err = in.Cohorts(ctx, page.ThisMonth-cohortMonths+1, page.ThisMonth+1); err != nil {
		return page, err
	}
	if page.Reckoned, err = in.MoneyReckoned(ctx); err != nil {
		return page, err
	}
	inOneCurrency(&page, c.QueryParam("currency"), s.furniture.now().paper.Currency)
	page.DeskFrame = s.deskFrame(c, m, "Numbers: subscriptions")
	return page, nil
}

// inOneCurrency keeps what is in the currency that was asked for, or in the
// paper's own: amounts in two are never added.
func inOneCurrency(page *views.MoneyPage, asked, own string) {
	page.Currency = own
	there := []string{own}
	for _, d := range page.Days {
		there = append(there, d.Currency)
	}
	for _, t := range page.Taken {
		there = append(there, t.Currency)
	}
	slices.Sort(there)
	if page.Currencies = slices.Compact(there); slices.Contains(page.Currencies, asked) {
		page.Currency = asked
	}
	page.Days = slices.DeleteFunc(page.Days, func(d numbers.MoneyDay) bool { return d.Currency != page.Currency })
	page.Moves = slices.DeleteFunc(page.Moves, func(m numbers.Move) bool { return m.Currency != page.Currency })
	page.Taken = slices.DeleteFunc(page.Taken, func(t numbers.Taken) bool { return t.Currency != page.Currency })
}

// moneyFile gives a table about money as a file; false for one that is not there.
func (s *Site) moneyFile(c echo.Context, m desk.Member) (bool, error) {
	page, err := s.moneyOf(c, m)
	if err != nil {
		return false, err
	}
	for _, l := range page.Listings() {
		if l.Name == c.Param("table") {
			return true, sendCSV(c, l, page.Span.Range)
		}
	}
	return false, nil
}
