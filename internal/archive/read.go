package archive

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds on what is believed of an archive before it is read.
const (
	maxManifest = 64 << 20
	// A table of equal rows shrinks to some hundredth; only a bomb shrinks more
	// than this, once it is large at all.
	bombRatio = 400
	bombSize  = 64 << 20
)

// ErrNewer is an archive whose form this program does not know.
var ErrNewer = errors.New("the archive was made by a newer program: use that one, or a newer one")

// Reader is an open archive. It is a Source.
type Reader struct {
	Manifest Manifest
	path     string
	zip      *zip.ReadCloser
	files    map[string]*zip.File
	entries  map[string]FileEntry
}

// Open reads an archive's manifest and checks that the archive holds exactly
// the files that the manifest names, under names that lead nowhere else.
// Whether they are whole is only known when they have been read: see Check.
func Open(path string) (*Reader, error) {
	z, err := zip.OpenReader(path)
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, damaged("%s is no archive, or only its beginning", filepath.Base(path))
	}
	if err != nil {
		return nil, err
	}
	r := &Reader{path: path, zip: z, files: map[string]*zip.File{}, entries: map[string]FileEntry{}}
	if err := r.open(); err != nil {
		return nil, errors.Join(err, z.Close())
	}
	return r, nil
}

// Close closes the file.
func (r *Reader) Close() error { return r.zip.Close() }

func (r *Reader) open() error {
	for _, f := range r.zip.File {
		if err := checkName(f); err != nil {
			return err
		}
		if r.files[f.Name] != nil {
			return damaged("it holds %q twice", f.Name)
		}
		r.files[f.Name] = f
	}
	if err := r.readManifest(); err != nil {
		return err
	}
	return r.checkManifest()
}

// checkName lets through what Write writes: no folder, no link, and no name
// that leads out of the place where it is put.
func checkName(f *zip.File) error {
	name := f.Name
	if !f.Mode().IsRegular() || f.Flags&1 != 0 || f.Method != zip.Deflate && f.Method != zip.Store {
		return damaged("%q is not an ordinary file", name)
	}
	if !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)) || strings.ContainsAny(name, "\\:\x00") {
		return damaged("the name %q leads out of it", name)
	}
	if name != manifestName && !strings.HasPrefix(name, tablePrefix) && !strings.HasPrefix(name, mediaPrefix) {
		return damaged("%q belongs in no archive", name)
	}
	return nil
}

func (r *Reader) readManifest() error {
	f := r.files[manifestName]
	if f == nil {
		return damaged("it has no manifest")
	}
	in, err := f.Open()
	if err != nil {
		return damaged("its manifest cannot be read (%v)", err)
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, maxManifest+1))
	if err != nil || len(raw) > maxManifest {
		return damaged("its manifest cannot be read (%d bytes, %v)", len(raw), err)
	}
	var form struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(raw, &form); err != nil {
		return damaged("its manifest is no JSON (%v)", err)
	}
	if form.Format > Format {
		return ErrNewer
	}
	if form.Format != Format {
		return damaged("its manifest has no format")
	}
	if err := json.Unmarshal(raw, &r.Manifest); err != nil {
		return damaged("its manifest cannot be understood (%v)", err)
	}
	return nil
}

