// Package train fits models: it splits the rows, learns the preprocessing on
// the training part, searches parameters by cross-validation, and fits the
// algorithm that the plan names.
//
// A fit depends on the specification and the data alone. All randomness comes
// from the seed, by streams named for their use, and work that runs in parallel
// is independent by fold or trial: the model file has the same bytes whatever
// the number of cores.
package train

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// Spec says what to fit.
type Spec struct {
	Name       string
	Model      plan.Model
	Dataset    plan.Dataset
	Seed       uint64
	PlanDigest string
	DataDigest string
	// PseudonymKey names the key that hashed columns are under; "" where none is.
	PseudonymKey string
}

// Options say how to fit; they never change the result.
type Options struct {
	Workers  int         // goroutines; 0 for one a processor
	Progress func(Event) // nil: nobody watches; called by one goroutine at a time
	Tried    []Tried     // trials of the search that were tried elsewhere: all of them, in any order
}

// Event is progress within one fit.
type Event struct {
	Stage  string // "search", "cv" or "fit"
	Done   int
	Total  int
	Detail string // a line for people
}

// Suffix is the detail as it follows the stage's name, or "".
func (e Event) Suffix() string {
	if e.Detail == "" {
		return ""
	}
	return ": " + e.Detail
}

// Result is a fitted model and how it came about.
type Result struct {
	Model   *model.Model
	Train   []int // row indices into the frame, ascending
	Test    []int
	Dropped int // rows without a target, in neither part
	// CrossValidation is of the parameters that the model has; nil where the
	// plan asks for none.
	CrossValidation *CVReport
	Search          *SearchReport // nil where the plan asks for none
}

// Fit splits the frame, searches and cross-validates where the plan says so,
// and fits the model on the training part. The errors are about the plan and
// the data and say what to change; the context's error is returned where that
// ends first.
func Fit(ctx context.Context, spec Spec, frame *dataset.Frame, opt Options) (*Result, error) {
	f, err := newFitter(spec, frame, opt)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", spec.Name, err)
	}
	r, err := f.run(ctx)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", spec.Name, err)
	}
	return r, nil
}

// fitter is one fit in progress.
type fitter struct {
	spec      Spec
	frame     *dataset.Frame
	algorithm algorithm
	target    *target
	workers   int
	watch     sync.Mutex
	progress  func(Event)
	tried     []*CVReport
}

// newFitter checks what can be checked without computing, and reports the
// algorithm's problems and the features' together.
func newFitter(spec Spec, frame *dataset.Frame, opt Options) (*fitter, error) {
	a, algorithmErr := algorithmFor(spec.Model)
	if err := errors.Join(algorithmErr, checkFeatures(spec, frame)); err != nil {
		return nil, err
	}
	t, err := newTarget(spec, frame)
	if err != nil {
		return nil, err
	}
	tried, err := gathered(opt.Tried)
	if err != nil {
		return nil, err
	}
	f := &fitter{spec: spec, frame: frame, algorithm: a, target: t, workers: opt.Workers,
		progress: opt.Progress, tried: tried}
	if f.workers <= 0 {
		f.workers = runtime.GOMAXPROCS(0)
	}
	if f.progress == nil {
		f.progress = func(Event) {}
	}
	return f, nil
}

// run splits, chooses the parameters and fits. The test part is only listed:
// nothing here looks at its rows, neither for fill values nor for categories.
func (f *fitter) run(ctx context.Context) (*Result, error) {
	train, test, err := f.target.split(f.spec)
	if err != nil {
		return nil, err
	}
	r := &Result{Train: train, Test: test, Dropped: f.target.dropped()}
	params := whole(f.spec.Model.Params)
	if f.spec.Model.Search != nil {
		if r.Search, err = f.search(ctx, params, train); err != nil {
			return nil, err
		}
		best := r.Search.Trials[r.Search.Best]
		params = best.Params
		if f.spec.Model.CrossValidation != nil {
			r.CrossValidation = best.CrossValidation
		}
	} else if cv := f.spec.Model.CrossValidation; cv != nil {
		if r.CrossValidation, err = f.crossValidate(ctx, *cv, params, train); err != nil {
			return nil, err
		}
	}
	f.emit(Event{Stage: "fit", Total: 1, Detail: f.spec.Model.Algorithm + " on " + plan.Counted(len(train), "row")})
	if r.Model, err = f.fit(ctx, params, train); err != nil {
		return nil, err
	}
	f.emit(Event{Stage: "fit", Done: 1, Total: 1, Detail: f.spec.Model.Algorithm})
	return r, nil
}

