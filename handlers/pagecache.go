package handlers

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/a-h/templ"
	"github.com/andybalholm/brotli"
	"github.com/labstack/echo/v4"
	"github.com/maypok86/otter/v2"

	"broadsheet/internal/cork"
	"broadsheet/paywall"
)

// audience is what a page may know of its viewer and still be kept for many.
type audience uint8

const (
	stranger   audience = iota
	registered          // signed in without the unlimited benefit
	subscriber          // signed in with it
	staff               // signed in with a role
)

// pageKey names one finished page. Everything that a page shows follows from
// its key: two viewers with the same key see the same bytes.
type pageKey struct {
	kind      string // the room: "story", "front", …
	id        string // what of that room
	version   int64  // of the furniture and all stories
	day       int32  // dates on pages are of a day
	viewer    audience
	pooled    bool // a verified reader's own pool
	unlimited bool // the benefit, which staff may have or not
	wall      paywall.Wall
	reason    paywall.Reason
	left      int16
	allowance int16
	meter     bool   // the strip is shown
	resets    int32  // the day on which a closed gate opens, 0 if not said
	via       string // what led to a closed gate, for its forms; "" for nothing
}

// page is a finished page in up to three encodings. The compressed ones appear
// when a goroutine in the background has made them; until then it goes out as
// it is.
type page struct {
	plain encoded
	br    atomic.Pointer[encoded]
	gz    atomic.Pointer[encoded]
	etag  []string
}

type encoded struct {
	body   []byte
	length []string // Content-Length, ready for the header map
}

func encode(body []byte) encoded {
	return encoded{body: body, length: []string{strconv.Itoa(len(body))}}
}

// Sizes in bytes. Brotli at 5 costs about 5 ms for a story, at 11 seventy.
const (
	cacheBytes   = 20 << 20
	brotliLevel  = 5
	gzipLevel    = 6
	compressWait = 256 // pages that may wait for the compressor
)

type pageCache struct {
	pages *otter.Cache[pageKey, *page]
	work  chan *page
	stop  chan struct{}
	done  sync.WaitGroup
}

func newPageCache() *pageCache {
	p := &pageCache{
		pages: otter.Must(&otter.Options[pageKey, *page]{
			MaximumWeight: cacheBytes,
			// Both compressed forms together are at most about half of the page.
			Weigher: func(_ pageKey, v *page) uint32 { return uint32(len(v.plain.body))*3/2 + 512 },
		}),
		work: make(chan *page, compressWait),
		stop: make(chan struct{}),
	}
	p.done.Go(p.compress)
	return p
}

func (p *pageCache) clear() { p.pages.InvalidateAll() }

func (p *pageCache) close() {
	close(p.stop)
	p.done.Wait()
	p.pages.StopAllGoroutines()
}

func (p *pageCache) compress() {
	for {
		select {
		case <-p.stop:
			return
		case pg := <-p.work:
			pg.compress()
		}
	}
}

func (pg *page) compress() {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzipLevel) // the level is a constant that is valid
	_, _ = z.Write(pg.plain.body)              // a buffer takes everything
	_ = z.Close()
	gz := encode(bytes.Clone(b.Bytes()))
	pg.gz.Store(&gz)
	b.Reset()
	w := brotli.NewWriterLevel(&b, brotliLevel)
	_, _ = w.Write(pg.plain.body)
	_ = w.Close()
	br := encode(bytes.Clone(b.Bytes()))
	pg.br.Store(&br)
}

// get is the page of that key, drawn by build if nobody has drawn it yet.
func (p *pageCache) get(ctx context.Context, key pageKey, build func(context.Context) (templ.Component, error)) (*page, error) {
	if have, ok := p.pages.GetIfPresent(key); ok {
		return have, nil
	}
	return p.pages.Get(ctx, key, otter.LoaderFunc[pageKey, *page](func(ctx context.Context, _ pageKey) (*page, error) {
		view, err := build(ctx)
		if err != nil {
			return nil, err
		}
		body, err := draw(ctx, view)
		if err != nil {
			return nil, err
		}
		pg := newPage(body)
		p.finish(pg)
		return pg, nil
	}))
}

