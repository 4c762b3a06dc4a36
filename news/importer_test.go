package news_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"broadsheet/demo"
	"broadsheet/internal/proof"
	"broadsheet/news"
	"broadsheet/store"
)

var noon = time.Date(2024, 4, 12, 12, 0, 0, 0, time.UTC)

// bench is a paper in a fresh database with a folder for pictures.
type bench struct {
	t   *testing.T
	db  *store.DB
	dir news.MediaDir
	now time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "paper.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &bench{t: t, db: db, dir: news.MediaDir(t.TempDir()), now: noon}
}

// sections makes a paper that states which sections it has.
func (b *bench) sections(names ...string) {
	b.t.Helper()
	if err := b.db.SavePublication(b.t.Context(), news.Publication{Name: "The Gazette", Stated: true}); err != nil {
		b.t.Fatal(err)
	}
	for i, name := range names {
		if err := b.db.SaveSection(b.t.Context(), news.Section{Slug: news.Slugify(name), Name: name, Position: i}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// run imports and gives the report's lines.
func (b *bench) run(src news.Source) (lines []string, result news.Result) {
	b.t.Helper()
	im := news.Importer{Store: b.db, Media: b.dir, Now: func() time.Time { return b.now }}
	result, err := im.Import(b.t.Context(), src, func(l news.Line) { lines = append(lines, l.String()) })
	if err != nil {
		b.t.Fatal(err)
	}
	return lines, result
}

func (b *bench) files(files map[string]string) []string {
	b.t.Helper()
	lines, _ := b.run(news.Source{FS: mapFS(files), Start: ".", Shown: "in", Origin: "here"})
	return lines
}

func mapFS(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content), Mode: 0o644}
	}
	return fsys
}

