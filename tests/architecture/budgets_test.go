package architecture

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

const (
	maxFileLines     = 400
	maxFunctionLines = 60
	maxColumns       = 120 // with tabs of four, texts in quotes aside
	maxMethods       = 4
	medianFileLines  = 150
)

func TestBudgets(t *testing.T) {
	var sizes []int
	for _, s := range project(t) {
		sizes = append(sizes, s.lines)
		for _, v := range budgetViolations(s) {
			t.Error(v)
		}
	}
	slices.Sort(sizes)
	if m := sizes[len(sizes)/2]; m > medianFileLines {
		t.Errorf("the median file has %d lines, the budget is %d", m, medianFileLines)
	}
}

func TestBudgetsBite(t *testing.T) {
	long := "package x\nfunc f() {\n" + strings.Repeat("\t_ = 0\n", maxFunctionLines) + "}\n"
	cases := map[string]string{
		"a long file":               "package x\n" + strings.Repeat("// line\n", maxFileLines),
		"a long function":           long,
		"a long line":               "package x\nvar x = 1 +" + strings.Repeat(" 1 +", 30) + " 1\n",
		"a long comment":            "package x\n// " + strings.Repeat("x", maxColumns) + "\n",
		"a wide interface":          "package x\ntype I interface { A(); B(); C(); D(); E() }\n",
		"an init function":          "package x\nfunc init() {}\n",
		"an exit outside main":      "package x\nimport \"os\"\nfunc f() { os.Exit(1) }\n",
		"a panic in library code":   "package x\nfunc f() { panic(1) }\n",
		"the default logger":        "package x\nimport \"log\"\nfunc f() { log.Printf(\"\") }\n",
		"a package named for a bag": "package util\n",
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			if len(budgetViolations(mustParse(t, "runtime/x/x.go", text))) == 0 {
				t.Error("went unnoticed")
			}
		})
	}
}

func budgetViolations(s source) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, s.path+": "+fmt.Sprintf(format, args...)) }
	if s.lines > maxFileLines {
		say("%d lines, at most %d", s.lines, maxFileLines)
	}
	for _, line := range wideLines(s) {
		say("line %d is wider than %d columns", line, maxColumns)
	}
	if slices.Contains([]string{"util", "utils", "common", "helpers", "helper", "misc"}, s.file.Name.Name) {
		say("package %s is named for a bag, not for what it does", s.file.Name.Name)
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if l := s.fset.Position(n.End()).Line - s.fset.Position(n.Pos()).Line + 1; l > maxFunctionLines {
				say("func %s has %d lines, at most %d", n.Name.Name, l, maxFunctionLines)
			}
			if n.Name.Name == "init" && n.Recv == nil {
				say("func init runs before anyone asked; construct explicitly")
			}
		case *ast.TypeSpec:
			if i, ok := n.Type.(*ast.InterfaceType); ok && i.Methods.NumFields() > maxMethods {
				say("interface %s has %d methods, at most %d", n.Name.Name, i.Methods.NumFields(), maxMethods)
			}
		case *ast.CallExpr:
			if bad := forbiddenCall(s, n); bad != "" {
				say("line %d: %s", s.fset.Position(n.Pos()).Line, bad)
			}
		}
		return true
	})
	return out
}

// forbiddenCall names what is wrong with a call in library code, or "".
func forbiddenCall(s source, c *ast.CallExpr) string {
	if s.test() || s.file.Name.Name == "main" && path.Base(s.path) == "main.go" {
		return ""
	}
	switch f := c.Fun.(type) {
	case *ast.Ident:
		if f.Name == "panic" {
			return "panic in library code; return an error"
		}
	case *ast.SelectorExpr:
		x, _ := f.X.(*ast.Ident)
		if x == nil {
			return ""
		}
		if x.Name == "os" && f.Sel.Name == "Exit" && s.pkg() != "runtime/crash" {
			return "os.Exit outside main"
		}
		if x.Name == "log" {
			return "the default logger; take a *slog.Logger"
		}
	}
	return ""
}

func TestPackagesSayWhyTheyExist(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range project(t) {
		documented[s.pkg()] = documented[s.pkg()] || s.file.Doc != nil && len(s.file.Doc.Text()) > 60
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment that says why it exists", pkg)
		}
	}
}
