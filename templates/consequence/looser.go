package consequence

import (
	"encoding/json"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// lowerLoosens is for limits from below: a lower one lets more through. An absent
// number is 0.
func lowerLoosens(before, after any) Effect {
	a, b := decode[float64](before), decode[float64](after)
	if b < a {
		return Loosened
	}
	return Tightened
}

// higherLoosens is for limits from above.
func higherLoosens(before, after any) Effect { return lowerLoosens(after, before) }

// valueLoosens is for fields of which one value asks for less than the others;
// nil is the absent one, and stands for false, too.
func valueLoosens(loose any) func(before, after any) Effect {
	is := func(v any) bool { return v == loose || v == nil && loose == false }
	return func(before, after any) Effect {
		switch {
		case is(after):
			return Loosened
		case is(before):
			return Tightened
		}
		return Changed
	}
}

// endLoosens is for what holds unless it is false.
func endLoosens(_, after any) Effect {
	if after == false {
		return Loosened
	}
	return Tightened
}

// rateLoosens compares rates of false alarms: fewer false ones are fewer true ones.
func rateLoosens(before, after any) Effect {
	rate := func(v any) float64 { return plan.DriftAlert{FalseAlarmRate: decode[float64](v)}.Rate() }
	return lowerLoosens(rate(before), rate(after))
}

// fewerLoosens compares lists of what is watched.
func fewerLoosens(before, after any) Effect { return grew(texts(after), texts(before)) }

// longerLoosens compares durations; none is without end.
func longerLoosens(before, after any) Effect {
	a, aErr := plan.ParseDuration(decode[string](before))
	b, bErr := plan.ParseDuration(decode[string](after))
	switch {
	case bErr != nil || aErr == nil && b > a:
		return Loosened
	case aErr != nil || b < a:
		return Tightened
	}
	return Changed
}

// moreLoosens compares lists of what is allowed; none allows anything.
func moreLoosens(before, after any) Effect {
	a, b := texts(before), texts(after)
	switch {
	case len(b) == 0:
		return Loosened
	case len(a) == 0:
		return Tightened
	}
	return grew(a, b)
}

// grew compares sets: with anything new in it, a set is loosened.
func grew(before, after []string) Effect {
	for _, one := range after {
		if !slices.Contains(before, one) {
			return Loosened
		}
	}
	for _, one := range before {
		if !slices.Contains(after, one) {
			return Tightened
		}
	}
	return Changed // their order
}

// texts are the elements of a list, as JSON.
// As JSON, so that elements of any type compare.
func texts(v any) []string {
	var out []string
	for _, one := range decode[[]any](v) {
		text, err := json.Marshal(one)
		if err == nil {
			out = append(out, string(text))
		}
	}
	return out
}

// levelLoosens compares levels of policies by how much they stop.
func levelLoosens(before, after any) Effect {
	rank := func(v any) int {
		return slices.Index([]plan.Level{plan.Disabled, plan.Advisory, plan.Remediate, plan.Mandatory},
			plan.Level(decode[string](v)))
	}
	if rank(after) < rank(before) {
		return Loosened
	}
	return Tightened
}

// passing compares what two predicates hold of. A predicate changes its mind
// only at its bounds, so it is enough to ask at each bound of either, between
// neighbours, and beyond both ends.
// The distances of 1 beyond the ends are arbitrary: beyond the last bound nothing
// changes.
func passing(before, after plan.Predicate) Effect {
	var at []float64
	for _, b := range slices.Concat(before, after) {
		at = append(at, b.Value)
	}
	slices.Sort(at)
	at = slices.Compact(at)
	points := slices.Clone(at)
	// Bounds themselves are asked too, since < and <= differ there alone.
	for i := range at {
		if i == 0 {
			points = append(points, at[i]-1)
		}
		if i == len(at)-1 {
			points = append(points, at[i]+1)
		} else {
			points = append(points, at[i]+(at[i+1]-at[i])/2)
		}
	}
	effect := Changed
	for _, p := range points {
		switch was, is := before.Holds(p), after.Holds(p); {
		// One value that passes now is enough, whatever else is stopped.
		case is && !was:
			return Loosened
		case was && !is:
			effect = Tightened
		}
	}
	return effect
}
