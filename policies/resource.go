package policies

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Registered is a resource as Pulumi registers it. Values of Properties are
// JSON's, with plan.Unknown for what is not known yet and plan.Secret around
// what is secret.
type Registered struct {
	URN, Type, Name string
	Properties      map[string]any
	References      []string // URNs that its properties' values come from
}

// subject is the resource as rules see it.
// documents, pod, uses and used_by are derived, for rules to say in a line what
// would take many. links maps them to where in the properties they are from, so
// that a finding points at what the user wrote.
func (r Registered) subject(environment string) Subject {
	// Properties are shared with the caller and never written to.
	v := map[string]any{"type": r.Type, "name": r.Name, "properties": r.Properties,
		"documents": documents(r.Properties)}
	if environment != "" {
		v["environment"] = environment
	}
	links := map[string][]string{"documents": {"properties"}, "uses": {}, "used_by": {}}
	if pod, path, ok := podOf(r.Properties); ok {
		v["pod"], links["pod"] = pod, path
	}
	return Subject{About: Resource, Name: r.Name, Value: v, links: links}
}

// EnvironmentOf is what a stack's name says of its environment, the end of it:
// foundation-prod is production.
func EnvironmentOf(stack string) string { return stack[strings.LastIndexAny(stack, "-/")+1:] }

// CheckResource checks one resource against the rules that need no other. Values
// that are not known yet leave a finding undecided.
func (j *Judge) CheckResource(r Registered, environment string, now time.Time) []Finding {
	s := r.subject(environment)
	var out []Finding
	for _, rule := range j.set.rules {
		if !rule.Stack {
			out = append(out, j.resource(rule, s, now)...)
		}
	}
	return out
}

// CheckStack checks resources against the rules that look at what a resource
// uses and what uses it, and returns the findings of each by URN.
//
// It needs every resource of the stack: used_by of one is known only then.
func (j *Judge) CheckStack(resources []Registered, environment string, now time.Time) map[string][]Finding {
	out := map[string][]Finding{}
	var stack []*Rule
	for _, rule := range j.set.rules {
		if rule.Stack && rule.About == Resource {
			stack = append(stack, rule)
		}
	}
	links := linksOf(resources)
	for i, r := range resources {
		s := r.subject(environment)
		s.Value["uses"], s.Value["used_by"] = links.uses[i], links.usedBy[i]
		for _, rule := range stack {
			if found := j.resource(rule, s, now); len(found) > 0 {
				out[r.URN] = append(out[r.URN], found...)
			}
		}
	}
	return out
}

// resource checks a resource against one rule. Where it cannot be said yet
// whether the rule speaks of it, and it would object, the finding is undecided.
// An undecided finding is a warning; the resource is judged again once its values
// are known.
func (j *Judge) resource(rule *Rule, s Subject, now time.Time) []Finding {
	applies := rule.applies(s)
	if applies == plan.No {
		return nil
	}
	found := j.findings(rule, s, "", now)
	for i := range found {
		found[i].Undecided = found[i].Undecided || applies == plan.Open
	}
	return found
}

// Remedies returns the remediating rules that put the resource right, in order,
// each given what those before it made of it. remediates says whether a rule
// may; nil means by its level.
// A rule whose remedy does not satisfy it is left out, as applying it would change
// the resource and still leave it refused. r is replaced at each step, so that
// remedies of several rules add up.
func (j *Judge) Remedies(r Registered, environment string, now time.Time, remediates func(*Rule) bool) []*Rule {
	if remediates == nil {
		remediates = func(r *Rule) bool { return r.Level == plan.Remediate }
	}
	var out []*Rule
	for _, rule := range j.set.rules {
		if rule.Remedy == nil || rule.Stack || !remediates(rule) {
			continue
		}
		found := j.resource(rule, r.subject(environment), now)
		decided := func(f Finding) bool { return !f.Undecided && f.Exempt == nil }
		if !slices.ContainsFunc(found, decided) {
			continue
		}
		put := Remedied(map[string]any{"properties": r.Properties}, rule.Remedy)["properties"].(map[string]any)
		right := Registered{URN: r.URN, Type: r.Type, Name: r.Name, Properties: put}
		if len(j.misses(rule, right.subject(environment))) > 0 {
			continue // it does not put this one right; the finding remains
		}
		r, out = right, append(out, rule)
	}
	return out
}

// links are, for each resource, what it uses and what uses it: by type and name,
// the properties and documents.
type links struct{ uses, usedBy []map[string]any }

