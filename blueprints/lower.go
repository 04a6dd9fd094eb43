package blueprints

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// predicate lowers a CUE constraint on a number, such as `>=0.80 & <1` or 3, to
// a plan predicate. Anything but a conjunction of bounds is an error.
func predicate(v cue.Value) (plan.Predicate, error) {
	if v.IncompleteKind()&cue.NumberKind != 0 && v.IsConcrete() {
		f, err := v.Float64()
		return plan.Predicate{{Op: plan.Equal, Value: f}}, err
	}
	op, parts := v.Expr()
	bound, isBound := map[cue.Op]plan.Op{
		cue.GreaterThanEqualOp: plan.GreaterEqual, cue.GreaterThanOp: plan.Greater,
		cue.LessThanEqualOp: plan.LessEqual, cue.LessThanOp: plan.Less, cue.NotEqualOp: plan.NotEqual,
	}[op]
	switch {
	case isBound:
		if parts[0].IncompleteKind()&cue.NumberKind == 0 {
			return nil, fmt.Errorf("the bound is not a number")
		}
		f, err := parts[0].Float64()
		return plan.Predicate{{Op: bound, Value: f}}, err
	case op == cue.AndOp:
		var out plan.Predicate
		for _, p := range parts {
			one, err := predicate(p)
			if err != nil {
				return nil, err
			}
			out = append(out, one...)
		}
		return out, nil
	case op == cue.NoOp && v.IncompleteKind() == cue.NumberKind:
		return plan.Predicate{}, nil // the type `number` itself
	}
	return nil, fmt.Errorf("a gate is a number or bounds on one joined by &, such as >=0.80 & <1")
}

// gatePath reports whether the path is one at which bounds are allowed.
func gatePath(path []string) bool {
	if judgedPath(path) {
		return true
	}
	if len(path) < 5 || path[0] != "models" || path[2] != "require" {
		return false
	}
	switch path[3] {
	case "metrics":
		return len(path) == 5
	case "fairness", "robustness":
		return len(path) == 6 && path[5] != "split" && path[5] != "min_group" && path[5] != "fraction"
	}
	return false
}

// incomplete finds required fields that are missing and values that are not
// concrete where they must be.
func (e *explainer) incomplete(v cue.Value, path []string) {
	v = settled(v)
	switch {
	case gatePath(path):
		e.gate(v, path)
	case v.IncompleteKind() == cue.StructKind:
		it, err := v.Fields(cue.Optional(true))
		if err != nil {
			return
		}
		for it.Next() {
			name := it.Selector().Unquoted()
			at := append(path[:len(path):len(path)], name)
			switch it.Selector().ConstraintType() {
			case cue.RequiredConstraint:
				e.add(source.MissingField, at,
					fmt.Sprintf("%q is missing; it must be %s", name, describe(it.Value())), "")
			case cue.OptionalConstraint:
			default:
				e.incomplete(it.Value(), at)
			}
		}
	case v.IncompleteKind() == cue.ListKind:
		it, err := v.List()
		for i := 0; err == nil && it.Next(); i++ {
			e.incomplete(it.Value(), append(path[:len(path):len(path)], fmt.Sprint(i)))
		}
	case !v.IsConcrete() && e.undecided(path):
	case !v.IsConcrete():
		e.add(source.NotConcrete, path, fmt.Sprintf("%s is not a concrete value", describe(v)), "give one")
	}
}

// undecided explains a struct that CUE cannot finish, because a field that
// others depend on, such as a model's algorithm, is missing or misspelt. It
// reports whether it found why.
func (e *explainer) undecided(path []string) bool {
	schema, user := e.schemaAt(path), e.nodeAt(path)
	if user == nil || user.kind != structNode {
		return false
	}
	before, allowed := len(e.found), fieldNames(schema)
	for _, f := range user.fields {
		if !slices.Contains(allowed, f.name) {
			e.unknown(append(path[:len(path):len(path)], f.name), allowed)
		}
	}
	it, err := schema.Fields(cue.Optional(true))
	for err == nil && it.Next() {
		name := it.Selector().Unquoted()
		if it.Selector().ConstraintType() == cue.RequiredConstraint && user.field(name) == nil {
			e.add(source.MissingField, append(path[:len(path):len(path)], name),
				fmt.Sprintf("%q is missing; it must be %s", name, describe(it.Value())), "")
		}
	}
	return len(e.found) > before
}

func (e *explainer) gate(v cue.Value, path []string) {
	if judgedPath(path) {
		if _, err := judged(v, path[len(path)-1]); err != nil {
			e.add(source.WrongGate, path, err.Error(), "")
		}
		return
	}
	p, err := predicate(v)
	switch {
	case err != nil:
		e.add(source.WrongGate, path, err.Error(), "")
	case len(p) == 0:
		e.add(source.WrongGate, path, "the gate has no constraint", "give a bound, such as >=0.80")
	case impossible(p):
		e.add(source.WrongGate, path, fmt.Sprintf("no number is %s, so no model could pass", p), "")
	}
}

// impossible reports whether no number satisfies the predicate.
func impossible(p plan.Predicate) bool {
	var tries []float64
	for _, b := range p {
		tries = append(tries, b.Value, b.Value-1e-9, b.Value+1e-9, b.Value-1, b.Value+1)
	}
	for i, a := range p {
		for _, b := range p[i+1:] {
			tries = append(tries, (a.Value+b.Value)/2)
		}
	}
	for _, v := range tries {
		if p.Holds(v) {
			return false
		}
	}
	return true
}

func settled(v cue.Value) cue.Value {
	if d, ok := v.Default(); ok {
		return d
	}
	return v
}

// errIncomplete is what lower returns of a value that incomplete has to explain.
var errIncomplete = errors.New("the blueprint is incomplete")

// lower turns a checked value into maps, lists and scalars; predicates stay
// where gates do. It errs wherever incomplete finds something.
func lower(v cue.Value, path []string) (any, error) {
	v = settled(v)
	switch {
	case judgedPath(path):
		return judged(v, path[len(path)-1])
	case gatePath(path):
		p, err := predicate(v)
		if err == nil && (len(p) == 0 || impossible(p)) {
			err = errIncomplete
		}
		return p, err
	}
	switch v.IncompleteKind() {
	case cue.StructKind:
		out := map[string]any{}
		it, err := v.Fields(cue.Optional(true))
		if err != nil {
			return nil, err
		}
		for it.Next() {
			name := it.Selector().Unquoted()
			switch it.Selector().ConstraintType() {
			case cue.RequiredConstraint:
				return nil, errIncomplete
			case cue.OptionalConstraint:
				continue
			}
			if out[name], err = lower(it.Value(), append(path[:len(path):len(path)], name)); err != nil {
				return nil, err
			}
		}
		return out, nil
	case cue.ListKind:
		out := []any{}
		it, err := v.List()
		if err != nil {
			return nil, err
		}
		for it.Next() {
			e, err := lower(it.Value(), append(path[:len(path):len(path)], fmt.Sprint(len(out))))
			if err != nil {
				return nil, err
			}
			out = append(out, e)
		}
		return out, nil
	case cue.StringKind:
		return v.String()
	case cue.BoolKind:
		return v.Bool()
	case cue.NullKind:
		return nil, nil
	case cue.IntKind, cue.FloatKind, cue.NumberKind:
		return v.Float64()
	}
	return nil, fmt.Errorf("%s: cannot lower %v", strings.Join(path, "."), v.IncompleteKind())
}
