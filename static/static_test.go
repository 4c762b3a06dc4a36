package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
)

// warm waits until the encoded bodies of an asset are there.
func warm(t *testing.T, name string) *asset {
	t.Helper()
	a, ok := assets.byName[name]
	if !ok {
		t.Fatalf("no asset %s", name)
	}
	a.encode()
	for a.br.Load() == nil {
		if t.Context().Err() != nil {
			t.Fatal("no brotli body came")
		}
		runtime.Gosched()
	}
	return a
}

func get(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryAssetIsServedWhole(t *testing.T) {
	t.Parallel()
	address := regexp.MustCompile(`^/static/[a-z-]+\.[0-9a-f]{8}\.(css|js|svg|woff2)$`)
	for name, a := range assets.byName {
		if !address.MatchString(URL(name)) {
			t.Errorf("%s has the address %q", name, URL(name))
		}
		res := get(t, http.MethodGet, URL(name))
		got := body(t, res)
		if res.StatusCode != http.StatusOK || !bytes.Equal(got, a.plain) || len(got) == 0 {
			t.Errorf("%s: status %d, %d bytes", name, res.StatusCode, len(got))
		}
		for key, want := range map[string]string{
			"Cache-Control":          "public, max-age=31536000, immutable",
			"Content-Length":         strconv.Itoa(len(a.plain)),
			"Content-Type":           a.kind,
			"Etag":                   `"` + a.sum + `"`,
			"Vary":                   "Accept-Encoding",
			"X-Content-Type-Options": "nosniff",
		} {
			if got := res.Header.Get(key); got != want {
				t.Errorf("%s: %s is %q, want %q", name, key, got, want)
			}
		}
	}
	for _, name := range []string{"css/paper.css", "css/newsroom.css", "js/paper.js", "icons/icon.svg", "fonts/newsreader-latin-italic.woff2"} {
		URL(name) // panics when it isn't there
	}
}

func TestUnknownNamesAndAddresses(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/static/", "/static/paper.css", "/static/paper.00000000.css", "/static/../static.go"} {
		if res := get(t, http.MethodGet, path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d", path, res.StatusCode)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown name has an address")
		}
	}()
	URL("css/paper/10-tokens.css")
}

func TestFingerprintFollowsContent(t *testing.T) {
	t.Parallel()
	build := func(font, part string) library {
		lib, err := load(fstest.MapFS{
			"fonts/a.woff2":        {Data: []byte(font)},
			"css/paper/10-one.css": {Data: []byte(`@font-face { src: url("../../fonts/a.woff2") }`)},
			"css/paper/20-two.css": {Data: []byte(part)},
		})
		if err != nil {
			t.Fatal(err)
		}
		return lib
	}
	sheet := func(l library) string { return l.byName["css/paper.css"].path }
	first := build("font", "a { color: red }")
	if sheet(first) != sheet(build("font", "a { color: red }")) {
		t.Error("the same content has two addresses")
	}
	if sheet(first) == sheet(build("font", "a { color: tan }")) {
		t.Error("a changed sheet keeps its address")
	}
	if sheet(first) == sheet(build("tnof", "a { color: red }")) {
		t.Error("a sheet whose font changed keeps its address")
	}
	want := `@font-face{src: url("` + first.byName["fonts/a.woff2"].path + `")}a{color: red}`
	if got := string(first.byName["css/paper.css"].plain); got != want {
		t.Errorf("the joined sheet is\n%s\nwant\n%s", got, want)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for why, tree := range map[string]fstest.MapFS{
		"a url that leads nowhere": {"css/paper.css": {Data: []byte(`a { background: url("none.svg") }`)}},
		"an unknown kind of file":  {"icons/a.bmp": {Data: []byte("x")}},
		"two files at one address": {"a/x.js": {Data: []byte("x")}, "b/x.js": {Data: []byte("x")}},
	} {
		if _, err := load(tree); err == nil {
			t.Errorf("%s is let through", why)
		}
	}
}

func TestEveryURLInASheetResolves(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`url\(\s*["']?([^"')]*)`)
	found := 0
	for name, a := range assets.byName {
		if !strings.HasSuffix(name, ".css") {
			continue
		}
		for _, m := range named.FindAllSubmatch(a.plain, -1) {
			found++
			if res := get(t, http.MethodHead, string(m[1])); res.StatusCode != http.StatusOK {
				t.Errorf("%s names %s, which answers %d", name, m[1], res.StatusCode)
			}
		}
	}
	if found != 3 {
		t.Errorf("the sheets name %d files, want the three fonts", found)
	}
}

func TestNegotiation(t *testing.T) {
	t.Parallel()
	a := warm(t, "css/paper.css")
	for accept, want := range map[string]string{
		"":                          "",
		"br":                        "br",
		"gzip":                      "gzip",
		"x-gzip":                    "gzip",
		"GZIP":                      "gzip",
		"gzip, deflate, br, zstd":   "br",
		"br;q=0.1, gzip;q=1.0":      "br",
		"br;q=0, gzip":              "gzip",
		"br; q=0.000, gzip ; q=0.5": "gzip",
		"br;q=0, gzip;q=0":          "",
		"*":                         "br",
		"*;q=0":                     "",
		"br;q=0, *":                 "gzip",
		"identity":                  "",
		"deflate":                   "",
		"br;q=high":                 "",
		"brotli":                    "",
		",,":                        "",
	} {
		res := get(t, http.MethodGet, a.path, "Accept-Encoding", accept)
		if got := res.Header.Get("Content-Encoding"); got != want {
			t.Errorf("%q is answered with %q, want %q", accept, got, want)
			continue
		}
		raw := body(t, res)
		if got := res.Header.Get("Content-Length"); got != strconv.Itoa(len(raw)) {
			t.Errorf("%q: Content-Length %s for %d bytes", accept, got, len(raw))
		}
		if !bytes.Equal(decoded(t, want, raw), a.plain) {
			t.Errorf("%q: the decoded body differs", accept)
		}
	}
}

