package drift

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
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
					t.Errorf("seed %d: %s is %g at a shift of %g and was %g before it", seed,
						test.name, got, shift, was)
				}
				last[test.name] = got
			}
		}
	}
}

func TestAnotherUnitIsTheSameDrift(t *testing.T) {
	for seed := range uint64(30) {
		for _, unit := range []int{-200, -40, 10} {
			a, b := sides(seed)
			metres := newComparison(a, b)
			for i := range a {
				a[i] = math.Ldexp(a[i], unit)
			}
			for i := range b {
				b[i] = math.Ldexp(b[i], unit)
			}
			others := newComparison(a, b)
			for _, test := range tests {
				if x, y := test.run(metres),
					test.run(others); math.Abs(x.statistic-y.statistic) > 1e-9*max(1, x.statistic) {
					t.Errorf("seed %d: %s is %v in one unit, %v in one 2^%d as large", seed, test.name, x, y, unit)
				}
			}
			if x, y := metres.permuted(nil), others.permuted(nil); x != y {
				t.Errorf("seed %d: the p-value is %g in one unit, %g in one 2^%d as large", seed, x, y, unit)
			}
		}
	}
}

// The same people, measured in any unit that floats can hold, are judged the same:
// what drifts, how far, and what is shown of it.
func TestAnyUnitIsJudgedTheSame(t *testing.T) {
	report := func(unit, zero float64, name string) Column {
		random := rand.New(rand.NewPCG(3, 4))
		f := &dataset.Frame{Rows: 500, Columns: []dataset.Column{{Name: "x", Type: plan.Number}}}
		value := func(shift float64) float64 { return zero + unit*(5+shift+random.NormFloat64()) }
		for range 500 {
			f.Columns[0].Floats = append(f.Columns[0].Floats, value(0))
		}
		ref, err := NewReference(f, &model.Predictions{Value: f.Columns[0].Floats}, ReferenceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		d := shopDrift()
		d.Tests = name
		w := newWatch(t, ref, d)
		o := w.Monitor.Observer(&model.Model{Encoder: model.Encoder{Fields: []model.FieldEncoder{{Name: "x",
			Type: plan.Number}}}})
		for range 300 {
			x := value(4)
			o.Observe([]float64{x}, []string{""}, model.Score{Value: x})
		}
		return w.hour().Columns[0]
	}
	for _, name := range append(Tests(), auto) {
		want := report(1, 0, name)
		for _, c := range [][2]float64{{1e-5, 0}, {1e-30, 0}, {1e-200, 0}, {1e-300, 0}, {1e30, 0},
			{1e200, 0}, {1e-3, 1e6}} {
			got := report(c[0], c[1], name)
			if !got.Drifted || math.Abs(got.Statistic/want.Statistic-1) > 1e-6 || got.Histogram == nil ||
				sum(got.Histogram.Current) != 300 {
				t.Errorf("%s, in units of %g from %g: %s\nwant %s", name, c[0], c[1], text(t, got), text(t, want))
			}
			if mean, std := (got.Mean.Current-c[1])/c[0],
				got.Std.Reference/c[0]; math.Abs(mean-want.Mean.Current) > 1e-4 ||
				math.Abs(std-want.Std.Reference) > 1e-4 {
				t.Errorf("%s, in units of %g from %g: mean %g and deviation %g", name, c[0], c[1], mean, std)
			}
		}
	}
}

// Of a constant there is no deviation to measure in, whatever rounding says.
func TestAConstantIsMeasuredInTheDeviationOfBothSides(t *testing.T) {
	a, b := slices.Repeat([]float64{0.1}, 1000), normals(1, 500)
	c := newComparison(a, b)
	if got := wasserstein.run(c).statistic; c.deviation != 0 || got < 0.5 || got > 2 {
		t.Errorf("of a constant with a deviation of %g: %g", c.deviation, got)
	}
	for i := range b {
		b[i] *= 1e-9
	}
	for i := range a {
		a[i] *= 1e-9
	}
	if x, y := wasserstein.run(c).statistic, wasserstein.run(newComparison(a, b)).statistic; math.Abs(x-y) > 1e-9 {
		t.Errorf("%g, in another unit %g", x, y)
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
