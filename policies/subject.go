package policies

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Subject is one thing that rules look at, as JSON.
type Subject struct {
	About About
	Name  string
	Value map[string]any
	// Empty for the blueprint, whose values are the plan's own.
	path  []string            // of the concept in the plan
	links map[string][]string // where in the plan a part of Value comes from, such as uses.dataset
}

// place is the path in the plan of a part of the subject.
// The longest prefix with a link is followed, of up to three names: what a subject
// shows of another concept leads to that concept. The result is a copy.
func (s Subject) place(path []string) []string {
	for n := min(len(path), 3); n > 0; n-- {
		prefix := strings.Join(path[:n], ".")
		if at, ok := s.links[prefix]; ok {
			return append(at[:len(at):len(at)], path[n:]...)
		}
	}
	return append(s.path[:len(s.path):len(s.path)], path...)
}

// planned is a plan as its subjects see it.
type planned struct {
	// The plan as JSON; subjects share its parts.
	doc         map[string]any
	plan        *plan.Plan
	environment string
	blueprint   map[string]any
}

// Subjects returns what rules about a plan look at: the blueprint and each of
// its concepts, with what it uses and what it is used by.
// Policies are left out, as rules are not about rules, and would make the subject
// depend on which are attached. The values share parts of one document: rules read
// them and never write.
func Subjects(p *plan.Plan) ([]Subject, error) {
	bare := *p
	bare.Policies = nil
	text, err := bare.Encode()
	if err != nil {
		return nil, err
	}
	d := planned{plan: p, environment: p.Environment}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&d.doc); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	delete(d.doc, "format") // what programs must know is nothing that rules are about
	d.blueprint = map[string]any{"name": d.doc["name"], "owner": d.doc["owner"]}
	if text, ok := d.doc["description"]; ok {
		d.blueprint["description"] = text
	}
	out := []Subject{{About: Blueprint, Name: p.Name, Value: d.doc}}
	for _, name := range keys(p.Datasets) {
		out = append(out, d.dataset(name))
	}
	for _, name := range keys(p.Models) {
		out = append(out, d.model(name))
	}
	for _, name := range keys(p.Endpoints) {
		out = append(out, d.endpoint(name))
	}
	for _, name := range keys(p.SLOs) {
		out = append(out, d.slo(name))
	}
	return out, nil
}

// concept is one concept's own fields, with its name.
// It is a shallow copy, for fields to be added to. A name that the plan does not have
// is an empty concept.
func (d *planned) concept(section, name string) map[string]any {
	all, _ := d.doc[section].(map[string]any)
	own, _ := all[name].(map[string]any)
	out := maps.Clone(own)
	if out == nil {
		out = map[string]any{}
	}
	out["name"] = name
	return out
}

// subject is a concept with its surroundings: environment, blueprint, what it uses
// and what uses it. links lead from those back to the concept itself.
func (d *planned) subject(about About, section, name string, uses, usedBy map[string]any) Subject {
	s := Subject{About: about, Name: name, Value: d.concept(section, name), path: []string{section, name},
		links: map[string][]string{
			"name": {section, name}, "environment": {section, name}, "blueprint": {}, "uses": {section, name},
			"used_by": {section, name},
		}}
	s.Value["environment"], s.Value["blueprint"] = d.environment, d.blueprint
	s.Value["uses"], s.Value["used_by"] = uses, usedBy
	return s
}

// that are the concepts of a section for which a thing holds.
func that[V any](d *planned, section string, all map[string]V, holds func(V) bool) map[string]any {
	out := map[string]any{}
	for name, one := range all {
		if holds(one) {
			out[name] = d.concept(section, name)
		}
	}
	return out
}

// dataset is used by its models and by what trains and serves them.
func (d *planned) dataset(name string) Subject {
	learns := func(model string) bool { return d.plan.Models[model].Dataset == name }
	return d.subject(Dataset, "datasets", name, map[string]any{}, map[string]any{
		"models":    that(d, "models", d.plan.Models, func(m plan.Model) bool { return m.Dataset == name }),
		"pipelines": that(d, "pipelines", d.plan.Pipelines, func(p plan.Pipeline) bool { return learns(p.Model) }),
		"endpoints": that(d, "endpoints", d.plan.Endpoints, func(e plan.Endpoint) bool { return learns(e.Model) }),
	})
}

// model also has its inputs and outputs, the columns of its dataset, with the
// fairness gates on a column beside the column's own fields: so a rule can ask for
// both in one place.
func (d *planned) model(name string) Subject {
	m := d.plan.Models[name]
	s := d.subject(Model, "models", name, map[string]any{"dataset": d.concept("datasets", m.Dataset)}, map[string]any{
		"pipelines": that(d, "pipelines", d.plan.Pipelines, func(p plan.Pipeline) bool { return p.Model == name }),
		"endpoints": that(d, "endpoints", d.plan.Endpoints, func(e plan.Endpoint) bool { return e.Model == name }),
	})
	columns, _ := s.Value["uses"].(map[string]any)["dataset"].(map[string]any)["columns"].(map[string]any)
	require, _ := s.Value["require"].(map[string]any)
	fairness, _ := require["fairness"].(map[string]any)
	inputs := map[string]any{}
	// A feature that the dataset does not have is an input without fields.
	for _, f := range m.Features {
		column, _ := columns[f].(map[string]any)
		input := maps.Clone(column)
		if gates, ok := fairness[f].(map[string]any); ok && input != nil {
			input["fairness"] = gates["metrics"]
		}
		inputs[f] = input
	}
	s.Value["inputs"], s.Value["outputs"] = inputs, map[string]any{m.Target: columns[m.Target]}
	s.links["inputs"], s.links["outputs"] = []string{"datasets", m.Dataset, "columns"},
		[]string{"datasets", m.Dataset, "columns"}
	s.links["uses.dataset"] = []string{"datasets", m.Dataset}
	return s
}

// endpoint uses its model and that model's dataset.
func (d *planned) endpoint(name string) Subject {
	e := d.plan.Endpoints[name]
	dataset := d.plan.Models[e.Model].Dataset
	s := d.subject(Endpoint, "endpoints", name,
		map[string]any{"model": d.concept("models", e.Model), "dataset": d.concept("datasets", dataset)},
		map[string]any{"slos": that(d, "slos", d.plan.SLOs, func(s plan.SLO) bool { return s.Endpoint == name })})
	s.links["uses.model"], s.links["uses.dataset"] = []string{"models", e.Model}, []string{"datasets", dataset}
	return s
}

// slo uses its endpoint and that endpoint's model.
func (d *planned) slo(name string) Subject {
	endpoint := d.plan.SLOs[name].Endpoint
	model := d.plan.Endpoints[endpoint].Model
	s := d.subject(SLO, "slos", name, map[string]any{"endpoint": d.concept("endpoints", endpoint),
		"model": d.concept("models", model)}, map[string]any{})
	s.links["uses.endpoint"], s.links["uses.model"] = []string{"endpoints", endpoint}, []string{"models", model}
	return s
}
