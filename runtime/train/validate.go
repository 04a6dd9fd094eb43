package train

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// crossValidate scores one parameter set on folds of the rows.
func (f *fitter) crossValidate(ctx context.Context, cv plan.CrossValidation, params plan.Params,
	rows []int) (*CVReport, error) {
	reports, err := f.trials(ctx, "cv", cv, []plan.Params{params}, rows)
	if err != nil {
		return nil, fmt.Errorf("cross-validation: %w", err)
	}
	return reports[0], nil
}

// trials cross-validates every parameter set on the same folds. A fold is
// encoded once, and its trials share the matrix; they run in parallel, each
// alone on its worker unless there is but one.
//
// Folds run one after another, so that one matrix is in memory at a time and
// not one a fold.
func (f *fitter) trials(ctx context.Context, stage string, cv plan.CrossValidation, sets []plan.Params,
	rows []int) ([]*CVReport, error) {
	folds, err := f.target.folds(f.spec, rows, cv)
	if err != nil {
		return nil, err
	}
	names := metricNames(f.spec.Model.Task)
	scores := make([][][]float64, len(sets)) // set, metric, fold
	for i := range scores {
		scores[i] = make([][]float64, len(names))
	}
	f.emit(Event{Stage: stage, Total: len(folds) * len(sets)})
	for k, fo := range folds {
		got, err := f.fold(ctx, stage, fo, sets, k*len(sets), len(folds)*len(sets))
		if err != nil {
			return nil, fmt.Errorf("fold %d of %d: %w", k+1, len(folds), err)
		}
		for i := range sets {
			for j := range names {
				scores[i][j] = append(scores[i][j], got[i][j])
			}
		}
	}
	out := make([]*CVReport, len(sets))
	for i := range out {
		out[i] = &CVReport{Folds: cv.Folds, Stratified: cv.Stratified, Metrics: make(map[string]CVMetric)}
		for j, name := range names {
			out[i].Metrics[name] = newCVMetric(scores[i][j])
		}
	}
	return out, nil
}

// fold returns every set's metrics on one fold, in the order of metricNames.
//
// done counts trials of earlier folds too. Each trial writes its own element of
// out and errs; the lock is for done and the order of the events.
func (f *fitter) fold(ctx context.Context, stage string, fo fold, sets []plan.Params, done,
	total int) ([][]float64, error) {
	p, err := f.prepare(fo.train)
	if err != nil {
		return nil, err
	}
	valid := f.frame.Select(fo.valid)
	truth := f.truth(fo.valid)
	out := make([][]float64, len(sets))
	errs := make([]error, len(sets))
	workers := min(f.workers, len(sets))
	var mu sync.Mutex
	each(workers, len(sets), func(i int) {
		if errs[i] = ctx.Err(); errs[i] != nil {
			return
		}
		m, err := f.estimate(ctx, p, sets[i], max(1, f.workers/workers), nil)
		if err == nil {
			var pred *model.Predictions
			if pred, err = m.Predict(valid); err == nil {
				out[i], err = scoreAll(f.spec.Model.Task, truth, pred)
			}
		}
		errs[i] = err
		mu.Lock()
		defer mu.Unlock()
		done++
		f.emit(Event{Stage: stage, Done: done, Total: total})
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return out, errors.Join(errs...)
}

// truth returns the rows' targets as predictions that are never wrong.
func (f *fitter) truth(rows []int) *model.Predictions {
	y := f.target.of(rows)
	if f.spec.Model.Task == plan.Regression {
		return &model.Predictions{Value: y}
	}
	out := &model.Predictions{Classes: len(f.target.labels), Label: make([]int32, len(y))}
	for i, v := range y {
		out.Label[i] = int32(v)
	}
	return out
}

// each calls work(0..n-1) on the workers.
//
// It returns when all calls have. Without a worker there must be no call
// either.
func each(workers, n int, work func(i int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			defer crash.Guard()
			for i := range next {
				work(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
