package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// UndoneError says that a stage was asked for before one that it waits for.
type UndoneError struct{ Stage, Waits string }

// Error names both.
func (e *UndoneError) Error() string {
	return fmt.Sprintf("stage %s waits for %s, which has no result in this run; run that first", e.Stage, e.Waits)
}

// partRef is the result of one stage of a run whose stages several processes
// run. They write no record together: Finish makes it of the parts.
func partRef(unit, id, stage string) string { return "parts/" + unit + "/" + id + "/" + stage }

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
		var res Result
		if err := x.part(ctx, all[i].name, &res); err != nil {
			if errors.Is(err, store.ErrNotFound) {
				err = &UndoneError{name, all[i].name}
			}
			return &StageError{Stage: name, Model: x.Name(), Err: err}
		}
		x.at[res.Stage] = len(x.run.Stages)
		x.run.Stages = append(x.run.Stages, res)
	}
	if x.job.Part.Of > 0 {
		if err := x.doPart(ctx, name, x.job.Part); err != nil {
			return &StageError{Stage: name, Model: x.Name(), Err: err}
		}
		return nil
	}
	for i := range x.stages {
		if x.stages[i].name != name {
			continue
		}
		err = x.step(ctx, i, &x.stages[i])
	}
	res, _ := x.result(name)
	b, encodeErr := json.Marshal(res)
	if encodeErr == nil {
		encodeErr = x.Store.PutRef(context.WithoutCancel(ctx), partRef(x.Name(), x.run.ID, name), b)
	}
	if err = errors.Join(err, encodeErr); err != nil {
		return &StageError{Stage: name, Model: x.Name(), Err: err}
	}
	return nil
}

// part reads the result of a stage of the run; one that failed is not there.
func (x *execution) part(ctx context.Context, stage string, res *Result) error {
	b, err := x.Store.GetRef(ctx, partRef(x.Name(), x.run.ID, stage))
	if errors.Is(err, store.ErrNotFound) {
		return x.ended(ctx, stage, res)
	}
	if err != nil {
		return err
	}
	if err := plan.Unmarshal(b, res); err != nil {
		return fmt.Errorf("result of %s: %w", stage, err)
	}
	if res.Status != Succeeded {
		return store.ErrNotFound
	}
	return nil
}

// ended is part of a run that has been finished before: whoever runs the stages
// that failed once more, as Argo's and Airflow's retries do, leaves the others.
func (x *execution) ended(ctx context.Context, stage string, res *Result) error {
	b, err := x.Store.GetRef(ctx, runRef(x.Name(), x.run.ID))
	if err != nil {
		return err
	}
	var was Run
	if err := plan.Unmarshal(b, &was); err != nil {
		return fmt.Errorf("record of %s: %w", x.run.ID, err)
	}
	for _, one := range was.Stages {
		if one.Stage == stage && one.Status == Succeeded {
			*res = one
			return nil
		}
	}
	return store.ErrNotFound
}

// Finish makes the record of a run whose stages were run one by one, and takes
// their parts away. saw says how whoever ran them saw it end; where it is empty,
// the run has succeeded where all of its stages have. A second call finds the
// record and returns it, unless stages have been run since.
func (r *Runner) Finish(ctx context.Context, job Job, saw Status) (*Run, error) {
	x, err := r.execution(ctx, job)
	if err != nil {
		return nil, err
	}
	defer x.close()
	prefix := partRef(x.Name(), x.run.ID, "")
	names, err := x.Store.ListRefs(ctx, prefix)
	if err != nil {
		return nil, err
	}
	if was, err := x.Store.GetRef(ctx, runRef(x.Name(), x.run.ID)); err == nil && len(names) == 0 {
		var run Run
		return &run, plan.Unmarshal(was, &run)
	}
	var problems []error
	for i := range x.stages {
		res, err := x.cameTo(ctx, x.stages[i].name)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		x.run.Stages = append(x.run.Stages, res)
		x.at[res.Stage] = len(x.run.Stages) - 1
		if res.Status != Succeeded {
			problems = append(problems, &StageError{Stage: res.Stage, Model: x.Name(), Err: errors.New(res.Error)})
		}
	}
	ok := saw == Succeeded || saw == "" && len(x.run.Stages) == len(x.stages) && len(problems) == 0
	if !ok && len(problems) == 0 {
		problems = append(problems, fmt.Errorf("%s: the run ended before all of its stages had; its workflow has the rest", x.Name()))
	}
	x.span()
	x.noteTraining(ctx)
	x.run.finish(x.run.FinishedAt, errors.Join(problems...))
	if err := x.save(ctx); err != nil {
		return nil, err
	}
	if ok {
		if err := x.lock(ctx); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			err = errors.Join(err, x.Store.DeleteRef(ctx, name))
		}
	}
	return x.run, err
}

// cameTo is the result of a stage of the run, whether it failed or not.
func (x *execution) cameTo(ctx context.Context, stage string) (res Result, err error) {
	b, err := x.Store.GetRef(ctx, partRef(x.Name(), x.run.ID, stage))
	if errors.Is(err, store.ErrNotFound) {
		return res, x.ended(ctx, stage, &res)
	}
	if err != nil {
		return res, err
	}
	return res, plan.Unmarshal(b, &res)
}

// span sets when the run began and ended by its stages.
func (x *execution) span() {
	x.run.FinishedAt = x.run.StartedAt
	for i, s := range x.run.Stages {
		end := s.Started.Add(s.Duration)
		if i == 0 || s.Started.Before(x.run.StartedAt) {
			x.run.StartedAt = s.Started
		}
		if i == 0 || end.After(x.run.FinishedAt) {
			x.run.FinishedAt = end
		}
	}
}
