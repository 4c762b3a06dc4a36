package oracle

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// made are the kinds of objects that the stand-in's code makes.
var made = regexp.MustCompile(`"object":\s+"([a-z_.]+)"`)

// quoted are its texts that could name a type of event.
var quoted = regexp.MustCompile(`"([a-z_]+(?:\.[a-z_]+)+)"`)

// meet notes the kinds of objects in v, at any depth, and the types of events.
func (j *judge) meet(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range []string{"object", "type"} {
			if name, ok := v[key].(string); ok && (key == "object" || v["object"] == "event") {
				j.met[name] = true
			}
		}
		for _, each := range v {
			j.meet(each)
		}
	case []any:
		for _, each := range v {
			j.meet(each)
		}
	}
}

// wholly asserts that nothing escaped: whatever kind of object the stand-in's
// code makes, and whatever type of event it tells, some test has served. So a
// new one cannot be added without being judged.
func (j *judge) wholly(doc *openapi3.T) {
	files, err := filepath.Glob(filepath.Join("..", "*.go"))
	if err != nil || len(files) == 0 {
		j.t.Fatalf("no sources: %v", err)
	}
	types := eventTypes(doc)
	if len(types) < 100 {
		j.t.Fatalf("Stripe's schema lists %d types of events only", len(types))
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			j.t.Fatal(err)
		}
		for _, m := range made.FindAllSubmatch(source, -1) {
			j.wants("object", string(m[1]))
		}
		for _, m := range quoted.FindAllSubmatch(source, -1) {
			if slices.Contains(types, string(m[1])) {
				j.wants("event", string(m[1]))
			}
		}
	}
}

func (j *judge) wants(what, name string) {
	if !j.met[name] {
		j.complain("the stand-in makes the %s %s, and no test was served one", what, name)
	}
}

// eventTypes are all that an endpoint can ask for.
func eventTypes(doc *openapi3.T) (out []string) {
	form := doc.Paths.Find("/v1/webhook_endpoints").Post.RequestBody.Value.Content.Get("application/x-www-form-urlencoded")
	for _, name := range form.Schema.Value.Properties["enabled_events"].Value.Items.Value.Enum {
		if s, ok := name.(string); ok && s != "*" {
			out = append(out, s)
		}
	}
	return out
}
