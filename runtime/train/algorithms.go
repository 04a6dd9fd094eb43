package train

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/boosting"
	"github.com/ashlar-dev/ashlar/runtime/train/forest"
	"github.com/ashlar-dev/ashlar/runtime/train/linear"
)

// algorithm is one entry of the list that a new algorithm is added to.
type algorithm struct {
	name  string
	tasks []plan.Task
	// filled says that missing numbers must be imputed before it.
	filled bool
	// fit learns from m's task and parameters and sets m's estimator.
	fit func(ctx context.Context, x *model.Matrix, y []float64, m *model.Model, opt fitOptions) error
}

// fitOptions are what a fit needs beside the model.
type fitOptions struct {
	classes  int
	seed     uint64
	workers  int
	progress func(done, total int, detail string)
}

// algorithms is a function and not a variable so that nobody can change the
// list. Linear models need missing numbers filled; trees route them.
func algorithms() []algorithm {
	every := []plan.Task{plan.Binary, plan.Multiclass, plan.Regression}
	return []algorithm{
		{name: plan.RandomForest, tasks: every, fit: fitForest},
		{name: plan.GradientBoosting, tasks: every, fit: fitBoosting},
		{name: plan.LogisticRegression, tasks: []plan.Task{plan.Binary, plan.Multiclass}, filled: true, fit: fitLinear},
		{name: plan.LinearRegression, tasks: []plan.Task{plan.Regression}, filled: true, fit: fitLinear},
	}
}

// fitForest reports no progress of its own: trees are grown at once and none is
// first.
func fitForest(ctx context.Context, x *model.Matrix, y []float64, m *model.Model, opt fitOptions) (err error) {
	m.Ensemble, err = forest.Fit(ctx, x, y, forest.Options{
		Task: m.Task, Classes: opt.classes, Params: m.Params, Seed: opt.seed, Workers: opt.workers,
	})
	return err
}

// fitBoosting fits and, where progress is watched, reports each iteration. The
// total is max_iter, which early stopping may not reach. Without early stopping
// or a validation part the second loss is NaN and is left out.
func fitBoosting(ctx context.Context, x *model.Matrix, y []float64, m *model.Model, opt fitOptions) (err error) {
	o := boosting.Options{Task: m.Task, Classes: opt.classes, Params: m.Params, Seed: opt.seed, Workers: opt.workers}
	if opt.progress != nil {
		total := m.Params.Int("max_iter", 100)
		o.Progress = func(iteration int, train, valid float64) {
			detail := "training loss " + plan.Measured(train)
			if !math.IsNaN(valid) {
				detail += ", validation loss " + plan.Measured(valid)
			}
			opt.progress(iteration, total, detail)
		}
	}
	m.Ensemble, err = boosting.Fit(ctx, x, y, o)
	return err
}

// fitLinear serves both linear algorithms, which differ by the task alone.
func fitLinear(ctx context.Context, x *model.Matrix, y []float64, m *model.Model, opt fitOptions) (err error) {
	m.Linear, err = linear.Fit(ctx, x, y, linear.Options{
		Task: m.Task, Classes: opt.classes, Params: m.Params, Seed: opt.seed, Workers: opt.workers,
	})
	return err
}

// algorithmFor returns the plan's algorithm, or what it could be instead.
//
// The error lists only the algorithms that can do the task.
func algorithmFor(m plan.Model) (algorithm, error) {
	var names []string
	for _, a := range algorithms() {
		if !slices.Contains(a.tasks, m.Task) {
			continue
		}
		names = append(names, a.name)
		if a.name != m.Algorithm {
			continue
		}
		if a.filled && m.Preprocessing.Numeric == "none" {
			return a, fmt.Errorf("algorithm %s cannot take missing values: set preprocessing.numeric to \"median\" or \"mean\"", a.name)
		}
		return a, nil
	}
	return algorithm{}, fmt.Errorf("algorithm %q does not do %s: use one of %s", m.Algorithm, m.Task,
		strings.Join(names, ", "))
}
