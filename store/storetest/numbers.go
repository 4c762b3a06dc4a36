package storetest

import (
	"testing"
	"time"

	"broadsheet/news"
	"broadsheet/numbers"
	"broadsheet/store"
)

// In a zone half an hour off, an hour and a day begin by its clock and not by ours.
var kolkata = time.FixedZone("Asia/Kolkata", 5*3600+1800)

func testHours(t *testing.T, db *store.DB) {
	ctx := t.Context()
	s := save(t, db, story("a")).Story
	late := time.Date(2024, 4, 30, 23, 50, 0, 0, kolkata)
	first, next := numbers.KeyAt(late, s.ID, numbers.Read, numbers.Search), numbers.KeyAt(late.Add(20*time.Minute), s.ID, numbers.Bought, "example.org")
	other := numbers.KeyAt(late, "", numbers.SubscribeWall, numbers.Search)
	for _, lines := range []map[numbers.Key]int{{first: 2, next: 1, other: 4}, {first: 3}, nil} {
		if err := db.AddHours(ctx, lines); err != nil {
			t.Fatal(err)
		}
	}
	hour := time.Date(2024, 4, 30, 23, 0, 0, 0, kolkata).Unix()
	want := []store.HourLine{
		{Story: s.ID, Hour: hour, What: numbers.Read, Source: numbers.Search, N: 5},
		{Story: s.ID, Hour: hour + 3600, What: numbers.Bought, Source: "example.org", N: 1},
	}
	same(t, "two hours", want, must(db.Hours(ctx, s.ID, 0, hour+7200))(t))

	april, may := numbers.Range{From: news.Day(late), To: news.Day(late) + 1}, numbers.Range{From: news.Day(late) + 1, To: news.Day(late) + 2}
	same(t, "by day", []numbers.DayTally{{Day: may.From, Tally: numbers.Tally{Bought: 1}}}, must(db.CountsByDay(ctx, may))(t))
	same(t, "by source", []numbers.NamedTally{{Name: numbers.Search, Tally: numbers.Tally{Reads: 5, SubscribeWalls: 4}}}, must(db.CountsBySource(ctx, april))(t))
	same(t, "by story", []numbers.StoryTally{{Story: s.ID, Slug: "a", Headline: s.Headline, Section: s.Section.Name, Tally: numbers.Tally{Bought: 1}}}, must(db.CountsByStory(ctx, may))(t))

	// A range over whole months reads their sums, and days at its ends only: both give the same.
	years := numbers.Range{From: april.From - 400, To: may.To + 300}
	same(t, "by story in years", []numbers.StoryTally{
		{Story: s.ID, Slug: "a", Headline: s.Headline, Section: s.Section.Name, Tally: numbers.Tally{Reads: 5, Bought: 1}},
		{Tally: numbers.Tally{SubscribeWalls: 4}},
	}, must(db.CountsByStory(ctx, years))(t))

	same(t, "the story at an address", s.ID, must(db.StoryAt(ctx, "a"))(t))
	same(t, "no story", "", must(db.StoryAt(ctx, "b"))(t))
}
