package plan

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Node is one stage of a pipeline in its graph.
type Node struct {
	Name   string
	Custom *Stage   // nil: a built-in stage
	After  []string // the stages that must be done before it, sorted
}

// CycleError says that stages wait for each other.
type CycleError struct{ Stages []string }

// Error names the stages round the cycle.
func (e *CycleError) Error() string {
	return "stages wait for each other: " +
		strings.Join(append(e.Stages[:len(e.Stages):len(e.Stages)], e.Stages[0]), " -> ")
}

// Graph returns the pipeline's stages so that each comes after those it waits
// for, and otherwise built-in ones first and by name. An edge is a dep that
// another stage makes, a dataset whose source a stage makes, or the order of the
// built-in stages. It errs with a *CycleError.
func (p *Plan) Graph(pipeline string) ([]Node, error) {
	line := p.Pipelines[pipeline]
	g := graph{plan: p, line: line, nodes: map[string]*Node{}, rank: map[string]int{}}
	g.builtin()
	for _, name := range slices.Sorted(maps.Keys(line.Stages)) {
		s := line.Stages[name]
		if n := g.nodes[name]; n != nil {
			n.Custom = &s // a custom train keeps the built-in's place
			continue
		}
		g.nodes[name] = &Node{Name: name, Custom: &s}
		g.rank[name] = len(BuiltinStages)
	}
	g.edges()
	return g.sorted()
}

// ModelGraph is the graph of a model's built-in stages alone.
func ModelGraph() []Node {
	g := graph{line: Pipeline{Model: "m"}, nodes: map[string]*Node{}, rank: map[string]int{}}
	g.builtin()
	nodes, _ := g.sorted() // a chain has no cycle
	return nodes
}

type graph struct {
	plan  *Plan
	line  Pipeline
	nodes map[string]*Node
	rank  map[string]int // ties between stages that are ready
}

func (g *graph) builtin() {
	if g.line.Model == "" {
		return
	}
	last := ""
	for i, b := range BuiltinStages {
		n := &Node{Name: b.Name}
		if last != "" {
			n.After = []string{last}
		}
		g.nodes[b.Name], g.rank[b.Name], last = n, i, b.Name
	}
}

// edges adds what the deps and the dataset's source say. The makers of paths
// are looked up by each path and its parents, so that a thousand stages cost no
// comparison of all with all.
func (g *graph) edges() {
	maker, parents := map[string]string{}, map[string][]string{}
	for name, s := range g.line.Stages {
		for _, made := range s.Made() {
			maker[made] = name
			for dir := path.Dir(made); dir != "."; dir = path.Dir(dir) {
				parents[dir] = append(parents[dir], name)
			}
			parents["."] = append(parents["."], name)
		}
	}
	for name, s := range g.line.Stages {
		n := g.nodes[name]
		for _, dep := range s.Deps {
			if stage, _, ok := BuiltinDep(dep); ok {
				n.After = append(n.After, stage)
				continue
			}
			n.After = append(n.After, makersOf(s.At(dep), maker, parents)...)
		}
	}
	if ingest := g.nodes[StageIngest]; ingest != nil {
		source := g.plan.Datasets[g.plan.Models[g.line.Model].Dataset].Source
		for made, name := range maker {
			if Feeds(made, source) {
				ingest.After = append(ingest.After, name)
			}
		}
	}
	for _, n := range g.nodes {
		slices.Sort(n.After)
		n.After = slices.DeleteFunc(slices.Compact(n.After), func(a string) bool { return g.nodes[a] == nil })
	}
}

// Feeds reports whether a dataset's source, a path or a pattern, finds something
// at what a stage has made: at it, in it or around it.
func Feeds(made, source string) bool {
	if strings.Contains(source, "://") {
		return false
	}
	pattern, parts := strings.Split(path.Clean(source), "/"), strings.Split(made, "/")
	for i := range min(len(pattern), len(parts)) {
		if ok, err := path.Match(pattern[i], parts[i]); err != nil || !ok {
			return false
		}
	}
	return true
}

// FanOut returns into how many parts the stage of the unit's pipeline is cut on a
// cluster; 0 where it is not. Validation is, and a search. Of data that are
// anonymised validation is not: its parts would be kept with values in them.
func (p *Plan) FanOut(u Unit, stage string) int {
	line := p.Pipelines[u.Pipeline]
	if _, own := line.Stages[stage]; own || u.Model == "" {
		return 0
	}
	if stage == StageValidate && !p.Datasets[p.Models[u.Model].Dataset].Protects() || stage == StageTrain &&
		p.Models[u.Model].Search != nil {
		return line.FanOut
	}
	return 0
}

