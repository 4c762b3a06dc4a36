package news

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// looksLikeSVG finds the root behind a declaration, a doctype and comments.
func looksLikeSVG(content []byte) bool {
	head := content[:min(len(content), 4096)]
	return bytes.Contains(head, []byte("<svg"))
}

// active are the elements that run, load or embed something.
var active = map[string]bool{
	"script": true, "foreignobject": true, "handler": true, "listener": true, "iframe": true, "embed": true, "object": true, "audio": true, "video": true, "link": true,
}

// measureSVG refuses what could act or reach outside, and reads the size.
func measureSVG(content []byte) (width, height int, err error) {
	err = walkSVG(content, func(depth int, el xml.StartElement) error {
		if depth == 0 {
			width, height = svgSize(el)
		}
		return checkElement(el)
	}, checkStyle)
	return width, height, err
}

// walkSVG reads a drawing element by element, the root at depth 0, and hands
// over the text of its style elements.
func walkSVG(content []byte, element func(depth int, el xml.StartElement) error, style func(string) error) error {
	dec := xml.NewDecoder(bytes.NewReader(content))
	depth, inStyle := 0, false
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			if depth != 0 {
				return errors.New("it ends too early")
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("it is not well-formed: %w", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth == 0 && !strings.EqualFold(token.Name.Local, "svg") {
				return errors.New("it is not an SVG drawing")
			}
			if err := element(depth, token); err != nil {
				return err
			}
			inStyle = strings.EqualFold(token.Name.Local, "style")
			depth++
		case xml.EndElement:
			inStyle = false
			depth--
		case xml.CharData:
			if inStyle {
				if err := style(string(token)); err != nil {
					return err
				}
			}
		case xml.ProcInst:
			if token.Target != "xml" {
				return fmt.Errorf("it holds a processing instruction, %s", token.Target)
			}
		case xml.Directive:
			if bytes.ContainsAny(token, "[") || bytes.Contains(bytes.ToUpper(token), []byte("ENTITY")) {
				return errors.New("it defines entities")
			}
		}
	}
}

func checkElement(el xml.StartElement) error {
	name := strings.ToLower(el.Name.Local)
	if active[name] {
		return fmt.Errorf("it holds a <%s>", el.Name.Local)
	}
	for _, a := range el.Attr {
		key, value := strings.ToLower(a.Name.Local), strings.ToLower(strings.TrimSpace(a.Value))
		switch {
		case a.Name.Space == "xmlns" || key == "xmlns":
			continue
		case strings.HasPrefix(key, "on"):
			return fmt.Errorf("it holds an event handler, %s", a.Name.Local)
		case key == "href" || key == "src":
			if !strings.HasPrefix(value, "#") && !strings.HasPrefix(value, "data:image/png;base64,") && !strings.HasPrefix(value, "data:image/jpeg;base64,") {
				return fmt.Errorf("it refers to something outside, %.60s", a.Value)
			}
		case key == "base":
			return errors.New("it moves its references with xml:base")
		case key == "attributename" && (strings.HasSuffix(value, "href") || strings.HasPrefix(value, "on")):
			return fmt.Errorf("it animates %s", value)
		}
		if a.Name.Space == "" && key != "href" {
			if err := checkStyle(value); err != nil {
				return err
			}
		}
	}
	return nil
}

var cssURL = regexp.MustCompile(`url\(\s*['"]?\s*(.?)`)

