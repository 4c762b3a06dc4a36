package news

import (
	"html"
	"regexp"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark/util"
)

// policy is all the markup that a body may hold. Whatever a rendering makes
// goes through it, so that a mistake above is not a hole.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "em", "strong", "h2", "h3", "blockquote", "ul", "li", "figure", "figcaption", "code", "pre", "hr", "br")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowElements("ol")

	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(false) // the desk chose its links

	p.AllowAttrs("src").Matching(regexp.MustCompile(`^/media/[\w.-]+$`)).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(bluemonday.Integer).OnElements("img")
	p.AllowAttrs("srcset").Matching(regexp.MustCompile(`^/media/[\w.-]+ \d+w(, /media/[\w.-]+ \d+w)*$`)).OnElements("img")
	p.AllowAttrs("sizes").Matching(regexp.MustCompile(`^` + regexp.QuoteMeta(columnSizes) + `$`)).OnElements("img")
	p.AllowAttrs("loading").Matching(regexp.MustCompile(`^lazy$`)).OnElements("img")
	p.AllowAttrs("decoding").Matching(regexp.MustCompile(`^async$`)).OnElements("img")

	p.AllowAttrs("class").Matching(regexp.MustCompile(`^pull$`)).OnElements("blockquote")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^credit$`)).OnElements("span")
	return p
}()

// stripper keeps words and drops all markup, with the content of scripts and
// styles.
var stripper = bluemonday.StrictPolicy()

// unescape undoes Markdown's escapes and entities in a run of text.
func unescape(raw []byte) string {
	return html.UnescapeString(string(util.UnescapePunctuations(raw)))
}
