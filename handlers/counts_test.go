package handlers_test

import (
	"maps"
	"math"
	"net/http"
	"testing"
	"time"

	"broadsheet/news"
	"broadsheet/numbers"
	"broadsheet/store"
)

func TestStoriesAreCountedByWhereReadersCameFrom(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.story("free", news.Free)
	b.story("closed", news.Subscribers)
	w := b.browser()
	w.get("/stories/free", "Referer", "https://www.google.com/search?q=jane")
	w.get("/stories/free", "Referer", "https://www.google.com/")
	w.get("/stories/free")
	w.get("/stories/closed", "Referer", "https://blog.example.org/jane?id=7")
	w.send(http.MethodHead, "/stories/free", nil)
	go b.site.Run(t.Context()) // begun after the last request, so that its first flush writes everything
	var lines []store.HourLine
	for deadline := time.Now().Add(10 * time.Second); len(lines) == 0; {
		var err error
		if lines, err = b.db.Hours(t.Context(), 0, math.MaxInt64); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing was written down")
		}
	}
	got := map[string]int{}
	for _, l := range lines {
		if l.Story == "" || l.Hour%3600 != 0 {
			t.Errorf("a line of no story or hour: %+v", l)
		}
		got[string(l.What)+" "+l.Source] += l.N
	}
	want := map[string]int{
		string(numbers.Read) + " search": 2, string(numbers.Read) + " direct": 1,
		string(numbers.SubscribeWall) + " example.org": 1,
	}
	if !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}
