package local

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/lockfile/dvc"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/retain"
	runs "github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// SearchedRuns is how many runs back the last result of a stage is looked for.
const SearchedRuns = 50

// ErrNoResult says that none of the last SearchedRuns runs has what was asked for.
var ErrNoResult = errors.New("no run has it")

// Made is what a stage of a run left in the store.
type Made struct {
	Run      string            // its ID
	Stage    string            // that made it
	Status   runs.Status       // of the stage
	Log      []byte            // what its command printed; of StageLog
	Artifact artifact.Artifact // of CopyOutput
}

// StageLog returns what the command of the unit's stage printed when it last ran,
// or ErrNoResult. Built-in stages print nothing.
func (s *State) StageLog(ctx context.Context, u plan.Unit, stage string) (Made, error) {
	res, made, err := s.newest(ctx, u, func(r runs.Result) bool { return r.Stage == stage && r.Log != "" })
	if err != nil {
		return made, err
	}
	made.Log, err = s.Store.GetBytes(ctx, res.Log, math.MaxInt32)
	return made, err
}

// CopyOutput copies the newest output of the unit's stages that has this path to
// a file or folder, or returns ErrNoResult. Nothing may be at that place yet.
func (s *State) CopyOutput(ctx context.Context, u plan.Unit, path, to string) (Made, error) {
	res, made, err := s.newest(ctx, u, func(r runs.Result) bool { _, ok := r.Files[path]; return ok })
	if err != nil {
		return made, err
	}
	made.Artifact = res.Files[path]
	return made, artifact.Lay(ctx, s.Store, made.Artifact, to)
}

// newest finds the newest result of the pipeline that suits.
func (s *State) newest(ctx context.Context, u plan.Unit, suits func(runs.Result) bool) (runs.Result, Made, error) {
	all, err := runs.List(ctx, s.Store, u.Name(), SearchedRuns)
	if err != nil {
		return runs.Result{}, Made{}, err
	}
	for _, run := range all {
		for _, res := range run.Stages {
			if run.Pipeline == u.Pipeline && suits(res) {
				return res, Made{Run: run.ID, Stage: res.Stage, Status: res.Status}, nil
			}
		}
	}
	return runs.Result{}, Made{}, ErrNoResult
}

// Lock returns the dvc.lock of the pipeline's last whole run, or ErrNoResult where
// no run with custom stages has ended.
func (s *State) Lock(ctx context.Context, name string) ([]byte, error) {
	lock, err := pipeline.Lock(ctx, s.Store, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNoResult
	}
	if err != nil {
		return nil, err
	}
	return dvc.YAML(lock)
}

// Collect deletes the objects that nothing refers to and that are older than
// grace, after it has dropped the cached results that no run has used for keep.
// With dryRun it only counts.
func (s *State) Collect(ctx context.Context, grace, keep time.Duration, dryRun bool,
	now func() time.Time) (store.Collected, error) {
	return retain.Collect(ctx, s.Store, s.Registry,
		retain.CollectConfig{Grace: grace, Keep: keep, DryRun: dryRun, Now: now})
}
