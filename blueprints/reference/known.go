package reference

import (
	"slices"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// The schema takes any text for the name of an expectation, and any key for a
// metric, because the loader names the nearest right one. Documentation and editors
// are told which there are.

// metricNames are the metrics of all tasks.
func metricNames() []string {
	var out []string
	for _, task := range []plan.Task{plan.Binary, plan.Multiclass, plan.Regression} {
		out = append(out, plan.MetricNames(task)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// addKnown adds the names to the fields that take them.
func addKnown(root *Field) {
	each(root, func(f *Field) {
		switch {
		case f.Path == "datasets.NAME.expect[].expectation":
			for _, name := range blueprints.Expectations() {
				f.Allowed = append(f.Allowed, strconv.Quote(name))
			}
		case f.Path == "models.NAME.require.metrics":
			f.Keys = metricNames()
		case f.Name == AnyName && f.definition == "" && f.Type == "number":
			f.Keys = metricNames() // of a disturbed test part
		}
	})
}

// each calls do for every field below f.
func each(f *Field, do func(*Field)) {
	for _, below := range f.Fields {
		do(below)
		each(below, do)
	}
}

// addKnownTo adds the names to the JSON Schema. An expectation may also be written
// as Great Expectations has it, with "expect_" before its name.
func addKnownTo(definitions map[string]map[string]any) {
	property := func(definition, name string) map[string]any {
		properties, _ := definitions[definition]["properties"].(map[string]any)
		one, _ := properties[name].(map[string]any)
		return one
	}
	if e := property("Expectation", "expectation"); e != nil {
		delete(e, "type")
		e["anyOf"] = []any{map[string]any{"enum": blueprints.Expectations()},
			map[string]any{"type": "string", "pattern": "^expect_"}}
	}
	if m := property("Require", "metrics"); m != nil {
		m["propertyNames"] = map[string]any{"enum": metricNames()}
	}
}
