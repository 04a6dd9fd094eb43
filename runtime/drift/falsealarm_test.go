package drift

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// tally counts what happens in windows of unchanged traffic.
type tally struct {
	windows  int
	any      int            // with anything drifted
	detected int            // that count towards the alert
	raised   map[string]int // alerts that begin, by "k of n"
	low      map[string]int // p-values below 0.05, by what they are of
}

// atMost is how often at most something happens that has such a probability, but
// for one test run in 100,000.
func atMost(trials int, p float64) int {
	b := distuv.Binomial{N: float64(trials), P: p}
	n := 0
	for b.CDF(float64(n)) < 1-1e-5 {
		n++
	}
	return n
}

func (c *tally) add(r *Report, alerts map[string]*alert) {
	c.windows++
	drifted := r.Predictions.Drifted
	for _, col := range append(slices.Clone(r.Columns), r.Predictions.Column) {
		drifted = drifted || col.Drifted
		if col.PValue != nil && *col.PValue < 0.05 {
			c.low[col.Column]++
		}
		if m := col.Missing.PValue; m != nil && *m < 0.05 {
			c.low["missing "+col.Column]++
		}
	}
	if drifted {
		c.any++
	}
	if r.Detected {
		c.detected++
	}
	for name, a := range alerts {
		one := *r
		if a.judged(&one); one.Raised {
			c.raised[name]++
		}
	}
}

// watched judges windows of unchanged traffic, each against a fresh reference:
// one reference's own luck would count as often as there are windows.
func watched(t *testing.T, d plan.Drift, rows, windows int, fresh func(*rand.Rand) (*population, *Reference)) tally {
	out := tally{raised: map[string]int{}, low: map[string]int{}}
	alerts := map[string]*alert{"1 of 3": {k: 1, n: 3}, "2 of 3": {k: 2, n: 3}}
	random := rand.New(rand.NewPCG(uint64(rows), 4))
	for range windows {
		p, ref := fresh(random)
		out.add(newWitness(t, ref, d).judged(p, random, rows), alerts)
	}
	return out
}

// The rate that "auto" states is held whatever the size of the window and
// whatever the columns are like: by all that a window says together, and so by
// its columns, its predictions, the dataset, and the alerts that begin. And each
// p-value by itself is as rare as it says.
func TestAutoHoldsItsRateOfFalseAlarmsAtAnySizeOfWindow(t *testing.T) {
	kinds, loans := mixed(), credit(t)
	for name, fresh := range map[string]func(*rand.Rand) (*population, *Reference){
		"kinds of columns, of few rows": func(r *rand.Rand) (*population, *Reference) {
			return kinds,
				kinds.reference(t, r, 150, nil)
		},
		"kinds of columns": func(r *rand.Rand) (*population, *Reference) {
			return kinds, kinds.reference(t, r, 1200, map[string]float64{"heavy": 0.2, "shop": 0.1})
		},
		"loans": func(r *rand.Rand) (*population, *Reference) { return loans, loans.reference(t, r, 3563, nil) },
	} {
		for _, rows := range []int{30, 100, 300, 1000, 10_000} {
			for _, rate := range []float64{0.01, 0.1} {
				windows := stationary(rows)
				if name != "kinds of columns" || rate != 0.01 {
					windows /= 2
				}
				t.Run(fmt.Sprintf("%s/%d rows/%g", name, rows, rate), func(t *testing.T) {
					t.Parallel()
					d := shopDrift()
					d.Alert.FalseAlarmRate = rate
					d.Alert.Share = 0.05 // one column of the twenty or so is enough
					got := watched(t, d, rows, windows, fresh)
					t.Logf("of %d windows %d show drift, %d count towards the alert, alerts begin %v", got.windows,
						got.any, got.detected, got.raised)
					if limit := atMost(windows, rate); got.any > limit || got.detected > limit ||
						got.raised["1 of 3"] > limit {
						t.Errorf("of %d windows of the same %d show drift, %d count towards the alert and alerts begin %v; at a rate of %g at most %d are chance",
							got.windows, got.any, got.detected, got.raised, rate, limit)
					}
					// Both of two windows, or both ends of three.
					if limit := atMost(windows, 3*rate*rate); got.raised["2 of 3"] > limit {
						t.Errorf("%d alerts of 2 of 3 windows begin in %d, at most %d are chance",
							got.raised["2 of 3"], windows, limit)
					}
					for what, n := range got.low {
						if limit := atMost(windows, 0.05); n > limit {
							t.Errorf("%s: %d of %d p-values are below 0.05, at most %d are chance", what, n, windows,
								limit)
						}
					}
				})
			}
		}
	}
}

