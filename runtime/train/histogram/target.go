package histogram

import (
	"errors"
	"fmt"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// most is the largest target whose square, summed over all rows, is finite.
const most = 1e140

// CheckTarget checks that y is a target of the task for the rows of x and
// returns the number of classes, 0 for regression. A class that no row has is
// fine as long as two others are there.
func CheckTarget(x *model.Matrix, y []float64, task plan.Task, classes int) (int, error) {
	if err := checkShape(x); err != nil {
		return 0, err
	}
	switch {
	case x.Rows != len(y):
		return 0, fmt.Errorf("%d targets for %d rows", len(y), x.Rows)
	case x.Rows == 0:
		return 0, errors.New("no rows to learn from")
	case x.Rows > math.MaxInt32:
		return 0, fmt.Errorf("%d rows: at most %d", x.Rows, math.MaxInt32)
	case len(x.Columns) == 0:
		return 0, errors.New("no features to learn from")
	}
	switch task {
	case plan.Regression:
		return 0, checkValues(y)
	case plan.Binary:
		return 2, checkClasses(y, 2)
	case plan.Multiclass:
		if classes < 2 {
			return 0, fmt.Errorf("%d classes: want at least 2", classes)
		}
		return classes, checkClasses(y, classes)
	}
	return 0, fmt.Errorf("unknown task %q", task)
}

// checkValues is written so that NaN fails the comparison.
func checkValues(y []float64) error {
	for i, v := range y {
		if !(math.Abs(v) <= most) {
			return fmt.Errorf("target of row %d is %v: want a number up to ±%g", i, v, most)
		}
	}
	return nil
}

// checkClasses wants whole numbers below classes, and two different ones among
// them.
func checkClasses(y []float64, classes int) error {
	mixed := false
	for i, v := range y {
		if !(v >= 0 && v < float64(classes)) || v != math.Trunc(v) {
			return fmt.Errorf("target of row %d is %v: want a class from 0 to %d", i, v, classes-1)
		}
		mixed = mixed || v != y[0]
	}
	if !mixed {
		return fmt.Errorf("every row has class %v: two classes are needed to tell apart", y[0])
	}
	return nil
}

// ClassWeights returns a weight a class for the rows: nil where not balanced,
// else rows / (classes * rows of the class) as in scikit-learn, where only
// classes that occur count.
//
// A class without rows has weight 1, which nothing uses.
func ClassWeights(y []float64, rows []int32, classes int, balanced bool) []float64 {
	if !balanced || classes == 0 {
		return nil
	}
	weights, seen := make([]float64, classes), 0.0
	for _, r := range rows {
		if weights[int(y[r])]++; weights[int(y[r])] == 1 {
			seen++
		}
	}
	for k, n := range weights {
		weights[k] = 1
		if n > 0 {
			weights[k] = float64(len(rows)) / (seen * n)
		}
	}
	return weights
}
