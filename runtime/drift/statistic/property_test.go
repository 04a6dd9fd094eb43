package statistic

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// sides makes samples of many sizes and shapes, with ties or without.
func sides(seed uint64) (a, b []float64) {
	random := rand.New(rand.NewPCG(seed, 2))
	shape := func(n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			switch out[i] = random.NormFloat64() * 10; seed % 3 {
			case 1:
				out[i] = math.Round(out[i])
			case 2:
				out[i] = math.Exp(out[i])
			}
		}
		return out
	}
	return shape(1 + random.IntN(3000)), shape(1 + random.IntN(3000))
}

func TestWhereASideIsEmptyThereIsNothingToTell(t *testing.T) {
	if got := KS(nil, []float64{1}); got != (Tested{PValue: 1}) {
		t.Errorf("KS: %v", got)
	}
}

func TestColumnsAreTestedOnAllCoresAsOneByOne(t *testing.T) {
	var a, b [][]float64
	for c := range 25 {
		x, y := sides(uint64(c))
		a, b = append(a, x), append(b, y)
	}
	for c, got := range KSColumns(a, b) {
		if want := KS(a[c], b[c]); got != want {
			t.Errorf("column %d: %v together, %v alone", c, got, want)
		}
	}
}

func TestCorrectionKeepsTheOrderAndNeverLowersAPValue(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		p := make([]float64, 1+random.IntN(30))
		for i := range p {
			p[i] = math.Round(math.Pow(random.Float64(), 4)*1000) / 1000
		}
		q := Adjust(p)
		for i := range p {
			if q[i] < p[i] || q[i] > 1 || q[i] > p[i]*float64(len(p)) {
				t.Fatalf("%g of %v is corrected to %g", p[i], p, q[i])
			}
			for j := range p {
				if p[i] < p[j] && q[i] > q[j] || p[i] == p[j] && q[i] != q[j] {
					t.Fatalf("%v is corrected to %v: the order of %d and %d turns", p, q, i, j)
				}
			}
		}
	}
}

func TestSortingEqualsTheStandardLibrarys(t *testing.T) {
	for seed := range uint64(30) {
		a, b := sides(seed)
		v := append(a, b...)
		v = append(v, 0, math.Copysign(0, -1), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64)
		want := slices.Clone(v)
		slices.Sort(want)
		v = append(v, math.NaN(), math.Inf(1), math.Inf(-1))
		if got := new(Sorter).Sort(v, nil); !slices.Equal(got, want) {
			t.Fatalf("seed %d: not sorted", seed)
		}
	}
}
