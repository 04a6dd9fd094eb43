package reference

import (
	"fmt"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"
)

// maxDepth bounds the walk, should a definition ever name itself.
const maxDepth = 20

// describe fills in the field from what the schema says its value is.
func (w *walk) describe(f *Field, e ast.Expr, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("schema: %s is nested deeper than %d", f.Path, maxDepth)
	}
	s := w.shape(e)
	if w.problem != nil {
		return fmt.Errorf("schema: %s: %w", f.Path, w.problem)
	}
	f.Type, f.Default, f.Allowed = s.typeText(), s.def, s.allowed()
	f.keyed, f.listed, f.definition = s.keyed, s.listed, s.definition
	if d := w.definitions[s.definition]; d != nil && f.Doc == "" {
		f.Doc = strings.TrimPrefix(docOf(d), "#")
	}
	return w.members(f, s, depth)
}

// members adds the fields of the structs that the value is made of: first those
// that are always there, then what conditions add.
func (w *walk) members(f *Field, s shape, depth int) error {
	at := f.Path
	switch {
	case s.keyed:
		at += "." + AnyName
	case s.listed:
		at += "[]"
	}
	var conditions []*ast.Comprehension
	for _, d := range s.members {
		switch d := d.(type) {
		case *ast.Comprehension:
			conditions = append(conditions, d)
		case *ast.Field:
			if err := w.member(f, d, at, depth); err != nil {
				return err
			}
		}
	}
	for _, c := range conditions {
		if err := w.condition(f, c, at, depth); err != nil {
			return err
		}
	}
	return nil
}

// member adds a declared field, or narrows one that is there by the same name.
func (w *walk) member(f *Field, d *ast.Field, at string, depth int) error {
	one, err := w.field(d, at, depth)
	if err != nil {
		return err
	}
	if there := f.child(one.Name); there != nil {
		there.narrow(one, "")
		return nil
	}
	f.Fields = append(f.Fields, one)
	return nil
}

func (w *walk) field(d *ast.Field, at string, depth int) (*Field, error) {
	name := labelOf(d.Label)
	if name == pattern {
		name = AnyName
	}
	one := &Field{Name: name, Path: strings.TrimPrefix(at+"."+name, "."),
		Required: d.Constraint == token.NOT, Doc: docOf(d), decl: d}
	return one, w.describe(one, d.Value, depth+1)
}

// condition adds what an `if` of the schema adds.
func (w *walk) condition(f *Field, c *ast.Comprehension, at string, depth int) error {
	body, ok := c.Value.(*ast.StructLit)
	if !ok || len(c.Clauses) != 1 {
		return fmt.Errorf("schema: %s: a comprehension that is not a single if", f.Path)
	}
	clause, ok := c.Clauses[0].(*ast.IfClause)
	if !ok {
		return fmt.Errorf("schema: %s: a comprehension that is not an if", f.Path)
	}
	when := sourceOf(clause.Condition)
	for _, decl := range body.Elts {
		d, ok := decl.(*ast.Field)
		if !ok {
			return fmt.Errorf("schema: %s: a condition adds something that is not a field", f.Path)
		}
		one, err := w.field(d, at, depth)
		if err != nil {
			return err
		}
		if there := f.child(one.Name); there != nil {
			there.narrow(one, when)
			continue
		}
		one.When = when
		f.Fields = append(f.Fields, one)
	}
	return nil
}

// child is the field of that name, the first where conditions have several.
func (f *Field) child(name string) *Field {
	for _, one := range f.Fields {
		if one.Name == name {
			return one
		}
	}
	return nil
}

// narrow takes over what a further declaration of the same field says, under the
// condition where there is one.
func (f *Field) narrow(more *Field, when string) {
	switch {
	case !more.Required:
	case when == "":
		f.Required = true
	default:
		f.RequiredIf = when
	}
	if more.Default != "" && more.Default != f.Default {
		f.Default = addDefault(f.Default, more.Default, when)
	}
	for _, one := range more.Fields {
		there := f.child(one.Name)
		if there == nil || there.When != "" {
			one.When = when
			f.Fields = append(f.Fields, one)
			continue
		}
		there.narrow(one, when)
	}
}

// addDefault appends a default that holds under a condition: `"median" if a == "x"`.
func addDefault(before, value, when string) string {
	if when == "" {
		return value
	}
	rest, merged := before, false
	parts := strings.Split(rest, "; ")
	for i, p := range parts {
		if conditions, ok := strings.CutPrefix(p, value+" if "); ok {
			parts[i], merged = value+" if "+conditions+" or "+when, true
		}
	}
	if merged {
		return strings.Join(parts, "; ")
	}
	return strings.TrimPrefix(before+"; "+value+" if "+when, "; ")
}
