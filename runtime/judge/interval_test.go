package judge

import (
	"math"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > within {
		t.Errorf("%s is %.17g, want %.17g", what, got, want)
	}
}

// The figures of the public implementations, at variance 1.
func TestTheSequenceIsThatOfThePublishedFigures(t *testing.T) {
	near(t, "rho", rho(0.05, 5000), 0.03984006677137368, 1e-16)
	for n, want := range map[float64]float64{100: 0.6694388617066039, 1000: 0.10637547006557505,
		5000: 0.042924337188268456, 100000: 0.010552070034257914} {
		near(t, "the half-width", multiplier(n, 0.05), want, want*1e-13)
	}
}

// At the edge of the interval the p-value of the same mixture is alpha: equation 155
// against equation 161's interval.
func TestTheIntervalEndsWhereThePValueIsAlpha(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		alpha, n := 0.0005+0.3*r.Float64(), math.Floor(math.Exp(2+14*r.Float64()))
		p := rho(alpha, tuning)
		x := n*p*p + 1
		t2 := math.Pow(multiplier(n, alpha), 2) * n
		near(t, "the p-value", math.Exp(0.5*math.Log(x)-p*p*n*t2/(2*x)), alpha, 1e-12)
	}
}

func TestAShareWithoutFailuresHasAnIntervalOfSomeWidth(t *testing.T) {
	for _, n := range []int64{1, 100, 100000} {
		low, high := shareInterval(0, n, 0.05)
		if low != 0 || high <= 0 || high > 1 {
			t.Errorf("of %d trials: %g to %g", n, low, high)
		}
		if _, before := shareInterval(0, n+n, 0.05); before >= high {
			t.Errorf("twice %d trials say no more", n)
		}
		l, h := shareInterval(1, n, 0.05)
		near(t, "the mirror's upper end", h, 1, 0)
		near(t, "the mirror's lower end", l, 1-high, 1e-12)
	}
}

func TestTheRatioIsPearsonsChiSquare(t *testing.T) {
	r := Assigned{Requests: 10000, Challenger: 5150, Expected: 10000 * 50, Variance: 10000 * 2500}.ratio()
	near(t, "chi-square", r.ChiSquare, 9, 1e-12)
	near(t, "p", r.P, 0.0026997960632601866, 1e-15)
	if r.Mismatch {
		t.Error("p = 0.0027 is said to be a mismatch")
	}
	off := Assigned{Requests: 10000, Challenger: 1150, Expected: 10000 * 10, Variance: 10000 * 900}
	if r := off.ratio(); !r.Mismatch {
		t.Errorf("11.5 %% where 10 %% are due goes unnoticed: %+v", r)
	}
	if r := (Assigned{Requests: 100, Challenger: 100, Expected: 100 * 100}).ratio(); r != nil {
		t.Errorf("where nothing is left to chance there is no ratio: %+v", r)
	}
}
