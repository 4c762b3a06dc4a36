package news_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"broadsheet/news"
)

// marked is a picture that is white but for a red corner at its top left.
func marked(w, h int) *image.NRGBA {
	p := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{255, 255, 255, 255}
			if x < w/3 && y < h/3 {
				c = color.NRGBA{200, 0, 0, 255}
			}
			p.SetNRGBA(x, y, c)
		}
	}
	return p
}

func photograph(t *testing.T, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts an Exif segment behind the JPEG's first marker: how the camera
// was held, and where.
func withExif(raw []byte, how uint16, order binary.AppendByteOrder) []byte {
	head := "II*\x00"
	if order.String() == "BigEndian" {
		head = "MM\x00*"
	}
	tiff := order.AppendUint32([]byte(head), 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, e := range [][3]uint16{{271, 2, 0}, {274, 3, how}} {
		tiff = order.AppendUint16(order.AppendUint16(tiff, e[0]), e[1])
		tiff = order.AppendUint32(tiff, 1)
		tiff = order.AppendUint16(order.AppendUint16(tiff, e[2]), 0)
	}
	body := append([]byte("Exif\x00\x00"), tiff...)
	body = append(body, "SECRET GARDEN 52.37N 4.89E"...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return append(append(append([]byte{}, raw[:2]...), append(segment, body...)...), raw[2:]...)
}

func TestDevelopDrawsAnewInWidths(t *testing.T) {
	t.Parallel()
	tests := map[int][]int{300: {300}, 480: {480}, 1000: {480, 800, 1000}, 3000: {480, 800, 1200, 1600, 2400}}
	for own, want := range tests {
		got, err := news.Develop(withExif(photograph(t, marked(own, own/2)), 1, binary.LittleEndian))
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Images) != len(want) {
			t.Fatalf("%d wide: %d copies", own, len(got.Images))
		}
		for i, p := range got.Images {
			drawn, kind, err := image.Decode(bytes.NewReader(p.Content))
			if err != nil || kind != "jpeg" || drawn.Bounds().Dx() != want[i] || p.Width != want[i] || p.Height != drawn.Bounds().Dy() {
				t.Errorf("%d wide, copy %d: %s of %v, said to be %d by %d (%v)", own, i, kind, drawn.Bounds(), p.Width, p.Height, err)
			}
			if bytes.Contains(p.Content, []byte("SECRET GARDEN")) || bytes.Contains(p.Content, []byte("Exif")) {
				t.Errorf("%d wide: where it was taken is still in the file", own)
			}
			if !news.ValidMediaName(p.Name) || len(want) > 1 && !strings.Contains(got.Set, p.Src()) {
				t.Errorf("name %q, set %q", p.Name, got.Set)
			}
		}
		if main := got.Main(); main.Width > 1200 && own > 1200 {
			t.Errorf("the copy for everybody is %d wide", main.Width)
		}
	}
}

func TestDevelopTurnsAPictureAsTheCameraWasHeld(t *testing.T) {
	t.Parallel()
	// Where the red corner is once the picture is upright: right, bottom.
	where := map[uint16][2]bool{1: {false, false}, 2: {true, false}, 3: {true, true}, 4: {false, true}, 5: {false, false}, 6: {true, false}, 7: {true, true}, 8: {false, true}, 99: {false, false}}
	for how, at := range where {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			got, err := news.Develop(withExif(photograph(t, marked(90, 60)), how, order))
			if err != nil {
				t.Fatal(err)
			}
			p, _, err := image.Decode(bytes.NewReader(got.Images[0].Content))
			if err != nil {
				t.Fatal(err)
			}
			size := p.Bounds().Size()
			if turned := how >= 5 && how <= 8; turned != (size.X < size.Y) {
				t.Errorf("held as %d: %v", how, size)
			}
			x, y := size.X/8, size.Y/8
			if at[0] {
				x = size.X - 1 - x
			}
			if at[1] {
				y = size.Y - 1 - y
			}
			if r, g, _, _ := p.At(x, y).RGBA(); r < 0x8000 || g > 0x6000 {
				t.Errorf("held as %d: the corner is not at %d, %d", how, x, y)
			}
		}
	}
}

func TestDevelopKeepsWhatShinesThroughAndDrawings(t *testing.T) {
	t.Parallel()
	p := marked(60, 60)
	p.SetNRGBA(0, 0, color.NRGBA{})
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	got, err := news.Develop(b.Bytes())
	if err != nil || !strings.HasSuffix(got.Images[0].Name, ".png") {
		t.Errorf("%+v, %v", got.Images, err)
	}
	got, err = news.Develop([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><path d="M0 0h4v3z"/></svg>`))
	if err != nil || got.Set != "" || !strings.HasSuffix(got.Main().Name, ".svg") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDevelopRefusesHostilePictures(t *testing.T) {
	t.Parallel()
	bomb := photograph(t, marked(8, 8))
	at := bytes.Index(bomb, []byte{0xff, 0xc0}) // the frame's header, which now claims 400 million pixels
	binary.BigEndian.PutUint16(bomb[at+5:], 20_000)
	binary.BigEndian.PutUint16(bomb[at+7:], 20_000)
	whole := photograph(t, marked(64, 64))
	for name, content := range map[string][]byte{
		"a bomb": bomb, "half a file": whole[:len(whole)/2], "a page": []byte("<html><script>alert(1)</script>"), "nothing": nil,
		"an active drawing": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
	} {
		if got, err := news.Develop(content); err == nil {
			t.Errorf("%s was taken: %d copies", name, len(got.Images))
		}
	}
}

func FuzzDevelop(f *testing.F) {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, marked(16, 12), nil)
	f.Add(withExif(b.Bytes(), 6, binary.BigEndian))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00*\x00\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		got, err := news.Develop(content)
		if err == nil && (len(got.Images) == 0 || got.Main().Width < 1) {
			t.Errorf("taken, and nothing kept: %+v", got)
		}
	})
}