func (b *bench) story(slug string) news.Story {
	b.t.Helper()
	s, err := b.db.StoryBySlug(b.t.Context(), slug)
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

const dot = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 20"><circle r="5"/></svg>`

func TestImportFrontMatter(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sections("World", "Ideas")
	got := b.files(map[string]string{
		"stories/clocks.md": "\xef\xbb\xbf---\r\ntitle: \"Two clocks: a *story*\"\r\nstandfirst: >-\r\n  One\r\n  two.\r\nkicker: Time\r\nauthor: Ada Vance\r\nsection: ideas\r\n" +
			"date: 2024-04-11T18:05:00+02:00\r\nupdated: 2024-04-12\r\naccess: Subscribers\r\nform: opinion\r\nrelated: [other, ../x/more.md]\r\n" +
			"figure: {src: ../img/dot.svg, alt: A dot, caption: One., credit: Desk, width: 1, height: 1}\r\n---\r\nFirst.\r\n\r\n![Again](../img/dot.svg \"Two.\")\r\n",
		"img/dot.svg": dot, "img/notes.rtf": "x", "README.md": "# Not a story\n\nNo.", ".hidden/x.md": "# Not one\n\nNo.",
	})
	same(t, "report", []string{"added    in/stories/clocks.md  /stories/clocks"}, got)
	s := b.story("clocks")
	same(t, "heads", []string{"Two clocks: a *story*", "One two.", "Time", "ada-vance", "Ideas", "2024-04-11T16:05:00Z", "2024-04-12T00:00:00Z", "subscribers", "opinion", "other more"},
		[]string{s.Headline, s.Standfirst, s.Kicker, s.Author.Slug, s.Section.Name, s.Published.Format(time.RFC3339), s.Updated.Format(time.RFC3339), string(s.Access), string(s.Form), strings.Join(s.Related, " ")})
	same(t, "figure", &news.Figure{Src: s.Figure.Src, Alt: "A dot", Caption: "One.", Credit: "Desk", Width: 30, Height: 20}, s.Figure)
	if !strings.Contains(string(s.Body[1].HTML), `src="`+s.Figure.Src+`" alt="Again" width="30" height="20"`) {
		t.Errorf("the picture in the text: %s", s.Body[1].HTML)
	}
	if again, err := news.Render(s.Source); err != nil || len(again) != 2 {
		t.Errorf("what is kept does not stand on its own: %v", err)
	}
	content, err := os.ReadFile(filepath.Join(string(b.dir), strings.TrimPrefix(s.Figure.Src, news.MediaPath)))
	if err != nil || string(content) != dot {
		t.Errorf("the picture was not kept: %v", err)
	}
}

func TestImportWithoutFrontMatter(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sections("World", "Ideas")
	got := b.files(map[string]string{
		"plain.txt":       "\n  A <b>headline</b>\t& more \n\nOne line\nof the first.\n\n\n\n# Two *stars* [x](y)\n1. & <i>\n",
		"marked.md":       "# A *marked* headline #\n\nText.\n",
		"setext.md":       "A headline\n==========\n\nText.\n",
		"Ünïcode Ø.md":    "First line\nand then text.",
		"لغة/東京.txt":      "東京の時計\n\nقال الكاتب 🌊 إن الأمواج عالية.",
		"bundle/index.md": "# In a folder\n\nText.",
	})
	same(t, "report", []string{
		"added    in/bundle/index.md  /stories/bundle",
		"added    in/marked.md  /stories/marked",
		"added    in/plain.txt  /stories/plain",
		"added    in/setext.md  /stories/setext",
		"added    in/Ünïcode Ø.md  /stories/unicode-o",
		"added    in/لغة/東京.txt  /stories/" + news.Slugify("東京"),
	}, got)
	s := b.story("plain")
	same(t, "defaults", []string{"A <b>headline</b> & more", "metered", "World", "The desk", noon.Format(time.RFC3339)},
		[]string{s.Headline, string(s.Access), s.Section.Name, s.Author.Name, s.Published.Format(time.RFC3339)})
	same(t, "paragraphs", []string{"One line of the first.", "# Two *stars* [x](y) 1. & <i>"}, texts(s.Body))
	same(t, "headline of Markdown", "A marked headline", b.story("marked").Headline)
	same(t, "underlined headline", "A headline", b.story("setext").Headline)
	same(t, "right to left", []string{"قال الكاتب 🌊 إن الأمواج عالية."}, texts(b.story(news.Slugify("東京")).Body))
}

func texts(body news.Body) []string {
	var out []string
	for _, block := range body {
		out = append(out, block.Text)
	}
	return out
}

func TestImportAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	file := func(headline, text string) map[string]string {
		return map[string]string{"a.txt": headline + "\n\n" + text}
	}
	same(t, "first", []string{"added    in/a.txt  /stories/a"}, b.files(file("Headline", "Text.")))
	first := b.story("a")
	b.now = noon.Add(time.Hour)
	same(t, "the same", []string{"kept     in/a.txt  /stories/a"}, b.files(file("Headline", "Text.")))
	same(t, "a kept story", first, b.story("a"))
	same(t, "another headline", []string{"changed  in/a.txt  /stories/a"}, b.files(file("Other", "Text.")))
	changed := b.story("a")
	same(t, "identity, first date, date of the change", []string{first.ID, noon.String(), b.now.String()}, []string{changed.ID, changed.Published.String(), changed.Updated.String()})
	b.now = noon.Add(2 * time.Hour)
	same(t, "the changed one again", []string{"kept     in/a.txt  /stories/a"}, b.files(file("Other", "Text.")))
	n, err := b.db.CountStories(t.Context())
	if n != 1 || err != nil {
		t.Errorf("%d stories, %v", n, err)
	}
}

