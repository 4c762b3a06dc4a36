package news

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// MediaPath is where pictures are served: the only place that a body may show
// pictures from.
const MediaPath = "/media/"

// FindPicture says what stands behind the address of a picture in a source:
// where readers get it and how large it is. Its error names what is wrong.
type FindPicture func(src string) (Figure, error)

// pullWords is how long a quotation may be to be pulled out of the text.
const pullWords = 40

// Render turns Markdown into a body whose pictures already have addresses
// below /media/. See RenderWith.
func Render(source string) (Body, error) { return RenderWith(source, ownFigure) }

func ownFigure(src string) (Figure, error) {
	if !ownPicture(src) {
		return Figure{}, errors.New("pictures come from " + MediaPath)
	}
	return Figure{Src: src}, nil
}

func ownPicture(src string) bool {
	name, ok := strings.CutPrefix(src, MediaPath)
	return ok && name != "" && !strings.ContainsAny(name, "/\\?#%:\"'<> ") && !strings.Contains(name, "..")
}

// RenderWith turns Markdown into a body: one block for each top-level piece,
// in order. Its subheads begin at h2, whatever the author wrote. A picture
// alone in its paragraph becomes a figure; its title is "Caption | Credit". A
// short quotation of one paragraph is pulled out of the text. HTML in the
// source is not taken over: its words stay, its tags go. All that comes out has
// passed the sanitiser. The error names a picture that find refused.
func RenderWith(source string, find FindPicture) (Body, error) {
	if err := measured(source); err != nil {
		return nil, err
	}
	r := rendering{source: []byte(source), find: find}
	doc := markdown.Parser().Parse(text.NewReader(r.source))
	if err := r.prepare(doc); err != nil {
		return nil, err
	}
	var body Body
	for node := doc.FirstChild(); node != nil; node = node.NextSibling() {
		blocks, err := r.blocks(node)
		if err != nil {
			return nil, err
		}
		body = append(body, blocks...)
	}
	return endMark(body), nil
}

var markdown = goldmark.New()

// What a source may hold. The parser takes time that grows with the square of
// these, so that a hostile megabyte would take hours; no story comes near.
const (
	maxBrackets = 5_000 // of links and pictures
	maxNesting  = 50    // quotations inside quotations
)

func measured(source string) error {
	if strings.Count(source, "[") > maxBrackets {
		return fmt.Errorf("it holds more than %d links, pictures or brackets", maxBrackets)
	}
	for line := range strings.SplitSeq(source, "\n") {
		marks := line[:len(line)-len(strings.TrimLeft(line, "> \t-+*"))]
		if strings.Count(marks, ">") > maxNesting {
			return fmt.Errorf("it nests quotations deeper than %d", maxNesting)
		}
	}
	return nil
}

// columnSizes is how wide a picture in the text stands: a column, or the screen.
const columnSizes = "(min-width: 48rem) 40rem, 100vw"

type rendering struct {
	source []byte
	find   FindPicture
	shift  int // what is taken off each heading's level
}

// prepare settles what depends on the whole: the level that subheads begin at,
// and every picture's address.
func (r *rendering) prepare(doc ast.Node) error {
	top := 7
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			top = min(top, n.Level)
		case *ast.Image:
			fig, err := r.find(string(n.Destination))
			if err != nil {
				return ast.WalkStop, fmt.Errorf("picture %s: %w", n.Destination, err)
			}
			n.Destination = []byte(fig.Src)
			if fig.Width > 0 && fig.Height > 0 {
				n.SetAttributeString("width", []byte(strconv.Itoa(fig.Width)))
				n.SetAttributeString("height", []byte(strconv.Itoa(fig.Height)))
			}
			if fig.Set != "" {
				n.SetAttributeString("srcset", []byte(fig.Set))
				n.SetAttributeString("sizes", []byte(columnSizes))
			}
			n.SetAttributeString("loading", []byte("lazy"))
			n.SetAttributeString("decoding", []byte("async"))
		}
		return ast.WalkContinue, nil
	})
	r.shift = top - 2
	return err
}