// emit serialises the events: trials report from several goroutines, and
// Progress is promised one at a time.
func (f *fitter) emit(e Event) {
	f.watch.Lock()
	defer f.watch.Unlock()
	f.progress(e)
}

// fit learns the preprocessing and the estimator from the rows.
func (f *fitter) fit(ctx context.Context, params plan.Params, rows []int) (*model.Model, error) {
	p, err := f.prepare(rows)
	if err != nil {
		return nil, err
	}
	return f.estimate(ctx, p, params, f.workers, func(done, total int, detail string) {
		f.emit(Event{Stage: "fit", Done: done, Total: total, Detail: detail})
	})
}

// prepared are training rows after preprocessing: what every trial on the same
// rows shares.
type prepared struct {
	encoder model.Encoder
	inputs  []model.Field
	x       *model.Matrix
	y       []float64
}

// prepare learns the preprocessing from the rows and applies it to the same
// rows. Each fold prepares its own, so that nothing leaks from its validation
// rows.
func (f *fitter) prepare(rows []int) (*prepared, error) {
	part := f.frame.Select(rows)
	e, inputs, err := FitEncoder(part, f.spec)
	if err != nil {
		return nil, err
	}
	x, err := e.Apply(part)
	if err != nil {
		return nil, err
	}
	return &prepared{encoder: e, inputs: inputs, x: x, y: f.target.of(rows)}, nil
}

// estimate fits the algorithm and puts the model together.
//
// The seed of the fit does not depend on params, so that trials differ by their
// parameters alone. The model is compiled before it is returned.
func (f *fitter) estimate(ctx context.Context, p *prepared, params plan.Params, workers int,
	progress func(done, total int, detail string)) (*model.Model, error) {
	m := &model.Model{
		Name: f.spec.Name, Task: f.spec.Model.Task, Algorithm: f.spec.Model.Algorithm, Params: params,
		Signature: Signature(f.spec, p.inputs, f.target.labels),
		Encoder:   p.encoder, PlanDigest: f.spec.PlanDigest, DataDigest: f.spec.DataDigest, Seed: f.spec.Seed,
	}
	err := f.algorithm.fit(ctx, p.x, p.y, m, fitOptions{
		classes: len(f.target.labels), seed: stream(f.spec.Seed, "fit").Uint64(), workers: workers, progress: progress,
	})
	if err != nil {
		return nil, err
	}
	if err := m.Prepare(); err != nil {
		return nil, err
	}
	return m, nil
}

// Signature says what goes into a model of the spec and what comes out.
func Signature(spec Spec, inputs []model.Field, labels []string) model.Signature {
	sig := model.Signature{Inputs: inputs, Target: spec.Model.Target, Labels: labels}
	for _, name := range slices.Sorted(maps.Keys(spec.Dataset.Columns)) {
		if spec.Dataset.Columns[name].Protection() == plan.Drop {
			sig.Dropped = append(sig.Dropped, name)
		}
	}
	if slices.ContainsFunc(inputs, func(f model.Field) bool { return f.Anonymise == plan.Hash }) {
		sig.PseudonymKey = spec.PseudonymKey
	}
	return sig
}

// whole returns the parameters with every number a float64, as JSON has it.
func whole(p plan.Params) plan.Params {
	out := make(plan.Params, len(p))
	for k, v := range p {
		if i, ok := v.(int); ok {
			v = float64(i)
		}
		out[k] = v
	}
	return out
}
