package news_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"strings"
	"testing"

	"broadsheet/news"
)

func pngOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webp writes the head of a file with the chunk given.
func webp(chunk string, payload ...byte) []byte {
	return append([]byte("RIFF\x40\x00\x00\x00WEBP"+chunk+"\x20\x00\x00\x00"), append(payload, make([]byte, 32)...)...)
}

func avif(w, h uint32) []byte {
	b := []byte("\x00\x00\x00\x20ftypavif\x00\x00\x00\x00avifmif1miaf\x00\x00\x00\x14ispe\x00\x00\x00\x00")
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, w), h)
}

func TestPicturesAreMeasured(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		content       []byte
		ext           string
		width, height int
	}{
		"png":              {pngOf(t, 30, 20), ".png", 30, 20},
		"jpeg":             {jpegOf(t, 31, 21), ".jpg", 31, 21},
		"lossy webp":       {webp("VP8 ", 0, 0, 0, 0x9d, 0x01, 0x2a, 32, 0, 22, 0), ".webp", 32, 22},
		"lossless webp":    {webp("VP8L", 0x2f, 32, 0x40, 0x05, 0), ".webp", 33, 22},
		"extended webp":    {webp("VP8X", 0, 0, 0, 0, 33, 0, 0, 22, 0, 0), ".webp", 34, 23},
		"avif":             {avif(35, 25), ".avif", 35, 25},
		"svg in pixels":    {[]byte(`<?xml version="1.0"?><!DOCTYPE svg PUBLIC "a" "b"><svg width="36px" height="26"/>`), ".svg", 36, 26},
		"svg by its box":   {[]byte(`<svg viewBox="0,0 37 27"/>`), ".svg", 37, 27},
		"svg by one side":  {[]byte(`<svg viewBox="0 0 10 20" width="5"/>`), ".svg", 5, 10},
		"svg of no size":   {[]byte(`<svg width="100%"/>`), ".svg", 300, 150},
		"svg with a style": {[]byte(`<svg viewBox="0 0 3 2"><style>.a{fill:url(#g)}@media print{.a{fill:red}}</style><use href="#a"/></svg>`), ".svg", 3, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := news.ReadPicture(c.content)
			if err != nil {
				t.Fatal(err)
			}
			if p.Width != c.width || p.Height != c.height || !strings.HasSuffix(p.Name, c.ext) || !news.ValidMediaName(p.Name) || news.MediaType(p.Name) == "" {
				t.Errorf("%s, %d by %d", p.Name, p.Width, p.Height)
			}
		})
	}
}

func TestBadPicturesAreRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"", "GIF89a", "<html></html>", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff", string(webp("VP9 ")), string(avif(0, 5)), string(avif(1<<31, 5)),
		`<svg>`, `<svg/><svg/`, `<p><svg/></p>`, `<svg width="1e99" height="2"/>`, `<?xml version="1.0" encoding="UTF-16"?><svg/>`,
		`<svg><script>x</script></svg>`, `<svg><SCRIPT/></svg>`, `<svg xmlns:x="http://www.w3.org/2000/svg"><x:script/></svg>`, `<svg onload="x"/>`, `<svg><g OnClick="x"/></svg>`,
		`<svg><foreignObject/></svg>`, `<svg><image href="https://example.org/x.png"/></svg>`, `<svg xmlns:xlink="http://www.w3.org/1999/xlink"><use xlink:href="//x"/></svg>`,
		`<svg><a href="javascript:x"/></svg>`, `<svg><image href="data:image/svg+xml,x"/></svg>`, `<svg><rect fill="url(https://x)"/></svg>`, `<svg><rect style="fill:url( 'x')"/></svg>`,
		`<svg><style>@import "x";</style></svg>`, `<svg><style>a{b:\75rl(x)}</style></svg>`, `<svg><style><![CDATA[a{b:url(//x)}]]></style></svg>`,
		`<svg><animate attributeName="href" to="x"/></svg>`, `<svg xml:base="https://x"/>`, `<?xml-stylesheet href="x"?><svg/>`,
		`<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>`, `<svg>&nope;</svg>`,
	} {
		if p, err := news.ReadPicture([]byte(bad)); err == nil {
			t.Errorf("%q was taken as %s", bad, p.Name)
		}
	}
}

