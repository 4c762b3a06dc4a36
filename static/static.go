// Package static holds what every page of the paper shares: style sheets, the one script, fonts and the neutral icon.
// They are embedded in the program, joined and rewritten once when it starts, and served under addresses that carry a
// fingerprint of their content, so that a browser may keep them for ever and a new release is seen at once.
//
// It knows bytes, names and HTTP's rules for them. It refuses to know any publication: pictures, wordmark, icon and
// colour of a paper are data of that paper (AccentCSS only writes the sheet that such data asks for). It knows no
// router either; Handler is plain net/http.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strings"
)

// Prefix is the path under which Handler expects to be mounted.
const Prefix = "/static/"

//go:embed css js fonts/*.woff2 icons
var files embed.FS

// assets is filled once, before any other package can ask, and never written afterwards.
var assets = mustLoad(files)

// library finds an asset by the name that the source uses and by the address that a browser uses.
type library struct {
	byName map[string]*asset
	byPath map[string]*asset
}

// URL returns the fingerprinted address of an asset, such as "/static/paper.3f2a9c1d.css" for "css/paper.css". Names
// are paths inside this directory; the parts of css/paper/ count as the one sheet css/paper.css. An unknown name is a
// mistake in the program and panics: every view is rendered by a test, which therefore finds it.
func URL(name string) string {
	a, ok := assets.byName[name]
	if !ok {
		panic("static: no asset is called " + name)
	}
	return a.path
}

// Preload is a file that a page should ask for before its style sheet names it.
type Preload struct {
	Href string // fingerprinted address
	As   string // destination, as in <link rel=preload as=…>
	Type string // media type
}

// Preloads returns the two faces that every page sets in its first screen: the roman and the sans. The italic waits
// until a page uses it.
func Preloads() []Preload {
	var list []Preload
	for _, name := range []string{"fonts/newsreader-latin.woff2", "fonts/public-sans-latin.woff2"} {
		list = append(list, Preload{Href: URL(name), As: "font", Type: "font/woff2"})
	}
	return list
}

func mustLoad(from fs.FS) library {
	lib, err := load(from)
	if err != nil {
		panic("static: " + err.Error())
	}
	return lib
}

// load reads every embedded file, joins the parts of each sheet, and adds the sheets last, because their addresses
// depend on those of the fonts that they name.
func load(from fs.FS) (library, error) {
	lib := library{byName: map[string]*asset{}, byPath: map[string]*asset{}}
	sheets := map[string][]byte{}
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		if path.Ext(name) == ".css" {
			whole := sheetName(name)
			sheets[whole] = append(sheets[whole], body...) // WalkDir goes in the order of names, which is the order of parts
			return nil
		}
		return lib.add(name, body)
	})
	if err != nil {
		return library{}, err
	}
	names := make([]string, 0, len(sheets))
	for name := range sheets {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		body, err := lib.rewrite(name, sheets[name])
		if err != nil {
			return library{}, err
		}
		if err := lib.add(name, squeeze(body)); err != nil {
			return library{}, err
		}
	}
	return lib, nil
}

// sheetName says which sheet a source file belongs to: css/paper/20-base.css is a part of css/paper.css.
func sheetName(name string) string {
	if dir := path.Dir(name); path.Dir(dir) == "css" {
		return dir + ".css"
	}
	return name
}

func (l library) add(name string, body []byte) error {
	ext := path.Ext(name)
	kind, ok := kinds[ext]
	if !ok {
		return fmt.Errorf("%s: no media type is known for %q", name, ext)
	}
	digest := sha256.Sum256(body)
	sum := hex.EncodeToString(digest[:4])
	a := &asset{
		path:  Prefix + strings.TrimSuffix(path.Base(name), ext) + "." + sum + ext,
		kind:  kind,
		sum:   sum,
		plain: body,
		dense: ext == ".woff2", // already brotli inside: a second pass would only cost time
	}
	if twin, taken := l.byPath[a.path]; taken {
		return fmt.Errorf("%s and another file share the address %s", name, twin.path)
	}
	l.byName[name], l.byPath[a.path] = a, a
	return nil
}

// kinds are the media types that the room serves. A closed list: the system's own table differs between machines.
var kinds = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

var urlInCSS = regexp.MustCompile(`url\("([^"]*)"\)`)

// rewrite turns each url("…") of a sheet, written relative to its source file, into the fingerprinted address.
func (l library) rewrite(sheet string, body []byte) ([]byte, error) {
	var unknown error
	out := urlInCSS.ReplaceAllFunc(body, func(match []byte) []byte {
		ref := string(urlInCSS.FindSubmatch(match)[1])
		// Parts sit one directory below the sheet that they make, so both depths are tried.
		for _, base := range []string{path.Dir(sheet), strings.TrimSuffix(sheet, ".css")} {
			if a, ok := l.byName[path.Join(base, ref)]; ok {
				return []byte(`url("` + a.path + `")`)
			}
		}
		unknown = fmt.Errorf("%s names %q, which is not here", sheet, ref)
		return match
	})
	return out, unknown
}
