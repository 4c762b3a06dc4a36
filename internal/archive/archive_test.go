package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shelf is a source that lies in memory.
type shelf struct {
	tables []Table
	rows   map[string][][]any
}

func (s shelf) Tables() []Table { return s.tables }

func (s shelf) Each(_ context.Context, table string, row func([]any) error) error {
	for _, r := range s.rows[table] {
		if err := row(r); err != nil {
			return err
		}
	}
	return nil
}

func paper() shelf {
	columns := []Column{{"id", Int}, {"text", Text}, {"true", Bool}, {"raw", Bytes}, {"real", Real}}
	return shelf{[]Table{{"odd", columns}, {"empty", columns[:1]}}, map[string][][]any{"odd": {
		{int64(1), "plain", true, []byte("\x00\xff"), 0.1},
		{int64(math.MinInt64), "tab\t \"q\" \\ \x00 \u2028 🗞", false, []byte{}, math.Inf(-1)},
		{int64(math.MaxInt64), "not \xff utf-8", nil, nil, 5e-324},
		{nil, "", int64(1), nil, 1.0},
	}}}
}

var pictures = fstest.MapFS{
	"aa.jpg": {Data: bytes.Repeat([]byte("picture"), 3000)}, "b/c.svg": {Data: []byte("<svg/>")}, ".part": {Data: []byte("half")},
}

var about = About{Program: "test", Schema: 6, Engine: "sqlite", Made: time.Date(2024, 4, 12, 12, 0, 0, 0, time.UTC)}

func written(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := Write(t.Context(), &b, about, paper(), pictures); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tried opens an archive and reads all of it.
func tried(t *testing.T, content []byte) (*Reader, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { r.Close() })
	return r, r.Check(t.Context())
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	r, err := tried(t, written(t))
	if err != nil {
		t.Fatal(err)
	}
	if m := r.Manifest; m.About != about || m.Rows() != 4 || m.Media() != 2 {
		t.Errorf("%+v", m)
	}
	var got [][]any
	err = r.Each(t.Context(), "odd", func(v []any) error { got = append(got, append([]any(nil), v...)); return nil })
	if err != nil {
		t.Fatal(err)
	}
	want := paper().rows["odd"]
	want[3][2] = true // truth that an engine keeps as a number
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	names := map[string]int{}
	err = r.Pictures(t.Context(), func(name string, content io.Reader) error {
		raw, err := io.ReadAll(content)
		names[name] = len(raw)
		return err
	})
	if diff := cmp.Diff(map[string]int{"aa.jpg": 21000, "b/c.svg": 6}, names); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := Compare(t.Context(), r.Manifest, paper()); err != nil {
		t.Error(err)
	}
}

func TestComparingSeesEveryDifference(t *testing.T) {
	t.Parallel()
	r, err := tried(t, written(t))
	if err != nil {
		t.Fatal(err)
	}
	swapped := paper()
	odd := swapped.rows["odd"]
	odd[0], odd[2] = odd[2], odd[0]
	if err := Compare(t.Context(), r.Manifest, swapped); err != nil {
		t.Errorf("another order: %v", err)
	}
	odd[1][1] = "else"
	if err := Compare(t.Context(), r.Manifest, swapped); err == nil {
		t.Error("another text is taken for equal")
	}
	odd[1] = odd[0]
	if err := Compare(t.Context(), r.Manifest, swapped); err == nil {
		t.Error("a row twice is taken for equal")
	}
	swapped.rows["odd"] = odd[:3]
	if err := Compare(t.Context(), r.Manifest, swapped); err == nil {
		t.Error("a row less is taken for equal")
	}
}

func TestAFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	whole := written(t)
	dice := rand.New(rand.NewPCG(1, 2))
	for range 600 {
		at, bit := dice.IntN(len(whole)), byte(1)<<dice.IntN(8)
		broken := bytes.Clone(whole)
		broken[at] ^= bit
		if _, err := tried(t, broken); err == nil {
			t.Errorf("byte %d, bit %08b: nobody saw it", at, bit)
		}
	}
}

func TestATruncatedArchiveIsRefused(t *testing.T) {
	t.Parallel()
	whole := written(t)
	for n := 0; n < len(whole); n += 1 + len(whole)/200 {
		if _, err := tried(t, whole[:n]); err == nil {
			t.Errorf("%d of %d bytes are taken for whole", n, len(whole))
		}
	}
}

