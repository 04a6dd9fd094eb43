package blueprints

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// refs checks what the schema cannot: that names refer to something, and that
// values fit each other. It also fills in what depends on such references.
type refs struct {
	*checked
	plan  *plan.Plan
	found Problems
}

// resolve checks every concept, in the order in which they depend on each other.
func (r *refs) resolve() {
	r.name(r.plan.Name, "name")
	r.names()
	r.outside()
	for _, name := range slices.Sorted(maps.Keys(r.plan.Datasets)) {
		r.dataset(name)
	}
	for _, name := range slices.Sorted(maps.Keys(r.plan.Models)) {
		m := r.plan.Models[name]
		r.model(name, &m)
		r.plan.Models[name] = m
	}
	for _, name := range slices.Sorted(maps.Keys(r.plan.Pipelines)) {
		r.pipeline(name)
	}
	for _, name := range slices.Sorted(maps.Keys(r.plan.Endpoints)) {
		r.endpoint(name)
	}
	for _, name := range slices.Sorted(maps.Keys(r.plan.SLOs)) {
		r.slo(name)
	}
	for _, name := range slices.Sorted(maps.Keys(r.plan.Pins)) {
		r.among("model", name, keys(r.plan.Models), "pins", name)
	}
}

// say notes a problem at the path, of the kind that problems there are.
func (r *refs) say(message, hint string, path ...string) {
	r.sayAs(kindAt(path), message, hint, path...)
}

func (r *refs) sayAs(code source.Code, message, hint string, path ...string) {
	r.found = append(r.found, r.at(r.placeOf(path), strings.Join(path, "."), message, hint).As(code))
}

// kindAt is the kind of problem of a value that does not fit others, by its place.
func kindAt(path []string) source.Code {
	part, last := "", path[len(path)-1]
	if len(path) > 2 {
		part = path[2]
	}
	switch {
	case last == "schedule" || last == "timezone":
		return source.WrongSchedule
	case part == "expect":
		return source.WrongExpectation
	case part == "require":
		return source.WrongGate
	case part == "stages":
		return source.WrongStage
	case part == "drift":
		return source.WrongDrift
	case part == "strategy" && slices.Contains(path, "metrics"):
		return source.WrongGate
	}
	return map[string]source.Code{
		"datasets": source.WrongDataset, "models": source.WrongModel, "pipelines": source.WrongPipeline,
		"endpoints": source.WrongEndpoint,
		"slos":      source.WrongSLO, "tracking": source.WrongTracking,
		"owner": source.WrongAddress, "name": source.WrongName,
	}[path[0]]
}

// among checks that word is one of the candidates.
func (r *refs) among(noun, word string, candidates []string, path ...string) bool {
	if slices.Contains(candidates, word) {
		return true
	}
	hint := nearest.Hint(word, candidates)
	if hint == "" {
		hint = "known are " + source.Known(word, candidates)
	}
	r.sayAs(source.UnknownReference, fmt.Sprintf("unknown %s %q", noun, word), hint, path...)
	return false
}

func (r *refs) duration(text string, path ...string) {
	if text == "" {
		return
	}
	if _, err := plan.ParseDuration(text); err != nil {
		r.sayAs(source.WrongDuration, err.Error(), "", path...)
	}
}

// atLeast checks a duration that something cannot be shorter than.
func (r *refs) atLeast(least time.Duration, text string, path ...string) {
	d, err := plan.ParseDuration(text)
	if err == nil && d < least {
		r.sayAs(source.WrongDuration, fmt.Sprintf("%s is too short: want %s or more", text, least), "", path...)
		return
	}
	r.duration(text, path...)
}

var label = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

func (r *refs) name(name string, path ...string) {
	if !label.MatchString(name) {
		r.sayAs(source.WrongName, fmt.Sprintf("%q cannot be a name: use lower-case letters, digits and dashes, beginning with a letter, at most 63", name), "", path...)
	}
}

