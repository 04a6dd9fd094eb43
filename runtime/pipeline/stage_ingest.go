package pipeline

import (
	"context"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// ingest finds the data and says which bytes it is.
var ingest = stage{
	name:    "ingest",
	version: 1,
	inputs: func(ctx context.Context, x *execution) (any, error) {
		digest, err := dataset.Digest(ctx, x.dataset, x.read())
		if err != nil {
			return nil, err
		}
		return map[string]any{"source": x.dataset.Source, "data": digest}, nil
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
