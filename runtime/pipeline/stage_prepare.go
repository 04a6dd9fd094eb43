package pipeline

import (
	"context"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/train"
)

// parts is the division of the rows, as kept by prepare: 0-based row numbers.
type parts struct {
	Train []int `json:"train"`
	Test  []int `json:"test"`
}

// prepare divides the rows into a training and a test part.
var prepare = stage{
	name:    "prepare",
	version: 2,
	reads:   map[string]output{"data": {"ingest", "data"}},
	depends: func(r *recipe) (map[string]any, error) {
		// The split depends on the target where it is stratified, and on the columns by how rows are read.
		return map[string]any{
			"columns": r.dataset.Columns, "csv": r.dataset.CSV,
			"target": r.model.Target, "split": r.model.Split, "task": r.model.Task, "seed": r.seed,
		}, nil
	},
	run: func(ctx context.Context, x *execution, res *run.Result) error {
		frame, err := x.table.rows(ctx)
		if err != nil {
			return err
		}
		spec, err := x.spec()
		if err != nil {
			return err
		}
		var p parts
		if p.Train, p.Test, err = train.Split(frame, spec); err != nil {
			return err
		}
		res.Detail = fmt.Sprintf("%s to train on, %d to test on", plan.Counted(len(p.Train), "row"), len(p.Test))
		return x.put(ctx, res, "split", p)
	},
}

// spec is the model's recipe as package train takes it. Its plan digest covers
// only what the model is made from, so that an edit elsewhere in the blueprint
// (a replica count, an approver) does not make it another model.
func (x *execution) spec() (train.Spec, error) {
	recipe, err := x.digest()
	if err != nil {
		return train.Spec{}, err
	}
	return train.Spec{
		Name: x.name, Model: x.model, Dataset: x.dataset, Seed: x.Plan.Seed,
		PlanDigest: recipe, DataDigest: x.record.output(plan.StageIngest, "data"),
		PseudonymKey: x.record.output(plan.StageIngest, "pseudonym_key"),
	}, nil
}
