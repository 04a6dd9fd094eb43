package lower

import (
	"regexp"

	"cuelang.org/go/cue/ast"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// selector lowers a definition that CUE exported beside the constraint.
func (l *lowerer) selector(e *ast.SelectorExpr) (plan.Constraint, error) {
	name, field := l.qualified(e)
	if path, ok := l.imports[name]; ok {
		return plan.Constraint{}, refuse("only CUE knows %s.%s", path, field)
	}
	name, def := l.Definition(e)
	if def == nil {
		return plan.Constraint{}, refuse("it refers to %s, another value of what is judged", nodeText(e))
	}
	if l.open[name] {
		return plan.Constraint{}, refuse("it refers to itself")
	}
	l.open[name] = true
	defer delete(l.open, name)
	return l.lower(def, true)
}

// qualified splits "strings.MinRunes"; the parts are "" for anything else.
func (e *Expression) qualified(x ast.Expr) (name, field string) {
	sel, ok := x.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	of, ok := sel.X.(*ast.Ident)
	if !ok {
		return "", ""
	}
	field, _, err := ast.LabelName(sel.Sel)
	if err != nil {
		return "", ""
	}
	return of.Name, field
}

// call lowers the validators of CUE's standard library that other points have
// an equal of.
// They are enforced without CUE by plan.Matcher and by CEL, so each needs the same
// meaning there; anything else is refused and left to CUE.
func (l *lowerer) call(e *ast.CallExpr, closed bool) (plan.Constraint, error) {
	if id, ok := e.Fun.(*ast.Ident); ok {
		return l.builtin(id.Name, e, closed)
	}
	name, field := l.qualified(e.Fun)
	word := l.imports[name] + "." + field
	switch word {
	case "list.MinItems", "list.MaxItems":
		return l.size(plan.ListKind, field[:3], e)
	case "struct.MinFields", "struct.MaxFields":
		return l.size(plan.StructKind, field[:3], e)
	case "strings.MinRunes", "strings.MaxRunes":
		return l.size(plan.StringKind, field[:3], e)
	case "strings.HasPrefix":
		return l.text(`^`, ``, e)
	case "strings.HasSuffix":
		return l.text(``, `\z`, e)
	case "strings.Contains":
		return l.text(``, ``, e)
	case "list.MatchN":
		if len(e.Args) == 2 {
			return l.matchEach(e, closed)
		}
	}
	return plan.Constraint{}, refuse("only CUE knows %s", nodeText(e.Fun))
}

// size lowers a validator of a length, "Min" or "Max"; its argument must be a whole
// number that is known when the rule is compiled.
func (l *lowerer) size(of plan.Kind, which string, e *ast.CallExpr) (plan.Constraint, error) {
	if len(e.Args) != 1 {
		return plan.Constraint{}, refuse("only CUE knows %s", nodeText(e))
	}
	v, err := l.constant(e.Args[0])
	if err != nil {
		return plan.Constraint{}, err
	}
	n, ok := v.(number)
	if !ok || n.value != float64(int(n.value)) {
		return plan.Constraint{}, refuse("%s counts in whole numbers", nodeText(e))
	}
	i := int(n.value)
	if which == "Min" {
		return plan.Constraint{Size: &plan.Size{Of: of, Min: &i}}, nil
	}
	return plan.Constraint{Size: &plan.Size{Of: of, Max: &i}}, nil
}

// text lowers a validator of a text to a regular expression: before and after are
// anchors around the argument, which is quoted, so that it is compared as it is.
func (l *lowerer) text(before, after string, e *ast.CallExpr) (plan.Constraint, error) {
	if len(e.Args) != 1 {
		return plan.Constraint{}, refuse("only CUE knows %s", nodeText(e))
	}
	v, err := l.constant(e.Args[0])
	if err != nil {
		return plan.Constraint{}, err
	}
	s, ok := v.(string)
	if !ok {
		return plan.Constraint{}, refuse("%s takes text", nodeText(e.Fun))
	}
	return plan.Constraint{Compare: []plan.Comparison{{Op: plan.Matches,
		Value: before + regexp.QuoteMeta(s) + after}}}, nil
}

// builtin lowers the functions that CUE has without an import.
func (l *lowerer) builtin(name string, e *ast.CallExpr, closed bool) (plan.Constraint, error) {
	switch name {
	case "close":
		if len(e.Args) == 1 {
			return l.close(e.Args[0])
		}
	case "and", "or":
		return l.fold(name, e, closed)
	case "matchN":
		if len(e.Args) == 2 {
			return l.matchN(e, closed)
		}
	}
	return plan.Constraint{}, refuse("only CUE knows %s", name)
}

// close lowers close({...}). Closing anything but a struct that is written there
// depends on how CUE combines closed structs, which no other point does.
func (l *lowerer) close(arg ast.Expr) (plan.Constraint, error) {
	c, err := l.lower(arg, false)
	if err != nil {
		return c, err
	}
	if c.Fields == nil || !same(c, plan.Constraint{Fields: c.Fields}) {
		return c, refuse("it closes what is not a plain struct")
	}
	if s, ok := arg.(*ast.StructLit); !ok || opened(s) {
		return c, refuse("it closes what is not a plain struct")
	}
	f := *c.Fields
	f.Closed = true
	return plan.Constraint{Fields: &f}, nil
}

// opened reports whether the struct says by "..." that further fields are allowed.
func opened(s *ast.StructLit) bool {
	for _, d := range s.Elts {
		if _, ok := d.(*ast.Ellipsis); ok {
			return true
		}
	}
	return false
}

// listed are the constraints in a list literal.
func (l *lowerer) listed(e ast.Expr, closed bool) ([]plan.Constraint, error) {
	list, ok := e.(*ast.ListLit)
	if !ok {
		return nil, refuse("%s is not a plain list", nodeText(e))
	}
	var out []plan.Constraint
	for _, elt := range list.Elts {
		c, err := l.lower(elt, closed)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// fold lowers and([...]) and or([...]). As in CUE, or of nothing never holds and and
// of nothing always does.
func (l *lowerer) fold(name string, e *ast.CallExpr, closed bool) (plan.Constraint, error) {
	if len(e.Args) != 1 {
		return plan.Constraint{}, refuse("only CUE knows %s", nodeText(e))
	}
	all, err := l.listed(e.Args[0], closed)
	if err != nil {
		return plan.Constraint{}, err
	}
	if name == "or" {
		if len(all) == 0 {
			return plan.Constraint{Never: true}, nil
		}
		return either(all...), nil
	}
	var out plan.Constraint
	for _, c := range all {
		out = and(out, c)
	}
	return out, nil
}

// matchN lowers matchN(n, [...]): how many of the constraints the value satisfies.
func (l *lowerer) matchN(e *ast.CallExpr, closed bool) (plan.Constraint, error) {
	n, err := l.lower(e.Args[0], false)
	if err != nil {
		return n, err
	}
	defer l.count()()
	of, err := l.listed(e.Args[1], closed)
	if err != nil {
		return n, err
	}
	return plan.Constraint{Count: &plan.Count{Of: of, N: n}}, nil
}

// matchEach lowers list.MatchN(n, x): how many of the list's items satisfy x.
func (l *lowerer) matchEach(e *ast.CallExpr, closed bool) (plan.Constraint, error) {
	n, err := l.lower(e.Args[0], false)
	if err != nil {
		return n, err
	}
	defer l.count()()
	each, err := l.lower(e.Args[1], closed)
	if err != nil {
		return n, err
	}
	return plan.Constraint{Count: &plan.Count{Each: &each, N: n}}, nil
}

// count notes that what follows is inside matchN, until the result is called.
// Required fields are read in another way there; see lowerer.
func (l *lowerer) count() func() {
	was := l.counting
	l.counting = true
	return func() { l.counting = was }
}
