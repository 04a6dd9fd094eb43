package tracking

import (
	"context"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Of is what is told of a run of the plan. Commit is the source's, where it is
// known.
func Of(run pipeline.Run, p *plan.Plan, commit string) Record {
	m := p.Models[run.Model]
	r := Record{
		ID: run.ID, Blueprint: run.Blueprint, Environment: p.Environment, Model: run.Model, Status: string(run.Status), Error: run.Error,
		Author: run.Author, Started: run.StartedAt, Finished: run.FinishedAt, Dataset: m.Dataset,
		Params: run.AllParams(), Metrics: run.Metrics(), Tags: map[string]string{},
	}
	for name, value := range map[string]string{
		"blueprint": run.Blueprint, "environment": p.Environment, "trigger": run.Trigger, "plan_digest": run.PlanDigest, "git_commit": commit,
		"data_digest": run.Output("ingest", "data"), "model_digest": run.Output("train", "model"), "model_version": run.Output("register", "version"),
	} {
		if value != "" {
			r.Tags[name] = value
		}
	}
	for name, value := range run.Environment {
		r.Tags["environment."+name] = value
	}
	r.Artifacts = map[string]string{}
	for name, digest := range map[string]string{
		"evaluation.json": run.Output("evaluate", "report"), "validation.json": run.Output("validate", "report"),
		"training.json": run.Output("train", "report"), "model.ashlar": run.Output("train", "model"),
	} {
		if digest != "" {
			r.Artifacts[name] = digest
		}
	}
	return r
}

// points are the metrics over steps that training has left: those of each fold
// and of each trial of a search. A report that is gone leaves none.
func points(ctx context.Context, s *store.Store, run *pipeline.Run) []Point {
	type folds struct {
		Metrics map[string]struct {
			Values []float64 `json:"values"`
		} `json:"metrics"`
	}
	var report struct {
		CrossValidation *folds `json:"cross_validation"`
		Search          *struct {
			Metric string `json:"metric"`
			Trials []struct {
				Mean float64 `json:"mean"`
			} `json:"trials"`
		} `json:"search"`
	}
	digest := run.Output("train", "report")
	if digest == "" || pipeline.ReadJSON(ctx, s, digest, &report) != nil {
		return nil
	}
	var out []Point
	if report.CrossValidation != nil {
		for _, name := range slices.Sorted(maps.Keys(report.CrossValidation.Metrics)) {
			for i, v := range report.CrossValidation.Metrics[name].Values {
				out = append(out, Point{"fold_" + name, int64(i), v})
			}
		}
	}
	if report.Search != nil {
		for i, trial := range report.Search.Trials {
			out = append(out, Point{"trial_" + report.Search.Metric, int64(i), trial.Mean})
		}
	}
	return out
}
