package blueprints

import (
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
)

// describe says in words what a constraint of the schema allows.
func describe(v cue.Value) string {
	if !v.Exists() {
		return ""
	}
	var out []string
	for _, part := range alternatives(v) {
		if text := describeOne(part); text != "" && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return strings.Join(out, " or ")
}

// alternatives are the members of a disjunction, or the value itself.
func alternatives(v cue.Value) []cue.Value {
	op, parts := v.Expr()
	if op != cue.OrOp {
		return []cue.Value{v}
	}
	var out []cue.Value
	for _, p := range parts {
		out = append(out, alternatives(p)...)
	}
	return out
}

// conjuncts are the members of a conjunction, or the value itself. CUE nests them:
// `int & >=1 & <=64` is `(int & >=1) & <=64`.
func conjuncts(v cue.Value) []cue.Value {
	op, parts := v.Expr()
	if op != cue.AndOp {
		return []cue.Value{v}
	}
	var out []cue.Value
	for _, p := range parts {
		out = append(out, conjuncts(p)...)
	}
	return out
}

var kindWords = map[cue.Kind]string{
	cue.StringKind: "text", cue.IntKind: "a whole number", cue.FloatKind: "a number", cue.NumberKind: "a number",
	cue.BoolKind: "true or false", cue.StructKind: "a struct", cue.ListKind: "a list", cue.NullKind: "null",
}

func describeOne(v cue.Value) string {
	if v.IsConcrete() && v.IncompleteKind() != cue.StructKind && v.IncompleteKind() != cue.ListKind {
		if e, ok := v.Syntax(cue.Final()).(ast.Expr); ok {
			return exprText(e)
		}
	}
	word := kindWords[v.IncompleteKind()]
	if parts := conjuncts(v); len(parts) > 1 {
		var bounds []string
		for _, p := range parts {
			if b, err := predicate(p); err == nil && len(b) > 0 {
				bounds = append(bounds, b.String())
			}
			if full(p) {
				word = "text that is not empty"
			}
			if p.IncompleteKind() == cue.IntKind {
				word = kindWords[cue.IntKind]
			}
		}
		if len(bounds) > 0 {
			word += " " + strings.Join(bounds, " & ")
		}
	}
	return word
}

// full reports whether the constraint is !="".
func full(v cue.Value) bool {
	op, parts := v.Expr()
	if op != cue.NotEqualOp {
		return false
	}
	text, err := parts[0].String()
	return err == nil && text == ""
}

// choices are the texts that a constraint allows by name.
func choices(v cue.Value) []string {
	var out []string
	for _, part := range alternatives(v) {
		if s, err := part.String(); err == nil {
			out = append(out, s)
		}
	}
	return out
}

func exprText(e ast.Expr) string {
	b, err := format.Node(e)
	if err != nil {
		return "this"
	}
	return string(b)
}