func decoded(t *testing.T, encoding string, raw []byte) []byte {
	t.Helper()
	var from io.Reader = bytes.NewReader(raw)
	switch encoding {
	case "br":
		from = brotli.NewReader(from)
	case "gzip":
		unzip, err := gzip.NewReader(from)
		if err != nil {
			t.Fatal(err)
		}
		from = unzip
	}
	out, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFontsAreNotCompressedTwice(t *testing.T) {
	t.Parallel()
	res := get(t, http.MethodGet, URL("fonts/public-sans-latin.woff2"), "Accept-Encoding", "br, gzip")
	if got := res.Header.Get("Content-Encoding"); got != "" {
		t.Errorf("a woff2 file comes as %s", got)
	}
}

func TestHeadAndOtherMethods(t *testing.T) {
	t.Parallel()
	a := warm(t, "js/paper.js")
	res := get(t, http.MethodHead, a.path, "Accept-Encoding", "br")
	if n := len(body(t, res)); n != 0 {
		t.Errorf("HEAD has a body of %d bytes", n)
	}
	if got, want := res.Header.Get("Content-Length"), strconv.Itoa(len(*a.br.Load())); got != want {
		t.Errorf("HEAD says %s bytes, want %s", got, want)
	}
	if res := get(t, http.MethodPost, a.path); res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST answers %d, Allow %q", res.StatusCode, res.Header.Get("Allow"))
	}
}

func TestRevalidation(t *testing.T) {
	t.Parallel()
	a := warm(t, "js/paper.js")
	tag := get(t, http.MethodGet, a.path, "Accept-Encoding", "br").Header.Get("ETag")
	if plain := get(t, http.MethodGet, a.path).Header.Get("ETag"); plain == tag {
		t.Errorf("two encodings share the strong tag %s", tag)
	}
	for _, header := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		res := get(t, http.MethodGet, a.path, "If-None-Match", header, "Accept-Encoding", "br")
		if res.StatusCode != http.StatusNotModified || len(body(t, res)) != 0 || res.Header.Get("Etag") != tag {
			t.Errorf("If-None-Match %s answers %d", header, res.StatusCode)
		}
	}
	if res := get(t, http.MethodGet, a.path, "If-None-Match", `"00000000"`); res.StatusCode != http.StatusOK {
		t.Errorf("another tag answers %d", res.StatusCode)
	}
}

// The budgets are promises to a reader on a train: change them only for something that reader would want.
func TestBudgets(t *testing.T) {
	t.Parallel()
	if n := len(*warm(t, "css/paper.css").br.Load()); n > 12<<10 {
		t.Errorf("the paper's sheet is %d bytes in brotli", n)
	}
	if n := len(warm(t, "js/paper.js").plain); n > 3<<10 {
		t.Errorf("the script is %d bytes", n)
	}
	fonts := 0
	for _, p := range Preloads() {
		fonts += len(assets.byPath[p.Href].plain)
	}
	if fonts == 0 || fonts > 110<<10 {
		t.Errorf("%d bytes of fonts are preloaded", fonts)
	}
}

func TestSqueeze(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a { b: c; }\n\n/* d */\ne\tf { g: h }":              "a{b: c;}e f{g: h}",
		`a::before { content: "  /* { ; */ \" x " }`:         `a::before{content: "  /* { ; */ \" x "}`,
		"a { width: calc(1px + 2px) } a :hover, b > c { }":   "a{width: calc(1px + 2px)}a :hover,b > c{}",
		"a{margin:/* one */0/* two */1px}":                   "a{margin: 0 1px}",
		"@media (min-width: 1px) and (max-width: 2px) { a }": "@media (min-width: 1px) and (max-width: 2px){a}",
	} {
		if got := string(squeeze([]byte(in))); got != want {
			t.Errorf("squeeze(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestAccentCSS(t *testing.T) {
	t.Parallel()
	got := string(AccentCSS("#0a5cad", "#ffd966"))
	want := "@media screen{:root{--accent:#0a5cad;--on-accent:#ffffff}}" +
		"@media screen and (prefers-color-scheme:dark){:root{--accent:#ffd966;--on-accent:#10171e}}"
	if got != want {
		t.Errorf("got %s", got)
	}
	for _, bad := range []string{"", "red", "#fff", "#12345g", "#123456;}", "#1234567", "url(x)"} {
		if AccentCSS(bad, "#ffd966") != nil || AccentCSS("#0a5cad", bad) != nil {
			t.Errorf("%q passes for a colour", bad)
		}
	}
}

// Overriding the accent is enough only while every shade of it is mixed from it.
func TestEveryShadeOfTheAccentIsMixed(t *testing.T) {
	t.Parallel()
	shade := regexp.MustCompile(`--accent-[a-z]+: ([^;]*);`)
	found := shade.FindAllSubmatch(assets.byName["css/paper.css"].plain, -1)
	if len(found) < 4 {
		t.Fatalf("found %d shades, want press and tint, light and dark", len(found))
	}
	for _, m := range found {
		if !bytes.Contains(m[1], []byte("var(--accent)")) {
			t.Errorf("%s does not follow the accent", m[0])
		}
	}
}
