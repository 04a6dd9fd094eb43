package architecture

import (
	"fmt"
	"go/ast"
	"testing"
)

// maxMethodsOfType is how many methods a type of the runtime may have. One that has more does several things, each of
// which can be a type of its own.
const maxMethodsOfType = 45

func TestNoTypeOfTheRuntimeDoesEverything(t *testing.T) {
	var files []source
	for _, s := range project(t) {
		if under(s.pkg(), "runtime") && !s.test() {
			files = append(files, s)
		}
	}
	for _, wide := range wideTypes(files) {
		t.Error(wide)
	}
}

func TestNoTypeOfTheRuntimeDoesEverythingBites(t *testing.T) {
	one := func(pkg string, n int) source {
		text := "package x\ntype t struct{}\n"
		for i := range n {
			text += fmt.Sprintf("func (t *t) m%d() {}\n", i)
		}
		return mustParse(t, pkg+"/x.go", text)
	}
	if got := wideTypes([]source{one("runtime/x", maxMethodsOfType), one("runtime/y", 1)}); len(got) > 0 {
		t.Error(got)
	}
	if got := wideTypes([]source{one("runtime/x", maxMethodsOfType), one("runtime/x", 1)}); len(got) != 1 {
		t.Errorf("a method too many in another file went unnoticed: %v", got)
	}
}

// wideTypes names the types that have too many methods, over all files of a package.
func wideTypes(files []source) []string {
	counts := map[string]int{}
	var out []string
	for _, s := range files {
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil {
				continue
			}
			name := s.pkg() + "." + receiver(f.Recv.List[0].Type)
			if counts[name]++; counts[name] == maxMethodsOfType+1 {
				out = append(out, fmt.Sprintf("%s has more than %d methods; make a type of what belongs together", name,
					maxMethodsOfType))
			}
		}
	}
	return out
}

// receiver is the name of the type that a method is of.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
