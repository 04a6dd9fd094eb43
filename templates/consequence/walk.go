package consequence

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// nouns are the parts of a plan that hold concepts by name.
var nouns = map[string]struct {
	noun    string
	section Section
}{
	"datasets": {"dataset", Data}, "models": {"model", Models}, "pipelines": {"pipeline", Pipelines},
	"endpoints": {"endpoint", Endpoints}, "slos": {"slo", SLOs}, "pins": {"pin of", Models},
	"policies": {"policy", Policies},
}

// tree is the plan as JSON has it, but with policies by their ID.
// By ID, since the position of a policy in the list means nothing.
func tree(p *plan.Plan) map[string]any {
	out := decode[map[string]any](p)
	rules := map[string]any{}
	for _, r := range p.Policies {
		rules[r.ID] = decode[any](r)
	}
	out["policies"] = rules
	return out
}

// decode passes a value through JSON. Plans have a JSON form, so the zero value
// stands for none only where v is of another shape than T.
func decode[T any](v any) T {
	var out T
	if text, err := json.Marshal(v); err == nil {
		_ = json.Unmarshal(text, &out)
	}
	return out
}

// fields compares everything that is written.
// Concepts are compared by name, so that one which is renamed is one removed and one
// new: what was recorded under the old name stays there.
func (c *comparer) fields(base, head map[string]any) {
	for _, part := range keys(base, head) {
		if _, ok := nouns[part]; !ok {
			c.walk([]string{part}, base[part], head[part])
			continue
		}
		before, after := decode[map[string]any](base[part]), decode[map[string]any](head[part])
		for _, name := range keys(before, after) {
			c.concept([]string{part, name}, before[name], after[name])
		}
	}
}

// concept compares one dataset, model, endpoint...
// One that is new or removed is one change, not one for each field, unless a rule
// says what its coming or going means.
func (c *comparer) concept(path []string, before, after any) {
	if reflect.DeepEqual(before, after) {
		return
	}
	// Any difference of an endpoint counts as a change of its pods.
	if path[0] == "endpoints" {
		c.touched[path[1]] = true
	}
	if r := ruleFor(path); r != nil || before != nil && after != nil {
		c.walk(path, before, after)
		return
	}
	effect, message := Added, "is new"
	if after == nil {
		effect, message = Removed, "is removed"
	}
	c.add(nouns[path[0]].section, nouns[path[0]].noun+" "+path[1], effect, message, path)
}

// walk compares two values at a path; nil is an absent one. A rule of the
// table says what a difference means, else it is a change.
// Objects are descended into, also where one side has none, so that the fields of an
// object which is new are judged by their rules. Lists are compared as a whole.
func (c *comparer) walk(path []string, before, after any) {
	if reflect.DeepEqual(before, after) {
		return
	}
	d := difference{path: path, before: before, after: after, base: c.before(), head: c.head.Plan}
	if r := ruleFor(path); r != nil {
		// An empty list, unlike nil, says that nothing is to be reported.
		if found := r.judge(d); found != nil {
			for _, f := range found {
				c.add(sectionOf(path), subjectOf(path), f.effect, f.message, path)
			}
			return
		}
	}
	a, aMap := before.(map[string]any)
	b, bMap := after.(map[string]any)
	if (aMap || before == nil) && (bMap || after == nil) {
		for _, name := range keys(a, b) {
			c.walk(append(slices.Clone(path), name), a[name], b[name])
		}
		return
	}
	c.add(sectionOf(path), subjectOf(path), Changed, d.text(), path)
}

// keys are the names in either, sorted.
func keys(a, b map[string]any) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// sectionOf is where a change is shown. Gates and approvals are apart from the other
// fields of a model, as reviewers look for them first.
func sectionOf(path []string) Section {
	if len(path) > 2 && path[0] == "models" && (path[2] == "require" || path[2] == "approval") {
		return Gates
	}
	if n, ok := nouns[path[0]]; ok {
		return n.section
	}
	return Other
}

// subjectOf names the concept that a path leads into.
func subjectOf(path []string) string {
	if n, ok := nouns[path[0]]; ok {
		return n.noun + " " + path[1]
	}
	return "blueprint"
}

// field is the rest of the path after the subject, without what people do not
// write in a blueprint.
func field(path []string) string {
	if _, ok := nouns[path[0]]; ok {
		path = path[2:]
	}
	if len(path) > 1 && path[0] == "builtin" {
		path = append([]string{"stages"}, path[1:]...)
	}
	var out []string
	for _, p := range path {
		if p != "require" && p != "metrics" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ".")
}
