package lower

import (
	"math/big"
	"reflect"
	"regexp"
	"strconv"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// number is a constant number: CUE tells ints from floats, bounds do not.
type number struct {
	value float64
	float bool
}

var kindsOf = map[string][]plan.Kind{
	"string": {plan.StringKind}, "bool": {plan.BoolKind}, "int": {plan.IntKind},
	"float": {plan.FloatKind}, "number": {plan.IntKind, plan.FloatKind},
}

// ident lowers a name: of a type, or of nothing that can be seen from here.
// A let is lowered where it is used. One that refers to itself is refused, as any
// other reference is.
func (l *lowerer) ident(e *ast.Ident) (plan.Constraint, error) {
	if kinds, ok := kindsOf[e.Name]; ok {
		return plan.Constraint{Kinds: kinds}, nil
	}
	switch e.Name {
	case "_":
		return plan.Constraint{}, nil
	case "uint":
		return plan.Constraint{Kinds: []plan.Kind{plan.IntKind},
			Compare: []plan.Comparison{{Op: plan.GreaterEqual, Value: 0.0}}}, nil
	}
	if let, ok := l.lets[e.Name]; ok && !l.open[e.Name] {
		l.open[e.Name] = true
		defer delete(l.open, e.Name)
		return l.lower(let, false)
	}
	return plan.Constraint{}, refuse("it refers to %s, another value of what is judged", e.Name)
}

// bound lowers an operator and its constant.
// What would never hold, or is not a regular expression, is broken: CUE itself would
// only say so for the first value.
func (l *lowerer) bound(op plan.Op, operand ast.Expr) (plan.Constraint, error) {
	v, err := l.constant(operand)
	if err != nil {
		return plan.Constraint{}, err
	}
	if n, ok := v.(number); ok {
		v = n.value
	}
	text, isText := v.(string)
	if op == plan.Matches || op == plan.NotMatches {
		if !isText {
			return plan.Constraint{}, broken("%s compares with text", op)
		}
		if _, err := regexp.Compile(text); err != nil {
			return plan.Constraint{}, broken("%q is not a valid RE2 expression: %v", text, err)
		}
	}
	if b, isBool := v.(bool); isBool {
		return plan.Constraint{}, broken("%s%t holds of nothing; write %t", op, b, !b)
	}
	return plan.Constraint{Compare: []plan.Comparison{{Op: op, Value: v}}}, nil
}

// equal is a constant as a constraint.
// The constant is of a kind and equal; null has one value, so its kind suffices.
func equal(v any) (plan.Constraint, error) {
	switch v := v.(type) {
	case nil:
		return plan.Constraint{Kinds: []plan.Kind{plan.NullKind}}, nil
	case number:
		if v.float && plan.KindOf(v.value) == plan.IntKind {
			return plan.Constraint{}, broken("%g.0 equals nothing: a number without a fraction is an int; write %g",
				v.value, v.value)
		}
		return plan.Constraint{Compare: []plan.Comparison{{Op: plan.Equal, Value: v.value}}}, nil
	}
	return plan.Constraint{Compare: []plan.Comparison{{Op: plan.Equal, Value: v}}}, nil
}

// constant evaluates an expression that refers to nothing of what is judged: a
// number, string, bool or nil.
// It evaluates by CUE, in a context of its own, so that arithmetic and strings in
// constants mean what they mean in the pack. A default is taken where there is one.
func (e *Expression) constant(x ast.Expr) (any, error) {
	if lit, ok := x.(*ast.BasicLit); ok {
		return literalValue(lit)
	}
	scope := &ast.StructLit{}
	if err := e.scope(x, scope, map[string]bool{}); err != nil {
		return nil, err
	}
	scope.Elts = append(scope.Elts, &ast.Field{Label: ast.NewIdent("x"), Value: x})
	v := cuecontext.New().BuildExpr(scope).LookupPath(cue.ParsePath("x"))
	if d, ok := v.Default(); ok {
		v = d
	}
	if v.Err() != nil || !v.IsConcrete() {
		return nil, refuse("%s is not understood", nodeText(x))
	}
	switch v.Kind() {
	case cue.StringKind:
		return v.String()
	case cue.BoolKind:
		return v.Bool()
	case cue.NullKind:
		return nil, nil
	case cue.IntKind, cue.FloatKind:
		b, err := v.MarshalJSON()
		if err != nil {
			return nil, err
		}
		return numberOf(string(b), v.Kind() == cue.FloatKind)
	}
	return nil, refuse("%s is not a number, string, bool or null", nodeText(x))
}

// scope gathers the values that the expression refers to, or refuses it.
// Lets are added in the order in which they depend on each other.
func (e *Expression) scope(x ast.Expr, into *ast.StructLit, seen map[string]bool) error {
	var err error
	ast.Walk(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Comprehension:
			err = refuse("it has a comprehension (for, if), which only CUE evaluates")
		case *ast.Ident:
			let, ok := e.lets[n.Name]
			switch {
			case kindsOf[n.Name] != nil || n.Name == "uint" || seen[n.Name] || err != nil:
			case ok:
				seen[n.Name] = true
				err = e.scope(let, into, seen)
				into.Elts = append(into.Elts, &ast.LetClause{Ident: ast.NewIdent(n.Name), Expr: let})
			default:
				err = refuse("it refers to %s, another value of what is judged", n.Name)
			}
		}
		return err == nil
	}, nil)
	return err
}

