package e2e

import (
	"bytes"
	"fmt"
	"html"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"broadsheet/demo"
	"broadsheet/news"
	"broadsheet/paywall"
)

// secrets are the stories' texts from beyond their cuts.
type secrets struct {
	owner   map[string]string // a run of letters → the slug of the story that it is from
	queries []string          // words from beyond cuts, to search for
}

// run is how many letters and digits in a row make text recognisable: shorter
// than nearly every sentence, longer than what two texts share by chance.
const run = 24

// behindTheCut takes every run of letters from beyond the cuts that stands
// nowhere in what is public.
func behindTheCut(t testing.TB) *secrets {
	t.Helper()
	all, err := stories()
	if err != nil {
		t.Fatal(err)
	}
	s := &secrets{owner: map[string]string{}}
	for _, story := range all {
		if story.Access == news.Free {
			continue
		}
		closed := story.Body[len(paywall.Cut(story.Body)):]
		if len(closed) < 3 {
			t.Fatalf("%s has almost nothing behind its cut", story.Slug)
		}
		for _, block := range closed {
			for _, text := range append(alternatives(block.HTML), block.Text) {
				letters := canonical(text)
				for i := 0; i+run <= len(letters); i++ {
					s.owner[letters[i:i+run]] = story.Slug
				}
			}
		}
		s.queries = append(s.queries, query(closed[1].Text), query(closed[len(closed)-1].Text))
	}
	for _, text := range publicTexts(t, all) {
		letters := canonical(text)
		for i := 0; i+run <= len(letters); i++ {
			delete(s.owner, letters[i:i+run])
		}
	}
	return s
}

// publicTexts are what everybody may read.
func publicTexts(t testing.TB, all []demoStory) []string {
	t.Helper()
	var public []string
	for _, story := range all {
		shown := paywall.Cut(story.Body)
		if story.Access == news.Free {
			shown = story.Body
		}
		for _, block := range shown {
			public = append(append(public, block.Text), alternatives(block.HTML)...)
		}
	}
	err := fs.WalkDir(demo.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, ".svg") {
			return err
		}
		raw, err := fs.ReadFile(demo.Files, path)
		text := string(raw)
		if strings.HasPrefix(path, "stories/") {
			_, text, _ = strings.Cut(text, "---\n")
			text, _, _ = strings.Cut(text, "\n---\n") // the front matter
		}
		public = append(public, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return public
}

var alternative = regexp.MustCompile(`(?:alt|title)="([^"]*)"`)

// alternatives are the texts in attributes of a block.
func alternatives(h news.HTML) []string {
	var texts []string
	for _, found := range alternative.FindAllStringSubmatch(string(h), -1) {
		texts = append(texts, html.UnescapeString(found[1]))
	}
	return texts
}

// query is a few words from the middle of a text, too few to be a run when the
// page repeats them between words of its own.
func query(text string) string {
	words := strings.Fields(text)
	words = words[len(words)/2:]
	for n := min(4, len(words)); n > 0; n-- {
		if q := strings.Join(words[:n], " "); len(canonical(q)) <= run-6 {
			return q
		}
	}
	return "the"
}

var (
	tag       = regexp.MustCompile(`<[^>]*>`)
	jsonEntry = regexp.MustCompile(`\\u[0-9a-fA-F]{4}`)
)

// found is the slug of a story that is closed and yet in an answer, "" for none.
func (s *secrets) found(answer string, open map[string]bool) string {
	once := html.UnescapeString(answer)
	twice := html.UnescapeString(once)
	forms := []string{once, tag.ReplaceAllString(answer, ""), tag.ReplaceAllString(once, ""), tag.ReplaceAllString(twice, "")}
	if strings.Contains(answer, "%20") {
		if unescaped, err := url.PathUnescape(strings.ReplaceAll(answer, "+", " ")); err == nil {
			forms = append(forms, unescaped)
		}
	}
	for i, form := range forms {
		if i > 0 && slices.Contains(forms[:i], form) {
			continue
		}
		letters := canonical(form)
		for j := 0; j+run <= len(letters); j++ {
			if slug, ok := s.owner[letters[j:j+run]]; ok && !open[slug] {
				return fmt.Sprintf("%s (%q)", slug, letters[j:min(len(letters), j+3*run)])
			}
		}
	}
	return ""
}

// canonical keeps the letters and digits of a text, in lower case: what is left
// is the same however the text is marked up, quoted or escaped.
func canonical(text string) string {
	text = jsonEntry.ReplaceAllString(html.UnescapeString(text), "")
	var b bytes.Buffer
	b.Grow(len(text))
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteByte(c)
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		}
	}
	return b.String()
}
