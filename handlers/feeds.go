package handlers

import (
	"bytes"
	"context"
	"encoding/xml"
	"html"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"broadsheet/internal/fault"
	"broadsheet/news"
	"broadsheet/paywall"
	"broadsheet/views"
)

// foundStore is what the ways of being found ask of the paper.
type foundStore interface {
	Search(ctx context.Context, query string, after news.Cursor, n int) (news.Listing, error)
	Authors(ctx context.Context) ([]news.Author, error)
	// StoryAddresses lists at most n stories by slug, behind the given one.
	StoryAddresses(ctx context.Context, after string, n int) ([]news.Address, error)
	// StoryMarks lists every n-th slug.
	StoryMarks(ctx context.Context, every int) ([]string, error)
}

// document is a finished text that is the same for everybody.
type document struct {
	version int64 // of the furniture and all stories
	*page
}

// documents keeps the texts that are expensive to make, until the paper
// changes. Names come from us, and none is kept of an older paper, so it cannot
// grow.
type documents struct {
	part   int         // stories in one sitemap
	finish func(*page) // has it compressed
	mu     sync.Mutex
	kept   map[string]document
}

func newDocuments(finish func(*page)) *documents {
	return &documents{part: sitemapPart, finish: finish, kept: map[string]document{}}
}

// get gives the document of that name, made by build unless it is kept. One at
// a time is made, so that a crowd asking for the same costs once.
func (d *documents) get(version int64, name string, build func() ([]byte, error)) (document, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if have, ok := d.kept[name]; ok && have.version == version {
		return have, nil
	}
	maps.DeleteFunc(d.kept, func(_ string, old document) bool { return old.version < version })
	body, err := build()
	if err != nil {
		return document{}, err
	}
	made := document{version, newPage(body)}
	d.finish(made.page)
	d.kept[name] = made
	return made, nil
}

// Header values of documents, ready for the header map.
var (
	typeRSS      = []string{"application/rss+xml; charset=utf-8"}
	typeText     = []string{"text/plain; charset=utf-8"}
	typeXML      = []string{"application/xml; charset=utf-8"}
	publicMinute = []string{"public, max-age=60"}
)

// sendDocument writes a document. It is nobody's own, so caches may keep it.
func sendDocument(c echo.Context, contentType []string, doc document) error {
	h := c.Response().Header()
	h["Content-Type"], h["Etag"], h["Cache-Control"], h["Vary"] = contentType, doc.etag, publicMinute, varyEncoding
	if matches(c.Request().Header.Get("If-None-Match"), doc.etag[0]) {
		c.Response().WriteHeader(http.StatusNotModified)
		return nil
	}
	doc.send(c)
	return nil
}

// feedLength is how many stories the feed carries.
const feedLength = 20

// RSS 2.0, https://www.rssboard.org/rss-specification, with the modules that
// carry a story's text and its writer.
type rss struct {
	XMLName xml.Name   `xml:"rss"`
	Version string     `xml:"version,attr"`
	Content string     `xml:"xmlns:content,attr"`
	DC      string     `xml:"xmlns:dc,attr"`
	Atom    string     `xml:"xmlns:atom,attr"`
	Channel rssChannel `xml:"channel"`
}

type rssChannel struct {
	Title       string    `xml:"title"`
	Link        string    `xml:"link"`
	Self        rssSelf   `xml:"atom:link"`
	Description string    `xml:"description"`
	Language    string    `xml:"language,omitempty"`
	Built       string    `xml:"lastBuildDate,omitempty"`
	Items       []rssItem `xml:"item"`
}

type rssSelf struct {
	Href string `xml:"href,attr"`
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
}

type rssItem struct {
	Title       string  `xml:"title"`
	Link        string  `xml:"link"`
	GUID        rssGUID `xml:"guid"`
	Published   string  `xml:"pubDate"`
	Creator     string  `xml:"dc:creator"`
	Category    string  `xml:"category"`
	Description string  `xml:"description,omitempty"`
	Content     string  `xml:"content:encoded"`
}

type rssGUID struct {
	Permanent bool   `xml:"isPermaLink,attr"`
	ID        string `xml:",chardata"`
}

// feed is the paper as RSS. Anyone may ask for it, so of a story that is not
// free it carries what a closed gate shows.
func (s *Site) feed(c echo.Context) error {
	set := s.furniture.now()
	doc, err := s.documents.get(set.version, "feed", func() ([]byte, error) {
		return s.writeFeed(c.Request().Context(), set)
	})
	if err != nil {
		return err
	}
	return sendDocument(c, typeRSS, doc)
}

