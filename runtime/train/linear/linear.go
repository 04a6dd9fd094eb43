// Package linear fits generalised linear models: logistic regression, binary
// and multinomial, and linear regression, ordinary or ridge.
//
// The objectives are scikit-learn's, so that parameters mean the same and the
// coefficients can be compared with it. They are convex with one optimum, and
// are solved to it (Newton's method, L-BFGS where there are many weights, QR
// and SVD for least squares) rather than until an iteration limit: a fit does
// not depend on a solver's settings, on the scale of the features, or on the
// number of cores.
package linear

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// Options say what to fit.
//
// Params take scikit-learn's names. Classification: C (1; the inverse strength
// of the L2 penalty), class_weight (nil or "balanced"), max_iter (1000).
// Regression: alpha (0; the strength of the L2 penalty). Both: fit_intercept
// (true).
type Options struct {
	Task    plan.Task
	Classes int // of a classification
	Params  plan.Params
	Seed    uint64 // not used: the optimum is unique
	Workers int    // goroutines; 0 for one a processor
}

// Fit learns weights that predict y (the class index, or the value) from the
// rows of x. x must hold finite values only: a linear model has no place for a
// missing one. The context's error is returned where that ends first.
func Fit(ctx context.Context, x *model.Matrix, y []float64, opt Options) (*model.Linear, error) {
	if err := check(x, y, opt); err != nil {
		return nil, fmt.Errorf("linear model: %w", err)
	}
	if opt.Task == plan.Regression {
		l, err := leastSquares(ctx, x, y, opt.Params.Float("alpha", 0), opt.Params.Bool("fit_intercept", true))
		if err != nil {
			return nil, fmt.Errorf("linear regression: %w", err)
		}
		l.Means = means(x)
		return l, nil
	}
	l, err := logistic(ctx, x, y, opt)
	if err != nil {
		return nil, fmt.Errorf("logistic regression: %w", err)
	}
	l.Means = means(x)
	return l, nil
}

// means are those of the features, for explanations to start from.
func means(x *model.Matrix) []float64 {
	out := make([]float64, len(x.Columns))
	for j, c := range x.Columns {
		out[j] = mean(c)
	}
	return out
}

// check gathers all problems but stops at the first bad class. Comparisons are
// written so that NaN fails them.
func check(x *model.Matrix, y []float64, opt Options) error {
	var problems []error
	note := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	note(len(y) != x.Rows, "%d targets for %d rows", len(y), x.Rows)
	note(x.Rows == 0 || len(x.Columns) == 0, "%d rows of %d features", x.Rows, len(x.Columns))
	for j, c := range x.Columns {
		note(len(c) != x.Rows, "feature %d: %d values for %d rows", j, len(c), x.Rows)
		note(!allFinite(c), "feature %d: a value is missing or infinite; set preprocessing.numeric to \"median\" or \"mean\"", j)
	}
	note(!allFinite(y), "a target is missing or infinite")
	if opt.Task == plan.Regression {
		alpha := opt.Params.Float("alpha", 0)
		note(!(alpha >= 0) || math.IsInf(alpha, 0), "parameter alpha is %g: want a number of at least 0", alpha)
		return errors.Join(problems...)
	}
	c := opt.Params.Float("C", 1)
	note(!(c > 0) || math.IsInf(c, 0), "parameter C is %g: want a number above 0", c)
	weight := opt.Params.Text("class_weight", "balanced")
	note(weight != "balanced", "parameter class_weight is %q: want balanced, or null", weight)
	note(opt.Classes < 2, "%d classes", opt.Classes)
	for _, v := range y {
		if v != math.Trunc(v) || v < 0 || v >= float64(opt.Classes) {
			note(true, "target %g is not a class index below %d", v, opt.Classes)
			break
		}
	}
	return errors.Join(problems...)
}

func allFinite(values []float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// mean returns the mean in a way that does not overflow or drift.
func mean(values []float64) float64 {
	m := 0.0
	for i, v := range values {
		m += (v - m) / float64(i+1)
	}
	return m
}
