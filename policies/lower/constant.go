package lower

import (
	"math/big"
	"reflect"
	"regexp"
	"strconv"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
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
func (l *lowerer) ident(e *ast.Ident) (plan.Constraint, error) {
	if kinds, ok := kindsOf[e.Name]; ok {
		return plan.Constraint{Kinds: kinds}, nil
	}
	switch e.Name {
	case "_":
		return plan.Constraint{}, nil
	case "uint":
		return plan.Constraint{Kinds: []plan.Kind{plan.IntKind}, Compare: []plan.Comparison{{Op: plan.GreaterEqual, Value: 0.0}}}, nil
	}
	return plan.Constraint{}, refuse("it refers to %s, another value of what is judged", e.Name)
}

// bound lowers an operator and its constant.
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
			return plan.Constraint{}, broken("%q is no RE2 expression: %v", text, err)
		}
	}
	if b, isBool := v.(bool); isBool {
		return plan.Constraint{}, broken("%s%t holds of nothing; write %t", op, b, !b)
	}
	return plan.Constraint{Compare: []plan.Comparison{{Op: op, Value: v}}}, nil
}

// equal is a constant as a constraint.
func equal(v any) (plan.Constraint, error) {
	switch v := v.(type) {
	case nil:
		return plan.Constraint{Kinds: []plan.Kind{plan.NullKind}}, nil
	case number:
		if v.float && plan.KindOf(v.value) == plan.IntKind {
			return plan.Constraint{}, broken("%g.0 equals nothing: a number without a fraction is an int; write %g", v.value, v.value)
		}
		return plan.Constraint{Compare: []plan.Comparison{{Op: plan.Equal, Value: v.value}}}, nil
	}
	return plan.Constraint{Compare: []plan.Comparison{{Op: plan.Equal, Value: v}}}, nil
}

// constant evaluates an expression that refers to nothing: a number, string,
// bool or nil.
func (l *lowerer) constant(e ast.Expr) (any, error) {
	if lit, ok := e.(*ast.BasicLit); ok {
		return literalValue(lit)
	}
	var other error
	ast.Walk(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if other == nil {
				other = refuse("it refers to %s, another value of what is judged", n.Name)
			}
		case *ast.Comprehension:
			other = refuse("it has a comprehension (for, if), which only CUE evaluates")
		}
		return other == nil
	}, nil)
	if other != nil {
		return nil, other
	}
	v := l.ctx.BuildExpr(e)
	if v.Err() != nil || !v.IsConcrete() {
		return nil, refuse("%s is not understood", nodeText(e))
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
	return nil, refuse("%s is no number, text, true, false or null", nodeText(e))
}

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
			return nil, refuse("%s is no number", lit.Value)
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

func same(a, b plan.Constraint) bool { return reflect.DeepEqual(a, b) }
