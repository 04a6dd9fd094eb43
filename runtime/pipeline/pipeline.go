// Package pipeline brings a model from data to the registry in six stages:
// ingest, validate, prepare, train, evaluate and register, and runs the custom
// stages of a pipeline with them.
//
// A stage's result is kept in the store under a key that is the digest of
// everything the result depends on: the stage's own version, its part of the
// plan and the digests of what it read. So a second run with nothing changed
// reuses every stage, an edit reruns exactly the stages it reaches, and a run
// that was killed continues from its last finished stage: results become visible
// only once they are whole.
//
// The stages run in one process here, those without an edge between them side
// by side. Clusters run the very same functions, a pod a stage, which is why
// nothing is handed from stage to stage but digests.
//
// What can be said without a stage is in packages of its own: the order in which
// stages run in scheduler, what is kept under which key in cache, the commands of
// custom stages in custom, and the record of a run in runtime/run. Here are the
// built-in stages, and what wires them: an execution is one run under way, its
// journal the record that stages write into, its table the dataset and trained
// the model that they share.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/pipeline/cache"
	"github.com/ashlar-dev/ashlar/runtime/privacy"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/runtime/tracing"
)

// Config is what a Runner needs. Store, Plan and Now are required, and Registry
// where the stage register runs.
type Config struct {
	Plan     *plan.Plan
	Dir      string // folder or blob URL that relative dataset sources and deps start from
	Code     string // folder where deps are looked for before; empty: none
	Store    *store.Store
	Registry *registry.Registry
	TempDir  string              // for spilling and for the folders of stages; empty: the system's
	Envs     string              // folder of the stages' environments; empty: below TempDir
	Getenv   func(string) string // nil: no environment; commands get a few variables of it
	Confine  confine.Policy      // what all commands may do; each may change its own folder too
	Keys     privacy.Source      // of pseudonyms; its environment is Getenv where it has none
	Author   string              // who runs it, for the registry
	Trigger  string              // why it runs: "up", "drift", ...
	Commit   string              // of the blueprint's repository; empty: not known
	Workers  int                 // 0: all cores
	Once     bool                // whoever runs this sees to retries
	Now      func() time.Time    // the clock
	Log      *slog.Logger        // nil: silent
	Tracer   *tracing.Tracer     // sees each run as a trace, and each stage as a span of it; nil: nobody does
	Observe  func(Event)         // nil: nobody watches; called by one goroutine at a time
}

// Runner runs pipelines of one plan. It is safe for concurrent use; the same
// work in runs side by side is done once.
type Runner struct {
	cfg        Config
	planDigest string
	rules      *govern.Rules
	cache      *cache.Cache
	said       sync.Once // what holds commands
}

// New checks the configuration.
func New(cfg Config) (*Runner, error) {
	var problems []error
	if cfg.Plan == nil {
		problems = append(problems, errors.New("pipeline: no plan"))
	}
	if cfg.Store == nil {
		problems = append(problems, errors.New("pipeline: no store"))
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
	if cfg.Getenv == nil {
		cfg.Getenv = func(string) string { return "" }
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Keys.Getenv == nil {
		cfg.Keys.Getenv = cfg.Getenv
	}
	digest, err := cfg.Plan.Digest()
	if err != nil {
		return nil, err
	}
	rules, err := govern.NewRules(cfg.Plan)
	if err != nil {
		return nil, err
	}
	return &Runner{cfg: cfg, planDigest: digest, rules: rules, cache: cache.New(cfg.Store, cfg.Now)}, nil
}

// Job is one run that is asked for.
type Job struct {
	plan.Unit
	// ID of the run; empty: of the time. IDs of later runs sort after earlier
	// ones.
	ID string
	// Only runs this one stage: the results of those before it are the ones that
	// the run with the ID has so far. Whoever asks for each of them ends the run
	// with Finish.
	Only string
	// Part does a part of Only, one that fans out; Parts is how many the stage
	// takes over where it is run as a whole after them.
	Part  dataset.Part
	Parts int
	// Through ends the run after this stage; stages that it does not need are
	// left out.
	Through string
	// Line is the pipeline whose retries and timeout hold, where the unit is a
	// model that several train.
	Line string
	// Date is what the run stands for, as YYYY-MM-DD; empty: the day of the
	// pipeline's zone on which it fell due, or on which it began.
	Date  string
	Due   time.Time // when it fell due; zero: not known
	Force bool      // run also what the store has
}

// Do runs the job and returns the record of the run, also when it failed; the
// error then joins a *StageError a stage.
func (r *Runner) Do(ctx context.Context, job Job) (*run.Run, error) {
	x, err := r.execution(ctx, job)
	if err != nil {
		return nil, err
	}
	defer x.close()
	limit, err := x.line.Deadline()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the run took longer than its timeout of %s", limit))
	defer cancel()
	if job.Only != "" {
		return x.record.run, x.only(ctx, job.Only)
	}
	ctx, seen := x.traced(ctx, time.Time{})
	ctx, stop := x.watchCancel(ctx)
	err = x.all(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		err = errors.Join(cause, err) // also where the store was the first to notice
	}
	stop()
	x.noteTraining(context.WithoutCancel(ctx))
	x.record.run.Finish(r.cfg.Now(), err)
	ended(seen, x.record.run)
	// The record is kept even when the run was cancelled.
	err = errors.Join(err, x.record.save(context.WithoutCancel(ctx)))
	if job.Through == "" {
		err = errors.Join(err, x.lock(context.WithoutCancel(ctx)))
	}
	return x.record.run, err
}

// StageError says which stage of which unit failed.
type StageError struct {
	Stage, Unit string
	Err         error
}

// Error names the unit and the stage.
func (e *StageError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Unit, e.Stage, e.Err) }

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
