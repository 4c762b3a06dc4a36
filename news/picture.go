package news

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // registers the format with image.DecodeConfig
	_ "image/png"  // likewise
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// MaxPicture is how large a picture's file may be, in bytes.
const MaxPicture = 20 << 20

// maxSide bounds what a header may claim, in pixels.
const maxSide = 30_000

// Image is the file of a picture that may be shown. Its name is a hash of
// its content, so that it never changes and can be kept for ever.
type Image struct {
	Name          string // "{sha256}.{svg|png|jpg|webp|avif}"
	Content       []byte
	Width, Height int // CSS pixels
}

// Src is where readers get the picture.
func (p Image) Src() string { return MediaPath + p.Name }

// Media keeps pictures. Putting the same one again does nothing.
type Media interface {
	Put(ctx context.Context, p Image) error
}

// ReadPicture accepts a picture by its content, never by its name: SVG without
// anything active or foreign in it, PNG, JPEG, WebP or AVIF. The error says
// what is wrong, in words for the one who sent it.
func ReadPicture(content []byte) (Image, error) {
	if len(content) > MaxPicture {
		return Image{}, fmt.Errorf("it is larger than %d MB", MaxPicture>>20)
	}
	ext, width, height, err := measure(content)
	if err != nil {
		return Image{}, err
	}
	if width < 1 || height < 1 || width > maxSide || height > maxSide {
		return Image{}, fmt.Errorf("its size, %d by %d, cannot be right", width, height)
	}
	sum := sha256.Sum256(content)
	return Image{Name: hex.EncodeToString(sum[:]) + "." + ext, Content: content, Width: width, Height: height}, nil
}

func measure(content []byte) (ext string, width, height int, err error) {
	switch {
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")):
		ext = "png"
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
		ext = "jpg"
	case len(content) > 30 && string(content[:4]) == "RIFF" && string(content[8:12]) == "WEBP":
		width, height, err = measureWebP(content)
		return "webp", width, height, err
	case len(content) > 12 && string(content[4:8]) == "ftyp" && bytes.Contains(content[8:min(len(content), 64)], []byte("avif")):
		width, height, err = measureAVIF(content)
		return "avif", width, height, err
	case looksLikeSVG(content):
		width, height, err = measureSVG(content)
		return "svg", width, height, err
	default:
		return "", 0, 0, errors.New("it is not SVG, PNG, JPEG, WebP or AVIF")
	}
	conf, _, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return "", 0, 0, errors.New("its header is damaged")
	}
	return ext, conf.Width, conf.Height, nil
}

// measureWebP reads the size from the first chunk.
// https://developers.google.com/speed/webp/docs/riff_container
func measureWebP(c []byte) (width, height int, err error) {
	switch string(c[12:16]) {
	case "VP8 ":
		return int(binary.LittleEndian.Uint16(c[26:]) & 0x3fff), int(binary.LittleEndian.Uint16(c[28:]) & 0x3fff), nil
	case "VP8L":
		bits := binary.LittleEndian.Uint32(c[21:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1, nil
	case "VP8X":
		return int(c[24]) | int(c[25])<<8 | int(c[26])<<16 + 1, int(c[27]) | int(c[28])<<8 | int(c[29])<<16 + 1, nil
	}
	return 0, 0, errors.New("its header is damaged")
}

// measureAVIF reads the first image spatial extents box (ispe, ISO/IEC 23008-12).
func measureAVIF(c []byte) (width, height int, err error) {
	at := bytes.Index(c, []byte("ispe"))
	if at < 0 || len(c) < at+16 {
		return 0, 0, errors.New("its header is damaged")
	}
	return int(binary.BigEndian.Uint32(c[at+8:])), int(binary.BigEndian.Uint32(c[at+12:])), nil
}

// MediaDir keeps pictures as files of one folder.
type MediaDir string

// Put writes the picture under its name in one step: a reader sees all of it
// or nothing.
func (d MediaDir) Put(_ context.Context, p Image) error {
	path := filepath.Join(string(d), p.Name)
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(p.Content)) {
		return nil
	}
	if err := os.MkdirAll(string(d), 0o755); err != nil {
		return fmt.Errorf("the folder for pictures cannot be made: %w", err)
	}
	tmp, err := os.CreateTemp(string(d), ".new-*")
	if err != nil {
		return fmt.Errorf("keep picture: %w", err)
	}
	defer os.Remove(tmp.Name()) // after the rename there is nothing to remove
	_, err = tmp.Write(p.Content)
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return fmt.Errorf("keep picture: %w", err)
	}
	return os.Rename(tmp.Name(), path)
}

// OpenPicture opens a picture by its name; fs.ErrNotExist for a name that no
// picture can have.
func (d MediaDir) OpenPicture(name string) (io.ReadSeekCloser, error) {
	if !ValidMediaName(name) {
		return nil, fs.ErrNotExist
	}
	return os.Open(filepath.Join(string(d), name))
}

// MediaType is the content type of a picture, by its name.
func MediaType(name string) string {
	return mediaTypes[filepath.Ext(name)]
}

var mediaTypes = map[string]string{
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".avif": "image/avif",
}

// ValidMediaName reports whether name is one that Put writes.
func ValidMediaName(name string) bool {
	ext := filepath.Ext(name)
	hash := name[:len(name)-len(ext)]
	raw, err := hex.DecodeString(hash)
	return err == nil && len(raw) == sha256.Size && hash == hex.EncodeToString(raw) && mediaTypes[ext] != ""
}
