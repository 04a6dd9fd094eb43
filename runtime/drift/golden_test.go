package drift

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/drift/statistic"
)

// golden is what testdata/golden.py wrote of samples; what it wrote of single
// functions is compared in package statistic.
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
			found := statistic.KS(a, b)
			same(t, "KS statistic", found.Statistic, c.KS)
			same(t, "KS p-value", found.PValue, c.KSP)
			j := newComparison(a, b)
			same(t, "mean", mean(j.reference), c.Mean)
			same(t, "standard deviation", j.deviation, c.Std)
			same(t, "Wasserstein distance", statistic.Wasserstein(j.reference, j.current), c.Wasserstein)
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

func mean(s statistic.Sample) float64 {
	m, _ := s.Moments()
	return m
}

// newComparison compares numbers as a monitor would, but for sizes.
func newComparison(a, b []float64) *comparison {
	var s statistic.Sorter
	c := &comparison{rows: int64(len(a)), numeric: true, reference: statistic.Sorted(s.Sort(a, nil)),
		current: statistic.Sorted(s.Sort(b, nil))}
	_, c.deviation = c.reference.Moments()
	c.few, c.unbinned = few(c.reference, c.current), c.reference.Distinct(binnedValues+1) <= binnedValues
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
