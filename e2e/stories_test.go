package e2e

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"broadsheet/demo"
	"broadsheet/news"
)

// demoStory is a story of the demo paper as its file tells it.
type demoStory struct {
	Slug       string
	Title      string      `yaml:"title"`
	Standfirst string      `yaml:"standfirst"`
	Access     news.Access `yaml:"access"`
	Body       news.Body   `yaml:"-"`
}

// stories are those of the demo paper, read from their files without the
// importer.
var stories = sync.OnceValues(func() ([]demoStory, error) {
	names, err := fs.Glob(demo.Files, "stories/*.md")
	if err != nil {
		return nil, err
	}
	var all []demoStory
	for _, name := range names {
		raw, err := fs.ReadFile(demo.Files, name)
		if err != nil {
			return nil, err
		}
		_, rest, _ := strings.Cut(string(raw), "---\n")
		matter, text, ok := strings.Cut(rest, "\n---\n")
		if !ok {
			return nil, fmt.Errorf("%s has no front matter", name)
		}
		s := demoStory{Slug: strings.TrimSuffix(path.Base(name), ".md")}
		if err := yaml.Unmarshal([]byte(matter), &s); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if s.Body, err = news.RenderWith(text, anyPicture); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, s)
	}
	return all, nil
})

func anyPicture(src string) (news.Figure, error) {
	return news.Figure{Src: news.MediaPath + path.Base(src)}, nil
}

// slugs are the demo stories of an access level, in a fixed order.
func slugs(t testing.TB, access news.Access) []string {
	t.Helper()
	all, err := stories()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, s := range all {
		if s.Access == access {
			list = append(list, s.Slug)
		}
	}
	if len(list) == 0 {
		t.Fatalf("the demo has no story that is %s", access)
	}
	return list
}
