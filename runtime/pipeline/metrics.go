package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/tuning"
)

// maxMetrics bounds a file of metrics that a stage writes, in bytes.
const maxMetrics = 4 << 20

// Scoped is the name of a stage's own param or metric among those of the run.
// Names of stages have no slash, so no two stages share a name, and a model's
// metrics and parameters, which have none either, are nobody else's.
func Scoped(stage, name string) string { return stage + "/" + name }

// Metrics are those of all stages, by name. The evaluation's, which gates judge,
// stand under their own names; those of any other stage have its name before
// theirs.
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

// AllParams are the model's parameters, and under the stage's name those that
// the run's own stages were given.
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

// readMetrics reads a metrics file: JSON whose numbers are named by their path,
// which has the file's name before it where there are several files. Two numbers
// of one name are an error: one of them would be lost.
func readMetrics(res *Result, file string, b []byte, several bool) error {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return fmt.Errorf("metrics %s: %w; a metrics file is JSON with numbers", file, err)
	}
	if res.Metrics == nil {
		res.Metrics = map[string]float64{}
	}
	prefix := ""
	if several {
		prefix = file
	}
	if err := errors.Join(numbers(res.Metrics, prefix, v)...); err != nil {
		return fmt.Errorf("metrics %s: %w", file, err)
	}
	return nil
}

func numbers(out map[string]float64, name string, v any) (problems []error) {
	below := func(key string) string {
		if name == "" {
			return key
		}
		return name + "." + key
	}
	switch v := v.(type) {
	case float64:
		if _, taken := out[name]; taken {
			return []error{fmt.Errorf("two numbers are called %q; rename one", name)}
		}
		out[name] = v
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			problems = append(problems, numbers(out, below(key), v[key])...)
		}
	case []any:
		for i, one := range v {
			problems = append(problems, numbers(out, below(fmt.Sprint(i)), one)...)
		}
	}
	return problems
}
