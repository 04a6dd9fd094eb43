package explain_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/explain"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// known is what a tree is expected to give where only the columns of the set are
// known of the row: elsewhere it goes both ways, as the training rows did.
func known(t *model.Tree, at int32, row []float64, set uint, output int) float64 {
	if t.Feature[at] < 0 {
		if t.Output >= 0 {
			output = 0
		}
		return t.Leaf[int(t.Left[at])+output]
	}
	if set>>t.Feature[at]&1 == 1 {
		v := row[t.Feature[at]]
		if v <= t.Threshold[at] || math.IsNaN(v) && t.MissingLeft[at] {
			return known(t, t.Left[at], row, set, output)
		}
		return known(t, t.Right[at], row, set, output)
	}
	left := 0.5
	if t.Cover[at] > 0 {
		left = t.Cover[t.Left[at]] / t.Cover[at]
	}
	return left*known(t, t.Left[at], row, set, output) + (1-left)*known(t, t.Right[at], row, set, output)
}

// brute returns the Shapley values of each column, by their definition, and the
// value of the empty set.
func brute(e *model.Ensemble, row []float64, output int) (phi []float64, base float64) {
	phi = make([]float64, width)
	scale := 1.0
	if base = e.Base[output]; e.Average {
		base, scale = 0, 1/float64(len(e.Trees))
	}
	var factorial [width + 1]float64
	factorial[0] = 1
	for n := 1; n <= width; n++ {
		factorial[n] = factorial[n-1] * float64(n)
	}
	for i := range e.Trees {
		t := &e.Trees[i]
		if t.Output >= 0 && int(t.Output) != output {
			continue
		}
		var value [1 << width]float64
		for set := range uint(1 << width) {
			value[set] = scale * known(t, 0, row, set, output)
		}
		base += value[0]
		for set := range uint(1 << width) {
			size := 0
			for c := range width {
				size += int(set >> c & 1)
			}
			for c := range width {
				if set>>c&1 == 0 {
					phi[c] += factorial[size] * factorial[width-size-1] / factorial[width] *
						(value[set|1<<c] - value[set])
				}
			}
		}
	}
	return phi, base
}

func TestTreesAreExplainedByTheirShapleyValues(t *testing.T) {
	for name, m := range forests(t) {
		t.Run(name, func(t *testing.T) {
			e, err := explain.New(m)
			if err != nil {
				t.Fatal(err)
			}
			w, s, r := e.NewWorker(), m.NewScorer(), rand.New(rand.NewPCG(1, 2))
			var largest float64
			for range 40 {
				set(r, s)
				row := s.Encoded(nil)
				margin := s.Margin(nil)
				for k := range e.Outputs() {
					want, base := brute(m.Ensemble, row, k)
					if math.Abs(e.Base(k)-base) > 1e-12 {
						t.Fatalf("base %v, want %v", e.Base(k), base)
					}
					sum := base
					for c, got := range w.Columns(row, k) {
						sum += got
						largest = max(largest, math.Abs(got))
						if math.Abs(got-want[c]) > 1e-12 {
							t.Fatalf("row %v output %d column %d: %v, want %v", row, k, c, got, want[c])
						}
					}
					if math.Abs(sum-margin[k]) > 1e-12 {
						t.Errorf("contributions add up to %v, the margin is %v", sum, margin[k])
					}
				}
			}
			if largest < 0.05 {
				t.Errorf("no contribution is above %v", largest)
			}
		})
	}
}

func TestColumnsOfACategoryAreAddedUp(t *testing.T) {
	m := forests(t)["boosting regression"]
	e, err := explain.New(m)
	if err != nil {
		t.Fatal(err)
	}
	w, s, r := e.NewWorker(), m.NewScorer(), rand.New(rand.NewPCG(5, 6))
	out := make([]float64, 5)
	for range 20 {
		set(r, s)
		w.Inputs(s.Encoded(nil), 0, out)
		c := w.Columns(s.Encoded(nil), 0)
		for i := range 4 {
			if out[i] != c[i] {
				t.Fatalf("input %d: %v, its column %v", i, out[i], c[i])
			}
		}
		if want := c[4] + c[5] + c[6]; math.Abs(out[4]-want) > 1e-15 {
			t.Fatalf("home: %v, its columns %v", out[4], want)
		}
	}
}
