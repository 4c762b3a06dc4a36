package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// maxLine bounds one row, so that a row of a forged archive cannot fill the
// memory. What is longer is refused when it is written, too.
const maxLine = 64 << 20

// odd carries what JSON cannot: bytes, texts that are no UTF-8, and numbers that
// are not whole (by their bits' shortest decimal, so that none is rounded).
type odd struct {
	Bytes *string `json:"b,omitempty"`
	Text  *string `json:"t,omitempty"`
	Real  *string `json:"f,omitempty"`
}

// appendRow writes a row as one JSON list. Equal rows give equal bytes.
func appendRow(line []byte, columns []Column, values []any) ([]byte, error) {
	if len(values) != len(columns) {
		return nil, fmt.Errorf("a row has %d values for %d columns", len(values), len(columns))
	}
	line = append(line, '[')
	for i, v := range values {
		if i > 0 {
			line = append(line, ',')
		}
		var err error
		if line, err = appendValue(line, columns[i], v); err != nil {
			return nil, err
		}
	}
	line = append(line, ']')
	if len(line) > maxLine {
		return nil, fmt.Errorf("a row has %d bytes; the most is %d", len(line), maxLine)
	}
	return line, nil
}

func appendValue(line []byte, c Column, v any) ([]byte, error) {
	// SQLite keeps truth as a number.
	if n, ok := v.(int64); ok && c.Kind == Bool && (n == 0 || n == 1) {
		v = n == 1
	}
	switch v := v.(type) {
	case nil:
		return append(line, "null"...), nil
	case int64:
		return strconv.AppendInt(line, v, 10), nil
	case bool:
		return strconv.AppendBool(line, v), nil
	case string:
		if !utf8.ValidString(v) {
			return appendOdd(line, 't', base64.StdEncoding.EncodeToString([]byte(v))), nil
		}
		return appendText(line, v), nil
	case []byte:
		return appendOdd(line, 'b', base64.StdEncoding.EncodeToString(v)), nil
	case float64:
		return appendOdd(line, 'f', strconv.FormatFloat(v, 'g', -1, 64)), nil
	}
	return nil, fmt.Errorf("column %s holds a %T, which no archive can carry", c.Name, v)
}

func appendOdd(line []byte, key byte, text string) []byte {
	return append(append(append(line, '{', '"', key, '"', ':', '"'), text...), '"', '}')
}

// appendText writes a JSON string, with no more escapes than JSON asks for.
func appendText(line []byte, s string) []byte {
	const digits = "0123456789abcdef"
	line = append(line, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		line = append(line, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			line = append(line, '\\', c)
		case '\n':
			line = append(line, '\\', 'n')
		default:
			line = append(line, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(append(line, s[from:]...), '"')
}

// parseRow reads what appendRow wrote into values.
func parseRow(line []byte, values []any) error {
	dec := json.NewDecoder(bytes.NewReader(line))
	var raw []json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return err
	}
	if dec.More() || len(raw) != len(values) {
		return fmt.Errorf("%d values for %d columns", len(raw), len(values))
	}
	for i, v := range raw {
		var err error
		if values[i], err = parseValue(v); err != nil {
			return err
		}
	}
	return nil
}

func parseValue(raw json.RawMessage) (any, error) {
	switch raw[0] {
	case 'n':
		return nil, nil
	case 't', 'f':
		return raw[0] == 't', nil
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case '{':
		return parseOdd(raw)
	}
	return strconv.ParseInt(string(raw), 10, 64)
}

func parseOdd(raw json.RawMessage) (any, error) {
	var o odd
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, err
	}
	switch {
	case o.Bytes != nil:
		return base64.StdEncoding.DecodeString(*o.Bytes)
	case o.Text != nil:
		b, err := base64.StdEncoding.DecodeString(*o.Text)
		return string(b), err
	case o.Real != nil:
		return strconv.ParseFloat(*o.Real, 64)
	}
	return nil, fmt.Errorf("%s is no value", raw)
}

// digest is the sum of the SHA-256 of each row, as one number of 256 bits. It
// tells two sets of rows apart whatever order an engine gives them in. It is
// against mistakes and decay; who can forge an archive can forge its manifest.
type digest struct {
	rows int64
	sum  [4]uint64
}

func (d *digest) add(line []byte) {
	d.rows++
	h := sha256.Sum256(line)
	var carry uint64
	for i := range d.sum {
		d.sum[i], carry = bits.Add64(d.sum[i], binary.LittleEndian.Uint64(h[8*i:]), carry)
	}
}

func (d *digest) String() string {
	var b [32]byte
	for i, w := range d.sum {
		binary.LittleEndian.PutUint64(b[8*i:], w)
	}
	return hex.EncodeToString(b[:])
}
