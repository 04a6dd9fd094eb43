package pipeline

import (
	"context"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/tuning"
)

// maxTrials is how many trials of a search a record keeps.
const maxTrials = 100

// training reads the result of the stage train; nil where it has not ended.
func (x *execution) training(ctx context.Context) (*tuning.Report, error) {
	digest := x.record.output(plan.StageTrain, "report")
	if digest == "" {
		return nil, nil
	}
	var out tuning.Report
	if err := x.Store.GetJSON(ctx, digest, &out); err != nil {
		return nil, fmt.Errorf("report of stage train: %w", err)
	}
	return &out, nil
}

// noteTraining puts what was learnt in the record of the run: the parameters
// that the model has in the place of those that the plan begins with. A report
// that cannot be read leaves those.
func (x *execution) noteTraining(ctx context.Context) {
	r, err := x.training(ctx)
	if err != nil {
		x.Log.Warn("the run's record has no training", "run", x.record.run.ID, "error", err)
	}
	if err != nil || r == nil {
		return
	}
	x.record.run.Training = r.Brief(maxTrials)
	if x.model.Algorithm == plan.Custom {
		return // its parameters are the stage's
	}
	for name, v := range r.Params {
		x.record.run.Params[name] = tuning.Text(v)
	}
}

// spaceOf are the parameters of the model that a search is to choose, with what
// it chooses from.
func spaceOf(m plan.Model) map[string]string {
	if m.Search == nil {
		return nil
	}
	out := (&tuning.Search{Space: m.Search.Space}).SpaceTexts()
	for name, text := range out {
		out[name] = "one of " + text
	}
	return out
}
