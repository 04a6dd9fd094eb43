package forest

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram/reference"
)

// scikit-learn's RandomForestClassifier(100, max_depth=10, n_jobs=2).fit does
// the same.
func BenchmarkFitCredit(b *testing.B) {
	set, err := reference.Load("credit")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		opt := Options{Task: plan.Binary, Params: plan.Params{"max_depth": 10.0}}
		if _, err := Fit(context.Background(), set.TrainX, set.TrainY, opt); err != nil {
			b.Fatal(err)
		}
	}
}

// Full trees, as RandomForestClassifier(20, n_jobs=2) grows: exact splits up to
// 65,535 rows, binned ones above.
func BenchmarkFitNumbers(b *testing.B) {
	for name, rows := range map[string]int{"exact": 60_000, "binned": 200_000} {
		random := rand.New(rand.NewPCG(1, 1))
		x, y := &model.Matrix{Rows: rows, Columns: make([][]float64, 20)}, make([]float64, rows)
		for f := range x.Columns {
			for range rows {
				x.Columns[f] = append(x.Columns[f], random.NormFloat64())
			}
		}
		for i := range y {
			if x.Columns[0][i]*x.Columns[1][i]+x.Columns[2][i]+random.NormFloat64() > 0 {
				y[i] = 1
			}
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Fit(context.Background(), x, y,
					Options{Task: plan.Binary, Params: plan.Params{"n_estimators": 20.0}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
