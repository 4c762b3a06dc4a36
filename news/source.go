package news

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// paperFile describes the paper itself, at the top of its folder.
const paperFile = "publication.yaml"

// Source is where an import takes files from. Nothing outside FS is ever read.
type Source struct {
	FS     fs.FS
	Start  string // the file or folder in FS to take; "." for all
	Shown  string // how the importer named Start
	Origin string // the address of FS's top, the same in every run
}

// OpenSource opens a file or a folder. Pictures may lie anywhere in the paper's
// folder, which is the nearest one above that holds a publication.yaml, or else
// in the folder itself; symbolic links do not lead out of it. Close the closer
// when the import is done.
func OpenSource(name string) (Source, io.Closer, error) {
	full, err := filepath.Abs(name)
	if err == nil {
		full, err = filepath.EvalSymlinks(full)
	}
	if err != nil {
		return Source{}, nil, pathReason(err)
	}
	info, err := os.Stat(full)
	if err != nil {
		return Source{}, nil, pathReason(err)
	}
	top := full
	if !info.IsDir() {
		top = filepath.Dir(full)
	}
	for dir := top; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, paperFile)); err == nil {
			top = dir
			break
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	start, err := filepath.Rel(top, full)
	if err != nil {
		return Source{}, nil, err
	}
	root, err := os.OpenRoot(top)
	if err != nil {
		return Source{}, nil, pathReason(err)
	}
	return Source{FS: root.FS(), Start: filepath.ToSlash(start), Shown: filepath.Clean(name), Origin: filepath.ToSlash(top)}, root, nil
}

// pathReason says what is wrong with a path without the name of the system
// call.
func pathReason(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("it is not there")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("it may not be read")
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// files lists what there is to take, the paper itself first, then by path.
// Hidden files and folders, and notes about a folder, are none of the paper's.
func (s Source) files() ([]string, error) {
	info, err := fs.Stat(s.FS, s.Start)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Shown, pathReason(err))
	}
	if !info.IsDir() {
		return []string{s.Start}, nil
	}
	var files []string
	err = fs.WalkDir(s.FS, s.Start, func(name string, d fs.DirEntry, err error) error {
		hidden := name != s.Start && strings.HasPrefix(path.Base(name), ".")
		switch {
		case err != nil && d != nil && d.IsDir() && name != s.Start:
			return fs.SkipDir // a folder that may not be read
		case err != nil:
			return err
		case hidden && d.IsDir():
			return fs.SkipDir
		case hidden || d.IsDir():
			return nil
		}
		if name == paperFile || isStory(name) && !strings.EqualFold(baseName(name), "readme") {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Shown, pathReason(err))
	}
	slices.SortFunc(files, func(a, b string) int {
		if (a == paperFile) != (b == paperFile) {
			return map[bool]int{true: -1, false: 1}[a == paperFile]
		}
		return strings.Compare(a, b)
	})
	return files, nil
}

// read reads a regular file of at most limit bytes, or one byte more of a
// larger one.
func (s Source) read(name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(s.FS, name)
	if err != nil {
		return nil, pathReason(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	f, err := s.FS.Open(name)
	if err != nil {
		return nil, pathReason(err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, pathReason(err)
	}
	return content, nil
}

// pictures finds the pictures of one file and remembers them.
type pictures struct {
	src    Source
	file   string
	found  map[string]Figure
	images []Image
}

func newPictures(src Source, file string) *pictures {
	return &pictures{src: src, file: file, found: map[string]Figure{}}
}

// find reads the picture at an address in the file, relative to the file.
func (p *pictures) find(src string) (Figure, error) {
	if fig, ok := p.found[src]; ok {
		return fig, nil
	}
	if ownPicture(src) {
		return Figure{Src: src}, nil // it was imported before
	}
	name, err := url.PathUnescape(src)
	switch {
	case err != nil || strings.ContainsAny(name, "\x00\\"):
		return Figure{}, errors.New("that is not a path")
	case strings.Contains(src, "://") || strings.HasPrefix(src, "//") || strings.HasPrefix(src, "data:"):
		return Figure{}, errors.New("pictures are files beside the story, so that no reader's visit is told to another site")
	}
	name = path.Join(path.Dir(p.file), name)
	if path.IsAbs(src) || !fs.ValidPath(name) || name == "." {
		return Figure{}, errOutside
	}
	content, err := p.src.read(name, MaxPicture)
	if err != nil {
		return Figure{}, err
	}
	image, err := ReadPicture(content)
	if err != nil {
		return Figure{}, err
	}
	fig := Figure{Src: image.Src(), Width: image.Width, Height: image.Height}
	p.found[src], p.images = fig, append(p.images, image)
	return fig, nil
}

// opening is a story's opening picture. What the file says of its size counts
// only where the picture was imported before and cannot be measured.
func (p *pictures) opening(d figureDraft) (*Figure, error) {
	fig, err := p.find(d.src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.src, err)
	}
	fig.Alt, fig.Caption, fig.Credit = d.alt, d.caption, d.credit
	if fig.Width == 0 {
		fig.Width, fig.Height = d.width, d.height
	}
	return &fig, nil
}

// rewrite gives the pictures in a source their new addresses, so that what is
// kept stands on its own.
func (p *pictures) rewrite(source string) string {
	var pairs []string
	for _, old := range slices.Sorted(maps.Keys(p.found)) {
		for _, after := range []string{")", " ", "\n"} {
			pairs = append(pairs, "]("+old+after, "]("+p.found[old].Src+after)
		}
		pairs = append(pairs, "](<"+old+">", "]("+p.found[old].Src)
	}
	return strings.NewReplacer(pairs...).Replace(source)
}
