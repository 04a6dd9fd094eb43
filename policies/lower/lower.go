// Package lower takes a CUE constraint out of CUE: to a canonical text, whose
// digest names the rule wherever it is enforced, and to a plan.Constraint, which
// the runtime judges and Kubernetes admission is generated from.
//
// The constraint is lowered from the syntax that CUE exports for the evaluated
// value, in which references are resolved. Each kind of syntax is either
// understood whole or refused with words for it: nothing is left out silently,
// because a part left out is a rule that passes.
package lower

import (
	"fmt"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Error says why a constraint cannot be lowered. It can still be judged by CUE,
// unless it is Broken: then it does not mean what it seems to.
type Error struct {
	What   string
	Broken bool
}

// Error names what only CUE can judge.
func (e *Error) Error() string { return e.What }

// refuse says that CUE understands it and this package does not.
func refuse(format string, args ...any) error { return &Error{What: fmt.Sprintf(format, args...)} }

// broken says that it is a mistake whoever judges it.
func broken(format string, args ...any) error {
	return &Error{What: fmt.Sprintf(format, args...), Broken: true}
}

// Constraint lowers the expression, or returns an *Error.
// Its limits on depth and size are those of plan.Constraint.Compile.
func (e *Expression) Constraint() (plan.Constraint, error) {
	l := lowerer{Expression: e, open: map[string]bool{}}
	c, err := l.lower(e.expr, false)
	if err != nil {
		return plan.Constraint{}, err
	}
	if _, err := c.Compile(); err != nil {
		return plan.Constraint{}, refuse("%v", err)
	}
	return c, nil
}

// lowerer is one lowering under way.
type lowerer struct {
	*Expression
	// A recursive constraint has no finite form.
	open     map[string]bool // definitions being lowered, to find recursion
	counting bool            // inside matchN, where CUE does not ask whether a field is there
}

// lower takes one expression; closed says that it is in a definition, whose
// structs are closed.
func (l *lowerer) lower(e ast.Expr, closed bool) (plan.Constraint, error) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return l.lower(e.X, closed)
	case *ast.BottomLit:
		return plan.Constraint{Never: true}, nil
	case *ast.Ident:
		return l.ident(e)
	case *ast.StructLit:
		return l.structure(e, closed)
	case *ast.ListLit:
		return l.list(e, closed)
	case *ast.CallExpr:
		return l.call(e, closed)
	case *ast.SelectorExpr:
		return l.selector(e)
	case *ast.BinaryExpr:
		if e.Op == token.AND || e.Op == token.OR {
			return l.both(e, closed)
		}
	case *ast.UnaryExpr:
		if e.Op == token.MUL { // the default of a disjunction constrains nothing
			return l.lower(e.X, closed)
		}
		if op, ok := bounds[e.Op]; ok {
			return l.bound(op, e.X)
		}
	}
	// Everything else must be a constant, which the value has to equal.
	v, err := l.constant(e)
	if err != nil {
		return plan.Constraint{}, err
	}
	return equal(v)
}

var bounds = map[token.Token]plan.Op{
	token.LSS: plan.Less, token.LEQ: plan.LessEqual, token.GTR: plan.Greater, token.GEQ: plan.GreaterEqual,
	token.NEQ: plan.NotEqual, token.MAT: plan.Matches, token.NMAT: plan.NotMatches,
}

// both lowers a conjunction or a disjunction.
func (l *lowerer) both(e *ast.BinaryExpr, closed bool) (plan.Constraint, error) {
	if e.Op == token.AND && closedOperands(e) > 1 {
		// CUE 0.17 exports close(A) & B as if B were closed too.
		return plan.Constraint{}, broken("it joins a closed struct with another by &, and which of them is closed is lost; write one struct")
	}
	x, err := l.lower(e.X, closed)
	if err != nil {
		return x, err
	}
	y, err := l.lower(e.Y, closed)
	if err != nil {
		return y, err
	}
	if e.Op == token.OR {
		return either(x, y), nil
	}
	return and(x, y), nil
}

// closedOperands counts the operands of a conjunction that are closed.
func closedOperands(x ast.Expr) int {
	switch x := x.(type) {
	case *ast.ParenExpr:
		return closedOperands(x.X)
	case *ast.BinaryExpr:
		if x.Op == token.AND {
			return closedOperands(x.X) + closedOperands(x.Y)
		}
	case *ast.CallExpr:
		if id, ok := x.Fun.(*ast.Ident); ok && id.Name == "close" {
			return 1
		}
	}
	return 0
}

// either joins alternatives into one flat list.
func either(cs ...plan.Constraint) plan.Constraint {
	var out plan.Constraint
	for _, c := range cs {
		if only := (plan.Constraint{Any: c.Any}); len(c.Any) > 0 && same(c, only) {
			out.Any = append(out.Any, c.Any...)
			continue
		}
		out.Any = append(out.Any, c)
	}
	return out
}

// and joins two constraints, the parts about the value itself into one.
// Comparisons and kinds of the value itself are merged, which keeps constraints, and
// the CEL made of them, small; two sizes or anything deeper become a list. Neither x
// nor y is changed.
func and(x, y plan.Constraint) plan.Constraint {
	if x.Never || y.Never {
		return plan.Constraint{Never: true}
	}
	if scalar(x) && scalar(y) && (x.Size == nil || y.Size == nil) {
		if len(x.Kinds) > 0 && len(y.Kinds) > 0 {
			var kinds []plan.Kind
			for _, k := range x.Kinds {
				for _, m := range y.Kinds {
					if k == m {
						kinds = append(kinds, k)
					}
				}
			}
			// No kind is in both: nothing satisfies it.
			if len(kinds) == 0 {
				return plan.Constraint{Never: true}
			}
			x.Kinds = kinds
		} else {
			x.Kinds = append(x.Kinds, y.Kinds...)
		}
		x.Compare = append(append([]plan.Comparison{}, x.Compare...), y.Compare...)
		if x.Size == nil {
			x.Size = y.Size
		}
		return x
	}
	if scalar(y) {
		x, y = y, x
	}
	if len(y.All) > 0 && same(y, plan.Constraint{All: y.All}) {
		return plan.Constraint{All: append([]plan.Constraint{x}, y.All...)}
	}
	if same(x, plan.Constraint{}) {
		return y
	}
	if len(x.All) > 0 && same(x, plan.Constraint{All: x.All}) {
		return plan.Constraint{All: append(append([]plan.Constraint{}, x.All...), y)}
	}
	return plan.Constraint{All: []plan.Constraint{x, y}}
}

// scalar reports whether the constraint is about the value itself alone.
func scalar(c plan.Constraint) bool {
	return !c.Never && len(c.All) == 0 && len(c.Any) == 0 && c.Fields == nil && c.Items == nil && c.Count == nil
}
