// Package importtest holds the plan of the house: which room may import which,
// and which outside libraries each may use. Its test reads every Go file of the
// module and names each that breaks the plan. It knows import paths only, not
// what the rooms do.
package importtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Module is the module's path, the beginning of every room's.
const Module = "broadsheet"

// anything lets a room import every other.
const anything = "*"

// subjects are the rooms that hold the paper's own matter.
var subjects = []string{"news", "reader", "billing", "paywall", "comment", "voices", "delivery", "ads", "alert", "desk", "numbers"}

// Rooms is the plan: what each room may import beside the standard library,
// internal/… and its own libraries. A room that is not here has no place.
var Rooms = map[string][]string{
	"cmd/broadsheet": {anything},
	"bench":          {anything},
	"e2e":            {anything},
	"e2e/shots":      {anything},

	"news":              {},
	"reader":            {},
	"billing":           {},
	"billing/stripepay": {"billing"},
	"billing/standin":   {},
	"paywall":           {"news", "reader", "billing"},

	"comment":  {"news", "reader", "billing", "paywall"},
	"voices":   {"news", "reader", "billing", "paywall"},
	"delivery": {"news", "reader", "billing", "paywall"},
	"ads":      {"news", "reader", "billing", "paywall"},
	"alert":    {"news", "reader", "billing", "paywall"},
	"desk":     {"news", "reader", "billing", "paywall"},
	"numbers":  {"news", "reader", "billing", "paywall"},

	"journey":    with(subjects, "views/mail"),
	"static":     {},
	"views":      with(subjects, "static"),
	"views/mail": with(subjects, "views", "static"),
	"views/pdf":  {"views"},
	"handlers":   with(subjects, "journey", "views", "views/mail", "views/pdf", "static"),

	"store":           subjects,
	"store/storetest": with(subjects, "store", "journey"),
	"demo":            {},
	"drill":           {},
	"internal":        {}, // every room below internal/
}

// Libraries are outside packages that belong to few rooms.
var Libraries = map[string][]string{
	"github.com/labstack/echo":           {"handlers"},
	"github.com/alexedwards/scs":         {"handlers"},
	"github.com/stripe/stripe-go":        {"billing/stripepay"},
	"github.com/jackc/pgx":               {"store", "internal/pgtest", "drill"},
	"modernc.org/sqlite":                 {"store", "internal/lite", "billing/standin", "drill"},
	"github.com/pressly/goose":           {"store"},
	"database/sql":                       {"store", "billing/standin", "internal/lite", "internal/pgtest", "drill"},
	"github.com/yuin/goldmark":           {"news"},
	"github.com/microcosm-cc/bluemonday": {"news"},
	"github.com/go-webauthn/webauthn":    {"desk"},
	"rsc.io/qr":                          {"desk"},
	"github.com/wneessen/go-mail":        {"internal/mail"},
	"github.com/caarlos0/env":            {"internal/config"},
	"github.com/joho/godotenv":           {"internal/config"},
	"codeberg.org/go-pdf/fpdf":           {"views/pdf"},
	"golang.org/x/image":                 {"news", "views/pdf"},
	"github.com/a-h/templ":               {"views", "views/mail", "handlers"},
}

// RuleRooms are where time is an argument: none of them asks a clock.
var RuleRooms = with(subjects, "billing/stripepay", "journey", "views", "views/mail", "static", "store")

// MoneyRooms reckon with money: none of them holds a float.
var MoneyRooms = []string{"billing", "billing/stripepay", "billing/standin", "journey", "views", "views/mail"}

func with(base []string, more ...string) []string { return append(slices.Clone(base), more...) }

// roomOf is the room that a folder belongs to.
func roomOf(dir string) string {
	if dir == "internal" || strings.HasPrefix(dir, "internal/") {
		return "internal"
	}
	return dir
}

// Check reads every Go file below root that is not a test and reports, a line
// each, what breaks the plan.
func Check(root string) ([]string, error) {
	var wrong []string
	err := walk(root, func(rel string) error {
		if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, filepath.Join(root, rel), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		wrong = append(wrong, checkImports(rel, f)...)
		wrong = append(wrong, checkClock(rel, f)...)
		wrong = append(wrong, checkFloats(rel, f)...)
		return nil
	})
	return wrong, err
}

func checkImports(rel string, f *ast.File) []string {
	dir := filepath.ToSlash(filepath.Dir(rel))
	allowed, known := Rooms[roomOf(dir)]
	if !known {
		return []string{fmt.Sprintf("%s: %s is no room of the plan", rel, dir)}
	}
	var wrong []string
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if mine, ok := strings.CutPrefix(path, Module+"/"); ok {
			if !mayImport(dir, allowed, mine) {
				wrong = append(wrong, fmt.Sprintf("%s: %s may not import %s", rel, dir, mine))
			}
			continue
		}
		for lib, rooms := range Libraries {
			if (path == lib || strings.HasPrefix(path, lib+"/")) && !slices.Contains(rooms, dir) && !slices.Contains(allowed, anything) {
				wrong = append(wrong, fmt.Sprintf("%s: %s is for %s only", rel, path, strings.Join(rooms, " and ")))
			}
		}
	}
	return wrong
}

func mayImport(dir string, allowed []string, target string) bool {
	return slices.Contains(allowed, anything) || roomOf(target) == "internal" ||
		slices.Contains(allowed, target) && target != dir
}

// checkClock finds calls of time.Now, Since and Until where time is an argument.
func checkClock(rel string, f *ast.File) []string {
	if !slices.Contains(RuleRooms, filepath.ToSlash(filepath.Dir(rel))) {
		return nil
	}
	var wrong []string
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := sel.X.(*ast.Ident)
		if ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name) {
			wrong = append(wrong, fmt.Sprintf("%s: asks time.%s; in this room time is an argument", rel, sel.Sel.Name))
		}
		return true
	})
	return wrong
}

// walk visits every file of the module, with its path from root. Other modules
// and folders that no build reads are left out.
func walk(root string, visit func(rel string) error) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			name := d.Name()
			if rel != "." && (strings.HasPrefix(name, ".") || name == "data" || name == "bin" || name == "testdata" || isModule(path)) {
				return fs.SkipDir
			}
			return nil
		}
		return visit(filepath.ToSlash(rel))
	})
}

func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}
