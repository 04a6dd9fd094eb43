// Package boosting fits gradient-boosted decision trees on histograms of binned
// features, the way of LightGBM and XGBoost's hist method, with missing values
// routed natively to the better side of every split.
//
// The same inputs give the same trees, bit for bit, whatever the number of
// workers: gradients are rounded to integers before they are added up (see
// histogram.Gradients), so that no sum depends on the order of its terms, and
// everything else that runs in parallel is independent by row or by feature.
package boosting

import (
	"context"
	"fmt"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram"
)

// Options say what to fit.
//
// Params take scikit-learn's names: learning_rate (0.1), max_iter (100),
// max_leaf_nodes (31; nil for no limit, also the default where only max_depth is
// given), max_depth (nil), min_samples_leaf (20), l2_regularization (0), max_bins
// (255), early_stopping (false, true or "auto": above 10,000 rows),
// n_iter_no_change (10), validation_fraction (0.1; nil to watch the training
// loss), tol (1e-7), class_weight (nil or "balanced").
type Options struct {
	Task    plan.Task
	Classes int // of a multiclass task
	Params  plan.Params
	Seed    uint64
	Workers int // goroutines; 0 for one a processor

	// Progress, where set, is told the mean loss on the training and validation
	// rows after each iteration; validLoss is NaN without validation rows.
	Progress func(iteration int, trainLoss, validLoss float64)
}

// Fit learns an ensemble that predicts y (the class index, or the value) from
// the rows of x. It errs where the data or the parameters make no sense, naming
// all problems, and with the context's error where that ends first.
func Fit(ctx context.Context, x *model.Matrix, y []float64, opt Options) (*model.Ensemble, error) {
	p, err := readParams(opt.Params, len(y))
	if err != nil {
		return nil, fmt.Errorf("gradient boosting: %w", err)
	}
	target, err := histogram.CheckTarget(x, y, opt.Task, opt.Classes)
	if err != nil {
		return nil, fmt.Errorf("gradient boosting: %w", err)
	}
	b := &booster{params: p, options: opt, y: y, classes: target}
	if err := b.prepare(ctx, x); err != nil {
		return nil, fmt.Errorf("gradient boosting: %w", err)
	}
	if err := b.boost(ctx); err != nil {
		return nil, fmt.Errorf("gradient boosting: %w", err)
	}
	return b.ensemble(), nil
}

// booster is one fit in progress.
type booster struct {
	params
	options Options
	y       []float64
	classes int // 0 for regression

	train, valid []int32
	loss         loss
	base         []float64
	raw          [][]float64 // score of each row, a slice an output
	grad, hess   [][]float64 // hess is nil where every hessian is 1
	packed       histogram.Gradients
	grower       *grower
	trees        []*tree
	best         int // trees to keep
}

// prepare splits, bins and sets the first scores. Bins are learnt from the
// training rows alone, so that validation rows stay unseen, but all rows are
// coded, as validation rows are routed by code.
func (b *booster) prepare(ctx context.Context, x *model.Matrix) error {
	b.train, b.valid = b.split()
	bins, err := histogram.Build(ctx, x, b.train, b.bins, b.options.Workers)
	if err != nil {
		return err
	}
	b.grower = newGrower(bins, b.params, b.train, b.options.Workers)
	weights := histogram.ClassWeights(b.y, b.train, b.classes, b.balanced)
	b.loss = newLoss(b.options.Task, b.classes, b.y, weights)
	b.grower.bounded = !b.loss.constantHessian()
	b.base = b.loss.base(b.train)
	for _, base := range b.base {
		raw := make([]float64, len(b.y))
		for i := range raw {
			raw[i] = base
		}
		b.raw = append(b.raw, raw)
		b.grad = append(b.grad, make([]float64, len(b.y)))
		if b.loss.constantHessian() {
			b.hess = append(b.hess, nil)
		} else {
			b.hess = append(b.hess, make([]float64, len(b.y)))
		}
	}
	return nil
}

// boost adds one tree an output until the iterations or the patience run out.
//
// The gradients of all outputs are computed before the first tree of an
// iteration, so the trees of an iteration do not see each other, as in
// scikit-learn. Scores of training rows are updated from the partition that the
// grower leaves, those of validation rows by walking the tree.
func (b *booster) boost(ctx context.Context) error {
	// The first loss is that of the base scores; see watch.losses.
	watch := newWatch(b.params)
	if b.early {
		watch.stop(b.watched())
	}
	for i := range b.iterations {
		histogram.Spans(b.options.Workers, len(b.y), func(_, from, to int) {
			b.loss.gradients(b.raw, b.grad, b.hess, from, to)
		})
		for k := range b.raw {
			b.packed.Pack(b.grad[k], b.hess[k], b.options.Workers)
			t, err := b.grower.grow(ctx, &b.packed)
			if err != nil {
				return err
			}
			t.output = k
			b.trees = append(b.trees, t)
			b.grower.addTo(b.raw[k])
			b.grower.route(t, b.valid, b.raw[k])
		}
		b.best = len(b.trees)
		if b.options.Progress != nil {
			b.options.Progress(i, b.meanLoss(b.train), b.meanLoss(b.valid))
		}
		if b.early && watch.stop(b.watched()) {
			// There are len(b.raw) trees an iteration.
			b.best = watch.best * len(b.raw)
			return nil
		}
	}
	if b.early {
		b.best = watch.best * len(b.raw)
	}
	return nil
}

// watched returns the loss that early stopping looks at.
func (b *booster) watched() float64 {
	if len(b.valid) > 0 {
		return b.meanLoss(b.valid)
	}
	return b.meanLoss(b.train)
}

// meanLoss returns the mean loss of the rows, NaN of none. Fixed blocks are
// added up in their order, so that the sum does not depend on the workers.
func (b *booster) meanLoss(rows []int32) float64 {
	if len(rows) == 0 {
		return math.NaN()
	}
	const block = 4096
	sums := make([]float64, (len(rows)+block-1)/block)
	histogram.Each(b.options.Workers, len(sums), func(i int) {
		sums[i] = b.loss.sum(b.raw, rows[i*block:min((i+1)*block, len(rows))])
	})
	total := 0.0
	for _, s := range sums {
		total += s
	}
	return total / float64(len(rows))
}

// ensemble keeps the trees up to the best iteration, with thresholds in place
// of codes.
func (b *booster) ensemble() *model.Ensemble {
	e := &model.Ensemble{Outputs: len(b.base), Base: b.base, Link: b.loss.link()}
	for _, t := range b.trees[:b.best] {
		e.Trees = append(e.Trees, t.model(b.grower.bins))
	}
	return e
}
