package pipeline

import (
	"context"

	"github.com/ashlar-dev/ashlar/runtime/pipeline/cache"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// step runs one stage, or takes its result from the store, and writes into the record and tells the observer when it
// begins and how it ends. The error is the stage's own, without its name.
func (x *execution) step(ctx context.Context, s *stage) error {
	began := x.Now()
	res := run.Result{Stage: s.name, Status: run.Running, Started: began.UTC()}
	x.record.begin(ctx, res)
	x.record.tell(StageStarted, s.name, "")
	within, seen := x.tracedStage(ctx, s.name)
	err := x.resolve(within, s, &res)
	res.Duration = x.Now().Sub(began)
	res.Status = run.Succeeded
	if err != nil {
		res.Status, res.Error = run.Failed, err.Error()
	}
	endedStage(seen, &res)
	x.record.end(ctx, res)
	switch {
	case err != nil:
		x.record.tell(StageFailed, s.name, err.Error())
	case res.Reused:
		x.record.tell(StageReused, s.name, res.Detail)
	default:
		x.record.tell(StageDone, s.name, res.Detail)
	}
	x.Log.Info("stage", "unit", x.Name(), "stage", s.name, "status", string(res.Status), "reused",
		res.Reused, "duration", res.Duration)
	return err
}

// resolve fills in the result from the store where its key is known there, or
// else by running the stage and keeping what it made. There are four ways: a
// frozen stage keeps its last result whatever its inputs are now; a stage without
// inputs, such as register, runs each time and is not kept; one that is always
// changed, or a run that is forced, runs and replaces what is kept; and any other
// runs only where nothing is kept.
func (x *execution) resolve(ctx context.Context, s *stage, res *run.Result) error {
	if s.custom != nil && s.custom.Frozen && x.frozen(ctx, s, res) {
		return nil
	}
	in, err := x.inputs(ctx, s, res)
	if err != nil {
		return err
	}
	if in == nil {
		return x.attempts(ctx, s, res)
	}
	if res.Key, err = cache.Key(s.keptUnder(), s.version, in); err != nil {
		return err
	}
	// It runs on this goroutine, so that it may write into the result.
	work := func() (cache.Entry, error) {
		err := x.attempts(ctx, s, res)
		return entryOf(res), err
	}
	if s.custom != nil && s.custom.AlwaysChanged || x.job.Force {
		e, err := x.cache.Make(ctx, s.keptUnder(), res.Key, work)
		res.MadeAt = e.MadeAt
		return err
	}
	e, kept, err := x.cache.Once(ctx, s.keptUnder(), res.Key, work)
	// Otherwise work has filled in the result itself.
	if kept {
		takeOver(res, &e)
	}
	res.MadeAt = e.MadeAt
	return err
}
