// Package reference describes the fields of a blueprint: the type, default,
// allowed values, documentation and an example of each.
//
// It reads the embedded CUE schema as syntax, because evaluation keeps neither the
// fields that an `if` adds nor which of several values is the default as it was
// written. `ashlar schema`, `ashlar explain` and the pages below docs/reference are
// all made of what it returns, so they cannot disagree.
package reference

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"

	"github.com/ashlar-dev/ashlar/blueprints/schema"
)

// Field is one field of the schema, or a whole definition such as #Blueprint.
type Field struct {
	Name string `json:"name"`
	// Path is from the top of a blueprint: NAME stands for a name that the user
	// chooses, [] for the element of a list.
	Path     string `json:"path"`
	Type     string `json:"type"`
	Required bool   `json:"required,omitempty"`
	// RequiredIf is the condition under which an optional field is required.
	RequiredIf string   `json:"required_if,omitempty"`
	Default    string   `json:"default,omitempty"` // as CUE
	Allowed    []string `json:"allowed,omitempty"` // values and bounds; empty: any of the type
	Keys       []string `json:"keys,omitempty"`    // the names that a map's keys have; empty: any
	When       string   `json:"when,omitempty"`    // the condition under which the field exists
	Doc        string   `json:"doc,omitempty"`
	Example    string   `json:"example,omitempty"` // as CUE, from the top of a blueprint
	Fields     []*Field `json:"fields,omitempty"`  // of the object, or of each element

	keyed, listed bool // a map of names, a list
	decl          *ast.Field
	like          string
	definition    string // the definition of which the fields are, such as "#Dataset"
}

// Like returns the path of a field above this one, or beside it, whose declaration
// in the schema is the same; "" where there is none, or this is the first.
func (f *Field) Like() string { return f.like }

// Definition is the schema's definition whose fields these are, without its "#",
// or "".
func (f *Field) Definition() string { return strings.TrimPrefix(f.definition, "#") }

// Blueprint returns the schema's tree, with #Blueprint at its root.
func Blueprint() (*Field, error) {
	w, err := newWalk(schema.Files)
	if err != nil {
		return nil, err
	}
	root := &Field{Path: ""}
	if err := w.describe(root, ast.NewIdent("#Blueprint"), 0); err != nil {
		return nil, err
	}
	text, err := exampleFiles.ReadFile(exampleFile)
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	e, err := newExample(exampleFile, text)
	if err != nil {
		return nil, err
	}
	e.illustrate(root)
	addKnown(root)
	first := map[*ast.Field]*Field{}
	for level := root.Fields; len(level) > 0; level = below(level) {
		for _, f := range level {
			f.follow(first)
		}
	}
	return root, nil
}

// below are the fields of all of the fields.
func below(level []*Field) []*Field {
	var out []*Field
	for _, f := range level {
		out = append(out, f.Fields...)
	}
	return out
}

// follow notes which field was the first of the same declaration, and takes its
// example where there is no other.
func (f *Field) follow(first map[*ast.Field]*Field) {
	there := first[f.decl]
	if there == nil {
		first[f.decl] = f
		return
	}
	f.like = there.Path
	if f.Example == "" {
		f.Example = there.Example
	}
}

// walk holds the definitions of the schema by name.
type walk struct {
	definitions map[string]*ast.Field
	problem     error // the first that was met
}

func newWalk(files embed.FS) (*walk, error) {
	names, err := fs.Glob(files, "*.cue")
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	w := &walk{definitions: map[string]*ast.Field{}}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("schema: %w", err)
		}
		file, err := parser.ParseFile(name, text, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("schema: %w", err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.Field); ok {
				w.definitions[labelOf(f.Label)] = f
			}
		}
	}
	return w, nil
}

// AnyName is in paths for a name that the user chooses.
const AnyName = "NAME"

// pattern is what labelOf says of a label that matches many names.
const pattern = "*"

// labelOf is the name that a label gives, or "*" where it is a pattern.
func labelOf(l ast.Label) string {
	name, _, err := ast.LabelName(l)
	if err != nil {
		return pattern
	}
	return name
}

// docOf is the text of a declaration's comment, as paragraphs.
func docOf(n ast.Node) string {
	var out []string
	for _, group := range ast.Comments(n) {
		if group.Doc {
			out = append(out, group.Text())
		}
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}
