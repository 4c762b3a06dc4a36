package demo_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"broadsheet/demo"

	"go.yaml.in/yaml/v3"
)

// What the demo must hold at least or exactly; the project's first issue names these numbers.
const (
	minStories    = 18
	minWords      = 600
	maxWords      = 1200
	minParagraphs = 6
	minFigures    = 14
	maxBytes      = 60_000
)

type figure struct {
	Src, Alt, Caption, Credit string
	Width, Height             int
}

type head struct {
	Title      string
	Standfirst string
	Kicker     string
	Author     string
	Section    string
	Date       time.Time
	Updated    time.Time
	Access     string
	Form       string
	Figure     *figure
	Related    []string
}

type story struct {
	head
	slug string
	body string
}

type paper struct {
	Name, Wordmark, Icon string
	Currency, Timezone   string
	Accent               struct{ Light, Dark string }
	AINote               struct{ Link string } `yaml:"ai_note"`
	Cover                figure
	Edition              struct {
		Number int
		Day    string
	}
	Sections []struct{ Slug, Name, Description string }
	Authors  []struct{ Slug, Name, Role, Bio string }
	Benefits []struct{ Key, Name, Text string }
	Plans    []struct {
		Key, Name, Summary string
		Benefits           []string
		Prices             []struct {
			LookupKey string `yaml:"lookup_key"`
			Interval  string
			Amount    int64
		}
	}
	Front struct {
		Lead      string
		Secondary []string
	}
}

func TestThePaperIsWhole(t *testing.T) {
	t.Parallel()
	p := loadPaper(t)
	if len(p.Sections) != 5 || len(p.Authors) != 5 {
		t.Errorf("%d sections and %d authors, want 5 of each", len(p.Sections), len(p.Authors))
	}
	for _, s := range p.Sections {
		if s.Slug == "" || s.Name == "" || s.Description == "" {
			t.Errorf("section %q lacks a field", s.Slug)
		}
	}
	for _, a := range p.Authors {
		if a.Slug == "" || a.Name == "" || a.Role == "" || a.Bio == "" {
			t.Errorf("author %q lacks a field", a.Slug)
		}
	}
	if _, err := time.LoadLocation(p.Timezone); err != nil {
		t.Error(err)
	}
	colour := regexp.MustCompile(`^#[0-9a-f]{6}$`)
	if !colour.MatchString(p.Accent.Light) || !colour.MatchString(p.Accent.Dark) {
		t.Errorf("accent %q, %q, want two colours as #rrggbb", p.Accent.Light, p.Accent.Dark)
	}
	for _, name := range []string{p.Wordmark, p.Icon, p.Cover.Src} {
		if _, err := fs.Stat(demo.Files, name); err != nil {
			t.Error(err)
		}
	}
	if _, err := fs.Stat(demo.Files, strings.TrimPrefix(p.AINote.Link, "/")+".md"); err != nil {
		t.Errorf("the note on AI leads nowhere: %v", err)
	}
	if p.Edition.Day != time.Friday.String() || p.Edition.Number < 1 {
		t.Errorf("edition %+v", p.Edition)
	}
}

func TestPlansSellWhatTheDesignNames(t *testing.T) {
	t.Parallel()
	p := loadPaper(t)
	want := map[string]int64{"print_monthly": 1400, "print_yearly": 14000, "digital_monthly": 700, "digital_yearly": 7000}
	known := map[string]bool{}
	for _, b := range p.Benefits {
		known[b.Key] = b.Name != "" && b.Text != ""
	}
	prices := 0
	for _, plan := range p.Plans {
		for _, b := range plan.Benefits {
			if !known[b] {
				t.Errorf("plan %s: benefit %q isn't described", plan.Key, b)
			}
		}
		if got := slices.Contains(plan.Benefits, "print"); got != (plan.Key == "print") {
			t.Errorf("plan %s: brings the magazine = %v", plan.Key, got)
		}
		for _, price := range plan.Prices {
			prices++
			if want[price.LookupKey] != price.Amount {
				t.Errorf("%s costs %d, want %d", price.LookupKey, price.Amount, want[price.LookupKey])
			}
			if !strings.HasPrefix(price.LookupKey, plan.Key+"_"+price.Interval) {
				t.Errorf("%s is a price of plan %s by the %s", price.LookupKey, plan.Key, price.Interval)
			}
		}
	}
	if prices != len(want) || len(known) != 6 || p.Currency != "eur" {
		t.Errorf("%d prices, %d benefits in %q, want %d and 6 in eur", prices, len(known), p.Currency, len(want))
	}
}

