// Package architecture holds the house rules as tests: who may import whom,
// how large a file or a function may grow, and what every package says about
// itself. Each rule is also fed a violation, to prove that it bites.
package architecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/ashlar-dev/ashlar"

// source is one parsed Go file of the project.
type source struct {
	path  string // slash-separated, relative to the root
	fset  *token.FileSet
	file  *ast.File
	text  string
	lines int
}

// pkg returns the folder of the file relative to the root.
func (s source) pkg() string { return path.Dir(s.path) }

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// project parses every Go file of the checkout.
func project(t *testing.T) []source {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var out []source
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && rel != "." || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		s, err := parse(filepath.ToSlash(rel), string(text))
		out = append(out, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 5 {
		t.Fatalf("found only %d Go files; is the test run from its own folder?", len(out))
	}
	return out
}

func parse(name, text string) (source, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, text, parser.ParseComments)
	return source{path: name, fset: fset, file: f, text: text, lines: strings.Count(text, "\n")}, err
}

// mustParse is for the violations that the rules are fed.
func mustParse(t *testing.T, name, text string) source {
	t.Helper()
	s, err := parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
