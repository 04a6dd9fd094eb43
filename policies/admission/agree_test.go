package admission

import (
	"math/rand/v2"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"github.com/google/cel-go/cel"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies/lower"
	"github.com/ashlar-dev/ashlar/policies/lower/lowertest"
)

// environment is CEL as a Kubernetes API server sets it up.
func environment(t testing.TB) *cel.Env {
	t.Helper()
	env, err := cel.NewEnv(
		cel.HomogeneousAggregateLiterals(), cel.EagerlyValidateDeclarations(true), cel.DefaultUTCTimeZone(true),
		cel.CrossTypeNumericComparisons(true),
		cel.Variable("x", cel.DynType), cel.Variable("object", cel.DynType),
		cel.Variable("variables", cel.MapType(cel.StringType, cel.DynType)),
	)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func program(t testing.TB, env *cel.Env, expression string) cel.Program {
	t.Helper()
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		t.Fatalf("%s does not compile: %v", expression, issues.Err())
	}
	if ast.OutputType() != cel.BoolType {
		t.Fatalf("%s is a %s", expression, ast.OutputType())
	}
	p, err := env.Program(ast)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// decoded is a JSON value as the API server decodes it: numbers without a
// fraction are int64.
func decoded(v any) any {
	switch v := v.(type) {
	case float64:
		if plan.KindOf(v) == plan.IntKind {
			return int64(v)
		}
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = decoded(one)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, one := range v {
			out[name] = decoded(one)
		}
		return out
	}
	return v
}

// TestCUETheRuntimeAndCELAgree holds three judges to one verdict: CUE, which
// says what a rule means, the runtime and an API server.
func TestCUETheRuntimeAndCELAgree(t *testing.T) {
	const cases, values = 1000, 12
	g := lowertest.Generator{Rand: rand.New(rand.NewPCG(3, 4))}
	env, ctx := environment(t), cuecontext.New()
	var compared, held, refused, inCEL int
	for i := range cases {
		if i%500 == 0 {
			ctx = cuecontext.New() // it keeps all that it has seen
		}
		text := g.Constraint(3)
		v := ctx.CompileString(lowertest.Preamble + text).LookupPath(cue.ParsePath("x"))
		if v.Err() != nil || v.Validate() != nil {
			continue
		}
		e, err := lower.Export(v)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		c, err := e.Constraint()
		if err != nil {
			refused++
			continue
		}
		m, err := c.Compile()
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		expression, err := CEL(c, "x")
		var p cel.Program
		if err == nil {
			inCEL++
			p = program(t, env, expression)
		}
		for range values {
			value := g.Value(3)
			s, err := lower.Value(ctx, value)
			if err != nil {
				t.Fatal(err)
			}
			meant := lower.Instance(v, s) == nil
			compared++
			if meant {
				held++
			}
			if got := m.Judge(value) == plan.Yes; got != meant {
				t.Errorf("%s of %v: CUE says %t, the runtime %t", text, value, meant, got)
			}
			if p != nil {
				agree(t, p, text+" as "+expression, value, meant)
			}
		}
		if t.Failed() {
			break
		}
	}
	t.Logf("%d comparisons, %d held; of %d constraints %d refused, %d in CEL", compared, held, cases, refused, inCEL)
	if compared < cases*values/2 || held < compared/20 || inCEL < cases/3 {
		t.Error("the generator compares too little")
	}
}

// agree evaluates the lowered rule on the value as JSON and as Go has it.
func agree(t *testing.T, p cel.Program, rule string, value any, meant bool) {
	t.Helper()
	for _, as := range []any{decoded(value), value} {
		out, _, err := p.Eval(map[string]any{"x": as})
		if err != nil {
			t.Errorf("%s of %v errs: %v", rule, value, err)
		} else if out.Value() != meant {
			t.Errorf("%s of %v: CUE says %t, CEL %v", rule, value, meant, out)
		}
	}
}