func TestEveryStoryIsComplete(t *testing.T) {
	t.Parallel()
	p, stories := loadPaper(t), loadStories(t)
	if len(stories) < minStories {
		t.Errorf("%d stories, want at least %d", len(stories), minStories)
	}
	first := time.Date(2024, 4, 5, 0, 0, 0, 0, time.UTC)
	for _, s := range stories {
		if s.Title == "" || s.Standfirst == "" || s.Kicker == "" {
			t.Errorf("%s: title, standfirst or kicker is missing", s.slug)
		}
		if n := len(strings.Fields(s.body)); n < minWords || n > maxWords {
			t.Errorf("%s: %d words, want %d to %d", s.slug, n, minWords, maxWords)
		}
		if n := len(paragraphs(s.body)); n < minParagraphs {
			t.Errorf("%s: %d paragraphs, want at least %d", s.slug, n, minParagraphs)
		}
		for i, block := range strings.SplitN(strings.TrimSpace(s.body), "\n\n", 4) {
			if i < 3 && !isParagraph(block) {
				t.Errorf("%s: its block %d isn't a paragraph, so its opening doesn't read alone", s.slug, i+1)
			}
		}
		if s.Date.Before(first) || s.Date.After(first.AddDate(0, 0, 8)) {
			t.Errorf("%s: dated %s, outside of the week", s.slug, s.Date)
		}
		if !s.Updated.IsZero() && s.Updated.Before(s.Date) {
			t.Errorf("%s: updated before it was published", s.slug)
		}
		if !slices.Contains([]string{"free", "metered", "subscribers"}, s.Access) {
			t.Errorf("%s: access %q", s.slug, s.Access)
		}
		if s.Form != "" && s.Form != "opinion" {
			t.Errorf("%s: form %q", s.slug, s.Form)
		}
		if !slices.ContainsFunc(p.Authors, func(a struct{ Slug, Name, Role, Bio string }) bool { return a.Name == s.Author }) {
			t.Errorf("%s: nobody here is called %q", s.slug, s.Author)
		}
		if !slices.ContainsFunc(p.Sections, func(x struct{ Slug, Name, Description string }) bool { return x.Name == s.Section }) {
			t.Errorf("%s: there's no section %q", s.slug, s.Section)
		}
	}
}

func TestStoriesAreSpread(t *testing.T) {
	t.Parallel()
	p, stories := loadPaper(t), loadStories(t)
	access, sections, authors := map[string]int{}, map[string]int{}, map[string]int{}
	for _, s := range stories {
		access[s.Access]++
		sections[s.Section]++
		authors[s.Author]++
	}
	if access["free"] != 3 || access["subscribers"] != 4 {
		t.Errorf("access %v, want 3 free and 4 for subscribers", access)
	}
	for _, s := range p.Sections {
		if sections[s.Name] < 3 {
			t.Errorf("section %s has %d stories, want at least 3", s.Name, sections[s.Name])
		}
	}
	for _, a := range p.Authors {
		if authors[a.Name] < 3 {
			t.Errorf("%s wrote %d stories, want at least 3", a.Name, authors[a.Name])
		}
	}
}

func TestEveryNamedStoryExists(t *testing.T) {
	t.Parallel()
	p, stories := loadPaper(t), loadStories(t)
	known := map[string]bool{}
	for _, s := range stories {
		known[s.slug] = true
	}
	for _, slug := range append([]string{p.Front.Lead}, p.Front.Secondary...) {
		if !known[slug] {
			t.Errorf("the front page names %q, which isn't there", slug)
		}
	}
	for _, s := range stories {
		for _, slug := range s.Related {
			if !known[slug] || slug == s.slug {
				t.Errorf("%s: related to %q", s.slug, slug)
			}
		}
	}
}

var inBody = regexp.MustCompile(`(?m)^!\[(.*?)\]\((\S+) "(.*)"\)$`)

func TestFiguresAreDescribedAndMeasured(t *testing.T) {
	t.Parallel()
	leads, withFigures := map[string]bool{}, 0
	for _, s := range loadStories(t) {
		if f := s.Figure; f == nil || f.Alt == "" || f.Caption == "" || f.Credit == "" {
			t.Errorf("%s: its figure lacks alt, caption or credit", s.slug)
		} else {
			w, h := picture(t, path.Join("stories", f.Src))
			if w != f.Width || h != f.Height {
				t.Errorf("%s: says %d×%d, %s is %d×%d", s.slug, f.Width, f.Height, f.Src, w, h)
			}
			leads[f.Src] = true
		}
		found := inBody.FindAllStringSubmatch(s.body, -1)
		if got := strings.Count(s.body, "!["); got != len(found) {
			t.Errorf("%s: %d pictures in its body, %d of them well formed", s.slug, got, len(found))
		}
		for _, m := range found {
			picture(t, path.Join("stories", m[2]))
			caption, credit, ok := strings.Cut(m[3], " | ")
			if m[1] == "" || caption == "" || credit == "" || !ok {
				t.Errorf("%s: %s lacks alt, caption or credit", s.slug, m[2])
			}
		}
		if len(found) > 0 {
			withFigures++
		}
	}
	if len(leads) < minFigures || withFigures < 5 {
		t.Errorf("%d lead pictures and %d bodies with one, want %d and 5", len(leads), withFigures, minFigures)
	}
}

