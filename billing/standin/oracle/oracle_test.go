package oracle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// least is how many objects the stand-in's tests serve at the very least; with
// fewer something went wrong with the collecting.
const least = 500

// TestServedObjectsFollowStripesSchema runs the stand-in's tests, collects
// everything that was served, and holds each object against the schema of its
// name: every required field there, every value of its kind.
func TestServedObjectsFollowStripesSchema(t *testing.T) {
	t.Parallel()
	doc := stripeSpec(t)
	dir := t.TempDir()
	run := exec.Command("go", "test", "-count=1", ".")
	run.Dir = ".."
	run.Env = append(os.Environ(), "STANDIN_SERVED="+dir)
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("the stand-in's own tests fail: %v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	judge := &judge{t: t, schemas: doc.Components.Schemas, seen: map[string]bool{}, count: map[string]int{}, met: map[string]bool{}}
	for _, file := range files {
		judge.file(file)
	}
	total := 0
	for _, n := range judge.count {
		total += n
	}
	if total < least {
		t.Errorf("only %d objects were collected", total)
	}
	judge.wholly(doc)
	t.Logf("held %d objects of %d kinds against the schema", total, len(judge.count))
}

// stripeSpec loads the OpenAPI file out of the module cache. Nothing here
// imports that module, so that only asking for it brings it onto a new machine.
func stripeSpec(t *testing.T) *openapi3.T {
	t.Helper()
	out, err := exec.Command("go", "mod", "download", "-json", "github.com/stripe/stripe-mock").Output()
	if err != nil {
		t.Fatalf("download stripe-mock: %v", err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil || module.Dir == "" {
		t.Fatalf("stripe-mock was not downloaded (%v): %s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(module.Dir, "openapi", "spec3.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

type judge struct {
	t       *testing.T
	schemas openapi3.Schemas
	seen    map[string]bool
	count   map[string]int
	met     map[string]bool // kinds of objects, at any depth, and types of events
}

func (j *judge) file(name string) {
	raw, err := os.ReadFile(name)
	if err != nil {
		j.t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var v map[string]any
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			j.t.Errorf("%s: %v", name, err)
			continue
		}
		j.object(v)
		j.meet(v)
	}
	if err := lines.Err(); err != nil {
		j.t.Error(err)
	}
}

// object judges an object, the members of a list, and what an event carries.
func (j *judge) object(v map[string]any) {
	kind, _ := v["object"].(string)
	if kind == "list" {
		data, _ := v["data"].([]any)
		for _, each := range data {
			if m, ok := each.(map[string]any); ok {
				j.object(m)
			}
		}
		return
	}
	if kind == "event" {
		data, _ := v["data"].(map[string]any)
		if m, ok := data["object"].(map[string]any); ok {
			j.object(m)
		}
	}
	name := kind
	if deleted, _ := v["deleted"].(bool); deleted {
		name = "deleted_" + kind
	}
	schema := j.schemas[name]
	if schema == nil {
		j.complain("%s: Stripe's schema knows no such object", name)
		return
	}
	j.count[name]++
	err := schema.Value.VisitJSON(asOlder(kind, v), openapi3.MultiErrors())
	for _, line := range flatten(err) {
		j.complain("%s: %s", name, line)
	}
}

// asOlder replaces the one value that is newer than the schema's file and older
// than the version that is pinned: a subscription "paused" at the end of its
// trial. stripe-go v76 lists it among the statuses.
func asOlder(kind string, v map[string]any) map[string]any {
	if kind != "subscription" || v["status"] != "paused" {
		return v
	}
	older := maps.Clone(v)
	older["status"] = "trialing"
	return older
}

func (j *judge) complain(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if !j.seen[line] {
		j.seen[line] = true
		j.t.Error(line)
	}
}

// flatten names each fault by its place and reason, without the whole schema.
func flatten(err error) (out []string) {
	switch err := err.(type) {
	case nil:
	case openapi3.MultiError:
		for _, each := range err {
			out = append(out, flatten(each)...)
		}
	case *openapi3.SchemaError:
		if err.Origin != nil {
			if deeper := flatten(err.Origin); len(deeper) > 0 {
				return deeper
			}
		}
		out = append(out, fmt.Sprintf("/%s: %s (is %v)", strings.Join(err.JSONPointer(), "/"), err.Reason, short(err.Value)))
	default:
		out = append(out, err.Error())
	}
	return out
}

func short(v any) string {
	s := fmt.Sprint(v)
	return s[:min(len(s), 120)]
}
