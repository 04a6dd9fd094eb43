package govern

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// pinned keeps the versions that the pin names: by digest, since registries of
// different places count differently. The digest of the model file is of its
// recipe too. The whole plan may be another by now, by the pin itself for one.
func (ask Requirements) pinned(versions []registry.Version) []registry.Version {
	if ask.Pin == nil {
		return versions
	}
	return slices.DeleteFunc(slices.Clone(versions),
		func(v registry.Version) bool { return len(Differences(*ask.Pin, v)) > 0 })
}

// Differences returns in what the version is not the one that is pinned.
// Both digests have to agree: the same model file could have been registered with
// another record of its data.
func Differences(pin plan.Pin, v registry.Version) []string {
	var out []string
	for _, d := range [][3]string{{"model", pin.Model, v.ModelDigest}, {"data", pin.Data, v.Data.Digest}} {
		if d[1] != d[2] {
			out = append(out, fmt.Sprintf("its %s is %s, pinned is %s", d[0],
				plan.ShortDigest(d[2]), plan.ShortDigest(d[1])))
		}
	}
	return out
}

// missing is the reason where nothing that is registered is what is pinned.
// It says how a version of the same number differs, since a number that agrees and
// a digest that does not is the usual cause: two registries.
func missing(pin plan.Pin, versions []registry.Version) string {
	out := fmt.Sprintf("version %d is pinned (model %s), and no registered version is that one", pin.Version,
		plan.ShortDigest(pin.Model))
	for _, v := range versions {
		if v.Version == pin.Version {
			out += fmt.Sprintf(": of version %d here, %s", v.Version, Differences(pin, v)[0])
		}
	}
	return out + "; run the pipeline at the commit that it was promoted from, or promote a version that is registered here"
}

// Unmet returns which of the gates that the plan has today the version does not
// meet, by what was measured when it was registered. A gate that was not
// measured then is not met.
// Names are those that gates are recorded by: a metric's own, or with the prefix
// of the check. A gate's value comes before a metric of the same name, and may be
// nil, for undefined.
func Unmet(require plan.Require, v registry.Version) []string {
	var out []string
	measured := map[string]*float64{}
	for name, value := range v.Metrics {
		measured[name] = &value
	}
	for _, g := range v.Gates {
		measured[g.Name] = g.Value
	}
	judge := func(prefix string, gates map[string]plan.Predicate) {
		for _, name := range slices.Sorted(maps.Keys(gates)) {
			want, value := gates[name], measured[prefix+name]
			switch {
			case value == nil:
				out = append(out, fmt.Sprintf("%s must be %s, and was not measured", prefix+name, want))
			case !want.Holds(*value):
				out = append(out, fmt.Sprintf("%s is %g, must be %s", prefix+name, *value, want))
			}
		}
	}
	judge("", require.Metrics)
	for _, column := range slices.Sorted(maps.Keys(require.Fairness)) {
		judge("fairness."+column+".", require.Fairness[column].Metrics)
	}
	for _, kind := range slices.Sorted(maps.Keys(require.Robustness)) {
		judge("robustness."+kind+".", require.Robustness[kind].Metrics)
	}
	return out
}
