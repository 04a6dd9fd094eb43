package architecture

import (
	"go/ast"
	"slices"
	"strconv"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/validate"
)

// An expectation is listed twice, because blueprints may not know the runtime:
// where it is loaded and where it is judged.
func TestExpectationsAreLoadedAndJudgedAlike(t *testing.T) {
	loaded, judged := loadedExpectations(t), validate.Expectations()
	slices.Sort(judged)
	for _, name := range loaded {
		if !slices.Contains(judged, name) {
			t.Errorf("%s is in blueprints/expectations.go and not in runtime/validate/registry.go", name)
		}
	}
	for i, name := range judged {
		if !slices.Contains(loaded, name) {
			t.Errorf("%s is in runtime/validate/registry.go and not in blueprints/expectations.go", name)
		}
		if i > 0 && judged[i-1] == name {
			t.Errorf("%s is in runtime/validate/registry.go twice", name)
		}
	}
}

// loadedExpectations reads the names in the loader's table.
func loadedExpectations(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, s := range project(t) {
		if s.path != "blueprints/expectations.go" {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name != "expectations" {
				continue
			}
			for _, result := range f.Body.List {
				if r, ok := result.(*ast.ReturnStmt); ok {
					out = append(out, mapKeys(r.Results[0])...)
				}
			}
		}
	}
	if len(out) < 30 {
		t.Fatalf("only %d expectations were found in blueprints/expectations.go; has the table moved?", len(out))
	}
	return out
}

// mapKeys returns the texts that are keys of a map literal.
func mapKeys(e ast.Expr) []string {
	var out []string
	literal, ok := e.(*ast.CompositeLit)
	if !ok {
		return nil
	}
	for _, entry := range literal.Elts {
		if pair, ok := entry.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.BasicLit); ok {
				name, _ := strconv.Unquote(key.Value)
				out = append(out, name)
			}
		}
	}
	return out
}
