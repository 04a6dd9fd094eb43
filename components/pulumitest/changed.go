package pulumitest

import (
	"reflect"
	"slices"
)

// Changed returns the resources, components aside, that an engine would create,
// update or delete to come from one recording to the other, as "type name",
// sorted.
func Changed(before, after *Recording) []string {
	was, is := byURN(before), byURN(after)
	var out []string
	for name, r := range is {
		if old, ok := was[name]; !ok || !reflect.DeepEqual(old.Inputs, r.Inputs) {
			out = append(out, name)
		}
	}
	for name := range was {
		if _, ok := is[name]; !ok {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func byURN(r *Recording) map[string]Resource {
	out := map[string]Resource{}
	for _, one := range r.Resources {
		if !one.Component {
			out[one.Type+" "+one.Name] = one
		}
	}
	return out
}
