package run

import (
	"maps"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/tuning"
)

// Scoped is the name of a custom stage's param or metric among those of the run. Names of stages have no slash, so no
// two stages share a name, and none takes that of a model's metric or parameter, which have no slash either.
func Scoped(stage, name string) string { return stage + "/" + name }

// Metrics are those of all stages, by name. The evaluation's, which gates judge, are under their own names; those of
// any other stage have its name before theirs.
func (r *Run) Metrics() map[string]float64 {
	out := map[string]float64{}
	for _, s := range r.Stages {
		if s.Stage == plan.StageEvaluate {
			maps.Copy(out, s.Metrics)
			continue
		}
		for name, v := range s.Metrics {
			out[Scoped(s.Stage, name)] = v
		}
	}
	return out
}

// AllParams are the model's parameters, and under the stage's name those that the run's custom stages were given.
func (r *Run) AllParams() map[string]string {
	out := maps.Clone(r.Params)
	if out == nil {
		out = map[string]string{}
	}
	for _, s := range r.Stages {
		for name, value := range s.Params {
			out[Scoped(s.Stage, name)] = tuning.Text(value)
		}
	}
	return out
}
