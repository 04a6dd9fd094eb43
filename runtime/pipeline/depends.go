package pipeline

import (
	"context"
	"fmt"
	"maps"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// recipe is the part of a plan that one model's stages see.
type recipe struct {
	name    string
	model   plan.Model
	dataset plan.Dataset
	seed    uint64
}

// digest is of what the model is made from.
func (r *recipe) digest() (string, error) {
	m := r.model
	m.Description, m.Require, m.Approval = "", plan.Require{}, plan.Approval{}
	d := r.dataset
	d.Description, d.Retention, d.Expect = "", "", nil
	return plan.DigestOf(map[string]any{"name": r.name, "model": m, "dataset": d, "seed": r.seed})
}

// output names what a stage made.
type output struct{ stage, name string }

// inputs is everything that the stage's result depends on; nil where it is
// never taken from the store.
func (x *execution) inputs(ctx context.Context, s stage) (map[string]any, error) {
	in, err := s.depends(&x.recipe)
	if err != nil || in == nil {
		return nil, err
	}
	if s.world != nil {
		world, err := s.world(ctx, x)
		if err != nil {
			return nil, err
		}
		maps.Copy(in, world)
	}
	for name, from := range s.reads {
		in[name] = x.run.Output(from.stage, from.name)
	}
	return in, nil
}

// Dependence is what a stage's key depends on: values of the plan, by their
// digests, and outputs of earlier stages. Ingest's output "data" is the digest
// of the dataset's bytes, which no plan holds.
type Dependence struct {
	Stage   string
	Version int                  // of the stage's code
	Plan    map[string]string    // name -> digest of the value
	Reads   map[string][2]string // name -> stage and its output
}

// Depends returns the dependences of the model's stages in their order, those
// aside that run every time. They are the same that a run computes its keys
// from, so comparing those of two plans says which stages an edit reaches.
func Depends(p *plan.Plan, model string) ([]Dependence, error) {
	m, ok := p.Models[model]
	if !ok {
		return nil, fmt.Errorf("pipeline: the plan has no model %q", model)
	}
	r := recipe{name: model, model: m, dataset: p.Datasets[m.Dataset], seed: p.Seed}
	var out []Dependence
	for _, s := range stages {
		values, err := s.depends(&r)
		if err != nil {
			return nil, err
		}
		if values == nil {
			continue
		}
		d := Dependence{Stage: s.name, Version: s.version, Plan: map[string]string{}, Reads: map[string][2]string{}}
		for name, v := range values {
			if d.Plan[name], err = plan.DigestOf(v); err != nil {
				return nil, err
			}
		}
		for name, from := range s.reads {
			d.Reads[name] = [2]string{from.stage, from.name}
		}
		out = append(out, d)
	}
	return out, nil
}
