package architecture

import (
	"go/ast"
	"go/token"
	"testing"
)

// Package variables are tables: nobody writes to them once the program runs, so
// that no function depends on who was called before it.
func TestPackageVariablesAreNeverWritten(t *testing.T) {
	byPackage := map[string][]source{}
	for _, s := range project(t) {
		if !s.test() {
			byPackage[s.pkg()] = append(byPackage[s.pkg()], s)
		}
	}
	for _, files := range byPackage {
		for _, v := range writtenVariables(files) {
			t.Error(v)
		}
	}
}

func TestWrittenPackageVariablesAreFound(t *testing.T) {
	for text, wrong := range map[string]bool{
		"var n int\nfunc f() { n = 1 }":                                      true,
		"var n int\nfunc f() { n++ }":                                        true,
		"var m = map[string]int{}\nfunc f() { m[\"a\"] = 1 }":                true,
		"var s struct{ n int }\nfunc f() { s.n = 1 }":                        true,
		"var n int\nfunc f(n int) { n = 1 }":                                 false,
		"var n int\nfunc f() { n := 0; n++; _ = n }":                         false,
		"type T struct{ n int }\nfunc (t *T) f() { t.n = 1 }":                false,
		"var m = map[string]int{\"a\": 1}\nfunc f() int { return m[\"a\"] }": false,
	} {
		if got := writtenVariables([]source{mustParse(t, "runtime/x/x.go", "package x\n"+
			text)}); (len(got) > 0) != wrong {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// writtenVariables are the statements of one package that write to its variables.
// The parser resolves names within a file: one that it does not find there is of
// another file of the package.
func writtenVariables(files []source) []string {
	variables, top := map[string]bool{}, map[any]bool{}
	for _, s := range files {
		for _, d := range s.file.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
				for _, spec := range g.Specs {
					top[spec] = true
					for _, name := range spec.(*ast.ValueSpec).Names {
						variables[name.Name] = true
					}
				}
			}
		}
	}
	var out []string
	for _, s := range files {
		ast.Inspect(s.file, func(n ast.Node) bool {
			var to []ast.Expr
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					to = n.Lhs
				}
			case *ast.IncDecStmt:
				to = []ast.Expr{n.X}
			}
			for _, e := range to {
				if root := rootOf(e); root != nil && variables[root.Name] && (root.Obj == nil || top[root.Obj.Decl]) {
					out = append(out, s.path+" writes to the package variable "+root.Name)
				}
			}
			return true
		})
	}
	return out
}

// rootOf is the variable that an expression is a part of.
func rootOf(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}
