package pipeline

import (
	"context"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// ingest finds the data and says which bytes it is.
var ingest = stage{
	name:    "ingest",
	version: 1,
	depends: func(r *recipe) (map[string]any, error) { return map[string]any{"source": r.dataset.Source}, nil },
	world: func(ctx context.Context, x *execution) (map[string]any, error) {
		digest, err := dataset.Digest(ctx, x.dataset, x.read())
		return map[string]any{"data": digest}, err
	},
	run: func(ctx context.Context, x *execution, res *Result) error {
		digest, err := dataset.Digest(ctx, x.dataset, x.read())
		if err != nil {
			return err
		}
		res.Outputs = map[string]string{"data": digest}
		res.Detail = x.dataset.Source + ", " + short(digest)
		return nil
	},
}
