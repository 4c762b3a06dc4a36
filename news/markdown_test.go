package news_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"broadsheet/news"
)

const end = `<span class="end" aria-hidden="true"></span>`

func TestRender(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source string
		want   news.Body
	}{
		"paragraphs, quotes as written": {"One “two” & \"three\".\n\nFour *five* **six**.\n", news.Body{
			{Kind: news.Paragraph, HTML: "<p>One “two” &amp; &#34;three&#34;.</p>", Text: "One “two” & \"three\".", Words: 3},
			{Kind: news.Paragraph, HTML: "<p>Four <em>five</em> <strong>six</strong>." + end + "</p>", Text: "Four five six.", Words: 3}}},
		"subheads begin at h2": {"# Top\n\n### Under\n", news.Body{
			{Kind: news.Heading, HTML: "<h2>Top</h2>", Text: "Top", Words: 1},
			{Kind: news.Heading, HTML: "<h3>Under</h3>", Text: "Under", Words: 1}}},
		"deep subheads rise": {"#### Here\n", news.Body{{Kind: news.Heading, HTML: "<h2>Here</h2>", Text: "Here", Words: 1}}},
		"a short quotation is pulled": {"> Brief.\n", news.Body{
			{Kind: news.Quote, HTML: "<blockquote class=\"pull\"><p>Brief.</p>\n</blockquote>", Text: "Brief.", Words: 1}}},
		"a long quotation is not": {"> One.\n>\n> Two.\n", news.Body{
			{Kind: news.Quote, HTML: "<blockquote>\n<p>One.</p>\n<p>Two.</p>\n</blockquote>", Text: "One. Two.", Words: 2}}},
		"lists": {"- a\n- b c\n", news.Body{
			{Kind: news.List, HTML: "<ul>\n<li>a</li>\n<li>b c</li>\n</ul>", Text: "a b c", Words: 3}}},
		"a picture alone is a figure": {"![A \"map\"](/media/a.svg \"The map. | Desk\")\n", news.Body{
			{Kind: news.Picture, Text: "The map. Desk", Words: 3,
				HTML: `<figure><img src="/media/a.svg" alt="A &#34;map&#34;" loading="lazy" decoding="async"><figcaption>The map. <span class="credit">Desk</span></figcaption></figure>`}}},
		"links to good places": {"[a](/stories/x) [b](https://example.org/?a=1&b=2) <desk@example.org>", news.Body{
			{Kind: news.Paragraph, Text: "a b desk@example.org", Words: 3,
				HTML: `<p><a href="/stories/x">a</a> <a href="https://example.org/?a=1&amp;b=2">b</a> <a href="mailto:desk@example.org">desk@example.org</a>` + end + `</p>`}}},
		"links to bad places": {"[a](javascript:alert(1)) [b](data:text/html,x)", news.Body{
			{Kind: news.Paragraph, Text: "a b", Words: 2, HTML: `<p>a b` + end + `</p>`}}},
		"tags go, words stay": {"<div class=x>Hello <b>you</b></div>\n\nIn <b>line</b>.\n\n<!-- note to self -->\n\n<script>alert(1)</script>\n", news.Body{
			{Kind: news.Paragraph, HTML: "<p>Hello you</p>", Text: "Hello you", Words: 2},
			{Kind: news.Paragraph, HTML: "<p>In line." + end + "</p>", Text: "In line.", Words: 2}}},
		"code is words": {"```\nx <y>\n```\n", news.Body{{Kind: news.Other, HTML: "<pre><code>x &lt;y&gt;\n</code></pre>", Text: "x <y>", Words: 2}}},
		"nothing":       {" \n\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := news.Render(c.source)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRenderRefusesPicturesFromElsewhere(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"https://example.org/x.png", "//example.org/x.png", "x.png", "/media/../etc/passwd", "/media/a/b.svg", "data:image/png;base64,AA"} {
		if _, err := news.Render("![x](" + src + ")"); err == nil {
			t.Errorf("a picture from %s was taken", src)
		}
	}
	gone := errors.New("not found")
	if _, err := news.RenderWith("![x](a.png)", func(string) (news.Figure, error) { return news.Figure{}, gone }); !errors.Is(err, gone) {
		t.Errorf("err = %v", err)
	}
}

func TestRenderGivesPicturesTheirSize(t *testing.T) {
	t.Parallel()
	body, err := news.RenderWith("![x](a.png)\n![y](b.png)", func(src string) (news.Figure, error) {
		return news.Figure{Src: "/media/" + src, Width: 3, Height: 2}, nil
	})
	if err != nil || len(body) != 2 {
		t.Fatalf("%d figures, %v", len(body), err)
	}
	if !strings.Contains(string(body[1].HTML), `src="/media/b.png" alt="y" width="3" height="2"`) {
		t.Errorf("figure = %s", body[1].HTML)
	}
}

func TestWordsWithoutSpaces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 0, "one two": 2, "one — two": 2, "東京の時計": 5, "Tokyo東京": 3, "قال الكاتب 🌊": 2} {
		if got := news.CountWords(text); got != want {
			t.Errorf("CountWords(%q) = %d, want %d", text, got, want)
		}
	}
}

var (
	elements   = map[string]bool{"p": true, "em": true, "strong": true, "a": true, "h2": true, "h3": true, "blockquote": true, "ul": true, "ol": true, "li": true, "figure": true, "figcaption": true, "img": true, "code": true, "pre": true, "hr": true, "br": true, "span": true}
	attributes = map[string]bool{"href": true, "src": true, "alt": true, "width": true, "height": true, "loading": true, "decoding": true, "class": true, "start": true, "aria-hidden": true}
	goodLink   = regexp.MustCompile(`^(?i:https?:|mailto:|[^:]*$|[^:]*[/?#])`)
)

// FuzzRender holds the sanitiser to its list, whatever the Markdown says.
func FuzzRender(f *testing.F) {
	for _, seed := range []string{
		"<script>alert(1)</script>", "[x](javascript:alert(1))", "[x](JaVa\tScript:alert(1))", "<img src=x onerror=alert(1)>", "<p style='x'>a</p>",
		"![x](/media/a.svg \"\\\"><script>\")", "[x]: javascript:x\n[x]", "<a href='java&#115;cript:x'>y</a>", "# a\n> b\n\n- c\n\n1. d\n\n***\n\n`e`", "```\"onload=x\ncode\n```", "<svg/onload=x>", "&lt;script&gt;", "\x00\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		body, err := news.Render(source)
		if err != nil {
			return
		}
		for _, block := range body {
			checkMarkup(t, string(block.HTML))
		}
	})
}

func checkMarkup(t *testing.T, markup string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.CommentToken, html.DoctypeToken:
			t.Errorf("a comment survived in %q", markup)
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			token := z.Token()
			if !elements[token.Data] {
				t.Errorf("<%s> survived in %q", token.Data, markup)
			}
			for _, a := range token.Attr {
				if !attributes[a.Key] || a.Key == "href" && !goodLink.MatchString(a.Val) || a.Key == "src" && !strings.HasPrefix(a.Val, news.MediaPath) {
					t.Errorf("%s=%q survived in %q", a.Key, a.Val, markup)
				}
			}
		}
	}
}
