package drift

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"
)

// golden is what testdata/golden.py wrote.
type golden struct {
	Numbers []struct {
		A, B                           made
		KS                             float64
		KSP                            float64 `json:"ks_p"`
		Wasserstein, Normed, Mean, Std float64
		JensenShannon                  float64 `json:"jensenshannon"`
		PSI                            float64
		Bins                           [2][]int64
	}
	Categories []struct {
		A, B          []int64
		Chi2          float64
		Chi2P         float64 `json:"chi2_p"`
		JensenShannon float64 `json:"jensenshannon"`
		PSI           float64
		Z             *float64
		ZP            float64 `json:"z_p"`
	}
	Kolmogorov, Smirnov [][3]float64
	Fisher              [][6]float64
	Adjust              []struct{ P, Adjusted []float64 }
}

// made is a sample that both sides make by the same arithmetic.
type made struct {
	Seed         int64
	N            int
	Shape        string
	Scale, Shift float64
}

func (m made) sample() []float64 {
	out, x := make([]float64, m.N), m.Seed
	for i := range out {
		x = (x*1103515245 + 12345) % (1 << 31)
		u := float64(x) / (1 << 31)
		switch m.Shape {
		case "square":
			u *= u
		case "steps":
			u = math.Floor(u * 40)
		case "tails":
			u = (u - 0.5) / (1.000001 - u) / u
		}
		out[i] = m.Shift + float64(m.Scale*u)
	}
	return out
}

func readGolden(t *testing.T) golden {
	t.Helper()
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
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

func TestTestsOfNumbersEqualScipys(t *testing.T) {
	for i, c := range readGolden(t).Numbers {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			a, b := c.A.sample(), c.B.sample()
			found := KS(a, b)
			same(t, "KS statistic", found.Statistic, c.KS)
			same(t, "KS p-value", found.PValue, c.KSP)
			j := newComparison(a, b)
			same(t, "mean", mean(j.reference), c.Mean)
			same(t, "standard deviation", j.deviation, c.Std)
			same(t, "Wasserstein distance", wassersteinDistance(j.reference, j.current), c.Wasserstein)
			same(t, "normed Wasserstein distance", wasserstein.run(j).statistic, c.Normed)
			same(t, "Jensen-Shannon distance", jensenShannon.run(j).statistic, c.JensenShannon)
			same(t, "PSI", psi.run(j).statistic, c.PSI)
			p, q := j.binned()
			if fmt.Sprint([2][]int64{p, q}) != fmt.Sprint(c.Bins) {
				t.Errorf("bins are %v and %v, numpy has %v", p, q, c.Bins)
			}
		})
	}
}

func mean(s sample) float64 {
	m, _ := s.moments()
	return m
}

// newComparison compares numbers as a monitor would, but for sizes.
func newComparison(a, b []float64) *comparison {
	var s sorter
	c := &comparison{rows: int64(len(a)), numeric: true, reference: sorted(s.sort(a, nil)),
		current: sorted(s.sort(b, nil))}
	_, c.deviation = c.reference.moments()
	c.few, c.unbinned = few(c.reference, c.current), c.reference.distinct(binnedValues+1) <= binnedValues
	return c
}

func TestTestsOfCategoriesEqualScipys(t *testing.T) {
	for i, c := range readGolden(t).Categories {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			j := &comparison{referenceCounts: c.A, currentCounts: c.B}
			found := chiSquare.run(j)
			same(t, "chi-square", found.statistic, c.Chi2)
			same(t, "its p-value", found.p, c.Chi2P)
			same(t, "Jensen-Shannon distance", jensenShannon.run(j).statistic, c.JensenShannon)
			same(t, "PSI", psi.run(j).statistic, c.PSI)
			if c.Z != nil {
				found := zTest.run(j)
				same(t, "Z", found.statistic, *c.Z)
				same(t, "its p-value", found.p, c.ZP)
			}
		})
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
		more, fewer := tails(int64(c[0]), int64(c[1]), int64(c[2]), int64(c[3]))
		for i, got := range []float64{more.p, fewer.p} {
			// Of two million rows scipy, too, has no more than six digits.
			if want := c[4+i]; math.Abs(got-want) > 1e-6*want {
				t.Errorf("%v of %v rows: tail %d is %.17g, scipy says %.17g", c[:2], c[2:4], i, got, want)
			}
		}
	}
}

func TestCorrectedPValuesEqualTheFormula(t *testing.T) {
	for _, c := range readGolden(t).Adjust {
		for i, got := range adjust(c.P) {
			same(t, fmt.Sprintf("corrected %g of %v", c.P[i], c.P), got, c.Adjusted[i])
		}
	}
}
