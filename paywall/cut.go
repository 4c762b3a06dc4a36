package paywall

import "broadsheet/news"

// What a closed gate shows of a story: the desk wants readers to see how it
// begins, and never so much that the rest isn't missed.
const (
	cutParagraphs = 3
	cutShare      = 4 // at most one part in four of the words
)

// Cut is the part of a body that may leave the server through a closed gate. It
// is the only function that shortens a story, and every format prints what it
// returns: the page, the feed, the search index, the description for others.
// It keeps whole blocks in order up to three paragraphs and a quarter of the
// words; a subhead, a picture or a list behind the last paragraph stays behind.
func Cut(body news.Body) news.Body {
	budget := body.Words() / cutShare
	last, paragraphs, words := 0, 0, 0
	for i, block := range body {
		words += block.Words
		if words > budget {
			break
		}
		if block.Kind != news.Paragraph {
			continue
		}
		paragraphs++
		last = i + 1
		if paragraphs == cutParagraphs {
			break
		}
	}
	return body[:last:last]
}

// Show is what the decision lets out of a body.
func (d Decision) Show(body news.Body) news.Body {
	if d.Open() {
		return body
	}
	return Cut(body)
}
