package news

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"strings"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // registers the format with image.Decode
)

// Widths are how wide, in pixels, the copies are that a picture is kept in, so
// that a telephone need not load what a wide screen does.
var Widths = []int{480, 800, 1200, 1600, 2400}

// maxPixels bounds what a picture may unfold to: a small file can claim a
// picture that fills the memory.
const maxPixels = 60_000_000

const jpegQuality = 82

// Developed is an uploaded picture as it is kept: drawn anew, so that nothing
// that was hidden in the file, not even where it was taken, is in it.
type Developed struct {
	Images []Image // the narrowest first
	Set    string  // for srcset: "/media/a.jpg 480w, /media/b.jpg 800w"; "" for a drawing
}

// Main is the copy for who cannot choose, of a middle width.
func (d Developed) Main() Image {
	best := d.Images[0]
	for _, p := range d.Images {
		if p.Width <= 1200 {
			best = p
		}
	}
	return best
}

// Develop takes an uploaded picture: SVG that passes ReadPicture's rules, or
// JPEG, PNG or WebP, which are decoded and drawn anew in several widths, turned
// as the camera was held. The error says what is wrong, in words for the one
// who sent it.
func Develop(content []byte) (Developed, error) {
	whole, err := ReadPicture(content)
	if err != nil {
		return Developed{}, err
	}
	switch {
	case strings.HasSuffix(whole.Name, ".svg"):
		return Developed{Images: []Image{whole}}, nil
	case strings.HasSuffix(whole.Name, ".avif"):
		return Developed{}, errors.New("AVIF cannot be read here yet; save it as JPEG, PNG or WebP")
	case whole.Width*whole.Height > maxPixels:
		return Developed{}, fmt.Errorf("it has %d million pixels; %d are enough for any page", whole.Width*whole.Height/1_000_000, maxPixels/1_000_000)
	}
	picture, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return Developed{}, errors.New("it is damaged, and cannot be shown")
	}
	picture = upright(picture, orientation(content))
	var out Developed
	var set []string
	for _, width := range widthsFor(picture.Bounds().Dx()) {
		p, err := print(scale(picture, width))
		if err != nil {
			return Developed{}, err
		}
		out.Images = append(out.Images, p)
		set = append(set, fmt.Sprintf("%s %dw", p.Src(), p.Width))
	}
	if len(set) > 1 {
		out.Set = strings.Join(set, ", ")
	}
	return out, nil
}

// widthsFor are the widths that a picture of that width is kept in: none is
// wider than it is.
func widthsFor(own int) []int {
	var out []int
	for _, w := range Widths {
		if w < own {
			out = append(out, w)
		}
	}
	if own <= Widths[len(Widths)-1] {
		out = append(out, own)
	}
	return out
}

func scale(p image.Image, width int) image.Image {
	b := p.Bounds()
	height := max(1, (b.Dy()*width+b.Dx()/2)/b.Dx())
	dst := image.NewNRGBA(image.Rect(0, 0, width, height))
	if width == b.Dx() {
		draw.Draw(dst, dst.Bounds(), p, b.Min, draw.Src)
		return dst
	}
	draw.CatmullRom.Scale(dst, dst.Bounds(), p, b, draw.Src, nil)
	return dst
}

// print encodes a picture: JPEG, or PNG where something shines through.
func print(p image.Image) (Image, error) {
	var b bytes.Buffer
	ext, err := "jpg", error(nil)
	if o, ok := p.(interface{ Opaque() bool }); ok && !o.Opaque() {
		ext = "png"
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, p)
	} else {
		err = jpeg.Encode(&b, p, &jpeg.Options{Quality: jpegQuality})
	}
	if err != nil {
		return Image{}, fmt.Errorf("draw picture: %w", err)
	}
	sum := sha256.Sum256(b.Bytes())
	size := p.Bounds().Size()
	return Image{Name: hex.EncodeToString(sum[:]) + "." + ext, Content: b.Bytes(), Width: size.X, Height: size.Y}, nil
}

// upright turns a picture as the camera was held: 1 is as it is, 2 to 8 mirror
// and turn.
// https://www.cipa.jp/std/documents/download_e.html?DC-008-Translation-2023-E (Exif, tag 274)
func upright(p image.Image, how int) image.Image {
	if how < 2 || how > 8 {
		return p
	}
	b := p.Bounds()
	w, h := b.Dx(), b.Dy()
	size := image.Rect(0, 0, w, h)
	if how >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewNRGBA(size)
	for y := range size.Dy() {
		for x := range size.Dx() {
			sx, sy := source(how, x, y, w, h)
			out.Set(x, y, p.At(b.Min.X+sx, b.Min.Y+sy))
		}
	}
	return out
}

// source is the pixel of the stored picture that stands at x, y of the upright one.
func source(how, x, y, w, h int) (sx, sy int) {
	switch how {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	}
	return w - 1 - y, x
}

// orientation reads how the camera was held from a JPEG's Exif segment; 1 when
// it does not say.
func orientation(content []byte) int {
	for at := 2; at+4 <= len(content) && content[0] == 0xff && content[1] == 0xd8 && content[at] == 0xff; {
		size := int(binary.BigEndian.Uint16(content[at+2:]))
		end := at + 2 + size
		if content[at+1] == 0xda || size < 2 || end > len(content) {
			return 1
		}
		if segment := content[at+4 : end]; content[at+1] == 0xe1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")) {
			return orientationOf(segment[6:])
		}
		at = end
	}
	return 1
}

// orientationOf looks through the first directory of a TIFF header.
func orientationOf(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 1
	}
	for i := range int(order.Uint16(tiff[at:])) {
		entry := at + 2 + 12*i
		if entry+12 > len(tiff) {
			return 1
		}
		if order.Uint16(tiff[entry:]) == 274 {
			return int(order.Uint16(tiff[entry+8:]))
		}
	}
	return 1
}
