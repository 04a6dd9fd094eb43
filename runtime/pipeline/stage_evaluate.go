package pipeline

import (
	"context"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// evaluation measures the model on the test part, by group and under
// disturbance, and keeps for drift how the training part is distributed and how
// the predictions of the test part are.
var evaluation = stage{
	name:    "evaluate",
	version: 3,
	reads: map[string]output{
		"model": {"train", "model"}, "data": {"ingest", "data"}, "split": {"prepare", "split"},
	},
	depends: func(r *recipe) (map[string]any, error) {
		// What is measured is in the key, and not what is demanded of it: a gate that is tightened measures nothing
		// again.
		fairness := map[string]any{}
		for column, f := range r.model.Require.Fairness {
			fairness[column] = map[string]any{"split": f.Split, "min_group": f.MinGroup}
		}
		robustness := map[string]float64{}
		for kind, check := range r.model.Require.Robustness {
			robustness[kind] = check.Fraction
		}
		return map[string]any{"columns": r.dataset.Columns, "fairness": fairness,
			"robustness": robustness, "seed": r.seed}, nil
	},
	run: func(ctx context.Context, x *execution, res *run.Result) error {
		m, err := x.trained.estimator(ctx)
		if err != nil {
			return err
		}
		if report := x.trained.confinement(); report != nil {
			res.Confinement = report
			x.runner.held(*report)
		}
		frame, p, err := x.divided(ctx)
		if err != nil {
			return err
		}
		report, err := evaluate.Evaluate(ctx, m, frame.Select(p.Test), evaluate.Spec{
			Name: x.name, Model: x.model, Dataset: x.dataset, Labels: m.Signature.Labels, Seed: x.Plan.Seed,
			Workers: x.Workers, Progress: func(done, total int) {
				x.record.progress(plan.StageEvaluate, "importance of features", done, total)
			},
		})
		if err != nil {
			return err
		}
		res.Metrics = report.Metrics
		main := evaluate.PrimaryMetric(x.model.Task)
		res.Detail = fmt.Sprintf("%s %s on %s", main, plan.Measured(report.Metrics[main]),
			plan.Counted(report.Rows, "row"))
		if report.ImportanceBudget != nil {
			res.Detail += fmt.Sprintf("; importance from %s", report.ImportanceBudget)
		}
		if err := x.put(ctx, res, "report", report); err != nil {
			return err
		}
		return x.reference(ctx, m, report, frame.Select(p.Train), frame.Select(p.Test), res)
	},
}

// reference keeps what live traffic will be compared with: the features of the
// rows that the model has learnt from, and its answers on rows that it has not,
// as live ones are.
func (x *execution) reference(ctx context.Context, m *model.Model, report *evaluate.Report, seen,
	unseen *dataset.Frame, res *run.Result) error {
	predictions, err := m.Predict(unseen)
	if err != nil {
		return err
	}
	importance := map[string]float64{}
	for _, i := range report.Importance {
		importance[i.Feature] = i.Mean
	}
	features := map[string]bool{}
	for _, f := range m.Signature.Inputs {
		features[f.Name] = true
	}
	// Live requests have features and no target, so the reference has the features alone.
	columns := seen.Columns[:0:0]
	for _, c := range seen.Columns {
		if features[c.Name] {
			columns = append(columns, c)
		}
	}
	seen.Columns = columns
	ref, err := drift.NewReference(seen, predictions, drift.ReferenceOptions{
		Labels: m.Signature.Labels, Seed: x.Plan.Seed, Importance: importance,
	})
	if err != nil {
		return fmt.Errorf("drift reference: %w", err)
	}
	return x.put(ctx, res, "reference", ref)
}