// checkManifest compares the list of files with the files.
func (r *Reader) checkManifest() error {
	var total, small int64
	for _, e := range r.Manifest.Files {
		f := r.files[e.Name]
		if f == nil || e.Name == manifestName {
			return damaged("it lacks %q", e.Name)
		}
		if _, twice := r.entries[e.Name]; twice {
			return damaged("its manifest names %q twice", e.Name)
		}
		if e.Bytes < 0 || f.UncompressedSize64 != uint64(e.Bytes) {
			return damaged("%q has not the size that the manifest says", e.Name)
		}
		r.entries[e.Name] = e
		total, small = total+e.Bytes, small+int64(f.CompressedSize64)
		if total < 0 || total > bombSize && total/bombRatio > small {
			return damaged("it would grow beyond all reason when it is unpacked")
		}
	}
	if len(r.files) != len(r.entries)+1 {
		return damaged("it holds files that the manifest does not name")
	}
	seen := map[string]bool{}
	for _, t := range r.Manifest.Tables {
		if _, ok := r.entries[tableFile(t.Name)]; !ok || seen[t.Name] {
			return damaged("the table %q is not there once", t.Name)
		}
		seen[t.Name] = true
	}
	for name := range r.entries {
		if table, ok := strings.CutPrefix(name, tablePrefix); ok && !seen[strings.TrimSuffix(table, tableSuffix)] {
			return damaged("%q is no table of the manifest", name)
		}
	}
	return nil
}

// checked is a file of the archive that is compared with the manifest while it
// is read: its end is only reached when all of it was right.
type checked struct {
	io.ReadCloser
	entry FileEntry
	left  int64
	sum   hash.Hash
}

func (r *Reader) file(name string) (*checked, error) {
	f, e := r.files[name], r.entries[name]
	if f == nil {
		return nil, damaged("it lacks %q", name)
	}
	in, err := f.Open()
	if err != nil {
		return nil, damaged("%q cannot be read (%v)", name, err)
	}
	return &checked{in, e, e.Bytes, sha256.New()}, nil
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.sum.Write(p[:n])
	if c.left -= int64(n); c.left < 0 {
		return 0, damaged("%q is longer than the manifest says", c.entry.Name)
	}
	if err == io.EOF {
		if c.left > 0 || hex.EncodeToString(c.sum.Sum(nil)) != c.entry.SHA256 {
			return 0, damaged("%q is not what was written", c.entry.Name)
		}
		return n, io.EOF
	}
	if err != nil {
		return 0, damaged("%q cannot be read to its end (%v)", c.entry.Name, err)
	}
	return n, nil
}

// Check reads every file whole and compares it with the manifest, and then the
// archive itself with its seal.
func (r *Reader) Check(ctx context.Context) error {
	for _, e := range r.Manifest.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := r.file(e.Name)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return checkSeal(r.path, r.zip.Comment)
}

// Tables are the archive's tables.
func (r *Reader) Tables() []Table {
	out := make([]Table, len(r.Manifest.Tables))
	for i, t := range r.Manifest.Tables {
		out[i] = t.Table
	}
	return out
}

// Each gives a table's rows.
func (r *Reader) Each(ctx context.Context, table string, row func(values []any) error) error {
	at := slices.IndexFunc(r.Manifest.Tables, func(t TableEntry) bool { return t.Name == table })
	if at < 0 {
		return damaged("it lacks the table %q", table)
	}
	entry := r.Manifest.Tables[at]
	f, err := r.file(tableFile(table))
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 64<<10), maxLine+1)
	values := make([]any, len(entry.Columns))
	var n int64
	for lines.Scan() {
		if n++; n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := parseRow(lines.Bytes(), values); err != nil {
			return damaged("row %d of table %s cannot be read (%v)", n, table, err)
		}
		if err := row(values); err != nil {
			return fmt.Errorf("row %d of table %s: %w", n, table, err)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if n != entry.Rows {
		return damaged("table %s has %d rows and not %d", table, n, entry.Rows)
	}
	return nil
}

// Pictures hands each picture to put, by its path below the media folder. A
// reader whose content is not what was written ends with an error instead of
// its end, so put must keep nothing before that.
func (r *Reader) Pictures(ctx context.Context, put func(name string, content io.Reader) error) error {
	for _, e := range r.Manifest.Files {
		name, ok := strings.CutPrefix(e.Name, mediaPrefix)
		if !ok {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := r.file(e.Name)
		if err != nil {
			return err
		}
		if err := errors.Join(put(name, f), f.Close()); err != nil {
			return fmt.Errorf("picture %s: %w", name, err)
		}
	}
	return nil
}
