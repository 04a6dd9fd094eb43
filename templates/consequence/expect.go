package consequence

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// expectations compares two lists of them: those that are the same are set
// aside, then those of one kind on one column are taken for each other's
// successors in order.
// Without pairing, every change of a bound would read as one removed and one new,
// and the removal as loosened.
func expectations(d difference) []finding {
	before, after := decode[[]plan.Expectation](d.before), decode[[]plan.Expectation](d.after)
	// Both sides are computed from the lists as they were.
	before, after = without(before, after), without(after, before)
	var out []finding
	for _, was := range before {
		// String is the kind and the column, without arguments.
		i := slices.IndexFunc(after, func(e plan.Expectation) bool { return e.String() == was.String() })
		if i < 0 {
			out = append(out, finding{Loosened, "expectation " + was.String() + " is removed"})
			continue
		}
		out = append(out, successor(was, after[i]))
		after = slices.Delete(after, i, i+1)
	}
	for _, is := range after {
		out = append(out, finding{Tightened, "expectation " + is.String() + " is new"})
	}
	if len(out) == 0 {
		return []finding{{Changed, "the order of the expectations"}}
	}
	return out
}

// without returns those of list that other lacks, counting repetitions.
func without(list, other []plan.Expectation) []plan.Expectation {
	left := slices.Clone(other)
	var out []plan.Expectation
	for _, e := range list {
		i := slices.IndexFunc(left, func(o plan.Expectation) bool { return reflect.DeepEqual(e, o) })
		if i < 0 {
			out = append(out, e)
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	return out
}

// arguments are those of Great Expectations with a direction.
var arguments = map[string]func(before, after any) Effect{
	"min_value": bound(lowerLoosens), "max_value": bound(higherLoosens), "mostly": mostly,
	"strict_min": valueLoosens(false), "strict_max": valueLoosens(false), "value_set": grewOf,
}

// bound is for limits that may be absent, which is without limit.
// It makes a comparison for such a limit out of one for numbers.
func bound(direction func(before, after any) Effect) func(before, after any) Effect {
	return func(before, after any) Effect {
		switch {
		case after == nil:
			return Loosened
		case before == nil:
			return Tightened
		}
		if _, ok := after.(float64); !ok {
			return Changed // a day, say
		}
		return direction(before, after)
	}
}

// mostly compares the share of rows that must satisfy an expectation; none is all.
func mostly(before, after any) Effect {
	whole := func(v any) any {
		if v == nil {
			return 1.0
		}
		return v
	}
	return lowerLoosens(whole(before), whole(after))
}

// grewOf compares sets of allowed values.
func grewOf(before, after any) Effect { return grew(texts(before), texts(after)) }

// successor says what became of an expectation.
// The effect is the worst of its arguments: loosened wherever one is.
func successor(was, is plan.Expectation) finding {
	effect, message := Changed, "expectation "+was.String()
	note := func(name string, before, after any, e Effect) {
		message += fmt.Sprintf(", %s: %s -> %s", name, shown(before), shown(after))
		if e == Loosened || effect == Changed {
			effect = e
		}
	}
	for _, name := range keys(was.Kwargs, is.Kwargs) {
		before, after := was.Kwargs[name], is.Kwargs[name]
		if reflect.DeepEqual(before, after) {
			continue
		}
		e := Changed
		if direction, ok := arguments[name]; ok {
			e = direction(before, after)
		}
		note(name, before, after, e)
	}
	if was.Severity != is.Severity {
		note("severity", was.Severity, is.Severity, valueLoosens("warning")(was.Severity, is.Severity))
	}
	return finding{effect, message}
}

// data says which files changed. A dataset that is new has said so already.
func (c *comparer) data() {
	for _, name := range slices.Sorted(maps.Keys(c.moved)) {
		files := c.moved[name]
		if _, ok := c.head.Plan.Datasets[name]; !ok || len(files) == 0 {
			continue
		}
		c.add(Data, "dataset "+name, Changed, fmt.Sprintf("its data changed: %s", some(files)), nil)
	}
}
