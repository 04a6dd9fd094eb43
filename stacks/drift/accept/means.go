package accept

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// means returns an error unless the plans after the edit differ from those before in the
// wanted fields of the environment alone, and give what was found in the cluster.
func means(before, after map[string]*plan.Plan, environment string, all []want) error {
	for _, name := range slices.Sorted(maps.Keys(after)) {
		changed, err := differing(before[name], after[name])
		if err != nil {
			return err
		}
		for _, field := range changed {
			asked := slices.ContainsFunc(all, func(w want) bool { return w.origin.Field == field })
			if name != environment || !asked {
				return fmt.Errorf("%s would change in %s, too", field, name)
			}
		}
	}
	for _, one := range all {
		if got := given(after[environment], one.origin.Field); !same(one.origin.Field, got, one.text) {
			return fmt.Errorf("%s would be %q then, not %q as in the cluster", one.origin.Field, got, one.text)
		}
	}
	return nil
}

// differing returns the paths at which the plans' JSON differs, sorted. What a plan says
// of its own format follows from the rest.
func differing(a, b *plan.Plan) ([]string, error) {
	x, y := map[string]string{}, map[string]string{}
	for into, p := range map[*map[string]string]*plan.Plan{&x: a, &y: b} {
		var tree any
		text, err := json.Marshal(p)
		if err == nil {
			err = json.Unmarshal(text, &tree)
		}
		if err != nil {
			return nil, err
		}
		flatten("", tree, *into)
	}
	var out []string
	for path := range x {
		if y[path] != x[path] {
			out = append(out, path)
		}
	}
	for path := range y {
		if _, both := x[path]; !both {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out, nil
}

// flatten writes every leaf by its path, "endpoints.scoring.replicas.max", as JSON.
func flatten(path string, v any, into map[string]string) {
	under := func(name string) string { return strings.TrimPrefix(path+"."+name, ".") }
	switch v := v.(type) {
	case map[string]any:
		for name, one := range v {
			flatten(under(name), one, into)
		}
	case []any:
		for i, one := range v {
			flatten(under(strconv.Itoa(i)), one, into)
		}
	default:
		into[path] = fmt.Sprintf("%#v", v)
	}
}

// given is the value that objects get by the plan for a field, as the cluster writes it.
func given(p *plan.Plan, field string) string {
	parts := strings.SplitN(field, ".", 3) // the concept, its name, the rest
	if len(parts) < 3 {
		return ""
	}
	e, line := p.Endpoints[parts[1]], p.Pipelines[parts[1]]
	resources := e.Given()
	if parts[0] == "pipelines" {
		resources = line.Largest() // of all stages, which run in one pod
	}
	switch parts[2] {
	case "replicas.min":
		return strconv.Itoa(e.Replicas.Min)
	case "replicas.max":
		return strconv.Itoa(e.Replicas.Max)
	case "resources.cpu":
		return resources.CPU
	case "resources.memory":
		return resources.Memory
	case "resources.gpu":
		return strconv.Itoa(resources.GPU)
	case "schedule":
		return line.Schedule
	case "timezone":
		return line.Timezone
	}
	return ""
}
