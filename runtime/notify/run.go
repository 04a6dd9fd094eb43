package notify

import (
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// OfRun is the failure of a run.
// The stage is the last that failed. The commit is the source's, "" where it is
// not known.
func OfRun(p *plan.Plan, r *run.Run, commit string) Failure {
	f := Failure{
		Blueprint: p.Name, Environment: p.Environment, Pipeline: r.Pipeline, Model: r.Unit,
		Run: r.ID, Trigger: r.Trigger,
		Error: r.Error, Commit: commit, At: r.FinishedAt,
	}
	for _, s := range r.Stages {
		if s.Status == run.Failed {
			f.Stage = s.Stage
		}
	}
	return f
}

// Receivers are who hears of the run: those of its pipeline, or of every
// pipeline of its model where it is of the model alone.
// A run without a pipeline is one of the model alone, by `ashlar up` for instance.
// Addresses are kept once each, in order of the pipelines' names; of webhooks the
// first counts, as Config has one.
func Receivers(p *plan.Plan, r *run.Run) Config {
	var out Config
	for _, name := range slices.Sorted(maps.Keys(p.Pipelines)) {
		line := p.Pipelines[name]
		if r.Pipeline != name && (r.Pipeline != "" || line.Model == "" || line.Model != r.Unit) {
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
