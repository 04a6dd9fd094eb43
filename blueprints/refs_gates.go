package blueprints

import (
	"fmt"
	"maps"
	"slices"

	"cuelang.org/go/cue"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func index(i int) cue.Path { return cue.MakePath(cue.Index(i)) }

// gates checks that each gate is about something that can be measured.
func (r *refs) gates(name string, m *plan.Model, d plan.Dataset) {
	at := func(rest ...string) []string { return append([]string{"models", name, "require"}, rest...) }
	metrics := plan.MetricNames(m.Task)
	for _, metric := range keys(m.Require.Metrics) {
		r.among("metric", metric, metrics, at("metrics", metric)...)
	}
	for _, column := range keys(m.Require.Fairness) {
		r.fairness(name, column, m, d)
	}
	for _, kind := range keys(m.Require.Robustness) {
		for _, metric := range keys(m.Require.Robustness[kind].Metrics) {
			r.among("metric", metric, metrics, at("robustness", kind, metric)...)
		}
	}
}

func (r *refs) fairness(name, column string, m *plan.Model, d plan.Dataset) {
	path := []string{"models", name, "require", "fairness", column}
	if !r.among("column", column, keys(d.Columns), path...) {
		return
	}
	f, c := m.Require.Fairness[column], d.Columns[column]
	switch {
	case m.Task != plan.Binary:
		r.say(fmt.Sprintf("fairness compares how often groups get the positive class, but the task is %s", m.Task), "",
			path...)
	case c.Type.Numeric() && len(f.Split) == 0:
		r.say(fmt.Sprintf("%s is a number, so it needs a split to make groups", column), "such as split: 25", path...)
	case !c.Type.Numeric() && len(f.Split) > 0:
		r.say(fmt.Sprintf("%s is a %s column, whose values are the groups", column, c.Type),
			"leave split out", append(path, "split")...)
	case c.Type == plan.Text || c.Type == plan.Timestamp:
		r.say(fmt.Sprintf("%s is a %s column, which makes no groups", column, c.Type), "", path...)
	case !slices.IsSorted(f.Split):
		r.say("the points of split rise", "", append(path, "split")...)
	case len(f.Metrics) == 0:
		r.say("fairness without a gate has no effect", "such as demographic_parity_ratio: >=0.8", path...)
	}
}

// parameters names the schema's definition of each algorithm's parameters.
var parameters = map[string]string{
	plan.RandomForest: "#RandomForest", plan.GradientBoosting: "#GradientBoosting",
	plan.LogisticRegression: "#LogisticRegression", plan.LinearRegression: "#LinearRegression",
}

// params checks that the algorithm has each parameter; the schema has checked
// their values.
func (r *refs) params(name string, m *plan.Model) {
	known := fieldNames(r.definition(parameters[m.Algorithm]))
	for _, param := range keys(m.Params) {
		r.among("parameter of "+m.Algorithm, param, known, "models", name, "params", param)
	}
}

// search checks that the space is of the algorithm's own parameters, each
// candidate acceptable to the schema.
func (r *refs) search(name string, m *plan.Model) {
	at := func(rest ...string) []string { return append([]string{"models", name, "search"}, rest...) }
	r.among("metric", m.Search.Metric, plan.MetricNames(m.Task), at("metric")...)
	params := r.definition(parameters[m.Algorithm])
	known := fieldNames(params)
	for _, param := range slices.Sorted(maps.Keys(m.Search.Space)) {
		if !r.among("parameter of "+m.Algorithm, param, known, at("space", param)...) {
			continue
		}
		allowed := params.LookupPath(cue.MakePath(cue.Str(param).Optional()))
		for i, candidate := range m.Search.Space[param] {
			if allowed.Unify(r.cue.Encode(integral(candidate))).Err() != nil {
				r.say(fmt.Sprintf("found %v; allowed: %s", candidate, describe(allowed)), "",
					at("space", param, fmt.Sprint(i))...)
			}
		}
	}
}

// integral gives whole numbers back the type that CUE wants for an int.
func integral(v any) any {
	if f, ok := v.(float64); ok && f == float64(int64(f)) {
		return int64(f)
	}
	return v
}