// forge writes an archive with the files of a whole one, changed by hand.
func forge(t *testing.T, change func(z *zip.Writer, m *Manifest)) []byte {
	t.Helper()
	whole, err := zip.NewReader(bytes.NewReader(written(t)), int64(len(written(t))))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	s := seal(&b)
	z := zip.NewWriter(s)
	var m Manifest
	for _, f := range whole.File {
		if f.Name != manifestName {
			if err := z.Copy(f); err != nil {
				t.Fatal(err)
			}
			continue
		}
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewDecoder(in).Decode(&m); err != nil {
			t.Fatal(err)
		}
	}
	change(z, &m)
	out, err := z.Create(manifestName)
	if err == nil {
		err = json.NewEncoder(out).Encode(m)
	}
	if err := errors.Join(err, z.SetComment(noSeal), z.Close(), s.finish()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// put adds a file and its line in the manifest, as Write would.
func put(t *testing.T, z *zip.Writer, m *Manifest, name string, mode fs.FileMode, content []byte) {
	t.Helper()
	h := &zip.FileHeader{Name: name, Method: zip.Deflate}
	h.SetMode(mode)
	out, err := z.CreateHeader(h)
	if err == nil {
		_, err = out.Write(content)
	}
	if err != nil {
		t.Fatal(err)
	}
	m.Files = append(m.Files, FileEntry{name, int64(len(content)), ""})
}

func TestHostileArchivesAreRefusedBeforeTheyAreUnpacked(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		says string
		make func(z *zip.Writer, m *Manifest)
	}{
		"a way up":        {"leads out", func(z *zip.Writer, m *Manifest) { put(t, z, m, "media/../../evil", 0o600, nil) }},
		"an absolute way": {"leads out", func(z *zip.Writer, m *Manifest) { put(t, z, m, "/media/evil", 0o600, nil) }},
		"a backslash":     {"leads out", func(z *zip.Writer, m *Manifest) { put(t, z, m, `media/..\evil`, 0o600, nil) }},
		"a link": {"ordinary", func(z *zip.Writer, m *Manifest) {
			put(t, z, m, "media/link", 0o777|fs.ModeSymlink, []byte("/etc/passwd"))
		}},
		"a device":        {"ordinary", func(z *zip.Writer, m *Manifest) { put(t, z, m, "media/null", 0o666|fs.ModeDevice, nil) }},
		"a folder":        {"", func(z *zip.Writer, m *Manifest) { put(t, z, m, "media/folder/", 0o700|fs.ModeDir, nil) }},
		"a stranger":      {"belongs", func(z *zip.Writer, m *Manifest) { put(t, z, m, "secrets.json", 0o600, nil) }},
		"a name twice":    {"twice", func(z *zip.Writer, m *Manifest) { put(t, z, m, "media/aa.jpg", 0o600, nil) }},
		"an unnamed file": {"does not name", func(z *zip.Writer, m *Manifest) { put(t, z, &Manifest{}, "media/more.jpg", 0o600, nil) }},
		"a missing file":  {"lacks", func(z *zip.Writer, m *Manifest) { m.Files = append(m.Files, FileEntry{"media/gone", 0, ""}) }},
		"another size":    {"size", func(z *zip.Writer, m *Manifest) { m.Files[0].Bytes++ }},
		"another sum":     {"not what was written", func(z *zip.Writer, m *Manifest) { m.Files[0].SHA256 = strings.Repeat("0", 64) }},
		"no such table":   {"not there once", func(z *zip.Writer, m *Manifest) { m.Tables[0].Name = "ghost" }},
		"a hidden table":  {"no table", func(z *zip.Writer, m *Manifest) { m.Tables = m.Tables[1:] }},
		"no form":         {"no format", func(z *zip.Writer, m *Manifest) { m.Format = 0 }},
		"a newer form":    {"newer program", func(z *zip.Writer, m *Manifest) { m.Format = Format + 1 }},
		"a bomb": {"beyond all reason", func(z *zip.Writer, m *Manifest) {
			put(t, z, m, "media/bomb.svg", 0o600, make([]byte, 2*bombSize))
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tried(t, forge(t, c.make))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := tried(t, forge(t, func(*zip.Writer, *Manifest) {})); err != nil {
		t.Errorf("an archive with nothing wrong: %v", err)
	}
}

// A size that lies is caught while the file is read.
func TestAFileThatGrowsWhileItIsReadIsRefused(t *testing.T) {
	t.Parallel()
	r, err := tried(t, written(t))
	if err != nil {
		t.Fatal(err)
	}
	e := r.entries["media/aa.jpg"]
	e.Bytes -= 5
	r.entries["media/aa.jpg"] = e
	f, err := r.file("media/aa.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, f); err == nil || !strings.Contains(err.Error(), "longer") {
		t.Errorf("%v", err)
	}
}

// brimming is a disk that is full after some bytes.
type brimming int

func (b *brimming) Write(p []byte) (int, error) {
	if *b -= brimming(len(p)); *b < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

func TestAFullDiskIsAnError(t *testing.T) {
	t.Parallel()
	for _, room := range []brimming{0, 10_000} {
		if _, err := Write(t.Context(), &room, about, paper(), pictures); err == nil {
			t.Error("a full disk went unnoticed")
		}
	}
}
