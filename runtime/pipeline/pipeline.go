// Package pipeline brings a model from data to the registry in six stages:
// ingest, validate, prepare, train, evaluate and register.
//
// A stage's result is kept in the store under a key that is the digest of
// everything the result depends on: the stage's own version, its part of the
// plan and the digests of what it read. So a second run with nothing changed
// reuses every stage, an edit reruns exactly the stages it reaches, and a run
// that was killed goes on from its last finished stage: results become visible
// only once they are whole.
//
// The stages run in one process here. Clusters run the very same functions, a
// pod a stage, which is why nothing is handed from stage to stage but digests.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Config is what a Runner needs. Store, Registry, Plan and Now are required.
type Config struct {
	Plan     *plan.Plan
	Dir      string // folder or blob URL that relative dataset sources start from
	Store    *store.Store
	Registry *registry.Registry
	TempDir  string           // for spilling; empty: the system's
	Author   string           // who runs it, for the registry
	Trigger  string           // why it runs: "up", "drift", ...
	Workers  int              // 0: all cores
	Now      func() time.Time // the clock
	Log      *slog.Logger     // nil: silent
	Observe  func(Event)      // nil: nobody watches; called from the running goroutine
}

// Runner runs pipelines of one plan. It is safe for one run at a time.
type Runner struct {
	cfg        Config
	planDigest string
	rules      *govern.Rules
}

// New checks the configuration.
func New(cfg Config) (*Runner, error) {
	var problems []error
	if cfg.Plan == nil {
		problems = append(problems, errors.New("pipeline: no plan"))
	}
	if cfg.Store == nil || cfg.Registry == nil {
		problems = append(problems, errors.New("pipeline: no store or registry"))
	}
	if cfg.Now == nil {
		problems = append(problems, errors.New("pipeline: no clock"))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if cfg.Observe == nil {
		cfg.Observe = func(Event) {}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	digest, err := cfg.Plan.Digest()
	if err != nil {
		return nil, err
	}
	rules, err := govern.NewRules(cfg.Plan)
	if err != nil {
		return nil, err
	}
	return &Runner{cfg: cfg, planDigest: digest, rules: rules}, nil
}

// Stages are the built-in stages in their order.
func Stages() []string {
	names := make([]string, len(stages))
	for i, s := range stages {
		names[i] = s.name
	}
	return names
}

// stages is the list that a new built-in stage is added to.
var stages = []stage{ingest, validation, prepare, training, evaluation, registration}

// stage is one step of a pipeline.
type stage struct {
	name string
	// version changes when the stage's code would give another result for the
	// same inputs; it is part of the cache key.
	version int
	// depends returns what the result depends on in the plan, by name, as
	// JSON-encodable values; nil means that the stage is never taken from the
	// store.
	depends func(*recipe) (map[string]any, error)
	// reads are the outputs of earlier stages that it depends on, by name.
	reads map[string]output
	// world returns what it depends on outside of both; nil means nothing.
	world func(context.Context, *execution) (map[string]any, error)
	// run does the work and fills in the result's outputs.
	run func(context.Context, *execution, *Result) error
}

// Run takes the named model through all stages and returns the record of the
// run, also when it failed; the error is then a *StageError.
func (r *Runner) Run(ctx context.Context, modelName string) (*Run, error) {
	m, ok := r.cfg.Plan.Models[modelName]
	if !ok {
		return nil, fmt.Errorf("pipeline: the plan has no model %q", modelName)
	}
	x := &execution{
		Config:     r.cfg,
		planDigest: r.planDigest,
		rules:      r.rules,
		count:      len(stages),
		recipe:     recipe{name: modelName, model: m, dataset: r.cfg.Plan.Datasets[m.Dataset], seed: r.cfg.Plan.Seed},
		run:        newRun(r.cfg, modelName, r.planDigest),
	}
	err := x.all(ctx)
	x.run.finish(r.cfg.Now(), err)
	// The record is kept even when the run was cancelled.
	saveErr := saveRun(context.WithoutCancel(ctx), r.cfg.Store, x.run)
	return x.run, errors.Join(err, saveErr)
}

func (x *execution) all(ctx context.Context) error {
	for i, s := range stages {
		if err := saveRun(ctx, x.Store, x.run); err != nil {
			return &StageError{Stage: s.name, Model: x.name, Err: err}
		}
		if err := x.step(ctx, i, s); err != nil {
			return &StageError{Stage: s.name, Model: x.name, Err: err}
		}
	}
	return nil
}

// StageError says which stage of which model's pipeline failed.
type StageError struct {
	Stage, Model string
	Err          error
}

// Error names the model and the stage.
func (e *StageError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Model, e.Stage, e.Err) }

// Unwrap returns the cause.
func (e *StageError) Unwrap() error { return e.Err }

// Finding is an error that means "the input was judged and found wanting":
// invalid data or a gate that does not hold, as opposed to something broken.
type Finding struct {
	Summary string
	Details []string
	Fix     string
}

// Error is the summary with every detail on a line of its own.
func (f *Finding) Error() string {
	out := f.Summary
	for _, d := range f.Details {
		out += "\n  " + d
	}
	if f.Fix != "" {
		out += "\n  " + f.Fix
	}
	return out
}
