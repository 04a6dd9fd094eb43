package linear_test

import (
	"context"
	"math/rand/v2"
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

// oneHot are eleven categories of four values as indicator columns, each of
// which add up to one, so that only the penalty tells their weights apart, and
// classes that mostly follow from them.
func oneHot(rows int) (*model.Matrix, []float64) {
	r := rand.New(rand.NewPCG(uint64(rows), 1))
	x := &model.Matrix{Rows: rows, Columns: make([][]float64, 44)}
	for j := range x.Columns {
		x.Columns[j] = make([]float64, rows)
	}
	y := make([]float64, rows)
	for i := range y {
		score := r.NormFloat64()
		for group := range 11 {
			value := min(r.IntN(4), r.IntN(4))
			x.Columns[4*group+value][i] = 1
			score += float64(value*(group-5)) / 5
		}
		if score > 0 {
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
			_, err := linear.Fit(counted{context.Background(), &steps}, x, y,
				linear.Options{Task: plan.Binary, Classes: 2, Params: plan.Params{"C": c}})
			if err != nil || steps > 15 {
				t.Errorf("C %g, %d rows: %d steps, error %v", c, rows, steps, err)
			}
		}
	}
}
