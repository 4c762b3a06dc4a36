package importtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"path/filepath"
	"slices"
)

// floating are names that make or hold a float, by their package; "" is the
// language itself.
var floating = map[string][]string{
	"":        {"float32", "float64", "complex64", "complex128"},
	"strconv": {"ParseFloat", "FormatFloat", "AppendFloat"},
	"big":     {"Float", "NewFloat", "ParseFloat"},
}

// checkFloats finds floats where money is reckoned with: their types, numbers
// with a fraction, and what makes them out of text.
func checkFloats(rel string, f *ast.File) []string {
	if !slices.Contains(MoneyRooms, filepath.ToSlash(filepath.Dir(rel))) {
		return nil
	}
	var wrong []string
	found := func(what string) {
		wrong = append(wrong, fmt.Sprintf("%s: %s is a float; money and its shares are whole numbers", rel, what))
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			if n.Path.Value == `"math"` {
				found("what package math reckons with")
			}
		case *ast.BasicLit:
			if n.Kind == token.FLOAT || n.Kind == token.IMAG {
				found(n.Value)
			}
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && slices.Contains(floating[pkg.Name], n.Sel.Name) {
				found(pkg.Name + "." + n.Sel.Name)
			}
		case *ast.Ident:
			if slices.Contains(floating[""], n.Name) {
				found(n.Name)
			}
		}
		return true
	})
	return wrong
}
