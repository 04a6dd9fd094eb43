package boosting

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// BenchmarkFit800k is the shape of the HIGGS data at a size that fits a laptop.
// See tests/peers/boosting for the same side by side with XGBoost.
func BenchmarkFit800k(b *testing.B) {
	if testing.Short() {
		b.Skip("takes seconds")
	}
	x, y := detector(800_000, 28, 1)
	p := plan.Params{"max_iter": 100.0, "max_depth": 6.0, "max_leaf_nodes": nil,
		"min_samples_leaf": 1.0, "l2_regularization": 1.0}
	for b.Loop() {
		if _, err := Fit(context.Background(), x, y, Options{Task: plan.Binary, Params: p}); err != nil {
			b.Fatal(err)
		}
	}
}

// detector makes skewed and normal features of which some matter, alone and in
// pairs.
func detector(rows, features int, seed uint64) (*model.Matrix, []float64) {
	random := rand.New(rand.NewPCG(seed, 0))
	x := &model.Matrix{Rows: rows, Columns: make([][]float64, features)}
	for f := range x.Columns {
		x.Columns[f] = make([]float64, rows)
		for i := range x.Columns[f] {
			v := random.NormFloat64()
			if f%3 == 0 {
				v = math.Exp(v)
			}
			x.Columns[f][i] = v
		}
	}
	y := make([]float64, rows)
	for i := range y {
		c := func(f int) float64 { return x.Columns[f%features][i] }
		score := c(1)*c(2) + 0.8*c(4) - 0.7*math.Log(c(0))*c(5) + math.Abs(c(7)) + 0.5*c(8)*c(10) - 0.8
		if score+random.NormFloat64() > 0 {
			y[i] = 1
		}
	}
	return x, y
}