// Whoever looks for a leak compares sentences, so a sentence may have one home only.
func TestNoSentenceHasTwoHomes(t *testing.T) {
	t.Parallel()
	home := map[string]string{}
	for _, s := range loadStories(t) {
		for _, sentence := range sentences(s.body) {
			if other, ok := home[sentence]; ok {
				t.Errorf("%s and %s both say %q", other, s.slug, sentence)
			}
			home[sentence] = s.slug
		}
	}
	if len(home) < 20*minStories {
		t.Fatalf("only %d sentences found: this test has lost its eyes", len(home))
	}
	open := func(where, text string) {
		for _, sentence := range sentences(text) {
			if other, ok := home[sentence]; ok {
				t.Errorf("%s gives away %q from the body of %s", where, sentence, other)
			}
		}
	}
	for _, s := range loadStories(t) {
		open(s.slug+"'s head", strings.Join([]string{s.Title, s.Standfirst, s.Figure.Alt, s.Figure.Caption}, "\n\n"))
	}
	for _, name := range names(t, "pages/*.md") {
		_, body := split(t, name)
		open(name, body)
	}
	open("publication.yaml", string(read(t, "publication.yaml")))
}

func TestPagesAreThere(t *testing.T) {
	t.Parallel()
	for _, slug := range []string{
		"how-we-use-ai", "who-we-are", "corrections", "privacy", "terms", "help", "rules-for-machines", "how-we-count",
	} {
		front, body := split(t, "pages/"+slug+".md")
		var h struct{ Title, Standfirst string }
		strict(t, slug, front, &h)
		if h.Title == "" || h.Standfirst == "" || len(strings.Fields(body)) < 150 {
			t.Errorf("%s: title, standfirst or text is missing", slug)
		}
	}
	link := regexp.MustCompile(`\(/pages/([a-z-]+)\)`)
	for _, name := range names(t, "pages/*.md") {
		for _, m := range link.FindAllStringSubmatch(string(read(t, name)), -1) {
			read(t, "pages/"+m[1]+".md")
		}
	}
}

func TestFilesAreSmallAndPicturesHarmless(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`(?i)<script|\son[a-z]+=|href="[^#]|url\(|<image|<foreignObject|@import`)
	err := fs.WalkDir(demo.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data := read(t, name)
		if len(data) > maxBytes {
			t.Errorf("%s: %d bytes, want at most %d", name, len(data), maxBytes)
		}
		if path.Ext(name) != ".svg" {
			return nil
		}
		// A clip path inside the same picture is the one reference allowed.
		if found := forbidden.Find(bytes.ReplaceAll(data, []byte("url(#"), nil)); found != nil {
			t.Errorf("%s: holds %q", name, found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func loadPaper(t *testing.T) paper {
	t.Helper()
	var p paper
	if err := yaml.Unmarshal(read(t, "publication.yaml"), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func loadStories(t *testing.T) []story {
	t.Helper()
	var all []story
	for _, name := range names(t, "stories/*.md") {
		front, body := split(t, name)
		s := story{slug: strings.TrimSuffix(path.Base(name), ".md"), body: body}
		strict(t, name, front, &s.head)
		all = append(all, s)
	}
	return all
}

func strict(t *testing.T, name, front string, into any) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(front))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func split(t *testing.T, name string) (front, body string) {
	t.Helper()
	rest, ok := strings.CutPrefix(string(read(t, name)), "---\n")
	front, body, found := strings.Cut(rest, "\n---\n")
	if !ok || !found {
		t.Fatalf("%s: no front matter", name)
	}
	return front, body
}

func names(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := fs.Glob(demo.Files, pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(found), err)
	}
	return found
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := demo.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// picture reads an SVG to its end, so that a broken one fails, and returns its size in pixels.
func picture(t *testing.T, name string) (width, height int) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(read(t, name)))
	var root struct{ width, height, box string }
	for depth := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				for _, a := range e.Attr {
					switch a.Name.Local {
					case "width":
						root.width = a.Value
					case "height":
						root.height = a.Value
					case "viewBox":
						root.box = a.Value
					}
				}
			}
			depth++
		case xml.EndElement:
			depth--
		}
	}
	if _, err := fmt.Sscan(root.width+" "+root.height, &width, &height); err != nil || root.box == "" {
		t.Errorf("%s: width %q, height %q, viewBox %q", name, root.width, root.height, root.box)
	}
	return width, height
}

func isParagraph(block string) bool {
	return !strings.HasPrefix(block, "#") && !strings.HasPrefix(block, ">") &&
		!strings.HasPrefix(block, "- ") && !strings.HasPrefix(block, "1. ") && !strings.HasPrefix(block, "![")
}

func paragraphs(body string) []string {
	return slices.DeleteFunc(strings.Split(strings.TrimSpace(body), "\n\n"), func(b string) bool { return !isParagraph(b) })
}

var sentenceEnd = regexp.MustCompile(`[.!?:;][”’)*]*\s+|\n+`)

// sentences returns a text's sentences of six words or more, without their marks and in lower case.
func sentences(text string) []string {
	var all []string
	for _, raw := range sentenceEnd.Split(text, -1) {
		words := strings.FieldsFunc(strings.ToLower(raw), func(r rune) bool {
			return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r > 0x7f && r != '“' && r != '”' && r != '’' && r != '…')
		})
		if len(words) >= 6 {
			all = append(all, strings.Join(words, " "))
		}
	}
	return all
}