// What a fixed threshold holds is for the reader of the documentation: none.
func TestAFixedThresholdHoldsNoRateInSmallWindows(t *testing.T) {
	p := mixed()
	d := shopDrift()
	d.Tests = "wasserstein"
	got := watched(t, d, 100, 20, func(r *rand.Rand) (*population, *Reference) {
		return p,
			p.reference(t, r, 1200, nil)
	})
	if got.any < 15 {
		t.Errorf("%d of %d windows drift by the Wasserstein distance alone: the documentation says that most do",
			got.any, got.windows)
	}
}

// shifted is a population of which some columns have moved.
func shifted(by map[string]func(r *rand.Rand, v float64) float64) *population {
	p := mixed()
	for i, t := range p.traits {
		if f := by[t.name]; f != nil {
			p.traits[i].draw = func(r *rand.Rand) float64 { return f(r, t.draw(r)) }
		}
	}
	return independent(p.traits)
}

func moving(d float64) func(*rand.Rand, float64) float64 {
	return func(_ *rand.Rand, v float64) float64 { return v + d }
}

func stretched(d float64) func(*rand.Rand, float64) float64 {
	return func(_ *rand.Rand, v float64) float64 { return v * d }
}

// replaced is another value in a share of the rows.
func replaced(share, with float64) func(*rand.Rand, float64) float64 {
	return func(r *rand.Rand, v float64) float64 {
		if r.Float64() < share {
			return with
		}
		return v
	}
}

func TestAutoFindsRealShiftsAtAnySizeOfWindow(t *testing.T) {
	for _, c := range []struct {
		rows                                int
		shift, heavy, spread, share, sparse float64
	}{
		{30, 1.3, 3, 4, 0.6, 0.4},
		{100, 0.8, 1.5, 2, 0.35, 0.2},
		{300, 0.5, 0.8, 1.6, 0.25, 0.1},
		{1000, 0.35, 0.5, 1.4, 0.2, 0.07},
		{10_000, 0.25, 0.45, 1.3, 0.2, 0.06},
	} {
		t.Run(fmt.Sprint(c.rows, " rows"), func(t *testing.T) {
			t.Parallel()
			p := shifted(map[string]func(*rand.Rand, float64) float64{
				"normal": moving(c.shift), "heavy": moving(c.heavy), "tiny": moving(c.shift * 1e-9),
				"skewed": stretched(math.Exp(1.5 * c.shift)),
				"gaps":   stretched(c.spread), "flag": replaced(c.share, 1), "home": replaced(c.sparse, 77),
				"few":            replaced(c.share, 7),
				"rarely missing": replaced(c.sparse, math.NaN()), "zeros": moving(c.shift),
				// Half of two hundred categories are gone, and no one of them is telling.
				"shop": func(_ *rand.Rand, v float64) float64 { return math.Floor(v/2) * 2 },
			})
			random := rand.New(rand.NewPCG(uint64(c.rows), 5))
			found, windows := map[string]int{}, max(3, 20_000/c.rows/10)
			windows = min(windows, 20)
			w := newWitness(t, mixed().reference(t, random, 2000, nil), shopDrift())
			for range windows {
				r := w.judged(p, random, c.rows)
				for _, col := range append(slices.Clone(r.Columns), r.Predictions.Column) {
					if col.Drifted {
						found[col.Column]++
					}
				}
			}
			want := []string{"normal", "heavy", "tiny", "skewed", "gaps", "flag", "home", "few",
				"rarely missing", "zeros", "probability"}
			if c.rows >= 300 {
				want = append(want, "shop")
			}
			for _, name := range want {
				if found[name] < (windows*8+9)/10 {
					t.Errorf("%s is found in %d of %d windows", name, found[name], windows)
				}
			}
			for _, name := range []string{"steps", "constant", "rare", "name", "gone"} {
				if found[name] > 1 {
					t.Errorf("%s did not move and is found in %d of %d windows", name, found[name], windows)
				}
			}
		})
	}
}

// However many rows show that it is there, what is not worth speaking of is no
// drift; but of numbers without a deviation ("heavy") nothing says what is not.
func TestAutoDoesNotFlagTriviaInHugeWindows(t *testing.T) {
	p := shifted(map[string]func(*rand.Rand, float64) float64{
		"normal": moving(0.06), "tiny": moving(0.06e-9), "skewed": stretched(1.05),
		"flag": replaced(0.02, 1), "home": replaced(0.01, 77), "few": replaced(0.01, 7),
		"rarely missing": replaced(0.01, math.NaN()),
	})
	random := rand.New(rand.NewPCG(1, 6))
	r := newWitness(t, mixed().reference(t, random, 20_000, nil), shopDrift()).judged(p, random, 60_000)
	surely := 0
	for _, c := range append(slices.Clone(r.Columns), r.Predictions.Column) {
		if c.Drifted {
			t.Errorf("%s: %s", c.Column, text(t, c))
		}
		if c.PAdjusted != nil && *c.PAdjusted < 1e-6 {
			surely++
		}
	}
	if surely < 4 {
		t.Errorf("%d columns have moved beyond doubt: the window is not huge", surely)
	}
}
