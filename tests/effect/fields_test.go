package effect

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"
)

// schemaFields returns the doc comments of all fields of all definitions in the
// .cue files of fsys by path, such as "#Drift.alert.share"; a field of any name
// is "*". Fields that only hold others, directly or by naming a definition, are
// left out: their effect is that of what they hold.
func schemaFields(t *testing.T, fsys fs.FS) map[string]string {
	t.Helper()
	files, err := fs.Glob(fsys, "*.cue")
	if err != nil {
		t.Fatal(err)
	}
	w := fieldWalk{found: map[string]string{}, holders: map[string]bool{}}
	for _, name := range files {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(name, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			w.declaration("", d)
		}
	}
	for path := range w.holders {
		delete(w.found, path)
	}
	return w.found
}

// fieldWalk gathers doc comments by the paths of fields.
type fieldWalk struct {
	found   map[string]string
	holders map[string]bool // paths that hold other fields
}

// It reports whether a definition is named in the declaration.
func (w *fieldWalk) declaration(prefix string, d ast.Decl) bool {
	switch d := d.(type) {
	case *ast.Field:
		name := labelOf(d.Label)
		path := strings.TrimPrefix(prefix+"."+name, ".")
		before := len(w.found)
		named := w.expression(path, d.Value)
		switch {
		case prefix == "" || name == "*":
		case named || len(w.found) > before:
			w.holders[path] = true
		default:
			var doc strings.Builder
			for _, group := range ast.Comments(d) {
				doc.WriteString(group.Text())
			}
			w.found[path] += doc.String()
		}
		return named
	case *ast.EmbedDecl:
		return w.expression(prefix, d.Expr)
	case *ast.Comprehension:
		w.expression(prefix, d.Value)
	}
	return false
}

// expression walks into structs and reports whether the expression names a
// definition, which has entries of its own.
func (w *fieldWalk) expression(path string, e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.StructLit:
		named := false
		for _, d := range e.Elts {
			if f, ok := d.(*ast.Field); ok && labelOf(f.Label) == "*" {
				named = w.expression(path+".*", f.Value) || named
				continue
			}
			named = w.declaration(path, d) || named
		}
		return named
	case *ast.BinaryExpr:
		x := w.expression(path, e.X)
		if x && e.Op == token.AND {
			return true // what the definition is narrowed to are fields of it
		}
		return w.expression(path, e.Y) || x
	case *ast.UnaryExpr:
		return w.expression(path, e.X)
	case *ast.ParenExpr:
		return w.expression(path, e.X)
	case *ast.ListLit:
		named := false
		for _, x := range e.Elts {
			if rest, ok := x.(*ast.Ellipsis); ok && rest.Type != nil {
				x = rest.Type
			}
			named = w.expression(path, x) || named
		}
		return named
	case *ast.Ident:
		return strings.HasPrefix(e.Name, "#") && e.Name != "#Digest"
	}
	return false
}

func labelOf(l ast.Label) string {
	switch l := l.(type) {
	case *ast.Ident:
		return l.Name
	case *ast.BasicLit:
		return strings.Trim(l.Value, `"`)
	case *ast.ListLit:
		return "*"
	}
	return fmt.Sprintf("%T", l)
}
