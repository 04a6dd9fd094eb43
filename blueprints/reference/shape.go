package reference

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/token"
)

// shape is what an expression of the schema allows.
type shape struct {
	alternatives []alternative
	def          string     // the default as CUE
	members      []ast.Decl // of the structs in it
	definition   string     // of which the members are
	keyed        bool
	listed       bool
}

// alternative is one member of a disjunction.
type alternative struct {
	typ     string   // "string", "list of string", "any"
	literal string   // the value itself, as CUE
	bounds  []string // such as ">=1"
}

const anything = "any"

func (a alternative) text() string {
	if a.literal != "" {
		return a.literal
	}
	return strings.TrimSpace(a.typ + " " + strings.Join(a.bounds, " & "))
}

// typeText names the types, in the order of the schema.
func (s shape) typeText() string {
	var out []string
	for _, a := range s.alternatives {
		if !slices.Contains(out, a.typ) {
			out = append(out, a.typ)
		}
	}
	return strings.Join(out, " or ")
}

// allowed lists the alternatives where they say more than the type does.
func (s shape) allowed() []string {
	var out []string
	more := false
	for _, a := range s.alternatives {
		more = more || a.literal != "" || len(a.bounds) > 0
		if text := a.text(); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if !more {
		return nil
	}
	return out
}

func one(a alternative) shape { return shape{alternatives: []alternative{a}} }

// shape reads an expression.
func (w *walk) shape(e ast.Expr) shape {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return w.shape(e.X)
	case *ast.Ident:
		return w.named(e)
	case *ast.BasicLit:
		return one(alternative{typ: literalType(e), literal: e.Value})
	case *ast.UnaryExpr:
		return w.unary(e)
	case *ast.BinaryExpr:
		if e.Op == token.OR {
			return either(w.shape(e.X), w.shape(e.Y))
		}
		if e.Op == token.AND {
			return both(w.shape(e.X), w.shape(e.Y))
		}
	case *ast.StructLit:
		return w.structure(e)
	case *ast.ListLit:
		return w.list(e)
	}
	w.problem = fmt.Errorf("cannot describe %q", sourceOf(e))
	return shape{}
}

var typeWords = map[string]string{"string": "string", "int": "integer", "number": "number", "bool": "boolean",
	"null": "null", "_": anything}

func (w *walk) named(e *ast.Ident) shape {
	if word, ok := typeWords[e.Name]; ok {
		return one(alternative{typ: word})
	}
	d := w.definitions[e.Name]
	if d == nil {
		return one(alternative{typ: anything, literal: e.Name}) // another field's value
	}
	s := w.shape(d.Value)
	if len(s.members) > 0 && s.definition == "" {
		s.definition = e.Name
		s.alternatives = []alternative{{typ: strings.TrimPrefix(e.Name, "#")}}
	}
	return s
}

func (w *walk) unary(e *ast.UnaryExpr) shape {
	switch e.Op {
	case token.MUL:
		s := w.shape(e.X)
		if len(s.members) == 0 {
			s.def = sourceOf(e.X)
		}
		return s
	case token.NEQ:
		if sourceOf(e.X) == `""` {
			return one(alternative{typ: "string", bounds: []string{"not empty"}})
		}
		return one(alternative{typ: anything, bounds: []string{sourceOf(e)}})
	case token.MAT:
		return one(alternative{typ: "string", bounds: []string{"matching " + sourceOf(e.X)}})
	}
	return one(alternative{typ: "number", bounds: []string{sourceOf(e)}})
}

// either joins two sides of a disjunction. A default goes without saying among the
// alternatives where another one covers it.
func either(x, y shape) shape {
	out := shape{def: x.def + y.def, definition: x.definition + y.definition, members: append(x.members, y.members...),
		keyed: x.keyed || y.keyed, listed: x.listed || y.listed}
	all := append(slices.Clone(x.alternatives), y.alternatives...)
	for _, a := range all {
		covered := a.literal == out.def && a.literal != "" &&
			slices.ContainsFunc(all, func(b alternative) bool { return b.literal == "" && covers(b.typ, a.typ) })
		if !covered {
			out.alternatives = append(out.alternatives, a)
		}
	}
	return out
}

func covers(wide, narrow string) bool {
	return wide == narrow || wide == anything || narrow == anything || wide == "number" && narrow == "integer" ||
		strings.HasPrefix(wide, "list") && strings.HasPrefix(narrow, "list")
}

// both joins two sides of a conjunction: the narrower type with the bounds of both.
func both(x, y shape) shape {
	out := shape{def: x.def + y.def, definition: x.definition + y.definition, members: append(x.members, y.members...),
		keyed: x.keyed || y.keyed, listed: x.listed || y.listed}
	switch {
	case len(x.alternatives) == 1 && len(y.alternatives) == 1:
		a, b := x.alternatives[0], y.alternatives[0]
		if a.typ == anything || a.typ == "number" && b.typ == "integer" {
			a = b // the narrower of the two
		}
		a.bounds = append(slices.Clone(x.alternatives[0].bounds), y.alternatives[0].bounds...)
		out.alternatives = []alternative{a}
	case len(x.alternatives) > 1:
		out.alternatives = x.alternatives
	default:
		out.alternatives = y.alternatives
	}
	return out
}

// structure reads a struct: a map where it has a pattern alone, else an object.
func (w *walk) structure(e *ast.StructLit) shape {
	var out shape
	var every *ast.Field
	for _, d := range e.Elts {
		switch d := d.(type) {
		case *ast.EmbedDecl:
			out.members = append(out.members, w.shape(d.Expr).members...)
		case *ast.Field:
			if labelOf(d.Label) == pattern {
				every = d
			}
			out.members = append(out.members, d)
		case *ast.Comprehension:
			out.members = append(out.members, d)
		}
	}
	out.alternatives = []alternative{{typ: "object"}}
	if every != nil && len(out.members) == 1 {
		of := w.shape(every.Value)
		out.members, out.definition, out.keyed = of.members, of.definition, true
		out.alternatives = []alternative{{typ: "map of " + of.elementText()}}
	}
	return out
}

func (w *walk) list(e *ast.ListLit) shape {
	if len(e.Elts) == 0 {
		return one(alternative{typ: "list", literal: "[]"})
	}
	rest, open := e.Elts[len(e.Elts)-1].(*ast.Ellipsis)
	if !open {
		return one(alternative{typ: "list", literal: sourceOf(e)})
	}
	of := one(alternative{typ: anything})
	if rest.Type != nil {
		of = w.shape(rest.Type)
	}
	a := alternative{typ: "list of " + of.elementText()}
	if n := len(e.Elts) - 1; n > 0 {
		a.bounds = []string{fmt.Sprintf("of at least %d", n)}
	}
	return shape{alternatives: []alternative{a}, members: of.members, definition: of.definition, listed: true}
}

// elementText is the type of an element, with its bounds where there are some.
func (s shape) elementText() string {
	var out []string
	for _, a := range s.alternatives {
		text := a.text()
		if a.literal == "" && slices.Equal(a.bounds, []string{"not empty"}) {
			text = a.typ
		}
		out = append(out, text)
	}
	return strings.Join(out, " or ")
}

func literalType(e *ast.BasicLit) string {
	switch e.Kind {
	case token.STRING:
		return "string"
	case token.INT:
		return "integer"
	case token.FLOAT:
		return "number"
	case token.TRUE, token.FALSE:
		return "boolean"
	}
	return "null"
}

// sourceOf is the expression as CUE.
func sourceOf(n ast.Node) string {
	text, err := format.Node(n)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
