package consequence

import (
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// difference is two values at the same path of two plans; nil is an absent one.
type difference struct {
	path          []string
	before, after any
	base, head    *plan.Plan
}

// text is the difference without judgement.
func (d difference) text() string {
	return fmt.Sprintf("%s: %s -> %s", field(d.path), shown(d.before), shown(d.after))
}

// finding is what a difference means.
type finding struct {
	effect  Effect
	message string
}

// rule says what a difference at a path means. Judge returns nil to let the
// parts of the value be compared instead.
type rule struct {
	path  string // names joined by dots; * is any name
	judge func(difference) []finding
}

// rules is the list that a field with a direction is added to. Everything else
// that differs is a change without one.
var rules = []rule{
	{"apiVersion", changed}, {"environment", changed},

	{"models.*.require.metrics.*", predicate},
	{"models.*.require.fairness.*.metrics.*", predicate},
	{"models.*.require.robustness.*.metrics.*", predicate},
	{"models.*.require.fairness.*.min_group", by(higherLoosens)},
	{"models.*.require.robustness.*.fraction", by(lowerLoosens)},
	{"models.*.approval.policy", by(valueLoosens("auto"))},
	{"models.*.approval.count", by(lowerLoosens)},
	{"models.*.approval.not_author", by(valueLoosens(false))},
	{"models.*.approval.approvers", by(moreLoosens)},

	{"slos.*", present(Tightened, Loosened)},
	{"slos.*.objective", by(lowerLoosens)},
	{"slos.*.threshold", threshold},

	{"datasets.*.expect", expectations},
	{"datasets.*.columns.*.sensitive", by(valueLoosens(false))},
	{"datasets.*.columns.*.nullable", by(valueLoosens(true))},
	{"datasets.*.columns.*.optional", by(valueLoosens(true))},
	{"datasets.*.columns.*.values", by(moreLoosens)},
	{"datasets.*.columns.*.anonymise", by(valueLoosens(nil))},
	{"datasets.*.columns.*", present(Added, Removed)},
	{"datasets.*.retention", by(longerLoosens)},

	{"pipelines.*.stages.*", present(Added, Removed)},
	{"pipelines.*.resources", size}, {"pipelines.*.builtin.*.resources", size},

	{"endpoints.*.resources", size},
	{"endpoints.*.drift", present(Tightened, Loosened)},
	{"endpoints.*.drift.alert.share", by(higherLoosens)},
	{"endpoints.*.drift.alert.weighted_by", changed},
	{"endpoints.*.drift.alert.columns", by(fewerLoosens)},
	{"endpoints.*.drift.alert.predictions", by(endLoosens)},
	{"endpoints.*.drift.alert.false_alarm_rate", by(rateLoosens)},
	{"endpoints.*.drift.alert.windows", by(higherLoosens)},
	{"endpoints.*.drift.retrain", changed},
	{"endpoints.*.strategy", rollout},

	{"pins.*", pinned},

	{"policies.*", present(Tightened, Loosened)},
	{"policies.*.level", by(levelLoosens)},
	{"policies.*.exemptions", exemptions},
	{"policies.*.digest", func(difference) []finding { return []finding{{Changed, "the rule has changed"}} }},
	{"policies.*.match", silent}, {"policies.*.require", silent}, {"policies.*.title", silent},
	{"policies.*.reason", silent}, {"policies.*.fix", silent},
}

// ruleFor returns the first rule whose path matches; none of the table overlap.
func ruleFor(path []string) *rule {
	for i, r := range rules {
		if matches(strings.Split(r.path, "."), path) {
			return &rules[i]
		}
	}
	return nil
}

// matches compares name by name; there is no pattern for several levels.
func matches(pattern, path []string) bool {
	if len(pattern) != len(path) {
		return false
	}
	for i, p := range pattern {
		if p != "*" && p != path[i] {
			return false
		}
	}
	return true
}

// changed is for fields without a direction.
func changed(d difference) []finding { return []finding{{Changed, d.text()}} }

// silent is for parts that another rule's message stands for.
func silent(difference) []finding { return []finding{} }

// by makes a judge of a direction.
func by(direction func(before, after any) Effect) func(difference) []finding {
	return func(d difference) []finding { return []finding{{direction(d.before, d.after), d.text()}} }
}

// present is about the value as a whole coming or going.
// It returns nil for a value on both sides, whose parts are then compared.
func present(came, went Effect) func(difference) []finding {
	return func(d difference) []finding {
		what := field(d.path)
		if what != "" {
			what += " "
		}
		switch {
		case d.before == nil:
			return []finding{{came, what + "is new"}}
		case d.after == nil:
			return []finding{{went, what + "is removed"}}
		}
		return nil
	}
}

// predicate compares what two gates let through.
// A gate that was added stops more, whatever it asks, and one that went less.
func predicate(d difference) []finding {
	before, after := decode[plan.Predicate](d.before), decode[plan.Predicate](d.after)
	message := fmt.Sprintf("gate %s: %s -> %s", field(d.path), orNone(d.before != nil, before),
		orNone(d.after != nil, after))
	if d.before == nil {
		return []finding{{Tightened, message}}
	}
	if d.after == nil {
		return []finding{{Loosened, message}}
	}
	return []finding{{passing(before, after), message}}
}

// orNone is a predicate in words.
func orNone(there bool, p plan.Predicate) string {
	if !there {
		return "none"
	}
	return p.String()
}

// threshold compares what counts as a good event.
// A duration counts as good up to it, so a longer one is looser. For a metric it
// depends on whether the metric is a loss, which its name tells.
func threshold(d difference) []finding {
	before, after := decode[plan.Threshold](d.before), decode[plan.Threshold](d.after)
	if before.Duration != "" && after.Duration != "" {
		return []finding{{longerLoosens(before.Duration, after.Duration),
			fmt.Sprintf("threshold: %s -> %s", before.Duration, after.Duration)}}
	}
	// One is a duration and the other a number: the parts are compared.
	if before.Duration != "" || after.Duration != "" {
		return nil
	}
	direction := lowerLoosens
	if name := d.head.SLOs[d.path[1]].Indicator; strings.Contains(name, "error") || strings.Contains(name, "loss") {
		direction = higherLoosens
	}
	return []finding{{direction(before.Value, after.Value),
		fmt.Sprintf("threshold: %g -> %g", before.Value, after.Value)}}
}

// exemptions compares who is taken out of a policy.
func exemptions(d difference) []finding {
	before, after := texts(d.before), texts(d.after)
	return []finding{{grew(before, after), fmt.Sprintf("exemptions: %d -> %d", len(before), len(after))}}
}

// rollout says how versions will replace each other from now on.
func rollout(d difference) []finding {
	return []finding{{Changed, "strategy: " + Strategy(decode[plan.Strategy](d.before)) + " -> " +
		Strategy(decode[plan.Strategy](d.after))}}
}