func TestImportNeverOverwritesAnotherFile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	same(t, "two in one run", []string{
		"added    in/a/draft.txt  /stories/draft",
		"refused  in/b/draft.md  (in/a/draft.txt has the same address, /stories/draft; give one of them a slug of its own)",
		"added    in/c/draft.md  /stories/third",
	}, b.files(map[string]string{"a/draft.txt": "One\n\nText.", "b/draft.md": "# Two\n\nText.", "c/draft.md": "---\nslug: third\n---\n# Three\n\nText."}))
	other := news.Source{FS: mapFS(map[string]string{"draft.txt": "Other\n\nText."}), Start: ".", Shown: ".", Origin: "there"}
	lines, _ := b.run(other)
	same(t, "another file of that name", []string{"refused  draft.txt  (/stories/draft is the story of here/a/draft.txt, with another headline; rename one of the files, or give this one a slug)"}, lines)
	moved := news.Source{FS: mapFS(map[string]string{"draft.txt": "One\n\nText."}), Start: ".", Shown: ".", Origin: "there"}
	lines, _ = b.run(moved)
	same(t, "the same story, moved", []string{"kept     draft.txt  /stories/draft"}, lines)
	lines, _ = b.run(other)
	built := news.Source{FS: mapFS(map[string]string{"draft.txt": "Newest\n\nText."}), Start: ".", Shown: ".", Origin: "/home/over/there"}
	defer func() {
		lines, _ := b.run(built)
		same(t, "the folder that a built-in copy came from", []string{"changed  draft.txt  /stories/draft"}, lines)
	}()
	same(t, "edited where it now lies", []string{"changed  draft.txt  /stories/draft"}, lines)
}

func TestImportRefusesBadFiles(t *testing.T) {
	t.Parallel()
	matter := func(line string) string { return "---\ntitle: T\n" + line + "\n---\nText.\n" }
	for name, c := range map[string]struct{ file, content, want string }{
		"bad YAML":          {"x.md", "---\ntitle: [\n---\nText.", "front matter is not YAML"},
		"YAML is no map":    {"x.md", "---\n- a\n---\nText.", "keys and values"},
		"open front matter": {"x.md", "---\ntitle: T\n", "no closing line"},
		"a key twice":       {"x.md", matter("title: U"), "twice"},
		"empty":             {"x.md", " \n\t\n", "empty"},
		"not UTF-8":         {"x.txt", "Caf\xe9\n\nText.", "not UTF-8"},
		"UTF-16":            {"x.txt", "H\x00i\x00\n\x00\n\x00y\x00o\x00", "zero byte"},
		"too large":         {"x.txt", strings.Repeat("x", 1<<20+1), "larger than 1 MB"},
		"access":            {"x.md", matter("access: everyone"), `"everyone" is not free, metered or subscribers`},
		"form":              {"x.md", matter("form: poem"), "not report or opinion"},
		"date":              {"x.md", matter("date: yesterday"), `date: "yesterday" is not a date`},
		"updated first":     {"x.md", matter("date: 2024-04-02\nupdated: 2024-04-01"), "before the date"},
		"section":           {"x.md", matter("section: Sport"), `there is no "Sport"; the paper has World, Ideas`},
		"slug":              {"x.md", matter("slug: ../admin"), "cannot stand in an address"},
		"no text":           {"x.txt", "Only a headline\n", "no text"},
		"only subheads":     {"x.md", "# A\n\n## B\n", "no text"},
		"long title":        {"x.txt", strings.Repeat("x", 201) + "\n\nText.", "longer than 200"},
		"missing picture":   {"x.md", matter("figure: img/none.svg"), "figure: img/none.svg: it is not there"},
		"picture in text":   {"x.md", "# T\n\nText.\n\n![x](none.png)\n", "picture none.png: it is not there"},
		"picture outside":   {"x.md", "# T\n\nText.\n\n![x](../../etc/passwd)\n", "outside the folder"},
		"picture absolute":  {"x.md", "# T\n\nText.\n\n![x](/etc/passwd)\n", "outside the folder"},
		"picture elsewhere": {"x.md", "# T\n\nText.\n\n![x](https://example.org/x.png)\n", "files beside the story"},
		"not a picture":     {"x.md", "# T\n\nText.\n\n![x](x.md)\n", "it is not SVG, PNG"},
		"an active picture": {"x.md", "# T\n\nText.\n\n![x](bad.svg)\n", "it holds a <script>"},
		"a draft":           {"x.md", matter("draft: true"), "draft"},
		"a list for a name": {"x.md", matter("kicker: [a]"), "kicker: it must be one value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.sections("World", "Ideas")
			got := b.files(map[string]string{c.file: c.content, "bad.svg": "<svg><script/></svg>", "z.txt": "Good\n\nText."})
			if len(got) != 2 || !strings.HasPrefix(got[0], "refused  in/"+c.file+"  (") || !strings.Contains(got[0], c.want) {
				t.Errorf("report = %q", got)
			}
			same(t, "the good one", "added    in/z.txt  /stories/z", got[len(got)-1])
			if n, err := b.db.CountStories(t.Context()); n != 1 || err != nil {
				t.Errorf("%d stories, %v", n, err)
			}
		})
	}
}

