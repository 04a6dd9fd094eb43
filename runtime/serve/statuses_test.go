package serve

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// elsewhere are the statuses that no request for a prediction is answered with, by
// file: of paths that do not exist, of /drift, of a preview, and of visitors that are turned away
// before the endpoint hears of them, also because they are at the address of the other side.
var elsewhere = map[string][]string{
	"route.go": {"StatusNotFound"}, "health.go": {"StatusNotFound"}, "oip.go": {"StatusNotFound"},
	"grpc.go":    {"StatusMethodNotAllowed"},
	"preview.go": {"StatusNotFound"},
	"visitor.go": {"StatusForbidden", "StatusMisdirectedRequest"},
	"sides.go":   {"StatusNotFound"},
	// Who names no endpoint or model of ours asks none, and operators are not counted.
	"many.go":       {"StatusNotFound"},
	"repository.go": {"StatusNotFound"},
}

// TestEveryRefusalHasACounter reads the statuses from the source, since a status that
// a test does not provoke is the one that is forgotten.
func TestEveryRefusalHasACounter(t *testing.T) {
	counted := map[int]bool{}
	for _, s := range statuses {
		counted[s] = true
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if name, ok := call.Fun.(*ast.Ident); !ok || name.Name != "problem" {
				return true
			}
			status, ok := call.Args[0].(*ast.SelectorExpr)
			if !ok {
				t.Errorf("%s: a problem whose status is not a constant of net/http", f.Name())
				return true
			}
			found++
			if code, known := byName[status.Sel.Name]; !counted[code] &&
				!slices.Contains(elsewhere[f.Name()], status.Sel.Name) {
				t.Errorf("%s: http.%s (%d, known to the test: %t) has no counter", f.Name(),
					status.Sel.Name, code, known)
			}
			return true
		})
	}
	if found < 20 {
		t.Errorf("found %d problems in the source, too few to be all", found)
	}
}

// byName are the errors of net/http by the names of their constants, which follow
// from their texts.
var byName = func() map[string]int {
	out := map[string]int{}
	for code := 400; code < 600; code++ {
		if text := http.StatusText(code); text != "" {
			out["Status"+strings.NewReplacer(" ", "", "-", "").Replace(text)] = code
		}
	}
	return out
}()
