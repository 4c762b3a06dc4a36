package main

import (
	"context"
	"slices"
	"time"

	"broadsheet/billing"
	"broadsheet/handlers"
	"broadsheet/internal/id"
	"broadsheet/news"
	"broadsheet/numbers"
	"broadsheet/paywall"
)

// Who passes by for each account, and how many stories one may open at a time.
const (
	passersPerAccount = 4
	mostStories       = 4
)

// passersBy come once or twice from a search or a link and leave no address.
func (y *year) passersBy(readers int) []deed {
	var deeds []deed
	for range passersPerAccount * readers {
		at := y.someday(0)
		visitor := id.New(at)
		who := func() paywall.Who { return paywall.Who{Visitor: visitor} }
		deeds = append(deeds, y.visit(who, at, 1+y.dice.IntN(3), y.referrer()))
		if y.dice.IntN(3) == 0 {
			if again := at.AddDate(0, 0, 1+y.dice.IntN(20)); again.Before(y.now) {
				deeds = append(deeds, y.visit(who, again, 1+y.dice.IntN(mostStories), y.referrer()))
			}
		}
	}
	return deeds
}

// someday is a time of the year at which people read, but for the last days. The
// later half has more of them, since the paper grows.
func (y *year) someday(notLast int) time.Time {
	share := y.dice.Float64()
	share = 1 - (1-share)*(0.4+0.6*(1-share)) // more towards the end
	// By whole days, so that a start some seconds later is the same year.
	first, last := y.start.Truncate(24*time.Hour), y.now.Truncate(24*time.Hour).AddDate(0, 0, -notLast)
	return y.hour(first.Add(time.Duration(share * float64(last.Sub(first)))))
}

// hour puts an instant at one of the hours at which people read.
func (y *year) hour(t time.Time) time.Time {
	hours := []int{7, 8, 12, 13, 18, 20, 21}
	at := t.Truncate(24 * time.Hour).Add(time.Duration(hours[y.dice.IntN(len(hours))]) * time.Hour)
	if at.Before(y.start) {
		at = at.Add(24 * time.Hour)
	}
	if !at.Before(y.now) {
		at = at.Add(-24 * time.Hour)
	}
	return at
}

// visit opens some stories, as far as the gate lets. Which ones is thrown now,
// so that what others do changes nothing in it.
func (y *year) visit(who func() paywall.Who, at time.Time, n int, from string) deed {
	var picked []news.Teaser
	for range n {
		picked = append(picked, y.stories[y.soughtAfter()])
	}
	return deed{at: at, light: true, do: func(ctx context.Context) error { return y.read(ctx, who(), picked, from, at) }}
}

// soughtAfter picks a story: a few have most of the readers.
func (y *year) soughtAfter() int {
	share := y.dice.Float64()
	return int(share * share * float64(len(y.stories)))
}

// walled picks a story that a gate can close.
func (y *year) walled() news.Teaser {
	for {
		if story := y.stories[y.soughtAfter()]; story.Access != news.Free {
			return story
		}
	}
}

func (y *year) read(ctx context.Context, who paywall.Who, picked []news.Teaser, from string, at time.Time) error {
	ask := paywall.Ask{Rules: y.rules, Now: at}
	if who.Reader != "" {
		has, err := y.billing.BenefitsOf(ctx, who.Reader, at)
		if err != nil {
			return err
		}
		ask.Unlimited = slices.Contains(has, billing.Unlimited)
	}
	reads := map[string]int{}
	for i, story := range picked {
		if i > 0 {
			from = y.address("/") // and on from there
		}
		ask.Story = paywall.StoryFacts{ID: story.ID, Access: story.Access, Section: story.Section.Slug}
		d, err := y.meter.Decide(ctx, who, ask)
		if err != nil {
			return err
		}
		y.counter.Add(at.In(y.paperZone), story.ID, handlers.CountedAs(d), numbers.SourceOf(from, y.conf.BaseURL.Hostname()))
		if d.Open() {
			reads[story.ID]++
			y.reads++
		}
	}
	if len(reads) == 0 {
		return nil
	}
	return y.db.AddReads(ctx, at, reads)
}

// referrers are where readers of the demo come from, as browsers say it. A
// search engine is the likeliest, and many say nothing.
var referrers = []string{
	"", "", "", "", "https://www.google.com/", "https://www.google.com/", "https://www.google.com/", "https://duckduckgo.com/",
	"https://www.facebook.com/", "https://bsky.app/", "https://mail.google.com/", "https://harbournotes.example/", "https://quayside.example/links", "https://tidetable.example/",
}

func (y *year) referrer() string { return referrers[y.dice.IntN(len(referrers))] }

// countedEvery is how many deeds are counted in memory before they are written.
const countedEvery = 200

// count writes down what was counted.
func (y *year) count(ctx context.Context) error { return y.db.AddHours(ctx, y.counter.Take()) }
