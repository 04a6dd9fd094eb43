package pipeline

import (
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Dependence is what a stage's key depends on: values of the plan, by their
// digests, and outputs of earlier stages. Ingest's output "data" is the digest
// of the dataset's bytes, and a custom stage may read files of the
// repository; no plan holds either.
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
	u, err := p.UnitOf(model)
	if err != nil {
		return nil, fmt.Errorf("pipeline: %w", err)
	}
	return DependsOf(p, u)
}

// DependsOf is Depends of a unit.
func DependsOf(p *plan.Plan, u plan.Unit) ([]Dependence, error) {
	r, err := newRecipe(p, u, "")
	if err != nil {
		return nil, err
	}
	var out []Dependence
	for _, s := range r.stages() {
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
