package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/ashlar-dev/ashlar/runtime/pipeline/scheduler"
)

// graphOf is the order of the stages.
func graphOf(stages []stage) (*scheduler.Graph, error) {
	nodes := make([]scheduler.Node, len(stages))
	for i := range stages {
		nodes[i] = scheduler.Node{Name: stages[i].name, After: stages[i].after}
	}
	g, err := scheduler.New(nodes)
	if err != nil {
		return nil, fmt.Errorf("pipeline: %w", err)
	}
	return g, nil
}

// through leaves the stage and those that it needs, in the order that they have.
func through(all []stage, last string) ([]stage, error) {
	g, err := graphOf(all)
	if err != nil {
		return nil, err
	}
	needed := g.Needed(last)
	if needed == nil {
		names := make([]string, len(all))
		for i := range all {
			names[i] = all[i].name
		}
		return nil, fmt.Errorf("pipeline: there is no stage %q; there are %v", last, names)
	}
	out := make([]stage, len(needed))
	for i, at := range needed {
		out[i] = all[at]
	}
	return out, nil
}

// all runs the stages as the scheduler does, at most parallelism of them at once. The record is kept first: a run that
// cannot be recorded does nothing.
func (x *execution) all(ctx context.Context) error {
	if err := x.record.save(ctx); err != nil {
		return x.failed(x.stages[0].name, err)
	}
	graph, err := graphOf(x.stages)
	if err != nil {
		return err
	}
	x.Log.Debug("stages begin", "unit", x.Name(), "run", x.record.run.ID, "at_once", x.parallelism())
	failures := graph.Run(ctx, x.parallelism(),
		func(ctx context.Context, i int) error { return x.step(ctx, &x.stages[i]) })
	problems := make([]error, len(failures))
	for i, f := range failures {
		problems[i] = x.failed(x.stages[f.Node].name, f.Err)
	}
	return errors.Join(problems...)
}

// parallelism is how many stages run at once: as the pipeline says, or else as many as whoever runs it has workers, or
// cores.
func (x *execution) parallelism() int {
	if x.line.Parallelism > 0 {
		return x.line.Parallelism
	}
	if x.Workers > 0 {
		return x.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// failed says of which stage the error is; nil where there is none.
func (x *execution) failed(stage string, err error) error {
	if err == nil {
		return nil
	}
	return &StageError{Stage: stage, Unit: x.Name(), Err: err}
}
