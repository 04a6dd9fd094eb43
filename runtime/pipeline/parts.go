package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/runtime/tracing"
)

// UndoneError says that a stage was asked for before one that it waits for.
type UndoneError struct{ Stage, Waits string }

// Error names both.
func (e *UndoneError) Error() string {
	return fmt.Sprintf("stage %s waits for %s, which has no result in this run; run that first", e.Stage, e.Waits)
}

// parts are the results of this run's stages, where several processes run them.
func (x *execution) parts() run.Parts {
	return run.Parts{Refs: x.Store, Unit: x.Name(), ID: x.record.run.ID}
}

// only runs one stage on the results that the run has so far.
func (x *execution) only(ctx context.Context, name string) error {
	if x.job.ID == "" {
		return errors.New("pipeline: one stage of which run? name its ID")
	}
	all, err := through(x.stages, name)
	if err != nil {
		return err
	}
	for i := range all[:len(all)-1] {
		res, err := x.parts().Result(ctx, all[i].name)
		if errors.Is(err, store.ErrNotFound) || err == nil && res.Status != run.Succeeded {
			err = &UndoneError{name, all[i].name}
		}
		if err != nil {
			return x.failed(name, err)
		}
		x.record.add(res)
	}
	// A part is no result of the stage: who takes the parts over makes that.
	if x.job.Part.Of > 0 {
		ctx, seen := x.tracedStage(ctx, name)
		defer seen.End()
		seen.Set(tracing.Int("ashlar.stage.part", x.job.Part.Index))
		return x.failed(name, x.doPart(ctx, name, x.job.Part))
	}
	err = x.step(ctx, &all[len(all)-1])
	res, _ := x.record.result(name)
	// How it ended is kept even when it was cancelled.
	keepErr := x.parts().Save(context.WithoutCancel(ctx), &res)
	return x.failed(name, errors.Join(err, keepErr))
}

// Finish makes the record of a run whose stages were run one by one, and takes
// their parts away. saw says how whoever ran them saw it end; where it is empty,
// the run has succeeded where all of its stages have. A second call finds the
// record and returns it, unless stages have been run since.
func (r *Runner) Finish(ctx context.Context, job Job, saw run.Status) (*run.Run, error) {
	x, err := r.execution(ctx, job)
	if err != nil {
		return nil, err
	}
	defer x.close()
	names, err := x.parts().Names(ctx)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		if was, err := run.Load(ctx, x.Store, x.Name(), x.record.run.ID); err == nil {
			return was, nil
		}
	}
	var problems []error
	for i := range x.stages {
		res, err := x.parts().Result(ctx, x.stages[i].name)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		x.record.add(res)
		if res.Status != run.Succeeded {
			problems = append(problems, &StageError{Stage: res.Stage, Unit: x.Name(), Err: errors.New(res.Error)})
		}
	}
	ok := saw == run.Succeeded || saw == "" && len(x.record.run.Stages) == len(x.stages) && len(problems) == 0
	if !ok && len(problems) == 0 {
		problems = append(problems, fmt.Errorf("%s: the run ended before all of its stages had; its workflow has the rest", x.Name()))
	}
	// This process began when all was over; the run is as long as its stages.
	start, end := x.record.run.Span()
	x.record.run.StartedAt = start
	x.noteTraining(ctx)
	x.record.run.Finish(end, errors.Join(problems...))
	_, seen := x.traced(ctx, start)
	ended(seen, x.record.run)
	if err := x.record.save(ctx); err != nil {
		return nil, err
	}
	if ok {
		if err := x.lock(ctx); err != nil {
			return nil, err
		}
	}
	return x.record.run, x.parts().Remove(ctx, names)
}