// constantArguments are the validators whose arguments are values; those of
// matchN and the like are constraints, which have no default to settle on.
var constantArguments = map[string]bool{
	"list.MinItems": true, "list.MaxItems": true, "struct.MinFields": true, "struct.MaxFields": true,
	"strings.MinRunes": true, "strings.MaxRunes": true, "strings.HasPrefix": true,
	"strings.HasSuffix": true, "strings.Contains": true,
}

// fold replaces the operands of bounds and validators by the constants they
// evaluate to, so that a rule reads >=0.8 where it was written >=config.ratio.
// Without it the digest of a rule would not change with its configuration. What does
// not evaluate is left as it is, and lowered or refused later.
func (e *Expression) fold() {
	folded := func(x ast.Expr) ast.Expr {
		switch x.(type) {
		case *ast.BasicLit, *ast.StructLit, *ast.ListLit:
			return x
		}
		v, err := e.constant(x)
		if err != nil {
			return x
		}
		if n, ok := v.(number); ok {
			lit := numeral(strconv.FormatFloat(n.value, 'f', -1, 64))
			// A float such as 3.0 would be written as the int 3, which is another
			// kind to CUE.
			if b, ok := lit.(*ast.BasicLit); ok && n.float && b.Kind == token.INT {
				return x
			}
			return lit
		}
		if s, ok := v.(string); ok {
			return ast.NewString(s)
		}
		return x
	}
	visit := func(n ast.Node) {
		switch n := n.(type) {
		case *ast.UnaryExpr:
			if _, ok := bounds[n.Op]; ok {
				n.X = folded(n.X)
			}
		case *ast.CallExpr:
			if name, field := e.qualified(n.Fun); constantArguments[e.imports[name]+"."+field] {
				for i, arg := range n.Args {
					n.Args[i] = folded(arg)
				}
			}
		}
	}
	ast.Walk(e.expr, nil, visit)
	for _, let := range e.lets {
		ast.Walk(let, nil, visit)
	}
}

// literalValue is the value of a literal; bytes have no JSON.
func literalValue(lit *ast.BasicLit) (any, error) {
	switch lit.Kind {
	case token.STRING:
		s, err := literal.Unquote(lit.Value)
		if err != nil || len(lit.Value) > 0 && lit.Value[0] == '\'' {
			return nil, refuse("%s is bytes, which no other point knows", lit.Value)
		}
		return s, nil
	case token.TRUE, token.FALSE:
		return lit.Kind == token.TRUE, nil
	case token.NULL:
		return nil, nil
	case token.INT, token.FLOAT:
		var n literal.NumInfo
		if err := literal.ParseNum(lit.Value, &n); err != nil {
			return nil, refuse("%s is not a number", lit.Value)
		}
		return numberOf(n.String(), !n.IsInt())
	}
	return nil, refuse("%s is not understood", lit.Value)
}

// numberOf refuses numbers that a float64, which is all that JSON's readers
// agree on, does not hold exactly.
func numberOf(text string, float bool) (any, error) {
	f, err := strconv.ParseFloat(text, 64)
	exact, ok := new(big.Rat).SetString(text)
	short, ok2 := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	if err != nil || !ok || !ok2 || exact.Cmp(short) != 0 {
		return nil, refuse("%s has more digits than a number has everywhere", text)
	}
	return number{value: f, float: float}, nil
}

// same compares constraints by what they hold; they are trees without cycles.
func same(a, b plan.Constraint) bool { return reflect.DeepEqual(a, b) }
