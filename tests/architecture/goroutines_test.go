package architecture

import (
	"fmt"
	"go/ast"
	"strings"
	"testing"
)

// A panic in a goroutine that nothing guards ends the program with exit code 2,
// which means wrong input.
func TestEveryGoroutineIsGuarded(t *testing.T) {
	byPackage := map[string][]source{}
	for _, s := range project(t) {
		if !s.test() && !strings.HasPrefix(s.path, "tests/") {
			byPackage[s.pkg()] = append(byPackage[s.pkg()], s)
		}
	}
	started := 0
	for _, files := range byPackage {
		unguarded, n := unguardedGoroutines(files)
		started += n
		for _, u := range unguarded {
			t.Error(u)
		}
	}
	if started < 30 {
		t.Errorf("only %d places that start a goroutine were found; has what starts them a new name?", started)
	}
}

func TestTheRuleAboutGoroutinesBites(t *testing.T) {
	for text, wrong := range map[string]bool{
		"go func() {}()":                                             true,
		"go func() { defer crash.Guard() }()":                        false,
		"go func() { defer crash.Guard(); defer close(done) }()":     true, // the waiter is told first
		"go func() { defer close(done); defer crash.Guard() }()":     false,
		"go func() { defer func() { failed = recover() }(); f() }()": false,
		"go f()":                     true,
		"go g()":                     false,
		"go crash.Guarded(f)()":      false,
		"group.Go(f)":                true,
		"group.Go(crash.Guarded(f))": false,
		"group.Go(func() { f() })":   true,
		"group.Go(func() { defer crash.Guard() })": false,
		"time.AfterFunc(d, f)":                     true,
		"time.AfterFunc(d, crash.Guarded(f))":      false,
	} {
		s := mustParse(t, "runtime/x/x.go",
			"package x\nfunc f() {}\nfunc g() { defer crash.Guard(); f() }\nfunc start() { "+text+" }\n")
		if got, _ := unguardedGoroutines([]source{s}); (len(got) > 0) != wrong {
			t.Errorf("%s: found %v", text, got)
		}
	}
}

// unguardedGoroutines are the places of a package that start a goroutine without
// crash.Guard, and how many start one.
func unguardedGoroutines(files []source) (out []string, started int) {
	named := map[string]*ast.BlockStmt{}
	for _, s := range files {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				named[f.Name.Name] = f.Body
			}
		}
	}
	for _, s := range files {
		ast.Inspect(s.file, func(n ast.Node) bool {
			var what ast.Expr
			switch n := n.(type) {
			case *ast.GoStmt:
				what = n.Call.Fun
			case *ast.CallExpr:
				if what = startedBy(n); what == nil {
					return true
				}
			default:
				return true
			}
			if started++; !guarded(what, named) {
				out = append(out, fmt.Sprintf("%s:%d: starts a goroutine without `defer crash.Guard()` as its last defer (or crash.Guarded(f)): a panic there would end the program with exit code 2; see package runtime/crash",
					s.path, s.fset.Position(n.Pos()).Line))
			}
			return true
		})
	}
	return out, started
}

// startedBy is the function that a call runs on another goroutine, or nil.
func startedBy(c *ast.CallExpr) ast.Expr {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	switch {
	case ok && sel.Sel.Name == "Go" && len(c.Args) == 1:
		return c.Args[0]
	case ok && sel.Sel.Name == "AfterFunc" && len(c.Args) == 2:
		return c.Args[1]
	}
	return nil
}

func guarded(f ast.Expr, named map[string]*ast.BlockStmt) bool {
	switch f := f.(type) {
	case *ast.CallExpr:
		return calls(f, "Guarded")
	case *ast.FuncLit:
		return guardedBody(f.Body)
	case *ast.Ident:
		return guardedBody(named[f.Name])
	case *ast.SelectorExpr:
		return guardedBody(named[f.Sel.Name])
	}
	return false
}

// guardedBody reports whether the last defer guards, or some defer recovers.
func guardedBody(b *ast.BlockStmt) bool {
	if b == nil {
		return false
	}
	last := false
	for _, stmt := range b.List {
		d, ok := stmt.(*ast.DeferStmt)
		if !ok {
			continue
		}
		if f, ok := d.Call.Fun.(*ast.FuncLit); ok && recovers(f.Body) {
			return true
		}
		last = calls(d.Call, "Guard")
	}
	return last
}

// calls reports whether the call is of the function of package crash.
func calls(c *ast.CallExpr, name string) bool {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == "crash"
}

func recovers(b *ast.BlockStmt) bool {
	found := false
	ast.Inspect(b, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			if id, ok := c.Fun.(*ast.Ident); ok && id.Name == "recover" {
				found = true
			}
		}
		return !found
	})
	return found
}
