package pipeline

import (
	"context"

	"github.com/ashlar-dev/ashlar/runtime/run"
)

// lookBack is how many runs back a frozen stage's last result is looked for.
const lookBack = 50

// frozen takes over what the stage made last, whatever it depends on now.
func (x *execution) frozen(ctx context.Context, s *stage, res *run.Result) bool {
	runs, err := run.List(ctx, x.Store, x.Name(), lookBack)
	if err != nil {
		return false
	}
	for _, r := range runs {
		for _, was := range r.Stages {
			// A run of the model alone has the same unit; its stages are other ones.
			if was.Stage != s.name || was.Status != run.Succeeded || was.Key == "" || r.Pipeline != x.Pipeline {
				continue
			}
			if e, ok := x.cache.Get(ctx, s.keptUnder(), was.Key); ok {
				takeOver(res, &e)
				res.Key, res.Params = was.Key, was.Params
				res.Detail += ", frozen"
				return true
			}
		}
	}
	return false
}
