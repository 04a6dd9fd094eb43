package pipeline

import (
	"context"
	"sync/atomic"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// step runs one stage, or takes its result from the store.
func (x *execution) step(ctx context.Context, s *stage) error {
	began := x.Now()
	res := run.Result{Stage: s.name, Status: run.Running, Started: began.UTC()}
	x.record.begin(ctx, res)
	x.record.tell(StageStarted, s.name, "")
	err := x.resolve(ctx, s, &res)
	res.Duration = x.Now().Sub(began)
	res.Status = run.Succeeded
	if err != nil {
		res.Status, res.Error = run.Failed, err.Error()
	}
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
// else by running the stage and keeping what it made.
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
	res.Key, err = plan.DigestOf(map[string]any{"stage": s.keptUnder(), "version": s.version, "inputs": in})
	if err != nil {
		return err
	}
	if s.custom != nil && s.custom.AlwaysChanged || x.job.Force {
		return x.make(ctx, s, res)
	}
	if x.lookup(ctx, s, res) {
		return nil
	}
	return x.once(ctx, s, res)
}

// make runs the stage and keeps what it made.
func (x *execution) make(ctx context.Context, s *stage, res *run.Result) error {
	if err := x.attempts(ctx, s, res); err != nil {
		return err
	}
	return x.remember(ctx, s, res)
}

// once runs the stage unless the very same work is under way in another run of
// this process; then it waits for that and takes it over.
func (x *execution) once(ctx context.Context, s *stage, res *run.Result) error {
	var mine atomic.Bool
	flight := x.runner.flights.DoChan(res.Key, func() (any, error) {
		mine.Store(true)
		return nil, x.make(ctx, s, res)
	})
	select {
	case done := <-flight:
		if mine.Load() {
			return done.Err
		}
		if done.Err == nil && x.lookup(ctx, s, res) {
			return nil
		}
		return x.make(ctx, s, res)
	case <-ctx.Done():
		if mine.Load() {
			return (<-flight).Err // it ends with the context
		}
		return context.Cause(ctx)
	}
}
