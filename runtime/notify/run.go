package notify

import (
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
)

// OfRun is the failure of a run.
func OfRun(p *plan.Plan, run *pipeline.Run, commit string) Failure {
	f := Failure{
		Blueprint: p.Name, Environment: p.Environment, Pipeline: run.Pipeline, Model: run.Model,
		Run: run.ID, Trigger: run.Trigger,
		Error: run.Error, Commit: commit, At: run.FinishedAt,
	}
	for _, s := range run.Stages {
		if s.Status == pipeline.Failing {
			f.Stage = s.Stage
		}
	}
	return f
}

// Receivers are who hears of the run: those of its pipeline, or of every
// pipeline of its model where it is of the model alone.
func Receivers(p *plan.Plan, run *pipeline.Run) Config {
	var out Config
	for _, name := range slices.Sorted(maps.Keys(p.Pipelines)) {
		line := p.Pipelines[name]
		if run.Pipeline != name && (run.Pipeline != "" || line.Model == "" || line.Model != run.Model) {
			continue
		}
		for _, to := range line.OnFailure.Email {
			if !slices.Contains(out.Email, to) {
				out.Email = append(out.Email, to)
			}
		}
		if out.Webhook == "" {
			out.Webhook = line.OnFailure.Webhook
		}
	}
	return out
}
