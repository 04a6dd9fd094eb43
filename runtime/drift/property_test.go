package drift

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

func TestASampleDoesNotDriftFromItself(t *testing.T) {
	for seed := range uint64(30) {
		a, _ := sides(seed)
		c := newComparison(a, a)
		for _, test := range tests {
			if got := test.run(c); got.statistic > 1e-12 || got.p < 1 {
				t.Errorf("seed %d: %s of a sample and itself is %v", seed, test.name, got)
			}
		}
	}
}

func TestTheOrderOfRowsDoesNotMatter(t *testing.T) {
	for seed := range uint64(30) {
		a, b := sides(seed)
		before := newComparison(a, b)
		random := rand.New(rand.NewPCG(seed, 3))
		random.Shuffle(len(a), func(i, j int) { a[i], a[j] = a[j], a[i] })
		random.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
		after := newComparison(a, b)
		for _, test := range tests {
			if x, y := test.run(before), test.run(after); x != y {
				t.Errorf("seed %d: %s is %v, of the same rows in another order %v", seed, test.name, x, y)
			}
		}
	}
}

func TestALargerShiftIsALargerDistance(t *testing.T) {
	for seed := range uint64(10) {
		a, b := sides(3 * seed) // normal
		last := map[string]float64{}
		for _, shift := range []float64{0, 20, 40, 60} {
			moved := slices.Clone(b)
			for i := range moved {
				moved[i] = a[i%len(a)] + shift
			}
			c := newComparison(a, moved)
			for _, test := range []test{ks, wasserstein} {
				got := test.run(c).statistic
				if was, ok := last[test.name]; ok && got <= was {
					t.Errorf("seed %d: %s is %g at a shift of %g and was %g before it", seed, test.name, got, shift, was)
				}
				last[test.name] = got
			}
		}
	}
}

func TestAnotherUnitIsTheSameDrift(t *testing.T) {
	for seed := range uint64(30) {
		a, b := sides(seed)
		metres := newComparison(a, b)
		for i := range a {
			a[i] *= 1024
		}
		for i := range b {
			b[i] *= 1024
		}
		millis := newComparison(a, b)
		for _, test := range tests {
			if x, y := test.run(metres), test.run(millis); math.Abs(x.statistic-y.statistic) > 1e-9*max(1, x.statistic) && metres.deviation > 0.001 {
				t.Errorf("seed %d: %s is %v in one unit, %v in another", seed, test.name, x, y)
			}
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
		q := adjust(p)
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

// The whole of what is watched raises few false alarms: with five tests at 5 %
// and the correction, at most about 5 windows of 100 show any drift.
func TestFalseAlarmsAreAsRareAsTheThresholdSays(t *testing.T) {
	const windows = 300
	drifted, p := 0, newPeople(100)
	// A fresh reference each time: one reference's own luck would count 300 times.
	for i := range windows {
		f, predictions := frame(crowd(newPeople(uint64(1000+i)), 1000))
		ref, err := NewReference(f, predictions, ReferenceOptions{Labels: []string{"bad", "good"}})
		if err != nil {
			t.Fatal(err)
		}
		w := newWatch(t, ref, shopDrift())
		w.see(p, 400)
		if w.hour().Drifted > 0 {
			drifted++
		}
	}
	// 5 % and three standard deviations of that many windows.
	if limit := 0.05*windows + 3*math.Sqrt(0.05*0.95*windows); float64(drifted) > limit {
		t.Errorf("%d of %d windows of the same people show drift, at most %.0f are chance", drifted, windows, limit)
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
		if got := new(sorter).sort(v, nil); !slices.Equal(got, want) {
			t.Fatalf("seed %d: not sorted", seed)
		}
	}
}
