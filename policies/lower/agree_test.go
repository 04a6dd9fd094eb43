package lower

import (
	"math/rand/v2"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies/lower/lowertest"
)

// TestLoweringAgreesWithCUE holds the lowered constraint to CUE's own verdict.
func TestLoweringAgreesWithCUE(t *testing.T) {
	cases := 600 // package admission holds many more, with CEL beside them
	if testing.Short() {
		cases = 100
	}
	g := lowertest.Generator{Rand: rand.New(rand.NewPCG(1, 2))}
	refused, compared, held := 0, 0, 0
	ctx := cuecontext.New()
	for i := range cases {
		if i%500 == 0 {
			ctx = cuecontext.New()
		}
		text := g.Constraint(3)
		v := ctx.CompileString(lowertest.Preamble + text)
		v = v.LookupPath(cue.ParsePath("x"))
		if v.Err() != nil || v.Validate() != nil {
			continue
		}
		e, err := Export(v)
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
		for range 20 {
			value := g.Value(3)
			s, err := Value(ctx, value)
			if err != nil {
				t.Fatal(err)
			}
			cueErr := Instance(v, s)
			got := m.Judge(value)
			compared++
			if cueErr == nil {
				held++
			}
			if (got == plan.Yes) != (cueErr == nil) {
				t.Errorf("%s\n  lowered %s\n  value %v: CUE says %v, the lowering %v", text, c, value, cueErr, got)
			}
			if (got == plan.Yes) != (len(m.Explain(value)) == 0) {
				t.Errorf("%s of %v: judged %v, explained %v", text, value, got, m.Explain(value))
			}
		}
		if t.Failed() && i > 200 {
			break
		}
	}
	t.Logf("%d comparisons, %d held, %d constraints refused", compared, held, refused)
}