// reserved are namespaces of a cluster's own; a blueprint's has its name.
var reserved = []string{"default", "kube-system", "kube-public", "kube-node-lease"}

// longestEnvironment leaves room for what is named after an environment: a
// cluster, a database, a role.
const longestEnvironment = 12

// The longest names that leave room for what a cluster derives from them: a
// CronWorkflow has 52 characters for a pipeline or the drift job of an endpoint,
// a Service 63 for an endpoint and its preview, and a rule 63 with slo- before it.
// stacks/aws has the same limit.
const (
	longestConcept = 40
	longestSLO     = 63 - len("slo-")
)

// short refuses a name that only a cluster would find too long.
func (r *refs) short(noun, name string, most int, path ...string) {
	if len(name) > most && len(name) <= 63 { // beyond, it is no name at all
		r.sayAs(source.WrongName, fmt.Sprintf("%s %q has %d characters, at most %d: a cluster names jobs and services after it, and adds to it", noun, name, len(name), most), "shorten it", path...)
	}
}

func (r *refs) names() {
	if slices.Contains(reserved, r.plan.Name) {
		r.say(fmt.Sprintf("%q is a namespace of the cluster's own", r.plan.Name), "name the system otherwise", "name")
	}
	if env := r.plan.Environment; !label.MatchString(env) || len(env) > longestEnvironment {
		pos := r.placeOf(nil)
		if o := r.overlays[env]; o != nil {
			pos = o.pos
		}
		r.found = append(r.found, r.at(pos, "environments."+env,
			fmt.Sprintf("%q cannot be an environment: use lower-case letters, digits and dashes, beginning with a letter, at most %d, for clusters and roles are named after it", env, longestEnvironment), "").As(source.WrongName))
	}
	r.short("blueprint", r.plan.Name, longestConcept, "name")
	for _, section := range []struct {
		noun  string
		most  int
		names []string
	}{
		{"models", longestConcept, keys(r.plan.Models)}, {"pipelines", longestConcept, keys(r.plan.Pipelines)},
		{"endpoints", longestConcept, keys(r.plan.Endpoints)}, {"slos", longestSLO, keys(r.plan.SLOs)},
	} {
		for _, n := range section.names {
			r.short(strings.TrimSuffix(section.noun, "s"), n, section.most, section.noun, n)
		}
	}
	for section, names := range map[string][]string{
		"datasets": keys(r.plan.Datasets), "models": keys(r.plan.Models), "pipelines": keys(r.plan.Pipelines),
		"endpoints": keys(r.plan.Endpoints), "slos": keys(r.plan.SLOs),
	} {
		for _, n := range names {
			r.name(n, section, n)
		}
	}
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (r *refs) slo(name string) {
	s := r.plan.SLOs[name]
	r.atLeast(time.Hour, s.Window, "slos", name, "window")
	if d, err := plan.ParseDuration(s.Window); err == nil && d > time.Hour && d%time.Minute != 0 {
		r.say(fmt.Sprintf("%s is not whole minutes", s.Window), "", "slos", name, "window")
	}
	if !r.among("endpoint", s.Endpoint, keys(r.plan.Endpoints), "slos", name, "endpoint") {
		return
	}
	m := r.plan.Models[r.plan.Endpoints[s.Endpoint].Model]
	switch s.Indicator {
	case "availability":
	case "latency":
		if s.Threshold.Duration == "" {
			r.say("a latency objective needs a threshold", `such as threshold: "50ms"`, "slos", name)
		}
		r.duration(s.Threshold.Duration, "slos", name, "threshold")
	default:
		if r.among("indicator", s.Indicator, append([]string{"availability", "latency"}, plan.MetricNames(m.Task)...),
			"slos", name, "indicator") && s.Threshold.Duration != "" {
			r.say(fmt.Sprintf("the threshold of %s is a number, found %q", s.Indicator, s.Threshold.Duration), "",
				"slos", name, "threshold")
		}
	}
}
