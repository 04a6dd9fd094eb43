package reference

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/parser"
)

// exampleFiles hold one blueprint that uses every field, in testdata so that it is not
// taken for a blueprint of this repository to deploy. A test loads it, so that
// every example in the documentation is of a blueprint that `ashlar check` accepts.
//
//go:embed testdata/example
var exampleFiles embed.FS

const exampleFile = "testdata/example/example.cue"

// ExampleFiles returns the folder of the blueprint that examples are taken from.
func ExampleFiles() (fs.FS, error) { return fs.Sub(exampleFiles, "testdata/example") }

// example finds the uses of fields in a blueprint.
type example struct{ root *ast.StructLit }

func newExample(name string, text []byte) (*example, error) {
	file, err := parser.ParseFile(name, text)
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	for _, d := range file.Decls {
		embedded, ok := d.(*ast.EmbedDecl)
		if !ok {
			continue
		}
		if b, ok := embedded.Expr.(*ast.BinaryExpr); ok {
			if root, ok := b.Y.(*ast.StructLit); ok {
				return &example{root: root}, nil
			}
		}
	}
	return nil, fmt.Errorf("reference: %s is not of the form blueprint.#Blueprint & {...}", name)
}

// illustrate gives the fields below f their examples, from an environment where the
// blueprint itself has none.
func (e *example) illustrate(f *Field) {
	for _, below := range f.Fields {
		path := strings.Split(below.Path, ".")
		u := use{}
		if b := below.When; b != "" {
			u.field, u.value, _ = strings.Cut(b, " == ")
		}
		found := u.find(e.root, path)
		if found == nil {
			found = u.find(e.root, append([]string{"environments", AnyName}, path...))
		}
		if found != nil {
			below.Example = sourceText(found, strings.Contains(below.Path, "[]"))
		}
		e.illustrate(below)
	}
}

// use looks for the use of a field. Where the field exists under a condition,
// structs are passed over in which another value is at the condition's field.
type use struct{ field, value string }

// find returns the declaration at the path with all that is around it and nothing
// that is beside it, or nil. Of a map or a list it takes the first entry that has
// the rest of the path.
func (u use) find(s *ast.StructLit, path []string) *ast.Field {
	fields := declaredFields(s)
	if d := fields[u.field]; d != nil && u.field != "" && sourceOf(d.Value) != u.value {
		return nil
	}
	name, inList := strings.CutSuffix(path[0], "[]")
	for _, d := range s.Elts {
		field, ok := d.(*ast.Field)
		if !ok || name != AnyName && labelOf(field.Label) != name {
			continue
		}
		if len(path) == 1 {
			return &ast.Field{Label: field.Label, Value: field.Value}
		}
		if value := u.within(field.Value, path[1:], inList); value != nil {
			return &ast.Field{Label: field.Label, Value: value}
		}
	}
	return nil
}

// within cuts a value down to the path in it.
func (u use) within(value ast.Expr, path []string, inList bool) ast.Expr {
	switch value := value.(type) {
	case *ast.StructLit:
		if found := u.find(value, path); found != nil {
			return &ast.StructLit{Elts: []ast.Decl{found}}
		}
	case *ast.ListLit:
		if !inList {
			return nil
		}
		for _, element := range value.Elts {
			if s, ok := element.(*ast.StructLit); ok && u.find(s, path) != nil {
				return &ast.ListLit{Elts: []ast.Expr{element}}
			}
		}
	}
	return nil
}

// broken is a line break before the only element that is left of a list.
var broken = regexp.MustCompile(`\[\n\s*\{`)

// sourceText formats a declaration; structs of one field become chains of labels.
func sourceText(f *ast.Field, cutList bool) string {
	text, err := format.Node(f, format.Simplify(), format.TabIndent(false), format.UseSpaces(2))
	if err != nil {
		return ""
	}
	out := strings.TrimSpace(string(text))
	if cutList {
		out = broken.ReplaceAllString(out, "[{")
	}
	return out
}