func newPage(body []byte) *page {
	sum := sha256.Sum256(body)
	// Weak, since one tag stands for every encoding.
	return &page{plain: encode(body), etag: []string{`W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}}
}

// finish has a page compressed soon. While the compressor is behind, pages stay
// as they are.
func (p *pageCache) finish(pg *page) {
	select {
	case p.work <- pg:
	default:
	}
}

// Header values that never change, ready for the header map.
var (
	typeHTML      = []string{"text/html; charset=utf-8"}
	privateStore  = []string{"private, no-store"}
	sharedStore   = []string{"public, s-maxage=60"}
	varyShared    = []string{"Cookie, Accept-Encoding"}
	varyEncoding  = []string{"Accept-Encoding"}
	encodingBr    = []string{"br"}
	encodingGzip  = []string{"gzip"}
	noStoreHeader = []string{"no-store"}
)

// sendPage writes a finished page. A shared one may be kept by caches between
// us and the readers for a minute; it is sent only to requests without any
// cookie of ours, and never sets one.
func (s *Site) sendPage(c echo.Context, pg *page, shared bool) error {
	res, req := c.Response(), c.Request()
	h := res.Header()
	h["Content-Type"] = typeHTML
	if shared {
		h["Cache-Control"], h["Vary"], h["Etag"] = sharedStore, varyShared, pg.etag
		if matches(req.Header.Get("If-None-Match"), pg.etag[0]) {
			res.WriteHeader(http.StatusNotModified)
			return nil
		}
	} else {
		h["Cache-Control"], h["Vary"] = privateStore, varyEncoding
	}
	pg.send(c)
	return nil
}

// send writes the page in the best encoding that is there and wanted, once its
// other headers are set.
func (pg *page) send(c echo.Context) {
	res, req := c.Response(), c.Request()
	h, body := res.Header(), pg.plain
	switch accept := req.Header.Get("Accept-Encoding"); {
	case accept == "":
	case accepts(accept, "br"):
		if br := pg.br.Load(); br != nil {
			h["Content-Encoding"], body = encodingBr, *br
		}
	case accepts(accept, "gzip"):
		if gz := pg.gz.Load(); gz != nil {
			h["Content-Encoding"], body = encodingGzip, *gz
		}
	}
	h["Content-Length"] = body.length
	res.WriteHeader(http.StatusOK)
	if req.Method == http.MethodHead {
		return
	}
	_ = cork.Write(req.Context(), res, body.body) // the reader may be gone: there is nobody to tell
}

// accepts reports whether an Accept-Encoding header names the coding and does
// not refuse it (RFC 9110, 12.5.3).
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if !ok {
			return true
		}
		weight, err := strconv.ParseFloat(q, 64)
		return err == nil && weight > 0
	}
	return false
}

// matches reports whether an If-None-Match header names the tag.
func matches(header, etag string) bool {
	if header == "" {
		return false
	}
	etag = strings.TrimPrefix(etag, "W/")
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == etag || part == "*" {
			return true
		}
	}
	return false
}

// draw renders a view into memory, so that a page that fails halfway is never
// begun.
func draw(ctx context.Context, view templ.Component) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(48 << 10)
	if err := view.Render(ctx, &b); err != nil {
		return nil, err
	}
	return bytes.Clone(b.Bytes()), nil
}

// render draws and sends a page that is one viewer's own.
func (s *Site) render(c echo.Context, status int, view templ.Component) error {
	body, err := draw(c.Request().Context(), view)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h["Content-Type"], h["Cache-Control"] = typeHTML, privateStore
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	c.Response().WriteHeader(status)
	if c.Request().Method != http.MethodHead {
		_ = cork.Write(c.Request().Context(), c.Response(), body)
	}
	return nil
}
