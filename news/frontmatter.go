package news

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// What a story's file may measure.
const (
	maxFile       = 1 << 20 // bytes
	maxTitle      = 200     // letters
	maxStandfirst = 1000    // letters
)

// draft is what a file says, before anything is looked up. Empty fields were
// not given.
type draft struct {
	title, standfirst, kicker, author, section, access, form, slug string
	date, updated                                                  string
	figure                                                         *figureDraft
	related                                                        []string
	position                                                       int
	body                                                           string   // Markdown
	unknown                                                        []string // keys that mean nothing here
}

type figureDraft struct {
	src, alt, caption, credit string
	width, height             int // 0 takes the picture's own
}

// readable turns a file's bytes into text: UTF-8 without a byte order mark,
// lines ended by \n, no control characters.
func readable(raw []byte) (string, error) {
	if len(raw) > maxFile {
		return "", errors.New("it is larger than 1 MB")
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(raw) {
		return "", errors.New("it is not UTF-8 text")
	}
	if nul := bytes.Count(raw, []byte{0}); nul > len(raw)/8 {
		return "", errors.New("it is not text: every so often there is a zero byte, as in UTF-16")
	}
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n\n").Replace(string(raw))
	text = printable(text)
	if strings.TrimSpace(text) == "" {
		return "", errors.New("it is empty")
	}
	return text, nil
}

// printable drops control characters, which no page shows and PostgreSQL, for
// the zero byte, does not take.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\ufeff' {
			return -1
		}
		return r
	}, text)
}

// parseText reads plain text: the first line is the headline, blank lines stand
// between paragraphs, and every character means itself.
func parseText(text string) draft {
	headline, rest, _ := strings.Cut(strings.TrimLeft(text, "\n\t "), "\n")
	var paragraphs []string
	var open []string
	for line := range strings.SplitSeq(rest+"\n\n", "\n") {
		if words := strings.Fields(line); len(words) > 0 {
			open = append(open, words...)
		} else if len(open) > 0 {
			paragraphs = append(paragraphs, escapeMarkdown(strings.Join(open, " ")))
			open = nil
		}
	}
	return draft{title: oneLine(headline), body: strings.Join(paragraphs, "\n\n")}
}

