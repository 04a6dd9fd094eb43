package pipeline

import (
	"context"
	"maps"

	"github.com/ashlar-dev/ashlar/runtime/pipeline/cache"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// inputs is everything that the stage's result depends on, by name: values of
// the plan, what lies outside of both plan and store, and digests of what earlier
// stages made. It is nil where the stage is never taken from the store. A custom
// stage has the outputs that it reads in its world, as digests of its deps.
func (x *execution) inputs(ctx context.Context, s *stage, res *run.Result) (map[string]any, error) {
	in, err := s.depends(&x.recipe)
	if err != nil || in == nil {
		return nil, err
	}
	if s.world != nil {
		world, err := s.world(ctx, x, res)
		if err != nil {
			return nil, err
		}
		maps.Copy(in, world)
	}
	if s.custom == nil {
		for name, from := range s.reads {
			in[name] = x.record.output(from.stage, from.name)
		}
	}
	return in, nil
}

// entryOf is what later runs take over of the result.
func entryOf(res *run.Result) cache.Entry {
	return cache.Entry{
		Detail: res.Detail, Outputs: res.Outputs, Files: res.Files, Deps: res.Deps, Metrics: res.Metrics, Log: res.Log,
	}
}

// takeOver fills in the result from what an earlier run has kept, or one beside this one.
func takeOver(res *run.Result, e *cache.Entry) {
	res.Reused, res.MadeAt, res.Detail, res.Outputs, res.Metrics = true, e.MadeAt, e.Detail, e.Outputs, e.Metrics
	res.Files, res.Deps, res.Log = e.Files, e.Deps, e.Log
}