// makersOf are the stages that make the path, a folder that it lies in, or
// something in it.
func makersOf(p string, maker map[string]string, parents map[string][]string) []string {
	out := slices.Clone(parents[p])
	for at := p; ; at = path.Dir(at) {
		if name, ok := maker[at]; ok {
			out = append(out, name)
		}
		if at == "." || at == "/" {
			return out
		}
	}
}

// sorted is Kahn's algorithm, taking the stage of the least rank and name.
func (g *graph) sorted() ([]Node, error) {
	waits, next := map[string]int{}, map[string][]string{}
	var ready []string
	for name, n := range g.nodes {
		waits[name] = len(n.After)
		for _, a := range n.After {
			next[a] = append(next[a], name)
		}
		if len(n.After) == 0 {
			ready = append(ready, name)
		}
	}
	order := func(a, b string) int {
		if d := g.rank[a] - g.rank[b]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	}
	slices.SortFunc(ready, order)
	out := make([]Node, 0, len(g.nodes))
	for len(ready) > 0 {
		name := ready[0]
		ready = ready[1:]
		out = append(out, *g.nodes[name])
		for _, n := range next[name] {
			if waits[n]--; waits[n] == 0 {
				at, _ := slices.BinarySearchFunc(ready, n, order)
				ready = slices.Insert(ready, at, n)
			}
		}
	}
	if len(out) < len(g.nodes) {
		return nil, &CycleError{g.cycle(waits)}
	}
	return out, nil
}

// cycle finds stages that wait for each other among those that still wait.
func (g *graph) cycle(waits map[string]int) []string {
	at := ""
	for _, name := range slices.Sorted(maps.Keys(waits)) {
		if waits[name] > 0 {
			at = name
			break
		}
	}
	var trail []string
	for !slices.Contains(trail, at) {
		trail = append(trail, at)
		for _, a := range g.nodes[at].After {
			if waits[a] > 0 {
				at = a
				break
			}
		}
	}
	out := trail[slices.Index(trail, at):]
	slices.Reverse(out) // from what is made to what needs it
	return out
}

// Unit is one thing to run: a pipeline, or a model that no pipeline with stages
// of its own makes.
type Unit struct {
	Pipeline string // empty: the model's built-in stages
	Model    string // empty: the pipeline has no model
}

// Name is what the unit's runs are kept under: its model, or its pipeline.
func (u Unit) Name() string {
	if u.Model != "" {
		return u.Model
	}
	return u.Pipeline
}

// Units are what brings the whole plan up, pipelines without a model first,
// for models may read what they make; otherwise by name.
func (p *Plan) Units() []Unit {
	var bare, out []Unit
	made := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(p.Pipelines)) {
		line := p.Pipelines[name]
		switch {
		case p.UnitFor(name).Pipeline == "":
		case line.Model == "":
			bare = append(bare, Unit{Pipeline: name})
		default:
			out = append(out, Unit{name, line.Model})
			made[line.Model] = true
		}
	}
	for name := range p.Models {
		if !made[name] {
			out = append(out, Unit{Model: name})
		}
	}
	slices.SortFunc(out, func(a, b Unit) int {
		return strings.Compare(a.Model+"\x00"+a.Pipeline, b.Model+"\x00"+b.Pipeline)
	})
	return append(bare, out...)
}

// UnitOf returns what makes the model.
func (p *Plan) UnitOf(model string) (Unit, error) {
	for _, u := range p.Units() {
		if u.Model == model {
			return u, nil
		}
	}
	return Unit{}, fmt.Errorf("the plan has no model %q", model)
}

// Line is the pipeline whose retries, timeout and parallelism hold for a run of
// the unit: its own, or that of the name, or else the first that trains its
// model with built-in stages alone. It is empty of a model without a pipeline.
func (p *Plan) Line(u Unit, name string) Pipeline {
	if u.Pipeline != "" {
		return p.Pipelines[u.Pipeline]
	}
	for _, one := range append([]string{name}, slices.Sorted(maps.Keys(p.Pipelines))...) {
		if line, ok := p.Pipelines[one]; ok && u.Model != "" && p.UnitFor(one) == u {
			return line
		}
	}
	return Pipeline{}
}

// UnitFor returns what the pipeline's runs are runs of. A pipeline without
// stages of its own is its model's built-in stages.
func (p *Plan) UnitFor(pipeline string) Unit {
	line := p.Pipelines[pipeline]
	if len(line.Stages) == 0 && line.FanOut == 0 {
		return Unit{Model: line.Model}
	}
	return Unit{Pipeline: pipeline, Model: line.Model}
}
