package pipeline

import (
	"context"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// ingest finds the data and says which bytes it is. Where columns are hashed,
// masked or dropped, it keeps the rows as every later stage reads them.
var ingest = stage{
	name:    "ingest",
	version: 1,
	depends: func(r *recipe) (map[string]any, error) { return map[string]any{"source": r.dataset.Source}, nil },
	// The bytes are looked at each time, unless a stage made them: then its
	// outs' digests say it all.
	world: func(ctx context.Context, x *execution, _ *run.Result) (map[string]any, error) {
		world, err := x.source(ctx)
		if err != nil {
			return nil, err
		}
		_, protected, err := x.protection()
		if protected != nil {
			world["protected"] = protected
		}
		return world, err
	},
	run: func(ctx context.Context, x *execution, res *run.Result) error {
		opt, err := x.read(ctx)
		if err != nil {
			return err
		}
		digest, err := dataset.Digest(ctx, x.dataset, opt)
		if err != nil {
			return err
		}
		res.Detail = x.dataset.Source + ", " + plan.ShortDigest(digest)
		guard, _, err := x.protection()
		if err != nil {
			return err
		}
		if guard != nil {
			return x.keep(ctx, guard, opt, digest, res)
		}
		res.Outputs = map[string]string{"data": digest}
		return nil
	},
}

// source says which bytes the dataset is.
func (x *execution) source(ctx context.Context) (map[string]any, error) {
	if made := x.madeData(); len(made) > 0 {
		digests := map[string]string{}
		for p, a := range made {
			digests[p] = a.Digest
		}
		return map[string]any{"made": digests}, nil
	}
	opt, err := x.read(ctx)
	if err != nil {
		return nil, err
	}
	digest, err := dataset.Digest(ctx, x.dataset, opt)
	return map[string]any{"data": digest}, err
}
