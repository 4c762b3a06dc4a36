package handlers_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"broadsheet/news"
)

// editing is the desk of the bench's paper; it has no calendar.
func (b *bench) editing() *news.Editing {
	return &news.Editing{Store: b.db, Calendar: func(context.Context, news.Due) error { return nil }}
}

func (b *bench) refresh(err error) {
	b.t.Helper()
	if err == nil {
		err = b.site.Refresh(b.t.Context())
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestAnOldAddressLeadsOn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := news.Copy{Headline: "First name", Section: "world", Author: "ada", Access: news.Free, Source: "Some words."}
	m, err := b.editing().Begin(t.Context(), c, "", noon)
	b.refresh(err)
	for _, slug := range []string{"first-name", "second-name"} {
		c.Slug = slug
		kept, err := b.editing().Save(t.Context(), news.Save{ID: m.ID, From: m.Head, Copy: c, At: noon})
		b.refresh(err)
		m, err = b.editing().Publish(t.Context(), m.ID, kept.Manuscript.Head, noon)
		b.refresh(err)
	}
	a := b.browser().get("/stories/first-name?from=mail")
	if got := a.Header.Get("Location"); a.StatusCode != http.StatusMovedPermanently || got != "/stories/second-name?from=mail" {
		t.Errorf("%d to %q", a.StatusCode, got)
	}
	if a := b.browser().get("/stories/second-name"); a.StatusCode != http.StatusOK {
		t.Errorf("the new address answers %d", a.StatusCode)
	}
	_, err = b.editing().Withdraw(t.Context(), m.ID, noon)
	b.refresh(err)
	for _, slug := range []string{"first-name", "second-name"} {
		if a := b.browser().get("/stories/" + slug); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s of a withdrawn story answers %d", slug, a.StatusCode)
		}
	}
}

func TestCorrectionsAreSeenByWhoReadsTheStory(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	open, closed := b.story("open", news.Free), b.story("closed", news.Subscribers)
	b.refresh(b.editing().AdoptAll(t.Context(), noon))
	for _, s := range []news.Story{open, closed} {
		b.refresh(b.editing().Correct(t.Context(), s.ID, "We wrote nine; it was seven.", noon))
	}
	page := b.browser().get("/stories/open").page(t)
	if got := strings.Join(strings.Fields(page.Find(".corrections").Text()), " "); got != "Correction12 April 2024 We wrote nine; it was seven." {
		t.Errorf("the correction reads %q", got)
	}
	a := b.browser().get("/stories/closed")
	if strings.Contains(a.body, "it was seven") {
		t.Error("a closed story tells its correction, which may quote it")
	}
	if !strings.Contains(a.page(t).Find(".story-rail").Text(), "Corrected") {
		t.Error("a closed story does not say that it was corrected")
	}
}

func TestTheDeskSetsTheFrontPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, second, third := b.story("first", news.Free), b.story("second", news.Free), b.story("third", news.Free)
	order := func() string {
		t.Helper()
		var slugs []string
		for _, href := range b.browser().get("/").page(t).Find("main h2 a, main h3 a").EachIter() {
			slugs = append(slugs, strings.TrimPrefix(href.AttrOr("href", ""), "/stories/"))
		}
		return strings.Join(slugs[:3], " ")
	}
	b.refresh(b.db.SetFront(t.Context(), []news.FrontPick{
		{Place: news.FrontLead, Story: second.ID}, {Place: news.FrontSecond, Story: first.ID}, {Place: news.FrontPin, Story: third.ID, Until: noon.Add(time.Hour)},
	}, noon))
	if got := order(); got != "second third first" {
		t.Errorf("lead, pin and second: %s", got)
	}
	b.paper.pass(time.Hour)
	b.refresh(nil)
	if got := order(); got != "second first third" {
		t.Errorf("after the pin's time: %s", got)
	}
}
