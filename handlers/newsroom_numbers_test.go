package handlers_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"broadsheet/news"
	"broadsheet/numbers"
	"broadsheet/reader"
)

// tally writes counts of a story on a day, as the site would have.
func (b *bench) tally(story string, daysAgo int, source string, counts map[numbers.What]int) {
	b.t.Helper()
	lines := map[numbers.Key]int{}
	for what, n := range counts {
		lines[numbers.KeyAt(noon.AddDate(0, 0, -daysAgo), story, what, source)] = n
	}
	if err := b.db.AddHours(b.t.Context(), lines); err != nil {
		b.t.Fatal(err)
	}
}

func TestTheNumbersOfReaders(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	m := b.atDesk("ruth", reader.Editor)
	empty := m.get("/newsroom/numbers")
	if empty.StatusCode != http.StatusOK || !strings.Contains(empty.body, "Nothing was bought") {
		t.Fatalf("without a read the page answers %d", empty.StatusCode)
	}
	clocks, lifts := b.story("clocks", news.Metered), b.story("=1+1", news.Metered)
	b.tally(clocks.ID, 0, numbers.Search, map[numbers.What]int{numbers.Read: 1200, numbers.RegisterWall: 30, numbers.SubscribeWall: 70, numbers.Registered: 20})
	b.tally(clocks.ID, 3, "example.org", map[numbers.What]int{numbers.SubscribeWall: 10, numbers.Begun: 11, numbers.Bought: 4})
	b.tally(lifts.ID, 2, numbers.Own, map[numbers.What]int{numbers.Read: 5})
	b.tally(clocks.ID, 10, numbers.Search, map[numbers.What]int{numbers.Read: 603})

	doc := m.get("/newsroom/numbers?days=7").page(t)
	for selector, want := range map[string]string{
		".kpis > div:nth-child(1)": "1,205", ".kpis > div:nth-child(2)": "110", ".kpis > div:nth-child(4)": "4",
		".kpis > div:nth-child(1) .up": "+100%", // 603 in the seven days before
		"#c-funnel-d":                  "At the wall 110 · 8.4% of those", "#c-sell-d": "On clocks 4.", "#c-sources-d": "Search engines 1,300",
		"[aria-labelledby=h-days] tbody tr:first-child": "1,200",
	} {
		if got := doc.Find(selector).First().Text(); !strings.Contains(got, want) {
			t.Errorf("%s says %q, want %q", selector, got, want)
		}
	}
	if n := doc.Find("[aria-labelledby=h-days] tbody tr").Length(); n != 7 {
		t.Errorf("%d days in the table", n)
	}
	if got := m.get("/newsroom/numbers/stories?days=7&sort=bought").page(t).Find("tbody tr").First().Text(); !strings.Contains(got, "clocks") {
		t.Errorf("the story that sold most is %q", got)
	}
	if got := m.get("/newsroom/numbers?days=365").page(t).Find("[aria-labelledby=h-days] tbody tr").Length(); got != 53 {
		t.Errorf("a year is %d weeks", got)
	}
	for query, want := range map[string]string{"from=2024-04-12&to=2024-04-11": "before the first", "from=12.4.": "no date", "to=x": "no date", "from=1990-01-01": "three years"} {
		a := m.get("/newsroom/numbers?" + query)
		if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.page(t).Find(".error").Text(), want) {
			t.Errorf("%s: %d, %q", query, a.StatusCode, a.page(t).Find(".error").Text())
		}
	}
	if got := m.get("/newsroom/numbers?from=2024-04-02&to=2024-04-02").page(t).Find(".kpis dd").First().Text(); got != "603" {
		t.Errorf("on one day %q", got)
	}
}

// Each table can be taken away, and a spreadsheet reads no text in it as a formula.
func TestNumbersAsFiles(t *testing.T) {
	t.Parallel()
	b := newDeskBench(t)
	m := b.atDesk("ruth", reader.Editor)
	s := b.story("sums", news.Metered)
	s.Headline = `=HYPERLINK("http://x", "1, 2")`
	if _, err := b.db.SaveStory(t.Context(), s, "", noon); err != nil {
		t.Fatal(err)
	}
	b.tally(s.ID, 1, numbers.Search, map[numbers.What]int{numbers.Read: 1234, numbers.SubscribeWall: 2, numbers.Bought: 1})
	files := 0
	for _, page := range []string{"/newsroom/numbers", "/newsroom/numbers/stories"} {
		for _, link := range m.get(page).page(t).Find("a[download]").EachIter() {
			files++
			a := m.get(link.AttrOr("href", ""))
			if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/csv; charset=utf-8") || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment; filename=") {
				t.Errorf("%s: %d, %s, %s", link.Text(), a.StatusCode, a.Header.Get("Content-Type"), a.Header.Get("Content-Disposition"))
			}
			rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
			if err != nil || len(rows) < 2 || strings.Count(a.body, "\r\n") < len(rows) {
				t.Errorf("%s: %d rows, %v", link.Text(), len(rows), err)
			}
		}
	}
	if files != 5 {
		t.Errorf("%d files", files)
	}
	rows, err := csv.NewReader(strings.NewReader(m.get("/newsroom/numbers/csv/stories?days=30").body)).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != `'`+s.Headline || rows[1][2] != "1234" {
		t.Errorf("%q, %v", rows, err)
	}
	if got := m.get("/newsroom/numbers/csv/stories?days=30").Header.Get("Content-Disposition"); got != fmt.Sprintf(`attachment; filename="stories-%s-%s.csv"`, noon.AddDate(0, 0, -29).Format(time.DateOnly), noon.Format(time.DateOnly)) {
		t.Error(got)
	}
	if a := m.get("/newsroom/numbers/csv/made-up"); a.StatusCode != http.StatusNotFound {
		t.Errorf("a table that is none answers %d", a.StatusCode)
	}
}
