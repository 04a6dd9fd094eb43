// Package forest fits random forests with scikit-learn's semantics: bootstrapped
// rows, a random subset of features at each split, leaves that hold class
// shares or means, and their average as the prediction.
//
// Splits are exact up to 65,535 rows; above that each feature's values are
// first gathered into at most 255 bins of about equal weight, which costs next
// to no accuracy and saves the sorting. Missing values go to whichever side of
// a split suits them better.
//
// Every tree draws from a random stream of its own that follows from the seed
// and the tree's number, so the forest does not depend on the number of workers.
package forest

import (
	"context"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram"
)

// Options say what to fit.
//
// Params take scikit-learn's names: n_estimators (100), criterion ("gini" or
// "entropy"; "squared_error"), max_depth (nil), min_samples_split (2),
// min_samples_leaf (1), max_features ("sqrt" for classes, 1.0 for values; "log2",
// a share up to 1, a number above 1, nil for all), max_leaf_nodes (nil),
// min_impurity_decrease (0), bootstrap (true), max_samples (nil), class_weight
// (nil, "balanced" or "balanced_subsample").
type Options struct {
	Task    plan.Task
	Classes int // of a multiclass task
	Params  plan.Params
	Seed    uint64
	Workers int // goroutines; 0 for one a processor
}

// Fit learns a forest that predicts y (the class index, or the value) from the
// rows of x. It errs where the data or the parameters make no sense, naming all
// problems, and with the context's error where that ends first.
func Fit(ctx context.Context, x *model.Matrix, y []float64, opt Options) (*model.Ensemble, error) {
	classes, err := histogram.CheckTarget(x, y, opt.Task, opt.Classes)
	if err != nil {
		return nil, fmt.Errorf("random forest: %w", err)
	}
	p, err := readParams(opt.Params, opt.Task, len(y), len(x.Columns))
	if err != nil {
		return nil, fmt.Errorf("random forest: %w", err)
	}
	d, err := newData(ctx, x, y, classes, opt.Workers)
	if err != nil {
		return nil, fmt.Errorf("random forest: %w", err)
	}
	if p.balance == "balanced" {
		d.weights = histogram.ClassWeights(y, histogram.All(len(y)), classes, true)
	}
	// Leaves hold shares or means, not log odds: the link is the identity, and
	// the base is 0.
	e := &model.Ensemble{
		Outputs: d.outputs(), Base: make([]float64, d.outputs()),
		Average: true, Link: model.Identity, Trees: make([]model.Tree, p.trees),
	}
	histogram.Each(opt.Workers, p.trees, func(i int) {
		if ctx.Err() == nil {
			e.Trees[i] = newGrower(d, p, stream(opt.Seed, uint64(i))).grow(ctx)
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("random forest: %w", err)
	}
	return e, nil
}
