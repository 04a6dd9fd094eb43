package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/train"
)

// training fits the model on the training part, after the search for parameters and the cross-validation that the plan
// asks for. Its outputs are the model's file and a report of how the parameters were chosen.
var training = stage{
	name:    "train",
	version: 1,
	reads:   map[string]output{"data": {"ingest", "data"}, "split": {"prepare", "split"}},
	depends: func(r *recipe) (map[string]any, error) {
		digest, err := r.digest()
		return map[string]any{"recipe": digest}, err
	},
	run: func(ctx context.Context, x *execution, res *run.Result) error {
		frame, p, err := x.divided(ctx)
		if err != nil {
			return err
		}
		spec, err := x.spec()
		if err != nil {
			return err
		}
		tried, err := x.tried(ctx)
		if err != nil {
			return err
		}
		progress := func(e train.Event) { x.record.progress(plan.StageTrain, e.Stage+e.Suffix(), e.Done, e.Total) }
		fit, err := train.Fit(ctx, spec, frame,
			train.Options{Workers: x.Workers, Progress: progress, Tried: tried})
		if err != nil {
			return err
		}
		// Both divide the rows by the same seed. If they ever differ, the evaluation would measure rows that were
		// learnt.
		if !slices.Equal(fit.Train, p.Train) || !slices.Equal(fit.Test, p.Test) {
			return fmt.Errorf("the split of stage prepare is not the one that was trained on")
		}
		var file bytes.Buffer
		if err := fit.Model.Encode(&file); err != nil {
			return err
		}
		if err := x.putBytes(ctx, res, "model", file.Bytes()); err != nil {
			return err
		}
		x.trained.set(fit.Model)
		res.Detail = fmt.Sprintf("%s, %s", x.model.Algorithm, plan.ShortDigest(res.Outputs["model"]))
		return x.put(ctx, res, "report", map[string]any{
			"params": fit.Model.Params, "cross_validation": fit.CrossValidation, "search": fit.Search,
		})
	},
}
