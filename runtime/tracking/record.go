package tracking

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/runtime/tuning"
)

// maxTrials is how many trials of a search a record has whole.
const maxTrials = 100

// Of is what is told of a run of the plan. Commit is the source's, where it is
// known.
// Empty values are left out. Artifacts are named by digest and read from the store
// when they are sent, so a kept record stays small.
func Of(one run.Run, p *plan.Plan, commit string) Record {
	m := p.Models[one.Unit]
	r := Record{
		ID: one.ID, Blueprint: one.Blueprint, Environment: p.Environment, Model: one.Unit,
		Status: string(one.Status), Error: one.Error,
		Author: one.Author, Started: one.StartedAt, Finished: one.FinishedAt, Dataset: m.Dataset,
		Params: one.AllParams(), Metrics: one.Metrics(), Tags: map[string]string{},
	}
	for name, value := range map[string]string{
		"blueprint": one.Blueprint, "environment": p.Environment, "trigger": one.Trigger,
		"plan_digest": one.PlanDigest, "git_commit": commit,
		"data_digest": one.Output("ingest", "data"), "model_digest": one.Output("train", "model"),
		"model_version": one.Output("register", "version"),
	} {
		if value != "" {
			r.Tags[name] = value
		}
	}
	for name, value := range one.Environment {
		r.Tags["environment."+name] = value
	}
	r.Artifacts = map[string]string{}
	for name, digest := range map[string]string{
		"evaluation.json": one.Output("evaluate", "report"), "validation.json": one.Output("validate", "report"),
		"training.json": one.Output("train", "report"), "model.ashlar": one.Output("train", "model"),
	} {
		if digest != "" {
			r.Artifacts[name] = digest
		}
	}
	return r
}

// learnt adds the result of training: means of folds and trials, the space that
// was searched, and metrics over steps. It is read from the stage's own report,
// which has every trial; one that is gone leaves what the run's record has.
// The record's own metrics are cloned: they may be the run's map.
func (r *Record) learnt(ctx context.Context, s *store.Store, one *run.Run) {
	report := one.Training
	var whole tuning.Report
	if digest := one.Output(plan.StageTrain, "report"); digest != "" &&
		s.GetJSON(ctx, digest, &whole) == nil {
		report = &whole
	}
	if report.Empty() {
		return
	}
	metrics := maps.Clone(r.Metrics)
	if metrics == nil {
		metrics = map[string]float64{}
	}
	maps.Copy(metrics, report.Metrics())
	r.Metrics, r.Training, r.Points = metrics, report.Brief(maxTrials), points(report)
	if found := report.Search; found != nil {
		r.Params["search.method"], r.Params["search.metric"] = found.Method, found.Metric
		r.Params["search.trials"], r.Params["search.best_trial"] = strconv.Itoa(max(found.Tried,
			len(found.Trials))), strconv.Itoa(found.Best)
		for name, text := range found.SpaceTexts() {
			r.Params["search.space."+name] = text
		}
	}
}

// points are the metrics over steps: those of each fold, and of each trial of a
// search its mean, its deviation and the parameters that are numbers.
// A step is the fold's or the trial's index, from 0. Parameters that are texts
// cannot be drawn over steps and are in Training alone.
func points(report *tuning.Report) []Point {
	var out []Point
	if report.CrossValidation != nil {
		for _, name := range slices.Sorted(maps.Keys(report.CrossValidation.Metrics)) {
			for i, v := range report.CrossValidation.Metrics[name].Values {
				out = append(out, Point{"fold_" + name, int64(i), v})
			}
		}
	}
	if report.Search == nil {
		return out
	}
	for i, trial := range report.Search.Trials {
		out = append(out, Point{"trial_" + report.Search.Metric, int64(i), trial.Mean},
			Point{"trial_" + report.Search.Metric + "_std", int64(i), trial.Std})
		for _, name := range slices.Sorted(maps.Keys(report.Search.Space)) {
			if v, ok := trial.Params[name].(float64); ok {
				out = append(out, Point{"trial_param_" + name, int64(i), v})
			}
		}
	}
	return out
}
