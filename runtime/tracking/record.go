package tracking

import (
	"fmt"
	"maps"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
)

// Of is what is told of a run of the plan. Commit is the source's, where it is
// known.
func Of(run pipeline.Run, p *plan.Plan, commit string) Record {
	m := p.Models[run.Model]
	r := Record{
		ID: run.ID, Blueprint: run.Blueprint, Environment: p.Environment, Model: run.Model, Status: string(run.Status), Error: run.Error,
		Author: run.Author, Started: run.StartedAt, Finished: run.FinishedAt, Dataset: m.Dataset,
		Params: map[string]string{"algorithm": m.Algorithm}, Metrics: map[string]float64{}, Tags: map[string]string{},
	}
	for name, value := range m.Params {
		r.Params[name] = fmt.Sprint(value)
	}
	for _, s := range run.Stages {
		maps.Copy(r.Metrics, s.Metrics)
	}
	for name, value := range map[string]string{
		"blueprint": run.Blueprint, "environment": p.Environment, "trigger": run.Trigger, "plan_digest": run.PlanDigest, "git_commit": commit,
		"data_digest": run.Output("ingest", "data"), "model_digest": run.Output("train", "model"), "model_version": run.Output("register", "version"),
	} {
		if value != "" {
			r.Tags[name] = value
		}
	}
	return r
}
