package paywall_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"broadsheet/news"
	"broadsheet/paywall"
)

func block(kind news.BlockKind, words int) news.Block {
	text := strings.TrimSpace(strings.Repeat("word ", words))
	return news.Block{Kind: kind, Text: text, Words: words, HTML: news.HTML(text)}
}

func TestCut(t *testing.T) {
	t.Parallel()
	p := func(n int) news.Block { return block(news.Paragraph, n) }
	h := func(n int) news.Block { return block(news.Heading, n) }
	tests := []struct {
		name string
		body news.Body
		keep int
	}{
		{"three paragraphs of a long story", news.Body{p(50), p(50), p(50), p(50), p(800)}, 3},
		{"a subhead between open paragraphs stays", news.Body{p(50), h(4), p(50), p(50), p(50), p(800)}, 4},
		{"a subhead behind the cut is cut", news.Body{p(50), p(50), h(4), p(400)}, 2},
		{"never over a quarter", news.Body{p(50), p(60), p(50), p(240)}, 1},
		{"a story that begins with a long paragraph shows none", news.Body{p(90), p(90), p(90)}, 0},
		{"a figure behind the last open paragraph is cut", news.Body{p(20), p(20), p(20), block(news.Picture, 9), p(600)}, 3},
		{"nothing of nothing", nil, 0},
		{"no paragraph, nothing open", news.Body{h(1), block(news.List, 3), h(90)}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := len(paywall.Cut(tt.body)); got != tt.keep {
				t.Errorf("kept %d blocks, want %d", got, tt.keep)
			}
		})
	}
}

func TestCutIsAPrefixWithinBounds(t *testing.T) {
	t.Parallel()
	kinds := []news.BlockKind{news.Paragraph, news.Heading, news.Quote, news.List, news.Picture, news.Other}
	rapid.Check(t, func(t *rapid.T) {
		var body news.Body
		for range rapid.IntRange(0, 30).Draw(t, "blocks") {
			body = append(body, block(rapid.SampledFrom(kinds).Draw(t, "kind"), rapid.IntRange(0, 120).Draw(t, "words")))
		}
		cut := paywall.Cut(body)
		paragraphs := 0
		for _, b := range cut {
			if b.Kind == news.Paragraph {
				paragraphs++
			}
		}
		switch {
		case len(cut) > len(body):
			t.Fatal("longer than the story")
		case paragraphs > 3:
			t.Fatalf("%d paragraphs", paragraphs)
		case cut.Words()*4 > body.Words():
			t.Fatalf("%d of %d words", cut.Words(), body.Words())
		case len(cut) > 0 && cut[len(cut)-1].Kind != news.Paragraph:
			t.Fatal("the cut ends in something that is not a paragraph")
		}
	})
}

func TestACutCannotBeGrownBack(t *testing.T) {
	t.Parallel()
	body := news.Body{block(news.Paragraph, 10), block(news.Paragraph, 100)}
	cut := paywall.Cut(body)
	if cap(cut) != len(cut) {
		t.Error("the closed part is still behind the slice")
	}
}