// linksOf finds them by Pulumi's references and by label selectors. What a resource
// looks like to others is made once and shared: rules only read it. Of resources of
// the same type and name, which only different parents can have, one is seen.
func linksOf(resources []Registered) links {
	l := links{make([]map[string]any, len(resources)), make([]map[string]any, len(resources))}
	// URN to position, for references.
	index := map[string]int{}
	seen := make([]map[string]any, len(resources)) // as others see it, made when one looks
	for i, r := range resources {
		index[r.URN], l.uses[i], l.usedBy[i] = i, map[string]any{}, map[string]any{}
	}
	note := func(into map[string]any, i int) {
		if seen[i] == nil {
			seen[i] = map[string]any{"properties": resources[i].Properties,
				"documents": documents(resources[i].Properties)}
		}
		byName, ok := into[resources[i].Type].(map[string]any)
		if !ok {
			byName = map[string]any{}
			into[resources[i].Type] = byName
		}
		byName[resources[i].Name] = seen[i]
	}
	link := func(from, to int) {
		note(l.uses[from], to)
		note(l.usedBy[to], from)
	}
	for i, r := range resources {
		for _, urn := range r.References {
			if to, ok := index[urn]; ok && to != i {
				link(i, to)
			}
		}
	}
	for _, s := range selections(resources) {
		link(s.from, s.to)
	}
	return l
}

// documents are the properties whose text is JSON, read: policies of IAM, for
// instance, in which what may be one or several is always several.
// A document that is not known or is secret stays so as a whole.
func documents(properties map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range properties {
		switch v := v.(type) {
		// Whether it is a document is not known either, so rules about it stay open.
		case plan.Unknown:
			out[name] = v
		case plan.Secret:
			if doc, ok := document(v.Value); ok {
				out[name] = plan.Secret{Value: doc}
			}
		default:
			if doc, ok := document(v); ok {
				out[name] = doc
			}
		}
	}
	return out
}

// In bytes. AWS allows IAM policies of a few KiB; larger text is data.
const maxDocument = 1 << 20

// document reads a text that looks like a JSON object. IAM allows a single value in
// the place of a list of one, which every rule would otherwise have to cover.
func document(v any) (any, bool) {
	text, ok := v.(string)
	if !ok || len(text) > maxDocument || !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return nil, false
	}
	var doc map[string]any
	if json.Unmarshal([]byte(text), &doc) != nil {
		return nil, false
	}
	if statements, ok := doc["Statement"]; ok {
		doc["Statement"] = several(statements)
		for _, one := range doc["Statement"].([]any) {
			if s, ok := one.(map[string]any); ok {
				for _, name := range []string{"Action", "NotAction", "Resource", "NotResource"} {
					if v, ok := s[name]; ok {
						s[name] = several(v)
					}
				}
			}
		}
	}
	return doc, true
}

// several is a list of one, where it is not a list already.
func several(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// podOf is the pod that a Kubernetes object makes, its metadata and spec, and
// where in the resource it is.
// ok is also true where the pod is not known yet, and pod is plan.Unknown then: a
// rule about pods must be undecided and not silent.
func podOf(properties map[string]any) (pod any, path []string, ok bool) {
	kind, _ := properties["kind"].(string)
	inside, makes := podPaths[kind]
	if _, versioned := properties["apiVersion"]; !makes || !versioned {
		return nil, nil, false
	}
	path = append([]string{"properties"}, inside...)
	var at any = properties
	for _, name := range inside {
		if _, unknown := at.(plan.Unknown); unknown {
			return at, path, true
		}
		m, ok := at.(map[string]any)
		if !ok {
			return nil, nil, false
		}
		at = m[name]
	}
	// A Pod is the object itself, of which only what a template has is shown.
	if m, ok := at.(map[string]any); ok && len(inside) == 0 {
		out := maps.Clone(m)
		maps.DeleteFunc(out, func(name string, _ any) bool { return name != "metadata" && name != "spec" })
		return out, path, true
	}
	return at, path, at != nil
}

// podPaths say where each kind keeps the pod that it makes.
var podPaths = map[string][]string{
	"Pod": {}, "Deployment": {"spec", "template"}, "ReplicaSet": {"spec", "template"},
	"StatefulSet": {"spec", "template"},
	"DaemonSet":   {"spec", "template"}, "Job": {"spec", "template"}, "ReplicationController": {"spec", "template"},
	"PodTemplate": {"template"},
	"Rollout":     {"spec", "template"}, "CronJob": {"spec", "jobTemplate", "spec", "template"},
}