func TestImportRemarks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.files(map[string]string{"a.md": "---\ntags: [x]\nacces: free\ntitle: 1984\ndate: 2031-01-01\nsection: Sport\nauthor: [Ada, Bo]\n---\nText."})
	same(t, "report", []string{"added    in/a.md  /stories/a  (not understood: acces, tags; dated in the future, and readable now)"}, got)
	s := b.story("a")
	same(t, "a number as title, and the first section", []string{"1984", "Sport", "Ada and Bo"}, []string{s.Headline, s.Section.Name, s.Author.Name})
}

func TestImportIntoAnEmptyPaper(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	names := func() (out []string) {
		all, err := b.db.Sections(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			out = append(out, s.Name)
		}
		return out
	}
	if err := b.db.SavePublication(t.Context(), news.Publication{Name: "A name and no more"}); err != nil {
		t.Fatal(err)
	}
	b.files(map[string]string{"a.txt": "A\n\nText.", "b.md": "---\ntitle: B\nsection: World\n---\nText.", "c.md": "---\ntitle: C\nsection: world\n---\nText.", "d.txt": "D\n\nText."})
	same(t, "sections by their stories", []string{"News", "World"}, names())
	same(t, "a story that names none", "News", b.story("d").Section.Name)
	if err := b.db.SaveSection(t.Context(), news.Section{Slug: "empty", Name: "Empty"}); err != nil {
		t.Fatal(err)
	}
	same(t, "the paper", []string{"changed  in/publication.yaml  /"}, b.files(map[string]string{"publication.yaml": "name: N\nsections: [{name: Arts}, {name: World}]"}))
	same(t, "sections as stated, then those with stories", []string{"Arts", "World", "News"}, names())
	same(t, "the paper again", []string{"kept     in/publication.yaml  /"}, b.files(map[string]string{"publication.yaml": "name: N\nsections: [{name: Arts}, {name: World}]"}))
}

