package standin

import "unicode/utf8"

// clone is a deep copy, tidied as if it had been read from the books.
func (o obj) clone() obj { return copied(o, false).(obj) }

// shown is a deep copy without anything hidden, at any depth.
func (o obj) shown() obj { return copied(o, true).(obj) }

// copied copies what an object holds into the kinds of value that decode gives:
// whole numbers are int64, lists are []any, and an empty pointer is nil.
func copied(v any, bare bool) any {
	switch v := v.(type) {
	case nil, bool, int64:
		return v
	case string:
		if utf8.ValidString(v) {
			return v
		}
	case int:
		return int64(v)
	case obj:
		return copiedFields(v, bare)
	case map[string]any:
		return copiedFields(v, bare)
	case []any:
		return copiedList(v, bare)
	case []obj:
		return copiedList(v, bare)
	case []string:
		return copiedList(v, bare)
	}
	out, err := decodeValue(encode(v)) // rare: a map of strings, a fraction, a text that is none
	if err != nil {
		panic("an object that was encoded does not decode: " + err.Error())
	}
	return out
}

func copiedFields(from map[string]any, bare bool) any {
	if from == nil {
		return nil
	}
	out := make(obj, len(from))
	for key, each := range from {
		if bare && key == hiddenKey {
			continue
		}
		out[key] = copied(each, bare)
	}
	return out
}

func copiedList[T any](from []T, bare bool) any {
	if from == nil {
		return nil
	}
	out := make([]any, len(from))
	for i, each := range from {
		out[i] = copied(each, bare)
	}
	return out
}