// checkStyle refuses what could load something: any url() that isn't a part of
// the same drawing, imports, and escapes that could hide either.
func checkStyle(css string) error {
	css = strings.ToLower(css)
	for _, bad := range []string{"@import", "@font-face", "javascript:", "expression(", "image-set(", "image(", "-moz-binding", "behavior:"} {
		if strings.Contains(css, bad) {
			return fmt.Errorf("its style holds %s", bad)
		}
	}
	for _, ref := range cssURL.FindAllStringSubmatch(css, -1) {
		if ref[1] != "#" {
			return errors.New("its style refers to something outside")
		}
	}
	if strings.Contains(css, `\`) {
		return errors.New("its style holds a backslash")
	}
	return nil
}

// svgSize is the size that the root states, or that of its viewBox, or what
// browsers take when there is neither.
func svgSize(root xml.StartElement) (width, height int) {
	var w, h float64
	var box []float64
	for _, a := range root.Attr {
		switch a.Name.Local {
		case "width":
			w = length(a.Value)
		case "height":
			h = length(a.Value)
		case "viewBox":
			for _, f := range strings.FieldsFunc(a.Value, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\t' }) {
				v, _ := strconv.ParseFloat(f, 64)
				box = append(box, v)
			}
		}
	}
	if len(box) == 4 && box[2] > 0 && box[3] > 0 {
		switch {
		case w > 0 && h <= 0:
			h = w * box[3] / box[2]
		case h > 0 && w <= 0:
			w = h * box[2] / box[3]
		case w <= 0 && h <= 0:
			w, h = box[2], box[3]
		}
	}
	if w <= 0 || h <= 0 {
		w, h = 300, 150
	}
	return int(math.Ceil(min(w, maxSide+1))), int(math.Ceil(min(h, maxSide+1)))
}

// length reads a length in pixels; 0 for one in other units.
func length(s string) float64 {
	v, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(s), "px"), 64)
	if err != nil || math.IsNaN(v) {
		return 0
	}
	return v
}

// inline is what a drawing that becomes part of a page may hold: shapes and
// the attributes that draw them.
var inline = map[string]bool{"svg": true, "g": true, "path": true, "circle": true, "rect": true, "title": true}

var inlineAttr = map[string]*regexp.Regexp{
	"d":         regexp.MustCompile(`^[MmLlHhVvCcSsQqTtAaZz0-9eE.,+\s-]*$`),
	"fill":      regexp.MustCompile(`^(none|currentColor|#[0-9a-fA-F]{3,8}|[a-z]{3,24}|var\(--[a-z0-9-]{1,30}(, ?#[0-9a-fA-F]{3,8})?\))$`),
	"class":     regexp.MustCompile(`^[a-z][a-z0-9 -]{0,60}$`),
	"viewBox":   regexp.MustCompile(`^[0-9.,\s-]+$`),
	"transform": regexp.MustCompile(`^[a-zA-Z0-9.,()\s-]+$`),
	"width":     number, "height": number, "cx": number, "cy": number, "r": number, "rx": number, "ry": number, "x": number, "y": number,
}

var number = regexp.MustCompile(`^-?[0-9.]{1,12}(px)?$`)

// InlineSVG makes a drawing fit to stand inside a page: shapes only, hidden
// from screen readers, since the name stands beside it in words. Attributes
// that only style or describe are left out; an element that isn't a shape is an
// error.
func InlineSVG(content []byte) (string, error) {
	var b strings.Builder
	dec := xml.NewDecoder(bytes.NewReader(content))
	root := true
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			if root {
				return "", errors.New("it is not an SVG drawing")
			}
			return b.String(), nil
		}
		if err != nil {
			return "", fmt.Errorf("it is not well-formed: %w", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if !inline[token.Name.Local] || root != (token.Name.Local == "svg") {
				return "", fmt.Errorf("it holds a <%s>; a name is drawn with paths, circles and rectangles", token.Name.Local)
			}
			writeInline(&b, token, root)
			root = false
		case xml.EndElement:
			b.WriteString("</" + token.Name.Local + ">")
		case xml.CharData:
			b.WriteString(html.EscapeString(strings.TrimSpace(string(token))))
		}
	}
}

func writeInline(b *strings.Builder, el xml.StartElement, root bool) {
	b.WriteString("<" + el.Name.Local)
	for _, a := range el.Attr {
		if form := inlineAttr[a.Name.Local]; form != nil && a.Name.Space == "" && form.MatchString(a.Value) {
			fmt.Fprintf(b, ` %s="%s"`, a.Name.Local, html.EscapeString(a.Value))
		}
	}
	if root {
		b.WriteString(` aria-hidden="true" focusable="false"`)
	}
	b.WriteString(">")
}