// blocks renders one top-level node; a paragraph of pictures makes one block
// for each.
func (r *rendering) blocks(node ast.Node) ([]Block, error) {
	kind := Other
	switch n := node.(type) {
	case *ast.LinkReferenceDefinition:
		return nil, nil
	case *ast.HTMLBlock:
		return r.loose(n), nil
	case *ast.Heading:
		kind, n.Level = Heading, min(max(2, n.Level-r.shift), 3)
	case *ast.List:
		kind = List
	case *ast.Blockquote:
		kind = Quote
		if n.ChildCount() == 1 && n.FirstChild().Kind() == ast.KindParagraph && CountWords(r.text(n)) <= pullWords {
			n.SetAttributeString("class", []byte("pull"))
		}
	case *ast.Paragraph:
		kind = Paragraph
		if figures := r.figures(n); len(figures) > 0 {
			return figures, nil
		}
	}
	var out bytes.Buffer
	if err := markdown.Renderer().Render(&out, r.source, node); err != nil {
		return nil, err
	}
	return newBlock(kind, out.String(), r.text(node)), nil
}

// newBlock sanitises one block; nothing if nothing is left of it.
func newBlock(kind BlockKind, markup, text string) []Block {
	clean := strings.TrimSpace(policy.Sanitize(markup))
	text = strings.Join(strings.Fields(text), " ")
	if clean == "" || text == "" && (kind == Paragraph || kind == Heading) {
		return nil
	}
	return []Block{{Kind: kind, HTML: HTML(clean), Text: text, Words: CountWords(text)}}
}

// loose keeps the words of a block of HTML.
func (r *rendering) loose(n *ast.HTMLBlock) []Block {
	var raw bytes.Buffer
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		raw.Write(line.Value(r.source))
	}
	if n.HasClosure() {
		raw.Write(n.ClosureLine.Value(r.source))
	}
	words := strings.TrimSpace(html.UnescapeString(stripper.Sanitize(raw.String())))
	return newBlock(Paragraph, "<p>"+html.EscapeString(words)+"</p>", words)
}

// figures makes figures of a paragraph that holds pictures and nothing else.
func (r *rendering) figures(p *ast.Paragraph) []Block {
	var blocks []Block
	for n := p.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Image:
			blocks = append(blocks, r.figure(n)...)
		case *ast.Text:
			if len(bytes.TrimSpace(n.Value(r.source))) > 0 {
				return nil
			}
		default:
			return nil
		}
	}
	return blocks
}

func (r *rendering) figure(n *ast.Image) []Block {
	caption, credit, _ := strings.Cut(unescape(n.Title), "|")
	caption, credit = strings.TrimSpace(caption), strings.TrimSpace(credit)
	var b strings.Builder
	fmt.Fprintf(&b, `<figure><img src="%s" alt="%s"`, html.EscapeString(string(n.Destination)), html.EscapeString(r.text(n)))
	for _, name := range []string{"width", "height", "srcset", "sizes", "loading", "decoding"} {
		if v, ok := n.AttributeString(name); ok {
			fmt.Fprintf(&b, ` %s="%s"`, name, v)
		}
	}
	b.WriteString(">")
	if caption != "" || credit != "" {
		b.WriteString("<figcaption>" + html.EscapeString(caption))
		if credit != "" {
			b.WriteString(` <span class="credit">` + html.EscapeString(credit) + "</span>")
		}
		b.WriteString("</figcaption>")
	}
	b.WriteString("</figure>")
	return newBlock(Picture, b.String(), caption+" "+credit)
}

// text is what a node says, without markup, words apart.
func (r *rendering) text(node ast.Node) string {
	var b strings.Builder
	_ = ast.Walk(node, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.WriteString(unescape(n.Value(r.source)))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		case *ast.AutoLink:
			if entering {
				b.Write(n.Label(r.source))
			}
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			if entering {
				b.Write(n.Lines().Value(r.source))
				b.WriteByte(' ')
			}
		default:
			if !entering && n != node && n.Type() == ast.TypeBlock {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// endMark sets the rung that closes a story behind its last paragraph. A cut
// leaves it behind with the paragraph.
func endMark(body Body) Body {
	if len(body) == 0 {
		return body
	}
	last := &body[len(body)-1]
	if open, ok := strings.CutSuffix(string(last.HTML), "</p>"); ok && last.Kind == Paragraph {
		last.HTML = HTML(open + `<span class="end" aria-hidden="true"></span></p>`)
	}
	return body
}
