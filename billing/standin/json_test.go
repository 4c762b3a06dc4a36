package standin

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// byStandard is what encoding/json makes of a value, in the books' own kinds.
func byStandard(t *rapid.T, raw []byte) any {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return tidy(v)
}

func anyValue(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.Just[any](nil), rapid.Just[any](true), rapid.Just[any](false), rapid.Just[any](obj(nil)), rapid.Just[any]([]any(nil)),
		rapid.Just[any]("line\u2028and \"quote\" \\ <b>&"), rapid.Just[any]("\x7f\x01\xff"), rapid.Just[any](json.Number("0.25")), rapid.Just[any](1.5),
		rapid.Just[any](map[string]string{"a": "b"}), rapid.Just[any]([]string{"x", "ü"}),
		rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.Int(), func(n int) any { return n }),
	)
	if depth == 0 {
		return leaf
	}
	kid := anyValue(depth - 1)
	return rapid.OneOf(leaf,
		rapid.Map(rapid.MapOfN(rapid.StringMatching(`_|[a-zé"]{1,6}`), kid, 0, 6), func(m map[string]any) any { return obj(m) }),
		rapid.Map(rapid.SliceOfN(kid, 0, 4), func(l []any) any { return l }),
		rapid.Map(rapid.SliceOfN(rapid.MapOfN(rapid.StringMatching(`[a-z]{1,3}`), kid, 0, 3), 0, 3), func(l []map[string]any) any {
			out := make([]obj, len(l))
			for i := range l {
				out[i] = l[i]
			}
			return out
		}))
}

// What is coded by hand is what encoding/json would have made of it.
func TestJSONIsTheStandards(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue(3).Draw(t, "value")
		raw := encode(v)
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		if want := bytes.TrimRight(buf.Bytes(), "\n"); !bytes.Equal(raw, want) {
			t.Fatalf("encoded\n%s\nthe standard:\n%s", raw, want)
		}
		got, err := decodeValue(raw)
		if want := byStandard(t, raw); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s decodes to %#v (%v), by the standard %#v", raw, got, err, want)
		}
		if !reflect.DeepEqual(copied(v, false), got) {
			t.Fatalf("%s: a copy is %#v, what the books give %#v", raw, copied(v, false), got)
		}
	})
}

func TestDecodeTakesAnyJSONAndNothingElse(t *testing.T) {
	t.Parallel()
	spaced, err := decode([]byte(" { \"a\" : [ 1 , -0 , 1e2, 12345678901234567890 ] }\n"))
	want := obj{"a": []any{int64(1), int64(0), json.Number("1e2"), json.Number("12345678901234567890")}}
	if err != nil || !reflect.DeepEqual(spaced, want) {
		t.Errorf("%#v, %v", spaced, err)
	}
	for _, bad := range []string{``, `{`, `[]`, `"a"`, `{"a":01}`, `{"a":tru}`, `{"a":"` + "\n" + `"}`, `{"a":1,}`, `{a:1}`, `{"a":-}`} {
		if got, err := decode([]byte(bad)); err == nil {
			t.Errorf("%q was taken: %v", bad, got)
		}
	}
}

func TestShownHidesAtEveryDepth(t *testing.T) {
	t.Parallel()
	o := obj{"id": "a", "_": obj{"n": 1}, "list": []obj{{"_": obj{}, "k": []any{obj{"_": "x", "y": 2}}}}}
	want := obj{"id": "a", "list": []any{obj{"k": []any{obj{"y": int64(2)}}}}}
	if got := o.shown(); !reflect.DeepEqual(got, want) {
		t.Errorf("shown: %#v", got)
	}
	o.shown()["list"].([]any)[0].(obj)["k"] = nil
	if o.list("list")[0]["k"] == nil {
		t.Error("a change of what is shown changed the object")
	}
}