func (s *Site) writeFeed(ctx context.Context, set *set) ([]byte, error) {
	latest, err := s.News.Latest(ctx, news.Cursor{}, feedLength)
	if err != nil {
		return nil, err
	}
	channel := rssChannel{
		Title: set.paper.Name, Link: s.absolute(views.FrontPath), Description: set.paper.Description, Language: set.paper.Language,
		Self: rssSelf{Href: s.absolute(views.FeedPath), Rel: "self", Type: "application/rss+xml"},
	}
	var built time.Time
	for _, teaser := range latest.Teasers {
		shelved, err := s.stories.get(ctx, set.version, teaser.Slug)
		if err != nil {
			return nil, err
		}
		channel.Items = append(channel.Items, s.feedItem(shelved.story, set.zone))
		built = later(built, later(shelved.story.Published, shelved.story.Updated))
	}
	if !built.IsZero() {
		channel.Built = built.In(set.zone).Format(time.RFC1123Z)
	}
	return toXML(rss{
		Version: "2.0", Channel: channel, Content: "http://purl.org/rss/1.0/modules/content/",
		DC: "http://purl.org/dc/elements/1.1/", Atom: "http://www.w3.org/2005/Atom",
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (s *Site) feedItem(story news.Story, zone *time.Location) rssItem {
	body, closed := story.Body, story.Access != news.Free
	if closed {
		body = paywall.Cut(body)
	}
	link := s.absolute(views.StoryPath(story.Slug))
	var b strings.Builder
	for _, block := range body {
		b.WriteString(string(block.HTML) + "\n")
	}
	if closed {
		b.WriteString(`<p><a href="` + html.EscapeString(link) + `">Read on at ` + html.EscapeString(s.furniture.now().paper.Name) + "</a></p>\n")
	}
	return rssItem{
		Title: story.Headline, Link: link, GUID: rssGUID{ID: story.ID}, Published: story.Published.In(zone).Format(time.RFC1123Z),
		Creator: story.Author.Name, Category: story.Section.Name, Description: story.Standfirst, Content: s.abroad(b.String()),
	}
}

// abroad makes markup fit for another site: addresses name this one, and the
// mark that only our own sheets can draw goes.
func (s *Site) abroad(markup string) string {
	return strings.NewReplacer(
		` src="/`, ` src="`+s.absolute("/"), ` href="/`, ` href="`+s.absolute("/"),
		`<span class="end" aria-hidden="true"></span>`, "",
	).Replace(markup)
}

func toXML(v any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// sitemapPart is how many stories one sitemap lists: the protocol allows
// 50,000 addresses, of which the first part needs some for all other pages.
// https://www.sitemaps.org/protocol.html
const sitemapPart = 40_000

type urlset struct {
	XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []sitemapURL `xml:"url"`
}

type sitemapIndex struct {
	XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
	Parts   []sitemapURL `xml:"sitemap"`
}

type sitemapURL struct {
	Loc     string `xml:"loc"`
	Changed string `xml:"lastmod,omitempty"`
}

// sitemap lists every page that can be found: in one file, or when there are
// too many in parts, each named by the story that it begins behind.
func (s *Site) sitemap(c echo.Context) error {
	ctx, version := c.Request().Context(), s.furniture.now().version
	marks, err := s.sitemapMarks(ctx, version)
	if err != nil {
		return err
	}
	after, isPart := "", c.QueryParams().Has("after")
	if isPart {
		after = c.QueryParam("after")
		if after != "" && !slices.Contains(marks, after) {
			return fault.New(fault.Missing, "There is no such part of the sitemap.", nil)
		}
	}
	doc, err := s.documents.get(version, "sitemap "+strconv.FormatBool(isPart)+after, func() ([]byte, error) {
		if len(marks) > 0 && !isPart {
			return s.writeSitemapIndex(marks)
		}
		return s.writeSitemap(ctx, after)
	})
	if err != nil {
		return err
	}
	return sendDocument(c, typeXML, doc)
}

// sitemapMarks are the stories behind which the parts begin. Finding them reads
// every story, so they are kept like the documents themselves.
func (s *Site) sitemapMarks(ctx context.Context, version int64) ([]string, error) {
	kept, err := s.documents.get(version, "sitemap marks", func() ([]byte, error) {
		marks, err := s.News.StoryMarks(ctx, s.documents.part)
		return []byte(strings.Join(marks, "\n")), err
	})
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(kept.plain.body)), nil
}

func (s *Site) writeSitemapIndex(marks []string) ([]byte, error) {
	var index sitemapIndex
	for _, mark := range append([]string{""}, marks...) {
		index.Parts = append(index.Parts, sitemapURL{Loc: s.absolute("/sitemap.xml?after=" + mark)})
	}
	return toXML(index)
}

func (s *Site) writeSitemap(ctx context.Context, after string) ([]byte, error) {
	set := s.furniture.now()
	var all urlset
	add := func(path string, changed time.Time) {
		u := sitemapURL{Loc: s.absolute(path)}
		if !changed.IsZero() {
			u.Changed = changed.In(set.zone).Format(time.RFC3339)
		}
		all.URLs = append(all.URLs, u)
	}
	if after == "" {
		if err := s.furnitureAddresses(ctx, add); err != nil {
			return nil, err
		}
	}
	stories, err := s.News.StoryAddresses(ctx, after, s.documents.part)
	if err != nil {
		return nil, err
	}
	for _, a := range stories {
		add(views.StoryPath(a.Slug), a.Changed)
	}
	return toXML(all)
}

// furnitureAddresses adds every page that is not a story.
func (s *Site) furnitureAddresses(ctx context.Context, add func(string, time.Time)) error {
	set := s.furniture.now()
	add(views.FrontPath, time.Time{})
	for _, sec := range set.sections {
		add(views.SectionPath(sec.Slug), time.Time{})
	}
	authors, err := s.News.Authors(ctx)
	if err != nil {
		return err
	}
	for _, a := range authors {
		add(views.AuthorPath(a.Slug), time.Time{})
	}
	for _, p := range set.links {
		add(views.PagePath(p.Slug), time.Time{})
	}
	if len(set.catalogue.Plans) > 0 {
		add(views.SubscribePath, time.Time{})
	}
	return nil
}

// robots tells crawlers what is nobody's to find: a reader's own pages, and
// lists that never end.
func (s *Site) robots(c echo.Context) error {
	var b strings.Builder
	b.WriteString("User-agent: *\n")
	for _, path := range []string{views.AccountPath, views.CheckoutPath, views.SignInPath, views.SearchPath, views.MeterPath} {
		b.WriteString("Disallow: " + path + "\n")
	}
	b.WriteString("\nSitemap: " + s.absolute("/sitemap.xml") + "\n")
	return sendDocument(c, typeText, document{page: newPage([]byte(b.String()))})
}
