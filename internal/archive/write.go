package archive

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// packed are the endings of files that are compressed already.
var packed = []string{".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".mp3", ".m4a", ".ogg", ".opus", ".mp4", ".woff2", ".zip", ".gz"}

// effort is how hard tables are squeezed: most of the gain for half the time.
const effort = 4

// Write writes an archive of a source and of the files of a folder. It holds
// one row, or a piece of one picture, at a time. Pictures come last: whatever a
// row names was there before the row was. media may be nil.
func Write(ctx context.Context, to io.Writer, about About, from Source, media fs.FS) (Manifest, error) {
	w := &writer{seal: seal(to), manifest: Manifest{Format: Format, About: about}}
	w.buffer = bufio.NewWriterSize(w.seal, 1<<20)
	w.zip = zip.NewWriter(w.buffer)
	w.zip.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, effort) })
	for _, t := range from.Tables() {
		if err := w.table(ctx, from, t); err != nil {
			return w.manifest, fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	if media != nil {
		if err := w.media(ctx, media); err != nil {
			return w.manifest, err
		}
	}
	return w.manifest, w.finish()
}

type writer struct {
	seal     *sealing
	buffer   *bufio.Writer
	zip      *zip.Writer
	manifest Manifest
}

// file is one file of the archive while it is written.
type file struct {
	to    io.Writer
	sum   hash.Hash
	bytes int64
}

func (f *file) Write(p []byte) (int, error) {
	f.sum.Write(p)
	f.bytes += int64(len(p))
	return f.to.Write(p)
}

func (w *writer) begin(name string, method uint16) (*file, error) {
	h := &zip.FileHeader{Name: name, Method: method, Modified: w.manifest.Made}
	h.SetMode(0o600)
	to, err := w.zip.CreateHeader(h)
	return &file{to: to, sum: sha256.New()}, err
}

func (w *writer) end(name string, f *file) {
	w.manifest.Files = append(w.manifest.Files, FileEntry{name, f.bytes, hex.EncodeToString(f.sum.Sum(nil))})
}

func (w *writer) table(ctx context.Context, from Source, t Table) error {
	f, err := w.begin(tableFile(t.Name), zip.Deflate)
	if err != nil {
		return err
	}
	var sum digest
	var line []byte
	err = from.Each(ctx, t.Name, func(values []any) (err error) {
		if line, err = appendRow(line[:0], t.Columns, values); err != nil {
			return err
		}
		sum.add(line)
		line = append(line, '\n')
		_, err = f.Write(line)
		return err
	})
	if err != nil {
		return err
	}
	w.end(tableFile(t.Name), f)
	w.manifest.Tables = append(w.manifest.Tables, TableEntry{t, sum.rows, sum.String()})
	return nil
}

func (w *writer) media(ctx context.Context, media fs.FS) error {
	return fs.WalkDir(media, ".", func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // no folder yet, or gone since it was listed
		}
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		hidden := name != "." && strings.HasPrefix(path.Base(name), ".") // being written
		if d.IsDir() && hidden {
			return fs.SkipDir
		}
		if !d.Type().IsRegular() || hidden {
			return nil
		}
		return w.picture(media, name)
	})
}

func (w *writer) picture(media fs.FS, name string) error {
	in, err := media.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	method := zip.Deflate
	if slices.Contains(packed, strings.ToLower(path.Ext(name))) {
		method = zip.Store
	}
	f, err := w.begin(mediaPrefix+name, method)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, in); err != nil {
		return fmt.Errorf("picture %s: %w", name, err)
	}
	w.end(mediaPrefix+name, f)
	return nil
}

func (w *writer) finish() error {
	f, err := w.begin(manifestName, zip.Deflate)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(f).Encode(w.manifest); err != nil {
		return err
	}
	if err := w.zip.SetComment(noSeal); err != nil {
		return err
	}
	if err := errors.Join(w.zip.Close(), w.buffer.Flush()); err != nil {
		return err
	}
	return w.seal.finish()
}
