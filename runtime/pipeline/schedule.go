package pipeline

import (
	"context"
	"errors"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// saveEvery is how often the record of a run under way is kept. The results of
// stages are kept at once, each by itself.
const saveEvery = 500 * time.Millisecond

// all runs the stages, each once those that it waits for are done and at most
// parallelism at once. After a failure nothing new begins; what runs beside it
// is let end, for its result is as good as any.
func (x *execution) all(ctx context.Context) error {
	if err := x.save(ctx); err != nil {
		return &StageError{Stage: x.stages[0].name, Unit: x.Name(), Err: err}
	}
	type ended struct {
		index int
		err   error
	}
	waits, next, ready := x.order()
	done, running := make(chan ended), 0
	x.Log.Debug("stages begin", "unit", x.Name(), "run", x.run.ID, "at_once", x.parallelism())
	var problems []error
	for {
		for len(ready) > 0 && running < x.parallelism() && len(problems) == 0 && ctx.Err() == nil {
			i := ready[0]
			ready = ready[1:]
			running++
			go func() {
				defer crash.Guard()
				done <- ended{i, x.step(ctx, i, &x.stages[i])}
			}()
		}
		if running == 0 {
			break
		}
		e := <-done
		running--
		if e.err != nil {
			problems = append(problems, &StageError{Stage: x.stages[e.index].name, Unit: x.Name(), Err: e.err})
			continue
		}
		for _, n := range next[e.index] {
			if waits[n]--; waits[n] == 0 {
				ready = append(ready, n)
			}
		}
	}
	if len(problems) == 0 && len(x.run.Stages) < len(x.stages) {
		problems = append(problems, &StageError{Stage: x.stages[len(x.run.Stages)].name,
			Unit: x.Name(), Err: context.Cause(ctx)})
	}
	return errors.Join(problems...)
}

// order says for each stage how many it waits for and which wait for it, and
// which may begin.
func (x *execution) order() (waits []int, next [][]int, ready []int) {
	index := make(map[string]int, len(x.stages))
	for i, s := range x.stages {
		index[s.name] = i
	}
	waits, next = make([]int, len(x.stages)), make([][]int, len(x.stages))
	for i, s := range x.stages {
		waits[i] = len(s.after)
		for _, a := range s.after {
			next[index[a]] = append(next[index[a]], i)
		}
		if len(s.after) == 0 {
			ready = append(ready, i)
		}
	}
	return waits, next, ready
}

// begin adds the stage to the record.
func (x *execution) begin(ctx context.Context, res run.Result) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.at[res.Stage] = len(x.run.Stages)
	x.run.Stages = append(x.run.Stages, res)
	x.saveNow(ctx)
}

// end puts the result of the stage into the record.
func (x *execution) end(ctx context.Context, res run.Result) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.run.Stages[x.at[res.Stage]] = res
	x.saveNow(ctx)
}

// saveNow keeps the record unless it has just been kept. That it could not be
// is no reason to stop: the end of the run keeps it again, and says so.
func (x *execution) saveNow(ctx context.Context) {
	now := x.Now()
	if x.job.Only != "" || now.Sub(x.saved) < saveEvery || ctx.Err() != nil {
		return
	}
	x.saved = now
	if err := run.Save(ctx, x.Store, x.run); err != nil {
		x.Log.Warn("the record of the run is not kept", "run", x.run.ID, "error", err)
	}
}

// save keeps the record.
func (x *execution) save(ctx context.Context) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return run.Save(ctx, x.Store, x.run)
}
