package reference

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/ast/astutil"
	"cuelang.org/go/cue/token"

	"github.com/ashlar-dev/ashlar/blueprints/schema"
)

// lift rewrites a definition into what CUE's generators can read: conditions become
// optional fields, an embedded definition its fields, and {...} a map of anything,
// which they would take for an object without fields.
func (w *walk) lift(n ast.Node) ast.Node {
	f, ok := n.(*ast.Field)
	if !ok {
		return n
	}
	s, ok := f.Value.(*ast.StructLit)
	if !ok {
		return n
	}
	s.Elts = w.flat(s.Elts)
	declared := declaredFields(s)
	var kept []ast.Decl
	for _, d := range s.Elts {
		c, ok := d.(*ast.Comprehension)
		if !ok {
			kept = append(kept, d)
			continue
		}
		for _, more := range conditional(c) {
			name := labelOf(more.Label)
			if declared[name] == nil {
				more.Constraint = token.OPTION
				declared[name] = more
				kept = append(kept, more)
			}
		}
	}
	s.Elts = kept
	return w.simple(f)
}

// flat puts the fields of embedded definitions in their place.
func (w *walk) flat(elts []ast.Decl) []ast.Decl {
	var out []ast.Decl
	for _, d := range elts {
		if e, ok := d.(*ast.EmbedDecl); ok {
			if id, ok := e.Expr.(*ast.Ident); ok && w.definitions[id.Name] != nil {
				if s, ok := w.definitions[id.Name].Value.(*ast.StructLit); ok {
					out = append(out, w.flat(s.Elts)...)
					continue
				}
			}
		}
		out = append(out, d)
	}
	return out
}

// simple makes fields optional that are not required, replaces {...} by {[string]: _} and takes
// defaults away: the generator takes *1 | int & >=1 for a whole number without
// bounds. complete() writes the defaults.
func (w *walk) simple(f *ast.Field) ast.Node {
	return astutil.Apply(f, nil, func(c astutil.Cursor) bool {
		switch n := c.Node().(type) {
		case *ast.Field:
			if name := labelOf(n.Label); n.Constraint == token.ILLEGAL && name != pattern &&
				!strings.HasPrefix(name, "#") {
				n.Constraint = token.OPTION
			}
		case *ast.StructLit:
			if len(n.Elts) == 1 {
				if _, ok := n.Elts[0].(*ast.Ellipsis); ok {
					n.Elts[0] = &ast.Field{Label: ast.NewList(ast.NewIdent("string")), Value: ast.NewIdent("_")}
				}
			}
		case *ast.BinaryExpr:
			if u, ok := n.X.(*ast.UnaryExpr); ok && n.Op == token.OR && u.Op == token.MUL {
				n.X = u.X
				if w.covered(u.X, n.Y) {
					c.Replace(n.Y)
				}
			}
		}
		return true
	})
}

// covered reports whether a default is among the values that the rest of its
// disjunction allows.
func (w *walk) covered(def, rest ast.Expr) bool {
	if id, ok := def.(*ast.Ident); ok && w.definitions[id.Name] == nil {
		return true // another field's value
	}
	for _, d := range w.shape(def).alternatives {
		for _, r := range w.shape(rest).alternatives {
			if d.literal != "" && r.literal == "" && covers(r.typ, d.typ) {
				return true
			}
		}
	}
	return false
}

// declaredFields are the fields that a struct has whatever the conditions.
func declaredFields(s *ast.StructLit) map[string]*ast.Field {
	out := map[string]*ast.Field{}
	for _, d := range s.Elts {
		if f, ok := d.(*ast.Field); ok {
			out[labelOf(f.Label)] = f
		}
	}
	return out
}

// conditional are the fields that a condition adds.
func conditional(c *ast.Comprehension) []*ast.Field {
	var out []*ast.Field
	if body, ok := c.Value.(*ast.StructLit); ok {
		for _, d := range body.Elts {
			if f, ok := d.(*ast.Field); ok {
				out = append(out, f)
			}
		}
	}
	return out
}

// conditions returns by definition what its conditions ask for, in JSON Schema:
// the definition of a field whose value is one, the fields that are required and,
// otherwise, those that there are not.
func conditions() (map[string][]any, error) {
	w, err := newWalk(schema.Files)
	if err != nil {
		return nil, err
	}
	out := map[string][]any{}
	for _, name := range slices.Sorted(maps.Keys(w.definitions)) {
		s, ok := w.definitions[name].Value.(*ast.StructLit)
		if !ok {
			continue
		}
		declared := declaredFields(s)
		for _, d := range s.Elts {
			c, ok := d.(*ast.Comprehension)
			if !ok {
				continue
			}
			one, err := conditionOf(c, declared)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			key := strings.TrimPrefix(name, "#")
			out[key] = append(out[key], one)
		}
	}
	return out, nil
}

func conditionOf(c *ast.Comprehension, declared map[string]*ast.Field) (any, error) {
	clause, ok := c.Clauses[0].(*ast.IfClause)
	if !ok || len(c.Clauses) != 1 {
		return nil, fmt.Errorf("a comprehension that is not a single if")
	}
	field, value, err := equality(clause.Condition)
	if err != nil {
		return nil, err
	}
	then, never := map[string]any{}, map[string]any{}
	required := []string{}
	for _, f := range conditional(c) {
		name := labelOf(f.Label)
		if id, ok := f.Value.(*ast.Ident); ok && strings.HasPrefix(id.Name, "#") {
			then[name] = map[string]any{"$ref": "#/$defs/" + strings.TrimPrefix(id.Name, "#")}
		}
		if f.Constraint == token.NOT {
			required = append(required, name)
		}
		if declared[name] == nil {
			never[name] = false
		}
	}
	out := map[string]any{
		"if": map[string]any{"properties": map[string]any{field: map[string]any{"const": value}},
			"required": []string{field}},
		"then": map[string]any{"properties": then, "required": required},
	}
	if len(never) > 0 {
		out["else"] = map[string]any{"properties": never}
	}
	return out, nil
}

// equality reads a condition of the form field == "text".
func equality(e ast.Expr) (field, value string, err error) {
	if b, ok := e.(*ast.BinaryExpr); ok && b.Op == token.EQL {
		x, isField := b.X.(*ast.Ident)
		y, isText := b.Y.(*ast.BasicLit)
		if isField && isText && json.Unmarshal([]byte(y.Value), &value) == nil {
			return x.Name, value, nil
		}
	}
	return "", "", fmt.Errorf("the condition %s is not of the form field == \"text\"", sourceOf(e))
}
