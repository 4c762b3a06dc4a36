package standin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// The books are read and written all the time, so objects are coded by hand
// here. Whatever is unusual is left to encoding/json, which has the last word.

// encode writes compact JSON; keys come out sorted, so equal objects are equal
// bytes.
func encode(v any) []byte { return appendValue(make([]byte, 0, 1024), v) }

func appendValue(to []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(to, "null"...)
	case string:
		return appendText(to, v)
	case bool:
		return strconv.AppendBool(to, v)
	case int64:
		return strconv.AppendInt(to, v, 10)
	case int:
		return strconv.AppendInt(to, int64(v), 10)
	case obj:
		return appendFields(to, v)
	case map[string]any:
		return appendFields(to, v)
	case []any:
		return appendList(to, v)
	case []obj:
		return appendList(to, v)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("an object of ours does not encode: %v", err))
	}
	return append(to, bytes.TrimRight(buf.Bytes(), "\n")...)
}

func appendFields(to []byte, fields map[string]any) []byte {
	if fields == nil {
		return append(to, "null"...)
	}
	to = append(to, '{')
	var room [64]string // most objects have fewer fields
	keys := slices.AppendSeq(room[:0], maps.Keys(fields))
	slices.Sort(keys)
	for i, key := range keys {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(appendText(to, key), ':')
		to = appendValue(to, fields[key])
	}
	return append(to, '}')
}

func appendList[T any](to []byte, list []T) []byte {
	if list == nil {
		return append(to, "null"...)
	}
	to = append(to, '[')
	for i, each := range list {
		if i > 0 {
			to = append(to, ',')
		}
		to = appendValue(to, each)
	}
	return append(to, ']')
}

// appendText writes a string of plain ASCII as it is.
func appendText(to []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf || c == 0x7f {
			return appendOddText(to, s)
		}
	}
	to = append(to, '"')
	to = append(to, s...)
	return append(to, '"')
}

func appendOddText(to []byte, s string) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return append(to, bytes.TrimRight(buf.Bytes(), "\n")...)
}

// decode reads an object. Whole numbers are int64, and any other stays as it is
// written.
func decode(raw []byte) (obj, error) {
	v, err := decodeValue(raw)
	if err != nil {
		return nil, fmt.Errorf("books hold a damaged object: %w", err)
	}
	o, ok := v.(obj)
	if !ok {
		return nil, errors.New("books hold a damaged object: it is none")
	}
	return o, nil
}

func decodeValue(raw []byte) (any, error) {
	r := reader{raw: raw}
	if v, ok := r.value(); ok && r.at == len(raw) {
		return v, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	return tidy(v), nil
}

func tidy(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(obj, len(v))
		for k, each := range v {
			out[k] = tidy(each)
		}
		return out
	case []any:
		for i := range v {
			v[i] = tidy(v[i])
		}
		return v
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
	}
	return v
}

// reader reads what encode writes: compact, and of few kinds. It gives up on
// anything else.
type reader struct {
	raw []byte
	at  int
}

func (r *reader) take(c byte) bool {
	if r.at < len(r.raw) && r.raw[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *reader) word(w string) bool {
	if len(r.raw)-r.at >= len(w) && string(r.raw[r.at:r.at+len(w)]) == w {
		r.at += len(w)
		return true
	}
	return false
}

func (r *reader) value() (any, bool) {
	if r.at == len(r.raw) {
		return nil, false
	}
	switch r.raw[r.at] {
	case '{':
		return r.fields()
	case '[':
		return r.list()
	case '"':
		return r.text()
	case 't':
		return true, r.word("true")
	case 'f':
		return false, r.word("false")
	case 'n':
		return nil, r.word("null")
	}
	return r.whole()
}

func (r *reader) fields() (any, bool) {
	out := obj{}
	r.at++
	if r.take('}') {
		return out, true
	}
	for {
		key, ok := r.text()
		if !ok || !r.take(':') {
			return nil, false
		}
		v, ok := r.value()
		if !ok {
			return nil, false
		}
		out[key] = v
		if r.take('}') {
			return out, true
		}
		if !r.take(',') {
			return nil, false
		}
	}
}

func (r *reader) list() (any, bool) {
	out := []any{}
	r.at++
	if r.take(']') {
		return out, true
	}
	for {
		v, ok := r.value()
		if !ok {
			return nil, false
		}
		out = append(out, v)
		if r.take(']') {
			return out, true
		}
		if !r.take(',') {
			return nil, false
		}
	}
}

// text is a string, without an escape read as it stands.
func (r *reader) text() (string, bool) {
	if !r.take('"') {
		return "", false
	}
	from := r.at
	plain, ascii := true, true
	for ; r.at < len(r.raw); r.at++ {
		switch c := r.raw[r.at]; {
		case c == '"':
			s := r.raw[from:r.at]
			r.at++
			if plain && (ascii || utf8.Valid(s)) {
				return string(s), true
			}
			var out string
			err := json.Unmarshal(r.raw[from-1:r.at], &out)
			return out, err == nil
		case c == '\\':
			plain = false
			r.at++
		case c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

// whole is a whole number as JSON writes one.
func (r *reader) whole() (any, bool) {
	from := r.at
	r.take('-')
	digits := r.at
	for r.at < len(r.raw) && r.raw[r.at] >= '0' && r.raw[r.at] <= '9' {
		r.at++
	}
	if r.at == digits || r.raw[digits] == '0' && r.at > digits+1 {
		return nil, false
	}
	if r.at < len(r.raw) && (r.raw[r.at] == '.' || r.raw[r.at]|0x20 == 'e') {
		return nil, false
	}
	n, err := strconv.ParseInt(string(r.raw[from:r.at]), 10, 64)
	return n, err == nil
}
