package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// registration puts the model before its gates and, if they hold, into the
// registry. It is never taken from the store: gates may have been tightened
// since. The registry answers with the version it has if it knows the model.
var registration = stage{
	name:    "register",
	version: 1,
	depends: func(*recipe) (map[string]any, error) { return nil, nil },
	run: func(ctx context.Context, x *execution, res *run.Result) error {
		if x.Registry == nil {
			return errors.New("no registry is configured")
		}
		var report evaluate.Report
		if err := x.get(ctx, plan.StageEvaluate, "report", &report); err != nil {
			return err
		}
		gates := evaluate.Gates(x.model.Require, &report)
		c := x.candidate(&report, gates)
		learnt, err := x.training(ctx)
		if err != nil {
			return err
		}
		if learnt != nil {
			c.Params, c.Training = learnt.Params, learnt.Brief(maxTrials)
		}
		if c.Objections, err = x.runner.rules.Objections(c, x.Now()); err != nil {
			return err
		}
		v, err := x.Registry.Register(ctx, c)
		// The registry is asked also for a model that is to be refused: its refusal is what the audit log has.
		if failed := failedGates(gates); len(failed)+len(c.Objections) > 0 {
			return refused(x.name, failed, c.Objections, err)
		}
		if err != nil {
			return err
		}
		res.Reused = v.RunID != x.record.run.ID
		res.Outputs = map[string]string{"version": fmt.Sprint(v.Version), "model": v.ModelDigest}
		verb := "hold"
		if len(gates) == 1 {
			verb = "holds"
		}
		res.Detail = fmt.Sprintf("%s version %d, %s, %s %s", x.name, v.Version, v.Status,
			plan.Counted(len(gates), "gate"), verb)
		return nil
	},
}

func failedGates(gates []evaluate.Gate) []string {
	var out []string
	for _, g := range gates {
		if !g.Passed {
			out = append(out, g.Reason)
		}
	}
	return out
}

// refused is the finding for gates that do not hold and policies that object.
// The registry's own refusal says the same and is what the audit log has; any
// other error of the registry is passed on.
func refused(model string, failed, objections []string, err error) error {
	if !errors.As(err, new(*registry.RefusedError)) {
		return fmt.Errorf("register a model that is to be refused: %w", err)
	}
	f := &Finding{Details: append(failed, objections...)}
	var why, fix []string
	if len(failed) > 0 {
		why, fix = append(why, plural(len(failed), "of its gates does not hold", "of its gates do not hold")),
			append(fix, "improve the model or its data, or change the gate in the blueprint where reviewers agree")
	}
	if len(objections) > 0 {
		why, fix = append(why, plural(len(objections), "policy objects", "policies object")),
			append(fix, "see `ashlar policy show RULE`")
	}
	f.Summary = fmt.Sprintf("model %s is not registered: %s", model, strings.Join(why, " and "))
	f.Fix = strings.Join(fix, "; ")
	return f
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (x *execution) candidate(report *evaluate.Report, gates []evaluate.Gate) registry.Candidate {
	c := registry.Candidate{
		Blueprint: x.Plan.Name, Environment: x.Plan.Environment, Model: x.name, RunID: x.record.run.ID,
		ModelDigest: x.record.output(plan.StageTrain, "model"), PlanDigest: x.runner.planDigest,
		Data:   registry.Data{Source: x.dataset.Source, Digest: x.record.output(plan.StageIngest, "data")},
		Author: x.Author, TrainedAt: x.record.madeAt(plan.StageTrain),
		Algorithm: x.model.Algorithm, Params: x.model.Params,
		Metrics: report.Metrics, Approval: x.model.Approval,
		Evidence: map[string]string{
			"evaluation": x.record.output(plan.StageEvaluate, "report"),
			"reference":  x.record.output(plan.StageEvaluate, "reference"),
			"validation": x.record.output(plan.StageValidate, "report"),
			"training":   x.record.output(plan.StageTrain, "report"),
		},
	}
	for _, g := range gates {
		c.Gates = append(c.Gates, registry.Gate{Name: g.Name, Value: g.Value, Want: g.Want,
			Passed: g.Passed, Reason: g.Reason})
	}
	return c
}