func TestMediaDirKeepsWholeFiles(t *testing.T) {
	t.Parallel()
	dir := news.MediaDir(t.TempDir() + "/new")
	p, err := news.ReadPicture(pngOf(t, 3, 2))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := dir.Put(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	// A copy that was cut short, by a full disk perhaps, is mended.
	if err := os.WriteFile(string(dir)+"/"+p.Name, []byte("cut"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := dir.Put(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(string(dir) + "/" + p.Name)
	if err != nil || !bytes.Equal(got, p.Content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	left, err := os.ReadDir(string(dir))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
	for _, name := range []string{"", ".", "../x", "x.png", p.Name + "/../x", strings.ToUpper(p.Name)} {
		if f, err := dir.OpenPicture(name); err == nil {
			f.Close()
			t.Errorf("%q was opened", name)
		}
	}
}

func TestInlineSVG(t *testing.T) {
	t.Parallel()
	got, err := news.InlineSVG([]byte(`<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -1 2 3" onload="x" style="x"><title>A &lt;b&gt;</title>` +
		`<path d="M0 0L1-1z" fill="currentColor"/><circle class="dot" fill="var(--accent, #a3125f)" cx="1" cy="-.5" r="1"/><g fill="url(x)" transform="scale(2)"/></svg>`))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the drawing", `<svg viewBox="0 -1 2 3" aria-hidden="true" focusable="false"><title>A &lt;b&gt;</title>`+
		`<path d="M0 0L1-1z" fill="currentColor"></path><circle class="dot" fill="var(--accent, #a3125f)" cx="1" cy="-.5" r="1"></circle><g transform="scale(2)"></g></svg>`, got)
	for _, bad := range []string{"", "x", "<p/>", `<svg><script/></svg>`, `<svg><svg/></svg>`, `<svg><use href="#a"/></svg>`, `<svg><style>x</style></svg>`, `<svg><a href="javascript:x"><path/></a></svg>`, `<svg><path/>`} {
		if got, err := news.InlineSVG([]byte(bad)); err == nil {
			t.Errorf("%q became %q", bad, got)
		}
	}
}

func TestSlugify(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"The alliance that keeps two clocks": "the-alliance-that-keeps-two-clocks", "  --A  & B!--": "a-b", "The keeper’s log": "the-keepers-log",
		"Überfahrt nach Tromsø": "uberfahrt-nach-tromso", "Straße, Łódź, Þórr, cœur": "strasse-lodz-thorr-coeur", "ＦＵＬＬ １２": "full-12", "東京 2024": "2024",
	} {
		if got := news.Slugify(name); got != want {
			t.Errorf("Slugify(%q) = %q, want %q", name, got, want)
		}
	}
	seen := map[string]bool{}
	for _, name := range []string{"東京", "京都", "🌊", "", strings.Repeat("a", 81), strings.Repeat("a", 82), strings.Repeat("word ", 100)} {
		slug := news.Slugify(name)
		if !news.ValidSlug(slug) || seen[slug] || slug != news.Slugify(name) {
			t.Errorf("Slugify(%q) = %q", name, slug)
		}
		seen[slug] = true
	}
}

func TestCursor(t *testing.T) {
	t.Parallel()
	c := news.Cursor{At: noon, ID: "01hv9bh0g0pzd1x2m3n4p5q6r7"}
	back, err := news.ParseCursor(c.String())
	if err != nil || !back.At.Equal(c.At) || back.ID != c.ID {
		t.Errorf("%v came back as %v, %v", c, back, err)
	}
	for _, bad := range []string{"x", "-", "1-x", "x-01hv9bh0g0pzd1x2m3n4p5q6r7", "99999999999999999999-01hv9bh0g0pzd1x2m3n4p5q6r7", "1-01hv9bh0g0pzd1x2m3n4p5q6r'"} {
		if c, err := news.ParseCursor(bad); err == nil {
			t.Errorf("%q is %v", bad, c)
		}
	}
}