// A megabyte of one thing is imported, or refused, in good time.
func TestImportHugeLines(t *testing.T) {
	t.Parallel()
	// A quarter of the largest source is enough to notice a parser whose time
	// grows with the square: that took a minute.
	size := proof.Size(256<<10, 1<<20-100)
	for name, unit := range map[string]string{
		"words": "word ", "stars": "*a ", "ticks": "` ", "entities": "&", "emphasis": "*_", "tags": "<a ", "lists": "- ", "ends": "]", "fences": "```\n", "comments": "<!--", "one": "x",
		"brackets": "[", "links": "[](", "images": "![](", "quotes": ">", "references": "[a]: x\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			b := newBench(t)
			lines := b.files(map[string]string{"a.md": "# T\n\nText.\n\n" + strings.Repeat(unit, size/len(unit))})
			refused := strings.HasPrefix(lines[0], "refused")
			if want := strings.ContainsAny(unit, "[>"); refused != want {
				t.Errorf("%.200q", lines)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// Plain text means itself, whatever Markdown would make of it.
func TestPlainTextIsLiteral(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rapid.Check(t, func(rt *rapid.T) {
		line := rapid.StringOfN(rapid.SampledFrom([]rune("ab1 .)#*_~`<>[](){}!&;=-+|\\:/\t\"'é東🌊")), 1, 30, -1).Draw(rt, "line")
		want := strings.Join(strings.Fields(line), " ")
		if news.CountWords(want) == 0 {
			return
		}
		b.files(map[string]string{"a.txt": "Headline\n\n" + line})
		if diff := cmp.Diff([]string{want}, texts(b.story("a").Body)); diff != "" {
			rt.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestOpenSource(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("secret.svg", dot)
	write("paper/publication.yaml", "name: The Gazette\n")
	write("paper/img/dot.svg", dot)
	write("paper/stories/one.md", "# One\n\nText.\n\n![x](../img/dot.svg)\n")
	write("paper/stories/two.md", "# Two\n\nText.\n\n![x](../img/link.svg)\n")
	write("lone/three.md", "# Three\n\nText.\n\n![x](../secret.svg)\n")
	if err := os.Symlink(filepath.Join(dir, "secret.svg"), filepath.Join(dir, "paper/img/link.svg")); err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	open := func(name string) []string {
		t.Helper()
		src, closer, err := news.OpenSource(name)
		if err != nil {
			t.Fatal(err)
		}
		defer closer.Close()
		lines, _ := b.run(src)
		for i := range lines {
			lines[i] = strings.ReplaceAll(lines[i], dir, "DIR")
		}
		return lines
	}
	same(t, "one file, a picture of its paper", []string{"added    DIR/paper/stories/one.md  /stories/one"}, open(filepath.Join(dir, "paper/stories/one.md")))
	got := open(filepath.Join(dir, "paper"))
	same(t, "the paper", []string{"added    DIR/paper/publication.yaml  /", "kept     DIR/paper/stories/one.md  /stories/one"}, got[:2])
	if !strings.HasPrefix(got[2], "refused  DIR/paper/stories/two.md") {
		t.Errorf("a link led out of the folder: %s", got[2])
	}
	if got := open(filepath.Join(dir, "lone")); !strings.HasPrefix(got[0], "refused") || !strings.Contains(got[0], "outside the folder") {
		t.Errorf("a path led out of the folder: %s", got)
	}
	if _, _, err := news.OpenSource(filepath.Join(dir, "nothing")); err == nil || err.Error() != "it is not there" {
		t.Errorf("err = %v", err)
	}
}

func TestImportDemo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	src := news.Source{FS: demo.Files, Start: ".", Shown: "demo", Origin: "demo"}
	lines, result := b.run(src)
	files, err := fs.Glob(demo.Files, "*/*.md")
	if err != nil || result.Added != len(files)+1 || result.Refused+result.Changed+result.Kept > 0 {
		t.Errorf("%+v of %d files:\n%s", result, len(files), strings.Join(lines, "\n"))
	}
	if result.Plans == nil {
		t.Error("the plans were not handed on")
	}
	b.now = noon.Add(time.Hour)
	if lines, result = b.run(src); result.Kept != len(files)+1 {
		t.Errorf("again: %+v\n%s", result, strings.Join(lines, "\n"))
	}
	paper, err := b.db.Publication(t.Context())
	if err != nil || paper.Cover == nil || !strings.HasPrefix(paper.Icon, news.MediaPath) || !strings.HasPrefix(paper.Wordmark, "<svg ") {
		t.Errorf("the paper's pictures: %v, %.40s, %v", paper.Cover, paper.Wordmark, err)
	}
	for _, slug := range append(paper.Front.Secondary, paper.Front.Lead) {
		b.story(slug)
	}
}

func TestImportRefusesBadPaper(t *testing.T) {
	t.Parallel()
	for want, sheet := range map[string]string{
		"name: the paper needs one; timezone: \"Moon\"": "timezone: Moon",
		"field colour not found":                        "name: N\ncolour: red",
		"currency":                                      "name: N\ncurrency: euros",
		"wordmark: it holds a <script>":                 "name: N\nwordmark: bad.svg",
		"wordmark: it is not there":                     "name: N\nwordmark: none.svg",
		"stands there twice":                            "name: N\nsections: [{name: A}, {name: a}]",
		"not a colour":                                  "name: N\naccent: {light: 'red;}body{'}",
	} {
		b := newBench(t)
		got := b.files(map[string]string{"publication.yaml": sheet, "bad.svg": "<svg><script/></svg>", "a.txt": "Good\n\nText."})
		if len(got) != 2 || !strings.HasPrefix(got[0], "refused  in/publication.yaml") || !strings.Contains(got[0], want) {
			t.Errorf("%s: %q", want, got)
		}
	}
}

func ExampleLine() {
	fmt.Println(news.Line{Path: "stories/a.md", Change: news.Added, Address: "/stories/a"})
	fmt.Println(news.Line{Path: "stories/b.md", Change: news.Refused, Reason: "it is empty"})
	// Output:
	// added    stories/a.md  /stories/a
	// refused  stories/b.md  (it is empty)
}
