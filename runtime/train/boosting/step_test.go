package boosting

import (
	"math"
	"testing"
)

// exact returns what the score of rows at probability p should move by, of which
// positive of n are positive.
func exact(positive, n, p float64) float64 {
	share, was := positive/n, p
	return math.Log(share/(1-share)) - math.Log(was/(1-was))
}

func TestAStepNeverOvershootsARareClassByFar(t *testing.T) {
	for _, p := range []float64{1e-2, 1e-4, 1e-6, 1e-9} {
		for _, positive := range []float64{1, 7, 19} {
			const n = 20
			g, h := positive-n*p, n*p*(1-p)
			value, gain := step(g, h, true)
			want := exact(positive, n, p)
			if value > want+sureStep || value < want/3 {
				t.Errorf("%v of %d rows at %g: a step of %.2f, right is %.2f, Newton's %.0f",
					positive, n, p, value, want, g/h)
			}
			// The right step takes away the most that there is; the sure step is
			// believed, and promises up to half of that again and more.
			loss := func(q float64) float64 { return -positive*math.Log(q) - (n-positive)*math.Log1p(-q) }
			if most := 2 * (loss(p) - loss(positive/n)); gain > 2*most || gain <= 0 {
				t.Errorf("%v of %d rows at %g: a gain of %.3g where there is %.3g to gain", positive, n, p, gain, most)
			}
		}
	}
}

func TestAStepIsNewtonsWhereItIsSureAndGoesOnWithoutAJump(t *testing.T) {
	for _, bounded := range []bool{true, false} {
		if value, gain := step(3, 2, bounded); value != 1.5 || gain != 4.5 {
			t.Errorf("%v, %v, want 1.5 and 4.5", value, gain)
		}
	}
	if value, gain := step(50, 2, false); value != 25 || gain != 1250 {
		t.Errorf("of a regression %v, %v, want 25 and 1250", value, gain)
	}
	const h, e = 0.3, 1e-6
	a, gainA := step((sureStep-e)*h, h, true)
	b, gainB := step((sureStep+e)*h, h, true)
	if math.Abs(b-a-2*e) > 1e-9 || math.Abs(gainB-gainA) > 1e-5 || gainB <= gainA {
		t.Errorf("values %v and %v, gains %v and %v about the longest sure step", a, b, gainA, gainB)
	}
}
