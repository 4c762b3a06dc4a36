package standin

import (
	"maps"
	"reflect"
)

// obj is one of Stripe's objects as JSON sees it. What the firm knows and does
// not show (a card's number, when a draft is to be finalized) lies under the
// key hiddenKey and never leaves the server.
type obj map[string]any

const hiddenKey = "_"

// at walks the path and gives what is there, nil when nothing is.
func (o obj) at(path ...string) any {
	var v any = o
	for _, key := range path {
		m, ok := v.(obj)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

// str is the string at path, "" when there is none.
func (o obj) str(path ...string) string {
	s, _ := o.at(path...).(string)
	return s
}

// num is the whole number at path, 0 when there is none.
func (o obj) num(path ...string) int64 {
	switch n := o.at(path...).(type) {
	case int64:
		return n
	case int:
		return int64(n)
	}
	return 0
}

// flag is the boolean at path.
func (o obj) flag(path ...string) bool {
	b, _ := o.at(path...).(bool)
	return b
}

// sub is the object at path, nil when there is none; reading a nil obj is fine.
func (o obj) sub(path ...string) obj {
	m, _ := o.at(path...).(obj)
	return m
}

// list is the array at path, or the data of the list object at path.
func (o obj) list(path ...string) []obj {
	v := o.at(path...)
	if m, ok := v.(obj); ok {
		v = m["data"]
	}
	switch many := v.(type) {
	case []obj:
		return many
	case []any:
		out := make([]obj, 0, len(many))
		for _, each := range many {
			if m, ok := each.(obj); ok {
				out = append(out, m)
			}
		}
		return out
	}
	return nil
}

// hidden is what the firm keeps about the object for itself.
func (o obj) hidden() obj {
	if h, ok := o[hiddenKey].(obj); ok {
		return h
	}
	h := obj{}
	o[hiddenKey] = h
	return h
}

// due says at which second of paper time something is to happen to the object;
// 0 means never.
func (o obj) due(at int64) {
	if at == 0 {
		delete(o.hidden(), "due")
		return
	}
	o.hidden()["due"] = at
}

// orNull gives JSON null for an empty string or a zero number, as Stripe does
// for what isn't known.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// previous lists what before held where after differs: the
// previous_attributes of an update event.
func previous(before, after obj) obj {
	out := obj{}
	for key, was := range before {
		if key == hiddenKey {
			continue
		}
		is := after[key]
		if reflect.DeepEqual(was, is) {
			continue
		}
		wasObj, ok1 := was.(obj)
		isObj, ok2 := is.(obj)
		if ok1 && ok2 {
			out[key] = previous(wasObj, isObj)
			continue
		}
		out[key] = was
	}
	for key := range after {
		if _, had := before[key]; !had && key != hiddenKey {
			out[key] = nil
		}
	}
	return out
}

// merged lays changes over base the way Stripe merges metadata: an empty value
// takes the key away.
func merged(base obj, changes map[string]string) obj {
	out := maps.Clone(base)
	if out == nil {
		out = obj{}
	}
	for k, v := range changes {
		if v == "" {
			delete(out, k)
			continue
		}
		out[k] = v
	}
	return out
}

// listOf wraps objects in the list envelope that is embedded in another object.
func listOf(url string, data ...obj) obj {
	many := make([]any, len(data))
	for i := range data {
		many[i] = data[i]
	}
	return obj{"object": "list", "url": url, "has_more": false, "data": many}
}
