package lower

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Value makes a CUE value of a JSON value. Its structs are closed, at every
// depth, so that unifying it with a constraint cannot add what is not there:
// without that, `replicas: min: 3` would hold of an endpoint that says nothing
// about replicas.
// A definition, #X, is how closed structs are written in CUE.
func Value(ctx *cue.Context, v any) (cue.Value, error) {
	e, err := syntax(v)
	if err != nil {
		return cue.Value{}, err
	}
	whole := ctx.BuildExpr(&ast.StructLit{Elts: []ast.Decl{&ast.Field{Label: ast.NewIdent("#X"), Value: e}}})
	return whole.LookupPath(cue.ParsePath("#X")), whole.Err()
}

// Instance returns nil when the value, made by Value, is an instance of the
// constraint, and CUE's errors when it is not. This is what a rule means; what
// is lowered must agree with it.
func Instance(constraint, value cue.Value) error {
	both := constraint.Unify(value)
	err := both.Validate(cue.Concrete(true))
	if err != nil && settled(both) {
		return nil
	}
	return err
}

// settled reports whether all that keeps a value from being complete are
// alternatives that it satisfies more than one of. To CUE that is an ambiguity;
// to a rule it is one reason more to pass.
// It is only asked where validation has failed, as it costs a walk of the value.
func settled(v cue.Value) bool {
	if v.Validate(cue.Concrete(true)) == nil {
		return true
	}
	// Several alternatives remain: one that is complete is enough.
	if op, parts := v.Eval().Expr(); op == cue.OrOp {
		return slices.ContainsFunc(parts, settled)
	}
	if v.Err() != nil {
		return false
	}
	switch v.IncompleteKind() {
	case cue.StructKind:
		it, err := v.Fields(cue.Optional(true))
		if err != nil {
			return false
		}
		for it.Next() {
			switch it.Selector().ConstraintType() {
			case cue.RequiredConstraint:
				return false
			case cue.OptionalConstraint:
			default:
				if !settled(it.Value()) {
					return false
				}
			}
		}
		return true
	case cue.ListKind:
		it, err := v.List()
		for err == nil && it.Next() {
			if !settled(it.Value()) {
				return false
			}
		}
		return err == nil
	}
	return false
}

// syntax writes a JSON value as CUE. Unknown values are `_`, of which undecided makes
// sense; secrets are written out, so CUE's messages must pass withoutSecrets.
func syntax(v any) (ast.Expr, error) {
	switch v := v.(type) {
	case plan.Secret:
		return syntax(v.Value)
	case plan.Unknown:
		return ast.NewIdent("_"), nil
	case nil:
		return ast.NewNull(), nil
	case bool:
		return ast.NewBool(v), nil
	case string:
		return ast.NewString(v), nil
	case int:
		return numeral(strconv.Itoa(v)), nil
	case int64:
		return numeral(strconv.FormatInt(v, 10)), nil
	case float64:
		return float(v)
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return nil, err
		}
		return float(f)
	case []any:
		list := &ast.ListLit{}
		for _, one := range v {
			e, err := syntax(one)
			if err != nil {
				return nil, err
			}
			list.Elts = append(list.Elts, e)
		}
		return list, nil
	case map[string]any:
		s := &ast.StructLit{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			e, err := syntax(v[name])
			if err != nil {
				return nil, err
			}
			s.Elts = append(s.Elts, &ast.Field{Label: ast.NewString(name), Value: e})
		}
		return s, nil
	}
	return nil, fmt.Errorf("a %T is not a JSON value", v)
}

// float writes a number; one without a fraction is an int, as in plan.KindOf.
func float(f float64) (ast.Expr, error) {
	switch plan.KindOf(f) {
	case plan.IntKind:
		return numeral(strconv.FormatFloat(f, 'f', 0, 64)), nil
	case plan.FloatKind:
		return numeral(strconv.FormatFloat(f, 'g', -1, 64)), nil
	}
	return nil, fmt.Errorf("%v is not a JSON value", f)
}

// numeral is a number's literal; CUE has negative numbers as an operation.
func numeral(text string) ast.Expr {
	kind := token.INT
	var n literal.NumInfo
	if literal.ParseNum(text, &n) == nil && !n.IsInt() {
		kind = token.FLOAT
	}
	if text[0] == '-' {
		return &ast.UnaryExpr{Op: token.SUB, X: &ast.BasicLit{Kind: kind, Value: text[1:]}}
	}
	return &ast.BasicLit{Kind: kind, Value: text}
}
