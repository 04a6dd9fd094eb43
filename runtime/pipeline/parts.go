package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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

// part reads what a stage of the run came to; one that failed is not there.
func (x *execution) part(ctx context.Context, stage string, res *Result) error {
	b, err := x.Store.GetRef(ctx, partRef(x.Name(), x.run.ID, stage))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, res); err != nil {
		return fmt.Errorf("result of %s: %w", stage, err)
	}
	if res.Status != Succeeded {
		return store.ErrNotFound
	}
	return nil
}

// Finish makes the record of a run whose stages were run one by one, and takes
// their parts away. ok says how whoever ran them saw it end. A second call finds
// the record and returns it.
func (r *Runner) Finish(ctx context.Context, job Job, ok bool) (*Run, error) {
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
		return &run, json.Unmarshal(was, &run)
	}
	var problems []error
	for i := range x.stages {
		b, err := x.Store.GetRef(ctx, partRef(x.Name(), x.run.ID, x.stages[i].name))
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		var res Result
		if err = errors.Join(err, json.Unmarshal(b, &res)); err != nil {
			return nil, err
		}
		x.run.Stages = append(x.run.Stages, res)
		x.at[res.Stage] = len(x.run.Stages) - 1
		if res.Status != Succeeded {
			problems = append(problems, &StageError{Stage: res.Stage, Model: x.Name(), Err: errors.New(res.Error)})
		}
	}
	if !ok && len(problems) == 0 {
		problems = append(problems, fmt.Errorf("%s: the run ended before all of its stages had; its workflow has the rest", x.Name()))
	}
	x.span()
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
