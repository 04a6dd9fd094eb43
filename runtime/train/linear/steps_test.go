package linear_test

import (
	"context"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/linear"
)

// counted counts how often a fit asks whether it should end: once a step.
type counted struct {
	context.Context
	steps *int
}

func (c counted) Err() error {
	*c.steps++
	return c.Context.Err()
}

// oneHot are indicator columns, each group of which adds up to one, so that
// only the penalty tells their weights apart, and a class for each row.
func oneHot(rows int) (*model.Matrix, []float64) {
	x := &model.Matrix{Rows: rows, Columns: make([][]float64, 12)}
	for j := range x.Columns {
		x.Columns[j] = make([]float64, rows)
		for i := range rows {
			if i/(j/4+1)%4 == j%4 {
				x.Columns[j][i] = 1
			}
		}
	}
	y := make([]float64, rows)
	for i := range y {
		if i%7 < 2 || i%4 == 1 && i%3 == 0 {
			y[i] = 1
		}
	}
	return x, y
}

func TestTheOptimumIsReachedInAFewSteps(t *testing.T) {
	for _, c := range []float64{0.01, 0.1, 1, 10, 1000} {
		for _, rows := range []int{40, 3000, 7043} {
			steps := 0
			x, y := oneHot(rows)
			_, err := linear.Fit(counted{context.Background(), &steps}, x, y, linear.Options{Task: plan.Binary, Classes: 2, Params: plan.Params{"C": c}})
			if err != nil || steps > 15 {
				t.Errorf("C %g, %d rows: %d steps, error %v", c, rows, steps, err)
			}
		}
	}
}
