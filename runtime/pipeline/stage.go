package pipeline

import (
	"context"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// stages is the list that a new built-in stage is added to.
var stages = []stage{ingest, validation, prepare, training, evaluation, registration}

// Stages are the built-in stages in their order.
func Stages() []string {
	names := make([]string, len(stages))
	for i, s := range stages {
		names[i] = s.name
	}
	return names
}

// stage is one step of a pipeline.
type stage struct {
	name string
	// kind is what its results are kept under; empty: its name. All
	// custom stages are of one kind, so that the same work in two pipelines, or under
	// another name, is done once.
	kind string
	// version changes when the stage's code would give another result for the
	// same inputs; it is part of the cache key.
	version int
	// after are the stages that must be done before it.
	after []string
	// depends returns what the result depends on in the plan, by name, as
	// JSON-encodable values; nil means that the stage is never taken from the
	// store.
	depends func(*recipe) (map[string]any, error)
	// reads are the outputs of earlier stages that it depends on, by name.
	reads map[string]output
	// world returns what it depends on outside of both; nil means nothing.
	world func(context.Context, *execution, *run.Result) (map[string]any, error)
	// run does the work and fills in the result's outputs.
	run func(context.Context, *execution, *run.Result) error
	// custom is the plan's stage, nil of a built-in one.
	custom *plan.Stage
}

func (s *stage) keptUnder() string {
	if s.kind != "" {
		return s.kind
	}
	return s.name
}

// output names what a stage made: an output of a built-in stage by its name,
// what a custom stage made by its path.
type output struct{ stage, name string }

// recipe is the part of a plan that one unit's stages see.
type recipe struct {
	plan.Unit
	name    string // of the model; empty: none
	model   plan.Model
	dataset plan.Dataset
	seed    uint64
	line    plan.Pipeline
	nodes   []plan.Node
	date    string // that the run stands for; "" where nothing reads it
}

// newRecipe looks the unit up in the plan.
func newRecipe(p *plan.Plan, u plan.Unit, line string) (recipe, error) {
	r := recipe{Unit: u, name: u.Model, seed: p.Seed, line: p.Line(u, line)}
	if u.Model != "" {
		r.model = p.Models[u.Model]
		r.dataset = p.Datasets[r.model.Dataset]
	}
	if u.Pipeline == "" {
		r.nodes = plan.ModelGraph()
		return r, nil
	}
	var err error
	r.nodes, err = p.Graph(u.Pipeline)
	return r, err
}

// stages returns the unit's stages, each after those that it waits for.
func (r *recipe) stages() []stage {
	out := make([]stage, 0, len(r.nodes))
	for _, n := range r.nodes {
		var s stage
		if n.Custom != nil {
			s = r.customStage(n)
		} else {
			for _, b := range stages {
				if b.name == n.Name {
					s = b
				}
			}
		}
		s.after = n.After
		out = append(out, s)
	}
	return out
}

// digest is of what the model is made from.
func (r *recipe) digest() (string, error) {
	m := r.model
	m.Description, m.Require, m.Approval = "", plan.Require{}, plan.Approval{}
	d := r.dataset
	d.Description, d.Retention, d.Expect = "", "", nil
	return plan.DigestOf(map[string]any{"name": r.name, "model": m, "dataset": d, "seed": r.seed})
}
