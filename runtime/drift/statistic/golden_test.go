package statistic

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"
)

// golden is what ../testdata/golden.py wrote of single functions. What it wrote
// of samples is compared in package drift, which chooses bins and units.
type golden struct {
	Kolmogorov, Smirnov [][3]float64
	Fisher              [][6]float64
	Adjust              []struct{ P, Adjusted []float64 }
}

func readGolden(t *testing.T) golden {
	t.Helper()
	b, err := os.ReadFile("../testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Kolmogorov) == 0 || len(g.Smirnov) == 0 || len(g.Fisher) == 0 || len(g.Adjust) == 0 {
		t.Fatal("golden.json has a part without cases")
	}
	return g
}

// same holds two numbers to 1e-9, and large ones relatively so.
func same(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9*max(1, math.Abs(want))) {
		t.Errorf("%s is %.17g, scipy says %.17g", what, got, want)
	}
}

func TestKolmogorovsDistributionEqualsScipys(t *testing.T) {
	g := readGolden(t)
	for _, c := range g.Kolmogorov {
		same(t, fmt.Sprintf("P(D > %g) of %g rows", c[1], c[0]), kolmogorov(int(c[0]), c[1]), c[2])
	}
	for _, c := range g.Smirnov {
		got := smirnov(int(c[0]), c[1])
		if math.Abs(got/c[2]-1) > 1e-9 {
			t.Errorf("P(D+ > %g) of %g rows is %.17g, scipy says %.17g", c[1], c[0], got, c[2])
		}
	}
}

func TestTailsOfFishersExactTestEqualScipys(t *testing.T) {
	for _, c := range readGolden(t).Fisher {
		more, fewer := Tails(int64(c[0]), int64(c[1]), int64(c[2]), int64(c[3]))
		for i, got := range []float64{more.P, fewer.P} {
			// Of two million rows scipy, too, has no more than six digits.
			if want := c[4+i]; math.Abs(got-want) > 1e-6*want {
				t.Errorf("%v of %v rows: tail %d is %.17g, scipy says %.17g", c[:2], c[2:4], i, got, want)
			}
		}
	}
}

func TestCorrectedPValuesEqualTheFormula(t *testing.T) {
	for _, c := range readGolden(t).Adjust {
		for i, got := range Adjust(c.P) {
			same(t, fmt.Sprintf("corrected %g of %v", c.P[i], c.P), got, c.Adjusted[i])
		}
	}
}