var markdownSpecial = strings.NewReplacer(`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `<`, `\<`, `&`, `\&`)

// escapeMarkdown makes Markdown of one line that reads as the line itself.
func escapeMarkdown(line string) string {
	line = markdownSpecial.Replace(line)
	digits := len(line) - len(strings.TrimLeft(line, "0123456789"))
	switch {
	case strings.HasPrefix(line[digits:], ".") || strings.HasPrefix(line[digits:], ")"):
		return line[:digits] + `\` + line[digits:]
	case line != "" && strings.IndexByte("#+->=~|:", line[0]) >= 0:
		return `\` + line
	}
	return line
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// parseMarkdown reads Markdown, with or without front matter. Without a title
// the first line, or the first heading, is the headline.
func parseMarkdown(text string) (draft, error) {
	matter, body, err := splitMatter(text)
	if err != nil {
		return draft{}, err
	}
	var d draft
	if matter != "" {
		if d, err = parseMatter(matter); err != nil {
			return draft{}, err
		}
	}
	d.body = strings.Trim(body, "\n")
	headline, rest := firstHeading(d.body)
	switch {
	case d.title == "":
		d.title, d.body = headline, rest
	case strings.HasPrefix(d.body, "#") && headline == d.title:
		d.body = rest // the title again, as many editors put it
	}
	return d, nil
}

// splitMatter takes the front matter off a text: what stands between a first
// line of --- and the next one.
func splitMatter(text string) (matter, body string, err error) {
	rest, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return "", text, nil
	}
	for at := 0; at < len(rest); {
		line, _, _ := strings.Cut(rest[at:], "\n")
		next := min(len(rest), at+len(line)+1)
		if fence := strings.TrimRight(line, " \t"); fence == "---" || fence == "..." {
			return rest[:at] + "\n", rest[next:], nil
		}
		at = next
	}
	return "", "", errors.New("its front matter has no closing line of ---")
}

// firstHeading takes the first line off a body as its headline, with the
// underline or the number signs that may mark it.
func firstHeading(body string) (headline, rest string) {
	line, rest, _ := strings.Cut(body, "\n")
	line = strings.Trim(strings.TrimSpace(line), "#")
	under, after, _ := strings.Cut(rest, "\n")
	if u := strings.TrimSpace(under); len(u) > 1 && (strings.Trim(u, "=") == "" || strings.Trim(u, "-") == "") {
		rest = after
	}
	blocks, err := Render(strings.TrimSpace(line))
	if err != nil || len(blocks) == 0 {
		return "", body
	}
	return blocks[0].Text, rest
}

func parseMatter(matter string) (draft, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(matter), &doc); err != nil {
		return draft{}, fmt.Errorf("its front matter is not YAML: %s", yamlReason(err))
	}
	var d draft
	if len(doc.Content) == 0 {
		return d, nil
	}
	if doc.Content[0].Kind != yaml.MappingNode {
		return d, errors.New("its front matter is not a list of keys and values")
	}
	err := eachKey(doc.Content[0], d.set)
	slices.Sort(d.unknown)
	return d, err
}

func yamlReason(err error) string {
	return strings.TrimPrefix(strings.Join(strings.Fields(err.Error()), " "), "yaml: ")
}

func eachKey(mapping *yaml.Node, set func(key string, value *yaml.Node) error) error {
	seen := map[string]bool{}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, value := strings.ToLower(strings.TrimSpace(mapping.Content[i].Value)), mapping.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if seen[key] {
			return fmt.Errorf("its front matter says %s twice", key)
		}
		seen[key] = true
		if err := set(key, value); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func (d *draft) set(key string, v *yaml.Node) (err error) {
	switch key {
	case "title":
		d.title, err = scalar(v)
	case "standfirst":
		d.standfirst, err = scalar(v)
	case "kicker":
		d.kicker, err = scalar(v)
	case "author":
		var names []string
		names, err = list(v)
		d.author = strings.Join(names, " and ")
	case "section":
		d.section, err = scalar(v)
	case "access":
		d.access, err = scalar(v)
	case "form":
		d.form, err = scalar(v)
	case "slug":
		d.slug, err = scalar(v)
	case "date":
		d.date, err = scalar(v)
	case "updated":
		d.updated, err = scalar(v)
	case "related":
		d.related, err = list(v)
	case "position":
		d.position, err = whole(v)
	case "figure":
		d.figure, err = parseFigure(v)
	case "draft":
		if yes, _ := strconv.ParseBool(v.Value); yes {
			return errors.New("it is marked as a draft")
		}
	default:
		d.unknown = append(d.unknown, key)
	}
	return err
}

// scalar is one value on one line; a number or a date is taken as written.
func scalar(v *yaml.Node) (string, error) {
	if v.Kind != yaml.ScalarNode {
		return "", errors.New("it must be one value")
	}
	if v.Tag == "!!null" {
		return "", nil
	}
	return oneLine(printable(strings.ToValidUTF8(v.Value, ""))), nil
}

// list is a list of values, or one value.
func list(v *yaml.Node) ([]string, error) {
	items := []*yaml.Node{v}
	if v.Kind == yaml.SequenceNode {
		items = v.Content
	}
	var out []string
	for _, item := range items {
		s, err := scalar(item)
		if err != nil {
			return nil, err
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return out, nil
}

func whole(v *yaml.Node) (int, error) {
	n, err := strconv.Atoi(v.Value)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is not a whole number", v.Value)
	}
	return n, nil
}

// parseFigure reads the path of a picture, or a mapping with its words.
func parseFigure(v *yaml.Node) (*figureDraft, error) {
	if v.Kind == yaml.ScalarNode {
		src, err := scalar(v)
		if src == "" {
			return nil, err
		}
		return &figureDraft{src: src}, err
	}
	if v.Kind != yaml.MappingNode {
		return nil, errors.New("it must be a path, or src, alt, caption and credit")
	}
	var f figureDraft
	err := eachKey(v, func(key string, v *yaml.Node) (err error) {
		switch key {
		case "src":
			f.src, err = scalar(v)
		case "alt":
			f.alt, err = scalar(v)
		case "caption":
			f.caption, err = scalar(v)
		case "credit":
			f.credit, err = scalar(v)
		case "width":
			f.width, err = whole(v)
		case "height":
			f.height, err = whole(v)
		default:
			err = errors.New("a figure has src, alt, caption, credit, width and height")
		}
		return err
	})
	if err == nil && f.src == "" {
		err = errors.New("it has no src")
	}
	return &f, err
}

// dateForms are the ways to write a date, the most exact first.
var dateForms = []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"}

// parseDate reads a date; one without an offset is in the paper's own zone.
func parseDate(s string, zone *time.Location) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, form := range dateForms {
		if t, err := time.ParseInLocation(form, s, zone); err == nil {
			if t.Year() < 1000 || t.Year() > 9999 {
				break
			}
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date; write it as 2024-04-11 or 2024-04-11T18:05:00+02:00", s)
}
