package pipeline

import (
	"context"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// sampled adds what a sample depends on, where the dataset has one, to what a stage
// does.
func (r *recipe) sampled(depends map[string]any) map[string]any {
	if r.dataset.Sampled() {
		depends["sample"] = map[string]any{"share": r.dataset.Sample, "seed": r.seed}
	}
	return depends
}

// ingest finds the data and says which bytes it is. Where columns are hashed,
// masked or dropped, or a sample is taken, it keeps the rows as every later stage reads
// them.
var ingest = stage{
	name:    "ingest",
	version: 1,
	depends: func(r *recipe) (map[string]any, error) {
		return r.sampled(map[string]any{"source": r.dataset.Source}), nil
	},
	// The bytes are looked at each time, unless a stage made them: then its
	// outs' digests say it all.
	world: func(ctx context.Context, x *execution, res *run.Result) (map[string]any, error) {
		world, size, err := x.table.source(ctx)
		if err != nil {
			return nil, err
		}
		res.DataSize = size
		_, protected, err := x.table.protection()
		if protected != nil {
			world["protected"] = protected
		}
		return world, err
	},
	run: func(ctx context.Context, x *execution, res *run.Result) error {
		opt, err := x.table.options(ctx)
		if err != nil {
			return err
		}
		digest, err := dataset.Digest(ctx, x.dataset, opt)
		if err != nil {
			return err
		}
		res.Detail = x.dataset.Source + ", " + plan.ShortDigest(digest)
		guard, _, err := x.table.protection()
		if err != nil {
			return err
		}
		if guard != nil {
			return x.table.keep(ctx, guard, opt, digest, res)
		}
		res.Outputs = map[string]string{"data": digest}
		return nil
	},
}
