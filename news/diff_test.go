package news_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"broadsheet/news"
)

// Read without what is new a difference is the text before, and without what is
// gone the text after.
func TestDiffHoldsBothTexts(t *testing.T) {
	t.Parallel()
	words := rapid.SliceOf(rapid.SampledFrom([]string{"fog", "tide", "é", "日本", "\n\n", "## Head\n", "  "}))
	rapid.Check(t, func(t *rapid.T) {
		before, after := strings.Join(words.Draw(t, "before"), " "), strings.Join(words.Draw(t, "after"), " ")
		var was, is strings.Builder
		for _, p := range news.Diff(before, after) {
			if !p.IsNew {
				was.WriteString(p.Text)
			}
			if !p.IsGone {
				is.WriteString(p.Text)
			}
		}
		if was.String() != before || is.String() != after {
			t.Errorf("%q to %q reads %q to %q", before, after, was.String(), is.String())
		}
	})
}

func TestDifferencesNameTheFields(t *testing.T) {
	t.Parallel()
	a := news.Copy{Headline: "Fog", Source: "One.", Access: news.Free, Figure: &news.Figure{Src: "/media/a.png", Alt: "A boat"}}
	b := a
	b.Source, b.Access, b.Figure = "One. Two.", news.Subscribers, nil
	var fields []string
	for _, c := range news.Differences(a, b) {
		fields = append(fields, c.Field)
	}
	if got := strings.Join(fields, " "); got != "source access picture" {
		t.Error(got)
	}
	if news.Differences(a, a) != nil {
		t.Error("a copy differs from itself")
	}
}
